package portal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// hybrid is a portal with a bot that is in chats and leads conversations of open channels: one of the first generation, or one of the
// second which gets its events posted or fetches them.
type hybrid struct {
	*portal.Portal

	t     *testing.T
	clock *clock.Manual
	app   app.Created
	anna  user.User
	bot   int64
	line  line.Line
	seen  int64 // the last event that was looked at
}

const deaf = "http://127.0.0.1:9/"

func newHybrid(t *testing.T, database db.Config, register func(h *hybrid) int64) *hybrid {
	t.Helper()
	h := &hybrid{t: t, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))}
	ctx := t.Context()
	var err error
	h.Portal, err = portal.Open(ctx, portal.Config{
		DB: database, PublicURL: func() string { return "https://portal.test" }, Log: slog.New(slog.DiscardHandler), Clock: h.clock,
	})
	h.must(err)
	t.Cleanup(func() { _ = h.Close(context.WithoutCancel(ctx)) })
	h.anna, _, err = h.EnsureAdmin(ctx, user.NewUser{Login: "anna", FirstName: "Anna", LastName: "Berg", Password: "correct horse battery", Admin: true})
	h.must(err)
	boss := user.Ref{ID: h.anna.ID, Admin: true}
	h.app, err = h.Apps.Create(ctx, boss, app.Form{
		Name: "Menu", Kind: app.Server, APIOnly: true, HandlerURL: deaf, InstallURL: deaf, Scopes: []string{"imbot", "imopenlines", "imconnector"},
	})
	h.must(err)
	h.bot = register(h)
	h.line, err = h.Lines.Add(ctx, boss, func(l *line.Line) error {
		l.Name, l.Active, l.Queue, l.Welcome, l.WorkTime.Enabled = "Sales", true, []line.Entry{{Kind: line.EntryUser, ID: h.anna.ID}}, false, false
		l.Bot.Enabled, l.Bot.ID, l.Bot.Always, l.CheckAvailable = true, h.bot, true, false
		return nil
	})
	h.must(err)
	h.must(h.Connectors.Register(ctx, h.anna.ID, connector.Connector{
		AppID: h.app.ID, Code: "chat", Name: "Chat", Handler: deaf, Icon: connector.Icon{Image: "data:image/svg+xml,<svg/>"}, DeleteIncoming: true,
	}))
	h.must(h.Connectors.Connect(ctx, boss, "chat", h.line.ID))
	h.events() // what came before
	return h
}

func (h *hybrid) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// firstBot registers a bot through imbot, with a command.
func firstBot(h *hybrid) int64 {
	o := bot.Owner{AppID: h.app.ID}
	id, err := h.Bots.Register(h.t.Context(), bot.Registration{
		Owner: o, Code: "menu", Type: bot.Standard, OpenLine: true, Profile: user.BotChange{FirstName: new("Menu")},
		Handlers: bot.Handlers{MessageAdd: deaf, MessageUpdate: deaf, MessageDelete: deaf, Join: deaf, Delete: deaf},
	})
	h.must(err)
	h.command(o, id)
	return id
}

// secondBot registers a bot through imbot.v2, with a command.
func secondBot(mode bot.Mode) func(h *hybrid) int64 {
	return func(h *hybrid) int64 {
		o := bot.Owner{AppID: h.app.ID}
		b, err := h.Bots.RegisterSecond(h.t.Context(), bot.SecondRegistration{
			Owner: o, Code: "menu", Type: bot.Personal, OpenLine: true, Second: bot.Second{Mode: mode, WebhookURL: deaf, Reactions: true},
			Profile: user.BotChange{FirstName: new("Menu")},
		})
		h.must(err)
		h.command(o, b.ID)
		return b.ID
	}
}

func (h *hybrid) command(o bot.Owner, id int64) {
	h.t.Helper()
	_, err := h.Bots.RegisterCommand(h.t.Context(), o, bot.NewCommand{
		BotID: id, Name: "echo", Handler: deaf, Help: []bot.Help{{Language: "en", Title: "Echo", Params: "text"}},
	})
	h.must(err)
}

// heard is an event as it is recorded for a bot.
type heard struct {
	Name string
	Data map[string]any
}

