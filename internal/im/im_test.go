package im_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/im"
)

func TestSend(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.private(t, b.anna, b.boris)
		if c.Type != im.Private || c.DialogID(b.anna) != id(b.boris) || c.DialogID(b.boris) != id(b.anna) {
			t.Errorf("private chat %+v", c)
		}
		b.live.take()
		b.clock.Advance(time.Minute)
		m, err := b.Send(t.Context(), im.NewMessage{
			ChatID: c.ID, AuthorID: b.anna, Text: "  <script>alert(1)</script> [b]hi[/b]\n", NoPreview: true,
			Attach:   attach.Attach{{Blocks: []attach.Block{{Message: new(string)}}}},
			Keyboard: attach.Keyboard{{Type: attach.TypeButton, Text: "Go", Do: attach.Do{Command: "go"}}},
		})
		must(t, err)
		if m.ID == 0 || m.Seq != 1 || m.AuthorID != b.anna || len(m.UUID) != 36 || m.System || !m.Date.Equal(start().Add(time.Minute)) {
			t.Errorf("sent %+v", m)
		}
		p, err := b.Messages(t.Context(), b.boris, im.History{ChatID: c.ID})
		must(t, err)
		got := p.Messages[0]
		if got.Text != "<script>alert(1)</script> [b]hi[/b]" || !got.Unread || !got.NoPreview || got.UUID != m.UUID {
			t.Errorf("stored %+v", got)
		}
		if cards := got.Extra.Cards(); len(cards) != 1 || cards[0].ID != m.Date.Unix() {
			t.Errorf("attachment %+v, want one stamped card", cards)
		}
		if k := got.Extra.Buttons(); len(k) != 1 || k[0].Command != "go" {
			t.Errorf("keyboard %+v", k)
		}
		hints := b.live.take()
		if len(hints) != 1 || hints[0].event != im.LiveAdded || hints[0].data.(im.LiveMessage).ID != m.ID {
			t.Fatalf("hints %+v, want the message once", hints)
		}
		same(t, "told", hints[0].to, []int64{b.anna, b.boris})
		if b.heard.counts() != [4]int{} {
			t.Errorf("bots heard %v in a chat without bots", b.heard.counts())
		}
		if a, z := b.line(t, b.anna, c.ID), b.line(t, b.boris, c.ID); a.Counter != 0 || z.Counter != 1 || z.Peer != b.anna || a.Seen {
			t.Errorf("counters %d and %d, want 0 and 1; %+v", a.Counter, z.Counter, z)
		}
	})
}

func TestSendRefusals(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		mine := b.private(t, b.anna, b.boris)
		other := b.private(t, b.anna, b.clara)
		channel := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris}, CanPost: im.RightOwner})
		foreign := b.say(t, other.ID, b.clara, "elsewhere")
		hidden := b.say(t, b.private(t, b.boris, b.clara).ID, b.clara, "not for Anna")
		b.live.take()
		for name, c := range map[string]struct {
			n    im.NewMessage
			want error
		}{
			"nothing":        {im.NewMessage{ChatID: mine.ID, AuthorID: b.anna, Text: " \n\t"}, im.ErrMessageEmpty},
			"no chat":        {im.NewMessage{ChatID: 999, AuthorID: b.anna, Text: "x"}, im.ErrNoChat},
			"zero chat":      {im.NewMessage{AuthorID: b.anna, Text: "x"}, im.ErrNoChat},
			"negative chat":  {im.NewMessage{ChatID: -1, AuthorID: b.anna, Text: "x"}, im.ErrNoChat},
			"foreign chat":   {im.NewMessage{ChatID: mine.ID, AuthorID: b.clara, Text: "x"}, im.ErrAccess},
			"may not post":   {im.NewMessage{ChatID: channel.ID, AuthorID: b.boris, Text: "x"}, im.ErrAccess},
			"unknown answer": {im.NewMessage{ChatID: mine.ID, AuthorID: b.anna, Text: "x", ReplyID: 12345}, im.ErrReplyAccess},
			"hidden answer":  {im.NewMessage{ChatID: mine.ID, AuthorID: b.anna, Text: "x", ReplyID: hidden.ID}, im.ErrReplyAccess},
			"foreign answer": {im.NewMessage{ChatID: mine.ID, AuthorID: b.anna, Text: "x", ReplyID: foreign.ID}, im.ErrReplyForeign},
			"no uuid":        {im.NewMessage{ChatID: mine.ID, AuthorID: b.anna, Text: "x", UUID: "'; DROP TABLE chat"}, im.ErrParams},
		} {
			if _, err := b.Send(t.Context(), c.n); !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", name, err, c.want)
			}
		}
		if n := b.texts(t, b.anna, im.History{ChatID: mine.ID}); len(n) != 0 {
			t.Errorf("refused messages were stored: %q", n)
		}
		if h := b.live.take(); len(h) != 0 {
			t.Errorf("refused messages were told: %+v", h)
		}
		if _, err := b.Send(t.Context(), im.NewMessage{ChatID: channel.ID, AuthorID: b.anna, Text: "owner"}); err != nil {
			t.Errorf("the owner may not post: %v", err)
		}
	})
}

