package im_test

import (
	"fmt"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/push"
	"github.com/portico-hq/portico/internal/user"
)

// BenchmarkLargeChat works in a chat of ten thousand members, five hundred of whom have a page open: sending, also with a mention of
// everybody, opening the chat, typing, reading, coming and going, and listing members.
func BenchmarkLargeChat(b *testing.B) {
	const size = 10_000
	d := durable(b)
	users := user.New(d, clock.System{})
	hub := push.New()
	s := im.New(im.Config{DB: d, Clock: clock.System{}, Users: users, Live: hub})
	g := im.NewGroup{Title: "Everybody"}
	must(b, d.Write(b.Context(), func(tx *db.Tx) error {
		for i := range size {
			id, err := users.AddBotTx(b.Context(), tx, user.BotProfile{FirstName: fmt.Sprint("Member ", i)})
			if err != nil {
				return err
			}
			g.MemberIDs = append(g.MemberIDs, id)
		}
		return nil
	}))
	g.OwnerID = g.MemberIDs[0]
	c, err := s.CreateGroup(b.Context(), g)
	must(b, err)
	for name, text := range map[string]string{"send": "Good morning", "send to all": "[USER=all]everybody[/USER], good morning"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := s.Send(b.Context(), im.NewMessage{ChatID: c.ID, AuthorID: g.OwnerID, Text: text})
				must(b, err)
			}
		})
	}
	for _, id := range g.MemberIDs[:500] {
		messages, cancel := hub.Subscribe(id)
		defer cancel()
		go func() {
			for range messages { //nolint:revive // a page that reads
			}
		}()
	}
	n := 0
	member := func() int64 { n++; return g.MemberIDs[1+n%(size-1)] }
	for name, act := range map[string]func() error{
		"typing": func() error { return s.Typing(b.Context(), member(), c.ID) },
		"read": func() error {
			_, err := s.Read(b.Context(), member(), c.ID, 0)
			return err
		},
		"open": func() error {
			viewer := member()
			if _, err := s.Beside(b.Context(), viewer, c.ID, 60); err != nil {
				return err
			}
			_, err := s.Messages(b.Context(), viewer, im.History{ChatID: c.ID})
			return err
		},
		"leave and come": func() error {
			id := member()
			if err := s.Leave(b.Context(), id, c.ID); err != nil {
				return err
			}
			return s.AddMembers(b.Context(), g.OwnerID, c.ID, []int64{id}, false)
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				must(b, act())
			}
		})
	}
	b.Run("page of members", func(b *testing.B) {
		for b.Loop() {
			page, err := s.MembersPage(b.Context(), g.OwnerID, c.ID, g.MemberIDs[size/2], 50, false)
			if err != nil || len(page) != 50 {
				b.Fatal(len(page), err)
			}
		}
	})
}
