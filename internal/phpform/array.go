package phpform

import (
	"math"
	"strconv"
)

// indexFrom is the number of entries from which an array finds its keys by a map; below it a scan is faster.
const indexFrom = 16

// array is the mutable inside of an Array while it is built. Inserting n keys costs O(n) in total.
type array struct {
	entries []Entry
	index   map[string]int // key to position; only from indexFrom entries and only while the array is no list
	next    int64          // the key that PHP's $a[] = … takes; math.MinInt64 where no whole-numbered key was set
	list    bool           // the keys are 0…n-1 in order
}

func newArray(size int) *array {
	a := &array{list: true, next: math.MinInt64}
	if size > 0 {
		a.entries = make([]Entry, 0, size)
	}
	return a
}

// find returns the position of key, -1 where it is absent.
func (a *array) find(key string) int {
	if a.list {
		if n, ok := intKey(key); ok && n >= 0 && n < int64(len(a.entries)) {
			return int(n)
		}
		return -1
	}
	if a.index != nil {
		if i, ok := a.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range a.entries {
		if a.entries[i].Key == key {
			return i
		}
	}
	return -1
}

// set puts value at key: in place where the key exists, else at the end. It returns the position.
func (a *array) set(key string, value Value) int {
	if i := a.find(key); i >= 0 {
		a.entries[i].Value = value
		return i
	}
	return a.add(key, value)
}

// push puts value at the next free whole-numbered key, as PHP's $a[] = value. It returns -1 and does nothing where the
// largest key is taken.
func (a *array) push(value Value) int {
	if a.list {
		a.entries = append(a.entries, Entry{Key: strconv.Itoa(len(a.entries)), Value: value})
		a.next = int64(len(a.entries))
		return len(a.entries) - 1
	}
	key := "0"
	if a.next != math.MinInt64 {
		key = strconv.FormatInt(a.next, 10)
	}
	if a.next == math.MaxInt64 && a.find(key) >= 0 {
		return -1
	}
	return a.add(key, value)
}

// add puts a key that is known to be absent at the end.
func (a *array) add(key string, value Value) int {
	at := len(a.entries)
	n, whole := intKey(key)
	if whole && n >= a.next {
		a.next = n
		if n < math.MaxInt64 {
			a.next++
		}
	}
	if !whole || n != int64(at) {
		a.list = false
	}
	a.entries = append(a.entries, Entry{Key: key, Value: value})
	a.remember(key, at)
	return at
}

// remember keeps the index of a large array; the first call that finds none makes it of all entries.
func (a *array) remember(key string, at int) {
	switch {
	case a.list || at+1 < indexFrom:
	case a.index != nil:
		a.index[key] = at
	default:
		a.index = make(map[string]int, 2*len(a.entries))
		for i := range a.entries {
			a.index[a.entries[i].Key] = i
		}
	}
}

// intKey returns the number of a key that PHP keeps as an integer: decimal, no plus, no leading zero, no "-0", and
// within 64 bits.
func intKey(key string) (int64, bool) {
	digits := key
	if key != "" && key[0] == '-' {
		digits = key[1:]
	}
	if digits == "" || len(digits) > 19 || (digits[0] == '0' && len(key) > 1) {
		return 0, false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(key, 10, 64)
	return n, err == nil
}

// Builder makes an Array piece by piece, in order. The zero Builder is empty and ready.
type Builder struct{ arr *array }

// Set puts value at key: in place of an earlier value with that key, else at the end. It returns b for chaining.
func (b *Builder) Set(key string, value Value) *Builder {
	b.array().set(key, value)
	return b
}

// Append puts value at the next free whole-numbered key, as PHP's $a[] = value. It returns b for chaining.
func (b *Builder) Append(value Value) *Builder {
	b.array().push(value)
	return b
}

// Len returns the number of entries so far.
func (b *Builder) Len() int {
	if b.arr == nil {
		return 0
	}
	return len(b.arr.entries)
}

// Value returns the Array and empties the builder, so that what it does next cannot change the Array.
func (b *Builder) Value() Value {
	v := Value{kind: Array, arr: b.arr}
	b.arr = nil
	return v
}

func (b *Builder) array() *array {
	if b.arr == nil {
		b.arr = newArray(0)
	}
	return b.arr
}
