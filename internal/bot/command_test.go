package bot_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
)

// echo describes a complete command.
func echo(botID int64) bot.NewCommand {
	return bot.NewCommand{
		BotID: botID, Name: "/echo", Handler: hook + "?command",
		Help: []bot.Help{{Language: "de", Title: "Echo"}, {Language: "en", Title: "Says it again", Params: "words"}},
	}
}

func addCommand(t *testing.T, s *bot.Service, n bot.NewCommand) int64 {
	t.Helper()
	id, err := s.RegisterCommand(t.Context(), mine, n)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestCommands(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, o := setup(t, d)
		ctx := t.Context()
		b := register(t, s, registration("one", bot.Standard))
		id := addCommand(t, s, echo(b))
		again := echo(b)
		again.Name, again.Common = "ECHO", true
		if same := addCommand(t, s, again); same != id {
			t.Errorf("the command registered again is %d, was %d", same, id)
		}
		fresh := newService(d, o, nil) // reads the tables
		c, err := fresh.OwnedCommand(ctx, mine, id)
		if err != nil || c.BotID != b || c.Name != "ECHO" || !c.Common || c.Hidden || c.Handler != hook+"?command" || !c.Created.Equal(noon) {
			t.Fatalf("stored %+v, %v", c, err)
		}
		for lang, want := range map[string]string{"en": "Says it again", "de": "Echo", "de-AT": "Echo", "fr": "Says it again", "": "Says it again"} {
			if got := c.In(lang).Title; got != want {
				t.Errorf("in %q it is %q, want %q", lang, got, want)
			}
		}
		must(t, s.UpdateCommand(ctx, mine, id, bot.CommandChange{
			Name: "say", Handler: hook, Hidden: new(true), Extranet: new(true), Help: []bot.Help{{Language: "en", Title: "Say"}},
		}))
		if c, _ = fresh.CommandNamed(ctx, mine, "/Say"); c.ID != id || c.Handler != hook || !c.Hidden || !c.Extranet || c.In("de").Title != "Say" {
			t.Errorf("changed to %+v", c)
		}
		other := addCommand(t, s, echo(b))
		wantFault(t, s.UpdateCommand(ctx, mine, other, bot.CommandChange{Name: "SAY"}), "WRONG_REQUEST", "Command can't be updated")
		wantFault(t, s.UpdateCommand(ctx, mine, other, bot.CommandChange{}), "WRONG_REQUEST", "Update fields can't be empty")
		wantFault(t, s.UpdateCommand(ctx, mine, other, bot.CommandChange{Handler: "nowhere"}), "EVENT_COMMAND_ADD_ERROR", "Wrong handler URL")
		must(t, s.UnregisterCommand(ctx, mine, other))
		wantFault(t, s.UnregisterCommand(ctx, mine, other), "COMMAND_ID_ERROR", "Command not found")
		wantFault(t, s.UnregisterCommand(ctx, theirs, id), "APP_ID_ERROR", "Command was installed by another REST application")
		must(t, s.Unregister(ctx, mine, ann, b))
		if _, err := fresh.OwnedCommand(ctx, mine, id); fault.Of(err).Code != "COMMAND_ID_ERROR" {
			t.Errorf("the command of a removed bot: %v", err)
		}
	})
}

