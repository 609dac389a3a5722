package botrest

import (
	"encoding/base64"
	"testing"

	"github.com/portico-hq/portico/internal/phpform"
)

func FuzzDecodePhoto(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n"), "data:image/png;base64,x")
	f.Fuzz(func(t *testing.T, raw []byte, text string) {
		sent := phpform.StringOf(base64.StdEncoding.EncodeToString(raw))
		for _, v := range []phpform.Value{sent, phpform.ListOf(phpform.StringOf(text), sent)} {
			if got, err := decodePhoto(v); err != nil || string(got) != string(raw) {
				t.Errorf("%q came back as %q, %v", raw, got, err)
			}
		}
		_, _ = decodePhoto(phpform.StringOf(text)) // whatever it is, it does not panic
		if _, err := decodePhoto(phpform.ListOf(sent)); err == nil {
			t.Error("a list without a name was taken")
		}
	})
}
