package im_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

// files keeps files that belong to people.
type files struct {
	owner map[int64]int64
	shown map[int64][]int64 // by file, the chats
}

func (f *files) Describe(_ context.Context, ids []int64) (map[int64]im.File, error) {
	out := map[int64]im.File{}
	for _, id := range ids {
		if owner, ok := f.owner[id]; ok {
			out[id] = im.File{ID: id, AuthorID: owner, Name: "plan.pdf", Type: "file"}
		}
	}
	return out, nil
}

func (f *files) AttachTx(_ context.Context, _ *db.Tx, messageID, author int64, ids []int64) error {
	for _, id := range ids {
		if f.owner[id] != author && len(f.shown[id]) == 0 {
			return im.ErrFile
		}
		f.shown[id] = append(f.shown[id], messageID)
	}
	return nil
}

func (f *files) ReleaseTx(_ context.Context, _ *db.Tx, messageID int64, ids []int64) error {
	for _, id := range ids {
		f.shown[id] = slices.DeleteFunc(f.shown[id], func(m int64) bool { return m == messageID })
	}
	return nil
}

func TestForwardKeepsItsFirstAuthorAndGivesNothingAway(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		ab, bc := b.private(t, b.anna, b.boris), b.private(t, b.boris, b.clara)
		kept := &files{owner: map[int64]int64{7: b.anna}, shown: map[int64][]int64{}}
		b.SetFiles(kept)
		first, err := b.Send(t.Context(), im.NewMessage{
			ChatID: ab.ID, AuthorID: b.anna, Text: "See https://example.com", Files: []int64{7, 7},
		})
		must(t, err)
		b.live.take()
		second, err := b.Send(t.Context(), im.NewMessage{ChatID: bc.ID, AuthorID: b.boris, ForwardID: first.ID, Text: "not this"})
		must(t, err)
		third, err := b.Send(t.Context(), im.NewMessage{ChatID: bc.ID, AuthorID: b.clara, ForwardID: second.ID})
		must(t, err)
		for _, m := range []im.Message{second, third} {
			got, _, err := b.Message(t.Context(), b.clara, m.ID)
			must(t, err)
			f := got.Extra.Forward
			if got.Text != "See https://example.com" || f == nil || f.MessageID != first.ID || f.ChatID != ab.ID || f.AuthorID != b.anna ||
				!f.Date.Equal(first.Date) {
				t.Errorf("forwarded as %q of %+v", got.Text, f)
			}
			same(t, "files", got.Extra.Files, []int64{7})
		}
		if got := kept.shown[7]; len(got) != 3 || got[0] >= got[1] || got[1] >= got[2] {
			t.Errorf("messages that show the file: %v, want the three", got)
		}
		hints := b.live.take()
		if m, ok := hints[0].data.(im.LiveMessage); !ok || !m.Forward || m.Files != 1 {
			t.Errorf("hint %+v", hints[0])
		}
		_, err = b.Send(t.Context(), im.NewMessage{ChatID: bc.ID, AuthorID: b.clara, ForwardID: first.ID})
		if !errors.Is(err, im.ErrForward) {
			t.Errorf("forwarding what one may not see: %v", err)
		}
		_, err = b.Send(t.Context(), im.NewMessage{ChatID: bc.ID, AuthorID: b.clara, Files: []int64{8}})
		if !errors.Is(err, im.ErrFile) {
			t.Errorf("sending a file that is not there: %v", err)
		}
		described, err := b.FilesOf(t.Context(), second, third)
		must(t, err)
		if len(described) != 1 || described[7].Name != "plan.pdf" {
			t.Errorf("files %v", described)
		}
		must(t, b.Delete(t.Context(), b.anna, first.ID, false))
		_, err = b.Send(t.Context(), im.NewMessage{ChatID: ab.ID, AuthorID: b.anna, ForwardID: first.ID})
		if !errors.Is(err, im.ErrForward) {
			t.Errorf("forwarding a removed message: %v", err)
		}
	})
}

