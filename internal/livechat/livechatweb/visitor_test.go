package livechatweb_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/user"
)

func manual() *clock.Manual {
	return clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
}

// chatOf is the portal's chat of the visitor who wrote last.
func (b *bench) chatOf() int64 {
	b.t.Helper()
	all, _, err := b.portal.IM.Recent(b.t.Context(), b.anna.ID, im.RecentQuery{OnlyLines: true, Limit: 20})
	must(b.t, err)
	for _, r := range all {
		return r.Chat.ID
	}
	b.t.Fatal("there is no chat of a visitor")
	return 0
}

// TestVisitorsCalls goes through what the frame asks for.
func TestVisitorsCalls(t *testing.T) {
	t.Parallel()
	b := newBench(t, manual(), nil)
	b.ask(http.MethodPost, b.at("/enter"), key("a"), "{}").is(t, "enter", 200, `"known":false`, `"phase":"none"`, `"messages":[]`)
	b.ask(http.MethodGet, b.at("/messages"), key("a"), nil).is(t, "the history of nobody", 401, "VISITOR_UNKNOWN")
	text := `[b]Hi[/b] <script>alert(1)</script> [url=javascript:alert(1)]x[/url] https://example.com`
	b.ask(http.MethodPost, b.at("/messages"), key("a"), map[string]any{"uuid": "uuid-0001", "text": text}).is(t, "send", 200,
		`"n":1`, `"own":true`, `\u003cb\u003eHi\u003c/b\u003e`, "no \\u003cscript", "no javascript", "https://example.com")
	b.ask(http.MethodGet, b.at("/messages"), key("a"), nil).is(t, "the history", 200, `"uuid":"uuid-0001"`, `"more":false`)
	b.ask(http.MethodGet, b.at("/messages"), key("b"), nil).is(t, "the history of another", 401, "no uuid-0001")
	b.ask(http.MethodPost, b.at("/profile"), key("a"), map[string]string{"email": "no address"}).is(t, "a wrong address", 422, "EMAIL_REQUIRED", `"field":"email"`)
	b.ask(http.MethodPost, b.at("/profile"), key("a"), map[string]string{"name": "Carla"}).is(t, "the name", 204)
	b.ask(http.MethodPost, b.at("/typing"), key("a"), map[string]string{"text": "x"}).is(t, "typing", 204)
	b.ask(http.MethodPost, b.at("/read"), key("a"), map[string]int{"number": 1}).is(t, "read", 204)
	b.ask(http.MethodPost, b.at("/rate"), key("a"), map[string]bool{"like": true}).is(t, "a rating that nobody wants", 409, "VOTE_OVER")
	b.ask(http.MethodPost, b.at("/rate"), key("a"), "{}").is(t, "a rating without one", 422, "VOTE_WRONG")
	b.ask(http.MethodPost, b.at("/identify"), key("c"), livechat.Signed{ID: "1", Hash: "00"}).is(t, "a wrong signature", 403, "SIGNATURE_WRONG")
}

