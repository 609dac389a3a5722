package imweb_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/web"
)

// fakeBotApps has two applications with a page and one that sends; the second page is for buttons only.
type fakeBotApps struct {
	opened  []imweb.BotAppOpening
	address string // of the pages; empty: https://apps.example
}

func (*fakeBotApps) all() []imweb.BotApp {
	return []imweb.BotApp{
		{ID: 1, Title: "Pictures", Icon: "5f1c", Pair: true, Width: 350, Height: 150, Popup: true},
		{ID: 2, Title: "Help", Text: "Asks for help", Method: "send", Param: "/help"},
		{ID: 3, Title: "Answer", Width: 300},
		{ID: 4, Title: "Support", Method: "support", Param: "0f0f"},
	}
}

func (f *fakeBotApps) Offered(context.Context, web.Viewer, im.Chat) ([]imweb.BotApp, error) {
	return f.all()[:2], nil
}

func (f *fakeBotApps) OfButton(_ context.Context, _ web.Viewer, b attach.Button) (imweb.BotApp, error) {
	i := slices.IndexFunc(f.all(), func(a imweb.BotApp) bool { return a.ID == b.AppID })
	if i < 0 {
		return imweb.BotApp{}, fault.New(fault.NotFound, "APP_BUTTON", "It is gone.")
	}
	return f.all()[i], nil
}

func (f *fakeBotApps) PageURL(_ context.Context, _ web.Viewer, o imweb.BotAppOpening) (string, error) {
	f.opened = append(f.opened, o)
	if f.address != "" {
		return f.address, nil
	}
	return "https://apps.example/frame?APP_ID=" + num(o.App), nil
}

func (f *fakeBotApps) Icon(_ context.Context, id int64, name string) ([]byte, error) {
	if id != 1 || name != "5f1c" {
		return nil, fault.New(fault.NotFound, "ICON_NOT_FOUND", "There is no such icon.")
	}
	return []byte("\x89PNG\r\n\x1a\n"), nil
}

func (f *fakeBotApps) Support(_ context.Context, _ web.Viewer, code string) (int64, error) {
	if code != "0f0f" {
		return 0, fault.New(fault.NotFound, "APP_SUPPORT", "It cannot be reached.")
	}
	return 2, nil
}

func TestApplicationsOfBots(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	c := b.private(1, b.bot)
	press := attach.Do{AppID: 3, AppParams: "a&b"}
	m := b.send(im.NewMessage{
		ChatID: c.ID, AuthorID: b.bot, Text: "Pick one",
		Keyboard: attach.Keyboard{{Type: attach.TypeButton, BotID: b.bot, Text: "Open", Do: press}, {Type: attach.TypeButton, BotID: b.bot, Text: "Gone", Do: attach.Do{AppID: 9}}},
		Menu:     attach.Menu{{BotID: b.bot, Text: "Open", Do: press}, {BotID: b.bot, Text: "Help", Do: attach.Do{AppID: 2}}},
	})
	dialog := num(b.bot)

	// Above the field: one with an icon by itself, the other behind a button.
	b.anna.get("/online/"+dialog).is(http.StatusOK).has(
		`data-botapp="1" data-title="Pictures" data-method="" data-param="" data-page="/online/botapp/1?dialog=`+dialog+`" data-width="350" data-height="150" data-popup`,
		`src="/online/botapp-icon/1/5f1c"`, "Chat applications", `data-botapp="2" data-title="Help" data-method="send" data-param="/help"`, "Asks for help",
	).lacks(`data-botapp="3"`)
	b.anna.get("/online/botapp-icon/1/5f1c").is(http.StatusOK)
	b.anna.get("/online/botapp-icon/1/other").is(http.StatusNotFound)

	page := b.anna.get("/online/botapp/1?dialog="+dialog).is(http.StatusOK).has(`src="https://apps.example/frame?APP_ID=1"`, `referrerpolicy="origin"`)
	if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-src 'self' https://apps.example;") {
		t.Errorf("the policy is %s", csp)
	}
	last := func() imweb.BotAppOpening { return b.apps.opened[len(b.apps.opened)-1] }
	if o := last(); o != (imweb.BotAppOpening{App: 1, DialogID: dialog}) {
		t.Errorf("opened as %+v", o)
	}

	// Under a message: what is opened, and with what, stands in the message.
	pressed := b.anna.fetch("/online/press", "message", num(m.ID), "button", "0").is(http.StatusOK)
	pressed.has(`"id":3`, `"title":"Answer"`, `"width":300`, `/online/botapp/3?button=0\u0026dialog=`+dialog+`\u0026message=`+num(m.ID))
	b.anna.get("/online/botapp/3?button=0&dialog=" + dialog + "&message=" + num(m.ID)).is(http.StatusOK).has("APP_ID=3")
	if o := last(); o != (imweb.BotAppOpening{App: 3, DialogID: dialog, Message: m.ID, Params: "a&b"}) {
		t.Errorf("opened as %+v", o)
	}
	b.anna.get("/online/botapp/3?item=0&message=" + num(m.ID)).is(http.StatusOK).has("APP_ID=3")
	b.anna.fetch("/online/press", "message", num(m.ID), "item", "1").is(http.StatusOK).has(`"method":"send"`, `"param":"/help"`)
	b.anna.fetch("/online/press", "message", num(m.ID), "button", "1").is(http.StatusNotFound)

	// What is not offered is not opened by its address; strangers open nothing.
	n := len(b.apps.opened)
	for _, query := range []string{"3?dialog=" + dialog, "2?dialog=" + dialog, "1?button=0&message=" + num(m.ID), "3?button=7&message=" + num(m.ID)} {
		b.anna.get("/online/botapp/" + query).is(http.StatusOK).has("im-botapp-problem").lacks("<iframe")
	}
	b.cleo.get("/online/botapp/3?button=0&message=" + num(m.ID)).is(http.StatusOK).has("im-botapp-problem").lacks("<iframe")
	if len(b.apps.opened) != n {
		t.Errorf("opened besides: %+v", b.apps.opened[n:])
	}
}

// TestAnApplicationThatLeadsToSupport opens a chat by a button, and has no page.
func TestAnApplicationThatLeadsToSupport(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	c := b.private(1, b.bot)
	m := b.send(im.NewMessage{ChatID: c.ID, AuthorID: b.bot, Text: "Ask", Keyboard: attach.Keyboard{{
		Type: attach.TypeButton, BotID: b.bot, Text: "Support", Do: attach.Do{AppID: 4},
	}}})
	dialog := num(b.bot)
	which := "?dialog=" + dialog + "&button=0&message=" + num(m.ID)
	b.anna.fetch("/online/botapp/4/support" + which).is(http.StatusOK).has(`{"dialog":"2"}`)
	b.anna.get("/online/botapp/4" + which).has("im-botapp-problem")
	b.anna.fetch("/online/botapp/2/support?dialog=" + dialog).is(http.StatusNotFound)
	b.anna.fetch("/online/botapp/4/support?dialog=" + dialog).is(http.StatusNotFound) // it is not offered above the field
	b.cleo.fetch("/online/botapp/4/support" + which).is(http.StatusNotFound)
}