func TestCommandFaults(t *testing.T) {
	t.Parallel()
	s, _ := setup(t, dbtest.SQLite(t, schemas...))
	b := register(t, s, registration("one", bot.Standard))
	for name, c := range map[string]struct {
		change     func(n *bot.NewCommand)
		code, text string
	}{
		"no handler":  {func(n *bot.NewCommand) { n.Handler = "" }, "EVENT_COMMAND_ADD_ERROR", `Handler for "Command add" event isn't specified`},
		"bad handler": {func(n *bot.NewCommand) { n.Handler = "ftp://x" }, "EVENT_COMMAND_ADD_ERROR", "Wrong handler URL"},
		"no name":     {func(n *bot.NewCommand) { n.Name = " / " }, "COMMAND_ERROR", "Command isn't specified"},
		"no bot":      {func(n *bot.NewCommand) { n.BotID = 4711 }, "BOT_ID_ERROR", "Bot not found"},
		"no language": {func(n *bot.NewCommand) { n.Help = nil }, "LANG_ERROR", "Lang set can't be empty"},
		"no title":    {func(n *bot.NewCommand) { n.Help[0].Title = " " }, "WRONG_REQUEST", "Command can't be created"},
		"two words":   {func(n *bot.NewCommand) { n.Name = "two words" }, "WRONG_REQUEST", "Command can't be created"},
		"a path":      {func(n *bot.NewCommand) { n.Name = "etc/hosts" }, "WRONG_REQUEST", "Command can't be created"},
		"too long":    {func(n *bot.NewCommand) { n.Name = strings.Repeat("x", 101) }, "WRONG_REQUEST", "Command can't be created"},
	} {
		n := echo(b)
		c.change(&n)
		_, err := s.RegisterCommand(t.Context(), mine, n)
		if f := fault.Of(err); f.Code != c.code || f.Text != c.text {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := s.RegisterCommand(t.Context(), theirs, echo(b))
	wantFault(t, err, "APP_ID_ERROR", "Bot was installed by another REST application")
}

// TestCommandInvoked sees who hears of a command, and that they hear of the command in place of the message.
func TestCommandInvoked(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	s, o := setup(t, d)
	one := register(t, s, registration("one", bot.Standard))
	all := register(t, s, registration("all", bot.Supervisor))
	line := register(t, s, registration("line", bot.OpenLine))
	addCommand(t, s, echo(one))
	addCommand(t, s, echo(line))
	everywhere := echo(one)
	everywhere.Name, everywhere.Common, everywhere.Extranet = "help", true, true
	addCommand(t, s, everywhere)

	group := bot.Chat{ID: 41, Type: "C"}
	lines := bot.Chat{ID: 42, Type: "L", EntityType: "LINES"}
	for name, c := range map[string]struct {
		chat   bot.Chat
		author int64
		text   string
		bots   []int64
		want   string
	}{
		"private":                {private(one, ann), ann, "/echo  a b\n", []int64{one}, "one: echo(a b)"},
		"in any case":            {private(one, ann), ann, "/ECHO", []int64{one}, "one: echo()"},
		"unknown":                {private(one, ann), ann, "/nothing", []int64{one}, "one hears"},
		"not at the beginning":   {private(one, ann), ann, "say /echo", []int64{one}, "one hears"},
		"a path":                 {private(one, ann), ann, "/echo/x", []int64{one}, "one hears"},
		"two of them":            {private(one, ann), ann, "/echo a\n/help b", []int64{one}, "one: echo(a) help(b)"},
		"group, not mentioned":   {group, ann, "/echo x", []int64{one, all}, "one: echo(x); all hears"},
		"group without the bot":  {group, ann, "/echo x", []int64{all}, "all hears"},
		"everywhere":             {group, ann, "/help me", nil, "one: help(me)"},
		"outsider":               {private(one, 8), 8, "/echo", []int64{one}, "one hears"},
		"outsider, for them too": {private(one, 8), 8, "/help", []int64{one}, "one: help()"},
		"open channel":           {lines, ann, "/echo", []int64{line}, "line: echo()"},
		"from a bot":             {group, all, "/echo x", []int64{one}, ""},
	} {
		e := bot.MessageEvent{
			Chat: c.chat, BotIDs: c.bots, ActorID: c.author,
			Message: bot.Message{ID: 5, AuthorID: c.author, SenderID: c.author, Text: c.text},
		}
		got := tell(t, d, o, func(tx *db.Tx) error { return s.MessageAddedTx(t.Context(), tx, e) })
		var said []string
		for _, x := range got {
			b, _ := s.Get(t.Context(), x.BotID)
			if x.Name != "ONIMCOMMANDADD" {
				said = append(said, b.Code+" hears")
				continue
			}
			words := []string{b.Code + ":"}
			commands, _ := x.Data.Get("COMMAND")
			for _, entry := range commands.Entries() {
				name, _ := entry.Value.Get("COMMAND")
				params, _ := entry.Value.Get("COMMAND_PARAMS")
				words = append(words, name.Text()+"("+params.Text()+")")
			}
			said = append(said, strings.Join(words, " "))
			if x.URL != hook+"?command" || x.UserID != c.author {
				t.Errorf("%s: delivered %+v", name, x)
			}
		}
		if strings.Join(said, "; ") != c.want {
			t.Errorf("%s: %q, want %q", name, strings.Join(said, "; "), c.want)
		}
	}
}

func TestCommandEvent(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, o := setup(t, d)
		b := register(t, s, registration("BOT_GM", bot.Standard))
		id := addCommand(t, s, echo(b))
		uuid := "acae8d22-4536-4f47-a276-2e3bdf866475"
		e := bot.MessageEvent{
			Chat: private(b, ann), BotIDs: []int64{b}, ActorID: ann, Platform: "web",
			Message: bot.Message{ID: 33899, AuthorID: ann, SenderID: ann, Text: "/echo test", UUID: uuid, Date: noon},
		}
		got := tell(t, d, o, func(tx *db.Tx) error { return s.MessageAddedTx(t.Context(), tx, e) })
		if len(got) != 1 || got[0].Name != "ONIMCOMMANDADD" || got[0].BotID != b || got[0].UserID != ann || got[0].AppID != 3 {
			t.Fatalf("delivered %+v", got)
		}
		want := fmt.Sprintf("COMMAND={%d={client_id=local.3 BOT_ID=%d BOT_CODE=BOT_GM COMMAND=echo COMMAND_ID=%d COMMAND_PARAMS=test "+
			"COMMAND_CONTEXT=TEXTAREA MESSAGE_ID=33899}} PARAMS={MESSAGE=/echo test TEMPLATE_ID=%s MESSAGE_TYPE=P FROM_USER_ID=7 "+
			"DIALOG_ID=7 TO_CHAT_ID=40 AUTHOR_ID=7 SYSTEM=N TO_USER_ID=%d SKIP_USER_CHECK=Y PUSH=Y PUSH_IMPORTANT=N RECENT_ADD=Y "+
			"RECENT_SKIP_AUTHOR=N CONVERT=N SKIP_COMMAND=N SKIP_COUNTER_INCREMENTS=N SILENT_CONNECTOR=N SKIP_CONNECTOR=N "+
			"IMPORTANT_CONNECTOR=N NO_SESSION_OL=N FAKE_RELATION=0 SKIP_URL_INDEX=N MESSAGE_ID=33899 CHAT_TYPE=P LANGUAGE=en} "+
			"USER={ID=7 NAME=Ann Lee FIRST_NAME=Ann LAST_NAME=Lee GENDER=F}", id, b, id, uuid, b)
		if form(got[0]) != want {
			t.Errorf("data\n%s\nwant\n%s", form(got[0]), want)
		}

		e.Chat = bot.Chat{ID: 41, Type: "C", Title: "New chat name", OwnerID: b, ColorCode: "GREEN", CanPost: "member", EntityType: "CHAT", EntityID: "13"}
		e.PrevMessageID = 33898
		got = tell(t, d, o, func(tx *db.Tx) error { return s.MessageAddedTx(t.Context(), tx, e) })
		want = fmt.Sprintf("MESSAGE=/echo test TEMPLATE_ID=%s MESSAGE_TYPE=C FROM_USER_ID=7 DIALOG_ID=chat41 TO_CHAT_ID=41 AUTHOR_ID=7 SYSTEM=N "+
			"CHAT_ID=41 CHAT_PARENT_ID=0 CHAT_PARENT_MID=0 CHAT_TITLE=New chat name CHAT_AUTHOR_ID=%d CHAT_TYPE=C CHAT_AVATAR=0 CHAT_COLOR=GREEN "+
			"CHAT_ENTITY_TYPE=CHAT CHAT_ENTITY_ID=13 CHAT_ENTITY_DATA_1= CHAT_ENTITY_DATA_2= CHAT_ENTITY_DATA_3= CHAT_EXTRANET=N "+
			"CHAT_PREV_MESSAGE_ID=33898 CHAT_CAN_POST=MEMBER RID=7 IS_MANAGER=N BOT_IN_CHAT={%d=%d} SKIP_USER_CHECK=Y PUSH=Y PUSH_IMPORTANT=N "+
			"RECENT_ADD=Y RECENT_SKIP_AUTHOR=N CONVERT=N SKIP_COMMAND=N SKIP_COUNTER_INCREMENTS=N SILENT_CONNECTOR=N SKIP_CONNECTOR=N "+
			"IMPORTANT_CONNECTOR=N NO_SESSION_OL=N FAKE_RELATION=0 SKIP_URL_INDEX=N MESSAGE_ID=33899 LANGUAGE=en", uuid, b, b, b)
		if got := form(got[0], "PARAMS"); got != want {
			t.Errorf("params\n%s\nwant\n%s", got, want)
		}
	})
}

