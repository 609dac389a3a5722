package telegram_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/telegram"
	"github.com/portico-hq/portico/internal/telegram/telegramtest"
)

// TestTalk has a client and an operator write to each other: files, changes and removals go both ways, as far as Telegram tells of them.
func TestTalk(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		u := b.there.Write(b.vera, "Hello <b> [send=x]you[/send]", nil)
		b.there.Keep("doc1", "the bill")
		b.there.Write(b.vera, "", telegramtest.Object{"caption": "My bill", "document": telegramtest.Object{"file_id": "doc1", "file_unique_id": "d1", "file_name": "bill.pdf", "file_size": 8}})
		b.poll(2)
		b.poll(0)
		want(b.t, "before the file is there", b.said(), []string{"client: Hello <b> [\u2060send=x]you[\u2060/send]", "client: My bill\n[i]bill.pdf is being fetched …[/i]"})
		b.fetch()
		want(b.t, "afterwards", b.said(), []string{"client: Hello <b> [\u2060send=x]you[\u2060/send]", "client: My bill [1]"})
		if got := b.files.held[1]; got != (kept{"bill.pdf", "", "the bill"}) {
			b.t.Errorf("the file is %+v", got)
		}
		_, visitor := b.chat()
		users, err := b.users.Many(b.t.Context(), []int64{visitor})
		b.must(err)
		if v := users[visitor]; v.DisplayName() != "Vera Lind" || v.WWW != "https://t.me/vera" {
			b.t.Errorf("the client is %q, %q", v.DisplayName(), v.WWW)
		}

		hi := b.say("Good [b]morning[/b] & welcome")
		if got := b.state(hi); got != "waiting" {
			b.t.Errorf("before it is sent: %q", got)
		}
		plan := b.files.add("plan.png", "image/png", "PNG")
		picture := b.say("The plan", plan)
		b.deliver(2)
		want(b.t, "what the client sees", b.sees(), []string{"<b>Anna Weber:</b>\nGood <b>morning</b> &amp; welcome", "<b>Anna Weber:</b>\nThe plan plan.png"})
		if m := b.there.Seen(501)[1]; !m.Photo || m.Content != "PNG" {
			b.t.Errorf("the picture is %+v", m)
		}
		if got := b.state(hi); got != "taken" {
			b.t.Errorf("after it was sent: %q", got)
		}

		b.must(b.im.Update(b.t.Context(), b.anna, hi, im.Change{Text: new("Good evening")}))
		b.must(b.im.Update(b.t.Context(), b.anna, picture, im.Change{Text: new("The new plan")}))
		b.deliver(2)
		want(b.t, "after changes", b.sees(), []string{"<b>Anna Weber:</b>\nGood evening", "<b>Anna Weber:</b>\nThe new plan plan.png"})
		b.must(b.im.Delete(b.t.Context(), b.anna, hi, false))
		b.deliver(1)
		want(b.t, "after a removal", b.sees(), []string{"<b>Anna Weber:</b>\nThe new plan plan.png"})

		b.there.Edit(u, "Hello again", 1700000100)
		b.there.Edit(u, "an older change", 1700000050)
		b.poll(2)
		if got := b.said()[0]; got != "client: Hello again" {
			b.t.Errorf("what the client changed: %q", got)
		}
	})
}

