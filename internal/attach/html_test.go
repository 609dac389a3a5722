package attach_test

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/phpform"
)

var elements = []string{
	"a", "b", "blockquote", "br", "button", "code", "div", "em", "font", "i", "img", "path", "rect", "s", "section", "small", "span", "strong",
	"svg", "table", "tbody", "td", "th", "time", "tr", "u",
}

var attributes = []string{
	"alt", "aria-hidden", "aria-label", "class", "color", "colspan", "d", "datetime", "disabled", "fill", "height", "href", "loading",
	"preserveaspectratio", "referrerpolicy", "rel", "role", "scope", "src", "stroke", "stroke-width", "target", "title", "type", "viewbox", "width",
}

// checkHTML fails the test unless out is balanced, of listed elements and attributes only, without a link or button inside
// another, with safe addresses and real colours.
func checkHTML(t *testing.T, out string) {
	t.Helper()
	var stack []string
	interactive := 0
	z := html.NewTokenizer(strings.NewReader(out))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) || len(stack) > 0 {
				t.Fatalf("%v, left open: %v", z.Err(), stack)
			}
			return
		case html.StartTagToken:
			tok := z.Token()
			checkElement(t, tok)
			if tok.Data == "br" || tok.Data == "img" {
				continue
			}
			stack = append(stack, tok.Data)
			if tok.Data == "a" || tok.Data == "button" {
				if interactive++; interactive > 1 {
					t.Fatalf("a link or button inside another: %s", tok)
				}
			}
		case html.EndTagToken:
			tok := z.Token()
			if len(stack) == 0 || stack[len(stack)-1] != tok.Data {
				t.Fatalf("</%s> inside %v of %s", tok.Data, stack, out)
			}
			stack = stack[:len(stack)-1]
			if tok.Data == "a" || tok.Data == "button" {
				interactive--
			}
		case html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
			t.Fatalf("unexpected %s", z.Token())
		}
	}
}

func checkElement(t *testing.T, tok html.Token) {
	t.Helper()
	if !slices.Contains(elements, tok.Data) {
		t.Fatalf("element %s", tok)
	}
	for _, a := range tok.Attr {
		if !slices.Contains(attributes, a.Key) && !strings.HasPrefix(a.Key, "data-") {
			t.Fatalf("attribute %s of %s", a.Key, tok)
		}
		switch a.Key {
		case "href", "src":
			if _, ok := bbcode.SafeURL(a.Val); !ok {
				t.Fatalf("address %q in %s", a.Val, tok)
			}
		case "color", "fill":
			if _, ok := bbcode.Color(a.Val); !ok && a.Val != "none" {
				t.Fatalf("colour %q in %s", a.Val, tok)
			}
		}
	}
}

var reader = bbcode.Options{
	Host: "portal.example.com",
	User: func(id int64) (bbcode.Mention, bool) {
		return bbcode.Mention{Name: "Anna", URL: "/company/personal/user/7/"}, id == 7
	},
	Chat: func(id string) (bbcode.Mention, bool) {
		return bbcode.Mention{Name: "Sales", URL: "/online/?IM_DIALOG=chat12"}, id == "12"
	},
}

