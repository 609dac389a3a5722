package botv2rest_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

func TestBotLives(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		id := b.register("support_bot", `,"eventMode":"fetch","backgroundId":"mint"`)
		v := b.ok("app3", "imbot.v2.Bot.get", `{"code":"support_bot"}`)
		b.want(v, "bot", fmt.Sprintf(`{"id":%d,"code":"support_bot","type":"bot","isHidden":false,"isSupportOpenline":false,`+
			`"isReactionsEnabled":true,"backgroundId":"mint","language":"en","moduleId":"rest","eventMode":"fetch","countMessage":0,`+
			`"countCommand":0,"countChat":0,"countUser":0}`, id))
		b.want(v, "users.0.name", `"Ada Bot"`)
		b.want(v, "users.0.color", `"#4ba5c3"`)
		b.want(v, "users.0.type", `"bot"`)
		foreign := b.ok("app4", "imbot.v2.Bot.get", fmt.Sprintf(`{"botId":%d}`, id))
		b.want(foreign, "bot.eventMode", "null") // only its owner learns of that
		b.refused("app4", "imbot.v2.Bot.update", fmt.Sprintf(`{"botId":%d,"fields":{}}`, id), "BOT_OWNERSHIP_ERROR")
		b.refused("app3", "imbot.v2.Bot.update", `{"botId":4711,"fields":{"isHidden":true}}`, "BOT_NOT_FOUND")
		b.refused("app3", "imbot.v2.Bot.update", `{"fields":{}}`, "BOT_ID_REQUIRED")
		b.refused("hook", "imbot.v2.Bot.get", `{"code":"support_bot"}`, "BOT_TOKEN_NOT_SPECIFIED")
		b.refused("app3", "imbot.v2.Bot.get", `{}`, "PARAMS_REQUIRED")
		v = b.ok("app3", "imbot.v2.Bot.update", fmt.Sprintf(`{"botId":%d,"fields":{"isHidden":"Y","backgroundId":null,"properties":{"name":"Eva"}}}`, id))
		b.want(v, "bot.isHidden", "true")
		b.want(v, "bot.backgroundId", "null")
		b.want(v, "users.0.firstName", `"Eva"`)
		b.register("other", `,"type":"supervisor"`)
		v = b.ok("app3", "imbot.v2.Bot.list", `{"limit":1}`)
		b.want(v, "hasNextPage", "true")
		b.want(v, "bots.0.code", `"support_bot"`)
		v = b.ok("app3", "imbot.v2.Bot.list", `{"filter":{"type":"supervisor"}}`)
		b.want(v, "bots.0.code", `"other"`)
		b.want(v, "hasNextPage", "false")
		b.want(b.ok("app3", "imbot.v2.Bot.list", `{"filter":{"type":"nonsense"}}`), "bots", "[]")
		b.want(b.ok("app3", "imbot.v2.Bot.unregister", fmt.Sprintf(`{"botId":%d}`, id)), "", `{"result":true}`)
		b.refused("app3", "imbot.v2.Bot.get", `{"code":"support_bot"}`, "BOT_NOT_FOUND")
	})
}

// TestBotsOfTheFirstGeneration has a bot of imbot.register be seen, and speak, through imbot.v2.
func TestBotsOfTheFirstGeneration(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		const hook = "https://bots.example.com/"
		id, err := b.bots.Register(b.Context(), bot.Registration{
			Owner: bot.Owner{AppID: 3, ClientID: "local.3"}, Code: "elder", Handlers: bot.Handlers{MessageAdd: hook, Join: hook, Delete: hook},
			Profile: user.BotChange{FirstName: new("Elder")},
		})
		b.must(err)
		const about = `{"id":%d,"code":"elder","type":"bot","isHidden":false,"isSupportOpenline":false,"isReactionsEnabled":true,"backgroundId":null,"language":"en"`
		b.want(b.ok("app4", "imbot.v2.Bot.get", `{"code":"elder"}`), "bot", fmt.Sprintf(about+`}`, id))
		b.want(b.ok("app3", "imbot.v2.Bot.list", `{}`), "bots.0", fmt.Sprintf(about+
			`,"moduleId":"rest","eventMode":"webhook","countMessage":0,"countCommand":0,"countChat":0,"countUser":0}`, id))
		b.ok("app3", "imbot.v2.Chat.Message.send", fmt.Sprintf(`{"botId":%d,"dialogId":"%d","fields":{"message":"Still here"}}`, id, b.anna))
		b.refused("app4", "imbot.v2.Chat.Message.send", fmt.Sprintf(`{"botId":%d,"dialogId":"%d","fields":{"message":"Not me"}}`, id, b.anna), "BOT_OWNERSHIP_ERROR")
		b.want(b.ok("app3", "imbot.v2.Chat.get", fmt.Sprintf(`{"botId":%d,"dialogId":"%d"}`, id, b.anna)), "chat.backgroundId", "null")
		b.want(b.ok("app3", "imbot.v2.Event.get", fmt.Sprintf(`{"botId":%d}`, id)), "events", "[]")
		b.refused("app3", "imbot.v2.Bot.update", fmt.Sprintf(`{"botId":%d,"fields":{"eventMode":"fetch"}}`, id), "BOT_UPDATE_FAILED")
		b.want(b.ok("app3", "imbot.v2.Bot.unregister", fmt.Sprintf(`{"botId":%d}`, id)), "", `{"result":true}`)
		b.refused("app3", "imbot.v2.Bot.get", `{"code":"elder"}`, "BOT_NOT_FOUND")
	})
}