// events returns the events of bots since they were last asked for.
func (h *hybrid) events() (out []heard) {
	h.t.Helper()
	ctx := h.t.Context()
	h.must(h.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		last := h.seen
		for _, q := range []string{
			"SELECT id, name, data FROM event_delivery WHERE id > ? AND (name LIKE 'ONIMBOT%' OR name LIKE 'ONIMCOMMAND%') ORDER BY id",
			"SELECT id, name, data FROM bot_queue WHERE id > ? ORDER BY id",
		} {
			rows, err := tx.Query(ctx, q, h.seen)
			if err != nil {
				return err
			}
			for rows.Next() {
				var e heard
				var data string
				if err := rows.Scan(&last, &e.Name, &data); err != nil {
					return err
				}
				if err := json.Unmarshal([]byte(data), &e.Data); err != nil {
					return err
				}
				out = append(out, e)
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		h.seen = last
		return nil
	}))
	return out
}

// client is what happens to a message of a client: it is written, changed or deleted.
func (h *hybrid) client(do func(context.Context, int64, string, int64, []connector.Message) ([]connector.Result, error), id, text string) connector.Result {
	h.t.Helper()
	h.clock.Advance(time.Second)
	all, err := do(h.t.Context(), h.app.ID, "chat", h.line.ID, []connector.Message{
		{User: connector.Person{ID: "vera", FirstName: "Vera"}, ID: id, Text: text, ChatID: "vera"},
	})
	h.must(err)
	if len(all) != 1 || all[0].Problem != "" {
		h.t.Fatalf("%+v", all)
	}
	return all[0]
}

// The documented keys of PARAMS, of messages that nobody typed in the portal and that mention nobody.
// Pages: api-reference/chat-bots/outdated/messages/events/, chats/events/on-imbot-join-chat.md, commands/events/on-im-command-add.md.
const (
	addKeys = "MESSAGE TEMPLATE_ID MESSAGE_TYPE FROM_USER_ID DIALOG_ID TO_CHAT_ID AUTHOR_ID SYSTEM TO_USER_ID CHAT_ID CHAT_TITLE CHAT_AUTHOR_ID " +
		"CHAT_TYPE CHAT_AVATAR CHAT_COLOR CHAT_ENTITY_TYPE CHAT_ENTITY_ID CHAT_ENTITY_DATA_1 CHAT_ENTITY_DATA_2 CHAT_ENTITY_DATA_3 CHAT_EXTRANET " +
		"CHAT_PREV_MESSAGE_ID CHAT_CAN_POST RID IS_MANAGER PUSH PUSH_IMPORTANT RECENT_SKIP_AUTHOR CONVERT SKIP_COMMAND SKIP_COUNTER_INCREMENTS " +
		"SILENT_CONNECTOR SKIP_CONNECTOR IMPORTANT_CONNECTOR NO_SESSION_OL FAKE_RELATION SKIP_URL_INDEX CHAT_USER_COUNT MESSAGE_ORIGINAL MESSAGE_ID LANGUAGE"
	updateKeys = "ID CHAT_ID AUTHOR_ID MESSAGE MESSAGE_TYPE CHAT_AUTHOR_ID CHAT_ENTITY_TYPE CHAT_ENTITY_ID CHAT_ENTITY_DATA_1 CHAT_ENTITY_DATA_2 " +
		"CHAT_ENTITY_DATA_3 TO_USER_ID CHAT_USER_COUNT MESSAGE_ORIGINAL DIALOG_ID MESSAGE_ID CHAT_TYPE LANGUAGE"
	deleteKeys = "ID CHAT_ID AUTHOR_ID MESSAGE MESSAGE_TYPE CHAT_AUTHOR_ID CHAT_ENTITY_TYPE CHAT_ENTITY_ID CHAT_ENTITY_DATA_1 CHAT_ENTITY_DATA_2 " +
		"CHAT_ENTITY_DATA_3 DIALOG_ID MESSAGE_ID CHAT_TYPE LANGUAGE"
	joinKeys    = "CHAT_TYPE MESSAGE_TYPE BOT_ID USER_ID CHAT_ID CHAT_AUTHOR_ID CHAT_ENTITY_TYPE CHAT_ENTITY_ID ACCESS_HISTORY DIALOG_ID LANGUAGE"
	commandKeys = "MESSAGE TEMPLATE_ID MESSAGE_TYPE FROM_USER_ID DIALOG_ID TO_CHAT_ID AUTHOR_ID SYSTEM SKIP_USER_CHECK PUSH PUSH_IMPORTANT RECENT_ADD " +
		"RECENT_SKIP_AUTHOR CONVERT SKIP_COMMAND SKIP_COUNTER_INCREMENTS SILENT_CONNECTOR SKIP_CONNECTOR IMPORTANT_CONNECTOR NO_SESSION_OL FAKE_RELATION " +
		"SKIP_URL_INDEX MESSAGE_ID CHAT_TYPE LANGUAGE CHAT_ID CHAT_PARENT_ID CHAT_PARENT_MID CHAT_TITLE CHAT_AUTHOR_ID CHAT_AVATAR CHAT_COLOR CHAT_ENTITY_TYPE " +
		"CHAT_ENTITY_ID CHAT_ENTITY_DATA_1 CHAT_ENTITY_DATA_2 CHAT_ENTITY_DATA_3 CHAT_EXTRANET CHAT_PREV_MESSAGE_ID CHAT_CAN_POST RID IS_MANAGER BOT_IN_CHAT"
	userKeys = "ID NAME FIRST_NAME LAST_NAME WORK_POSITION GENDER IS_BOT IS_CONNECTOR IS_NETWORK IS_EXTRANET"
)

