package app_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// board is what outbound webhooks are bound to.
type board struct {
	bound  map[int64]app.Hook
	calls  []string
	paused []int64
}

var _ app.Hooks = (*board)(nil)

func (*board) HookEvents() []app.HookEvent {
	return []app.HookEvent{{Name: "ONTASKADD", Scope: "task"}, {Name: "ONUSERADD", Scope: "user"}}
}

func (b *board) SaveHookTx(_ context.Context, _ *db.Tx, _ user.Ref, h app.Hook) error {
	b.bound[h.ID] = h
	return nil
}

func (b *board) RemoveHookTx(_ context.Context, _ *db.Tx, id int64) error {
	delete(b.bound, id)
	return nil
}

func (b *board) PauseHookTx(context.Context, *db.Tx, user.Ref, int64) error {
	b.calls = append(b.calls, "pause")
	return nil
}

func (b *board) ResumeHookTx(context.Context, *db.Tx, int64) error {
	b.calls = append(b.calls, "resume")
	return nil
}

func (b *board) TestHookTx(context.Context, *db.Tx, int64, string) error {
	b.calls = append(b.calls, "test")
	return nil
}

func (b *board) HookStatesTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]app.HookState, error) {
	out := map[int64]app.HookState{}
	for _, id := range ids {
		out[id] = app.HookState{Waiting: id, Paused: slices.Contains(b.paused, id)}
	}
	return out, nil
}

func TestOutboundWebhooks(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		hooks, ctx := &board{bound: map[int64]app.Hook{}}, t.Context()
		c := b.config()
		c.Hooks = hooks
		s := app.New(c)
		made, err := s.CreateOutbound(ctx, anna, app.OutboundForm{URL: " http://crm:8080/in ", Events: []string{"onUserAdd", "ONTASKADD", "onuseradd"}})
		if err != nil {
			t.Fatal(err)
		}
		want := app.Hook{ID: made.ID, URL: "http://crm:8080/in", Events: []string{"ONTASKADD", "ONUSERADD"}}
		if got := hooks.bound[made.ID]; got.URL != want.URL || !slices.Equal(got.Events, want.Events) || made.Name != "Outbound webhook" || len(made.Token) != 32 || len(made.SigningSecret) != 64 {
			t.Fatalf("made %+v, bound %+v", made, got)
		}
		block, err := s.Hook(ctx, made.ID)
		if err != nil || keys(block) != "domain server_endpoint client_endpoint member_id application_token" || text(block, "application_token") != made.Token {
			t.Errorf("the block is %v, %v", keys(block), err)
		}
		if got, err := s.SigningKeys(ctx, 0, made.ID); err != nil || !slices.Equal(got, []string{made.SigningSecret}) {
			t.Errorf("the signing secret is %q, %v", got, err)
		}
		rotated, err := s.RotateOutboundToken(ctx, anna, made.ID)
		if block, _ := s.Hook(ctx, made.ID); err != nil || rotated.Token == made.Token || text(block, "application_token") != rotated.Token {
			t.Errorf("rotated to %q, %v, sends %q", rotated.Token, err, text(block, "application_token"))
		}
		_, secret, err := s.RotateOutboundSecret(ctx, anna, made.ID, time.Hour)
		if got, _ := s.SigningKeys(ctx, 0, made.ID); err != nil || secret == made.SigningSecret || !slices.Equal(got, []string{secret, made.SigningSecret}) {
			t.Errorf("rotated to %q, %v, signs with %q", secret, err, got)
		}
		b.clock.Advance(time.Hour)
		if got, _ := s.SigningKeys(ctx, 0, made.ID); !slices.Equal(got, []string{secret}) {
			t.Errorf("after the overlap it signs with %q", got)
		}
		if _, err := s.UpdateOutbound(ctx, anna, made.ID, app.OutboundForm{Name: "CRM", URL: "http://crm/", Events: []string{"ONTASKADD"}}); err != nil {
			t.Fatal(err)
		}
		for _, f := range []func() (app.Outbound, error){
			func() (app.Outbound, error) { return s.PauseOutbound(ctx, anna, made.ID) },
			func() (app.Outbound, error) { return s.ResumeOutbound(ctx, anna, made.ID) },
			func() (app.Outbound, error) { return s.TestOutbound(ctx, anna, made.ID) },
		} {
			if _, err := f(); err != nil {
				t.Error(err)
			}
		}
		if !slices.Equal(hooks.calls, []string{"pause", "resume", "test"}) {
			t.Errorf("the calls were %v", hooks.calls)
		}
		all, err := s.Outbounds(ctx, anna)
		if err != nil || len(all) != 1 || all[0].Name != "CRM" || all[0].State.Waiting != made.ID || !all[0].Signed || all[0].Token != rotated.Token {
			t.Errorf("the list is %+v, %v", all, err)
		}
		for name, err := range map[string]error{
			"WEBHOOK_NOT_FOUND": func() error { _, err := s.Outbound(ctx, anna, 99); return err }(),
			"ACCESS_DENIED":     func() error { _, err := s.Outbounds(ctx, ben); return err }(),
			"ACCESS_DENIED ":    s.RemoveOutbound(ctx, ben, made.ID),
			"ACCESS_DENIED  ":   func() error { _, err := s.CreateOutbound(ctx, ben, app.OutboundForm{}); return err }(),
			"INVALID_FIELD":     func() error { _, err := s.CreateOutbound(ctx, anna, app.OutboundForm{URL: "x"}); return err }(),
		} {
			if fault.Of(err).Code != strings.TrimSpace(name) {
				t.Errorf("%v, want %s", err, name)
			}
		}
		if err := s.RemoveOutbound(ctx, anna, made.ID); err != nil || len(hooks.bound) != 0 {
			t.Errorf("removed: %v, still bound %v", err, hooks.bound)
		}
		if _, err := s.Hook(ctx, made.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the removed one is signed for: %v", err)
		}
		if n := b.audited("OUTBOUND_WEBHOOK_ADDED", "") + b.audited("OUTBOUND_WEBHOOK_REMOVED", "Deleted the outbound webhook CRM"); n != 2 {
			t.Errorf("the audit log has %d of 2 entries", n)
		}
	})
}

