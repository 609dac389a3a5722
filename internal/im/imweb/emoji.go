package imweb

import "unicode"

// maxLargeEmoji is how many emoji a message may consist of to be shown larger.
const maxLargeEmoji = 3

// pictures are the characters that are emoji by themselves, from Unicode's emoji-data: blocks of pictures, of which those that stand for
// letters are left out, and older signs that are shown in colours.
var pictures = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x231a, 0x231b, 1}, {0x23e9, 0x23f3, 1}, {0x23f8, 0x23fa, 1}, {0x25fd, 0x25fe, 1}, {0x2600, 0x27bf, 1}, {0x2b1b, 0x2b1c, 1}, {0x2b50, 0x2b55, 5},
	},
	R32: []unicode.Range32{
		{0x1f004, 0x1f004, 1},
		{0x1f0cf, 0x1f0cf, 1},
		{0x1f18e, 0x1f18e, 1},
		{0x1f191, 0x1f19a, 1},
		{0x1f201, 0x1f201, 1},
		{0x1f21a, 0x1f21a, 1},
		{0x1f22f, 0x1f22f, 1},
		{0x1f232, 0x1f236, 1},
		{0x1f238, 0x1f23a, 1},
		{0x1f250, 0x1f251, 1},
		{0x1f300, 0x1f5ff, 1},
		{0x1f600, 0x1f64f, 1},
		{0x1f680, 0x1f6ff, 1},
		{0x1f7e0, 0x1f7eb, 1},
		{0x1f7f0, 0x1f7f0, 1},
		{0x1f90c, 0x1f9ff, 1},
		{0x1fa70, 0x1faff, 1},
	},
}

// The characters that make one emoji of several.
const (
	asPicture = 0xfe0f // shows the sign before it in colours
	joiner    = 0x200d
	keycap    = 0x20e3
)

func isTone(r rune) bool   { return r >= 0x1f3fb && r <= 0x1f3ff }
func isRegion(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }
func isTag(r rune) bool    { return r >= 0xe0020 && r <= 0xe007f }

// emojiAlone reports whether a text is nothing but one to three emoji.
func emojiAlone(text string) bool {
	if len(text) == 0 || len(text) > 200 { // three of the longest are shorter
		return false
	}
	runes, n := []rune(text), 0
	for i := 0; i < len(runes); {
		if unicode.IsSpace(runes[i]) {
			i++
			continue
		}
		length := emojiAt(runes[i:])
		if n++; length == 0 || n > maxLargeEmoji {
			return false
		}
		i += length
	}
	return n > 0
}

// emojiAt returns how many characters make the emoji with which s begins; 0 where it begins with none.
func emojiAt(s []rune) int {
	at := func(i int) rune {
		if i < len(s) {
			return s[i]
		}
		return 0
	}
	switch {
	case isRegion(at(0)):
		if isRegion(at(1)) {
			return 2 // a flag
		}
		return 0
	case at(0) >= '0' && at(0) <= '9' || at(0) == '#' || at(0) == '*':
		if at(1) == asPicture && at(2) == keycap {
			return 3
		}
		return 0
	}
	for i := 0; ; i++ {
		switch {
		case unicode.Is(pictures, at(i)):
			i++
		case at(i) > 0x7f && at(i+1) == asPicture && unicode.IsSymbol(at(i)) || at(i) == 0x203c || at(i) == 0x2049:
			i++ // a sign that is also a letter's neighbour, such as ™
		default:
			return 0
		}
		for at(i) == asPicture || isTone(at(i)) || isTag(at(i)) {
			i++
		}
		if at(i) != joiner {
			return i
		}
	}
}