// keysAre checks which keys an object has.
func (h *hybrid) keysAre(what string, got any, want string) map[string]any {
	h.t.Helper()
	object, _ := got.(map[string]any)
	keys, wanted := slices.Sorted(maps.Keys(object)), strings.Fields(want)
	slices.Sort(wanted)
	if !slices.Equal(keys, wanted) {
		h.t.Errorf("%s has\n%s\nwant\n%s", what, strings.Join(keys, " "), strings.Join(wanted, " "))
	}
	return object
}

// valuesAre checks some of the values of an object.
func (h *hybrid) valuesAre(what string, got map[string]any, want map[string]any) {
	h.t.Helper()
	for key, v := range want {
		if fmt.Sprint(got[key]) != fmt.Sprint(v) {
			h.t.Errorf("%s: %s is %v, want %v", what, key, got[key], v)
		}
	}
}

// one returns the only event since the last look.
func (h *hybrid) one(name string) heard {
	h.t.Helper()
	all := h.events()
	if len(all) != 1 || all[0].Name != name {
		h.t.Fatalf("heard %+v, want %s alone", all, name)
	}
	return all[0]
}

func (h *hybrid) chat(id int64) im.Chat {
	h.t.Helper()
	c, err := h.IM.Get(im.Overseeing(h.t.Context()), h.anna.ID, id)
	h.must(err)
	return c
}