func keys(v phpform.Value) string {
	var out []string
	for _, e := range v.Entries() {
		out = append(out, e.Key)
	}
	return strings.Join(out, " ")
}

func text(v phpform.Value, key string) string {
	got, _ := v.Get(key)
	return got.Text()
}

func TestOutboundProblems(t *testing.T) {
	t.Parallel()
	s := app.New(app.Config{DB: dbtest.SQLite(t, app.Schema()), Hooks: &board{}})
	for want, f := range map[string]app.OutboundForm{
		"url events": {},
		"events":     {URL: "http://x/", Events: []string{"ONNOTHING"}},
		"name":       {Name: strings.Repeat("x", 256), URL: "http://x/", Events: []string{"ONTASKADD"}},
		"url":        {URL: "javascript:alert(1)", Events: []string{"ONTASKADD"}},
		"":           {URL: "https://x/", Events: []string{"ontaskadd"}},
	} {
		var got []string
		for _, p := range s.OutboundProblems(f) {
			got = append(got, p.Field)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%+v: %v, want %q", f, got, want)
		}
	}
}

func TestAHigherVersionIsTold(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.outbox.bound = map[string][]string{"ONAPPUPDATE": {"http://127.0.0.1/update"}}
		a, err := b.Create(t.Context(), anna, app.Form{Name: "Bot", Kind: app.Server, APIOnly: true, HandlerURL: "http://127.0.0.1/", Scopes: []string{"im"}})
		if err != nil || a.Version != 1 {
			t.Fatalf("version %d, %v", a.Version, err)
		}
		b.outbox.take()
		f := a.Form()
		f.Version = 3
		if _, err := b.Update(t.Context(), anna, a.ID, f); err != nil {
			t.Fatal(err)
		}
		sent := b.outbox.take()
		if len(sent) != 1 || sent[0].Name != "ONAPPUPDATE" || sent[0].URL != "http://127.0.0.1/update" || sent[0].UserID != anna.ID ||
			string(phpform.AppendJSON(nil, sent[0].Data)) != `{"VERSION":"3","PREVIOUS_VERSION":"1","LANGUAGE_ID":"en"}` {
			t.Fatalf("sent %+v", sent)
		}
		if _, err := b.Update(t.Context(), anna, a.ID, f); err != nil || len(b.outbox.take()) != 0 {
			t.Errorf("the same version: %v", err)
		}
		f.Version = 2
		if _, err := b.Update(t.Context(), anna, a.ID, f); fault.Of(err).Field != "version" {
			t.Errorf("a lower version: %v", err)
		}
		f.Version = 0
		if got, err := b.Update(t.Context(), anna, a.ID, f); err != nil || got.Version != 3 {
			t.Errorf("without a version: %d, %v", got.Version, err)
		}
	})
}

