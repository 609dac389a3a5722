package phpform_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/phpform"
)

// vector is one line of testdata: a form and the tree that belongs to it, made with PHP 8.2.
type vector struct {
	Form  string          `json:"form"`
	Value json.RawMessage `json:"value"`
}

func vectors(t testing.TB, file string) []vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if len(all) < 200 {
		t.Fatalf("%s has %d vectors, expected all of them", file, len(all))
	}
	return all
}

// compact drops the spaces between the tokens of a JSON text.
func compact(t testing.TB, raw []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func asJSON(v phpform.Value) string { return string(phpform.AppendJSON(nil, v)) }

func parseStr(t testing.TB, form string) phpform.Value {
	t.Helper()
	v, err := phpform.ParseStr(form, phpform.Limits{})
	if err != nil {
		t.Fatalf("ParseStr(%q): %v", form, err)
	}
	return v
}

func parseForm(t testing.TB, form string) phpform.Value {
	t.Helper()
	v, err := phpform.ParseForm(form, phpform.Limits{})
	if err != nil {
		t.Fatalf("ParseForm(%q): %v", form, err)
	}
	return v
}

func parseJSON(t testing.TB, text string) phpform.Value {
	t.Helper()
	v, err := phpform.ParseJSON([]byte(text), phpform.Limits{})
	if err != nil {
		t.Fatalf("ParseJSON(%q): %v", text, err)
	}
	return v
}

func TestParseStrIsPHP(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "php-parse.jsonl") {
		if got, want := asJSON(parseStr(t, v.Form)), compact(t, v.Value); got != want {
			t.Errorf("ParseStr(%q)\n got %s\nwant %s", v.Form, got, want)
		}
	}
}

func TestAppendFormIsPHP(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "php-build.jsonl") {
		if got := string(phpform.AppendForm(nil, parseJSON(t, string(v.Value)))); got != v.Form {
			t.Errorf("AppendForm(%s)\n got %s\nwant %s", v.Value, got, v.Form)
		}
	}
}

// phpKey is what PHP makes of an outermost key.
var phpKey = strings.NewReplacer(".", "_", " ", "_", "[", "_")

// TestParseFormKeepsKeys checks that ParseForm differs from PHP in the outermost keys alone: mapped as PHP maps them, its
// trees are PHP's. Where the mapping makes two keys one, the parameters are compared one by one.
func TestParseFormKeepsKeys(t *testing.T) {
	t.Parallel()
	kept, merged := 0, 0
	check := func(form string) bool {
		v := parseForm(t, form)
		seen := map[string]bool{}
		var mapped phpform.Builder
		for _, e := range v.Entries() {
			key := phpKey.Replace(e.Key)
			if seen[key] {
				return false
			}
			seen[key] = true
			if key != e.Key {
				kept++
			}
			mapped.Set(key, e.Value)
		}
		if got, want := asJSON(mapped.Value()), asJSON(parseStr(t, form)); got != want {
			t.Errorf("ParseForm(%q) with PHP's keys\n got %s\nwant %s", form, got, want)
		}
		return true
	}
	for _, v := range vectors(t, "php-parse.jsonl") {
		if check(v.Form) {
			continue
		}
		merged++
		for pair := range strings.SplitSeq(v.Form, "&") {
			if !check(pair) {
				t.Errorf("one parameter %q has two outermost keys", pair)
			}
		}
	}
	if kept == 0 || merged == 0 {
		t.Errorf("%d keys kept, %d forms with merged keys: the vectors do not test the difference", kept, merged)
	}
}

