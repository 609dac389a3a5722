package bbcode_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/bbcode"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	type link = bbcode.Link
	for text, want := range map[string][]link{
		"":                         nil,
		"no link here":             nil,
		"see https://a.example/x.": {{URL: "https://a.example/x"}},
		"HTTP://a.example and https://b.example/?q=1#top":                               {{URL: "HTTP://a.example"}, {URL: "https://b.example/?q=1#top"}},
		"[url=https://a.example]the [b]plan[/b][/url] and [url]http://b.example[/url]":  {{"https://a.example", "the plan"}, {URL: "http://b.example"}},
		"[url=https://a.example]https://a.example[/url]":                                {{URL: "https://a.example"}},
		"[url=https://a.example]see https://b.example[/url]":                            {{"https://a.example", "see https://b.example"}},
		"[code]https://a.example[/code] https://b.example":                              {{URL: "https://b.example"}},
		">>https://a.example\nhttps://b.example":                                        {{URL: "https://b.example"}},
		"------\nhttps://a.example\n------\nhttps://b.example":                          {{URL: "https://b.example"}},
		"[send=https://a.example]https://b.example[/send] [put]https://c.example[/put]": nil,
		"[img size=small]https://a.example/x.png[/img] [icon=https://a.example/y.png]":  nil,
		"[url=/online/]home[/url] [url=javascript:x]https://a.example[/url]":            {{URL: "https://a.example"}},
		"[url=mailto:a@b.example]mail[/url] ftp://a.example":                            nil,
		"[b]https://a.example[/b]":                                                      {{URL: "https://a.example"}},
		"[url=https://a.example][/url]":                                                 {{URL: "https://a.example"}},
	} {
		if got := bbcode.Links(text, 9); !slices.Equal(got, want) {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if got := bbcode.Links(strings.Repeat("https://a.example ", 50), 2); len(got) != 2 {
		t.Errorf("%d links", len(got))
	}
}

func FuzzLinks(f *testing.F) {
	f.Add("[url=https://a.example][b]x[/b] https://b.example[/url] https://c.example >>https://d.example")
	f.Add("------\nhttps://a.example\n[url]https://b.example[/url")
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range bbcode.Links(text, 5) {
			if safe, ok := bbcode.SafeHTTP(l.URL); !ok || safe != l.URL || strings.HasPrefix(l.URL, "/") {
				t.Errorf("%q", l.URL)
			}
		}
	})
}
