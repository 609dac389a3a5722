package linkpreview_test

import (
	"net/url"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/linkpreview"
)

func parse(t testing.TB, page, contentType string) linkpreview.Page {
	t.Helper()
	base, err := url.Parse("https://site.example/blog/post.html")
	if err != nil {
		t.Fatal(err)
	}
	return linkpreview.Parse(strings.NewReader(page), contentType, base)
}

func TestParse(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 100)
	for name, c := range map[string]struct {
		page, contentType string
		want              linkpreview.Page
	}{
		"nothing":     {"", "text/html", linkpreview.Page{}},
		"a title":     {"<title>\n  A &amp; B\t</title>", "text/html", linkpreview.Page{Title: "A & B"}},
		"description": {`<meta name=Description content=" what it is "><title>T</title>`, "text/html", linkpreview.Page{Title: "T", Description: "what it is"}},
		"open graph before all": {
			`<head><title>T</title><meta name="twitter:title" content="W"><meta property="og:title" content="O"><meta property="og:description" content="D">
			<meta name="description" content="M"><meta property="og:site_name" content="Site"><meta property="og:image" content="/a.png"></head>`,
			"text/html",
			linkpreview.Page{Title: "O", Description: "D", Site: "Site", Picture: "https://site.example/a.png"},
		},
		"twitter": {
			`<meta name="twitter:title" content="W"><meta name="twitter:description" content="V"><meta name="twitter:image" content="pic.jpg?x=1">`,
			"text/html",
			linkpreview.Page{Title: "W", Description: "V", Picture: "https://site.example/blog/pic.jpg?x=1"},
		},
		"a base":         {`<base href="https://cdn.example/x/"><title>T</title><meta property="og:image" content="a.png">`, "text/html", linkpreview.Page{Title: "T", Picture: "https://cdn.example/x/a.png"}},
		"a bad picture":  {`<title>T</title><meta property="og:image" content="javascript:alert(1)">`, "text/html", linkpreview.Page{Title: "T"}},
		"the secure one": {`<title>T</title><meta property="og:image" content="http://a.example/1"><meta property="og:image:secure_url" content="https://a.example/1">`, "text/html", linkpreview.Page{Title: "T", Picture: "https://a.example/1"}},
		"signs": {
			`<title>T</title><link rel="shortcut icon" href="/favicon.ico"><link rel=icon sizes=16x16 href=s.png><link rel="icon" type="image/svg+xml" href="s.svg"><link rel=icon sizes="64x64" href=l.png>`,
			"text/html",
			linkpreview.Page{Title: "T", Icon: "https://site.example/blog/l.png"},
		},
		"a sign of old":   {`<title>T</title><link rel="shortcut icon" href="/favicon.ico?v=2" type="image/x-icon">`, "text/html", linkpreview.Page{Title: "T", Icon: "https://site.example/favicon.ico?v=2"}},
		"old and new":     {`<title>T</title><link rel=icon href="/favicon.ico"><link rel=icon href="/sign.png">`, "text/html", linkpreview.Page{Title: "T", Icon: "https://site.example/sign.png"}},
		"only a drawing":  {`<title>T</title><link rel=icon href="/sign.svg"><link rel=icon type="image/svg+xml" href="/x">`, "text/html", linkpreview.Page{Title: "T"}},
		"the touch sign":  {`<title>T</title><link rel=icon sizes=32x32 href=s.png><link rel="apple-touch-icon" href="/t.png">`, "text/html", linkpreview.Page{Title: "T", Icon: "https://site.example/t.png"}},
		"old pictures":    {`<title>T</title><link rel="image_src" href="//p.example/x.png">`, "text/html", linkpreview.Page{Title: "T", Picture: "https://p.example/x.png"}},
		"by the header":   {"<title>\xcf\xf0\xe8\xe2\xe5\xf2</title>", "text/html; charset=windows-1251", linkpreview.Page{Title: "Привет"}},
		"by the page":     {`<meta charset="shift_jis"><title>` + "\x93\xfa\x96\x7b" + `</title>`, "text/html", linkpreview.Page{Title: "日本"}},
		"not in the body": {`<head><title>T</title></head><body><meta property="og:title" content="O">`, "text/html", linkpreview.Page{Title: "T"}},
		"no head at all":  {`<body><p>x<title>T</title>`, "text/html", linkpreview.Page{Title: "T"}},
		"cut off":         {`<title>T</title><meta property="og:descr`, "text/html", linkpreview.Page{Title: "T"}},
		"the same twice":  {`<title>T</title><meta name=description content=T>`, "text/html", linkpreview.Page{Title: "T"}},
		"turned around":   {"<title>a\u202egnp.exe\u0000\u200f</title>", "text/html; charset=utf-8", linkpreview.Page{Title: "agnp.exe"}},
		"too long":        {"<title>" + long + "</title>", "text/html", linkpreview.Page{Title: strings.TrimRight(long[:199], " ") + "…"}},
	} {
		if got := parse(t, c.page, c.contentType); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// FuzzParse has what is kept of a page short, clean and harmless, whatever the page is.
func FuzzParse(f *testing.F) {
	f.Add(`<title>T</title><meta property="og:image" content="/a.png"><link rel=icon href=x.png sizes=99999999999x1>`, "text/html")
	f.Add("<base href=http://[::1><title>\xff\xfe</title>", "text/html; charset=utf-16")
	f.Add("<meta charset=nonsense><title>x", "x")
	f.Add("<!--", "text/html; charset=\"")
	if self, err := os.ReadFile("page_test.go"); err == nil {
		f.Add(string(self), "text/html")
	}
	f.Fuzz(func(t *testing.T, page, contentType string) {
		p := parse(t, page, contentType)
		for text, most := range map[string]int{p.Title: 200, p.Description: 400, p.Site: 80} {
			if utf8.RuneCountInString(text) > most || !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\n\r\u202e") {
				t.Errorf("%q", text)
			}
		}
		for _, address := range []string{p.Picture, p.Icon} {
			if address != "" && !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") || strings.ContainsRune(address, 0) {
				t.Errorf("%q", address)
			}
		}
	})
}
