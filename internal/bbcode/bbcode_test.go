package bbcode_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/bbcode"
)

// options resolves person 7, chat 12, message 345 and file 9, for a reader two hours east of Greenwich.
var options = bbcode.Options{
	Host:     "portal.example.com",
	Location: time.FixedZone("", 2*60*60),
	User: func(id int64) (bbcode.Mention, bool) {
		return bbcode.Mention{Name: "Anna <Weber>", URL: "/company/personal/user/7/"}, id == 7
	},
	Chat: func(id string) (bbcode.Mention, bool) {
		return bbcode.Mention{Name: "Sales", URL: "/online/?IM_DIALOG=chat12"}, id == "12"
	},
	Message: func(dialog string, id int64) (bbcode.Mention, bool) {
		return bbcode.Mention{URL: "/online/?IM_DIALOG=chat12&m=345"}, dialog == "chat12" && id == 345
	},
	File: func(id int64) (bbcode.Mention, bool) {
		return bbcode.Mention{Name: "plan.pdf", URL: "/disk/9/"}, id == 9
	},
}

const away = ` target="_blank" rel="noopener noreferrer nofollow"`

var cases = []struct{ name, in, html, plain string }{
	{"styles", "[b]a[/b][I]b[/i][u]c[/U][s]d[/s]", "<b>a</b><i>b</i><u>c</u><s>d</s>", "abcd"},
	{"markup", `<b>&"'</b>`, `&lt;b&gt;&amp;"'&lt;/b&gt;`, `<b>&"'</b>`},
	{"breaks", "a[br]b\nc\r\nd[BR]", "a<br>b<br>c<br>d<br>", "a\nb\nc\nd\n"},
	{"tabulation", "a    b\tc", "a\u00a0\u00a0\u00a0\u00a0b\u00a0\u00a0\u00a0\u00a0c", "a    b\tc"},
	{"unclosed", "[b]a [i]b", "[b]a [i]b", "[b]a [i]b"},
	{"unopened", "a[/b]", "a[/b]", "a[/b]"},
	{"crossed", "[b]x[i]y[/b]z[/i]", "<b>x[i]y</b>z[/i]", "x[i]yz[/i]"},
	{"unknown", "[quote]a[/quote] arr[s] [x=1]", "[quote]a[/quote] arr[s] [x=1]", "[quote]a[/quote] arr[s] [x=1]"},
	{"same again", "[b]a[b]b[/b]c[/b]", "<b>a<b>b</b>c</b>", "abc"},
	{"size", "[size=20]a[/size][size=99px]b[/size][size=x]c[/size]", `<span class="bb-size-20">a</span><span class="bb-size-30">b</span>c`, "abc"},
	{"color", "[color=#FF0000]a[/color][color=#abc]b[/color][color=red;x]c[/color]", `<font class="bb-color" color="#ff0000">a</font><font class="bb-color" color="#abc">b</font>c`, "abc"},
	{"link", "[url=https://example.com/?a=1&b=2]t[/url]", `<a class="bb-link" href="https://example.com/?a=1&amp;b=2"` + away + `>t</a>`, "t"},
	{"own text", "[url]https://example.com[/url]", `<a class="bb-link" href="https://example.com"` + away + `>https://example.com</a>`, "https://example.com"},
	{"link at home", "[url=/company/]a[/url][url=https://Portal.example.com/x]b[/url]", `<a class="bb-link" href="/company/">a</a><a class="bb-link" href="https://Portal.example.com/x">b</a>`, "ab"},
	{"mail", "[url=mailto:a@example.com]a[/url][url=tel:+1999]b[/url]", `<a class="bb-link" href="mailto:a@example.com">a</a><a class="bb-link" href="tel:+1999">b</a>`, "ab"},
	{"refused link", "[url=javascript:alert(1)]a[/url][url=//evil.example]b[/url][url=data:text/html,x]c[/url]", "abc", "abc"},
	{"empty link", "[url=https://example.com][/url]", `<a class="bb-link" href="https://example.com"` + away + `>https://example.com</a>`, "https://example.com"},
	{"link in link", "[url=/a]x [url=/b]y[/url] https://z.example[/url]", `<a class="bb-link" href="/a">x y https://z.example</a>`, "x y https://z.example"},
	{"bare", "see (https://example.com/a_(b)), or http://b.example.", `see (<a class="bb-link" href="https://example.com/a_(b)"` + away + `>https://example.com/a_(b)</a>), or <a class="bb-link" href="http://b.example"` + away + `>http://b.example</a>.`, "see (https://example.com/a_(b)), or http://b.example."},
	{"bare none", "xhttp://a javascript://b http:// ftp://c", "xhttp://a javascript://b http:// ftp://c", "xhttp://a javascript://b http:// ftp://c"},
	{"send", "[send=what is burning]What's burning?[/send]", `<button type="button" class="bb-send" data-send="what is burning">What's burning?</button>`, "What's burning?"},
	{"menu", "[send=1]1. Text[/send][br][send]2[/send]", `<button type="button" class="bb-send" data-send="1">1. Text</button><br><button type="button" class="bb-send" data-send="2">2</button>`, "1. Text\n2"},
	{"send hostile", `[send="><script>]x[/send]`, `<button type="button" class="bb-send" data-send="&#34;&gt;&lt;script&gt;">x</button>`, "x"},
	{"put with a blank", "[put=/help ]Help[/put]", `<button type="button" class="bb-put" data-put="/help ">Help</button>`, "Help"},
	{"put", "[put=/search]Find[/put]", `<button type="button" class="bb-put" data-put="/search">Find</button>`, "Find"},
	{"call", "[call=+1 (999) 12]Call[/call][call]+1999[/call][call=x]y[/call]", `<button type="button" class="bb-call" data-call="+1 (999) 12">Call</button><button type="button" class="bb-call" data-call="+1999">+1999</button>y`, "Call+1999y"},
	{"button in link", "[url=/a][send=x]y[/send][/url]", `<a class="bb-link" href="/a">y</a>`, "y"},
	{"user", "[user=7]Ann[/user] [USER=7 REPLACE]Old[/USER] [user=7][/user]", `<a class="bb-user" href="/company/personal/user/7/" data-id="7">Ann</a> <a class="bb-user" href="/company/personal/user/7/" data-id="7">Anna &lt;Weber&gt;</a> <a class="bb-user" href="/company/personal/user/7/" data-id="7">Anna &lt;Weber&gt;</a>`, "Ann Anna <Weber> Anna <Weber>"},
	{"nobody", "[user=8 REPLACE]Bob[/user][user=x]y[/user][user=all]Everyone[/user]", `<span class="bb-user">Bob</span>y<span class="bb-user bb-all">Everyone</span>`, "BobyEveryone"},
	{"chat", "[chat=12]Group[/chat][chat=imol|5]Line[/chat][chat=x]y[/chat]", `<a class="bb-chat" href="/online/?IM_DIALOG=chat12" data-id="12">Group</a><span class="bb-chat">Line</span>y`, "GroupLiney"},
	{"context", "[context=chat12/345]link[/context]", `<a class="bb-context" href="/online/?IM_DIALOG=chat12&amp;m=345">link</a>`, "link"},
	{"code", "[b][code]\n[i]<x>\n>>y[/i]\n[/CODE][/b]", "<b><code class=\"bb-code\">[i]&lt;x&gt;\n&gt;&gt;y[/i]</code></b>", "[i]<x>\n>>y[/i]"},
	{"code open", "[code]a[b]c[/b]", "[code]a<b>c</b>", "[code]ac"},
	{"image", "[img size=medium]https://example.com/p.jpg [/img]", `<a class="bb-image" href="https://example.com/p.jpg"` + away + `><img class="bb-img bb-img-medium" src="https://example.com/p.jpg" alt="" loading="lazy" referrerpolicy="no-referrer"></a>`, "https://example.com/p.jpg"},
	{"image refused", "[img size=medium]javascript:x [/img][img size=huge]/a.png [/img]", "[img size=medium]javascript:x [/img][img size=huge]/a.png [/img]", "javascript:x/a.png"},
	{"icon", `[icon=https://example.com/i.png size=30 title=A "b"]`, `<img class="bb-icon" src="https://example.com/i.png" width="30" height="30" alt="A &#34;b&#34;" title="A &#34;b&#34;" loading="lazy" referrerpolicy="no-referrer">`, `A "b"`},
	{"timestamp", "[timestamp=1645844720 format=SHORT_TIME_FORMAT]", `<time class="bb-time" datetime="2022-02-26T05:05:20+02:00">05:05</time>`, "05:05"},
	{"timestamp wrong", "[timestamp=99999999999999]", "[timestamp=99999999999999]", "[timestamp=99999999999999]"},
	{"disk", "[disk=9][disk=8]", `<a class="bb-disk" href="/disk/9/">plan.pdf</a>[disk=8]`, "plan.pdf[disk=8]"},
	{"quote lines", "a\n>>b\n>>[b]c[/b]\nd", `a<blockquote class="bb-quote">b<br><b>c</b></blockquote>d`, "a\nb\nc\nd"},
	{"quote across", "[b]a\n>>b[/b]\nc", `[b]a<blockquote class="bb-quote">b[/b]</blockquote>c`, "[b]a\nb[/b]\nc"},
	{"not a quote", "a >> b", "a &gt;&gt; b", "a >> b"},
	{"message quote", "------\nAnn [10:05]\nhi\n------\nyes", `<blockquote class="bb-quote">Ann [10:05]<br>hi</blockquote>yes`, "Ann [10:05]\nhi\nyes"},
	{"one line of dashes", "a\n-------\nb", "a<br>-------<br>b", "a\n-------\nb"},
	{"quote in quote", "------\n>>a\n------", `<blockquote class="bb-quote"><blockquote class="bb-quote">a</blockquote></blockquote>`, "a"},
	{"controls", "a\x00b\u0085c\xff", "abc\uFFFD", "abc\uFFFD"},
	{"emoji", "👍🏽 [b]é[/b]", "👍🏽 <b>é</b>", "👍🏽 é"},
}

