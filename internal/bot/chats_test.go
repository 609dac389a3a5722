package bot_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
)

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// TestChats lets a bot make a chat, change it and leave it, in the real messenger.
func TestChats(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema(), event.Schema(), im.Schema(), bot.Schema()}, func(t *testing.T, d *db.DB) {
		p, ctx := newSmall(t, d), t.Context()
		anna, ben := p.person(t, "anna"), p.person(t, "ben")
		b := p.register(t)
		id, err := p.bots.CreateChat(ctx, mine, bot.NewChat{
			UserIDs: []int64{anna}, ColorCode: "mint", Description: "About it", EntityType: "CRM", EntityID: "DEAL|13",
		}, " Welcome ")
		must(t, err)
		c, err := p.im.Get(ctx, b, id)
		if err != nil || c.Title != "Chat of ReportBot" || c.Type != im.Closed || c.OwnerID != b || c.ColorCode != "MINT" || c.Description != "About it" ||
			c.EntityType != "CRM" || c.EntityID != "DEAL|13" {
			t.Fatalf("made %+v, %v", c, err)
		}
		page, err := p.im.Messages(ctx, anna, im.History{ChatID: id, Limit: 1})
		if err != nil || len(page.Messages) != 1 || page.Messages[0].Text != "Welcome" || page.Messages[0].AuthorID != b {
			t.Errorf("said %+v, %v", page.Messages, err)
		}

		_, err = p.im.General(ctx)
		must(t, err)
		_, err = p.bots.CreateChat(ctx, mine, bot.NewChat{Title: "Everybody", EntityType: im.EntityGeneral}, "")
		wantFault(t, err, "WRONG_REQUEST", "Chat can't be created")

		must(t, p.bots.AddToChat(ctx, mine, 0, id, []int64{anna, ben}, true))
		wantFault(t, p.bots.AddToChat(ctx, mine, b, id, []int64{ben}, true), "WRONG_REQUEST", "You don't have access or user already member in chat")
		wantFault(t, p.bots.AddToChat(ctx, mine, b, id, []int64{4711}, true), "WRONG_REQUEST", "You don't have access or user already member in chat")
		ids, err := p.bots.ChatMembers(ctx, mine, b, id)
		want := []int64{anna, ben, b}
		slices.Sort(want)
		if err != nil || !slices.Equal(ids, want) {
			t.Errorf("members %v, %v", ids, err)
		}
		if page, err := p.im.Messages(ctx, ben, im.History{ChatID: id}); err != nil || slices.ContainsFunc(page.Messages, func(m im.Message) bool { return m.Text == "Welcome" }) {
			t.Errorf("Ben sees what was before him: %+v, %v", page.Messages, err)
		}

		must(t, p.bots.SetChatManager(ctx, mine, b, id, ben, true))
		if managers, err := p.im.Managers(ctx, id); err != nil || !slices.Contains(managers, ben) {
			t.Errorf("managers %v, %v", managers, err)
		}
		must(t, p.bots.SetChatManager(ctx, mine, b, id, ben, false))
		if managers, err := p.im.Managers(ctx, id); err != nil || slices.Contains(managers, ben) {
			t.Errorf("managers %v, %v", managers, err)
		}
		must(t, p.bots.SetChatTitle(ctx, mine, b, id, " Renamed\n"))
		must(t, p.bots.SetChatColor(ctx, mine, b, id, "aqua"))
		wantFault(t, p.bots.SetChatColor(ctx, mine, b, id, "AQUA"), "WRONG_REQUEST", "This color currently set or chat doesn't exist")
		wantFault(t, p.bots.SetChatColor(ctx, mine, b, id, "BLACK"), "WRONG_COLOR", "This color currently unavailable")
		picture, err := base64.StdEncoding.DecodeString(pixel)
		must(t, err)
		must(t, p.bots.SetChatAvatar(ctx, mine, b, id, picture))
		wantFault(t, p.bots.SetChatAvatar(ctx, mine, b, id, []byte("no picture")), "AVATAR_ERROR", "Avatar incorrect type")
		if c, _ := p.im.Get(ctx, b, id); c.Title != "Renamed" || c.ColorCode != "AQUA" || c.Avatar == "" {
			t.Errorf("changed to %+v", c)
		}

		m, err := p.im.Send(ctx, im.NewMessage{ChatID: id, AuthorID: anna, Text: "well done"})
		must(t, err)
		must(t, p.bots.Like(ctx, mine, b, m.ID, new(true)))
		wantFault(t, p.bots.Like(ctx, mine, b, m.ID, new(true)), "WITHOUT_CHANGES", "Action completed without changes")
		must(t, p.bots.Like(ctx, mine, b, m.ID, nil)) // turned round: taken back
		wantFault(t, p.bots.Like(ctx, mine, b, m.ID, new(false)), "WITHOUT_CHANGES", "Action completed without changes")
		wantFault(t, p.bots.Like(ctx, mine, b, 999999, nil), "WITHOUT_CHANGES", "Action completed without changes")

		must(t, p.bots.RemoveFromChat(ctx, mine, b, id, ben))
		wantFault(t, p.bots.RemoveFromChat(ctx, mine, b, id, ben), "WRONG_REQUEST", "You don't have access or user isn't a member of the chat")
		must(t, p.bots.SetChatOwner(ctx, mine, b, id, anna))
		wantFault(t, p.bots.SetChatOwner(ctx, mine, b, id, anna), "WRONG_REQUEST", "Change owner can only owner and user must be member in chat")
		wantFault(t, p.bots.SetChatManager(ctx, mine, b, id, anna, true), "WRONG_REQUEST", "Change manager can only owner and user must be member in chat")
		must(t, p.bots.LeaveChat(ctx, mine, b, id))
		wantFault(t, p.bots.LeaveChat(ctx, mine, b, id), "WRONG_REQUEST", "You don't have access or user isn't a member in chat")

		general, err := p.im.General(ctx)
		must(t, err)
		must(t, d.Write(ctx, func(tx *db.Tx) error { return p.im.JoinGeneralTx(ctx, tx, b) }))
		private, err := p.im.OpenPrivate(ctx, anna, b)
		must(t, err)
		for name, c := range map[string]struct {
			err  error
			text string
		}{
			"leave":            {p.bots.LeaveChat(ctx, mine, b, general.ID), "It is forbidden to delete users of this chat"},
			"leave a private":  {p.bots.LeaveChat(ctx, mine, b, private.ID), "Action unavailable"},
			"add":              {p.bots.AddToChat(ctx, mine, b, general.ID, []int64{ben}, true), "It is forbidden to add users to this chat"},
			"rename":           {p.bots.SetChatTitle(ctx, mine, b, general.ID, "x"), "This chat cannot be renamed"},
			"rename a private": {p.bots.SetChatTitle(ctx, mine, b, private.ID, "x"), "Action unavailable"},
			"picture":          {p.bots.SetChatAvatar(ctx, mine, b, general.ID, picture), "The avatar of this chat cannot be changed"},
			"owner":            {p.bots.SetChatOwner(ctx, mine, b, general.ID, anna), "Action unavailable"},
			"members":          {first(p.bots.ChatMembers(ctx, mine, b, private.ID)), "Action unavailable"},
		} {
			if c.err == nil || !strings.Contains(fmt.Sprint(c.err), "ACCESS_ERROR") || !strings.Contains(fmt.Sprint(c.err), c.text) {
				t.Errorf("%s: %v, want ACCESS_ERROR %s", name, c.err, c.text)
			}
		}
	})
}

func first[T any](_ T, err error) error { return err }
