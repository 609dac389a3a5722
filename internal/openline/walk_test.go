package openline_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

const movesOfWalk = 500

// TestARandomWalkLeavesConversationsWhole does at random what clients, operators, bots and the time can do, and checks after each move
// that every conversation is whole.
func TestARandomWalkLeavesConversationsWhole(t *testing.T) {
	t.Parallel()
	lively := func(l *line.Line) {
		l.MaxChat, l.QueueTime, l.NoAnswerTime, l.AutoCloseTime, l.AutoExpire, l.FullClose = 3, time.Minute, 2*time.Minute, 20*time.Minute, time.Hour, 3*time.Minute
		l.NoAnswer = line.Scenario{Rule: line.RuleText, Text: "Nobody yet."}
		l.FirstAnswer, l.FurtherAnswer = line.KPI{Time: time.Minute}, line.KPI{Time: time.Minute}
		l.Vote = line.Vote{Enabled: true, BeforeFinish: true, TimeLimit: 2 * time.Minute, Message: line.VoteTexts{Ask: "1 or 0?", Like: "Good", Dislike: "Sorry"}}
		l.Vote.Widget = l.Vote.Message
	}
	for name, change := range map[string]func(l *line.Line){
		"evenly": lively, "all": func(l *line.Line) { lively(l); l.Distribution = line.All },
		"bot":           func(l *line.Line) { lively(l); l.Bot = line.Bot{Enabled: true, Always: true, Time: 5 * time.Minute} },
		"bots by rules": lively,
		"bot stays": func(l *line.Line) {
			lively(l)
			l.Bot = line.Bot{Enabled: true, Always: true, Stays: true}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			with(t, change, func(b *bundle) {
				if name == "bots by rules" {
					b.ruled(func(l *line.Line) {
						l.NoAnswer.BotID, l.Close, l.AutoClose = b.bot, line.Scenario{Rule: line.RuleText, BotID: b.bot}, line.Scenario{Rule: line.RuleText, BotID: b.bot}
					})
				}
				newWalk(b, 1).run()
			})
		})
	}
}

// walk is who moves at random.
type walk struct {
	*bundle

	r      *rand.Rand
	chats  []int64
	others map[int64][]int64 // who joined a chat
	log    []string
	did    int
}

func newWalk(b *bundle, seed uint64) *walk {
	w := &walk{bundle: b, r: rand.New(rand.NewPCG(seed, seed)), others: map[int64][]int64{}} //nolint:gosec // it must be the same each time
	w.client("Client0", "Hello")
	w.chats = append(w.chats, w.is0())
	return w
}

// is0 returns the chat of the first conversation.
func (w *walk) is0() int64 {
	v, err := w.Get(w.t.Context(), 1)
	w.must(err)
	return v.ChatID
}

func (w *walk) run() {
	w.t.Helper()
	for range movesOfWalk {
		name, err := w.move()
		w.log = append(w.log, name)
		if err != nil && fault.KindOf(err) == fault.Internal {
			w.t.Fatalf("%v: %v", tail(w.log), err)
		}
		if err == nil {
			w.did++
		}
		if w.check(w.others, "SELECT session_id FROM openline_chat ORDER BY chat_id") {
			w.t.Fatalf("after %v", tail(w.log))
		}
	}
	w.whole(w.others)
	if w.did < movesOfWalk/4 {
		w.t.Errorf("only %d of %d moves were possible", w.did, movesOfWalk)
	}
}

func tail(log []string) []string { return log[max(0, len(log)-8):] }

// move does something and says what.
func (w *walk) move() (string, error) {
	ctx, chat, who := w.t.Context(), w.chats[w.r.IntN(len(w.chats))], []int64{w.anna, w.boris}[w.r.IntN(2)]
	name := []string{
		"client", "client", "client", "say", "say", "answer", "skip", "transfer", "line", "join", "intercept", "start", "finish", "finish any", "spam", "unblock",
		"to operator", "bot transfer", "bot finish", "bot says", "ask", "silent", "pause", "presence", "pass", "pass", "long", "leave",
	}[w.r.IntN(28)]
	text := name + " chat " + strconv.FormatInt(chat, 10) + " by " + strconv.FormatInt(who, 10)
	switch name {
	case "client":
		return text, w.write1()
	case "say":
		return text, w.say(who, chat, "Hi")
	case "join":
		err := w.Join(ctx, who, chat)
		if err == nil {
			w.others[chat] = append(w.others[chat], who)
		}
		return text, err
	case "presence":
		w.there.set(who, w.r.IntN(2) == 0)
		return text, nil
	case "pause":
		return text, w.SetPaused(ctx, who, w.r.IntN(2) == 0)
	case "pass", "long":
		d := time.Duration(w.r.IntN(90)) * time.Second
		if name == "long" {
			d *= 30
		}
		w.pass(d)
		return text + " " + d.String(), nil
	case "unblock":
		v, err := w.Last(ctx, chat)
		return text, errors.Join(err, w.SetBlocked(ctx, v.Channel.VisitorID, false))
	}
	return text, w.deed(ctx, name, chat, who)
}

// write1 is a message of one of the clients.
func (w *walk) write1() error {
	w.clock.Advance(time.Second)
	name := "Client" + strconv.Itoa(w.r.IntN(6))
	r, err := w.Receive(w.t.Context(), openline.Incoming{
		Connector: "site", LineID: w.support.ID, ChatID: "chat-" + name, Client: openline.Client{ID: name, FirstName: name},
		Text: []string{"0", "1", "Hello", "Well"}[w.r.IntN(4)],
	})
	if err != nil {
		return err
	}
	if !slices.Contains(w.chats, r.ChatID) {
		w.chats = append(w.chats, r.ChatID)
	}
	if r.Began {
		delete(w.others, r.ChatID)
	}
	return nil
}

func (w *walk) deed(ctx context.Context, name string, chat, who int64) error {
	switch name {
	case "answer":
		return w.Answer(ctx, who, chat)
	case "skip":
		return w.Skip(ctx, who, chat)
	case "transfer":
		return w.Transfer(ctx, who, chat, openline.Target{UserID: w.anna + w.boris - who})
	case "line":
		return w.Transfer(ctx, who, chat, openline.Target{LineID: w.support.ID})
	case "intercept":
		return w.Intercept(ctx, who, chat)
	case "start":
		return w.Start(ctx, who, chat)
	case "finish":
		return w.Finish(ctx, who, chat)
	case "finish any":
		return w.FinishAny(ctx, who, chat)
	case "spam":
		return w.Spam(ctx, who, chat)
	case "to operator":
		return w.BotToOperator(ctx, w.bot, chat)
	case "bot transfer":
		return w.BotTransfer(ctx, w.bot, chat, openline.Target{UserID: who}, w.r.IntN(2) == 0)
	case "bot finish":
		return w.BotFinish(ctx, w.bot, chat)
	case "bot says":
		return w.say(w.bot, chat, "Menu")
	case "ask":
		return w.AskVote(ctx, who, chat)
	case "silent":
		return w.SetSilent(ctx, chat, w.r.IntN(2) == 0)
	case "leave":
		if w.r.IntN(4) > 0 {
			return w.im.Leave(ctx, who, chat)
		}
		return w.db.Write(ctx, func(tx *db.Tx) error { return w.im.LeaveAllTx(ctx, tx, who) })
	}
	w.t.Fatalf("no such move: %s", name)
	return nil
}
