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

// askedLinks keeps what was asked for, once it is durable.
type askedLinks struct{ asked []string }

func (a *askedLinks) AskTx(_ context.Context, tx *db.Tx, address string, chatID, messageID int64) error {
	tx.AfterCommit(func() { a.asked = append(a.asked, address+" "+id(chatID)+" "+id(messageID)) })
	return nil
}

func (a *askedLinks) take() []string { out := a.asked; a.asked = nil; return out }

func TestTheFirstLinkOfAMessageIsLookedUp(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		links := &askedLinks{}
		b.SetLinks(links)
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris}})
		links.take()
		asked := func(what, address string, m im.Message) {
			t.Helper()
			var want []string
			if address != "" {
				want = []string{address + " " + id(c.ID) + " " + id(m.ID)}
			}
			if got := links.take(); !slices.Equal(got, want) {
				t.Errorf("%s: asked for %v, want %v", what, got, want)
			}
			m, _, err := b.Message(t.Context(), b.anna, m.ID)
			must(t, err)
			if m.Link() != address {
				t.Errorf("%s: the link is %q", what, m.Link())
			}
		}
		send := func(n im.NewMessage) im.Message {
			t.Helper()
			n.ChatID, n.AuthorID = c.ID, b.anna
			m, err := b.Send(t.Context(), n)
			must(t, err)
			return m
		}
		const address, other = "https://a.example/x", "https://b.example"
		asked("plain", "", b.say(t, c.ID, b.anna, "no link"))
		asked("code", "", b.say(t, c.ID, b.anna, "[code]"+address+"[/code]"))
		asked("the portal's own words", "", send(im.NewMessage{Text: address, System: true}))
		asked("not wanted", "", send(im.NewMessage{Text: address, NoPreview: true}))
		m := b.say(t, c.ID, b.anna, "see "+address+" and "+other)
		asked("sent", address, m)
		asked("forwarded", address, send(im.NewMessage{ForwardID: m.ID}))

		change := func(ch im.Change) { t.Helper(); must(t, b.Update(t.Context(), b.anna, m.ID, ch)) }
		text := func(s string) *string { return &s }
		no, yes := true, false
		change(im.Change{Text: text("SEE " + address)})
		if got := links.take(); got != nil {
			t.Errorf("an edit around it asks for %v", got)
		}
		change(im.Change{Text: text("nothing any more")})
		asked("removed", "", m)
		change(im.Change{Text: text(other)})
		asked("another", other, m)
		change(im.Change{NoPreview: &no})
		asked("not wanted any more", "", m)
		change(im.Change{NoPreview: &yes})
		asked("wanted after all", other, m)
		must(t, b.Delete(t.Context(), b.anna, m.ID, false))
		if m, _, err := b.Message(t.Context(), b.anna, m.ID); err != nil || m.Link() != "" {
			t.Errorf("a removed message leads to %q, %v", m.Link(), err)
		}
	})
}

func TestUnlink(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		links := &askedLinks{}
		b.SetLinks(links)
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris, b.bot}})
		m := b.say(t, c.ID, b.anna, "see https://a.example")
		plain := b.say(t, c.ID, b.anna, "nothing")
		b.clock.Advance(100 * 24 * time.Hour)
		for actor, message := range map[int64]int64{b.boris: m.ID, b.anna: plain.ID, b.clara: m.ID, 0: m.ID} {
			if err := b.Unlink(t.Context(), actor, message); !errors.Is(err, im.ErrCannotEdit) {
				t.Errorf("%d at message %d: %v", actor, message, err)
			}
		}
		heard := b.heard.counts()
		b.live.take()
		links.take()
		must(t, b.Unlink(t.Context(), b.anna, m.ID))
		if hints := b.live.take(); len(hints) != 1 || hints[0].event != im.LiveChanged {
			t.Errorf("pages hear %+v", hints)
		}
		if b.heard.counts() != heard {
			t.Error("the bot hears of it")
		}
		got, _, err := b.Message(t.Context(), b.anna, m.ID)
		must(t, err)
		if got.Link() != "" || !got.Edited.IsZero() || got.Text != m.Text {
			t.Errorf("it is %+v now", got)
		}
		if err := b.Unlink(t.Context(), b.anna, m.ID); !errors.Is(err, im.ErrCannotEdit) {
			t.Errorf("twice: %v", err)
		}
		m = b.say(t, c.ID, b.anna, "see https://a.example")
		must(t, b.Unlink(t.Context(), b.anna, m.ID))
		links.take()
		for _, step := range []struct{ text, link string }{
			{"look at https://a.example", ""}, {"look at https://b.example", "https://b.example"}, {"look at https://a.example", "https://a.example"},
		} {
			must(t, b.Update(t.Context(), b.anna, m.ID, im.Change{Text: &step.text}))
			got, _, err := b.Message(t.Context(), b.anna, m.ID)
			must(t, err)
			want := ""
			if step.link != "" {
				want = step.link + " " + id(c.ID) + " " + id(m.ID)
			}
			if asked := strings.Join(links.take(), ""); got.Link() != step.link || asked != want {
				t.Errorf("after %q the link is %q, asked for %q", step.text, got.Link(), asked)
			}
		}
	})
}
