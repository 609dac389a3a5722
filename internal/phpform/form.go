package phpform

import (
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/fault"
)

// ParseForm reads an application/x-www-form-urlencoded body or a query string as PHP's parse_str does, with one
// difference: the keys of the outermost array stay as the client sent them, where PHP turns their dots, spaces and
// unclosed brackets into underscores. Percent-encoding is decoded once.
//
// It returns a fault with code INVALID_REQUEST: TooLarge beyond a limit, Invalid for a text that is not UTF-8.
func ParseForm[T ~string | ~[]byte](raw T, limits Limits) (Value, error) {
	return parseForm(string(raw), limits, false)
}

// ParseStr reads a form exactly as PHP 8.2's parse_str does. Faults are those of ParseForm.
func ParseStr[T ~string | ~[]byte](raw T, limits Limits) (Value, error) {
	return parseForm(string(raw), limits, true)
}

func parseForm(raw string, limits Limits, mangle bool) (Value, error) {
	t := newFormTree(limits, mangle)
	d := formDecoder{left: len(raw)}
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		if err := t.put(d.decode(name), StringOf(d.decode(value))); err != nil {
			return Value{}, err
		}
	}
	return t.value(), nil
}

// formTree is the tree that the parameters of a form grow.
type formTree struct {
	root   *array
	limits Limits
	mangle bool // rewrite the outermost keys as PHP does
	keys   int  // parameters so far
	arrays int  // arrays so far: a parameter of few bytes may name many
}

func newFormTree(limits Limits, mangle bool) *formTree {
	return &formTree{root: newArray(8), limits: limits.filled(), mangle: mangle}
}

func (t *formTree) value() Value { return Value{kind: Array, arr: t.root} }

// put files a String under a decoded name such as "a[b][]".
func (t *formTree) put(name string, value Value) error {
	if t.keys++; t.keys > t.limits.MaxKeys {
		return t.limits.tooMany()
	}
	if !utf8.ValidString(name) {
		return fault.New(fault.Invalid, codeInvalid, "The name of a parameter is not UTF-8 text.")
	}
	if !utf8.ValidString(value.text) {
		return fault.Newf(fault.Invalid, codeInvalid, "The value of the parameter %q is not UTF-8 text.", name).At(name)
	}
	return t.file(phpName(name), value)
}

// phpName drops what PHP does not see of a name: leading spaces and all from a NUL on.
func phpName(name string) string {
	name = strings.TrimLeft(name, " ")
	if i := strings.IndexByte(name, 0); i >= 0 {
		name = name[:i]
	}
	return name
}

// file walks the brackets of a name down the tree, as PHP's php_register_variable_ex does.
func (t *formTree) file(name string, value Value) error {
	open := strings.IndexByte(name, '[')
	if open == 0 || name == "" {
		return nil // PHP ignores parameters without a name
	}
	if open < 0 {
		t.root.set(t.outermost(name), value)
		return nil
	}
	at, key := t.root, bracket{key: name[:open]}
	rest := name[open:]
	for depth := 1; ; depth++ {
		if depth > t.limits.MaxDepth {
			return t.limits.tooDeep()
		}
		sub, after, closed := cutBracket(rest)
		if !closed {
			break
		}
		if depth == 1 {
			key.key = t.outermost(key.key)
		}
		var err error
		if at, err = t.descend(at, key); at == nil {
			return err
		}
		key, rest = sub, after
		if rest == "" || rest[0] != '[' { // what follows a closed bracket other than a bracket is ignored
			at.put(key, value)
			return nil
		}
	}
	if at == t.root { // the first bracket is not closed: the whole is a name
		key.key = t.outermost(name)
	}
	at.put(key, value)
	return nil
}

// outermost returns the key of the outermost array for a name.
func (t *formTree) outermost(name string) string {
	if !t.mangle || !strings.ContainsAny(name, " .[") {
		return name
	}
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '.' || r == '[' {
			return '_'
		}
		return r
	}, name)
}

// descend returns the array at key of a, which it makes where there is none or a string. It returns nil without an error
// where PHP ignores the parameter because the largest key is taken.
func (t *formTree) descend(a *array, key bracket) (*array, error) {
	if !key.next {
		if i := a.find(key.key); i >= 0 && a.entries[i].Value.kind == Array {
			return a.entries[i].Value.arr, nil
		}
	}
	if t.arrays++; t.arrays > t.limits.MaxKeys {
		return nil, t.limits.tooMany()
	}
	made := newArray(0)
	if a.put(key, Value{kind: Array, arr: made}) < 0 {
		return nil, nil
	}
	return made, nil
}

// bracket is one step of a name: a key, or the next free one where the brackets are empty.
type bracket struct {
	key  string
	next bool
}

func (a *array) put(b bracket, value Value) int {
	if b.next {
		return a.push(value)
	}
	return a.set(b.key, value)
}

// cutBracket splits "[key]rest", and reports false where the bracket is not closed. One white space in empty brackets is
// ignored.
func cutBracket(s string) (b bracket, rest string, closed bool) {
	inside, rest, closed := strings.Cut(s[1:], "]")
	if inside == "" || (len(inside) == 1 && strings.ContainsAny(inside, " \t\n\v\f\r")) {
		return bracket{next: true}, rest, closed
	}
	return bracket{key: inside}, rest, closed
}

// formDecoder undoes percent-encoding. All the texts of a form share one buffer.
type formDecoder struct {
	buf  strings.Builder
	left int // bytes of the form, which is as long as the decoded texts can get
}

// decode returns s with '+' as space and %XX as the byte; what is not two hex digits stays, as in PHP.
func (d *formDecoder) decode(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	if d.buf.Cap() == 0 {
		d.buf.Grow(d.left)
	}
	start := d.buf.Len()
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			d.buf.WriteByte(' ')
		case c == '%' && i+2 < len(s) && unhex[s[i+1]] < 16 && unhex[s[i+2]] < 16:
			d.buf.WriteByte(unhex[s[i+1]]<<4 | unhex[s[i+2]])
			i += 2
		default:
			d.buf.WriteByte(c)
		}
	}
	return d.buf.String()[start:]
}

// unhex is the value of each hex digit, 255 for every other byte.
var unhex = func() (table [256]byte) {
	for i := range table {
		table[i] = 255
	}
	for i := range 10 {
		table['0'+i] = byte(i)
	}
	for i := range 6 {
		table['a'+i], table['A'+i] = byte(10+i), byte(10+i)
	}
	return table
}()
