package console

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxWords = 300 // of each text that a call is found by
	maxWord  = 48  // bytes of a word; the rest of a longer one is left out
	maxQuery = 16  // words of a search
)

// mark makes a name safe to be a word of the index: lower case, and nothing but letters, digits and ._:-
func mark(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', strings.ContainsRune("._:-", r):
			return r
		}
		return '_'
	}, s[:min(len(s), maxMark)])
}

// maxMark is how much of a name counts, in bytes.
const maxMark = 100

// textWords returns up to limit words of a text in lower case. A word is letters and digits; everything else is between
// words.
func textWords(text string, limit int) []string {
	text = unescape.Replace(text)
	var out []string
	seen := map[string]struct{}{}
	for len(text) > 0 && len(out) < limit {
		start := strings.IndexFunc(text, isWordRune)
		if start < 0 {
			break
		}
		text = text[start:]
		end := strings.IndexFunc(text, func(r rune) bool { return !isWordRune(r) })
		if end < 0 {
			end = len(text)
		}
		word := cutWord(strings.ToLower(text[:end]))
		text = text[end:]
		if _, known := seen[word]; known || word == "" {
			continue
		}
		seen[word] = struct{}{}
		out = append(out, word)
	}
	return out
}

// unescape takes the escapes of JSON apart from the words beside them.
var unescape = strings.NewReplacer(`\\`, " ", `\n`, " ", `\r`, " ", `\t`, " ", `\"`, " ")

func isWordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// cutWord returns the beginning of a word, without cutting a character in two.
func cutWord(w string) string {
	if len(w) <= maxWord {
		return w
	}
	n := maxWord
	for n > 0 && !utf8.RuneStart(w[n]) {
		n--
	}
	return w[:n]
}