func TestInvoke(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	s, o := setup(t, d)
	b := register(t, s, registration("one", bot.Standard))
	other := register(t, s, registration("two", bot.Standard))
	id := addCommand(t, s, echo(b))
	o.messages = map[int64]seen{33: {bot.MessageEvent{
		Chat: bot.Chat{ID: 41, Type: "C"}, Message: bot.Message{ID: 33, AuthorID: b, SenderID: b, Text: "Choose"}, BotIDs: []int64{b, other},
	}, []int64{ann, 8, b}}}
	v := bot.Invocation{UserID: ann, MessageID: 33, BotID: b, Command: "echo", Params: " 1 ", Context: bot.FromKeyboard}
	must(t, s.Invoke(t.Context(), v))
	got := o.taken()
	if len(got) != 1 || got[0].Name != "ONIMCOMMANDADD" || got[0].UserID != ann {
		t.Fatalf("delivered %+v", got)
	}
	want := fmt.Sprintf("client_id=local.3 BOT_ID=%d BOT_CODE=one COMMAND=echo COMMAND_ID=%d COMMAND_PARAMS=1 COMMAND_CONTEXT=KEYBOARD MESSAGE_ID=33", b, id)
	if got := form(got[0], "COMMAND", strconv.FormatInt(id, 10)); got != want {
		t.Errorf("command %s, want %s", got, want)
	}
	if got := form(got[0], "PARAMS"); !strings.HasPrefix(got, "MESSAGE=/echo 1 ") || !strings.Contains(got, " FROM_USER_ID=7 ") {
		t.Errorf("params %s", got)
	}
	for name, c := range map[string]struct {
		change     func(v *bot.Invocation)
		code, text string
	}{
		"of another bot":       {func(v *bot.Invocation) { v.BotID = other }, "PARAMS_ERROR", "Incorrect params"},
		"unknown bot":          {func(v *bot.Invocation) { v.BotID = 4711 }, "BOT_ID_ERROR", "Bot ID can't be empty"},
		"unknown":              {func(v *bot.Invocation) { v.Command = "x" }, "PARAMS_ERROR", "Incorrect params"},
		"none":                 {func(v *bot.Invocation) { v.Command = "/" }, "COMMAND_ERROR", "Command can't be empty"},
		"not for outsiders":    {func(v *bot.Invocation) { v.UserID = 8 }, "PARAMS_ERROR", "Incorrect params"},
		"a message unseen":     {func(v *bot.Invocation) { v.UserID = 9 }, "MESSAGE_ID_ERROR", "Message ID can't be empty"},
		"a message that isn't": {func(v *bot.Invocation) { v.MessageID = 34 }, "MESSAGE_ID_ERROR", "Message ID can't be empty"},
	} {
		v := v
		c.change(&v)
		if f := fault.Of(s.Invoke(t.Context(), v)); f.Code != c.code || f.Text != c.text {
			t.Errorf("%s: %v", name, f)
		}
	}
	if got := o.taken(); len(got) != 0 {
		t.Errorf("refused presses are told: %+v", got)
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	s, o := setup(t, d)
	ctx := t.Context()
	b := register(t, s, registration("one", bot.Standard))
	everywhere := echo(b)
	everywhere.Common = true
	c, err := s.OwnedCommand(ctx, mine, addCommand(t, s, everywhere))
	must(t, err)
	o.messages = map[int64]seen{33: {bot.MessageEvent{Chat: bot.Chat{ID: 41, Type: "C"}, Message: bot.Message{ID: 33}}, []int64{ann, b}}}
	if _, err := s.Answer(ctx, mine, c, 33, bot.Outgoing{Text: " 42 ", NoPreview: true}); err != nil {
		t.Fatal(err)
	}
	if m := o.sent[0]; m.ChatID != 41 || m.AuthorID != b || m.Text != "42" || m.System || !m.NoPreview {
		t.Errorf("answered %+v", m)
	}
	// In a chat that the bot is not in it may answer what invoked its command, and nothing else.
	_, err = s.Answer(ctx, mine, c, 77, bot.Outgoing{Text: "x"})
	wantFault(t, err, "WRONG_REQUEST", "Message isn't added")
	e := bot.MessageEvent{Chat: bot.Chat{ID: 43, Type: "C"}, Message: bot.Message{ID: 77, AuthorID: ann, SenderID: ann, Text: "/echo"}, ActorID: ann}
	tell(t, d, o, func(tx *db.Tx) error { return s.MessageAddedTx(ctx, tx, e) })
	if _, err := s.Answer(ctx, mine, c, 77, bot.Outgoing{Text: "x"}); err != nil {
		t.Fatal(err)
	}
	if m := o.sent[1]; m.ChatID != 43 || m.AuthorID != 0 || !m.System || m.Text != fmt.Sprintf("[USER=%d]Robo[/USER]:\nx", b) {
		t.Errorf("answered %+v", m)
	}
	_, err = s.Answer(ctx, mine, c, 0, bot.Outgoing{Text: "x"})
	wantFault(t, err, "MESSAGE_ID_EMPTY", "Message ID can't be empty")
	_, err = s.Answer(ctx, mine, c, 33, bot.Outgoing{Text: " "})
	wantFault(t, err, "MESSAGE_EMPTY", "Message can't be empty")
	o.refuse = errors.New("disk full")
	if _, err = s.Answer(ctx, mine, c, 33, bot.Outgoing{Text: "x"}); !errors.Is(err, o.refuse) {
		t.Errorf("%v, want the failure", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
