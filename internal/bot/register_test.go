package bot_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

var schemas = []db.Schema{bot.Schema()}

func TestRegister(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, o := setup(t, d)
		r := registration("ReportBot", bot.Standard)
		r.Profile.LastName, r.Profile.Position = new("[USER=1]x[/USER]"), new("Reports\non [b]tasks")
		id := register(t, s, r)
		got, err := s.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if got.Owner != mine || got.Code != "ReportBot" || got.Type != bot.Standard || got.OpenLine || !got.Created.Equal(noon) {
			t.Errorf("the bot is %+v", got)
		}
		if got.Handlers != (bot.Handlers{MessageAdd: hook, Join: hook, Delete: hook}) {
			t.Errorf("a standard bot has the handlers %+v, those of changed messages are for imbot.update", got.Handlers)
		}
		want := fmt.Sprintf("A new chatbot has joined: [USER=%d]Robo (USER=1)x(/USER)[/USER], Reports on (b)tasks", id)
		if len(o.announced) != 1 || o.announced[0] != want {
			t.Errorf("announced %q, want %q", o.announced, want)
		}
	})
}

func TestRegisterAgain(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, o := setup(t, d)
		id := register(t, s, registration("one", bot.Standard))
		if err := s.Update(t.Context(), mine, bot.Update{BotID: id, Handlers: bot.Handlers{MessageUpdate: hook + "?u"}}); err != nil {
			t.Fatal(err)
		}
		again := registration("one", bot.Standard)
		again.Handlers.MessageAdd = hook + "?new"
		again.Profile = user.BotChange{FirstName: new("Robo 2")}
		if got := register(t, s, again); got != id {
			t.Fatalf("registered again as %d, was %d", got, id)
		}
		b, err := s.Get(t.Context(), id)
		if err != nil || b.Handlers.MessageAdd != hook+"?new" || b.Handlers.MessageUpdate != hook+"?u" {
			t.Errorf("handlers %+v, %v", b.Handlers, err)
		}
		if len(o.announced) != 1 || o.users[id].FirstName != "Robo 2" {
			t.Errorf("announced %q, the bot is called %q", o.announced, o.users[id].FirstName)
		}
		all, err := s.List(t.Context())
		if err != nil || len(all) != 1 || all[0].ID != id {
			t.Errorf("list %+v, %v", all, err)
		}
	})
}

func TestRegisterTypes(t *testing.T) {
	t.Parallel()
	s, o := setup(t, dbtest.SQLite(t, schemas...))
	for i, c := range []struct {
		kind      bot.Type
		openLine  bool
		wantType  bot.Type
		wantLine  bool
		wantEdits bool // handlers of changed messages are taken
	}{
		{"", false, bot.Standard, false, false},
		{bot.Human, false, bot.Human, false, false},
		{bot.Standard, true, bot.Standard, true, true},
		{bot.Supervisor, false, bot.Supervisor, false, true},
		{bot.OpenLine, false, bot.OpenLine, true, true},
	} {
		r := registration(fmt.Sprint("code", i), c.kind)
		r.OpenLine = c.openLine
		b, err := s.Get(t.Context(), register(t, s, r))
		if err != nil || b.Type != c.wantType || b.OpenLine != c.wantLine || (b.Handlers.MessageUpdate != "") != c.wantEdits ||
			(b.Handlers.MessageDelete != "") != c.wantEdits {
			t.Errorf("type %q open line %v: %+v, %v", c.kind, c.openLine, b, err)
		}
	}
	if len(o.announced) != 4 {
		t.Errorf("%d announcements: a bot for open channels is not announced", len(o.announced))
	}
	if len(o.hidden) != 1 {
		t.Errorf("%d bots are kept out of what people find: those of open channels are nobody to talk with", len(o.hidden))
	}
	_, err := s.Register(t.Context(), registration("sixth", bot.Standard))
	wantFault(t, err, "MAX_COUNT_ERROR", "Has reached the maximum number of bots for application (max: 5)")
	other := registration("sixth", bot.Standard)
	other.Owner = theirs
	register(t, s, other)
}

