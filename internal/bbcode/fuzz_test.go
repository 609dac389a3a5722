package bbcode_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/portico-hq/portico/internal/bbcode"
)

// allowed is every element that may be in the output, with its attributes.
var allowed = map[string][]string{
	"b": nil, "i": nil, "u": nil, "s": nil, "br": nil,
	"span":       {"class"},
	"font":       {"class", "color"},
	"a":          {"class", "href", "target", "rel", "data-id"},
	"button":     {"type", "class", "data-send", "data-put", "data-call"},
	"img":        {"class", "src", "alt", "title", "width", "height", "loading", "referrerpolicy"},
	"code":       {"class"},
	"time":       {"class", "datetime"},
	"blockquote": {"class"},
	"ul":         {"class"},
	"ol":         {"class"},
	"li":         nil,
}

// checkHTML fails the test unless out is balanced, made of allowed elements and attributes only, with no link or button
// inside another and no address that SafeURL refuses.
func checkHTML(t *testing.T, out string) {
	t.Helper()
	var stack []string
	interactive := 0
	z := html.NewTokenizer(strings.NewReader(out))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.Fatalf("tokenize: %v", z.Err())
			}
			if len(stack) > 0 {
				t.Fatalf("left open: %v", stack)
			}
			return
		case html.StartTagToken:
			tok := z.Token()
			checkElement(t, tok)
			if tok.Data == "br" || tok.Data == "img" {
				continue
			}
			if tok.Data == "a" || tok.Data == "button" {
				if interactive++; interactive > 1 {
					t.Fatalf("a link or button inside another: %s", tok)
				}
			}
			stack = append(stack, tok.Data)
		case html.EndTagToken:
			tok := z.Token()
			if len(stack) == 0 || stack[len(stack)-1] != tok.Data {
				t.Fatalf("</%s> inside %v", tok.Data, stack)
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
	names, ok := allowed[tok.Data]
	if !ok {
		t.Fatalf("element %s", tok)
	}
	for _, a := range tok.Attr {
		if !slices.Contains(names, a.Key) {
			t.Fatalf("attribute %s of %s", a.Key, tok)
		}
		if a.Key == "href" || a.Key == "src" {
			if _, ok := bbcode.SafeURL(a.Val); !ok {
				t.Fatalf("address %q in %s", a.Val, tok)
			}
		}
		if a.Key == "color" {
			if _, ok := bbcode.Color(a.Val); !ok {
				t.Fatalf("colour %q in %s", a.Val, tok)
			}
		}
	}
}

// checkLists is checkHTML for text with lists, in which items are in lists and lists hold items alone.
func checkLists(t *testing.T, text string) {
	t.Helper()
	opt := options
	opt.Lists = true
	out := string(bbcode.HTML(text, opt))
	checkHTML(t, out)
	stack := []string{""}
	for z := html.NewTokenizer(strings.NewReader(out)); ; {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			if got := bbcode.PlainFor(text, opt); len(got) > 8*len(text)+64 {
				t.Fatalf("plain text grew from %d to %d bytes", len(text), len(got))
			}
			return
		case html.TextToken, html.StartTagToken:
			tok := z.Token()
			list := stack[len(stack)-1] == "ul" || stack[len(stack)-1] == "ol"
			if list != (kind == html.StartTagToken && tok.Data == "li") {
				t.Fatalf("%s inside %v", tok, stack)
			}
			if kind == html.StartTagToken && tok.Data != "br" && tok.Data != "img" {
				stack = append(stack, tok.Data)
			}
		case html.EndTagToken:
			stack = stack[:len(stack)-1]
		case html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, c := range cases {
		f.Add(c.in)
	}
	for _, c := range listCases {
		f.Add(c.in)
	}
	f.Add(`[icon=/a onerror=x title="><script>"][b]>>[/b]` + "\n>>[url=/x]\n------\n[code]\n------")
	f.Fuzz(func(t *testing.T, text string) {
		checkHTML(t, string(bbcode.HTML(text, options)))
		checkLists(t, text)
		if got := bbcode.Plain(text); len(got) > 3*len(text)+64 {
			t.Fatalf("plain text grew from %d to %d bytes", len(text), len(got))
		}
		bbcode.Mentions(text)
	})
}