func TestBotOfAWebhook(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		const register = `{"fields":{"code":"w","botToken":"first","properties":{"name":"W"}}}`
		id, _ := at(b.ok("hook", "imbot.v2.Bot.register", register), "bot.id").Int()
		b.refused("hook", "imbot.v2.Bot.register", `{"fields":{"code":"x","properties":{"name":"W"}}}`, "BOT_TOKEN_NOT_SPECIFIED")
		b.refused("hook", "imbot.v2.Bot.register", `{"fields":{"code":"x","botToken":"`+strings.Repeat("x", 41)+`"}}`, "BOT_TOKEN_INVALID_LENGTH")
		b.refused("hook", "imbot.v2.Event.get", fmt.Sprintf(`{"botId":%d,"botToken":"wrong"}`, id), "BOT_OWNERSHIP_ERROR")
		b.ok("hook", "imbot.v2.Bot.update", fmt.Sprintf(`{"botId":%d,"botToken":"first","fields":{"botToken":"second"}}`, id))
		b.refused("hook", "imbot.v2.Event.get", fmt.Sprintf(`{"botId":%d,"botToken":"first"}`, id), "BOT_OWNERSHIP_ERROR")
		b.ok("hook", "imbot.v2.Event.get", fmt.Sprintf(`{"botId":%d,"botToken":"second"}`, id))
	})
}

// TestFetchedEvents goes through what a bot hears in its mode of fetching, and what confirms it.
func TestFetchedEvents(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		id := b.register("fetcher", "")
		chat, err := b.im.OpenPrivate(b.Context(), b.anna, id)
		b.must(err)
		first, err := b.im.Send(b.Context(), im.NewMessage{ChatID: chat.ID, AuthorID: b.anna, Text: "Hello bot!"})
		b.must(err)
		b.must(b.im.Update(b.Context(), b.anna, first.ID, im.Change{Text: new("Hello again")}))
		get := func(more string) phpform.Value {
			return b.ok("app3", "imbot.v2.Event.get", fmt.Sprintf(`{"botId":%d%s}`, id, more))
		}
		v := get("")
		b.same(names(v), "ONIMBOTV2JOINCHAT", "ONIMBOTV2MESSAGEADD", "ONIMBOTV2MESSAGEUPDATE")
		b.want(v, "hasMore", "false")
		b.want(v, "events.0.data.dialogId", fmt.Sprintf(`"%d"`, b.anna))
		b.want(v, "events.0.data.user.id", text(b.anna))
		added := at(v, "events.1.data")
		b.want(added, "bot.countUser", "1")
		b.want(added, "bot.countChat", "1")
		b.want(added, "message", fmt.Sprintf(`{"id":%d,"chatId":%d,"authorId":%d,"date":"2026-11-23T12:00:00+00:00","text":"Hello bot!",`+
			`"isSystem":false,"uuid":"%s","forward":null,"params":[],"viewedByOthers":false}`, first.ID, chat.ID, b.anna, first.UUID))
		if !strings.Contains(b.body, `"params":{}`) { // which the tree above does not tell from a list
			b.Errorf("answered %s", b.body)
		}
		b.want(added, "chat.dialogId", fmt.Sprintf(`"%d"`, b.anna))
		b.want(added, "chat.type", `"private"`)
		b.want(added, "chat.role", "null") // nothing that depends on who looks
		b.want(added, "user.lastActivityDate", "false")
		b.want(added, "language", `"en"`)
		b.want(v, "events.2.data.message.params", `{"isEdited":true}`)

		next, _ := at(v, "nextOffset").Int()
		b.same(names(get(`,"limit":1`)), "ONIMBOTV2JOINCHAT") // nothing was confirmed
		b.want(get(`,"limit":1`), "hasMore", "true")
		b.same(names(get(fmt.Sprintf(`,"offset":%d`, next))))
		b.same(names(get(""))) // confirmed for good
		b.want(get(fmt.Sprintf(`,"offset":%d`, next)), "nextOffset", text(next))

		b.must(b.im.Delete(b.Context(), b.anna, first.ID, true))
		v = get("")
		b.same(names(v), "ONIMBOTV2MESSAGEDELETE")
		b.want(v, "events.0.data.messageId", text(first.ID))
		b.clock.Advance(8 * 24 * time.Hour)
		_, err = b.im.Send(b.Context(), im.NewMessage{ChatID: chat.ID, AuthorID: b.anna, Text: "A week later"})
		b.must(err)
		b.same(names(get("")), "ONIMBOTV2MESSAGEADD") // what nobody fetched in a week is gone
	})
}

