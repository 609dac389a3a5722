package appweb_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// board keeps what outbound webhooks are bound to, and how their only one is doing.
type board struct {
	bound map[int64]app.Hook
	state app.HookState
	tests int
}

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
	b.state.Paused = true
	return nil
}

func (b *board) ResumeHookTx(context.Context, *db.Tx, int64) error {
	b.state.Paused = false
	return nil
}

func (b *board) TestHookTx(context.Context, *db.Tx, int64, string) error {
	b.tests++
	return nil
}

func (b *board) HookStatesTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]app.HookState, error) {
	return map[int64]app.HookState{ids[0]: b.state}, nil
}

func TestOutboundWebhookOnItsPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.want("anna", "/devops/", nil, 200, `href="/devops/outbound/new"`)
	if body := b.want("ben", "/devops/", nil, 200); strings.Contains(body, "/devops/outbound/") {
		t.Error("who may not add outbound webhooks is offered one")
	}
	for _, path := range []string{"", "new", "1/"} {
		b.want("ben", "/devops/outbound/"+path, nil, 403)
	}
	b.want("anna", "/devops/outbound/", nil, 200, "No outbound webhooks yet")
	f := url.Values{"name": {"CRM"}, "url": {"crm.internal"}}
	b.want("anna", "/devops/outbound/add", f, 422, "Begin the address with http:// or https://.", "Choose at least one event.", `value="crm.internal"`)
	f = url.Values{"name": {"CRM <b>"}, "url": {"http://crm:8080/in?a=1"}, "events": {"ONTASKADD"}}
	shown := b.want("anna", "/devops/outbound/add", f, 200, "CRM <b> is ready.", "Send a test event", "/devops/outbound/1/test")
	secret, token := field(shown, "Signing secret"), field(shown, "Token (application_token)")
	if h := b.board.bound[1]; len(secret) != 64 || len(token) != 32 || h.URL != "http://crm:8080/in?a=1" || strings.Join(h.Events, " ") != "ONTASKADD" {
		t.Fatalf("secret %q, token %q, bound %+v", secret, token, h)
	}
	view := b.want("anna", "/devops/outbound/1/", nil, 200, "Nothing sent yet", token, `value="ONTASKADD" checked`, "Pause")
	if strings.Contains(view, secret) {
		t.Error("the secret is shown twice")
	}
	b.want("anna", "/devops/outbound/1/test", url.Values{}, 303)
	b.want("anna", "/devops/outbound/1/pause", url.Values{}, 303)
	b.want("anna", "/devops/outbound/1/", nil, 200, "Paused", "/devops/outbound/1/resume")
	b.want("anna", "/devops/outbound/1/resume", url.Values{}, 303)
	b.board.state = app.HookState{Handler: 12, Waiting: 3, Dead: 2, LastOK: morning.Add(-time.Hour), Failures: 4}
	b.want("anna", "/devops/outbound/1/", nil, 200, "Failing, will be tried again", "3 waiting", "2 put aside", "/devops/console/deliveries/?handler=12")
	b.want("anna", "/devops/outbound/", nil, 200, "CRM <b>", "http://crm:8080/in?a=1", "ONTASKADD", "Anna Berg")
	if again := field(b.want("anna", "/devops/outbound/1/secret", url.Values{}, 200, "The new secret is in force"), "Signing secret"); again == secret || len(again) != 64 {
		t.Errorf("the new secret is %q", again)
	}
	b.want("anna", "/devops/outbound/1/token", url.Values{}, 303)
	if body := b.want("anna", "/devops/outbound/1/", nil, 200); strings.Contains(body, token) {
		t.Error("the old token is still shown")
	}
	f.Set("events", "ONNOTHING")
	b.want("anna", "/devops/outbound/1/save", f, 422, "There is no event ONNOTHING for outbound webhooks.")
	f["events"] = []string{"ONTASKADD", "ONUSERADD"}
	b.want("anna", "/devops/outbound/1/save", f, 303)
	b.want("anna", "/devops/outbound/1/remove", url.Values{}, 303)
	b.want("anna", "/devops/outbound/1/", nil, 404)
	if len(b.board.bound) != 0 || b.board.tests != 1 {
		t.Errorf("bound %v, %d tests", b.board.bound, b.board.tests)
	}
}

func TestVersionAndSigningOfAnApplicationOnItsPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.want("anna", "/devops/app/add", botForm(), 200)
	b.want("anna", "/devops/app/1/", nil, 200, `name="version"`, "Sign deliveries")
	f := botForm()
	f.Set("version", "2")
	b.want("anna", "/devops/app/1/save", f, 303)
	f.Set("version", "1")
	b.want("anna", "/devops/app/1/save", f, 422, "The version only goes up. It is 2.")
	f.Set("version", "two")
	b.want("anna", "/devops/app/1/save", f, 422, "Use a whole number, at least 1.")
	if a, err := b.apps.Find(t.Context(), 1); err != nil || a.Version != 2 {
		t.Errorf("version %d, %v", a.Version, err)
	}
	secret := field(b.want("anna", "/devops/app/1/signing", url.Values{}, 200, "signed with this secret from now on"), "Signing secret")
	if keys, err := b.apps.SigningKeys(t.Context(), 1, 0); err != nil || len(secret) != 64 || !slices.Equal(keys, []string{secret}) {
		t.Errorf("shown %q, signs with %q, %v", secret, keys, err)
	}
	next := field(b.want("anna", "/devops/app/1/signing", url.Values{"old": {"168"}}, 200, "The one before signs as well until"), "Signing secret")
	if keys, err := b.apps.SigningKeys(t.Context(), 1, 0); err != nil || !slices.Equal(keys, []string{next, secret}) {
		t.Errorf("shown %q, signs with %q, %v", next, keys, err)
	}
	b.want("anna", "/devops/app/1/", nil, 200, "The secret before signs as well until")
	b.want("anna", "/devops/app/1/signing", url.Values{"old": {"9999"}}, 422, "at most 30 days")
	b.want("anna", "/devops/app/1/signing", url.Values{"old": {"soon"}}, 422, "at most 30 days")
	b.want("ben", "/devops/app/1/signing", url.Values{}, 403)
	b.want("anna", "/devops/app/1/", nil, 200, "New signing secret", "Stop signing")
	b.want("anna", "/devops/app/1/unsigned", url.Values{}, 303)
	if keys, err := b.apps.SigningKeys(t.Context(), 1, 0); err != nil || keys != nil {
		t.Errorf("still signs with %q, %v", keys, err)
	}
}