func TestSendOddText(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.private(t, b.anna, b.anna)
		m := b.say(t, c.ID, b.anna, "a\x00b\xff"+strings.Repeat("я", 30_000))
		got := b.texts(t, b.anna, im.History{ChatID: c.ID})[0]
		if got != m.Text || utf8.RuneCountInString(got) != 20_000 || !strings.HasSuffix(got, "я (...)") || !strings.HasPrefix(got, "ab\uFFFDя") {
			t.Errorf("stored %d characters, %q…", utf8.RuneCountInString(got), got[:12])
		}
		if it := b.line(t, b.anna, c.ID); it.Peer != b.anna || it.Counter != 0 {
			t.Errorf("a chat with oneself is listed as %+v", it)
		}
	})
}

func TestBotsHear(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.private(t, b.anna, b.bot)
		b.private(t, b.bot, b.anna)
		if b.heard.counts() != [4]int{0, 0, 0, 1} {
			t.Fatalf("heard %v after opening twice, want one join", b.heard.counts())
		}
		if j := b.heard.joined[0]; j.BotID != b.bot || j.ActorID != b.anna || j.Chat.ID != c.ID || j.Chat.Type != im.Private {
			t.Errorf("joined %+v", j)
		}
		m := b.say(t, c.ID, b.anna, "What's burning?")
		b.say(t, c.ID, b.bot, "Nothing")
		if b.heard.counts() != [4]int{2, 0, 0, 1} || len(b.heard.added[1].BotIDs) != 0 {
			t.Fatalf("heard %v, want the person's message for the bot, and the bot's for nobody", b.heard.counts())
		}
		e := b.heard.added[0]
		if e.Message.ID != m.ID || e.ActorID != b.anna || e.PrevMessageID != 0 || e.Chat.MemberCount != 2 {
			t.Errorf("added %+v", e)
		}
		same(t, "bots", e.BotIDs, []int64{b.bot})

		g := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris, b.bot, b.boris, 0}})
		first := b.say(t, g.ID, b.boris, "one")
		b.say(t, g.ID, b.boris, fmt.Sprintf("[USER=%d]bot[/USER] two", b.bot))
		if b.heard.counts() != [4]int{4, 0, 0, 2} {
			t.Fatalf("heard %v", b.heard.counts())
		}
		e = b.heard.added[3]
		if e.PrevMessageID != first.ID || e.Chat.MemberCount != 3 || e.Chat.Title != "Project" {
			t.Errorf("added %+v", e)
		}
		same(t, "mentioned", e.Mentioned, []int64{b.bot})
		text := "new"
		must(t, b.Update(t.Context(), b.boris, first.ID, im.Change{Text: &text}))
		must(t, b.Delete(t.Context(), b.boris, first.ID, false))
		if b.heard.counts() != [4]int{4, 1, 1, 2} || b.heard.updated[0].Message.Text != "new" {
			t.Errorf("heard %v, %+v", b.heard.counts(), b.heard.updated)
		}
	})
}

func TestListenerUndoes(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.private(t, b.anna, b.bot)
		b.live.take()
		b.heard.refuse = errors.New("disk is full")
		if _, err := b.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: b.anna, Text: "x"}); !errors.Is(err, b.heard.refuse) {
			t.Errorf("got %v", err)
		}
		if _, err := b.OpenPrivate(t.Context(), b.boris, b.bot); !errors.Is(err, b.heard.refuse) {
			t.Errorf("got %v", err)
		}
		if n := b.texts(t, b.anna, im.History{ChatID: c.ID}); len(n) != 0 || len(b.live.take()) != 0 {
			t.Errorf("undone message remains: %q", n)
		}
		b.heard.refuse = nil
		if m := b.say(t, c.ID, b.anna, "x"); m.Seq != 1 {
			t.Errorf("the undone message was counted: %d", m.Seq)
		}
		b.private(t, b.boris, b.bot)
	})
}