// TestWhoHears has a standard bot and a personal one in a group.
func TestWhoHears(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		plain, personal := b.register("plain", ""), b.register("personal", `,"type":"personal"`)
		g, err := b.im.CreateGroup(b.Context(), im.NewGroup{Title: "Project", OwnerID: b.anna, MemberIDs: []int64{b.boris, plain, personal}})
		b.must(err)
		say := func(text string) im.Message {
			m, err := b.im.Send(b.Context(), im.NewMessage{ChatID: g.ID, AuthorID: b.boris, Text: text})
			b.must(err)
			return m
		}
		say("among people")
		asked := say(fmt.Sprintf("[USER=%d]Ada[/USER] help", plain))
		events := func(id int64) []string {
			return names(b.ok("app3", "imbot.v2.Event.get", fmt.Sprintf(`{"botId":%d}`, id)))
		}
		b.same(events(plain), "ONIMBOTV2JOINCHAT", "ONIMBOTV2MESSAGEADD")
		b.same(events(personal), "ONIMBOTV2JOINCHAT", "ONIMBOTV2MESSAGEADD", "ONIMBOTV2MESSAGEADD")

		get := func(id, message int64) string { return fmt.Sprintf(`{"botId":%d,"messageId":%d}`, id, message) }
		b.refused("app3", "imbot.v2.Chat.Message.get", get(plain, asked.ID), "BOT_TYPE_NOT_ALLOWED")
		v := b.ok("app3", "imbot.v2.Chat.Message.get", get(personal, asked.ID))
		b.want(v, "message.authorId", text(b.boris))
		b.want(v, "user.name", `"Boris Bird"`)
		b.refused("app3", "imbot.v2.Chat.Message.getContext", get(personal, 4711), "MESSAGE_NOT_FOUND")
		private, err := b.im.OpenPrivate(b.Context(), b.anna, b.boris)
		b.must(err)
		secret, err := b.im.Send(b.Context(), im.NewMessage{ChatID: private.ID, AuthorID: b.anna, Text: "between us"})
		b.must(err)
		b.refused("app3", "imbot.v2.Chat.Message.getContext", get(personal, secret.ID), "MESSAGE_ACCESS_DENIED")
		v = b.ok("app3", "imbot.v2.Chat.Message.getContext", fmt.Sprintf(`{"botId":%d,"messageId":%d,"range":1}`, personal, asked.ID))
		b.want(v, "messages.0.text", `"among people"`)
		b.want(v, "messages.1.id", text(asked.ID))
		b.want(v, "hasNextPage", "false")
	})
}

func TestPostedEvents(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		id := b.register("poster", `,"eventMode":"webhook","webhookUrl":"http://127.0.0.1:9/hook?x=1"`)
		chat, err := b.im.OpenPrivate(b.Context(), b.anna, id)
		b.must(err)
		_, err = b.im.Send(b.Context(), im.NewMessage{ChatID: chat.ID, AuthorID: b.anna, Text: "Hi"})
		b.must(err)
		list := b.posted.take()
		if len(list) != 2 || list[0].Name != "ONIMBOTV2JOINCHAT" || list[1].Name != "ONIMBOTV2MESSAGEADD" {
			b.Fatalf("posted %+v", list)
		}
		d := list[1]
		if d.URL != "http://127.0.0.1:9/hook?x=1" || d.BotID != id || d.AppID != 3 || d.UserID != b.anna {
			b.Errorf("posted %+v", d)
		}
		b.want(d.Data, "bot", fmt.Sprintf(`{"id":%d,"code":"poster"}`, id))
		b.want(d.Data, "message.forward", `""`) // a form has no null
		b.ok("app3", "imbot.v2.Bot.update", fmt.Sprintf(`{"botId":%d,"fields":{"eventMode":"fetch"}}`, id))
		_, err = b.im.Send(b.Context(), im.NewMessage{ChatID: chat.ID, AuthorID: b.anna, Text: "Now fetch"})
		b.must(err)
		if list := b.posted.take(); len(list) != 0 {
			b.Errorf("a bot that fetches was posted %+v", list)
		}
		b.same(names(b.ok("app3", "imbot.v2.Event.get", fmt.Sprintf(`{"botId":%d}`, id))), "ONIMBOTV2MESSAGEADD")
		b.ok("app3", "imbot.v2.Bot.update", fmt.Sprintf(`{"botId":%d,"fields":{"eventMode":"webhook"}}`, id))
		b.ok("app3", "imbot.v2.Bot.unregister", fmt.Sprintf(`{"botId":%d}`, id))
		if list := b.posted.take(); len(list) != 1 || list[0].Name != "ONIMBOTV2DELETE" {
			b.Errorf("posted %+v", list)
		}
	})
}

