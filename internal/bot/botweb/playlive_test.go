package botweb_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/browsertest"
)

// TestThePlaygroundShowsAnAnswerThatCameMeanwhile has the bot answer after the page of its playground was made and before the page looks
// for answers for the first time.
func TestThePlaygroundShowsAnAnswerThatCameMeanwhile(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	b := newBench(t)
	b.handle(echo)
	page := fmt.Sprintf("/devops/bots/%d/", b.bot)
	play := page + "play/"
	answered := func(text string) func() bool {
		return func() bool {
			return strings.Contains(b.anna.get(play+"talk?in=private").is(http.StatusOK).body, "You said: "+text)
		}
	}
	b.anna.post(play+"say", "text", "good morning").is(http.StatusSeeOther)
	eventually(t, "the bot answers", answered("good morning")) // what was sent nothing yet has nothing to pause
	b.anna.post(page + "pause").is(http.StatusSeeOther)
	b.anna.post(play+"say", "text", "hello").is(http.StatusSeeOther)

	tab, end := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	ctx, stop := context.WithTimeout(tab, browsertest.Patience)
	t.Cleanup(stop)
	address, err := url.Parse(b.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	for _, c := range b.anna.client.Jar.Cookies(address) {
		if _, err := chromedp.Call(tab, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: b.server.URL}); err != nil {
			t.Fatal(err)
		}
	}
	const hold = `{
		const real = window.fetch
		const held = new Promise((go) => { window.letGo = go })
		window.fetch = async (url, ...rest) => {
			if (String(url).includes("/play/talk")) {
				document.documentElement.dataset.looks = 1
				await held
			}
			return real(url, ...rest)
		}
	}`
	if _, err := chromedp.Call(tab, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: hold}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(b.server.URL+play), chromedp.WaitReady("html[data-looks]")); err != nil {
		t.Fatal(err)
	}
	b.anna.post(page + "resume").is(http.StatusSeeOther)
	eventually(t, "the bot answers again", answered("hello"))
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.letGo(), true`)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the page shows the answer", func() bool {
		shown, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelector("[data-talk]").innerText.includes("You said: hello")`))
		return err == nil && shown
	})
}
