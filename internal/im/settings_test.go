package im_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
)

func TestAChannelIsReadByAllAndWrittenByItsManagers(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.group(t, im.NewGroup{Type: im.OpenChannel, Title: "News", OwnerID: b.anna, MemberIDs: []int64{b.bot}, ManagerIDs: []int64{b.bot}})
		found, err := b.FindOpen(t.Context(), b.boris, "EW", 0, 10)
		must(t, err)
		if len(found) != 1 || found[0].ID != c.ID {
			t.Errorf("open channels %v", found)
		}
		must(t, b.Join(t.Context(), b.boris, c.ID))
		must(t, b.Join(t.Context(), b.boris, c.ID))
		if found, err = b.FindOpen(t.Context(), b.boris, "", 0, 10); err != nil || len(found) != 0 {
			t.Errorf("joined ones are still offered: %v, %v", found, err)
		}
		send := func(author int64) error {
			_, err := b.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: author, Text: "hello"})
			return err
		}
		if err := send(b.boris); !errors.Is(err, im.ErrAccess) {
			t.Errorf("a reader writes: %v", err)
		}
		must(t, send(b.bot))
		if err := b.SetManager(t.Context(), b.boris, c.ID, []int64{b.boris}, true); !errors.Is(err, im.ErrManager) {
			t.Errorf("who is not the owner makes a manager: %v", err)
		}
		if err := b.SetManager(t.Context(), b.anna, c.ID, []int64{b.clara}, true); !errors.Is(err, im.ErrManager) {
			t.Errorf("a stranger is made a manager: %v", err)
		}
		must(t, b.SetManager(t.Context(), b.anna, c.ID, []int64{b.boris}, true))
		must(t, send(b.boris))
		managers, err := b.Managers(t.Context(), c.ID)
		must(t, err)
		same(t, "managers", managers, []int64{b.anna, b.boris, b.bot})
		page, err := b.MembersPage(t.Context(), b.boris, c.ID, b.anna, 1, true)
		must(t, err)
		if len(page) != 1 || page[0].UserID != b.boris || !page[0].Manager {
			t.Errorf("page of managers %+v", page)
		}
		if err := b.RemoveMember(t.Context(), b.boris, c.ID, b.bot); !errors.Is(err, im.ErrAccess) {
			t.Errorf("a manager removes another: %v", err)
		}
		must(t, b.SetOwner(t.Context(), b.anna, c.ID, b.boris))
		for user, want := range map[int64]string{b.anna: "MEMBER", b.boris: "OWNER", b.bot: "MANAGER", b.clara: "NONE"} {
			if role, err := b.Role(t.Context(), user, c.ID); err != nil || role != want {
				t.Errorf("role of %d: %s, %v; want %s", user, role, err, want)
			}
		}
		if err := b.SetOwner(t.Context(), b.anna, c.ID, b.anna); !errors.Is(err, im.ErrOwner) {
			t.Errorf("a member makes an owner: %v", err)
		}
		closed := b.group(t, im.NewGroup{OwnerID: b.anna})
		if err := b.Join(t.Context(), b.boris, closed.ID); !errors.Is(err, im.ErrAccess) {
			t.Errorf("joining a closed group: %v", err)
		}
	})
}

func TestGroupsAreChangedByWhoMay(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris}, Description: " about "})
		if c.Description != "about" {
			t.Errorf("description %q", c.Description)
		}
		title, color, bad, owner, nonsense := "[b]New[/b]", "mint", "beige", im.RightOwner, im.Right("all")
		must(t, b.UpdateChat(t.Context(), b.boris, c.ID, im.ChatChange{Title: &title, ColorCode: &color}))
		got, err := b.Get(t.Context(), b.anna, c.ID)
		must(t, err)
		if got.Title != title || got.ColorCode != "MINT" {
			t.Errorf("changed to %q, %q", got.Title, got.ColorCode)
		}
		if texts := b.texts(t, b.anna, im.History{ChatID: c.ID}); !strings.HasSuffix(texts[0], "renamed the chat to (b)New(/b)") {
			t.Errorf("said %q", texts)
		}
		empty := " "
		for _, test := range []struct {
			actor int64
			ch    im.ChatChange
			want  error
		}{
			{b.boris, im.ChatChange{CanPost: &owner}, im.ErrAccess},
			{b.clara, im.ChatChange{Title: &title}, im.ErrAccess},
			{b.anna, im.ChatChange{Title: &empty}, im.ErrTitle},
			{b.anna, im.ChatChange{ColorCode: &bad}, im.ErrColor},
			{b.anna, im.ChatChange{CanPost: &nonsense}, im.ErrParams},
			{b.anna, im.ChatChange{CanPost: &owner, CanDress: &owner, CanAdd: &owner}, nil},
			{b.boris, im.ChatChange{Title: &title}, im.ErrAccess},
		} {
			if err := b.UpdateChat(t.Context(), test.actor, c.ID, test.ch); !errors.Is(err, test.want) {
				t.Errorf("%+v: %v, want %v", test.ch, err, test.want)
			}
		}
		if err := b.AddMembers(t.Context(), b.boris, c.ID, []int64{b.clara}, false); !errors.Is(err, im.ErrAccess) {
			t.Errorf("who may not adds a member: %v", err)
		}
		if _, err := b.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: b.boris, Text: "x"}); !errors.Is(err, im.ErrAccess) {
			t.Errorf("who may not writes: %v", err)
		}
		must(t, b.SetTextField(t.Context(), c.ID, false))
		if _, err := b.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: b.anna, Text: "x"}); !errors.Is(err, im.ErrAccess) {
			t.Errorf("a person writes in a locked chat: %v", err)
		}
	})
}

