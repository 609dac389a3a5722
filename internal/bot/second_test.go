package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

func second(o bot.Owner, code string) bot.SecondRegistration {
	return bot.SecondRegistration{Owner: o, Code: code, Second: bot.Second{Reactions: true}, Profile: user.BotChange{FirstName: new("Ada")}}
}

func withToken(token string) bot.Owner { return bot.Owner{TokenHash: bot.TokenHash(token)} }

func TestSecondGeneration(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, o := setup(t, d)
		ctx := t.Context()
		r := second(mine, "support_bot")
		r.Type, r.Second.Background = bot.Personal, "no such"
		b, err := s.RegisterSecond(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		if b.Second.Mode != bot.Fetch || b.Second.Background != "" || b.OpenLine || len(o.announced) != 0 {
			t.Errorf("registered %+v %+v, announced %q", b, b.Second, o.announced)
		}
		again := second(mine, "support_bot")
		again.Profile.FirstName = new("Another name")
		if same, err := s.RegisterSecond(ctx, again); err != nil || same.ID != b.ID || same.Type != bot.Personal || o.users[b.ID].FirstName != "Ada" {
			t.Errorf("registering again answers %+v, %v and leaves the name %q", same, err, o.users[b.ID].FirstName)
		}
		_, err = s.RegisterSecond(ctx, second(theirs, "support_bot"))
		wantCode(t, err, "BOT_CODE_ALREADY_TAKEN")
		if _, err := s.Owned(ctx, mine, 0); fault.Of(err).Code != "BOT_ID_ERROR" {
			t.Errorf("a bot of the second generation is the first of the first: %v", err)
		}
		u, err := s.UpdateSecond(ctx, mine, bot.SecondUpdate{
			BotID: b.ID, Mode: new(bot.Webhook), WebhookURL: new(hook), Hidden: new(true), Reactions: new(false), OpenLine: new(true),
			Background: new("mint"), Profile: user.BotChange{FirstName: new("Grace")},
		})
		if err != nil {
			t.Fatal(err)
		}
		fresh := newService(d, o, nil) // reads the table
		stored, err := fresh.OwnedSecond(ctx, mine, b.ID)
		want := bot.Second{Mode: bot.Webhook, WebhookURL: hook, Hidden: true, Background: "mint"}
		if err != nil || *stored.Second != want || *u.Second != want || !stored.OpenLine || !slices.Equal(o.hidden, []int64{b.ID}) || o.users[b.ID].FirstName != "Grace" {
			t.Errorf("stored %+v %+v, %v", stored, stored.Second, err)
		}
		_, err = s.OwnedSecond(ctx, theirs, b.ID)
		wantCode(t, err, "BOT_OWNERSHIP_ERROR")
		if _, err := s.Find(ctx, 0, "support_bot"); err != nil {
			t.Error(err)
		}
		told := &removals{}
		s.SetSecondListener(told)
		if err := s.UnregisterSecond(ctx, mine, 7, b.ID); err != nil || len(told.ids) != 1 || len(o.taken()) != 0 {
			t.Errorf("%v, told of %v", err, told.ids)
		}
		wantCode(t, s.UnregisterSecond(ctx, mine, 7, b.ID), "BOT_NOT_FOUND")
	})
}

type removals struct {
	bot.SecondListener

	ids []int64
}

func (r *removals) BotRemovedTx(_ context.Context, _ *db.Tx, b bot.Bot, _ event.Delivery) error {
	r.ids = append(r.ids, b.ID)
	return nil
}

func TestSecondGenerationTokens(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, o := setup(t, d)
		ctx := t.Context()
		b, err := s.RegisterSecond(ctx, second(withToken("one"), "a"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.RegisterSecond(ctx, second(withToken("two"), "b")); err != nil {
			t.Fatal(err)
		}
		_, err = s.UpdateSecond(ctx, withToken("one"), bot.SecondUpdate{BotID: b.ID, Token: "two"})
		wantCode(t, err, "BOT_TOKEN_ROTATION_FAILED")
		_, err = s.UpdateSecond(ctx, withToken("one"), bot.SecondUpdate{BotID: b.ID, Token: strings.Repeat("x", 41)})
		wantCode(t, err, "BOT_TOKEN_ROTATION_FAILED")
		if _, err = s.UpdateSecond(ctx, withToken("one"), bot.SecondUpdate{BotID: b.ID, Token: "three"}); err != nil {
			t.Fatal(err)
		}
		for _, service := range []*bot.Service{s, newService(d, o, nil)} {
			_, err = service.OwnedSecond(ctx, withToken("one"), b.ID)
			wantCode(t, err, "BOT_OWNERSHIP_ERROR")
			if _, err = service.OwnedSecond(ctx, withToken("three"), b.ID); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestSecondGenerationRefuses(t *testing.T) {
	t.Parallel()
	s, _ := setup(t, dbtest.SQLite(t, schemas...))
	for code, change := range map[string]func(r *bot.SecondRegistration){
		"BOT_CODE_REQUIRED":        func(r *bot.SecondRegistration) { r.Code = " " },
		"BOT_PROPERTIES_REQUIRED":  func(r *bot.SecondRegistration) { r.Profile.FirstName = nil },
		"BOT_INVALID_TYPE":         func(r *bot.SecondRegistration) { r.Type = bot.Human },
		"BOT_INVALID_EVENT_MODE":   func(r *bot.SecondRegistration) { r.Second.Mode = "push" },
		"BOT_WEBHOOK_URL_REQUIRED": func(r *bot.SecondRegistration) { r.Second.Mode = bot.Webhook },
		"BOT_INVALID_CALLBACK":     func(r *bot.SecondRegistration) { r.Second.WebhookURL = "ftp://x" },
		"BOT_REGISTER_FAILED":      func(r *bot.SecondRegistration) { r.Code = strings.Repeat("x", 256) },
	} {
		r := second(mine, "code")
		change(&r)
		_, err := s.RegisterSecond(t.Context(), r)
		wantCode(t, err, code)
	}
	for i := range bot.MaxSecondBots {
		if _, err := s.RegisterSecond(t.Context(), second(mine, fmt.Sprint("many", i))); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.RegisterSecond(t.Context(), second(mine, "one too many"))
	wantCode(t, err, "BOT_LIMIT_EXCEEDED")
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil || fault.Of(err).Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}
