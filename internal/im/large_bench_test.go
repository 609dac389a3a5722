package im_test

import (
	"fmt"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
)

// BenchmarkLargeChat works in a chat of ten thousand members: sending, also with a mention of everybody, and listing members.
func BenchmarkLargeChat(b *testing.B) {
	const size = 10_000
	d := durable(b)
	users := user.New(d, clock.System{})
	s := im.New(im.Config{DB: d, Clock: clock.System{}, Users: users})
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
	b.Run("page of members", func(b *testing.B) {
		for b.Loop() {
			page, err := s.MembersPage(b.Context(), g.OwnerID, c.ID, g.MemberIDs[size/2], 50, false)
			if err != nil || len(page) != 50 {
				b.Fatal(len(page), err)
			}
		}
	})
}