func TestRegisterFaults(t *testing.T) {
	t.Parallel()
	s, o := setup(t, dbtest.SQLite(t, schemas...))
	const wrong = "Wrong handler URL"
	for name, c := range map[string]struct {
		spoil      func(r *bot.Registration)
		code, text string
	}{
		"no add":     {func(r *bot.Registration) { r.Handlers.MessageAdd = "" }, "EVENT_MESSAGE_ADD_ERROR", `Handler for "Message add" event isn't specified`},
		"no welcome": {func(r *bot.Registration) { r.Handlers.Join = "" }, "EVENT_WELCOME_MESSAGE_ERROR", `Handler for "Welcome message" event isn't specified`},
		"no delete":  {func(r *bot.Registration) { r.Handlers.Delete = "" }, "EVENT_BOT_DELETE_ERROR", `Handler for "Bot delete" event isn't specified`},
		"add":        {func(r *bot.Registration) { r.Handlers.MessageAdd = "javascript:alert(1)" }, "EVENT_MESSAGE_ADD_ERROR", wrong},
		"update":     {func(r *bot.Registration) { r.Handlers.MessageUpdate = "/path" }, "EVENT_MESSAGE_UPDATE_ERROR", wrong},
		"deleted":    {func(r *bot.Registration) { r.Handlers.MessageDelete = "http://" }, "EVENT_MESSAGE_DELETE_ERROR", wrong},
		"welcome":    {func(r *bot.Registration) { r.Handlers.Join = "file:///etc/passwd" }, "EVENT_WELCOME_MESSAGE_ERROR", wrong},
		"delete":     {func(r *bot.Registration) { r.Handlers.Delete = "http://a b/" }, "EVENT_BOT_DELETE_ERROR", wrong},
		"code":       {func(r *bot.Registration) { r.Code = " " }, "CODE_ERROR", "Bot code isn't specified"},
		"long code":  {func(r *bot.Registration) { r.Code = strings.Repeat("ы", 256) }, "WRONG_REQUEST", "Bot can't be created"},
		"type":       {func(r *bot.Registration) { r.Type = "X" }, "WRONG_REQUEST", "Bot can't be created"},
		"e-mail":     {func(r *bot.Registration) { r.Profile.Email = new("taken@x") }, "WRONG_REQUEST", "Bot can't be created"},
		"name": {
			func(r *bot.Registration) { r.Profile.FirstName, r.Profile.LastName = new(" "), new("") },
			"NAME_ERROR", "Bot name isn't specified",
		},
	} {
		r := registration("code", bot.Standard)
		c.spoil(&r)
		id, err := s.Register(t.Context(), r)
		if id != 0 {
			t.Errorf("%s: got the id %d", name, id)
		}
		wantFault(t, err, c.code, c.text)
	}
	r := registration("code", bot.Standard)
	r.Profile.Email = new("crash")
	if _, err := s.Register(t.Context(), r); fault.KindOf(err) != fault.Internal {
		t.Errorf("a broken disk is told as %v", err)
	}
	if all, err := s.List(t.Context()); err != nil || len(all) != 0 || len(o.announced) != 0 {
		t.Errorf("refused bots remain: %v, %v, announced %q", all, err, o.announced)
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, o := setup(t, d)
		id := register(t, s, registration("one", bot.Standard))
		register(t, s, registration("two", bot.Standard))
		foreign := registration("three", bot.Standard)
		foreign.Owner = theirs
		foreignID := register(t, s, foreign)

		err := s.Update(t.Context(), mine, bot.Update{
			BotID: id, Code: "uno", Handlers: bot.Handlers{MessageDelete: hook + "?d"}, Profile: user.BotChange{LastName: new("")},
		})
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Get(t.Context(), id)
		want := bot.Handlers{MessageAdd: hook, MessageDelete: hook + "?d", Join: hook, Delete: hook}
		if err != nil || b.Code != "uno" || b.Handlers != want || len(o.changes) != 1 {
			t.Errorf("%+v, %v, profile changes %d", b, err, len(o.changes))
		}
		for name, c := range map[string]struct {
			u          bot.Update
			code, text string
		}{
			"no id":      {bot.Update{Code: "x"}, "BOT_ID_ERROR", "Bot not found"},
			"negative":   {bot.Update{BotID: -1, Code: "x"}, "BOT_ID_ERROR", "Bot not found"},
			"unknown":    {bot.Update{BotID: 5555, Code: "x"}, "BOT_ID_ERROR", "Bot not found"},
			"foreign":    {bot.Update{BotID: foreignID, Code: "x"}, "APP_ID_ERROR", "Bot was installed by another REST application"},
			"nothing":    {bot.Update{BotID: id}, "WRONG_REQUEST", "Update fields can't be empty"},
			"taken code": {bot.Update{BotID: id, Code: "two"}, "WRONG_REQUEST", "Bot can't be updated"},
			"address":    {bot.Update{BotID: id, Handlers: bot.Handlers{Join: "x"}}, "EVENT_WELCOME_MESSAGE_ERROR", "Wrong handler URL"},
			"no name": {
				bot.Update{BotID: id, Profile: user.BotChange{FirstName: new("")}}, "NAME_ERROR", "Bot name isn't specified",
			},
		} {
			t.Log(name)
			wantFault(t, s.Update(t.Context(), mine, c.u), c.code, c.text)
		}
	})
}