// TestTheSameBotInChatsAndLines compares every documented key of each event of imbot in a conversation with a client and in a chat.
func TestTheSameBotInChatsAndLines(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		h := newHybrid(t, database("hybrid"), firstBot)
		r := h.client(h.Connectors.Receive, "1", "Hello")
		c := h.chat(r.ChatID)
		dialog := fmt.Sprintf("chat%d", c.ID)
		code := fmt.Sprintf("chat|%d|vera|%d", h.line.ID, r.VisitorID)
		if c.EntityID != code || !strings.HasPrefix(c.EntityData[0], "N|NONE|0|N|N|"+strconv.FormatInt(r.SessionID, 10)+"|") {
			t.Fatalf("the chat is %+v", c)
		}
		belongs := map[string]any{
			"CHAT_ENTITY_TYPE": "LINES", "CHAT_ENTITY_ID": code, "CHAT_ENTITY_DATA_1": c.EntityData[0], "CHAT_ENTITY_DATA_2": c.EntityData[1],
			"CHAT_ENTITY_DATA_3": "N", "CHAT_ID": c.ID, "DIALOG_ID": dialog, "CHAT_TYPE": "L", "MESSAGE_TYPE": "L",
		}
		all := h.events()
		if len(all) != 2 || all[0].Name != "ONIMBOTJOINCHAT" || all[1].Name != "ONIMBOTMESSAGEADD" {
			t.Fatalf("heard %+v", all)
		}
		join := h.keysAre("a join", all[0].Data["PARAMS"], joinKeys)
		h.valuesAre("a join", join, map[string]any{
			"CHAT_ENTITY_TYPE": "LINES", "CHAT_ENTITY_ID": code, "CHAT_ID": c.ID, "DIALOG_ID": dialog, "CHAT_TYPE": "L", "MESSAGE_TYPE": "L",
			"BOT_ID": h.bot, "USER_ID": r.VisitorID,
		})
		add := h.keysAre("a message", all[1].Data["PARAMS"], addKeys)
		h.valuesAre("a message", add, belongs)
		h.valuesAre("a message", add, map[string]any{
			"MESSAGE": "Hello", "FROM_USER_ID": r.VisitorID, "AUTHOR_ID": r.VisitorID, "MESSAGE_ID": r.MessageID, "CHAT_TITLE": c.Title, "TO_CHAT_ID": c.ID,
		})
		who := h.keysAre("who wrote", all[1].Data["USER"], userKeys)
		h.valuesAre("who wrote", who, map[string]any{"ID": r.VisitorID, "NAME": "Vera", "IS_CONNECTOR": "Y", "IS_BOT": "N"})

		h.client(h.Connectors.Change, "1", "Hello!")
		update := h.keysAre("a change", h.one("ONIMBOTMESSAGEUPDATE").Data["PARAMS"], updateKeys)
		h.valuesAre("a change", update, belongs)
		h.valuesAre("a change", update, map[string]any{"MESSAGE": "Hello!", "MESSAGE_ID": r.MessageID, "ID": r.MessageID, "AUTHOR_ID": r.VisitorID})

		h.client(h.Connectors.Delete, "1", "")
		gone := h.keysAre("a removal", h.one("ONIMBOTMESSAGEDELETE").Data["PARAMS"], deleteKeys)
		h.valuesAre("a removal", gone, belongs)

		h.client(h.Connectors.Receive, "2", "/echo me")
		command := h.keysAre("a command", h.one("ONIMCOMMANDADD").Data["PARAMS"], commandKeys)
		h.valuesAre("a command", command, belongs)

		group, err := h.IM.CreateGroup(t.Context(), im.NewGroup{Title: "Team", OwnerID: h.anna.ID, MemberIDs: []int64{h.anna.ID, h.bot}})
		h.must(err)
		h.valuesAre("a join of a chat", h.keysAre("a join of a chat", h.one("ONIMBOTJOINCHAT").Data["PARAMS"], joinKeys), map[string]any{
			"CHAT_ENTITY_TYPE": "", "CHAT_ENTITY_ID": "", "CHAT_ID": group.ID, "CHAT_TYPE": "C",
		})
		_, err = h.IM.Send(t.Context(), im.NewMessage{ChatID: group.ID, AuthorID: h.anna.ID, Text: fmt.Sprintf("[USER=%d]Menu[/USER] hello", h.bot)})
		h.must(err)
		said := h.keysAre("a message of a chat", h.one("ONIMBOTMESSAGEADD").Data["PARAMS"], addKeys+" MENTIONED_LIST")
		h.valuesAre("a message of a chat", said, map[string]any{
			"CHAT_ENTITY_TYPE": "", "CHAT_ENTITY_ID": "", "CHAT_ENTITY_DATA_1": "", "CHAT_ENTITY_DATA_2": "", "CHAT_ENTITY_DATA_3": "", "MESSAGE": "hello", "CHAT_TYPE": "C",
		})
	})
}

// The documented keys of the objects in the events of imbot.v2.
// Pages: api-reference/chat-bots/chat-bots-v2/entities.md, imbot.v2/events/events.md.
const (
	chatKeys = "id dialogId name type messageType owner color avatar description extranet containsCollaber entityType entityId entityData1 entityData2 " +
		"entityData3 entityLink diskFolderId permissions parentChatId parentMessageId isNew textFieldEnabled backgroundId"
	messageKeys   = "id chatId authorId date text isSystem uuid forward params viewedByOthers"
	personKeys    = "id active name firstName lastName workPosition color avatar gender birthday extranet bot connector externalAuthId status idle lastActivityDate mobileLastDate desktopLastDate absent departments phones type website email"
	postedBotKeys = "id code"
	fetchBotKeys  = "id code type isHidden isSupportOpenline isReactionsEnabled backgroundId language moduleId eventMode countMessage countCommand countChat countUser"
)

// TestTheSameSecondBotInChatsAndLines does the same for the bots of imbot.v2, whose events are posted or fetched.
func TestTheSameSecondBotInChatsAndLines(t *testing.T) {
	t.Parallel()
	for _, mode := range []bot.Mode{bot.Webhook, bot.Fetch} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
				newHybrid(t, database("hybrid"), secondBot(mode)).second(mode)
			})
		})
	}
}

