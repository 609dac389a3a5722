package db

import (
	"strings"
	"unicode/utf8"
)

// maxLike is how many bytes of a text are looked for: SQLite takes patterns of 50,000, and each byte may need an escape.
const maxLike = 20_000

var likeEscape = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// Like makes text stand for itself in a pattern of LIKE with ESCAPE '\'. Of a text that is longer than SQLite's patterns may be, the
// beginning is looked for.
func Like(text string) string { return likeEscape.Replace(LikeText(text)) }

// LikeText returns as much of text as a pattern may have once it is escaped.
func LikeText(text string) string {
	if len(text) <= maxLike {
		return text
	}
	n := maxLike
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