func TestTheSigningSecretOfAnApplication(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		a, err := b.Create(ctx, anna, app.Form{Name: "Bot", Kind: app.Server, APIOnly: true, HandlerURL: "http://127.0.0.1/", Scopes: []string{"im"}})
		if err != nil {
			t.Fatal(err)
		}
		signs := func(what string, want ...string) {
			t.Helper()
			if got, err := b.SigningKeys(ctx, a.ID, 0); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: signs with %q, %v, want %q", what, got, err, want)
			}
		}
		rotate := func(keep time.Duration) string {
			t.Helper()
			secret, err := b.RotateSigningSecret(ctx, anna, a.ID, keep)
			if err != nil || len(secret) != 64 {
				t.Errorf("rotated to %q, %v", secret, err)
			}
			return secret
		}
		signs("at first")
		first := rotate(time.Hour)
		signs("the first secret has none before it", first)
		second := rotate(24 * time.Hour)
		signs("both sign", second, first)
		if until, err := b.OldSigningUntil(ctx, a.ID, 0); err != nil || !until.Equal(b.clock.Now().Add(24*time.Hour)) {
			t.Errorf("the old one signs until %s, %v", until, err)
		}
		b.clock.Advance(24*time.Hour - time.Second)
		signs("a second before the end", second, first)
		b.clock.Advance(time.Second)
		signs("after the end", second)
		if until, err := b.OldSigningUntil(ctx, a.ID, 0); err != nil || !until.IsZero() {
			t.Errorf("the old one signs until %s, %v", until, err)
		}
		third := rotate(time.Hour)
		signs("of three, the two last", third, second)
		fourth := rotate(0)
		signs("at once", fourth)
		rotate(time.Hour)
		for _, keep := range []time.Duration{-1, app.MaxOldSigning + 1} {
			if _, err := b.RotateSigningSecret(ctx, anna, a.ID, keep); fault.Of(err).Code != "INVALID_FIELD" {
				t.Errorf("kept for %s: %v", keep, err)
			}
		}
		if err := b.StopSigning(ctx, anna, a.ID); err != nil {
			t.Fatal(err)
		}
		signs("stopped")
		if on, err := b.Signed(ctx, a.ID); on || err != nil {
			t.Errorf("still signed: %v, %v", on, err)
		}
		if _, err := b.RotateSigningSecret(ctx, ben, a.ID, 0); fault.Of(err).Code != "ACCESS_DENIED" {
			t.Errorf("by somebody: %v", err)
		}
		if _, err := b.SigningKeys(ctx, 99, 0); fault.Of(err).Code != "APP_NOT_FOUND" {
			t.Errorf("of none: %v", err)
		}
	})
}