func TestHTML(t *testing.T) {
	t.Parallel()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := string(bbcode.HTML(c.in, options))
			if got != c.html {
				t.Errorf("HTML(%q)\n got %s\nwant %s", c.in, got, c.html)
			}
			checkHTML(t, got)
		})
	}
}

var listCases = []struct{ name, in, html, plain string }{
	{"list", "Buy:\n[LIST]\n[*]milk\n[*] [b]bread[/b]\n[/LIST]\nsoon", `Buy:<ul class="bb-list"><li>milk</li><li><b>bread</b></li></ul>soon`, "Buy:\n• milk\n• bread\nsoon"},
	{"numbered", "[list=1][*]a[*]b[/list]", `<ol class="bb-list"><li>a</li><li>b</li></ol>`, "1. a\n2. b"},
	{
		"nested", "[list]\n  [*]a\n  [list=1]\n    [*]b\n    [*]c\n  [/list]\n  [*]d\n[/list]",
		`<ul class="bb-list"><li>a<ol class="bb-list"><li>b</li><li>c</li></ol></li><li>d</li></ul>`, "• a\n  1. b\n  2. c\n• d",
	},
	{"ended items", "[list][*]a[/*][*]b[/*][/list]", `<ul class="bb-list"><li>a</li><li>b</li></ul>`, "• a\n• b"},
	{"lines in an item", "[list][*]a\nb[br]c\n[*]d[/list]", `<ul class="bb-list"><li>a<br>b<br>c</li><li>d</li></ul>`, "• a\nb\nc\n• d"},
	{"a paragraph behind", "[list][*]a[/list]\n\nb", `<ul class="bb-list"><li>a</li></ul><br>b`, "• a\n\nb"},
	{"text before the first item", "[list]x[*]a[/list]", `<ul class="bb-list"><li>x</li><li>a</li></ul>`, "x\n• a"},
	{"no items", "[list][/list]", `<ul class="bb-list"></ul>`, ""},
	{"not ended", "[list]\n[*]a", "[list]<br>[*]a", "[list]\n[*]a"},
	{"not begun", "a[*]b[/list]", "a[*]b[/list]", "a[*]b[/list]"},
	{"another kind", "[list=disc][*]a[/list]", "[list=disc][*]a[/list]", "[list=disc][*]a[/list]"},
	{"across items", "[list][*][b]a[*]b[/b][/list]", `<ul class="bb-list"><li>[b]a</li><li>b[/b]</li></ul>`, "• [b]a\n• b[/b]"},
	{"in code", "[code][list][*]a[/list][/code]", `<code class="bb-code">[list][*]a[/list]</code>`, "[list][*]a[/list]"},
	{"in a quote", ">>[list]\n>>[*]a\n>>[/list]\nb", `<blockquote class="bb-quote"><ul class="bb-list"><li>a</li></ul></blockquote>b`, "• a\nb"},
	{"across a quote", ">>[list][*]a\n[*]b[/list]", `<blockquote class="bb-quote">[list][*]a</blockquote>[*]b[/list]`, "[list][*]a\n[*]b[/list]"},
	{"a quote in an item", "[list][*]a\n>>b\n[*]c[/list]", `<ul class="bb-list"><li>a<blockquote class="bb-quote">b</blockquote></li><li>c</li></ul>`, "• a\nb\n• c"},
	{
		"links", "[list][*][url=javascript:x]a[/url][*]https://example.com[/list]",
		`<ul class="bb-list"><li>a</li><li><a class="bb-link" href="https://example.com"` + away + `>https://example.com</a></li></ul>`, "• a\n• https://example.com",
	},
	{
		"deep", strings.Repeat("[list][*]", 12) + "a" + strings.Repeat("[/list]", 12),
		strings.Repeat(`<ul class="bb-list"><li>`, 10) + "[list][*][list][*]a[/list][/list]" + strings.Repeat("</li></ul>", 10), "",
	},
}