// TestNothingTwiceNothingLost brings the same update again, and ends the process at any point.
func TestNothingTwiceNothingLost(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		first := b.there.Write(b.vera, "one", nil)
		b.there.Write(b.vera, "two", nil)
		raw, err := json.Marshal(first)
		b.must(err)
		crash := errors.New("the process ends")
		err = b.db.Write(b.t.Context(), func(tx *db.Tx) error {
			if err := b.TakeTx(b.t.Context(), tx, b.bot.ID, raw); err != nil {
				return err
			}
			return crash
		})
		if !errors.Is(err, crash) || b.count("SELECT COUNT(*) FROM openline_chat") != 0 {
			b.t.Fatalf("half an update was kept: %v", err)
		}
		b.open() // another process
		b.clock.Advance(2 * time.Minute)
		b.poll(2)
		b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error { return b.TakeTx(b.t.Context(), tx, b.bot.ID, raw) }))
		b.poll(0)
		want(b.t, "in the chat", b.said(), []string{"client: one", "client: two"})

		b.say("an answer")
		b.open() // before it was sent
		b.deliver(1)
		b.deliver(0)
		want(b.t, "what the client sees", b.sees(), []string{"<b>Anna Weber:</b>\nan answer"})

		b.clock.Advance(2 * time.Minute)
		b.switchLine(false)
		b.there.Write(b.vera, "three", nil)
		if _, err := b.Poll(b.t.Context(), b.bot.ID, 0); err == nil {
			b.t.Error("a line that is switched off takes messages")
		}
		b.switchLine(true)
		b.poll(1)
		if got := b.said(); got[len(got)-1] != "client: three" {
			b.t.Errorf("what was written while the line was off: %q", got)
		}
	})
}

// TestOneProcessPolls lets another process begin once the first one is gone.
func TestOneProcessPolls(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		b.poll(0)
		other := telegram.New(b.config)
		other.Conversations = b.talks
		if _, err := other.Poll(b.t.Context(), b.bot.ID, 0); err == nil {
			b.t.Fatal("two processes fetch the updates of a bot")
		}
		b.clock.Advance(2 * time.Minute)
		b.there.Write(b.vera, "Hello", nil)
		if n, err := other.Poll(b.t.Context(), b.bot.ID, 0); n != 1 || err != nil {
			b.t.Fatalf("after the lease: %d, %v", n, err)
		}
		if _, err := b.Poll(b.t.Context(), b.bot.ID, 0); err == nil {
			b.t.Error("the first process goes on beside the second")
		}
	})
}

// TestRefusals shows operators why a message does not arrive, keeps to Telegram's pauses, and keeps the order whatever happens.
func TestRefusals(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		b.there.Write(b.vera, "Hello", nil)
		b.poll(1)
		b.there.Fail("sendMessage", 429, "Too Many Requests: retry after 40", 40)
		b.say("one")
		b.say("two")
		b.deliver(0)
		b.clock.Advance(39 * time.Second)
		b.deliver(0)
		b.clock.Advance(2 * time.Second)
		b.deliver(2)
		if n := len(b.there.Calls("sendMessage")); n != 2 {
			b.t.Errorf("%d messages were sent", n)
		}

		b.server.Down(true)
		b.say("three")
		b.say("four")
		for range 60 { // an hour
			if _, err := b.Deliver(b.t.Context()); err != nil {
				b.t.Fatal(err)
			}
			b.clock.Advance(time.Minute)
		}
		b.server.Down(false)
		b.clock.Advance(time.Minute)
		b.deliver(2)
		var texts []string
		for _, s := range b.sees() {
			texts = append(texts, strings.TrimPrefix(s, "<b>Anna Weber:</b>\n"))
		}
		want(b.t, "the order", texts, []string{"one", "two", "three", "four"})

		b.there.Fail("sendMessage", 403, "Forbidden: bot was blocked by the user", 0)
		lost := b.say("five")
		b.deliver(0)
		if got := b.state(lost); got != "failed The client has blocked the bot." {
			b.t.Errorf("a client who has blocked the bot: %q", got)
		}
		b.must(b.Retry(b.t.Context(), lost))
		if got := b.state(lost); got != "waiting" {
			b.t.Errorf("sent again: %q", got)
		}
		b.deliver(1)
		if err := b.Retry(b.t.Context(), lost); err == nil || b.state(lost) != "taken" {
			b.t.Errorf("what has arrived is sent again: %v, %q", err, b.state(lost))
		}

		b.there.Fail("sendMessage", 400, "Bad Request: something else", 0)
		other := b.say("six")
		b.deliver(0)
		b.must(b.im.Update(b.t.Context(), b.anna, other, im.Change{Text: new("six, mended")}))
		b.deliver(1)
		if got := b.state(other); got != "failed Telegram refused it: Bad Request: something else" {
			b.t.Errorf("a message that was refused and changed: %q", got)
		}
		b.must(b.Retry(b.t.Context(), other))
		b.deliver(1)
		if got := b.sees(); got[len(got)-1] != "<b>Anna Weber:</b>\nsix, mended" {
			b.t.Errorf("the client sees %q", got)
		}
	})
}