func TestHistoryPages(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.private(t, b.anna, b.boris)
		noise := b.private(t, b.anna, b.clara)
		var ids []int64
		for i := range 7 {
			b.say(t, noise.ID, b.clara, "noise")
			ids = append(ids, b.say(t, c.ID, b.anna, strconv.Itoa(i)).ID)
		}
		for name, q := range map[string]struct {
			h    im.History
			want string
		}{
			"newest":         {im.History{Limit: 3}, "654"},
			"older":          {im.History{Before: ids[3], Limit: 2}, "21"},
			"newer":          {im.History{After: ids[3], Limit: 2}, "45"},
			"beginning":      {im.History{First: true, Limit: 3}, "012"},
			"beyond":         {im.History{Before: ids[0]}, ""},
			"unknown":        {im.History{Before: ids[3] - 1, Exact: true}, ""},
			"unknown, later": {im.History{After: 1 << 60, Exact: true}, ""},
			"all":            {im.History{}, "6543210"},
		} {
			q.h.ChatID = c.ID
			if got := strings.Join(b.texts(t, b.boris, q.h), ""); got != q.want {
				t.Errorf("%s: got %s, want %s", name, got, q.want)
			}
		}
		p, err := b.Messages(t.Context(), b.anna, im.History{ChatID: c.ID, Before: ids[6], Limit: 6})
		must(t, err)
		if p.More || p.SeenUpTo != 0 {
			t.Errorf("page %+v", p)
		}
		if _, err := b.Read(t.Context(), b.boris, c.ID, ids[2]); err != nil {
			t.Fatal(err)
		}
		p, err = b.Messages(t.Context(), b.anna, im.History{ChatID: c.ID, Limit: 6})
		must(t, err)
		if !p.More || p.SeenUpTo != ids[2] {
			t.Errorf("more %v, seen %d, want %d", p.More, p.SeenUpTo, ids[2])
		}
		for name, q := range map[string]struct {
			viewer, chat int64
			want         error
		}{
			"foreign": {b.clara, c.ID, im.ErrAccess}, "missing": {b.clara, 999, im.ErrNoChat}, "negative": {b.anna, -3, im.ErrNoChat},
		} {
			if _, err := b.Messages(t.Context(), q.viewer, im.History{ChatID: q.chat}); !errors.Is(err, q.want) {
				t.Errorf("%s: got %v, want %v", name, err, q.want)
			}
		}
		if _, _, err := b.Message(t.Context(), b.clara, ids[0]); !errors.Is(err, im.ErrNoMessage) {
			t.Errorf("a stranger's look at a message: %v", err)
		}
	})
}

func TestUpdateAndDelete(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris, b.clara}})
		m := b.say(t, c.ID, b.boris, "first")
		text, empty := "second", "  "
		refused := func(who int64, id int64) {
			t.Helper()
			if err := b.Update(t.Context(), who, id, im.Change{Text: &text}); !errors.Is(err, im.ErrCannotEdit) {
				t.Errorf("update: %v", err)
			}
		}
		refused(b.clara, m.ID)
		refused(b.anna, m.ID) // an owner may remove, not rewrite
		refused(b.boris, 999)
		refused(b.boris, -1)
		b.clock.Advance(71 * time.Hour)
		b.live.take()
		must(t, b.Update(t.Context(), b.boris, m.ID, im.Change{Text: &text, Attach: &attach.Attach{{Description: "card"}}}))
		got, _, err := b.Message(t.Context(), b.clara, m.ID)
		must(t, err)
		if got.Text != "second" || got.Edited.IsZero() || len(got.Extra.Cards()) != 1 {
			t.Errorf("updated %+v", got)
		}
		if h := b.live.take(); len(h) != 1 || h[0].event != im.LiveChanged {
			t.Errorf("hints %+v", h)
		}
		must(t, b.Update(t.Context(), b.boris, m.ID, im.Change{Attach: &attach.Attach{}, Unmarked: true}))
		b.clock.Advance(2 * time.Hour)
		refused(b.boris, m.ID)
		if err := b.Delete(t.Context(), b.boris, m.ID, true); !errors.Is(err, im.ErrCannotEdit) {
			t.Errorf("delete after three days: %v", err)
		}
		if err := b.Delete(t.Context(), b.clara, m.ID, false); !errors.Is(err, im.ErrCannotEdit) {
			t.Errorf("delete by another: %v", err)
		}
		must(t, b.Delete(t.Context(), b.anna, m.ID, false))
		got, _, err = b.Message(t.Context(), b.clara, m.ID)
		must(t, err)
		if got.Text != "" || !got.Extra.Empty() || got.Deleted.IsZero() {
			t.Errorf("deleted %+v", got)
		}
		m = b.say(t, c.ID, b.boris, "by an empty text")
		must(t, b.Update(t.Context(), b.boris, m.ID, im.Change{Text: &empty}))
		if got, _, _ = b.Message(t.Context(), b.clara, m.ID); got.Deleted.IsZero() {
			t.Errorf("an empty text left %+v", got)
		}
		refused(b.boris, m.ID)
		m = b.say(t, c.ID, b.boris, "gone")
		must(t, b.Delete(t.Context(), b.boris, m.ID, true))
		if _, _, err := b.Message(t.Context(), b.boris, m.ID); !errors.Is(err, im.ErrNoMessage) {
			t.Errorf("an erased message: %v", err)
		}
	})
}

func TestTyping(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.private(t, b.anna, b.boris)
		b.live.take()
		must(t, b.Typing(t.Context(), b.anna, c.ID))
		h := b.live.take()
		if len(h) != 1 || h[0].event != im.LiveTyping || h[0].data.(im.LiveTyper).Name != "Anna Weber" {
			t.Fatalf("hints %+v", h)
		}
		same(t, "told", h[0].to, []int64{b.boris})
		if err := b.Typing(t.Context(), b.clara, c.ID); !errors.Is(err, im.ErrAccess) {
			t.Errorf("a stranger types: %v", err)
		}
	})
}