func TestUnregister(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, o := setup(t, d)
		id := register(t, s, registration("one", bot.Standard))
		wantFault(t, s.Unregister(t.Context(), theirs, ann, id), "APP_ID_ERROR", "Bot was installed by another REST application")
		wantFault(t, s.Unregister(t.Context(), mine, ann, 0), "BOT_ID_ERROR", "Bot not found")
		if err := s.Unregister(t.Context(), mine, ann, id); err != nil {
			t.Fatal(err)
		}
		got := o.taken()
		if len(got) != 1 || got[0].Name != "ONIMBOTDELETE" || got[0].URL != hook || got[0].AppID != 3 || got[0].UserID != ann ||
			got[0].BotID != 0 || got[0].NoAuth || form(got[0]) != fmt.Sprintf("BOT_ID=%d BOT_CODE=one", id) {
			t.Errorf("delivered %+v", got)
		}
		if o.users[id].Active || len(o.left) != 1 || o.left[0] != id {
			t.Errorf("user %+v, left chats %v", o.users[id], o.left)
		}
		wantFault(t, s.Unregister(t.Context(), mine, ann, id), "BOT_ID_ERROR", "Bot not found")
		if _, err := s.Get(t.Context(), id); fault.Of(err).Code != "BOT_ID_ERROR" {
			t.Errorf("a removed bot is found: %v", err)
		}
		if again := register(t, s, registration("one", bot.Standard)); again == id {
			t.Error("a removed bot came back")
		}
	})
}

func TestRemoveApp(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, o := setup(t, d)
		register(t, s, registration("one", bot.Standard))
		register(t, s, registration("two", bot.OpenLine))
		other := registration("three", bot.Standard)
		other.Owner = theirs
		kept := register(t, s, other)
		err := d.Write(t.Context(), func(tx *db.Tx) error { return s.RemoveAppTx(t.Context(), tx, mine.AppID) })
		if err != nil {
			t.Fatal(err)
		}
		got := o.taken()
		if len(got) != 2 || !got[0].NoAuth || !got[1].NoAuth || got[1].Name != "ONIMBOTDELETE" || got[1].UserID != 0 {
			t.Errorf("delivered %+v", got)
		}
		if all, err := s.List(t.Context()); err != nil || len(all) != 1 || all[0].ID != kept {
			t.Errorf("%+v, %v remain", all, err)
		}
	})
}

func TestUndoneIsNotRemembered(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	s, _ := setup(t, d)
	id := register(t, s, registration("one", bot.Standard))
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		if err := s.RemoveAppTx(t.Context(), tx, mine.AppID); err != nil {
			return err
		}
		return errors.New("changed my mind")
	})
	if err == nil {
		t.Fatal("the removal was kept")
	}
	if _, err := s.Get(t.Context(), id); err != nil {
		t.Errorf("the bot is gone though its removal was undone: %v", err)
	}
}

func TestOtherProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "portal.db")
	var services []*bot.Service
	noticed := make(chan struct{}, 16)
	for i := range 2 {
		d, err := db.Open(t.Context(), db.Config{Path: path, Unsafe: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		if err := d.Migrate(t.Context(), schemas...); err != nil {
			t.Fatal(err)
		}
		s, _ := setup(t, d)
		services = append(services, s)
		if i == 1 {
			d.Watch(func() { noticed <- struct{}{} })
		}
	}
	id := register(t, services[0], registration("one", bot.Standard))
	for {
		<-noticed // after the service itself was told
		if b, err := services[1].Get(t.Context(), id); err == nil && b.Code == "one" {
			return
		}
	}
}

func TestNotLoaded(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	o := newOffice()
	cold, other := newService(d, o, nil), newService(d, o, nil)
	for _, code := range []string{"one", "two"} {
		id := register(t, cold, registration(code, bot.Standard))
		if b, err := other.Get(t.Context(), id); err != nil || b.Code != code {
			t.Errorf("%+v, %v", b, err)
		}
	}
}