// TestParseStrCorners pins rules of PHP 8.2 that the vectors do not have.
func TestParseStrCorners(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]string{
		"a[b.c d[e=1":           `{"a_b_c_d_e":"1"}`,
		"x.y[q.r][c.d=1":        `{"x_y":{"q.r":"1"}}`,
		"a[-5]=1&a[]=2":         `{"a":{"-5":"1","-4":"2"}}`,
		"a[k]=1&a[]=2":          `{"a":{"k":"1","0":"2"}}`,
		"a[-0]=1&a[]=2":         `{"a":{"-0":"1","0":"2"}}`,
		"a[7]=1&a[07]=2&a[]=3":  `{"a":{"7":"1","07":"2","8":"3"}}`,
		"a[ ]=1&a[%09]=2":       `{"a":["1","2"]}`,
		"a[  ]=1":               `{"a":{"  ":"1"}}`,
		"  a=1":                 `{"a":"1"}`,
		"%20[x]=1":              `[]`,
		"a%00b=1":               `{"a":"1"}`,
		"a[x%00y][z]=1":         `{"a_x":"1"}`,
		"a]b=1&c][d]=2":         `{"a]b":"1","c]":{"d":"2"}}`,
		"a[[]=1":                `{"a":{"[":"1"}}`,
		"a[][=1&a[]=2":          `{"a":["1","2"]}`,
		"a[b]%00[c]=1":          `{"a":{"b":"1"}}`,
		"a[][]b[c]=1":           `{"a":[["1"]]}`,
		"a==b&c=d=e&f;g=1":      `{"a":"=b","c":"d=e","f;g":"1"}`,
		"a=%4&b=%&c=%4g&d=%2B+": `{"a":"%4","b":"%","c":"%4g","d":"+ "}`,
		"a[9223372036854775807]=1&a[]=2&a[][x]=3": `{"a":{"9223372036854775807":"1"}}`,
		"a[9223372036854775808]=1&a[]=2":          `{"a":{"9223372036854775808":"1","0":"2"}}`,
		"a[-9223372036854775808]=1&a[]=2":         `{"a":{"-9223372036854775808":"1","-9223372036854775807":"2"}}`,
		"a[0]=x&a[0][y]=1&a[1]=z":                 `{"a":[{"y":"1"},"z"]}`,
	} {
		if got := asJSON(parseStr(t, form)); got != want {
			t.Errorf("ParseStr(%q)\n got %s\nwant %s", form, got, want)
		}
	}
}

func TestParseFormKeys(t *testing.T) {
	t.Parallel()
	const form = "a.b=1&a b=2&a_b[x.y]=3&c.d[e=4&select.x[]=5"
	const want = `{"a.b":"1","a b":"2","a_b":{"x.y":"3"},"c.d[e":"4","select.x":["5"]}`
	if got := asJSON(parseForm(t, form)); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	fromBytes, err := phpform.ParseForm([]byte(form), phpform.Limits{})
	if err != nil || asJSON(fromBytes) != want {
		t.Errorf("from bytes: %s, %v", asJSON(fromBytes), err)
	}
}

func TestAppendFormPrintsAsPHP(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"0.30000000000000004": "0.3", "0.3333333333333333": "0.33333333333333", "1e14": "1.0E%2B14",
		"12345678901234.0": "12345678901234", "123456789012345.0": "1.2345678901234E%2B14", "99999999999999.9": "1.0E%2B14",
		"12345678901234567890": "1.2345678901235E%2B19", "0.0001": "0.0001", "0.00012345": "0.00012345",
		"1e-5": "1.0E-5", "1.5e-5": "1.5E-5", "-0.0": "-0", "-0": "0", "100.0": "100", "1.50": "1.5", "1e3": "1000",
		"1e300": "1.0E%2B300", "1e400": "INF", "-1e400": "-INF", "-1.5": "-1.5", "9223372036854775807": "9223372036854775807",
	} {
		got := phpform.AppendForm([]byte("auth=x"), phpform.ArrayOf(phpform.Entry{Key: "n", Value: phpform.NumberOf(number)}))
		if string(got) != "auth=xn="+want {
			t.Errorf("%s became %s, expected n=%s", number, got, want)
		}
	}
	nested := parseJSON(t, `{"":{"x~":[true]},"b":{"":null}}`)
	if got := string(phpform.AppendForm(nil, nested)); got != "%5Bx%7E%5D%5B0%5D=1" {
		t.Errorf("empty keys became %s", got)
	}
	if got := phpform.AppendForm([]byte("kept"), phpform.StringOf("x")); string(got) != "kept" {
		t.Errorf("a scalar became %s", got)
	}
}
