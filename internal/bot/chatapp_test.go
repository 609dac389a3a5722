package bot_test

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/url"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/seal"
)

const secret = "d1ab17949a572b0979d8db0d5b349cd2"

// iconOf is a picture of a size.
func iconOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// frameOf is an application with a page.
func frameOf(botID int64, code string) bot.NewChatApp {
	return bot.NewChatApp{Secret: secret, ChatApp: bot.ChatApp{
		BotID: botID, Code: code, URL: "https://apps.example/frame.php?v=2", Width: 350, Height: 150, Place: bot.AppWithBot,
		Words: []bot.AppWords{{Language: "de", Title: "Echo auf", Description: "Öffnet Echo"}, {Language: "en", Title: "Echo", Copyright: "Us"}},
	}}
}

func TestChatApps(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, _ := setup(t, d)
		b := register(t, s, registration("one", bot.Standard))
		n := frameOf(b, "echoFrame")
		n.Icon = iconOf(t, 108, 66)
		id, err := s.RegisterChatApp(t.Context(), mine, n)
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.OwnedChatApp(t.Context(), mine, id)
		if err != nil || a.Code != "echoFrame" || a.URL != n.URL || a.Width != 350 || a.Height != 150 || a.Place != bot.AppWithBot || !a.IconPair ||
			!a.Created.Equal(noon) || a.In("de-AT").Title != "Echo auf" || a.In("pl").Title != "Echo" {
			t.Errorf("registered %+v, %v", a, err)
		}
		if picture, err := s.AppIcon(t.Context(), id, a.Icon); err != nil || !bytes.Equal(picture, n.Icon) {
			t.Errorf("the icon is %d bytes, %v", len(picture), err)
		}
		if _, err := s.AppIcon(t.Context(), id, "another"); !errors.Is(err, bot.ErrNoIcon) {
			t.Errorf("a foreign icon: %v", err)
		}

		// The same code is the same application, brought up to date.
		n.Icon, n.Height = nil, 200
		if again, err := s.RegisterChatApp(t.Context(), mine, n); err != nil || again != id {
			t.Fatalf("registered again as %d, %v", again, err)
		}
		if now, _ := s.OwnedChatApp(t.Context(), mine, id); now.Icon != "" || now.Height != 200 {
			t.Errorf("registered again as %+v", now)
		}
		if _, err := s.AppIcon(t.Context(), id, a.Icon); !errors.Is(err, bot.ErrNoIcon) {
			t.Errorf("the old icon is still there: %v", err)
		}

		// From a page to a command and back: the secret stays.
		change := func(c bot.ChatAppChange) bot.ChatApp {
			t.Helper()
			if err := s.UpdateChatApp(t.Context(), mine, id, c); err != nil {
				t.Fatal(err)
			}
			a, err := s.OwnedChatApp(t.Context(), mine, id)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		send := bot.AppSend
		if a := change(bot.ChatAppChange{Method: &send, Param: new("/help"), URL: new("https://apps.example/"), Context: new("chat-Admin")}); a.Method != bot.AppSend ||
			a.Param != "/help" || a.URL != "" || a.Place != bot.AppInGroups || !a.Admins {
			t.Errorf("changed to a command: %+v", a)
		}
		a = change(bot.ChatAppChange{URL: new("https://apps.example/new"), Popup: new(true), Icon: new(iconOf(t, 48, 48))})
		if a.Method != "" || a.Param != "" || a.URL != "https://apps.example/new" || !a.Popup || a.IconPair || a.Icon == "" || a.Code != "echoFrame" {
			t.Errorf("changed to a page: %+v", a)
		}
		to, err := s.FrameURL(t.Context(), a, bot.Opening{Portal: "https://portal.example:8443", User: bot.AppUser{ID: 7}})
		if err != nil || !strings.Contains(to, fmt.Sprintf("DOMAIN_HASH=%x", md5.Sum([]byte("portal.example"+secret)))) {
			t.Errorf("opened at %s, %v", to, err)
		}

		if err := s.UnregisterChatApp(t.Context(), mine, id); err != nil {
			t.Fatal(err)
		}
		if err := s.UnregisterChatApp(t.Context(), mine, id); !errors.Is(err, bot.ErrNoChatApp) {
			t.Errorf("removed twice: %v", err)
		}

		// With the bot its applications go, and their icons.
		n.Icon = iconOf(t, 108, 66)
		if id, err = s.RegisterChatApp(t.Context(), mine, n); err != nil {
			t.Fatal(err)
		}
		a, _ = s.OwnedChatApp(t.Context(), mine, id)
		if err := s.Unregister(t.Context(), mine, ann, b); err != nil {
			t.Fatal(err)
		}
		if _, err := s.OwnedChatApp(t.Context(), mine, id); !errors.Is(err, bot.ErrNoChatApp) {
			t.Errorf("of a removed bot: %v", err)
		}
		if _, err := s.AppIcon(t.Context(), id, a.Icon); !errors.Is(err, bot.ErrNoIcon) {
			t.Errorf("the icon of a removed bot: %v", err)
		}
	})
}