func (h *hybrid) second(mode bot.Mode) {
	botKeys := map[bot.Mode]string{bot.Webhook: postedBotKeys, bot.Fetch: fetchBotKeys}[mode]
	r := h.client(h.Connectors.Receive, "1", "Hello")
	c := h.chat(r.ChatID)
	check := func(e heard, name, keys string, belongs map[string]any) map[string]any {
		h.t.Helper()
		if e.Name != "ONIMBOTV2"+name {
			h.t.Fatalf("heard %s, want %s", e.Name, name)
		}
		data := h.keysAre(name, e.Data, "bot chat user language "+keys)
		h.valuesAre(name, h.keysAre("the bot of "+name, data["bot"], botKeys), map[string]any{"id": h.bot, "code": "menu"})
		h.valuesAre(name, h.keysAre("the chat of "+name, data["chat"], chatKeys), belongs)
		h.keysAre("who did "+name, data["user"], personKeys)
		if m, ok := data["message"]; ok {
			h.keysAre("the message of "+name, m, messageKeys)
		}
		return data
	}
	ofLine := map[string]any{
		"id": c.ID, "dialogId": fmt.Sprintf("chat%d", c.ID), "type": "lines", "messageType": "L", "entityType": "LINES", "entityId": fmt.Sprintf("chat|%d|vera|%d", h.line.ID, r.VisitorID),
		"entityData1": c.EntityData[0], "entityData2": c.EntityData[1], "entityData3": "N", "entityLink": map[string]any{"type": "LINES", "url": "", "id": c.EntityID},
	}
	if !strings.Contains(c.EntityData[0], fmt.Sprintf("|%d|", r.SessionID)) {
		h.t.Fatalf("the chat is %+v", c)
	}
	all := h.events()
	if len(all) != 2 {
		h.t.Fatalf("heard %+v", all)
	}
	join := check(all[0], "JOINCHAT", "dialogId", ofLine)
	h.valuesAre("a join", join, map[string]any{"dialogId": fmt.Sprintf("chat%d", c.ID)})
	add := check(all[1], "MESSAGEADD", "message", ofLine)
	message, _ := add["message"].(map[string]any)
	h.valuesAre("a message", message, map[string]any{"text": "Hello", "id": r.MessageID, "authorId": r.VisitorID, "chatId": c.ID})
	who, _ := add["user"].(map[string]any)
	h.valuesAre("who wrote", who, map[string]any{"id": r.VisitorID, "connector": true, "type": "imconnector"})
	h.client(h.Connectors.Change, "1", "Hello!")
	check(h.one("ONIMBOTV2MESSAGEUPDATE"), "MESSAGEUPDATE", "message", ofLine)
	h.client(h.Connectors.Delete, "1", "")
	check(h.one("ONIMBOTV2MESSAGEDELETE"), "MESSAGEDELETE", "messageId", ofLine)
	h.client(h.Connectors.Receive, "2", "/echo me")
	command := check(h.one("ONIMBOTV2COMMANDADD"), "COMMANDADD", "command message", ofLine)
	h.keysAre("the command", command["command"], "id command params context")
	ctx := h.t.Context()
	answer, err := h.IM.Send(ctx, im.NewMessage{ChatID: c.ID, AuthorID: h.bot, Text: "1. Opening times"})
	h.must(err)
	h.events()
	_, err = h.IM.React(ctx, r.VisitorID, answer.ID, "like", true)
	h.must(err)
	check(h.one("ONIMBOTV2REACTIONCHANGE"), "REACTIONCHANGE", "reaction action message", ofLine)

	group, err := h.IM.CreateGroup(ctx, im.NewGroup{Title: "Team", OwnerID: h.anna.ID, MemberIDs: []int64{h.anna.ID, h.bot}})
	h.must(err)
	ofChat := map[string]any{"id": group.ID, "type": "chat", "messageType": "C", "entityType": "", "entityId": "", "entityData1": "", "entityData2": "", "entityData3": ""}
	check(h.one("ONIMBOTV2JOINCHAT"), "JOINCHAT", "dialogId", ofChat)
	_, err = h.IM.Send(ctx, im.NewMessage{ChatID: group.ID, AuthorID: h.anna.ID, Text: "hello"})
	h.must(err)
	check(h.one("ONIMBOTV2MESSAGEADD"), "MESSAGEADD", "message", ofChat)
}