func TestMessagesOfABot(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		id := b.register("writer", `,"type":"supervisor"`)
		send := func(fields string) phpform.Value {
			return b.ok("app3", "imbot.v2.Chat.Message.send", fmt.Sprintf(`{"botId":%d,"dialogId":"%d","fields":%s}`, id, b.anna, fields))
		}
		first, _ := at(send(`{"message":"Hello","keyboard":[{"text":"Go","command":"go"}],"urlPreview":false}`), "id").Int()
		m, chat, err := b.im.Message(b.Context(), b.anna, first)
		if err != nil || m.AuthorID != id || m.Text != "Hello" || !m.NoPreview || len(m.Extra.Buttons()) != 1 || chat.Peer(b.anna) != id {
			b.Fatalf("%+v, %v", m, err)
		}
		const uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"
		v := send(fmt.Sprintf(`{"forwardIds":{"%s":%d}}`, uuid, first))
		forwarded, _ := at(v, "uuidMap."+uuid).Int()
		if f, _, err := b.im.Message(b.Context(), b.anna, forwarded); err != nil || f.Extra.Forward == nil || f.Extra.Forward.MessageID != first || f.Text != "Hello" {
			b.Errorf("forwarded %+v, %v", f, err)
		}
		refuse := func(dialog, fields, code string) {
			b.Helper()
			b.refused("app3", "imbot.v2.Chat.Message.send", fmt.Sprintf(`{"botId":%d,"dialogId":"%s","fields":%s}`, id, dialog, fields), code)
		}
		refuse(text(b.anna), `{"message":" "}`, "EMPTY_MESSAGE")
		refuse("chat4711", `{"message":"x"}`, "ACCESS_DENIED")
		refuse(text(b.anna), `{"message":"x","replyId":4711}`, "SENDING_FAILED")
		refuse(text(b.anna), `{"message":"x","forwardIds":{"7`+uuid[1:]+`":4711}}`, "SENDING_FAILED")
		refuse(text(b.anna), `{"message":"x","forwardIds":"`+uuid+`"}`, "SENDING_FAILED")

		about := func(more string) string { return fmt.Sprintf(`{"botId":%d,"messageId":%d%s}`, id, first, more) }
		b.ok("app3", "imbot.v2.Chat.Message.update", about(`,"fields":{"message":"Changed","keyboard":"N"}`))
		if m, _, err = b.im.Message(b.Context(), b.anna, first); err != nil || m.Text != "Changed" || len(m.Extra.Buttons()) != 0 {
			b.Errorf("changed %+v, %v", m, err)
		}
		theirs, err := b.im.Send(b.Context(), im.NewMessage{ChatID: chat.ID, AuthorID: b.anna, Text: "Mine"})
		b.must(err)
		b.refused("app3", "imbot.v2.Chat.Message.update", fmt.Sprintf(`{"botId":%d,"messageId":%d,"fields":{"message":"x"}}`, id, theirs.ID), "ACCESS_DENIED")
		b.ok("app3", "imbot.v2.Chat.Message.Reaction.add", about(`,"reaction":"fire"`))
		b.refused("app3", "imbot.v2.Chat.Message.Reaction.add", about(`,"reaction":"fire"`), "REACTION_ALREADY_SET")
		b.refused("app3", "imbot.v2.Chat.Message.Reaction.add", about(`,"reaction":"dance"`), "REACTION_NOT_FOUND")
		b.ok("app3", "imbot.v2.Chat.Message.Reaction.delete", about(`,"reaction":"fire"`))

		read := fmt.Sprintf(`{"botId":%d,"dialogId":"%d"}`, id, b.anna)
		b.want(b.ok("app3", "imbot.v2.Chat.Message.read", read), "", fmt.Sprintf(`{"chatId":%d,"lastId":%d,"counter":0,"viewedMessages":[%d]}`, chat.ID, theirs.ID, theirs.ID))
		b.want(b.ok("app3", "imbot.v2.Chat.Message.read", read), "viewedMessages", "[]")
		b.refused("app3", "imbot.v2.Chat.Message.read", fmt.Sprintf(`{"botId":%d,"dialogId":"%d","messageId":4711}`, id, b.anna), "MESSAGE_NOT_FOUND")
		b.ok("app3", "imbot.v2.Chat.Message.delete", about(`,"complete":true`))
		if _, _, err := b.im.Message(b.Context(), b.anna, first); err == nil {
			b.Error("the deleted message is there")
		}
		b.want(b.ok("app3", "imbot.v2.Bot.get", fmt.Sprintf(`{"botId":%d}`, id)), "bot.countMessage", "2")
	})
}