func TestChatAppFaults(t *testing.T) {
	t.Parallel()
	s, _ := setup(t, dbtest.SQLite(t, schemas...))
	b := register(t, s, registration("one", bot.Standard))
	for name, c := range map[string]struct {
		spoil func(n *bot.NewChatApp)
		want  error
	}{
		"no bot":             {func(n *bot.NewChatApp) { n.BotID = 4711 }, bot.ErrNoBot},
		"no code":            {func(n *bot.NewChatApp) { n.Code = " " }, bot.ErrAppParams},
		"neither":            {func(n *bot.NewChatApp) { n.URL = "" }, bot.ErrAppParams},
		"not encrypted":      {func(n *bot.NewChatApp) { n.URL = "http://apps.example/" }, bot.ErrFrameHTTPS},
		"a script":           {func(n *bot.NewChatApp) { n.URL = "javascript:alert(1)" }, bot.ErrFrameHTTPS},
		"a name in it":       {func(n *bot.NewChatApp) { n.URL = "https://ann@apps.example/" }, bot.ErrFrameHTTPS},
		"no hash":            {func(n *bot.NewChatApp) { n.Secret = "" }, bot.ErrFrameHash},
		"long hash":          {func(n *bot.NewChatApp) { n.Secret = secret + "3" }, bot.ErrFrameHash},
		"narrow":             {func(n *bot.NewChatApp) { n.Width = 249 }, bot.ErrAppParams},
		"flat":               {func(n *bot.NewChatApp) { n.Height = 49 }, bot.ErrAppParams},
		"nowhere":            {func(n *bot.NewChatApp) { n.SetPlace("KITCHEN") }, bot.ErrAppParams},
		"no words":           {func(n *bot.NewChatApp) { n.Words = nil }, bot.ErrLang},
		"no title":           {func(n *bot.NewChatApp) { n.Words = []bot.AppWords{{Language: "en"}} }, bot.ErrLang},
		"no icon":            {func(n *bot.NewChatApp) { n.Icon = []byte("GIF89a") }, bot.ErrAppParams},
		"vast icon":          {func(n *bot.NewChatApp) { n.Icon = iconOf(t, 2000, 10) }, bot.ErrAppParams},
		"unknown method":     {func(n *bot.NewChatApp) { n.Method = "DANCE" }, bot.ErrAppParams},
		"support by a name":  {func(n *bot.NewChatApp) { n.Method, n.Param = bot.AppSupport, "the help desk" }, bot.ErrAppParams},
		"support":            {func(n *bot.NewChatApp) { n.Method, n.Param, n.Secret = bot.AppSupport, strings.Repeat("0f", 16), "" }, nil},
		"no command":         {func(n *bot.NewChatApp) { n.Method = bot.AppSend }, bot.ErrAppParams},
		"a text":             {func(n *bot.NewChatApp) { n.Method, n.Param = bot.AppSend, "/help [b]x[/b]" }, bot.ErrAppParams},
		"no number":          {func(n *bot.NewChatApp) { n.Method, n.Param = bot.AppCall, "me" }, bot.ErrAppParams},
		"hidden, no words":   {func(n *bot.NewChatApp) { n.Hidden, n.Words = true, nil }, nil},
		"a number":           {func(n *bot.NewChatApp) { n.Method, n.Param = bot.AppCall, "+7 (495) 123-45-67" }, nil},
		"command with words": {func(n *bot.NewChatApp) { n.Method, n.Param, n.Secret = bot.AppPut, "/help me", "" }, nil},
	} {
		n := frameOf(b, name)
		c.spoil(&n)
		if _, err := s.RegisterChatApp(t.Context(), mine, n); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	id, err := s.RegisterChatApp(t.Context(), mine, frameOf(b, "good"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.RegisterChatApp(t.Context(), theirs, frameOf(b, "x")); !errors.Is(err, bot.ErrForeignBot) {
		t.Errorf("for a foreign bot: %v", err)
	}
	popup := bot.ChatAppChange{Popup: new(true)}
	for name, err := range map[string]error{
		"CHAT_APP_ID_ERROR": s.UpdateChatApp(t.Context(), mine, 4711, popup),
		"APP_ID_ERROR":      s.UpdateChatApp(t.Context(), theirs, id, popup),
		"WRONG_REQUEST":     s.UpdateChatApp(t.Context(), mine, id, bot.ChatAppChange{}),
		"IFRAME_HTTPS":      s.UpdateChatApp(t.Context(), mine, id, bot.ChatAppChange{URL: new("ftp://x")}),
		"WRONG_REQUEST ":    s.UpdateChatApp(t.Context(), mine, id, bot.ChatAppChange{Width: new(int64(1))}),
		"WRONG_REQUEST  ":   s.UpdateChatApp(t.Context(), mine, id, bot.ChatAppChange{Secret: new("")}),
		"APP_ID_ERROR ":     s.UnregisterChatApp(t.Context(), theirs, id),
	} {
		if code := fault.Of(err).Code; code != strings.TrimSpace(name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range bot.MaxChatApps {
		if _, err = s.RegisterChatApp(t.Context(), mine, frameOf(b, fmt.Sprint("many", i))); err != nil {
			break
		}
	}
	if fault.Of(err).Code != "WRONG_REQUEST" {
		t.Errorf("too many: %v", err)
	}
}

func TestWhereChatAppsShow(t *testing.T) {
	t.Parallel()
	s, _ := setup(t, dbtest.SQLite(t, schemas...))
	b := register(t, s, registration("one", bot.Standard))
	other := register(t, s, registration("two", bot.Standard))
	add := func(code, place string, f func(n *bot.NewChatApp)) int64 {
		t.Helper()
		n := frameOf(b, code)
		n.SetPlace(place)
		if f != nil {
			f(&n)
		}
		id, err := s.RegisterChatApp(t.Context(), mine, n)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	for _, place := range []string{"", "user", "CHAT", "BOT", "LINES", "CALL", "all-admin"} {
		add("at "+place, place, nil)
	}
	add("outside", "ALL", func(n *bot.NewChatApp) { n.Extranet = true })
	hidden := add("hidden", "ALL", func(n *bot.NewChatApp) { n.Hidden = true })
	boss := add("hidden for bosses", "ALL-admin", func(n *bot.NewChatApp) { n.Hidden = true })
	person, admin, outsider := bot.AppUser{ID: ann}, bot.AppUser{ID: ann, Admin: true}, bot.AppUser{ID: ann, Outsider: true}
	for _, c := range []struct {
		chat bot.Chat
		user bot.AppUser
		want string
	}{
		{private(ann, 8), person, "at, at user, outside"},
		{private(b, ann), person, "at, at BOT, outside"},
		{private(other, ann), person, "at, outside"},
		{bot.Chat{ID: 41, Type: "C"}, person, "at, at CHAT, outside"},
		{bot.Chat{ID: 41, Type: "C"}, admin, "at, at CHAT, at all-admin, outside"},
		{bot.Chat{ID: 41, Type: "C"}, outsider, "outside"},
		{bot.Chat{ID: 41, Type: "L", EntityType: "LINES"}, person, "at, at LINES, outside"},
		{bot.Chat{ID: 41, Type: "C", EntityType: "CALL"}, person, "at, at CALL, outside"},
	} {
		apps, err := s.ChatApps(t.Context(), c.chat, c.user)
		var codes []string
		for _, a := range apps {
			codes = append(codes, a.Code)
		}
		if got := strings.Join(codes, ", "); err != nil || got != c.want {
			t.Errorf("in %+v for %+v: %q, want %q, %v", c.chat, c.user, got, c.want, err)
		}
	}
	foreign := registration("three", bot.Standard)
	foreign.Owner = theirs
	stranger := register(t, s, foreign)
	for _, c := range []struct {
		bot, app int64
		user     bot.AppUser
		opens    bool
	}{
		{b, hidden, person, true},
		{other, hidden, person, true}, // of the same owner
		{b, hidden, outsider, false},
		{b, boss, person, false},
		{b, boss, admin, true},
		{stranger, hidden, person, false},
		{0, hidden, person, false},
		{b, 4711, person, false},
	} {
		a, err := s.ButtonApp(t.Context(), c.bot, c.app, c.user)
		if opens := err == nil && a.ID == c.app; opens != c.opens || err != nil && !errors.Is(err, bot.ErrNoChatApp) {
			t.Errorf("a button of %d opens %d for %+v: %v", c.bot, c.app, c.user, err)
		}
	}
}

// TestFrameURL looks at what the page of an application is told, and checks it as the documentation does.
func TestFrameURL(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	_, o := setup(t, d)
	box, err := seal.New(make([]byte, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	s := newService(d, o, box)
	b := register(t, s, registration("echoBot", bot.Standard))
	id, err := s.RegisterChatApp(t.Context(), mine, frameOf(b, "echoFrame"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.OwnedChatApp(t.Context(), mine, id)
	if err != nil {
		t.Fatal(err)
	}
	open := bot.Opening{Portal: "https://test.example", User: bot.AppUser{ID: 7}, DialogID: "chat41", Language: "en", Chrome: true}
	check := func(want string) {
		t.Helper()
		got, err := s.FrameURL(t.Context(), a, open)
		want = "https://apps.example/frame.php?" + fmt.Sprintf(want, id, b)
		to, err2 := url.Parse(want)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		to.RawQuery = to.Query().Encode()
		if got != to.String() {
			t.Errorf("opened at\n%s\nwant\n%s", got, to)
		}
	}
	signed := fmt.Sprintf("&DOMAIN_HASH=%x&USER_HASH=%x", md5.Sum([]byte("test.example"+secret)), md5.Sum([]byte("7"+secret)))
	const always = "v=2&APP_ID=%d&BOT_ID=%d&APP_CODE=echoFrame&BOT_CODE=echoBot&DOMAIN=https://test.example&USER_ID=7&DIALOG_ID=chat41&LANG=en"
	check(always + "&CONTEXT=textarea&IS_CHROME=Y" + signed)
	open.Message, open.Params, open.Chrome = 12333, "a%20b%26c=d", false
	check(always + "&CONTEXT=button&IS_CHROME=N&MESSAGE_ID=12333&BUTTON_PARAMS=a%%2520b%%2526c%%3Dd" + signed)

	another, err := seal.New(bytes.Repeat([]byte{1}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newService(d, o, another).FrameURL(t.Context(), a, open); err == nil || !strings.Contains(err.Error(), "registered anew") {
		t.Errorf("with another key: %v", err)
	}
}
