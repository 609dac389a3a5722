package openlinerest_test

import (
	"fmt"
	"testing"

	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

func withBot(l *line.Line) {
	l.Bot.Enabled, l.Bot.Always, l.Bot.Time = true, true, 0
	l.Distribution, l.WelcomeText = line.Strictly, "Welcome!"
}

func TestABotHandsOver(t *testing.T) {
	d := openDesk(t, withBot)
	calls := map[string]string{
		"imopenlines.bot.session.operator": ``, "imopenlines.bot.session.finish": ``, "imopenlines.bot.session.transfer": `,"USER_ID":1`,
		"imopenlines.bot.session.message.send": `,"NAME":"WELCOME"`,
	}
	r := d.client("Vera", "Hello")
	d.is(r.ChatID, openline.StateBot, 0)
	for method, more := range calls {
		d.want("page", method, chatOf(r), `403 {"error":"WRONG_AUTH_TYPE","error_description":"Access for this method not allowed by session authorization"}`)
		for _, bad := range []string{`{"A":1` + more + `}`, `{"CHAT_ID":0` + more + `}`, `{"CHAT_ID":"x"` + more + `}`} {
			d.no("app", method, bad, "CHAT_ID_EMPTY", "Chat ID can't be empty")
		}
	}
	d.no("eve", "imopenlines.bot.session.finish", chatOf(r), "BOT_ID_ERROR", "Bot not found")
	d.no("hook", "imopenlines.bot.session.finish", with(r, `"CLIENT_ID":"another"`), "BOT_ID_ERROR", "Bot not found")
	d.no("hook", "imopenlines.bot.session.transfer", with(r, `"USER_ID":1`), "BOT_ID_ERROR", "Bot not found")
	d.no("eve", "imopenlines.bot.session.operator", chatOf(r), "ACCESS_DENIED", permissions)
	d.is(r.ChatID, openline.StateBot, 0)

	d.yes("imbot", "imopenlines.bot.session.operator", chatOf(r))
	d.is(r.ChatID, openline.StateOffered, d.ann)
	d.no("app", "imopenlines.bot.session.operator", chatOf(r), "WRONG_CHAT", "Operator is not a bot")
	d.no("app", "imopenlines.bot.session.finish", chatOf(r), "WRONG_CHAT", "Operator is not a bot")
	d.no("app", "imopenlines.bot.session.transfer", with(r, fmt.Sprintf(`"USER_ID":%d`, d.bob)), "OPERATOR_WRONG", "You cannot redirect to this operator")
	d.no("app", "imopenlines.bot.session.operator", `{"CHAT_ID":4711}`, "WRONG_CHAT", "Operator is not a bot")

	r = d.client("Max", "Hello")
	d.yes("hook", "imopenlines.bot.session.finish", with(r, `"CLIENT_ID":"hook"`))
	if v := d.is(r.ChatID, openline.StateClosed, 0); v.Reason != openline.ByBot {
		t.Errorf("ended by %s", v.Reason)
	}
}

func TestABotPassesAConversationOn(t *testing.T) {
	d := openDesk(t, withBot)
	r := d.client("Vera", "Hello")
	for params, code := range map[string][2]string{
		`"LEAVE":"Y"`:                              {"TRANSFER_ID_EMPTY", "Queue ID or User ID can't be empty"},
		`"USER_ID":""`:                             {"USER_ID_EMPTY", "User ID can't be empty"},
		`"QUEUE_ID":-3`:                            {"QUEUE_ID_EMPTY", "QUEUE ID can't be empty"},
		`"TRANSFER_ID":"queue77"`:                  {"OPERATOR_WRONG", "You cannot redirect to this operator"},
		fmt.Sprintf(`"TRANSFER_ID":%d`, d.bot):     {"OPERATOR_WRONG", "You cannot redirect to this operator"},
		`"USER_ID":0,"TRANSFER_ID":"queue1"`:       {"USER_ID_EMPTY", "User ID can't be empty"},
		`"QUEUE_ID":0,"TRANSFER_ID":"` + "2" + `"`: {"QUEUE_ID_EMPTY", "QUEUE ID can't be empty"},
	} {
		d.no("app", "imopenlines.bot.session.transfer", with(r, params), code[0], code[1])
	}
	d.is(r.ChatID, openline.StateBot, 0)
	d.yes("app", "imopenlines.bot.session.transfer", with(r, fmt.Sprintf(`"USER_ID":%d,"QUEUE_ID":4711`, d.bob)))
	d.is(r.ChatID, openline.StateOffered, d.bob)
	d.members(r.ChatID, d.bob, d.bot) // it stays until somebody answers
	d.yes("bob", "imopenlines.operator.answer", chatOf(r))
	d.members(r.ChatID, d.bob)

	r = d.client("Max", "Hello")
	d.yes("app", "imopenlines.bot.session.transfer", with(r, fmt.Sprintf(`"TRANSFER_ID":"queue%d","LEAVE":"Y"`, d.line.ID)))
	d.is(r.ChatID, openline.StateOffered, d.ann)
	d.members(r.ChatID, d.ann)
}

func TestABotSpeaksForTheLine(t *testing.T) {
	d := openDesk(t, withBot)
	r := d.client("Vera", "Hello")
	d.yes("app", "imopenlines.bot.session.message.send", with(r, `"NAME":"WELCOME","MESSAGE":"ignored"`))
	d.yes("app", "imopenlines.bot.session.message.send", with(r, `"NAME":"DEFAULT","MESSAGE":"One moment"`))
	d.yes("app", "imopenlines.bot.session.message.send", with(r, `"NAME":"DEFAULT"`))
	d.want("app", "imopenlines.bot.session.message.send", with(r, `"NAME":"OTHER","MESSAGE":"x"`),
		`400 {"error":"ERROR_ARGUMENT","error_description":"NAME is WELCOME or DEFAULT","argument":"NAME"}`)
	if fmt.Sprint(d.Said) != "[: Welcome! : One moment]" {
		t.Errorf("went out: %q", d.Said)
	}
	d.yes("app", "imopenlines.bot.session.operator", chatOf(r))
	d.no("app", "imopenlines.bot.session.message.send", with(r, `"NAME":"DEFAULT","MESSAGE":"Still here"`), "WRONG_CHAT", "Operator is not a bot")
	d.yes("ann", "imopenlines.bot.session.message.send", with(r, `"NAME":"DEFAULT","MESSAGE":"I am"`))
	if len(d.Said) != 3 {
		t.Errorf("went out: %q", d.Said)
	}
}

// members checks who is in a chat beside the client.
func (d *desk) members(chat int64, want ...int64) {
	d.Helper()
	all, err := d.im.Members(d.Context(), want[0], chat)
	d.must(err)
	v, err := d.talks.Last(d.Context(), chat)
	d.must(err)
	var got []int64
	for _, m := range all {
		if m.UserID != v.Channel.VisitorID {
			got = append(got, m.UserID)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		d.Errorf("in the chat are %v, want %v", got, want)
	}
}
