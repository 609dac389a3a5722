// Package phpform holds the tree that a Bitrix24 client sends and expects: ordered arrays as PHP has them, read from and
// written to bracketed forms (PHP's parse_str and http_build_query), multipart forms and JSON.
package phpform

import (
	"math"
	"strconv"
	"strings"
)

// Kind says what a Value holds.
type Kind uint8

// The kinds of values.
const (
	Null   Kind = iota // JSON null; a form has no way to say it
	Bool               // JSON true or false
	Number             // a JSON number; its text is kept as it came
	String             // a string; every scalar of a form is one
	Array              // a PHP array: ordered keys, a list where the keys are 0, 1, 2, …
)

// Value is one node of a tree. The zero Value is Null.
// A Value is read-only once it has been built, so copies share their entries and may be read from many goroutines.
// The strings of a parsed tree share the memory of the body that they came from.
type Value struct {
	kind Kind
	text string // String and Number: the text; Bool: "1" or ""
	arr  *array // Array; nil is the empty one
}

// Entry is one key of an Array with its value. The keys of a list are "0", "1", ….
type Entry struct {
	Key   string
	Value Value
}

// NullValue returns JSON's null.
func NullValue() Value { return Value{} }

// BoolOf returns a boolean.
func BoolOf(b bool) Value {
	if b {
		return Value{kind: Bool, text: "1"}
	}
	return Value{kind: Bool}
}

// StringOf returns a string.
func StringOf(s string) Value { return Value{kind: String, text: s} }

// YesNo returns "Y" or "N", which is how the older methods and forms write a flag.
func YesNo(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

// NumberOf returns the number that text spells as JSON does, e.g. "12.50"; the text is kept.
// A text that is no JSON number becomes a String, so that no value can make broken JSON.
func NumberOf(text string) Value {
	if n, ok := scanNumber(text, 0); !ok || n != len(text) {
		return StringOf(text)
	}
	return Value{kind: Number, text: text}
}

// IntOf returns a whole number.
func IntOf(n int64) Value { return Value{kind: Number, text: strconv.FormatInt(n, 10)} }

// ListOf returns an Array with the keys 0…n-1.
func ListOf(values ...Value) Value {
	a := newArray(len(values))
	for _, v := range values {
		a.push(v)
	}
	return Value{kind: Array, arr: a}
}

// ArrayOf returns an Array of the entries in their order. Of two entries with one key the later value takes the place of
// the earlier. The result is a list where the keys turn out to be 0…n-1 in order.
func ArrayOf(entries ...Entry) Value {
	a := newArray(len(entries))
	for _, e := range entries {
		a.set(e.Key, e.Value)
	}
	return Value{kind: Array, arr: a}
}

// EmptyObject returns an empty Array that JSON shows as {}, where ListOf() is [].
func EmptyObject() Value { return Value{kind: Array, arr: &array{}} }

// Kind returns what v holds.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.kind == Null }

// IsArray reports whether v is an array, a list or not.
func (v Value) IsArray() bool { return v.kind == Array }

// IsList reports whether v is an array whose keys are 0…n-1 in order. The empty array is a list.
func (v Value) IsList() bool { return v.kind == Array && (v.arr == nil || v.arr.list) }

// Len returns the number of entries of an array; 0 for a scalar.
func (v Value) Len() int { return len(v.Entries()) }

// Entries returns the entries of an array in order; nil for a scalar. The caller must not change them.
func (v Value) Entries() []Entry {
	if v.arr == nil {
		return nil
	}
	return v.arr.entries
}

// Get returns the value at key, compared byte for byte. It reports false where there is none or v is no array.
func (v Value) Get(key string) (Value, bool) {
	if v.arr == nil {
		return Value{}, false
	}
	i := v.arr.find(key)
	if i < 0 {
		return Value{}, false
	}
	return v.arr.entries[i].Value, true
}

// GetFold returns the value at key; where that key is absent, the first one whose key differs from it in case only.
func (v Value) GetFold(key string) (Value, bool) {
	if found, ok := v.Get(key); ok {
		return found, true
	}
	for _, e := range v.Entries() {
		if strings.EqualFold(e.Key, key) {
			return e.Value, true
		}
	}
	return Value{}, false
}

// Index returns the value of the entry at position i, whatever its key; Null where there is none.
func (v Value) Index(i int) Value {
	entries := v.Entries()
	if i < 0 || i >= len(entries) {
		return Value{}
	}
	return entries[i].Value
}

// Text returns a scalar as PHP casts it to a string: true is "1", false and null are "", a number is printed as PHP
// prints it. It is "" for an array.
func (v Value) Text() string {
	if v.kind == Number {
		return phpNumber(v.text)
	}
	return v.text
}

// Int returns the whole number that a Number or a String of decimal digits with an optional sign holds.
// It reports false for everything else, e.g. 1.5, "12abc", "" and true, and for what does not fit in 64 bits.
func (v Value) Int() (int64, bool) {
	if v.kind != Number && v.kind != String {
		return 0, false
	}
	if n, err := strconv.ParseInt(v.text, 10, 64); err == nil {
		return n, true
	}
	if v.kind == String {
		return 0, false
	}
	return wholeFloat(v.text)
}

// wholeFloat returns the value of a JSON number such as 12.0 or 1e3 that is whole and small enough to be exact.
func wholeFloat(text string) (int64, bool) {
	const exact = 1 << 53
	if !strings.ContainsAny(text, ".eE") {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > exact {
		return 0, false
	}
	return int64(f), true
}

// Float returns the number that a Number or a String such as "-12.50" holds. It reports false for everything else, for
// spellings that are not decimal ("0x1", "inf") and for what is too large for a float64.
func (v Value) Float() (float64, bool) {
	if v.kind != Number && v.kind != String {
		return 0, false
	}
	if strings.Trim(v.text, "0123456789+-.eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.text, 64)
	return f, err == nil
}

// Truthy reports whether v is one of the ways in which clients say yes: true, 1, "1", "Y", "y" and "true" in any case.
func (v Value) Truthy() bool {
	switch v.kind {
	case Bool:
		return v.text != ""
	case Number:
		n, ok := v.Int()
		return ok && n == 1
	case String:
		return v.text == "1" || v.text == "Y" || v.text == "y" || strings.EqualFold(v.text, "true")
	default:
		return false
	}
}

// Empty reports what PHP's empty() does: null, false, 0, "", "0" and the empty array are empty.
func (v Value) Empty() bool {
	switch v.kind {
	case Array:
		return v.Len() == 0
	case Number:
		f, err := strconv.ParseFloat(v.text, 64)
		return err == nil && f == 0
	default:
		return v.text == "" || (v.kind == String && v.text == "0")
	}
}
