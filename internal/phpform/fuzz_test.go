package phpform_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/phpform"
)

// FuzzParseForm checks that what a form becomes is UTF-8, has unique keys that are found, and survives JSON.
func FuzzParseForm(f *testing.F) {
	for _, v := range vectors(f, "php-parse.jsonl") {
		f.Add(v.Form)
	}
	f.Fuzz(func(t *testing.T, form string) {
		for _, parse := range []func(string, phpform.Limits) (phpform.Value, error){
			phpform.ParseForm[string], phpform.ParseStr[string],
		} {
			v, err := parse(form, phpform.Limits{})
			if err != nil {
				continue
			}
			checkKeys(t, v)
			text := asJSON(v)
			if again := asJSON(parseJSON(t, text)); again != text || !json.Valid([]byte(text)) {
				t.Fatalf("%q became %s and then %s", form, text, again)
			}
		}
	})
}

// FuzzParseJSON checks that the parser takes what encoding/json takes and nothing else (but for what encoding/json mends:
// broken UTF-8 and half surrogate pairs), and that its trees say the same again.
func FuzzParseJSON(f *testing.F) {
	for _, v := range vectors(f, "php-build.jsonl") {
		f.Add([]byte(v.Value))
	}
	f.Add([]byte(`["\ud83d\ude42\/\u0000",1e400,-0,1.50,{"":{"":0}}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := phpform.ParseJSON(raw, phpform.Limits{MaxDepth: 20_000, MaxKeys: len(raw) + 1})
		if valid := json.Valid(raw); (err == nil) != valid && !mended(raw, err) {
			t.Fatalf("%q: encoding/json says %v, ParseJSON %v", raw, valid, err)
		}
		if err != nil {
			return
		}
		checkKeys(t, v)
		text := asJSON(v)
		again, err := phpform.ParseJSON([]byte(text), phpform.Limits{MaxDepth: 20_000, MaxKeys: len(raw) + 1})
		if err != nil || asJSON(again) != text {
			t.Fatalf("%q became %s and then %s, %v", raw, text, asJSON(again), err)
		}
		if form := string(phpform.AppendForm(nil, v)); !utf8.ValidString(form) {
			t.Fatalf("%q became the form %q", raw, form)
		}
	})
}

func mended(raw []byte, err error) bool {
	return err != nil && (!utf8.Valid(raw) || strings.Contains(err.Error(), "surrogate"))
}

// FuzzParseMultipart checks that no body makes the parser panic or give a tree that is not UTF-8.
func FuzzParseMultipart(f *testing.F) {
	body, boundary := multipartBody(f, [2]string{"a[b][]", "1"}, [2]string{"file@", "\x00\xff"})
	f.Add(body.Bytes(), boundary)
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--"), "b")
	f.Fuzz(func(t *testing.T, raw []byte, boundary string) {
		v, err := phpform.ParseMultipart(bytes.NewReader(raw), boundary, phpform.Limits{})
		if err != nil {
			return
		}
		checkKeys(t, v)
		if text := asJSON(v); asJSON(parseJSON(t, text)) != text {
			t.Fatalf("%q became %s", raw, text)
		}
	})
}
