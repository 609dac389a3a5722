package phpform

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/fault"
)

// ParseJSON reads a JSON text into the tree that PHP's json_decode makes of it: the order of keys and the texts of numbers
// are kept, of a key that comes twice the last value is taken, and an object with the keys "0"…"n-1" is a list.
//
// It returns a fault with code INVALID_REQUEST: TooLarge beyond a limit, Invalid with the offset in bytes for a text that
// is not JSON or not UTF-8.
func ParseJSON(raw []byte, limits Limits) (Value, error) { return ParseJSONText(string(raw), limits) }

// ParseJSONText is ParseJSON of a text, whose memory the tree shares.
func ParseJSONText(text string, limits Limits) (Value, error) {
	var room [32]Entry
	p := jsonParser{s: text, limits: limits.filled(), open: room[:0]}
	if !utf8.ValidString(p.s) {
		p.pos = invalidUTF8(p.s)
		return Value{}, p.broken("not UTF-8 text")
	}
	v, err := p.value(0)
	if err != nil {
		return Value{}, err
	}
	if p.skipSpace(); p.pos < len(p.s) {
		return Value{}, p.broken("text after the end of the value")
	}
	return v, nil
}

// UnmarshalJSON reads what MarshalJSON wrote. It has room for what a server keeps: 512 levels, as PHP's json_decode, and
// any number of entries.
func (v *Value) UnmarshalJSON(raw []byte) error {
	parsed, err := ParseJSON(raw, Limits{MaxDepth: 511, MaxKeys: len(raw) + 1})
	if err != nil {
		return err
	}
	*v = parsed
	return nil
}

// jsonParser reads one JSON text. Strings without escapes are parts of s; the others share one buffer.
type jsonParser struct {
	s      string
	pos    int
	limits Limits
	keys   int
	open   []Entry // the entries of the arrays that are not closed yet, the innermost last
	buf    strings.Builder
}

func (p *jsonParser) broken(what string) error {
	return fault.Newf(fault.Invalid, codeInvalid, "The request body is not valid JSON: %s at byte %d.", what, p.pos)
}

func invalidUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return i
		}
	}
	return len(s)
}

func (p *jsonParser) skipSpace() {
	for p.pos < len(p.s) {
		switch p.s[p.pos] {
		case ' ', '\n', '\r', '\t':
			p.pos++
		default:
			return
		}
	}
}

// peek returns the next byte that is no space, 0 at the end; a NUL in the text is no JSON either.
func (p *jsonParser) peek() byte {
	p.skipSpace()
	if p.pos >= len(p.s) {
		return 0
	}
	return p.s[p.pos]
}

func (p *jsonParser) value(depth int) (Value, error) {
	switch c := p.peek(); c {
	case '{', '[':
		if depth > p.limits.MaxDepth {
			return Value{}, p.limits.tooDeep()
		}
		p.pos++
		return p.array(depth, c == '{')
	case '"':
		s, err := p.string()
		return StringOf(s), err
	case 't':
		return p.word("true", BoolOf(true))
	case 'f':
		return p.word("false", BoolOf(false))
	case 'n':
		return p.word("null", Value{})
	default:
		return p.number()
	}
}

func (p *jsonParser) word(word string, v Value) (Value, error) {
	if !strings.HasPrefix(p.s[p.pos:], word) {
		return Value{}, p.unexpected()
	}
	p.pos += len(word)
	return v, nil
}

func (p *jsonParser) number() (Value, error) {
	start := p.pos
	end, ok := scanNumber(p.s, start)
	p.pos = end
	if !ok {
		return Value{}, p.unexpected()
	}
	return Value{kind: Number, text: p.s[start:end]}, nil
}

func (p *jsonParser) unexpected() error {
	if p.pos >= len(p.s) {
		return p.broken("unexpected end")
	}
	return p.broken("unexpected character")
}

// array reads an object or a list after its opening bracket.
func (p *jsonParser) array(depth int, object bool) (Value, error) {
	closing := byte(']')
	if object {
		closing = '}'
	}
	base := len(p.open)
	if p.peek() == closing {
		p.pos++
		return Value{kind: Array}, nil
	}
	for {
		if err := p.entry(depth, object); err != nil {
			return Value{}, err
		}
		switch p.peek() {
		case ',':
			p.pos++
		case closing:
			p.pos++
			return p.closed(base, object), nil
		default:
			return Value{}, p.unexpected()
		}
	}
}

