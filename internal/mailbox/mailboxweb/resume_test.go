package mailboxweb_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/livechat"
)

// visitor is a page of somebody who is not signed in.
type visitor struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // how chromedp names a tab
}

func newVisitor(t *testing.T, browser context.Context) visitor {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	v := visitor{t, ctx}
	if err := chromedp.Do(ctx); err != nil { // the page lives as long as this context
		t.Fatal(err)
	}
	return v
}

func (v visitor) do(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, browsertest.Patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		v.t.Fatal(err)
	}
}

// until waits until a script says true.
func (v visitor) until(script string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, browsertest.Patience)
	defer cancel()
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	for {
		if is, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+script+")")); err == nil && is { // a page that is being replaced says nothing
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			text, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
			v.t.Fatalf("%s never came true: %s", script, text)
		}
	}
}

// shows waits until the conversation is these messages, each of which the portal has.
func (v visitor) shows(texts string) {
	v.t.Helper()
	v.until("[...document.querySelectorAll('#list > li[data-n] .text')].map((m) => m.innerText.trim()).join('|') === '" + texts + "'")
}

// TestTheLinkOfAMailLeadsOn opens the link of the mail in a browser that has never been there: the conversation goes on, in the same chat,
// and stays when the page is loaded again. In another, where somebody else's chat is open already, it takes that one's place.
func TestTheLinkOfAMailLeadsOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, event.Policy{})
	w, err := b.portal.LiveChat.Add(t.Context(), b.admin(), b.line.ID, livechat.Defaults())
	b.must(err)
	b.page("anna", settings+"save", b.outgoing(), 303)
	b.connect()
	chat, _, link := b.left(w)
	browser := browsertest.Start(t)

	v := newVisitor(t, browser)
	v.do(chromedp.Navigate(b.server.URL + link))
	v.shows("Do you deliver?|Yes, we do")
	v.until("location.pathname === '/chat/" + w.Code + "' && !location.hash") // nobody reads the token over a shoulder
	v.do(chromedp.WaitVisible(chromedp.CSS("#text")), chromedp.SendKeys(chromedp.CSS("#text"), "Also Sat?\r"))
	v.shows("Do you deliver?|Yes, we do|Also Sat?")
	_, err = b.portal.IM.Send(t.Context(), im.NewMessage{ChatID: chat, AuthorID: b.anna.ID, Text: "Until noon."})
	b.must(err)
	v.shows("Do you deliver?|Yes, we do|Also Sat?|Until noon.")
	v.do(chromedp.Reload())
	v.shows("Do you deliver?|Yes, we do|Also Sat?|Until noon.")
	var now int64
	b.scan("SELECT MAX(chat_id) FROM openline_chat", &now)
	if now != chat {
		t.Error("what the visitor wrote began another chat")
	}

	other := newVisitor(t, browser)
	other.do(chromedp.Navigate(b.server.URL + "/chat/" + w.Code))
	other.do(chromedp.WaitVisible(chromedp.CSS("#text")))
	other.shows("")
	other.do(chromedp.Navigate(b.server.URL + link))
	other.shows("Do you deliver?|Yes, we do|Also Sat?|Until noon.")
}