func TestHTML(t *testing.T) {
	t.Parallel()
	const away = ` target="_blank" rel="noopener noreferrer nofollow"`
	for _, c := range []struct{ name, in, want string }{
		{
			"bar", `{"COLOR":"#df532d","DESCRIPTION":"A \"lead\"","BLOCKS":[{"MESSAGE":"a"}]}`,
			`<section class="attach-card" aria-label="A &#34;lead&#34;"><svg class="attach-bar attach-base" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true"><rect width="1" height="1" fill="#df532d"></rect></svg><div class="attach-blocks"><div class="attach-message">a</div></div></section>`,
		},
		{"token", `{"COLOR_TOKEN":"alert","BLOCKS":[{"MESSAGE":"a"}]}`, `<svg class="attach-bar attach-alert"`},
		{"message", `[{"MESSAGE":"<b>[b]x[/b]"}]`, `<div class="attach-message">&lt;b&gt;<b>x</b></div>`},
		{
			"link", `[{"LINK":{"NAME":"N","LINK":"https://example.com","DESC":"a<b>\nc","PREVIEW":"/p.png","WIDTH":10}}]`,
			`<div class="attach-link"><a class="attach-link-name" href="https://example.com"` + away + `>N</a><div class="attach-link-desc">a&lt;b&gt;<br>c</div><img class="attach-preview" src="/p.png" alt="" width="10" loading="lazy" referrerpolicy="no-referrer"></div>`,
		},
		{
			"link html", `[{"LINK":{"LINK":"/a","DESC":"no","HTML":"<p>x</p><p onclick=y><B>z&amp;<i>t</b><script>alert(1)</script><a href=\"javascript:x\">l</a><!-- c -->"}}]`,
			`<div class="attach-link-desc">x<br><b>z&amp;<i>t</i></b>l</div>`,
		},
		{"link without name", `[{"RICH_LINK":{"LINK":"/a"}}]`, `<div class="attach-link attach-rich"><a class="attach-link-name" href="/a">/a</a></div>`},
		{"link to person", `[{"LINK":{"USER_ID":7}}]`, `<a class="attach-link-name" href="/company/personal/user/7/">Anna</a>`},
		{"link to network", `[{"LINK":{"NAME":"N","NETWORK_ID":"n1"}}]`, `<span class="attach-link-name" data-network="n1">N</span>`},
		{
			"user", `[{"USER":{"NAME":"john","LINK":"https://example.com"}}]`,
			`<div class="attach-user"><span class="attach-avatar" aria-hidden="true">J</span><a class="attach-user-name" href="https://example.com"` + away + `>john</a></div>`,
		},
		{
			"bot", `[{"USER":{"NAME":"B","AVATAR":"/b.png","AVATAR_TYPE":"BOT","CHAT_ID":12}}]`,
			`<div class="attach-user attach-user-bot"><img class="attach-avatar" src="/b.png" alt="" width="32" height="32" loading="lazy" referrerpolicy="no-referrer"><a class="attach-user-name" href="/online/?IM_DIALOG=chat12">B</a></div>`,
		},
		{"delimiter", `[{"DELIMITER":{"SIZE":9000}}]`, `<svg width="600" height="1" aria-hidden="true"><rect width="600" height="1"></rect></svg>`},
		{
			"rows", `[{"GRID":[{"DISPLAY":"ROW","NAME":"P","VALUE":"[b]x[/b]","WIDTH":100},{"DISPLAY":"ROW","NAME":"Only"},{"DISPLAY":"ROW","VALUE":"v","COLOR":"#f00"}]}]`,
			`<table class="attach-grid attach-grid-row"><tbody><tr><th scope="row" width="100">P</th><td><span class="attach-base"><b>x</b></span></td></tr><tr><th scope="row" colspan="2">Only</th></tr><tr><td colspan="2"><span class="attach-base"><font color="#f00">v</font></span></td></tr></tbody></table>`,
		},
		{
			"lines", `[{"GRID":[{"DISPLAY":"LINE","NAME":"P","VALUE":"x","WIDTH":250,"COLOR_TOKEN":"alert"},{"DISPLAY":"BLOCK","NAME":"Q","VALUE":"y"}]}]`,
			`<div class="attach-grid attach-grid-line"><div class="attach-cell"><svg class="attach-strut" width="250" height="1" aria-hidden="true"></svg><div class="attach-pair"><div class="attach-name">P</div><div class="attach-value"><span class="attach-alert">x</span></div></div></div></div><div class="attach-grid attach-grid-block">`,
		},
		{
			"linked value", `[{"GRID":[{"DISPLAY":"TABLE","NAME":"P","VALUE":"[url=/b]x[/url]","LINK":"https://example.com"}]}]`,
			`<td><span class="attach-base"><a href="https://example.com"` + away + `>x</a></span></td>`,
		},
		{
			"image", `[{"IMAGE":{"NAME":"m","LINK":"https://example.com/m.jpg","WIDTH":1000,"HEIGHT":638}}]`,
			`<a class="attach-image" href="https://example.com/m.jpg"` + away + `><img src="https://example.com/m.jpg" alt="m" width="1000" height="638" loading="lazy" referrerpolicy="no-referrer"></a>`,
		},
		{"file", `[{"FILE":{"NAME":"m.jpg","LINK":"/m.jpg","SIZE":1500000}}]`, `<span class="attach-file-name">m.jpg</span><span class="attach-file-size">1.4 MB</span></a>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, err := attach.ParseAttach(tree(t, c.in))
			if err != nil {
				t.Fatal(err)
			}
			got := string(attach.HTML(a, reader))
			checkHTML(t, got)
			if !strings.Contains(got, c.want) {
				t.Errorf("got %s\nwant in it %s", got, c.want)
			}
		})
	}
	if got := attach.HTML(nil, reader); got != "" {
		t.Errorf("no attachment: got %q", got)
	}
}

// evil is what a hostile app writes into every field.
const evil = `"'><script>alert(1)</script><img src=x onerror=alert(1)>javascript:alert(1)[url=javascript:alert(1)]x[/url]`

// TestHostileHTML shows parts that never went through a Parse function, as a tampered store could hold them.
func TestHostileHTML(t *testing.T) {
	t.Parallel()
	text := evil
	a := attach.Attach{{Description: evil, Color: evil, ColorToken: evil, Blocks: []attach.Block{
		{Message: &text},
		{Link: []attach.Link{{evil, evil, evil, evil, evil, -1, 1 << 30, 7, 12, evil}, {evil, evil, evil, evil, evil, 0, 0, 0, 0, evil}}},
		{RichLink: []attach.Link{{Link: evil}}},
		{User: []attach.User{{evil, evil, evil, evil, 0, 0, 0, evil}, {}}},
		{Delimiter: &attach.Delimiter{Size: -5, Color: evil}},
		{Grid: []attach.Cell{{evil, evil, evil, -1, 1 << 30, evil, evil, evil, 0, 0}, {Display: "ROW", Name: evil, Value: evil, Color: evil, Link: evil}, {Display: "LINE", Value: evil, UserID: 7}}},
		{Image: []attach.Image{{evil, evil, evil, 1, 1}, {evil, "/a", evil, -1, -1}}},
		{File: []attach.File{{evil, evil, -1}, {evil, "/a", 5}}},
	}}}
	checkHTML(t, string(attach.HTML(a, reader)))

	do := attach.Do{Link: evil, Command: evil, CommandParams: evil, Action: evil, ActionValue: evil, AppID: 1, AppParams: evil}
	k := attach.Keyboard{{evil, 1, evil, do, evil, evil, evil, evil, 1 << 30, evil, evil, evil, evil, evil}, {Text: evil, Do: do, Disabled: "Y"}}
	checkHTML(t, string(attach.KeyboardHTML(k, reader)))
}

func TestThousandBlocks(t *testing.T) {
	t.Parallel()
	a, err := attach.ParseAttach(tree(t, `[{"MESSAGE":"[b]a[/b]"}`+strings.Repeat(`,{"MESSAGE":"[b]a[/b]"}`, 999)+`]`))
	if err != nil {
		t.Fatal(err)
	}
	got := string(attach.HTML(a, reader))
	checkHTML(t, got)
	if n := strings.Count(got, `<div class="attach-message"><b>a</b></div>`); n != 1000 {
		t.Errorf("%d blocks, want 1000", n)
	}
}

// TestStyles holds that the style sheet has a rule for each class of text size and stays inside its layer.
func TestStyles(t *testing.T) {
	t.Parallel()
	sheet, err := attach.Files.ReadFile("attach.css")
	if err != nil {
		t.Fatal(err)
	}
	styles := string(sheet)
	if !strings.HasPrefix(styles, "@layer areas {") || strings.Count(styles, "{") != strings.Count(styles, "}") {
		t.Error("not one balanced layer")
	}
	for n := 8; n <= 30; n++ {
		out := string(bbcode.HTML("[size="+string(rune('0'+n/10))+string(rune('0'+n%10))+"]x[/size]", bbcode.Options{}))
		class, _, _ := strings.Cut(strings.TrimPrefix(out, `<span class="`), `"`)
		if !strings.Contains(styles, "."+class+" {") {
			t.Errorf("no rule for %s", class)
		}
	}
}

func FuzzAttach(f *testing.F) {
	f.Add(`{"ID":1,"BLOCKS":[{"MESSAGE":"a"},{"LINK":{"LINK":"/a","HTML":"<b>x"}},{"USER":{"NAME":"a"}},{"DELIMITER":true}]}`)
	f.Add(`[{"GRID":[{"DISPLAY":"ROW","NAME":"a","VALUE":"[b]x","LINK":"/a"}]},{"IMAGE":{"LINK":"/a"}},{"FILE":{"LINK":"/a","SIZE":1e9}}]`)
	f.Add(`{"BUTTONS":[{"TEXT":"a","LINK":"/x","BG_COLOR":"#fff"},{"TYPE":"NEWLINE"},{"TEXT":"b","ACTION":"SEND","ACTION_VALUE":"x"}]}`)
	f.Add(`[{"LINK":{"LINK":"/a","HTML":"<p><b><i></b></script><!--<x>&lt;script&gt;"}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		v := phpform.StringOf(text)
		if a, err := attach.ParseAttach(v); err == nil {
			checkHTML(t, string(attach.HTML(a, reader)))
			fixed(t, a, attach.ParseAttach)
			a.Plain()
		}
		if k, err := attach.ParseKeyboard(v); err == nil {
			checkHTML(t, string(attach.KeyboardHTML(k, reader)))
			fixed(t, k, attach.ParseKeyboard)
		}
		if m, err := attach.ParseMenu(v); err == nil {
			fixed(t, m, attach.ParseMenu)
		}
	})
}

// fixed fails the test unless the normal form part is read back as itself.
func fixed[T any](t *testing.T, part T, parse func(phpform.Value) (T, error)) {
	t.Helper()
	raw, err := json.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	again, err := parse(phpform.StringOf(string(raw)))
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	if got, _ := json.Marshal(again); string(got) != string(raw) {
		t.Fatalf("%s became %s", raw, got)
	}
}

func BenchmarkHTML(b *testing.B) {
	v, err := phpform.ParseJSON([]byte(`[{"LINK":{"NAME":"Task","LINK":"https://portal.example.com/company/personal/user/1/tasks/task/view/5/"}},{"DELIMITER":{"SIZE":400,"COLOR":"#c6c6c6"}},{"MESSAGE":"Done? [send=what is burning]What's burning?[/send]"}]`), phpform.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	a, err := attach.ParseAttach(v)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		attach.HTML(a, reader)
	}
}