// TestButtons asks for a rating, shows the buttons of a bot, and tells of both what was pressed.
func TestButtons(t *testing.T) {
	t.Parallel()
	change := func(l *line.Line) {
		l.Bot = line.Bot{Enabled: true, Always: true}
		l.Vote.Enabled, l.Vote.BeforeFinish = true, true
		l.Vote.Message.Ask, l.Vote.Message.Like, l.Vote.Message.Dislike = "How was it?", "Thanks", "Sorry"
	}
	both(t, change, func(b *bench) {
		b.there.Write(b.vera, "Hello", nil)
		b.poll(1)
		chat, visitor := b.chat()
		m, err := b.im.Send(b.t.Context(), im.NewMessage{
			ChatID: chat, AuthorID: b.menu, Text: "[send=2]Second[/send] [put=copy me]Copy[/put] [b]bold[/b]",
			Attach: attach.Attach{{Blocks: []attach.Block{{Message: new("[b]Tables[/b]")}}}},
			Keyboard: attach.Keyboard{
				{Type: attach.TypeButton, Text: "Menu", BotID: 5, Do: attach.Do{Command: "menu", CommandParams: "a"}, Display: "LINE"},
				{Type: attach.TypeButton, Text: "Site", Do: attach.Do{Link: "https://example.com/a"}, Display: "LINE"},
				{Type: attach.TypeButton, Text: "Inside", Do: attach.Do{Link: "/company/"}},
				{Type: attach.TypeButton, Text: "Gone", BotID: 5, Do: attach.Do{Command: "gone"}},
			},
		})
		b.must(err)
		b.deliver(1)
		shown := b.there.Seen(501)[0]
		got, err := json.Marshal(shown.Buttons)
		b.must(err)
		const rows = `[[{"callback_data":"b0","text":"Second"}],[{"copy_text":{"text":"copy me"},"text":"Copy"}],` +
			`[{"callback_data":"b2","text":"Menu"},{"text":"Site","url":"https://example.com/a"}],[{"callback_data":"b4","text":"Gone"}]]`
		if string(got) != rows || shown.Text != "<b>Menu:</b>\nSecond Copy <b>bold</b>\nTables" {
			b.t.Errorf("the client sees %s and %q", got, shown.Text)
		}
		b.there.Press(b.t, b.vera, shown.Number, "Second")
		b.there.Press(b.t, b.vera, shown.Number, "Menu")
		b.there.Press(b.t, b.vera, shown.Number, "Gone")
		b.poll(3)
		b.deliver(3)
		if got := b.said(); got[len(got)-1] != "client: 2" {
			b.t.Errorf("after the button that writes: %q", got)
		}
		want(b.t, "pressed", b.msgr.presses, []string{strings.Join([]string{itoa(visitor), itoa(m.ID), "menu", "a"}, " ")})
		answers := b.there.Calls("answerCallbackQuery")
		if len(answers) != 3 || answers[0]["text"] != nil || answers[2]["text"] != "The bot does not know this any more." {
			b.t.Errorf("the presses were answered %v", answers)
		}

		b.must(b.talks.Answer(b.t.Context(), b.anna, chat))
		b.there.Press(b.t, b.vera, shown.Number, "Menu")
		b.poll(1)
		b.deliver(1)
		answers = b.there.Calls("answerCallbackQuery")
		if say, _ := answers[3]["text"].(string); !strings.HasPrefix(say, "The assistant does not answer") || len(b.msgr.presses) != 1 {
			b.t.Errorf("a button of a bot that has handed over: %q, %q", say, b.msgr.presses)
		}

		b.must(b.talks.AskVote(b.t.Context(), b.anna, chat))
		b.deliver(1)
		seen := b.there.Seen(501)
		ask := seen[len(seen)-1]
		if ask.Text != "How was it?" {
			b.t.Fatalf("asked %+v", ask)
		}
		b.there.Press(b.t, b.vera, ask.Number, "👎")
		b.there.Press(b.t, b.vera, ask.Number, "👍")
		b.poll(2)
		b.deliver(3) // the thanks besides
		v, err := b.talks.Last(b.t.Context(), chat)
		b.must(err)
		if v.Vote != openline.VoteDislike || v.ClientCount != 2 {
			b.t.Errorf("the rating is %v, the client wrote %d messages", v.Vote, v.ClientCount)
		}
		seen = b.there.Seen(501)
		if len(seen[len(seen)-2].Buttons) != 0 || seen[len(seen)-1].Text != "Sorry" {
			b.t.Errorf("after the rating: %+v", seen)
		}
	})
}

