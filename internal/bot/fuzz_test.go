package bot

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/phpform"
)

// FuzzAddressed makes sure that no text of a message stops an event, and that what remains came from the text.
func FuzzAddressed(f *testing.F) {
	f.Add("[USER=5]Robo[/USER], what is burning")
	f.Add("[user=5 REPLACE]x[/user][USER=6]y[/USER]")
	f.Add(strings.Repeat("[USER=5]", 2000))
	f.Add("[USER=99999999999999999999]x[/USER]")
	b := &Bot{ID: 5, Code: "one"}
	f.Fuzz(func(t *testing.T, text string) {
		e := &MessageEvent{Chat: Chat{ID: 1, Type: "C"}, Message: Message{Text: text}, Mentioned: []int64{5}}
		got := b.addressed(e)
		if len(got) > len(text) || utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q became %q", text, got)
		}
		if !strings.Contains(strings.ToLower(text), "[user=") && got != strings.TrimSpace(text) {
			t.Errorf("%q became %q", text, got)
		}
		data := envelope(b, (&Service{}).addParams(b, e), phpform.ListOf())
		if phpform.AppendForm(nil, data) == nil {
			t.Error("no form")
		}
	})
}

// FuzzDialog makes sure that only what the messenger can read is passed on to it.
func FuzzDialog(f *testing.F) {
	for _, seed := range []string{"7", "chat7", "sg1", "chat", "+1", "chat-1", "Chat 7"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if validDialog(id) && !strings.ContainsAny(id, "123456789") {
			t.Errorf("%q is taken for a dialog", id)
		}
	})
}