func TestReactionsToABot(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		id := b.register("liked", "")
		v := b.ok("app3", "imbot.v2.Chat.Message.send", fmt.Sprintf(`{"botId":%d,"dialogId":"%d","fields":{"message":"How was it?"}}`, id, b.anna))
		message, _ := at(v, "id").Int()
		_, err := b.im.React(b.Context(), b.anna, message, "like", true)
		b.must(err)
		_, err = b.im.React(b.Context(), b.anna, message, "like", false)
		b.must(err)
		v = b.ok("app3", "imbot.v2.Event.get", fmt.Sprintf(`{"botId":%d}`, id))
		b.same(names(v), "ONIMBOTV2JOINCHAT", "ONIMBOTV2REACTIONCHANGE", "ONIMBOTV2REACTIONCHANGE")
		b.want(v, "events.1.data.action", `"add"`)
		b.want(v, "events.2.data.action", `"delete"`)
		b.want(v, "events.1.data.reaction", `"like"`)
		b.want(v, "events.1.data.message.id", text(message))
		b.ok("app3", "imbot.v2.Bot.update", fmt.Sprintf(`{"botId":%d,"fields":{"isReactionsEnabled":false}}`, id))
		if _, err := b.im.React(b.Context(), b.anna, message, "like", true); fault.Of(err).Code != "REACTIONS_DISABLED" {
			b.Errorf("a bot that takes no reactions got one: %v", err)
		}
	})
}

func TestCommands(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		id := b.register("commander", "")
		reg := func(fields string) string { return fmt.Sprintf(`{"botId":%d,"fields":%s}`, id, fields) }
		v := b.ok("app3", "imbot.v2.Command.register", reg(`{"command":"help","title":{"en":"Show help","de":"Hilfe"},"params":{"en":"topic"}}`))
		command, _ := at(v, "command.id").Int()
		b.want(v, "command", fmt.Sprintf(`{"id":%d,"botId":%d,"command":"/help","common":false,"hidden":false,"extranetSupport":false}`, command, id))
		again := b.ok("app3", "imbot.v2.Command.register", fmt.Sprintf(`{"botId":%d,"command":"help","title":{"en":"Other"}}`, id)) // as older clients send it
		b.want(again, "command.id", text(command))
		b.refused("app3", "imbot.v2.Command.register", reg(`{"title":{"en":"x"}}`), "COMMAND_REQUIRED")
		b.refused("app3", "imbot.v2.Command.register", reg(`{"command":["x"],"title":{"en":"x"}}`), "COMMAND_NAME_INVALID")
		b.refused("app3", "imbot.v2.Command.register", reg(`{"command":"x"}`), "COMMAND_TITLE_REQUIRED")
		b.refused("app3", "imbot.v2.Command.register", reg(`{"command":"x","title":{"en":"x","de":["y"]}}`), "ERROR_ARGUMENT")
		b.refused("app3", "imbot.v2.Command.register", reg(`{"command":"x","title":{"en":"x"},"params":{"en":{"a":"b"}}}`), "ERROR_ARGUMENT")
		b.ok("app3", "imbot.v2.Command.register", reg(`{"command":"hidden","hidden":true}`))
		list := b.ok("app3", "imbot.v2.Command.list", fmt.Sprintf(`{"botId":%d}`, id))
		b.want(list, "commands.0.title", `"Show help"`)
		b.want(list, "commands.0.params", `"topic"`)
		b.want(list, "commands.0.category", `"Ada Bot"`)
		change := func(fields string) string {
			return fmt.Sprintf(`{"botId":%d,"commandId":%d,"fields":%s}`, id, command, fields)
		}
		b.refused("app3", "imbot.v2.Command.update", change(`{"command":""}`), "COMMAND_NAME_EMPTY")
		b.refused("app3", "imbot.v2.Command.update", change(`{"command":"hidden"}`), "COMMAND_ALREADY_EXISTS")
		b.refused("app3", "imbot.v2.Command.update", fmt.Sprintf(`{"botId":%d,"commandId":4711,"fields":{"hidden":true}}`, id), "COMMAND_NOT_FOUND")
		b.refused("app3", "imbot.v2.Command.update", change(`{"title":{"en":["x"]}}`), "ERROR_ARGUMENT")
		b.ok("app3", "imbot.v2.Command.update", change(`{"title":{"en":null,"de":"Neu"}}`))
		b.want(b.ok("app3", "imbot.v2.Command.list", fmt.Sprintf(`{"botId":%d}`, id)), "commands.0.title", `"Neu"`)
		// A text that comes without a language is the English one; the German stays.
		b.ok("app3", "imbot.v2.Command.update", change(`{"title":"Show help","params":"topic"}`))
		listed := b.ok("app3", "imbot.v2.Command.list", fmt.Sprintf(`{"botId":%d}`, id))
		b.want(listed, "commands.0.title", `"Show help"`)
		b.want(listed, "commands.0.params", `"topic"`)
		b.ok("app3", "imbot.v2.Command.update", change(`{"title":{"en":null}}`))
		b.want(b.ok("app3", "imbot.v2.Command.list", fmt.Sprintf(`{"botId":%d}`, id)), "commands.0.title", `"Neu"`)

		chat, err := b.im.OpenPrivate(b.Context(), b.anna, id)
		b.must(err)
		asked, err := b.im.Send(b.Context(), im.NewMessage{ChatID: chat.ID, AuthorID: b.anna, Text: "/help tasks"})
		b.must(err)
		v = b.ok("app3", "imbot.v2.Event.get", fmt.Sprintf(`{"botId":%d}`, id))
		b.same(names(v), "ONIMBOTV2JOINCHAT", "ONIMBOTV2COMMANDADD")
		b.want(v, "events.1.data.command", fmt.Sprintf(`{"id":%d,"command":"/help","params":"tasks","context":"textarea"}`, command))
		b.want(v, "events.1.data.message.text", `"/help tasks"`)
		reply := func(dialog int64, text string) string {
			return fmt.Sprintf(`{"botId":%d,"commandId":%d,"messageId":%d,"dialogId":"%d","fields":{"message":"%s"}}`, id, command, asked.ID, dialog, text)
		}
		b.ok("app3", "imbot.v2.Command.answer", reply(b.anna, "Your tasks"))
		b.refused("app3", "imbot.v2.Command.answer", reply(b.boris, "x"), "COMMAND_ANSWER_FAILED")
		b.refused("app3", "imbot.v2.Command.answer", reply(b.anna, ""), "COMMAND_ANSWER_FAILED")
		page, err := b.im.Messages(b.Context(), b.anna, im.History{ChatID: chat.ID, Limit: 1})
		if err != nil || page.Messages[0].Text != "Your tasks" || page.Messages[0].AuthorID != id {
			b.Errorf("%+v, %v", page.Messages, err)
		}
		b.ok("app3", "imbot.v2.Command.unregister", fmt.Sprintf(`{"botId":%d,"commandId":%d}`, id, command))
		b.refused("app3", "imbot.v2.Command.unregister", fmt.Sprintf(`{"botId":%d,"commandId":%d}`, id, command), "COMMAND_NOT_FOUND")
	})
}

