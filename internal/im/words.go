package im

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/portico-hq/portico/internal/bbcode"
)

const (
	maxWords = 2_000 // by which a message is found; later ones do not count
	maxWord  = 48    // bytes of a word; the rest of a longer one does not count
	maxTerms = 16    // words of a search; later ones do not count
)

// The index of messages holds, beside the words of a message, marks of what else it is found by. They have a "=", which no
// word has.
func chatMark(id int64) string   { return "c=" + strconv.FormatInt(id, 10) }
func authorMark(id int64) string { return "a=" + strconv.FormatInt(id, 10) }
func dayMark(t time.Time) string { return "d=" + t.UTC().Format("20060102") }
func monthMark(t time.Time) string {
	return "m=" + t.UTC().Format("200601")
}

const (
	filesMark = "f=1"
	linksMark = "l=1"
)

// marksOf returns the marks of a message.
func marksOf(m Message) []string {
	out := []string{chatMark(m.ChatID), authorMark(m.AuthorID), dayMark(m.Date), monthMark(m.Date)}
	if len(m.Extra.Files) > 0 {
		out = append(out, filesMark)
	}
	if hasLink(m.Text) {
		out = append(out, linksMark)
	}
	return out
}

// wordsOf returns by which words and marks a message is found; none for one that nobody looks for.
func wordsOf(m Message, files map[int64]File) []string {
	if !m.Deleted.IsZero() || m.Extra.Code != "" {
		return nil
	}
	texts := []string{bbcode.Plain(m.Text)}
	if len(m.Extra.Attach) > 0 {
		texts = append(texts, m.Extra.Cards().Plain())
	}
	for _, id := range m.Extra.Files {
		texts = append(texts, files[id].Name)
	}
	out := append(marksOf(m), textWords(strings.Join(texts, "\n"), maxWords)...)
	return append(out, beginnings(out)...)
}

// Beginnings of words are words of the index too: to gather all words with a beginning, when it is asked for, takes as long as
// there are messages with any of them. Words with a longer beginning are fewer.
const (
	minBeginning = 3 // characters
	maxBeginning = 6
)

func beginningMark(s string) string { return "b=" + s }

// beginnings returns the marks of the beginnings of words, each once.
func beginnings(words []string) (out []string) {
	seen := map[string]struct{}{}
	for _, w := range words {
		if strings.Contains(w, "=") {
			continue
		}
		n := 0
		for end := range w {
			if n >= minBeginning && n <= maxBeginning {
				seen[w[:end]] = struct{}{}
			}
			n++
		}
		if n >= minBeginning && n <= maxBeginning {
			seen[w] = struct{}{}
		}
	}
	for _, s := range slices.Sorted(maps.Keys(seen)) {
		out = append(out, beginningMark(s))
	}
	return out
}

// textWords returns up to limit words of a text, each once, without case and accents. A word is letters and digits; in scripts
// that put nothing between words each character is one.
func textWords(text string, limit int) []string {
	var out []string
	seen := map[string]struct{}{}
	add := func(word string) {
		if word = cutWord(word); word == "" || len(out) >= limit {
			return
		}
		if _, known := seen[word]; !known {
			seen[word] = struct{}{}
			out = append(out, word)
		}
	}
	text = fold(text)
	start := -1
	for i, r := range text {
		inWord := r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
		alone := inWord && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
		if start >= 0 && (!inWord || alone) {
			add(text[start:i])
			start = -1
		}
		if alone {
			add(string(r))
		} else if inWord && start < 0 {
			start = i
		}
	}
	if start >= 0 {
		add(text[start:])
	}
	return out
}

// fold takes case, accents and forms of the same character away.
func fold(text string) string {
	if isASCII(text) {
		return strings.ToLower(text)
	}
	text = norm.NFKD.String(text)
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// cutWord returns the beginning of a word, without cutting a character in two.
func cutWord(w string) string {
	if len(w) <= maxWord {
		return w
	}
	return prefix(w, maxWord)
}
