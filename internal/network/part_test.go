package network

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/attach"
)

func carried(t *testing.T, a attach.Attach, k attach.Keyboard) (cards, buttons string) {
	t.Helper()
	s := New(Config{URL: func() string { return "https://north.test" }})
	var p packet
	if err := s.carry(&p, a, k); err != nil {
		t.Fatal(err)
	}
	got, keys := p.parts()
	return encoded(t, got), encoded(t, keys)
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestPartsAbroad leaves behind what means something else, or nothing, on the other side.
func TestPartsAbroad(t *testing.T) {
	t.Parallel()
	words := "Ask [USER=7]Anna[/USER]"
	cards, buttons := carried(t,
		attach.Attach{{ID: 1, ColorToken: "base", Blocks: []attach.Block{
			{Message: &words},
			{Link: []attach.Link{{Name: "Anna", UserID: 7}}},
			{Link: []attach.Link{{Name: "Guide", Link: "/guide/", Preview: "/guide.png"}, {Name: "A chat", ChatID: 3}}},
			{User: []attach.User{{Name: "Anna", Avatar: "/a.png", Link: "/company/7/", UserID: 7}}},
			{Grid: []attach.Cell{{Display: "ROW", Name: "Who", Value: words, UserID: 7, ColorToken: "base"}}},
			{Image: []attach.Image{{Link: "https://cdn.example/x.png"}}},
			{File: []attach.File{{Name: "x.pdf", Link: "/x.pdf"}}},
		}}},
		attach.Keyboard{
			{Type: attach.TypeButton, BotID: 5, Text: "Prices", Do: attach.Do{Command: "/prices", CommandParams: "tables"}, Block: "Y"},
			{Type: attach.TypeNewline},
			{Type: attach.TypeButton, BotID: 5, Text: "A chat", Do: attach.Do{Action: attach.ActionDialog, ActionValue: "chat1"}},
			{Type: attach.TypeButton, BotID: 5, Text: "An application", Do: attach.Do{AppID: 1}},
			{Type: attach.TypeButton, BotID: 5, Text: "Guide", Do: attach.Do{Link: "/guide/"}},
		})
	wantCards := `[{"ID":1,"BLOCKS":[{"MESSAGE":"Ask Anna"},{"LINK":[{"NAME":"Guide","LINK":"https://north.test/guide/","PREVIEW":"https://north.test/guide.png"}]},` +
		`{"USER":[{"NAME":"Anna","AVATAR":"https://north.test/a.png","LINK":"https://north.test/company/7/"}]},` +
		`{"GRID":[{"DISPLAY":"ROW","NAME":"Who","VALUE":"Ask Anna","COLOR_TOKEN":"base"}]},{"IMAGE":[{"LINK":"https://cdn.example/x.png"}]},` +
		`{"FILE":[{"NAME":"x.pdf","LINK":"https://north.test/x.pdf"}]}],"DESCRIPTION":"","COLOR":"","COLOR_TOKEN":"base"}]`
	if cards != wantCards {
		t.Errorf("the attachment arrives as %s\nwant %s", cards, wantCards)
	}
	const look = `"DISABLED":"N","CONTEXT":"ALL","DISPLAY":"BLOCK","BG_COLOR_TOKEN":"base"}`
	wantButtons := `[{"TYPE":"BUTTON","TEXT":"Prices","ACTION":"SEND","ACTION_VALUE":"/prices tables","BLOCK":"Y",` + look + `,{"TYPE":"NEWLINE"},` +
		`{"TYPE":"BUTTON","TEXT":"Guide","LINK":"https://north.test/guide/","BLOCK":"N",` + look + `]`
	if buttons != wantButtons {
		t.Errorf("the buttons arrive as %s\nwant %s", buttons, wantButtons)
	}
	long := strings.Repeat("x", maxParts)
	if cards, buttons = carried(t, attach.Attach{{Blocks: []attach.Block{{Message: &long}}}}, attach.Keyboard{{Type: attach.TypeNewline}}); cards != "null" || buttons != "null" {
		t.Errorf("what is too large, and no button at all, arrive as %.80s and %s", cards, buttons)
	}
}

// FuzzParts reads what another portal may send beside the words.
func FuzzParts(f *testing.F) {
	for _, text := range []string{"", "null", "7", `"x"`, `[{"BLOCKS":[{"MESSAGE":"a"}]}]`, `[{"TEXT":"a","COMMAND":"b","BOT_ID":3}]`, `[{"TEXT":"a","LINK":"javascript:x"}]`, strings.Repeat("[", 5000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := packet{Attach: json.RawMessage(text), Keyboard: json.RawMessage(text)}
		_, k := p.parts()
		for _, b := range k {
			if b.Type == attach.TypeButton && (b.BotID != 0 || b.Command != "" || b.AppID != 0) {
				t.Errorf("%q was read as a button that reaches %+v", text, b)
			}
		}
	})
}
