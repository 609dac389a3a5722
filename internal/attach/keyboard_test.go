package attach_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bbcode"
)

const plainButton = `"BLOCK":"N","DISABLED":"N","CONTEXT":"ALL","DISPLAY":"BLOCK","BG_COLOR_TOKEN":"base"`

func TestParseKeyboard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{
			"documented", `{"BOT_ID":456,"BUTTONS":[{"TEXT":"Open website","LINK":"https://www.example.com/"},{"TYPE":"NEWLINE"},{"TEXT":"Insert command","ACTION":"PUT","ACTION_VALUE":"/help"}]}`,
			`[{"TYPE":"BUTTON","BOT_ID":456,"TEXT":"Open website","LINK":"https://www.example.com/",` + plainButton + `},{"TYPE":"NEWLINE"},` +
				`{"TYPE":"BUTTON","BOT_ID":456,"TEXT":"Insert command","ACTION":"PUT","ACTION_VALUE":"/help",` + plainButton + `}]`,
		},
		{"list", `[{"text":"a","command":"echo","command_params":"1"}]`, `[{"TYPE":"BUTTON","TEXT":"a","COMMAND":"echo","COMMAND_PARAMS":"1",` + plainButton + `}]`},
		{"one", `{"TEXT":"a","LINK":"/x"}`, `[{"TYPE":"BUTTON","TEXT":"a","LINK":"/x",` + plainButton + `}]`},
		{"text", `"{\"BUTTONS\":{\"TEXT\":\"a\",\"APP_ID\":\"11\",\"APP_PARAMS\":\"p\"}}"`, `[{"TYPE":"BUTTON","TEXT":"a","APP_ID":11,"APP_PARAMS":"p",` + plainButton + `}]`},
		{
			"looks", `[{"TEXT":"a","COMMAND":"c","BOT_ID":"3","BLOCK":"y","DISABLED":"Y","CONTEXT":"mobile","DISPLAY":"LINE","WIDTH":"120","BG_COLOR":"#29619B","BG_COLOR_TOKEN":"alert","TEXT_COLOR":"#fff","OFF_BG_COLOR":"#aaa","OFF_TEXT_COLOR":"#000"}]`,
			`[{"TYPE":"BUTTON","BOT_ID":3,"TEXT":"a","COMMAND":"c","BLOCK":"Y","DISABLED":"Y","CONTEXT":"MOBILE","DISPLAY":"LINE","WIDTH":120,"BG_COLOR":"#29619b","BG_COLOR_TOKEN":"alert","TEXT_COLOR":"#fff","OFF_BG_COLOR":"#aaa","OFF_TEXT_COLOR":"#000"}]`,
		},
		{"wrong looks", `[{"TEXT":"a","LINK":"/x","WIDTH":"-1","BG_COLOR":"url(x)","CONTEXT":"MOON","DISPLAY":"x","BLOCK":"1","BG_COLOR_TOKEN":"x"}]`, `[{"TYPE":"BUTTON","TEXT":"a","LINK":"/x",` + plainButton + `}]`},
		{"no", `"N"`, `null`},
		{"empty", `""`, `null`},
		{"no buttons", `{"BUTTONS":[]}`, `null`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k, err := attach.ParseKeyboard(tree(t, c.in))
			if err != nil {
				t.Fatal(err)
			}
			got := encode(t, k)
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			again, err := attach.ParseKeyboard(tree(t, got))
			if err != nil || encode(t, again) != got {
				t.Errorf("the normal form is not its own: %s, %v", encode(t, again), err)
			}
			var stored attach.Keyboard
			if err := json.Unmarshal([]byte(got), &stored); err != nil || encode(t, stored) != got {
				t.Errorf("stored form read back as %s, %v", encode(t, stored), err)
			}
		})
	}
}

func TestParseKeyboardFaults(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"number":         `7`,
		"words":          `"buttons"`,
		"broken":         `"{"`,
		"strings":        `["a"]`,
		"buttons text":   `{"BUTTONS":"a"}`,
		"no text":        `[{"LINK":"/x"}]`,
		"nothing to do":  `[{"TEXT":"a"}]`,
		"function":       `[{"TEXT":"a","FUNCTION":"alert(1)"}]`,
		"type":           `[{"TEXT":"a","LINK":"/x","TYPE":"SLIDER"}]`,
		"action":         `[{"TEXT":"a","ACTION":"EVAL","ACTION_VALUE":"x"}]`,
		"action value":   `[{"TEXT":"a","ACTION":"SEND"}]`,
		"script":         `[{"TEXT":"a","LINK":"javascript:alert(1)"}]`,
		"params as list": `[{"TEXT":"a","COMMAND":"c","COMMAND_PARAMS":["x"]}]`,
	} {
		if k, err := attach.ParseKeyboard(tree(t, in)); !errors.Is(err, attach.ErrKeyboard) || k != nil {
			t.Errorf("%s: got %v, %v", name, k, err)
		}
	}
	big := `[{"TEXT":"` + strings.Repeat("a", 30<<10) + `","LINK":"/x"}]`
	if _, err := attach.ParseKeyboard(tree(t, big)); !errors.Is(err, attach.ErrKeyboardOversize) {
		t.Errorf("30 KB: got %v", err)
	}
}

func TestParseMenu(t *testing.T) {
	t.Parallel()
	const looks = `"DISABLED":"N","CONTEXT":"ALL"`
	for _, c := range []struct{ in, want string }{
		{
			`{"ITEMS":[{"TEXT":"Open","LINK":"https://example.com"},{"TEXT":"Send","ACTION":"SEND","ACTION_VALUE":"Done"}]}`,
			`[{"TEXT":"Open","LINK":"https://example.com",` + looks + `},{"TEXT":"Send","ACTION":"SEND","ACTION_VALUE":"Done",` + looks + `}]`,
		},
		{
			`[{"TEXT":"bitrix24","COMMAND":"example","COMMAND_PARAMS":"p","DISABLED":"Y","CONTEXT":"desktop"}]`,
			`[{"TEXT":"bitrix24","COMMAND":"example","COMMAND_PARAMS":"p","DISABLED":"Y","CONTEXT":"DESKTOP"}]`,
		},
		{`"[{\"TEXT\":\"App\",\"APP_ID\":11}]"`, `[{"TEXT":"App","APP_ID":11,` + looks + `}]`},
		{`"n"`, `null`},
	} {
		m, err := attach.ParseMenu(tree(t, c.in))
		if err != nil || encode(t, m) != c.want {
			t.Errorf("got  %s, %v\nwant %s", encode(t, m), err, c.want)
		}
	}
	for _, in := range []string{`[{"TEXT":"a"}]`, `{"ITEMS":"x"}`, `[{"LINK":"/x"}]`, `[{"TEXT":"a","LINK":"data:x"}]`} {
		if m, err := attach.ParseMenu(tree(t, in)); !errors.Is(err, attach.ErrMenu) || m != nil {
			t.Errorf("%s: got %v, %v", in, m, err)
		}
	}
	big := `[{"TEXT":"` + strings.Repeat("a", 30<<10) + `","LINK":"/x"}]`
	if _, err := attach.ParseMenu(tree(t, big)); !errors.Is(err, attach.ErrMenuOversize) {
		t.Errorf("30 KB: got %v", err)
	}
	if m := (attach.Menu{{}, {BotID: 2}}).ForBot(5); m[0].BotID != 5 || m[1].BotID != 2 {
		t.Errorf("ForBot: got %v", m)
	}
}

func TestKeyboardHTML(t *testing.T) {
	t.Parallel()
	k, err := attach.ParseKeyboard(tree(t, `{"BOT_ID":9,"BUTTONS":[
		{"TEXT":"<Site>","LINK":"https://example.com/?a=1&b=2","DISPLAY":"LINE","BG_COLOR":"#29619b","TEXT_COLOR":"#fff"},
		{"TEXT":"Home","LINK":"/company/","DISPLAY":"LINE","WIDTH":5000},
		{"TYPE":"NEWLINE"},
		{"TEXT":"Again","COMMAND":"echo","COMMAND_PARAMS":"\"><script>","BLOCK":"Y","DISPLAY":"LINE","BG_COLOR":"#ffffff"},
		{"TEXT":"Say","ACTION":"SEND","ACTION_VALUE":"yes"},
		{"TEXT":"App","APP_ID":11,"APP_PARAMS":"p","CONTEXT":"MOBILE"},
		{"TEXT":"Off","LINK":"/off","DISABLED":"Y","OFF_BG_COLOR":"#aaa"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	got := string(attach.KeyboardHTML(k, bbcode.Options{Host: "portal.example.com"}))
	checkHTML(t, got)
	for _, want := range []string{
		`<a class="keyboard-button keyboard-base" href="https://example.com/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow" data-index="0">`,
		`<rect width="1" height="1" fill="#29619b"></rect></svg><font class="keyboard-text" color="#fff">&lt;Site&gt;</font>`,
		`<a class="keyboard-button keyboard-base" href="/company/" data-index="1"><svg class="keyboard-strut" width="600"`,
		`<button type="button" class="keyboard-button keyboard-base" data-index="3" data-command="echo" data-params="&#34;&gt;&lt;script&gt;" data-bot="9" data-block="Y">`,
		`<font class="keyboard-text" color="#000000">Again</font>`,
		`data-index="4" data-action="send" data-value="yes">`,
		`<button type="button" class="keyboard-button keyboard-base keyboard-on-mobile" data-index="5" data-app="11" data-app-params="p">`,
		`data-index="6" disabled><span class="keyboard-face"><span class="keyboard-text">Off</span></span><span class="keyboard-face keyboard-off">`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %s\nin %s", want, got)
		}
	}
	if n := strings.Count(got, `class="keyboard-row"`); n != 5 {
		t.Errorf("%d rows, want 5: two beside each other, then one each: %s", n, got)
	}
	if got := attach.KeyboardHTML(attach.Keyboard{{Type: attach.TypeNewline}}, bbcode.Options{}); got != "" {
		t.Errorf("only a line break: got %s", got)
	}
}
