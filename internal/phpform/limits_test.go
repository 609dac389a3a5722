package phpform_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// expectFault checks that err is a fault with this package's code and a text that has part.
func expectFault(t *testing.T, name string, err error, kind fault.Kind, part string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) {
		t.Errorf("%s: got %v, expected a fault", name, err)
		return
	}
	if f.Kind != kind || f.Code != "INVALID_REQUEST" || !strings.Contains(f.Text, part) {
		t.Errorf("%s: got kind %d, %s: %s; expected kind %d and %q", name, f.Kind, f.Code, f.Text, kind, part)
	}
}

func TestFormLimits(t *testing.T) {
	t.Parallel()
	keys := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format+"&", i)
		}
		return b.String()
	}
	for _, c := range []struct {
		name, form string
		limits     phpform.Limits
		part       string // of the fault's text; empty where the form is good
	}{
		{"64 levels", "a" + strings.Repeat("[b]", 64) + "=1", phpform.Limits{}, ""},
		{"65 levels", "a" + strings.Repeat("[b]", 65) + "=1", phpform.Limits{}, "64 levels"},
		{"1,000 levels", "a" + strings.Repeat("%5B%5D", 1000) + "=1", phpform.Limits{}, "64 levels"},
		{"a million open brackets", "a" + strings.Repeat("[", 1_000_000) + "=1", phpform.Limits{}, ""},
		{"two levels allowed", "a[b][c]=1", phpform.Limits{MaxDepth: 2}, ""},
		{"one level allowed", "a[b][c]=1", phpform.Limits{MaxDepth: 1}, "1 level"},
		{"10,000 keys", keys(10_000, "k%d=v"), phpform.Limits{}, ""},
		{"10,001 keys", keys(10_001, "k%d=v"), phpform.Limits{}, "10000 parameters"},
		{"10,000 keys of one array", keys(10_000, "a[k%d]=v"), phpform.Limits{}, ""},
		{"10,000 equal keys", strings.Repeat("a=1&", 10_000), phpform.Limits{}, ""},
		{"10,001 equal keys", strings.Repeat("a=1&", 10_001), phpform.Limits{}, "10000 parameters"},
		{"many arrays of few keys", keys(1000, "a[%d][][][][][][][][][][]=1"), phpform.Limits{}, "10000 parameters"},
		{"empty parameters count for nothing", strings.Repeat("&", 20_000) + "a=1", phpform.Limits{}, ""},
	} {
		_, err := phpform.ParseForm(c.form, c.limits)
		if c.part == "" && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.part != "" {
			expectFault(t, c.name, err, fault.TooLarge, c.part)
		}
	}
}

func TestFormIsUTF8(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"a=%FF", "a=\xff", "a=%D0", "a[b]=x&c[d]=%C0%80", "a=%ED%A0%80"} {
		_, err := phpform.ParseForm(form, phpform.Limits{})
		expectFault(t, form, err, fault.Invalid, "UTF-8")
		if fault.Of(err).Field == "" {
			t.Errorf("%q: the fault does not name the parameter", form)
		}
	}
	_, err := phpform.ParseForm("a[%FF]=1", phpform.Limits{})
	expectFault(t, "key", err, fault.Invalid, "name of a parameter is not UTF-8")
}

func TestJSONLimits(t *testing.T) {
	t.Parallel()
	list := func(n int) string { return "[" + strings.Repeat("1,", n-1) + "1]" }
	for _, c := range []struct {
		name, text string
		limits     phpform.Limits
		kind       fault.Kind
		part       string // of the fault's text; empty where the text is good
	}{
		{"64 levels", strings.Repeat("[", 65) + strings.Repeat("]", 65), phpform.Limits{}, 0, ""},
		{"65 levels", strings.Repeat("[", 66) + strings.Repeat("]", 66), phpform.Limits{}, fault.TooLarge, "64 levels"},
		{"a million levels", strings.Repeat("[", 1_000_000), phpform.Limits{}, fault.TooLarge, "64 levels"},
		{"a form's depth", `{"a":{"b":{"c":1}}}`, phpform.Limits{MaxDepth: 2}, 0, ""},
		{"beyond a form's depth", `{"a":{"b":{"c":1}}}`, phpform.Limits{MaxDepth: 1}, fault.TooLarge, "1 level"},
		{"10,000 entries", list(10_000), phpform.Limits{}, 0, ""},
		{"10,001 entries", list(10_001), phpform.Limits{}, fault.TooLarge, "10000 parameters"},
		{"scalar", " -0.5e+3\n", phpform.Limits{}, 0, ""},
		{"empty", "", phpform.Limits{}, fault.Invalid, "unexpected end at byte 0"},
		{"cut", `{"a":"b`, phpform.Limits{}, fault.Invalid, "unexpected end at byte 7"},
		{"cut escape", `"\u00`, phpform.Limits{}, fault.Invalid, "unknown escape at byte 2"},
		{"trailing", `{"a":1} x`, phpform.Limits{}, fault.Invalid, "after the end of the value at byte 8"},
		{"two values", `{}{}`, phpform.Limits{}, fault.Invalid, "at byte 2"},
		{"trailing comma", `[1,]`, phpform.Limits{}, fault.Invalid, "unexpected character at byte 3"},
		{"no colon", `{"a" 1}`, phpform.Limits{}, fault.Invalid, "unexpected character at byte 5"},
		{"single quotes", `{'a':1}`, phpform.Limits{}, fault.Invalid, "at byte 1"},
		{"leading zero", `[01]`, phpform.Limits{}, fault.Invalid, "at byte 2"},
		{"bare minus", `[-]`, phpform.Limits{}, fault.Invalid, "at byte 2"},
		{"no fraction", `[1.]`, phpform.Limits{}, fault.Invalid, "at byte 3"},
		{"wrong word", `[nul]`, phpform.Limits{}, fault.Invalid, "at byte 1"},
		{"control character", "[\"a\nb\"]", phpform.Limits{}, fault.Invalid, "control character in a string at byte 3"},
		{"bad escape", `["\x"]`, phpform.Limits{}, fault.Invalid, "unknown escape at byte 3"},
		{"half a pair", `["\ud83d"]`, phpform.Limits{}, fault.Invalid, "surrogate"},
		{"two high halves", `["\ud83d\ud83d"]`, phpform.Limits{}, fault.Invalid, "surrogate"},
		{"not UTF-8", "{\"é\ufffd\":\"\xff\"}", phpform.Limits{}, fault.Invalid, "not UTF-8 text at byte 10"},
		{"byte order mark", "\ufeff{}", phpform.Limits{}, fault.Invalid, "at byte 0"},
	} {
		_, err := phpform.ParseJSON([]byte(c.text), c.limits)
		if c.part == "" && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.part != "" {
			expectFault(t, c.name, err, c.kind, c.part)
		}
	}
}

func TestParseJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		//nolint:gocritic // the spaces are what is tested
		` { "b" : [ 1.50 , 1E3 , -0 ] , "a" : null } `: `{"b":[1.50,1E3,-0],"a":null}`,
		`{"a":1,"b":2,"a":3}`:                          `{"a":3,"b":2}`,
		`{"0":"x","1":"y"}`:                            `["x","y"]`,
		`{"1":"x","0":"y"}`:                            `{"1":"x","0":"y"}`,
		`{}`:                                           `[]`,
		`"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude42\u0000z"`: `"\"\\/\u0008\u000c\n\r\té🙂\u0000z"`,
		`["plain","a\/b","c\/d",{"k\u0065y":"\/"}]`:   `["plain","a/b","c/d",{"key":"/"}]`,
		`true`: `true`,
	} {
		if got := asJSON(parseJSON(t, text)); got != want {
			t.Errorf("%s became %s, expected %s", text, got, want)
		}
	}
	form := phpform.AppendForm(nil, parseJSON(t, `{"a":[true,false,null,"x\/y"],"e":{},"n":1.50}`))
	if want := "a%5B0%5D=1&a%5B1%5D=0&a%5B3%5D=x%2Fy&n=1.5"; string(form) != want {
		t.Errorf("as a form %s, expected %s", form, want)
	}
}

// multipartBody writes fields as text parts, and as files where the name ends in "@".
func multipartBody(t testing.TB, fields ...[2]string) (body *bytes.Buffer, boundary string) {
	t.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for _, f := range fields {
		part, err := w.CreateFormField(f[0])
		if name, file := strings.CutSuffix(f[0], "@"); file {
			part, err = w.CreateFormFile(name, "photo.png")
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return body, w.Boundary()
}

func TestParseMultipart(t *testing.T) {
	t.Parallel()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, f := range [][2]string{{"filter[>=ID]", "3"}, {"a[]", "1+1%20"}, {"a[]", ""}, {"x.y", "привет"}, {"", "nameless"}} {
		if err := w.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("fields[photo][]", "photo.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte("\x89PNG\xff")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	v, err := phpform.ParseMultipart(&body, w.Boundary(), phpform.Limits{})
	const want = `{"filter":{">=ID":"3"},"a":["1+1%20",""],"x.y":"привет","fields":{"photo":["iVBOR/8="]}}`
	if err != nil || asJSON(v) != want {
		t.Errorf("got %s, %v\nwant %s", asJSON(v), err, want)
	}
}

func TestParseMultipartFaults(t *testing.T) {
	t.Parallel()
	const part = "--b\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
	many := strings.Repeat(fmt.Sprintf(part, "a[]", "1"), 4)
	for _, c := range []struct {
		name, body, boundary string
		kind                 fault.Kind
		part                 string
	}{
		{"no boundary", many, "", fault.Invalid, "no boundary"},
		{"another boundary", many + "--b--", "c", fault.Invalid, "not valid multipart"},
		{"cut", many, "b", fault.Invalid, "not valid multipart"},
		{"cut in a part", fmt.Sprintf(part, "a", "long text")[:60], "b", fault.Invalid, "not valid multipart"},
		{"empty", "", "b", fault.Invalid, "not valid multipart"},
		{"keys", many + "--b--", "b", fault.TooLarge, "3 parameters"},
		{"text", fmt.Sprintf(part, "a", "\xff") + "--b--", "b", fault.Invalid, "\"a\" is not UTF-8"},
	} {
		_, err := phpform.ParseMultipart(strings.NewReader(c.body), c.boundary, phpform.Limits{MaxKeys: 3})
		expectFault(t, c.name, err, c.kind, c.part)
	}
	gone := errors.New("connection gone")
	_, err := phpform.ParseMultipart(io.MultiReader(strings.NewReader(many), brokenReader{gone}), "b", phpform.Limits{})
	if !errors.Is(err, gone) || fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v, expected the reader's error", err)
	}
}

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }
