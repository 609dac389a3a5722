package attach_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/phpform"
)

// tree reads JSON, or a form where text does not start as JSON does, in which case it returns the value at ATTACH.
func tree(t *testing.T, text string) phpform.Value {
	t.Helper()
	if strings.HasPrefix(text, "ATTACH[") {
		v, err := phpform.ParseForm(text, phpform.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		a, _ := v.Get("ATTACH")
		return a
	}
	v, err := phpform.ParseJSON([]byte(text), phpform.Limits{MaxDepth: 2000, MaxKeys: 100_000})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func encode(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestParseAttach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{
			"card", `{"ID":1,"COLOR_TOKEN":"primary","COLOR":"#29619B","BLOCKS":[{"MESSAGE":"[B]New[/B]"},{"LINK":{"NAME":"Open","LINK":"https://example.com"}}]}`,
			`[{"ID":1,"BLOCKS":[{"MESSAGE":"[B]New[/B]"},{"LINK":[{"NAME":"Open","LINK":"https://example.com"}]}],"DESCRIPTION":"","COLOR":"#29619b","COLOR_TOKEN":"primary"}]`,
		},
		{"blocks", `[{"MESSAGE":"a"},{"message":"b"}]`, card(`{"MESSAGE":"a"},{"MESSAGE":"b"}`)},
		{"one block", `{"Message":"a"}`, card(`{"MESSAGE":"a"}`)},
		{"text", `"{\"BLOCKS\":[{\"MESSAGE\":\"a\"}]}"`, card(`{"MESSAGE":"a"}`)},
		{"text of blocks", `" [{\"MESSAGE\":\"a\"}] "`, card(`{"MESSAGE":"a"}`)},
		{
			"answer", `[{"id":5,"blocks":[{"message":"a"}],"description":"d","color":"#df532d"}]`,
			`[{"ID":5,"BLOCKS":[{"MESSAGE":"a"}],"DESCRIPTION":"d","COLOR":"#df532d"}]`,
		},
		{"two kinds", `[{"MESSAGE":"a","LINK":{"LINK":"/b"}}]`, card(`{"MESSAGE":"a"},{"LINK":[{"LINK":"/b"}]}`)},
		{
			"link", `[{"LINK":[{"LINK":"/a","PREVIEW":"/p.png","WIDTH":"1000","HEIGHT":638,"DESC":"d","HTML":"<b>h</b>","USER_ID":"7","CHAT_ID":2,"NETWORK_ID":"n"},{"USER_ID":1}]}]`,
			card(`{"LINK":[{"LINK":"/a","DESC":"d","HTML":"\u003cb\u003eh\u003c/b\u003e","PREVIEW":"/p.png","WIDTH":1000,"HEIGHT":638,"USER_ID":7,"CHAT_ID":2,"NETWORK_ID":"n"},{"USER_ID":1}]}`),
		},
		{"rich link", `[{"RICH_LINK":{"LINK":"/a"}}]`, card(`{"RICH_LINK":[{"LINK":"/a"}]}`)},
		{
			"user", `[{"USER":{"NAME":"John","AVATAR":"https://example.com/a.png","LINK":"https://example.com","AVATAR_TYPE":"bot","BOT_ID":"3"}}]`,
			card(`{"USER":[{"NAME":"John","AVATAR":"https://example.com/a.png","AVATAR_TYPE":"BOT","LINK":"https://example.com","BOT_ID":3}]}`),
		},
		{
			"delimiter", `[{"DELIMITER":{"SIZE":"400","COLOR":"#c6c6c6"}},{"DELIMITER":true},{"DELIMITER":[{"SIZE":"x"}]},{"DELIMITER":{"SIZE":-5,"COLOR":"red"}}]`,
			card(`{"DELIMITER":{"SIZE":400,"COLOR":"#c6c6c6"}},{"DELIMITER":{"SIZE":200}},{"DELIMITER":{"SIZE":200}},{"DELIMITER":{"SIZE":200}}`),
		},
		{
			"grid", `[{"GRID":[{"DISPLAY":"row","NAME":"Name","VALUE":"John"},{"DISPLAY":"LINE","NAME":"Phone","VALUE":"+1","HEIGHT":20,"WIDTH":"100","COLOR":"#F00","COLOR_TOKEN":"alert","LINK":"/x","USER_ID":1,"CHAT_ID":2}]}]`,
			card(`{"GRID":[{"DISPLAY":"ROW","NAME":"Name","VALUE":"John","COLOR_TOKEN":"base"},{"DISPLAY":"LINE","NAME":"Phone","VALUE":"+1","WIDTH":100,"HEIGHT":20,"COLOR_TOKEN":"alert","COLOR":"#f00","LINK":"/x","USER_ID":1,"CHAT_ID":2}]}`),
		},
		{
			"image", `[{"IMAGE":{"NAME":"m","LINK":"https://example.com/m.jpg","PREVIEW":"https://example.com/p.jpg","WIDTH":1280,"HEIGHT":99999999}}]`,
			card(`{"IMAGE":[{"NAME":"m","LINK":"https://example.com/m.jpg","PREVIEW":"https://example.com/p.jpg","WIDTH":1280,"HEIGHT":10000}]}`),
		},
		{
			"file", `[{"FILE":[{"NAME":"a.pdf","LINK":"https://example.com/a.pdf","SIZE":"428736"},{"LINK":"/b"}]}]`,
			card(`{"FILE":[{"NAME":"a.pdf","LINK":"https://example.com/a.pdf","SIZE":428736},{"LINK":"/b"}]}`),
		},
		{"none", `""`, `null`},
		{"null", `null`, `null`},
		{"no", `"N"`, `null`},
		{"null as text", `"null"`, `null`},
		{"empty", `[]`, `null`},
		{"empty text", `"[]"`, `null`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, err := attach.ParseAttach(tree(t, c.in))
			if err != nil {
				t.Fatal(err)
			}
			if got := encode(t, a); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			again, err := attach.ParseAttach(tree(t, encode(t, a)))
			if err != nil || encode(t, again) != encode(t, a) {
				t.Errorf("the normal form is not its own: %s, %v", encode(t, again), err)
			}
			var stored attach.Attach
			if err := json.Unmarshal([]byte(encode(t, a)), &stored); err != nil || encode(t, stored) != encode(t, a) {
				t.Errorf("stored form read back as %s, %v", encode(t, stored), err)
			}
		})
	}
}

func card(blocks string) string {
	return `[{"ID":0,"BLOCKS":[` + blocks + `],"DESCRIPTION":"","COLOR":""}]`
}

// TestReportBot parses the bodies of a bot that reports overdue tasks, as PHP's http_build_query writes them.
func TestReportBot(t *testing.T) {
	t.Parallel()
	const task = "https%3A%2F%2Fportal.example.com%2Fcompany%2Fpersonal%2Fuser%2F1%2Ftasks%2Ftask%2Fview%2F"
	for _, c := range []struct{ name, form, want, html string }{
		{
			"welcome",
			"ATTACH[0][MESSAGE]=%5Bsend%3Dwhat+is+burning%5DWhat%27s+burning%3F%5B%2Fsend%5D",
			card(`{"MESSAGE":"[send=what is burning]What's burning?[/send]"}`),
			`<div class="attach-message"><button type="button" class="bb-send" data-send="what is burning">What's burning?</button></div>`,
		},
		{
			"overdue",
			"ATTACH[0][LINK][NAME]=Prepare+offer&ATTACH[0][LINK][LINK]=" + task + "5%2F&ATTACH[1][DELIMITER][SIZE]=400&ATTACH[1][DELIMITER][COLOR]=%23c6c6c6" +
				"&ATTACH[2][MESSAGE]=Once+you+deal%0A%0A",
			card(`{"LINK":[{"NAME":"Prepare offer","LINK":"https://portal.example.com/company/personal/user/1/tasks/task/view/5/"}]},` +
				`{"DELIMITER":{"SIZE":400,"COLOR":"#c6c6c6"}},{"MESSAGE":"Once you deal\n\n"}`),
			`<div class="attach-link"><a class="attach-link-name" href="https://portal.example.com/company/personal/user/1/tasks/task/view/5/">Prepare offer</a></div>` +
				`<div class="attach-delimiter" role="separator"><svg width="400" height="1" aria-hidden="true"><rect width="400" height="1" fill="#c6c6c6"></rect></svg></div>` +
				`<div class="attach-message">Once you deal</div>`,
		},
	} {
		a, err := attach.ParseAttach(tree(t, c.form))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := encode(t, a); got != c.want {
			t.Errorf("%s: got  %s\nwant %s", c.name, got, c.want)
		}
		html := string(attach.HTML(a, bbcode.Options{Host: "portal.example.com"}))
		if !strings.Contains(html, c.html) {
			t.Errorf("%s: got %s\nwant in it %s", c.name, html, c.html)
		}
		checkHTML(t, html)
	}
}

func TestParseAttachFaults(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 30<<10)
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"number":             {`5`, attach.ErrAttach},
		"true":               {`true`, attach.ErrAttach},
		"words":              {`"hello"`, attach.ErrAttach},
		"broken text":        {`"[{"`, attach.ErrAttach},
		"number in text":     {`"5"`, attach.ErrAttach},
		"no blocks":          {`{"BLOCKS":[]}`, attach.ErrAttach},
		"blocks as text":     {`{"BLOCKS":"x"}`, attach.ErrAttach},
		"unknown kind":       {`[{"MESSAGE":"a"},{"WIDGET":{}}]`, attach.ErrAttach},
		"no object":          {`["a"]`, attach.ErrAttach},
		"second card":        {`[{"BLOCKS":[{"MESSAGE":"a"}]},{"MESSAGE":"b"}]`, attach.ErrAttach},
		"message as list":    {`[{"MESSAGE":["a"]}]`, attach.ErrAttach},
		"message null":       {`[{"MESSAGE":null}]`, attach.ErrAttach},
		"link as text":       {`[{"LINK":"https://example.com"}]`, attach.ErrAttach},
		"link without":       {`[{"LINK":{"NAME":"a"}}]`, attach.ErrAttach},
		"link empty":         {`[{"LINK":[]}]`, attach.ErrAttach},
		"link script":        {`[{"LINK":{"LINK":"javascript:alert(1)"}}]`, attach.ErrAttach},
		"link host":          {`[{"LINK":{"LINK":"//evil.example"}}]`, attach.ErrAttach},
		"link mail":          {`[{"LINK":{"LINK":"mailto:a@example.com"}}]`, attach.ErrAttach},
		"preview script":     {`[{"LINK":{"LINK":"/a","PREVIEW":"data:image/svg+xml,x"}}]`, attach.ErrAttach},
		"name as list":       {`[{"LINK":{"LINK":"/a","NAME":["x"]}}]`, attach.ErrAttach},
		"user without name":  {`[{"USER":{"USER_ID":1}}]`, attach.ErrAttach},
		"grid without":       {`[{"GRID":[{"NAME":"a","VALUE":"b"}]}]`, attach.ErrAttach},
		"grid display":       {`[{"GRID":[{"NAME":"a","DISPLAY":"SPIRAL"}]}]`, attach.ErrAttach},
		"image without":      {`[{"IMAGE":{"NAME":"a"}}]`, attach.ErrAttach},
		"file without":       {`[{"FILE":{"NAME":"a"}}]`, attach.ErrAttach},
		"nested":             {strings.Repeat("[", 1000) + strings.Repeat("]", 1000), attach.ErrAttach},
		"nested text":        {`"` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `"`, attach.ErrAttach},
		"too long":           {`[{"MESSAGE":"` + long + `"}]`, attach.ErrAttachOversize},
		"too long as text":   {`"[{\"MESSAGE\":\"` + long + `\"}]"`, attach.ErrAttachOversize},
		"too many":           {`[{"MESSAGE":"a"}` + strings.Repeat(`,{"MESSAGE":"a"}`, 3000) + `]`, attach.ErrAttachOversize},
		"too many as text":   {`"[0` + strings.Repeat(`,0`, 20_000) + `]"`, attach.ErrAttachOversize},
		"two megabytes text": {`"[` + strings.Repeat(" ", 2<<20) + `]"`, attach.ErrAttachOversize},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := attach.ParseAttach(tree(t, c.in))
			if !errors.Is(err, c.want) || a != nil {
				t.Errorf("got %v, %v; want %v", a, err, c.want)
			}
		})
	}
}

func TestAttachLimit(t *testing.T) {
	t.Parallel()
	empty := len(card(`{"MESSAGE":""}`))
	parse := map[string]func(phpform.Value) (attach.Attach, error){"bytes": attach.ParseAttach, "characters": attach.ParseWideAttach}
	for _, c := range []struct {
		unit string
		fill string
		n    int
		ok   bool
	}{
		{"bytes", "a", 30<<10 - empty, true},
		{"bytes", "a", 30<<10 - empty + 1, false},
		{"bytes", "é", (30<<10-empty)/2 + 1, false},
		{"characters", "é", 60_000 - empty, true},
		{"characters", "é", 60_000 - empty + 1, false},
	} {
		text := strings.Repeat(c.fill, c.n)
		_, err := parse[c.unit](phpform.ListOf(phpform.ArrayOf(phpform.Entry{Key: "MESSAGE", Value: phpform.StringOf(text)})))
		if c.ok && err != nil || !c.ok && !errors.Is(err, attach.ErrAttachOversize) {
			t.Errorf("%d times %q in %s: %v", c.n, c.fill, c.unit, err)
		}
	}
}

func TestFaultTexts(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]string{
		attach.ErrAttach:           "ATTACH_ERROR: Incorrect attach params",
		attach.ErrAttachOversize:   "ATTACH_OVERSIZE: You have exceeded the maximum allowable size of attach",
		attach.ErrKeyboard:         "KEYBOARD_ERROR: Incorrect keyboard params",
		attach.ErrKeyboardOversize: "KEYBOARD_OVERSIZE: You have exceeded the maximum allowable size of keyboard",
		attach.ErrMenu:             "MENU_ERROR: Incorrect menu params",
		attach.ErrMenuOversize:     "MENU_OVERSIZE: You have exceeded the maximum allowable size of menu",
	} {
		if err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}

func TestStamp(t *testing.T) {
	t.Parallel()
	a := attach.Attach{{}, {ID: 7}, {}}.Stamp(time.Unix(1773223765, 0))
	if got := fmt.Sprint(a[0].ID, a[1].ID, a[2].ID); got != "1773223765 7 1773223767" {
		t.Errorf("got %s", got)
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	a, err := attach.ParseAttach(tree(t, `[{"USER":{"NAME":"Ann"}},{"MESSAGE":"[b]New[/b][br]task"},{"LINK":{"LINK":"/a"}},{"RICH_LINK":{"NAME":"Rich","LINK":"/a"}},`+
		`{"DELIMITER":true},{"GRID":[{"DISPLAY":"ROW","NAME":"Due","VALUE":"[b]today[/b]"}]},{"IMAGE":{"LINK":"/i"}},{"FILE":{"LINK":"/f","NAME":"f.pdf"}}]`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := a.Plain(), "Ann New task /a Rich Due today f.pdf"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	a[0].Description = "A new task"
	if got, want := a.Plain(), "A new task"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