// TestEventsOfPeople has Anna subscribe to what happens in her chats, which have no bot.
func TestEventsOfPeople(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		chat, err := b.im.OpenPrivate(b.Context(), b.anna, b.boris)
		b.must(err)
		say := func(text string) im.Message {
			m, err := b.im.Send(b.Context(), im.NewMessage{ChatID: chat.ID, AuthorID: b.boris, Text: text})
			b.must(err)
			return m
		}
		say("before")
		b.want(b.ok("hook", "im.v2.Event.subscribe", `{}`), "", "true")
		b.ok("hook", "im.v2.Event.subscribe", `{}`)
		m := say("after")
		_, err = b.im.React(b.Context(), b.anna, m.ID, "like", true)
		b.must(err)
		g, err := b.im.CreateGroup(b.Context(), im.NewGroup{Title: "Group", OwnerID: b.boris, MemberIDs: []int64{b.anna}})
		b.must(err)
		v := b.ok("hook", "im.v2.Event.get", `{}`)
		b.same(names(v), "ONIMV2MESSAGEADD", "ONIMV2REACTIONCHANGE", "ONIMV2JOINCHAT", "ONIMV2JOINCHAT")
		b.want(v, "events.0.data.message.text", `"after"`)
		b.want(v, "events.0.data.chat.dialogId", fmt.Sprintf(`"%d"`, b.boris))
		b.want(v, "events.0.data.bot", "null")
		b.want(v, "events.2.data.dialogId", fmt.Sprintf(`"chat%d"`, g.ID))

		id := b.register("mixed", "")
		private, err := b.im.OpenPrivate(b.Context(), b.boris, id)
		b.must(err)
		_, err = b.im.Send(b.Context(), im.NewMessage{ChatID: private.ID, AuthorID: b.boris, Text: "to the bot"})
		b.must(err)
		both := func(more string) string { return fmt.Sprintf(`{"botId":%d,"withUserEvents":true%s}`, id, more) }
		v = b.ok("app3", "imbot.v2.Event.get", both(""))
		b.same(names(v), "ONIMV2MESSAGEADD", "ONIMV2REACTIONCHANGE", "ONIMV2JOINCHAT", "ONIMV2JOINCHAT", "ONIMBOTV2JOINCHAT", "ONIMBOTV2MESSAGEADD")
		next, _ := at(v, "nextOffset").Int()
		b.same(names(b.ok("app3", "imbot.v2.Event.get", both(fmt.Sprintf(`,"offset":%d`, next)))))
		b.same(names(b.ok("hook", "im.v2.Event.get", `{}`))) // one offset confirmed both

		b.ok("hook", "im.v2.Event.unsubscribe", `{}`)
		say("unheard")
		b.same(names(b.ok("hook", "im.v2.Event.get", `{}`)))
		b.refused("app3", "imbot.v2.Event.get", both(""), "USER_NOT_SUBSCRIBED")
		b.ok("hook", "im.v2.Event.subscribe", `{}`)
		say("too old")
		b.clock.Advance(25 * time.Hour)
		b.same(names(b.ok("hook", "im.v2.Event.get", `{}`)))
		w := b.ok("hook", "imbot.v2.Bot.register", `{"fields":{"code":"w","botToken":"t","properties":{"name":"W"}}}`)
		hooked, _ := at(w, "bot.id").Int()
		b.refused("botsonly", "imbot.v2.Event.get", fmt.Sprintf(`{"botId":%d,"botToken":"t","withUserEvents":true}`, hooked), "SCOPE_ERROR")
	})
}

