package phpform_test

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/portico-hq/portico/internal/phpform"
)

// randomTree returns an Array of strings and of such arrays. It has no empty array and no key that brackets cannot say:
// empty, one space, with a ']' or a NUL, or an outermost one with what PHP rewrites.
func randomTree(r *rand.Rand, depth int) phpform.Value {
	keys := []string{
		"0", "1", "2", "01", "-1", "10", "ID", ">=DATE", "%TITLE", "!@STATUS", "é", "ключ", "a+b", "a&b", "a=b", "k-e_y", "~", "🙂",
	}
	if depth > 0 {
		keys = append(keys, "x.y", "a b", " lead", "[c", "[", "\n\t")
	}
	texts := []string{"", "0", "1", "Y", "привет мир", "a&b=c;d", "100%", "%2B", "+7 906", "two\nlines", "<b>\"'", "a[b]", "\x00"}
	var b phpform.Builder
	for n := 1 + r.IntN(5); b.Len() < n; {
		v := phpform.StringOf(texts[r.IntN(len(texts))])
		if depth < 5 && r.IntN(3) == 0 {
			v = randomTree(r, depth+1)
		}
		if r.IntN(3) == 0 {
			b.Append(v)
		} else {
			b.Set(keys[r.IntN(len(keys))], v)
		}
	}
	return b.Value()
}

// TestRoundTrips checks on random trees of strings that forms and JSON lose nothing, that both parsers of forms agree
// where no key is rewritten, and that the result is readable by key.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		tree := randomTree(r, 0)
		want := asJSON(tree)
		form := phpform.AppendForm(nil, tree)
		if got := asJSON(parseStr(t, string(form))); got != want {
			t.Fatalf("ParseStr of %s\n got %s\nwant %s", form, got, want)
		}
		if got := asJSON(parseForm(t, string(form))); got != want {
			t.Fatalf("ParseForm of %s\n got %s\nwant %s", form, got, want)
		}
		again := parseJSON(t, want)
		if got := asJSON(again); got != want {
			t.Fatalf("ParseJSON\n got %s\nwant %s", got, want)
		}
		checkKeys(t, again)
	}
}

// checkKeys checks that every entry is found by its key and that keys are unique and lists are lists.
func checkKeys(t *testing.T, v phpform.Value) {
	t.Helper()
	list := v.IsArray()
	for i, e := range v.Entries() {
		list = list && e.Key == strconv.Itoa(i)
		got, ok := v.Get(e.Key)
		if !ok || asJSON(got) != asJSON(e.Value) {
			t.Fatalf("Get(%q) of %s gave %s, %v", e.Key, asJSON(v), asJSON(got), ok)
		}
		checkKeys(t, e.Value)
	}
	if list != v.IsList() {
		t.Fatalf("IsList of %s is %v", asJSON(v), v.IsList())
	}
}