func TestLists(t *testing.T) {
	t.Parallel()
	opt := options
	opt.Lists = true
	for _, c := range listCases {
		got := string(bbcode.HTML(c.in, opt))
		if got != c.html {
			t.Errorf("%s: HTML(%q)\n got %s\nwant %s", c.name, c.in, got, c.html)
		}
		checkLists(t, c.in)
		if got := bbcode.PlainFor(c.in, opt); got != c.plain && c.name != "deep" {
			t.Errorf("%s: PlainFor(%q)\n got %q\nwant %q", c.name, c.in, got, c.plain)
		}
	}
	const message = "[list][*]a[/list]"
	if got := string(bbcode.HTML(message, options)); got != message {
		t.Errorf("a message: %s", got)
	}
	for _, c := range cases { // what holds no list is the same
		if got := string(bbcode.HTML(c.in, opt)); got != c.html {
			t.Errorf("%s with lists: %s", c.name, got)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for _, c := range cases {
		if got := bbcode.PlainFor(c.in, options); got != c.plain {
			t.Errorf("%s: PlainFor(%q)\n got %q\nwant %q", c.name, c.in, got, c.plain)
		}
	}
	if got, want := bbcode.Plain("[USER=7 REPLACE]Old[/USER][br][send=x]Go[/send]"), "Old\nGo"; got != want {
		t.Errorf("Plain: got %q, want %q", got, want)
	}
}

func TestMentions(t *testing.T) {
	t.Parallel()
	ids, all := bbcode.Mentions("[user=7]a[/user] [USER=9 REPLACE]b[/USER] [user=7]c[/user] [user=3] [code][user=4]x[/user][/code]")
	if want := []int64{7, 9}; !reflect.DeepEqual(ids, want) || all {
		t.Errorf("got %v %v, want %v and not everyone", ids, all, want)
	}
	if ids, all = bbcode.Mentions("[user=all]x[/user]"); len(ids) > 0 || !all {
		t.Errorf("got %v %v, want everyone", ids, all)
	}
}

func TestSafeURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://example.com/a b":       "https://example.com/a%20b",
		" HTTP://EXAMPLE.com ":          "HTTP://EXAMPLE.com",
		"/crm/deal/details/142/?a=1#x":  "/crm/deal/details/142/?a=1#x",
		"mailto:a@example.com":          "mailto:a@example.com",
		"javascript:alert(1)":           "",
		"JaVaScRiPt:alert(1)":           "",
		" javascript:alert(1)":          "",
		"java\tscript:alert(1)":         "",
		"data:text/html,<script>":       "",
		"vbscript:x":                    "",
		"//evil.example":                "",
		"/\\evil.example":               "",
		"/\t/evil.example":              "",
		"\\\\evil.example":              "",
		"https:evil.example":            "",
		"https:///evil.example":         "",
		"evil.example":                  "",
		"https://a.example/\u202egpj.x": "",
		"http://[":                      "",
		"":                              "",
		"/" + strings.Repeat("a", 5000): "",
	} {
		got, ok := bbcode.SafeURL(in)
		if got != want || ok != (want != "") {
			t.Errorf("SafeURL(%q) = %q, %v; want %q", in, got, ok, want)
		}
	}
}