// entry reads one member of an object or one element of a list onto p.open.
func (p *jsonParser) entry(depth int, object bool) error {
	if p.keys++; p.keys > p.limits.MaxKeys {
		return p.limits.tooMany()
	}
	var key string
	if object {
		var err error
		if key, err = p.key(); err != nil {
			return err
		}
	}
	v, err := p.value(depth + 1)
	if err != nil {
		return err
	}
	p.open = append(p.open, Entry{Key: key, Value: v})
	return nil
}

func (p *jsonParser) key() (string, error) {
	if p.peek() != '"' {
		return "", p.unexpected()
	}
	key, err := p.string()
	if err != nil {
		return "", err
	}
	if p.peek() != ':' {
		return "", p.unexpected()
	}
	p.pos++
	return key, nil
}

// closed takes the entries from base on off p.open and makes the array of them.
func (p *jsonParser) closed(base int, object bool) Value {
	entries := p.open[base:]
	a := newArray(len(entries))
	for _, e := range entries {
		if object {
			a.set(e.Key, e.Value)
		} else {
			a.push(e.Value)
		}
	}
	p.open = p.open[:base]
	return Value{kind: Array, arr: a}
}

// string reads a string at its opening quote.
func (p *jsonParser) string() (string, error) {
	p.pos++
	start := p.pos
	for p.pos < len(p.s) {
		switch c := p.s[p.pos]; {
		case c == '"':
			p.pos++
			return p.s[start : p.pos-1], nil
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return "", p.broken("control character in a string")
		}
		p.pos++
	}
	return "", p.broken("unexpected end")
}

// escaped reads on from the first backslash of the string that starts at start.
func (p *jsonParser) escaped(start int) (string, error) {
	if p.buf.Cap() == 0 {
		p.buf.Grow(len(p.s) - start) // no text is longer than its escapes, so the buffer never moves
	}
	from := p.buf.Len()
	for p.pos < len(p.s) {
		switch c := p.s[p.pos]; {
		case c == '"':
			p.buf.WriteString(p.s[start:p.pos])
			p.pos++
			return p.buf.String()[from:], nil
		case c == '\\':
			p.buf.WriteString(p.s[start:p.pos])
			if err := p.escape(); err != nil {
				return "", err
			}
			start = p.pos
		case c < ' ':
			return "", p.broken("control character in a string")
		default:
			p.pos++
		}
	}
	return "", p.broken("unexpected end")
}

// escape reads one escape at its backslash.
func (p *jsonParser) escape() error {
	if p.pos++; p.pos >= len(p.s) {
		return p.unexpected()
	}
	switch c := p.s[p.pos]; c {
	case '"', '\\', '/':
		p.buf.WriteByte(c)
	case 'b':
		p.buf.WriteByte('\b')
	case 'f':
		p.buf.WriteByte('\f')
	case 'n':
		p.buf.WriteByte('\n')
	case 'r':
		p.buf.WriteByte('\r')
	case 't':
		p.buf.WriteByte('\t')
	case 'u':
		return p.unicode()
	default:
		return p.broken("unknown escape")
	}
	p.pos++
	return nil
}

// unicode reads XXXX, or XXXX\uXXXX where that makes one character, at the u. Half a surrogate pair is an error, as in PHP.
func (p *jsonParser) unicode() error {
	r, ok := p.hex4(p.pos + 1)
	if !ok {
		return p.broken("unknown escape")
	}
	length := 5
	if utf16.IsSurrogate(r) {
		low, ok := rune(0), strings.HasPrefix(p.s[p.pos+5:], `\u`)
		if ok {
			low, ok = p.hex4(p.pos + 7)
		}
		if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
			return p.broken("half of a surrogate pair")
		}
		length = 11
	}
	p.buf.WriteRune(r)
	p.pos += length
	return nil
}

func (p *jsonParser) hex4(at int) (rune, bool) {
	if at+4 > len(p.s) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(p.s[at : at+4]) {
		if unhex[c] > 15 {
			return 0, false
		}
		r = r<<4 | rune(unhex[c])
	}
	return r, true
}