func TestRevision(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		b.want(b.ok("hook", "imbot.v2.Revision.get", `{}`), "", `{"rest":36,"web":130,"mobile":23,"desktop":6}`)
	})
}

// text writes a number.
func text(n int64) string { return strconv.FormatInt(n, 10) }

func TestChats(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		id := b.register("host", "")
		v := b.ok("app3", "imbot.v2.Chat.add", fmt.Sprintf(`{"botId":%d,"fields":{"title":"Support","description":"Ask here","color":"mint",`+
			`"userIds":[%d,4711],"message":"Welcome"}}`, id, b.anna))
		chat, _ := at(v, "chat.id").Int()
		b.want(v, "chat.dialogId", fmt.Sprintf(`"chat%d"`, chat))
		b.want(v, "chat.name", `"Support"`)
		b.want(v, "chat.description", `"Ask here"`)
		b.want(v, "chat.color", `"#4ba984"`)
		b.want(v, "chat.role", `"owner"`)
		b.want(v, "chat.owner", text(id))
		b.want(v, "chat.userCounter", "2")
		b.want(v, "chat.textFieldEnabled", `"Y"`)
		b.want(v, "users.0.id", text(b.anna)) // who does not exist was left out
		b.want(v, "chat.avatar", `""`)
		const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAACklEQVR4nGNgAAACAAFUok9dAAAAAElFTkSuQmCC"
		dressed := b.ok("app3", "imbot.v2.Chat.add", fmt.Sprintf(`{"botId":%d,"fields":{"title":"Dressed","avatar":"%s","message":"Look"}}`, id, dot))
		if face := at(dressed, "chat.avatar").Text(); !strings.Contains(face, "/online/avatar/") {
			b.Errorf("the picture of a new chat is at %q", face)
		}
		b.refused("app3", "imbot.v2.Chat.add", fmt.Sprintf(`{"botId":%d,"fields":{"title":"x","avatar":"bm8gcGljdHVyZQ=="}}`, id), "AVATAR_TYPE")
		last, _ := at(v, "chat.lastMessageId").Int()
		if m, _, err := b.im.Message(b.Context(), b.anna, last); err != nil || m.Text != "Welcome" || m.AuthorID != id {
			b.Errorf("%+v, %v", m, err)
		}
		about := func(more string) string { return fmt.Sprintf(`{"botId":%d,"dialogId":"chat%d"%s}`, id, chat, more) }
		get := func() phpform.Value { return b.ok("app3", "imbot.v2.Chat.get", about("")) }

		b.want(get(), "chat.lastMessageViews", `"{}"`)
		_, err := b.im.Read(b.Context(), b.anna, chat, last)
		b.must(err)
		views, _ := json.Marshal(fmt.Sprintf(`{"messageId":%d,"firstViewers":[{"userId":%d,"userName":"Anna Bird","date":null}],"countOfViewers":1}`, last, b.anna))
		b.want(get(), "chat.lastMessageViews", string(views))

		b.ok("app3", "imbot.v2.Chat.User.add", about(fmt.Sprintf(`,"userIds":[%d,4711]`, b.boris)))
		b.ok("app3", "imbot.v2.Chat.Manager.add", about(fmt.Sprintf(`,"userIds":[%d,4711]`, b.boris)))
		b.want(get(), "chat.managerList", fmt.Sprintf("[%d,%d]", b.boris, id))
		b.refused("app3", "imbot.v2.Chat.Manager.add", about(`,"userIds":[]`), "EMPTY_USER_IDS")
		b.ok("app3", "imbot.v2.Chat.Manager.delete", about(fmt.Sprintf(`,"userIds":[%d]`, b.boris)))
		b.ok("app3", "imbot.v2.Chat.update", about(`,"fields":{"title":"Help desk","color":"nonsense"}`))
		b.want(get(), "chat.name", `"Help desk"`)
		b.want(get(), "chat.color", `"#4ba984"`)

		_, err = b.im.Send(b.Context(), im.NewMessage{ChatID: chat, AuthorID: b.anna, Text: "Hello"})
		b.must(err)
		list := func(order string) string {
			v := b.ok("app3", "imbot.v2.Chat.User.list", about(`,"order":`+order))
			var ids []string
			for _, e := range v.Entries() {
				ids = append(ids, at(e.Value, "id").Text())
			}
			return strings.Join(ids, " ")
		}
		if got, want := list(`{"userId":"DESC"}`), fmt.Sprintf("%d %d %d", id, b.boris, b.anna); got != want {
			b.Errorf("members %s, want %s", got, want)
		}
		if got, want := list(`{"lastSendMessageId":"DESC"}`), fmt.Sprintf("%d %d %d", b.anna, id, b.boris); got != want {
			b.Errorf("members by their last message %s, want %s", got, want)
		}
		for _, order := range []string{`"DESC"`, `{"name":"ASC"}`, `{"id":"sideways"}`, `{"userId":["DESC"]}`, `["userId"]`} {
			b.refused("app3", "imbot.v2.Chat.User.list", about(`,"order":`+order), "ERROR_ARGUMENT")
		}

		b.ok("app3", "imbot.v2.Chat.TextField.enabled", about(`,"enabled":false`))
		b.want(get(), "chat.textFieldEnabled", `"N"`)
		if _, err := b.im.Send(b.Context(), im.NewMessage{ChatID: chat, AuthorID: b.anna, Text: "Locked?"}); err == nil {
			b.Error("somebody wrote in a chat whose field is locked")
		}
		b.ok("app3", "imbot.v2.Chat.Message.send", about(`,"fields":{"message":"I still write"}`))
		b.ok("app3", "imbot.v2.Chat.TextField.enabled", about(""))

		b.ok("app3", "imbot.v2.Chat.InputAction.notify", about(`,"statusMessageCode":"IMBOT_AGENT_ACTION_THINKING","duration":30`))
		hints := b.live.take()
		if last := hints[len(hints)-1]; last != (im.LiveTyper{ChatID: chat, UserID: id, Name: "Ada Bot", Words: "is thinking…", For: 30_000}) {
			b.Errorf("shown %+v", last)
		}
		b.ok("app3", "imbot.v2.Chat.User.delete", about(fmt.Sprintf(`,"userId":%d`, b.boris)))
		b.ok("app3", "imbot.v2.Chat.User.delete", about(fmt.Sprintf(`,"userId":%d`, b.boris))) // again
		b.refused("app3", "imbot.v2.Chat.setOwner", about(fmt.Sprintf(`,"userId":%d`, b.boris)), "ACCESS_DENIED")
		b.ok("app3", "imbot.v2.Chat.setOwner", about(fmt.Sprintf(`,"userId":%d`, b.anna)))
		b.refused("app3", "imbot.v2.Chat.Manager.add", about(fmt.Sprintf(`,"userIds":[%d]`, b.anna)), "ACCESS_DENIED")
		b.ok("app3", "imbot.v2.Chat.leave", about(""))
		for _, method := range []string{"get", "leave", "User.list", "InputAction.notify", "TextField.enabled"} {
			b.refused("app3", "imbot.v2.Chat."+method, about(""), "ACCESS_DENIED")
		}
	})
}

func TestContextOfALink(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		id := b.register("guide", "")
		b.ok("hook", "im.v2.Chat.Bot.sendContext", fmt.Sprintf(`{"dialogId":"%d","context":{"action":"openTask","taskId":456}}`, id))
		v := b.ok("app3", "imbot.v2.Event.get", fmt.Sprintf(`{"botId":%d}`, id))
		b.same(names(v), "ONIMBOTV2JOINCHAT", "ONIMBOTV2CONTEXTGET")
		b.want(v, "events.1.data.context", `{"action":"openTask","taskId":456}`)
		b.want(v, "events.1.data.dialogId", fmt.Sprintf(`"%d"`, b.anna))
		b.want(v, "events.1.data.user.id", text(b.anna))
		b.refused("hook", "im.v2.Chat.Bot.sendContext", fmt.Sprintf(`{"dialogId":"%d","context":{"a":1}}`, b.boris), "BOT_NOT_FOUND")
		b.refused("hook", "im.v2.Chat.Bot.sendContext", fmt.Sprintf(`{"dialogId":"%d","context":{"a":"%s"}}`, id, strings.Repeat("x", 17_000)), "CONTEXT_INVALID")
	})
}
