package userfieldrest_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/userfield/userfieldrest"
)

// echo answers an upload with what came.
type echo struct{}

func (echo) Upload(_ context.Context, _ userfield.Field, name string, r io.Reader) (string, error) {
	raw, err := io.ReadAll(r)
	return name + "=" + string(raw), err
}

func TestReceiveReadsEveryFormOfAFile(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		`["a.txt","aGVsbG8="]`:                     "a.txt=hello",
		`{"fileData":["a.txt","aGVsbG8="]}`:        "a.txt=hello",
		`{"id":7,"fileData":["a.txt","aGVsbG8="]}`: "a.txt=hello", // in the place of 7
		`{"id":7}`: "7",
		`{"id":"7","url":"/field/file/7","urlMachine":"x"}`: "7", // as it was answered
		`{"ID":"7","REMOVE":"Y"}`:                           "-7",
		`7`:                                                 "7",
		`""`:                                                "",
		`null`:                                              "",
		`false`:                                             "",
		`[]`:                                                "",
		`"aGVsbG8="`:                                        "!",
		`["a.txt","not base64!"]`:                           "!",
		`["a.txt",""]`:                                      "!",
		`["a.txt","aGVsbG8=","more"]`:                       "!",
		`{"name":"a.txt"}`:                                  "!",
		`[["a.txt","aGVsbG8="],["b.txt","d29ybGQ="]]`:          "!", // one field, two files
		`many [["a.txt","aGVsbG8="],["b.txt","d29ybGQ="]]`:     "a.txt=hello b.txt=world",
		`many [{"fileData":["a.txt","aGVsbG8="]},{"id":7}]`:    "a.txt=hello 7",
		`many [{"id":7,"remove":"Y"},["b.txt","d29ybGQ="],12]`: "-7 b.txt=world 12",
		`many ["a.txt","aGVsbG8="]`:                            "a.txt=hello",
		`many [12,13]`:                                         "12 13",
		`many [12,["b.txt","d29ybGQ="]]`:                       "12 b.txt=world",
		`many [12]`:                                            "12",
		`many {"id":7,"remove":true}`:                          "-7",
		`many {"0":{"id":7},"1":{"id":8}}`:                     "7 8",
		`many []`:                                              "",
		`many ""`:                                              "",
		`many [["a.txt"]]`:                                     "!",
		`many ["one","two","three"]`:                           "!",
	} {
		text, many := strings.CutPrefix(sent, "many ")
		var v phpform.Value
		if err := v.UnmarshalJSON([]byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := userfieldrest.Receive(t.Context(), echo{}, userfield.Field{Name: "UF_X", Type: userfield.File, Multiple: many}, v)
		if want == "!" {
			if f := fault.Of(err); f.Code != "FIELD_VALUE_WRONG" || f.Field != "UF_X" {
				t.Errorf("%s: %q, %v, want a fault", sent, got, err)
			}
			continue
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v, want %q", sent, got, err, want)
		}
	}
}

func FuzzReceive(f *testing.F) {
	for _, seed := range []string{`["a.txt","aGVsbG8="]`, `[{"id":7,"remove":"Y"},{"fileData":["a","YQ=="]}]`, `{"fileData":{"fileData":[]}}`, `[[[]]]`, `{"id":{"id":1}}`} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, many bool) {
		var v phpform.Value
		if v.UnmarshalJSON([]byte(text)) != nil {
			return
		}
		got, err := userfieldrest.Receive(t.Context(), echo{}, userfield.Field{Name: "UF_X", Type: userfield.File, Multiple: many}, v)
		if err == nil && !many && len(got) > 1 {
			t.Errorf("%s: %q in a field of one file", text, got)
		}
	})
}
