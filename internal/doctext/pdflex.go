package doctext

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"
)

// The values of a PDF, beside float64, bool, []byte for strings, []any and nil.
type (
	name   string
	dict   map[string]any
	ref    int    // to the object with that number
	word   string // an operator
	stream struct {
		dict   dict
		offset int // behind the word "stream"
	}
)

const (
	maxNested  = 64      // arrays and dictionaries in each other
	maxMembers = 100_000 // of one of them
	maxString  = 1 << 20 // bytes of a string
)

// lexer reads values one after another.
type lexer struct {
	b []byte
	i int
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0 }

func (l *lexer) rest() []byte { return l.b[min(l.i, len(l.b)):] }

func (l *lexer) done() bool { return l.i >= len(l.b) }

// space skips spaces and comments.
func (l *lexer) space() {
	for ; !l.done(); l.i++ {
		if c := l.b[l.i]; c == '%' {
			for !l.done() && l.b[l.i] != '\n' && l.b[l.i] != '\r' {
				l.i++
			}
			l.i--
		} else if !isSpace(c) {
			return
		}
	}
}

// value reads a value; nil at the end, and for what nests too deep.
func (l *lexer) value(depth int) any {
	l.space()
	if l.done() || depth > maxNested {
		l.i = len(l.b)
		return nil
	}
	switch c := l.b[l.i]; {
	case c == '/':
		return l.name()
	case c == '(':
		return l.string()
	case c == '[':
		l.i++
		return l.list(depth)
	case c == '<' && l.i+1 < len(l.b) && l.b[l.i+1] == '<':
		l.i += 2
		return l.dict(depth)
	case c == '<':
		return l.hex()
	case isDigit(c) || c == '+' || c == '-' || c == '.':
		return l.number()
	case isDelimiter(c): // one that closes nothing
		l.i++
		return word(c)
	}
	start := l.i
	for !l.done() && !isSpace(l.b[l.i]) && !isDelimiter(l.b[l.i]) {
		l.i++
	}
	switch w := string(l.b[start:l.i]); w {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	default:
		return word(w)
	}
}

func (l *lexer) name() name {
	l.i++
	start := l.i
	for !l.done() && !isSpace(l.b[l.i]) && !isDelimiter(l.b[l.i]) {
		l.i++
	}
	raw := l.b[start:l.i]
	if bytes.IndexByte(raw, '#') < 0 {
		return name(raw)
	}
	var out []byte
	for i := 0; i < len(raw); i++ {
		if raw[i] == '#' && i+2 < len(raw) {
			if c, err := strconv.ParseUint(string(raw[i+1:i+3]), 16, 8); err == nil {
				out, i = append(out, byte(c)), i+2
				continue
			}
		}
		out = append(out, raw[i])
	}
	return name(out)
}

// string reads a string in parentheses.
func (l *lexer) string() []byte {
	var out []byte
	open := 0
	for ; !l.done(); l.i++ {
		c := l.b[l.i]
		switch c {
		case '\\':
			out = l.escaped(out)
			continue
		case '(':
			if open++; open == 1 {
				continue
			}
		case ')':
			if open--; open == 0 {
				l.i++
				return out
			}
		}
		if len(out) < maxString {
			out = append(out, c)
		}
	}
	return out
}

// escaped reads what follows a backslash and stays on its last letter.
func (l *lexer) escaped(out []byte) []byte {
	if l.i++; l.done() {
		return out
	}
	c := l.b[l.i]
	if c >= '0' && c <= '7' {
		n := 0
		for k := 0; k < 3 && !l.done() && l.b[l.i] >= '0' && l.b[l.i] <= '7'; k++ {
			n, l.i = n*8+int(l.b[l.i]-'0'), l.i+1
		}
		l.i--
		return append(out, byte(n))
	}
	switch c {
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'b', 'f':
		c = ' '
	case '\r', '\n': // a line that goes on
		if c == '\r' && l.i+1 < len(l.b) && l.b[l.i+1] == '\n' {
			l.i++
		}
		return out
	}
	return append(out, c)
}

func (l *lexer) hex() []byte {
	l.i++
	end := bytes.IndexByte(l.rest(), '>')
	if end < 0 {
		end = len(l.rest())
	}
	raw := l.rest()[:end]
	l.i += end + 1
	digits := make([]byte, 0, len(raw)+1)
	for _, c := range raw {
		if isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' {
			digits = append(digits, c)
		}
	}
	if len(digits)%2 == 1 {
		digits = append(digits, '0')
	}
	out := make([]byte, len(digits)/2)
	_, _ = hex.Decode(out, digits)
	return out
}

// number reads a number, or the reference that begins with it.
func (l *lexer) number() any {
	start := l.i
	for l.i++; !l.done() && (isDigit(l.b[l.i]) || l.b[l.i] == '.' || l.b[l.i] == '-'); l.i++ {
	}
	text := string(l.b[start:l.i])
	if n, err := strconv.Atoi(text); err == nil && n >= 0 && l.isReference() {
		return ref(n)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0.0
	}
	return f
}

// isReference reports whether " 0 R" follows, and reads it then.
func (l *lexer) isReference() bool {
	i := l.i
	for i < len(l.b) && isSpace(l.b[i]) {
		i++
	}
	digits := i
	for i < len(l.b) && isDigit(l.b[i]) && i-digits < 6 {
		i++
	}
	if i == digits || i == l.i {
		return false
	}
	spaces := i
	for i < len(l.b) && isSpace(l.b[i]) {
		i++
	}
	if i == spaces || i >= len(l.b) || l.b[i] != 'R' || i+1 < len(l.b) && !isSpace(l.b[i+1]) && !isDelimiter(l.b[i+1]) {
		return false
	}
	l.i = i + 1
	return true
}

func (l *lexer) list(depth int) []any {
	out := []any{}
	for len(out) < maxMembers {
		if l.space(); l.done() || l.b[l.i] == ']' {
			l.i++
			return out
		}
		out = append(out, l.value(depth+1))
	}
	return out
}

func (l *lexer) dict(depth int) dict {
	out := dict{}
	for len(out) < maxMembers {
		l.space()
		if l.done() || bytes.HasPrefix(l.rest(), []byte(">>")) {
			l.i += 2
			return out
		}
		key, ok := l.value(depth + 1).(name)
		if !ok {
			continue // something that does not belong here
		}
		if l.space(); !l.done() && bytes.HasPrefix(l.rest(), []byte(">>")) {
			continue
		}
		out[string(key)] = l.value(depth + 1)
	}
	return out
}
