package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/network"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/user"
)

// TestTheNetworkInChromium publishes a line on its page, joins it, and writes to it and answers in the messenger.
func TestTheNetworkInChromium(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	s := newSite(t, dbtest.SQLiteConfig(t, portal.Schemas()...), func(c *portal.Config) { c.Key = make([]byte, seal.KeySize) })
	ann, bob := newTab(t, browser, "ann", s.url), newTab(t, browser, "bob", s.url)
	ann.signIn("admin", password)
	bob.signIn("bob", password)
	ref, field := user.Ref{ID: 1, Admin: true}, chromedp.CSS("textarea[name=text]")
	l, err := s.portal.Lines.Add(t.Context(), ref, func(l *line.Line) error {
		l.Name, l.Active, l.Welcome = "Support", true, false
		l.Queue = []line.Entry{{Kind: line.EntryUser, ID: 1}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ann.open("/contact_center/")
	ann.click(`a[href="/contact_center/network/"]`)
	ann.until("the page of the network", `!!document.querySelector(".slider .nw")`)
	ann.open(fmt.Sprintf("/contact_center/network/line/?LINE=%d", l.ID))
	evaluate[bool](ann, `document.querySelector("input[name=name]").value = "", true`)
	ann.fill(`input[name=name]`, "Desk of Support")
	ann.fill(`input[name=description]`, "We help with the portal.")
	ann.fill(`textarea[name=welcome]`, "Welcome! How can we help?")
	ann.shot("network-form")
	ann.click(`form[action$="/line/save"] .form-actions button`)
	ann.until("the code", `document.body.innerText.includes("imopenlines.network.join")`)
	ann.shot("network-published")
	ann.size(390, 844)
	ann.fits("the form of a line")
	ann.shot("network-published-390")
	ann.open("/contact_center/network/servers/")
	const form = `form[action$="/servers/add"] `
	ann.fill(form+`[name=name]`, "Ateliers Duval")
	ann.fill(form+`[name=url]`, "https://duval.example/")
	ann.fill(form+`[name=key]`, "no key")
	ann.click(form + `.form-actions button`)
	ann.until("the error at the field", `!!document.querySelector(".field-bad[data-field=key] .field-error")`)
	ann.fits("an error at the key")
	ann.shot("network-servers-error-390")
	evaluate[bool](ann, `document.querySelector("[name=key]").value = "", true`)
	ann.fill(form+`[name=key]`, strings.Repeat("A", 43)+"=")
	ann.click(form + `.form-actions button`)
	ann.until("the trusted server", `[...document.querySelectorAll(".nw-row")].some((x) => x.innerText.includes("https://duval.example"))`)
	ann.fits("the trusted servers")
	ann.shot("network-servers-390")
	ann.size(1440, 900)
	ann.shot("network-servers")
	ann.open("/contact_center/network/")
	ann.click(`form[action$="/network/shown"] input[name=typing]`)
	ann.clickAnew(`form[action$="/network/shown"] .form-actions button`)
	eventually(t, "the wish to be kept", func() bool {
		shown, err := s.portal.Network.Shown(t.Context())
		return err == nil && shown == network.Shown{Read: true}
	})
	ann.shot("network-home")
	p, err := s.portal.Network.OfLine(t.Context(), ref, l.ID)
	if err != nil {
		t.Fatal(err)
	}
	const join = `form[action$="/network/join"] `
	ann.fill(join+`[name=code]`, strings.Repeat("0", 32))
	ann.click(join + `.button`)
	ann.until("the line that may be where nobody answers", `document.querySelector("[data-field=code] .field-error")?.innerText.includes("Ateliers Duval did not answer")`)
	evaluate[bool](ann, `document.querySelector("[name=code]").value = "", true`)
	ann.fill(join+`[name=code]`, " "+strings.ToUpper(p.Code))
	ann.click(join + `.button`)
	ann.until("the joined line", `[...document.querySelectorAll(".nw-row")].some((x) => x.innerText.includes("Write to it") && x.innerText.includes("Desk of Support"))`)
	ann.shot("network-joined")
	ann.size(390, 844)
	ann.fits("the joined lines")
	ann.shot("network-joined-390")
	ann.size(1440, 900)
	ann.click(`button[data-open^="nw-leave-"]`)
	ann.until("the question", `document.querySelector("dialog[open]")?.innerText.includes("Leave Desk of Support?")`)
	ann.shot("network-leave")
	ann.click(`dialog[open] .button-danger`)
	ann.until("the line that was left", `[...document.querySelectorAll(".nw-row")].some((x) => x.innerText.includes("Join again") && x.innerText.includes("Left"))`)
	ann.shot("network-left")
	ann.click(`form[action$="/network/join"]:has([type=hidden]) button`)
	ann.until("the line joined again", `[...document.querySelectorAll(".nw-row")].some((x) => x.innerText.includes("Write to it"))`)
	bot, err := s.portal.Network.BotOf(t.Context(), p.Code)
	if err != nil {
		t.Fatal(err)
	}
	ann.click(fmt.Sprintf(`a[href="/online/%d"]`, bot))
	ann.until("the chat with the line", said("Welcome! How can we help?"))
	bob.open(fmt.Sprintf("/online/?IM_DIALOG=%d", bot))
	bob.until("the welcome", said("Welcome! How can we help?"))
	bob.do("write", chromedp.SendKeys(field, "The page is empty.\r"))
	eventually(t, "the conversation begins", func() bool { return clientsChat(t, s.portal) != 0 })
	chat := clientsChat(t, s.portal)
	if err := s.portal.Conversations.Join(t.Context(), 1, chat); err != nil {
		t.Fatal(err)
	}
	ann.open(fmt.Sprintf("/online/?IM_DIALOG=chat%d", chat))
	ann.until("the question", said("The page is empty."))
	ann.do("write", chromedp.SendKeys(field, "Which page?\r"))
	bob.until("the answer", `document.body.innerText.includes("Which page?")`)
	bob.shot("network-answer")
	for _, b := range []*tab{ann, bob} {
		faults := slices.DeleteFunc(b.complaints(), func(f string) bool { return strings.Contains(f, "422") }) // the key that is none
		if len(faults) > 0 {
			t.Errorf("the page of %s complained of %q", b.name, faults)
		}
	}
}
