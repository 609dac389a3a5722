package telegram_test

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/telegram"
)

func TestRender(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text    string
		limit   int
		want    []string
		buttons int
	}{
		{"a < b & [b]bold [i]both[/i][/b]", 99, []string{"a &lt; b &amp; <b>bold <i>both</i></b>"}, 0},
		{"[url=https://a.example/?x=1&y=2]here[/url]", 99, []string{`<a href="https://a.example/?x=1&amp;y=2">here</a>`}, 0},
		{"[url=/company/]inside[/url]", 99, []string{"inside"}, 0},
		{"[code]<x>[b][/code]", 99, []string{"<code>&lt;x&gt;[b]</code>"}, 0},
		{">>said\nanswer", 99, []string{"<blockquote>said</blockquote>answer"}, 0},
		{"[user=5]Anna[/user], [color=#ff0000]red[/color]", 99, []string{"Anna, red"}, 0},
		{"[send=1]One[/send][br][put=/help]Help[/put]", 99, []string{"One\nHelp"}, 2},
		{"[b]one two[/b] three", 8, []string{"<b>one two</b> ", "three"}, 0},
		{"[b]one two three[/b]", 8, []string{"<b>one two </b>", "<b>three</b>"}, 0},
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}, 0},
		{"😀😀😀", 4, []string{"😀😀", "😀"}, 0},
		{" \n ", 9, nil, 0},
	} {
		got, buttons := telegram.Render(c.text, c.limit)
		want(t, c.text, got, c.want)
		if buttons != c.buttons {
			t.Errorf("%s: %d buttons", c.text, buttons)
		}
	}
}

var tagForm = regexp.MustCompile(`<(/?)(b|i|u|s|code|blockquote|a)( href="[^"<>]*")?>`)

// FuzzRender holds every text to parts that Telegram takes: not too long, with something to see, and with each element closed.
func FuzzRender(f *testing.F) {
	for _, seed := range []string{"", "a", "[b]x", "[url=https://a.example]x[/url]", ">>q\n>>r\nx", "[code]\n[/code]", "😀 [send=a][/send]", "[img]https://a.example/x.png[/img]", "a\u00a0  b", "[b][i][/b][/i]", "----\nq\n----"} {
		f.Add(seed, 5)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		if limit < 2 || limit > 5000 || !utf8.ValidString(text) {
			t.Skip()
		}
		chunks, _ := telegram.Render(text, limit)
		for _, c := range chunks {
			var open []string
			for _, m := range tagForm.FindAllStringSubmatch(c, -1) {
				switch {
				case m[1] == "":
					open = append(open, m[2])
				case len(open) == 0 || open[len(open)-1] != m[2]:
					t.Fatalf("%q closes %s, open are %q", c, m[2], open)
				default:
					open = open[:len(open)-1]
				}
			}
			plain := tagForm.ReplaceAllString(c, "")
			if len(open) > 0 || strings.ContainsAny(plain, "<>") {
				t.Fatalf("%q is not whole", c)
			}
			shown := html.UnescapeString(plain)
			if n := len(utf16.Encode([]rune(shown))); n > limit || strings.TrimSpace(shown) == "" {
				t.Fatalf("%q shows %d units of %d", c, n, limit)
			}
		}
	})
}

// FuzzUpdate reads whatever Telegram, or somebody in its place, may bring.
func FuzzUpdate(f *testing.F) {
	for _, seed := range []string{
		`{"update_id":1,"message":{"message_id":1,"from":{"id":1},"chat":{"id":1,"type":"private"},"text":"Hi 😀","entities":[{"type":"bold","offset":1,"length":3},{"type":"text_link","offset":2,"length":9,"url":"https://a.example/]"}]}}`,
		`{"update_id":2,"edited_message":{"message_id":1,"caption":"x","photo":[{"file_id":"a","width":1},{"file_id":"b","width":9}]}}`,
		`{"update_id":3,"message":{"sticker":{"file_id":"s","emoji":"x","is_animated":true}}}`,
		`{"update_id":4,"message":{"forward_origin":{"type":"user","sender_user":{"first_name":"A"}},"poll":{"question":"q","options":[{"text":"a"}]}}}`,
		`{"update_id":5,"message":{"text":"x","entities":[{"type":"bold","offset":-1,"length":9223372036854775807}]}}`,
		`{"update_id":"x"}`, `[]`, `{`, `null`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		id, body, _, err := telegram.ReadUpdate(raw)
		if err == nil && id <= 0 {
			t.Fatalf("an update without a number: %s", raw)
		}
		if !utf8.ValidString(body) {
			t.Fatalf("the text %q is not UTF-8", body)
		}
	})
}
