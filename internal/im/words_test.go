package im

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
)

func FuzzSearchExpression(f *testing.F) {
	for _, s := range []string{"", "hello world", `c=1" OR "a`, "' & b=x:* | !y", "Zürich ПРИВЕТ 会議室", "\x00\xff\u0301", strings.Repeat("é", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, w := range textWords(text, maxTerms) {
			if w == "" || len(w) > maxWord || !utf8.ValidString(w) || strings.ContainsAny(w, " \"'=\\*:&|!()\x00") {
				t.Fatalf("%q has the word %q", text, w)
			}
		}
		g := searching{SearchQuery: SearchQuery{Text: text, AuthorID: 7}}
		if !g.setTerms() {
			return
		}
		// Quotes stand around words alone, so that nothing that was typed is read as an operator.
		for d, quote := range map[db.Dialect]string{db.SQLite: `"`, db.Postgres: "'"} {
			e := expression(d, g.terms)
			words := 0
			for _, term := range g.terms {
				words += len(term.any)
			}
			if got := strings.Count(e, quote); got != 2*words {
				t.Fatalf("%q is searched as %s", text, e)
			}
		}
		for _, w := range g.long {
			if utf8.RuneCountInString(w) <= maxBeginning {
				t.Fatalf("%q is no long word", w)
			}
		}
	})
}