func TestReactionsAreCountedNamedAndTakenBack(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris, b.clara}})
		m := b.say(t, c.ID, b.anna, "Lunch?")
		plain := b.say(t, c.ID, b.anna, "Or not")
		b.live.take()
		for _, r := range []struct {
			user    int64
			code    string
			on      bool
			changed bool
		}{
			{b.boris, "fire", true, true},
			{b.clara, im.Like, true, true},
			{b.anna, im.Like, true, true},
			{b.anna, im.Like, true, false},
			{b.boris, im.Like, true, true},
			{b.boris, im.Like, false, true},
			{b.boris, im.Like, false, false},
		} {
			b.clock.Advance(time.Second)
			changed, err := b.React(t.Context(), r.user, m.ID, r.code, r.on)
			must(t, err)
			if changed != r.changed {
				t.Errorf("%+v: changed %v", r, changed)
			}
		}
		hints := b.live.take()
		if len(hints) != 5 || hints[0].event != im.LiveReacted || !slices.Contains(hints[0].to, b.clara) ||
			hints[4].data != (im.LiveReaction{ChatID: c.ID, MessageID: m.ID, AuthorID: b.anna, UserID: b.boris, Code: im.Like}) {
			t.Errorf("hints %+v", hints)
		}
		p, err := b.Messages(t.Context(), b.anna, im.History{ChatID: c.ID})
		must(t, err)
		equal(t, "reactions", p.Messages[1].Reactions, []im.Reaction{
			{Code: "fire", Count: 1, UserIDs: []int64{b.boris}},
			{Code: im.Like, Count: 2, UserIDs: []int64{b.clara, b.anna}, Mine: true},
		}, func(a, b im.Reaction) bool {
			return a.Code == b.Code && a.Count == b.Count && a.Mine == b.Mine && slices.Equal(a.UserIDs, b.UserIDs)
		})
		if len(p.Messages[0].Reactions) != 0 || p.Messages[0].ID != plain.ID {
			t.Errorf("a message without reactions has %v", p.Messages[0].Reactions)
		}
		who, err := b.Reactors(t.Context(), b.boris, m.ID, im.Like, 1, 10)
		must(t, err)
		same(t, "who else liked it", who, []int64{b.anna})
		_, err = b.React(t.Context(), b.bot, m.ID, im.Like, true)
		if !errors.Is(err, im.ErrNoMessage) {
			t.Errorf("a stranger's reaction: %v", err)
		}
		_, err = b.React(t.Context(), b.anna, m.ID, "<script>", true)
		if !errors.Is(err, im.ErrReaction) {
			t.Errorf("an unknown reaction: %v", err)
		}
		must(t, b.Delete(t.Context(), b.anna, m.ID, false))
		_, err = b.React(t.Context(), b.anna, m.ID, im.Like, true)
		if !errors.Is(err, im.ErrNoMessage) {
			t.Errorf("a reaction to a removed message: %v", err)
		}
		p, err = b.Messages(t.Context(), b.anna, im.History{ChatID: c.ID})
		must(t, err)
		if len(p.Messages[1].Reactions) != 0 {
			t.Errorf("a removed message keeps reactions: %v", p.Messages[1].Reactions)
		}
	})
}

func TestPinsStandInTheirOrderAndAreBounded(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris}, CanManage: im.RightManager})
		var ids []int64
		for range im.MaxPins + 1 {
			ids = append(ids, b.say(t, c.ID, b.boris, "note").ID)
		}
		if err := b.PinMessage(t.Context(), b.boris, ids[0], true); !errors.Is(err, im.ErrAccess) {
			t.Errorf("pinned by who may not: %v", err)
		}
		b.live.take()
		for _, id := range ids[:im.MaxPins] {
			b.clock.Advance(time.Second)
			must(t, b.PinMessage(t.Context(), b.anna, id, true))
		}
		must(t, b.PinMessage(t.Context(), b.anna, ids[0], true))
		if got := len(b.live.take()); got != im.MaxPins {
			t.Errorf("%d hints", got)
		}
		last := ids[im.MaxPins]
		if err := b.PinMessage(t.Context(), b.anna, last, true); !errors.Is(err, im.ErrPins) {
			t.Errorf("one pin too many: %v", err)
		}
		must(t, b.PinMessage(t.Context(), b.anna, ids[1], false))
		must(t, b.PinMessage(t.Context(), b.anna, last, true))
		must(t, b.Delete(t.Context(), b.boris, ids[2], true))
		pins, err := b.Pins(t.Context(), b.boris, c.ID)
		must(t, err)
		if len(pins) != im.MaxPins-1 || pins[0].ID != last || !pins[0].Pinned || pins[len(pins)-1].ID != ids[0] {
			t.Errorf("pins %v", pins)
		}
		if _, err := b.Pins(t.Context(), b.clara, c.ID); !errors.Is(err, im.ErrAccess) {
			t.Errorf("pins of another's chat: %v", err)
		}
	})
}

func TestMentionsAreCountedUntilTheyAreRead(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris, b.clara}})
		b.say(t, c.ID, b.anna, "nobody")
		first := b.say(t, c.ID, b.anna, "[USER="+id(b.boris)+"]Boris[/USER] and [USER="+id(b.anna)+"]me[/USER] and [USER=9999]?[/USER]")
		all := b.say(t, c.ID, b.clara, "[USER=all]everybody[/USER]")
		edited := b.say(t, c.ID, b.anna, "[USER="+id(b.boris)+"]Boris[/USER]")
		text := "never mind"
		must(t, b.Update(t.Context(), b.anna, edited.ID, im.Change{Text: &text}))
		marks, err := b.Marks(t.Context(), b.boris, c.ID)
		must(t, err)
		if want := (im.Marks{Unread: 4, FirstUnread: first.ID - 1, Mentions: 2, FirstMention: first.ID}); marks != want {
			t.Errorf("marks %+v, want %+v", marks, want)
		}
		if got := b.line(t, b.boris, c.ID).Mentions; got != 2 {
			t.Errorf("the list counts %d mentions", got)
		}
		_, err = b.Read(t.Context(), b.boris, c.ID, first.ID)
		must(t, err)
		p, err := b.Messages(t.Context(), b.boris, im.History{ChatID: c.ID, Marks: true})
		must(t, err)
		if want := (im.Marks{Unread: 2, FirstUnread: all.ID, Mentions: 1, FirstMention: all.ID}); p.Marks != want {
			t.Errorf("marks %+v, want %+v", p.Marks, want)
		}
		marks, err = b.Marks(t.Context(), b.clara, c.ID)
		must(t, err)
		if want := (im.Marks{Unread: 1, FirstUnread: edited.ID}); marks != want {
			t.Errorf("the writer's marks %+v, want %+v", marks, want)
		}
	})
}