func itoa(n int64) string { return json.Number(mustJSON(n)).String() }

func mustJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// TestKinds says what becomes of messages that are more than text, and of chats that are not private.
func TestKinds(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		type o = telegramtest.Object
		b.there.Write(b.vera, "/start spring", nil)
		b.there.Write(b.vera, "Yes", o{"reply_to_message": o{"message_id": 1, "text": "Shall we\ncall?", "chat": o{"id": 501, "type": "private"}}})
		b.there.Write(b.vera, "", o{"contact": o{"phone_number": "491701", "first_name": "Vera", "user_id": 501}})
		b.there.Write(b.vera, "", o{"location": o{"latitude": 52.5, "longitude": 13.4}})
		b.there.Write(b.vera, "", o{"document": o{"file_id": "big", "file_name": "film.mkv", "file_size": 30 << 20}})
		b.there.Write(b.vera, "", o{"voice": o{"file_id": "nowhere", "file_size": 10}})
		b.there.Write(b.vera, "", o{"story": o{}})
		b.there.Write(b.vera, "a link", o{"entities": []any{o{"type": "text_link", "offset": 2, "length": 4, "url": "https://example.com"}, o{"type": "bold", "offset": 0, "length": 99}}})
		b.poll(8)
		b.fetch()
		got := b.said()
		want(b.t, "what the operator sees", got, []string{
			"client: /start spring", "client: >>Shall we\n>>call?\nYes", "client: Contact: Vera, 491701",
			"client: Location: https://www.openstreetmap.org/?mlat=52.500000&mlon=13.400000#map=16/52.500000/13.400000",
			"client: [i]film.mkv could not be fetched: it is larger than 20 MB.[/i]",
			"client: [i]voice-106.ogg could not be fetched: Telegram answered: Bad Request: invalid file_id.[/i]",
			"client: [i]A message of a kind that cannot be shown here.[/i]", "client: a [url=https://example.com]link[/url]",
		})
		_, visitor := b.chat()
		users, err := b.users.Many(b.t.Context(), []int64{visitor})
		b.must(err)
		if users[visitor].Mobile != "+491701" {
			b.t.Errorf("the client's telephone number is %q", users[visitor].Mobile)
		}
		b.there.Push("my_chat_member", o{"chat": o{"id": 501, "type": "private"}, "from": b.vera, "new_chat_member": o{"status": "kicked"}})
		b.there.Push("my_chat_member", o{"chat": o{"id": -9, "type": "group"}, "from": b.vera, "new_chat_member": o{"status": "member"}})
		b.there.Push("message", o{"message_id": 5, "from": b.vera, "chat": o{"id": -9, "type": "group"}, "text": "Hi all"})
		b.there.Push("poll", o{"id": "1"})
		b.poll(4)
		b.deliver(1)
		if seen := b.there.Seen(-9); len(seen) != 1 || len(b.there.Calls("leaveChat")) != 1 {
			b.t.Errorf("in a group: %+v", seen)
		}
		want(b.t, "notes", b.msgr.notes, []string{
			"The client came by a link to the bot that carries “spring”.", "The client has blocked the bot: what is written here does not reach them.",
		})
		if b.count("SELECT COUNT(*) FROM openline_chat") != 1 {
			b.t.Error("the group has become a chat")
		}
	})
}