func TestAChatsPictureIsMadeSmall(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		var large bytes.Buffer
		must(t, png.Encode(&large, image.NewRGBA(image.Rect(0, 0, 900, 600))))
		c, err := b.CreateGroup(t.Context(), im.NewGroup{OwnerID: b.anna, Title: "Pictures", Avatar: large.Bytes()})
		must(t, err)
		kept, err := b.Get(t.Context(), b.anna, c.ID)
		must(t, err)
		a, err := b.Avatar(t.Context(), c.ID, kept.Avatar)
		must(t, err)
		size, _, err := image.DecodeConfig(bytes.NewReader(a.Data))
		must(t, err)
		if size.Width != 300 || size.Height != 200 || kept.AvatarPath() != "/online/avatar/"+id(c.ID)+"/"+kept.Avatar {
			t.Errorf("kept as %dx%d at %s", size.Width, size.Height, kept.AvatarPath())
		}
		if err := b.SetAvatar(t.Context(), b.anna, c.ID, []byte("<svg/>")); err == nil {
			t.Error("what is no picture was taken")
		}
		must(t, b.SetAvatar(t.Context(), b.anna, c.ID, nil))
		if _, err := b.Avatar(t.Context(), c.ID, kept.Avatar); !errors.Is(err, user.ErrNoAvatar) {
			t.Errorf("a removed picture: %v", err)
		}
	})
}

func TestTheGeneralChatBelongsToTheAdministrators(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		general, err := b.General(t.Context())
		must(t, err)
		must(t, b.db.Write(t.Context(), func(tx *db.Tx) error {
			for _, id := range []int64{b.anna, b.boris} {
				if err := b.JoinGeneralTx(t.Context(), tx, id); err != nil {
					return err
				}
			}
			return nil
		}))
		yes := true
		_, err = b.users.Update(t.Context(), b.anna, user.Change{Admin: &yes})
		must(t, err)
		manager := im.RightManager
		if err := b.UpdateChat(t.Context(), b.boris, general.ID, im.ChatChange{CanPost: &manager}); !errors.Is(err, im.ErrAccess) {
			t.Errorf("an employee rules: %v", err)
		}
		title, words, color := "Ours", "For us", "RED"
		var picture bytes.Buffer
		must(t, png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 4, 4))))
		for what, ch := range map[string]im.ChatChange{"title": {Title: &title}, "description": {Description: &words}, "colour": {ColorCode: &color}} {
			if err := b.UpdateChat(t.Context(), b.boris, general.ID, ch); !errors.Is(err, im.ErrAccess) {
				t.Errorf("an employee changes the %s: %v", what, err)
			}
			must(t, b.UpdateChat(t.Context(), b.anna, general.ID, ch))
		}
		if err := b.SetAvatar(t.Context(), b.boris, general.ID, picture.Bytes()); !errors.Is(err, im.ErrAccess) {
			t.Errorf("an employee changes the picture: %v", err)
		}
		must(t, b.SetAvatar(t.Context(), b.anna, general.ID, picture.Bytes()))
		if c, err := b.Get(t.Context(), b.boris, general.ID); err != nil || c.Title != "Ours" || c.Description != "For us" || c.ColorCode != "RED" || c.Avatar == "" {
			t.Errorf("what the administrator made of it: %+v, %v", c, err)
		}
		must(t, b.UpdateChat(t.Context(), b.anna, general.ID, im.ChatChange{CanPost: &manager}))
		if _, err := b.Send(t.Context(), im.NewMessage{ChatID: general.ID, AuthorID: b.boris, Text: "x"}); !errors.Is(err, im.ErrAccess) {
			t.Errorf("an employee writes: %v", err)
		}
		b.say(t, general.ID, b.anna, "hear ye")
	})
}

func TestMessagesMayBeChangedForAsLongAsTheRulesSay(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		rules := im.Rules{EditMinutes: 10}
		s := im.New(im.Config{
			DB: b.db, Clock: b.clock, Users: b.users, Rules: func(context.Context) (im.Rules, error) { return rules, nil },
		})
		c := b.private(t, b.anna, b.boris)
		m := b.say(t, c.ID, b.anna, "one")
		text := "two"
		b.clock.Advance(10 * time.Minute)
		must(t, s.Update(t.Context(), b.anna, m.ID, im.Change{Text: &text}))
		b.clock.Advance(time.Second)
		if err := s.Update(t.Context(), b.anna, m.ID, im.Change{Text: &text}); !errors.Is(err, im.ErrCannotEdit) {
			t.Errorf("changed too late: %v", err)
		}
		if err := s.Delete(t.Context(), b.anna, m.ID, false); !errors.Is(err, im.ErrCannotEdit) {
			t.Errorf("removed too late: %v", err)
		}
		rules.EditMinutes = 0
		b.clock.Advance(1000 * time.Hour)
		must(t, s.Update(t.Context(), b.anna, m.ID, im.Change{Text: &text}))
	})
}
