package rest_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

func TestFile(t *testing.T) {
	t.Parallel()
	text := phpform.StringOf
	data := func(v phpform.Value) phpform.Value { return phpform.ArrayOf(phpform.Entry{Key: "fileData", Value: v}) }
	for _, c := range []struct {
		sent          phpform.Value
		name, content string
		refused       bool
	}{
		{sent: text("aGk/Pj4="), content: "hi?>>"},
		{sent: text("aGk/Pj4"), content: "hi?>>"},
		{sent: text("data:text/plain;base64,aGk/Pj4="), content: "hi?>>"},
		{sent: text(" aGk_\r\n Pj4=\n"), content: "hi?>>"},
		{sent: text("+/v7 /v7"), content: "\xfb\xfb\xfb\xfb\xfb\xfb"},
		{sent: phpform.ListOf(text("a.txt"), text("aGk=")), name: "a.txt", content: "hi"},
		{sent: data(phpform.ListOf(text("a.txt"), text("aGk="))), name: "a.txt", content: "hi"},
		{sent: data(text("aGk=")), content: "hi"},
		{sent: text("")},
		{sent: phpform.ListOf()},
		{sent: text("not a file!"), refused: true},
		{sent: phpform.ListOf(text("aGk=")), refused: true},
		{sent: phpform.ListOf(text("a"), phpform.ListOf(text("aGk="))), refused: true},
		{sent: phpform.ListOf(text("a"), text("aGk="), text("aGk=")), refused: true},
	} {
		name, content, err := rest.File(c.sent)
		if c.refused {
			if err == nil {
				t.Errorf("%s was taken as %q", phpform.AppendJSON(nil, c.sent), content)
			}
			continue
		}
		if err != nil || name != c.name || string(content) != c.content {
			t.Errorf("%s: %q, %q, %v", phpform.AppendJSON(nil, c.sent), name, content, err)
		}
	}
}

// FuzzFile asserts that whatever is sent comes back, however clients write it, and that nothing panics.
func FuzzFile(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n"), "data:image/png;base64,x", uint8(7))
	f.Add([]byte{0xfb, 0xff, 0xfe}, " \r\n=", uint8(1))
	f.Fuzz(func(t *testing.T, raw []byte, text string, width uint8) {
		usual := base64.StdEncoding.EncodeToString(raw)
		lines := usual
		if n := int(width); n > 0 && n < len(usual) {
			lines = usual[:n] + "\r\n " + usual[n:]
		}
		for _, sent := range []string{
			usual, lines, "data:image/png;base64," + usual, base64.RawURLEncoding.EncodeToString(raw), strings.TrimRight(usual, "="),
		} {
			for _, v := range []phpform.Value{phpform.StringOf(sent), phpform.ListOf(phpform.StringOf(text), phpform.StringOf(sent))} {
				if _, got, err := rest.File(v); err != nil || string(got) != string(raw) {
					t.Errorf("%q as %q came back as %q, %v", raw, sent, got, err)
				}
			}
		}
		_, _, _ = rest.File(phpform.StringOf(text)) // whatever it is, it does not panic
		if _, _, err := rest.File(phpform.ListOf(phpform.StringOf(usual))); err == nil {
			t.Error("a list without a name was taken")
		}
	})
}