// TestHostile renders texts made to be slow, deep or unbalanced; each is a few hundred kilobytes.
func TestHostile(t *testing.T) {
	t.Parallel()
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkHTML(t, string(bbcode.HTML(text, options)))
			checkLists(t, text)
			bbcode.Plain(text)
		})
	}
}

// TestLinear renders half a megabyte of each part that makes a parser look ahead or hold things open. A pass that is not
// linear takes many minutes for one of them and ends in the test run's own time limit.
func TestLinear(t *testing.T) {
	t.Parallel()
	for _, part := range []string{
		"[b]", "[url=", "[code]", "[send=x", "[url]http://", "http://", "------\n", ">>", "[/b]", "[user=", "[b][/i]", "(", "://",
		"[call]", "[", "[b]x[i]y[/b]", "[img size=small]", "[/code", "    ", "https://)", "[list]", "[*]", "[list][*]", "[list]>>\n", "[*] \n",
	} {
		text := strings.Repeat(part, 500_000/len(part))
		if out := bbcode.HTML(text, bbcode.Options{Lists: true}) + bbcode.HTML(text, bbcode.Options{}); out == "" {
			t.Errorf("nothing for repeated %q", part)
		}
	}
}

func hostile() map[string]string {
	const n = 100_000
	return map[string]string{
		"opens":        strings.Repeat("[b]", n),
		"pairs":        strings.Repeat("[b]", n) + strings.Repeat("[/b]", n),
		"crossing":     strings.Repeat("[b][i]x[/b][/i]", n/5),
		"brackets":     strings.Repeat("[", n),
		"unclosed url": strings.Repeat("[url=", n),
		"codes":        strings.Repeat("[code]", n),
		"code pairs":   strings.Repeat("[code][/code]", n/2),
		"fences":       strings.Repeat("------\n", n),
		"quotes":       strings.Repeat(">>\nx\n", n),
		"schemes":      strings.Repeat("http://", n),
		"parens":       "http://a" + strings.Repeat(")", n),
		"links":        strings.Repeat("[url=/a]", n) + strings.Repeat("[/url]", n),
		"mixed":        strings.Repeat("[url=/a][send=x][b]>>[/url]\n", n/10),
		"breaks":       strings.Repeat("[br]", n),
		"lists":        strings.Repeat("[list]", n) + strings.Repeat("[/list]", n),
		"items":        "[list]" + strings.Repeat("[*]\n", n) + "[/list]",
		"list quotes":  strings.Repeat(">>[list][*]\nx\n", n/10),
		"scripts":      strings.Repeat(`[b]<script>alert(1)</script>[url=javascript:x onload=y]z[/url]`, n/50),
	}
}