func TestAWindowAroundAMessageKnowsBothItsEnds(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.private(t, b.anna, b.boris)
		var ids []int64
		for text := range strings.FieldsSeq("a b c d e f g h") {
			ids = append(ids, b.say(t, c.ID, b.anna, text).ID)
		}
		for _, test := range []struct {
			around      int64
			want        string
			more, newer bool
		}{
			{ids[3], "f e d c", true, true},
			{ids[0], "c b a", false, true},
			{ids[7], "h g", true, false},
			{ids[7] + 100, "h g", true, false},
		} {
			p, err := b.Messages(t.Context(), b.boris, im.History{ChatID: c.ID, Around: test.around, Limit: 4})
			must(t, err)
			var got []string
			for _, m := range p.Messages {
				got = append(got, m.Text)
			}
			if strings.Join(got, " ") != test.want || p.More != test.more || p.Newer != test.newer {
				t.Errorf("around %d: %v, more %v, newer %v", test.around, got, p.More, p.Newer)
			}
		}
	})
}

func TestWhatIsSentTwiceUnderOneNameIsSentOnce(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.private(t, b.anna, b.boris)
		const name = "0C42A08F-4235-49fc-994f-c9bccd499ac1"
		results := make(chan im.Message, 16)
		for range cap(results) {
			go func() {
				m, err := b.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: b.anna, Text: "once", UUID: name})
				if err != nil {
					t.Error(err)
				}
				results <- m
			}()
		}
		fresh, ids := 0, map[int64]bool{}
		for range cap(results) {
			m := <-results
			ids[m.ID] = true
			if !m.Repeated {
				fresh++
			}
		}
		if fresh != 1 || len(ids) != 1 {
			t.Errorf("%d messages under one name, %d of them sent", len(ids), fresh)
		}
		same(t, "texts", b.texts(t, b.boris, im.History{ChatID: c.ID}), []string{"once"})
		if got := len(b.live.take()); got != 2 { // the chat, and one message
			t.Errorf("%d hints", got)
		}
		if _, err := b.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: b.boris, Text: "mine", UUID: name}); err != nil {
			t.Errorf("another's message of the same name: %v", err)
		}
	})
}

func TestDraftsFollowTheirWriter(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		save := func(d im.Draft) {
			t.Helper()
			b.clock.Advance(time.Second)
			must(t, b.SaveDraft(t.Context(), b.anna, d))
		}
		save(im.Draft{DialogID: id(b.boris), Text: " Dear Boris,\n"})
		save(im.Draft{DialogID: "CHAT12", Text: "x", ReplyID: 3})
		save(im.Draft{DialogID: "chat12", Text: "hello", ReplyID: 4})
		hints := b.live.take()
		if len(hints) != 3 || hints[2].data != (im.LiveDraft{DialogID: "chat12"}) || !slices.Equal(hints[2].to, []int64{b.anna}) {
			t.Errorf("hints %v", hints)
		}
		all, err := b.Drafts(t.Context(), b.anna)
		must(t, err)
		want := []im.Draft{
			{DialogID: "chat12", Text: "hello", ReplyID: 4, Updated: b.clock.Now().UTC()},
			{DialogID: id(b.boris), Text: " Dear Boris,\n", Updated: b.clock.Now().Add(-2 * time.Second).UTC()},
		}
		same(t, "drafts", all, want)
		save(im.Draft{DialogID: "chat12"})
		d, err := b.Draft(t.Context(), b.anna, "chat12")
		must(t, err)
		if d != (im.Draft{DialogID: "chat12"}) {
			t.Errorf("a draft that is gone: %+v", d)
		}
		if d, err = b.Draft(t.Context(), b.boris, "chat12"); err != nil || d.Text != "" {
			t.Errorf("another's draft: %+v, %v", d, err)
		}
		if err := b.SaveDraft(t.Context(), b.anna, im.Draft{DialogID: "nowhere", Text: "x"}); !errors.Is(err, im.ErrParams) {
			t.Errorf("a draft nowhere: %v", err)
		}
	})
}