// TestHostileInput refuses what no frame sends, and never fails.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	b := newBench(t, manual(), nil)
	for what, body := range map[string]string{
		"nothing": "", "half": `{"uuid":`, "a list": "[]", "a number": "7", "wrong types": `{"uuid":7,"text":[]}`, "deep": strings.Repeat("[", 10_000),
		"a null": "null", "no text": `{"uuid":"uuid-0001"}`, "negative files": `{"uuid":"uuid-0001","files":[-1]}`, "an overflow": `{"uuid":"uuid-0001","files":[99999999999999999999]}`,
	} {
		a := b.ask(http.MethodPost, b.at("/messages"), key("a"), body)
		if a.status != 422 {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
	b.ask(http.MethodPost, b.at("/messages"), key("a"), `{"uuid":"uuid-0001","text":"`+strings.Repeat("x", 70_000)+`"}`).is(t, "a large body", 413)
	b.ask(http.MethodPost, b.at("/messages"), "", `{"uuid":"uuid-0001","text":"x"}`).is(t, "no token", 401, "TOKEN_WRONG")
	b.ask(http.MethodPost, b.at("/messages"), key("a"), `{"uuid":"uuid-0001","text":"x"}`, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site").
		is(t, "from a page of somebody else", 403)
	b.ask(http.MethodGet, b.at("/files/1"), key("a"), nil).is(t, "a file for nobody", 401)
	b.ask(http.MethodGet, b.at("/stream"), key("a"), nil).is(t, "a stream for nobody", 401)
	for _, code := range []string{strings.Repeat("a", 26), "x", "..%2f..%2fetc", strings.ToUpper(b.widget.Code)} {
		b.ask(http.MethodPost, "/widget/"+code+"/enter", key("a"), "{}").is(t, "the code "+code, 404)
		b.ask(http.MethodGet, "/widget/"+code+"/frame", "", nil).is(t, "the frame of "+code, 404, "no "+b.widget.Title)
		b.ask(http.MethodGet, "/chat/"+code, "", nil).is(t, "the page of "+code, 404)
		b.ask(http.MethodGet, "/widget/"+code+".js", "", nil).is(t, "the script of "+code, 404, "console.warn", "no start")
	}
	if all, err := b.portal.LiveChat.All(t.Context(), user.Ref{Admin: true}); err != nil || len(all) != 1 {
		t.Errorf("%d widgets, %v", len(all), err)
	}
}

// TestFrameIsForItsSites has browsers show the frame on the sites that are allowed alone.
func TestFrameIsForItsSites(t *testing.T) {
	t.Parallel()
	b := newBench(t, manual(), nil)
	a := b.ask(http.MethodGet, b.at("/frame"), "", nil, "Referer", "https://anywhere.example/page")
	a.is(t, "a widget for every site", 200, "data-config", "no <script>")
	if p := a.header.Get("Content-Security-Policy"); !strings.HasSuffix(p, "frame-ancestors *") || !strings.Contains(p, "script-src 'self'") || strings.Contains(p, "unsafe-eval") {
		t.Errorf("the policy is %s", p)
	}
	public := b.ask(http.MethodGet, "/chat/"+b.widget.Code, "", nil)
	public.is(t, "the page for a link", 200, `<link rel="icon" href="/assets/`)
	icon := b.ask(http.MethodGet, "/favicon.ico", "", nil)
	icon.is(t, "an icon that no page names", 302)
	b.ask(http.MethodGet, icon.header.Get("Location"), "", nil).is(t, "the icon", 200, "<svg")
	set := b.widget.Settings
	set.Sites, set.Public, set.Title = []string{"https://shop.example", "https://*.shop.example"}, false, `</script><img src=x>`
	must(t, b.portal.LiveChat.Change(t.Context(), user.Ref{Admin: true}, b.widget.ID, set))
	for site, status := range map[string]int{"https://shop.example/a": 200, "https://www.shop.example/": 200, "https://evil.example/": 403, "http://shop.example/": 403, "": 200} {
		a := b.ask(http.MethodGet, b.at("/frame"), "", nil, "Referer", site)
		a.is(t, "the frame on "+site, status, "no <img")
		if p := a.header.Get("Content-Security-Policy"); status == 200 && !strings.HasSuffix(p, "frame-ancestors 'self' https://shop.example https://*.shop.example") {
			t.Errorf("the policy is %s", p)
		}
	}
	b.ask(http.MethodGet, "/chat/"+b.widget.Code, "", nil).is(t, "a page that is not wanted", 404)
	script := b.ask(http.MethodGet, "/widget/"+b.widget.Code+".js", "", nil)
	script.is(t, "the script", 200, "no </script>", "start({")
	b.ask(http.MethodGet, "/widget/"+b.widget.Code+".js", "", nil, "If-None-Match", script.header.Get("ETag")).is(t, "the script again", 304)
}

// TestWeight keeps what a site's visitors load under 20 KB.
func TestWeight(t *testing.T) {
	t.Parallel()
	var n int
	for _, name := range []string{"loader.js", "frame.html", "frame.js", "frame.css", "api.js", "store.js", "view.js"} {
		raw, err := os.ReadFile(filepath.Join(".", name))
		must(t, err)
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(raw)
		must(t, z.Close())
		n += b.Len()
	}
	if n > 20<<10 {
		t.Errorf("script and frame are %d bytes compressed", n)
	}
}

// TestFiles sends a file to the operator and one back; inner messages keep theirs.
func TestFiles(t *testing.T) {
	t.Parallel()
	b := newBench(t, manual(), nil)
	upload := func(token, name, content string) answer {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		f, err := w.CreateFormFile("file", name)
		must(t, err)
		_, _ = io.WriteString(f, content)
		must(t, w.Close())
		return b.ask(http.MethodPost, b.at("/files"), token, body.String(), "Content-Type", w.FormDataContentType())
	}
	var f livechat.File
	a := upload(key("a"), "../bill.html", "<script>alert(1)</script>")
	a.is(t, "upload", 200)
	must(t, json.Unmarshal([]byte(a.body), &f))
	b.ask(http.MethodPost, b.at("/messages"), key("b"), map[string]any{"uuid": "uuid-0001", "files": []int64{f.ID}}).is(t, "the file of another", 422, "FILE_WRONG")
	b.ask(http.MethodPost, b.at("/messages"), key("a"), map[string]any{"uuid": "uuid-0001", "files": []int64{f.ID}}).is(t, "send", 200, "bill.html")
	got := b.ask(http.MethodGet, b.at(fmt.Sprintf("/files/%d", f.ID)), key("a"), nil)
	got.is(t, "the file", 200, "<script>alert(1)</script>")
	if d := got.header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") {
		t.Errorf("a page that was uploaded is shown: %q", d)
	}
	b.ask(http.MethodGet, b.at(fmt.Sprintf("/files/%d", f.ID)), key("b"), nil).is(t, "the file for another", 401)
	b.ask(http.MethodPost, b.at("/files"), key("a"), "no form").is(t, "no file", 422, "FILE_MISSING")
}

// TestStream reads answers as the frame does, after a cut from where it was.
func TestStream(t *testing.T) {
	t.Parallel()
	b := newBench(t, manual(), nil)
	b.ask(http.MethodPost, b.at("/messages"), key("a"), `{"uuid":"uuid-0001","text":"Hello"}`).is(t, "send", 200)
	chat := b.chatOf()
	say := func(text string, inner bool) {
		t.Helper()
		_, err := b.portal.IM.Send(t.Context(), im.NewMessage{ChatID: chat, AuthorID: b.anna.ID, Text: text, Inner: inner})
		must(t, err)
	}
	ctx, cut := context.WithTimeout(t.Context(), browsertest.Patience)
	defer cut()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.server.URL+b.at("/stream?since=1"), nil)
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+key("a"))
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer func() { _ = res.Body.Close() }()
	if kind := res.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("the stream is %q, %d", kind, res.StatusCode)
	}
	lines := bufio.NewScanner(res.Body)
	next := func(prefix string) string {
		for lines.Scan() {
			if strings.Contains(lines.Text(), "whisper") {
				t.Errorf("the visitor hears %s", lines.Text())
			}
			if strings.HasPrefix(lines.Text(), prefix) {
				return lines.Text()
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return ""
	}
	next("event: state")
	say("a whisper", true)
	must(t, b.portal.IM.Typing(t.Context(), b.anna.ID, chat))
	next("event: typing")
	say("An answer", false)
	if id := next("id: "); id != "id: 2" {
		t.Errorf("the answer has %q", id)
	}
	if d := next("data: "); !strings.Contains(d, "An answer") || !strings.Contains(d, "Anna Weber") {
		t.Errorf("the answer is %s", d)
	}
}

// FuzzMessage sends what nobody wrote.
func FuzzMessage(f *testing.F) {
	for _, s := range []string{`{"uuid":"uuid-0001","text":"Hello"}`, `{"uuid":"","text":""}`, `{"files":[1,2],"profile":{"email":"a@b.example"}}`, `[]`, `"`, "\x00", `{"text":"[b][i][url=x]"}`} {
		f.Add(s)
	}
	clk := manual()
	b := newBench(f, clk, nil)
	f.Fuzz(func(t *testing.T, body string) {
		clk.Advance(time.Minute)
		own := *b
		own.t = t
		a := own.ask(http.MethodPost, b.at("/messages"), key("a"), body)
		if a.status >= 500 && a.status != 503 || !json.Valid([]byte(a.body)) {
			t.Errorf("%q: %d %s", body, a.status, a.body)
		}
	})
}
