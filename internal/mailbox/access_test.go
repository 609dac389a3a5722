package mailbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/mailtest"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/user"
)

const (
	redirect = "https://portal.example/contact_center/mail/allowed"
	session  = "session-1"
)

// provided is a bench whose servers take the tokens of a provider alone.
type provided struct {
	*bench

	provider *mailtest.Provider
	id       int64 // of the registration
}

func through(t *testing.T, test func(b *provided)) {
	t.Helper()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := &provided{bench: setup(t, d, nil)}
		b.provider = mailtest.NewProvider(t, b.clock)
		b.takes(mailtest.XOAuth2, mailtest.OAuthBearer)
		p, err := b.AddProvider(t.Context(), b.admin(), b.registration(), mailtest.ClientSecret)
		b.must(err)
		b.id = p.ID
		test(b)
	})
}

func (b *provided) takes(mechanisms ...string) {
	b.imap.TakeTokens(b.provider.Accepts, mechanisms...)
	b.smtp.TakeTokens(b.provider.Accepts, mechanisms...)
}

func (b *provided) registration() mailbox.ProviderSettings {
	set := mailbox.PresetSettings(mailbox.Other)
	set.Title, set.ClientID, set.Scopes = "Example Mail", mailtest.ClientID, []string{"mail.read", "mail.send"}
	set.AuthURL, set.TokenURL, set.RevokeURL = b.provider.URL+"/authorize", b.provider.URL+"/token", b.provider.URL+"/revoke"
	set.IMAP, set.SMTP = b.imap.Server, b.smtp.Server
	return set
}

// add connects a mailbox that nobody has allowed yet.
func (b *provided) add(address string) mailbox.Account {
	b.t.Helper()
	a, err := b.Add(b.t.Context(), b.admin(), b.line.ID, mailbox.Settings{Active: true, Address: address, Name: "Acme", Provider: b.id, IMAP: mail.Server{Login: mailtest.Login}})
	b.must(err)
	return a
}

// begin leaves for the provider.
func (b *provided) begin() (address string, r mailbox.Return) {
	b.t.Helper()
	address, state, err := b.BeginAccess(b.t.Context(), b.admin(), session, redirect, b.box.ID)
	b.must(err)
	return address, mailbox.Return{Kept: state, Session: session, Redirect: redirect}
}

// back is what comes back from there.
func back(r mailbox.Return, q url.Values) mailbox.Return {
	r.State, r.Code, r.Error, r.ErrorText = q.Get("state"), q.Get("code"), q.Get("error"), q.Get("error_description")
	return r
}

// allow goes to the provider and comes back with its permission.
func (b *provided) allow() {
	b.t.Helper()
	address, r := b.begin()
	id, err := b.AllowAccess(b.t.Context(), b.admin(), back(r, b.provider.Consent(b.t, address, true)))
	b.must(err)
	b.want("the mailbox that was allowed", id, b.box.ID)
}

// connect connects the mailbox of the bench.
func (b *provided) connect() {
	b.t.Helper()
	b.box = b.add("support@acme.example")
	b.allow()
}

func (b *provided) state() mailbox.Account {
	b.t.Helper()
	a, err := b.Get(b.t.Context(), b.admin(), b.box.ID)
	b.must(err)
	return a
}

func (b *provided) renewals() int {
	n, _ := b.provider.Renewals()
	return n
}

func (b *provided) log(kind string) (out string) {
	b.t.Helper()
	b.scan("SELECT COALESCE(MAX(description), '') FROM audit_entry WHERE type = '"+kind+"'", &out)
	return out
}

// TestAMailboxThroughAProvider connects a mailbox without a password, has a client write and get an answer, and goes on when tokens end.
func TestAMailboxThroughAProvider(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{mailtest.XOAuth2, mailtest.OAuthBearer} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			through(t, func(b *provided) {
				b.takes(mechanism)
				b.provider.Rotate()
				b.box = b.add("support@acme.example")
				b.imap.Put(b.clock.Now(), letterOf("old@shop.example", "0@shop.example", "Old", "before it was allowed")...)
				if err := b.Check(b.t.Context(), b.box.ID); fault.KindOf(err) != fault.Unavailable {
					b.t.Errorf("a mailbox that nobody allowed is read: %v", err)
				}
				b.allow()
				asked := b.provider.Asked()
				b.want("what is asked for", []string{asked.Get("scope"), asked.Get("redirect_uri"), asked.Get("prompt"), asked.Get("login_hint")},
					[]string{"mail.read mail.send", redirect, "consent", mailtest.Login})
				a := b.state()
				b.want("its state", []any{a.Access, a.Problem, a.AllowedAt.IsZero()}, []any{mailbox.Allowed, "", false})
				b.arrives(letterOf("c@shop.example", "1@shop.example", "S", "hello")...)
				b.says(b.chat(), "good day")
				b.sends()
				b.want("the talk", []any{b.talk(b.chat()), b.smtp.Sent()[0].From, b.renewals()}, []any{[]string{"client: [b]S[/b]\n\nhello", "Anna: good day"}, "support@acme.example", 0})
				for range 3 { // each time with a refresh token of another renewal
					b.clock.Advance(56 * time.Minute)
					b.arrives(letterOf("c@shop.example", b.clock.Now().Format("150405")+"@shop.example", "S", "more")...)
				}
				b.says(b.chat(), "and more")
				b.smtp.TakeTokens(func(login, token string) bool {
					return login == "anna@example.com" && b.provider.Accepts(mailtest.Login, token)
				}, mechanism)
				set := b.state().Settings
				set.SMTP.Login = "anna@example.com" // of a shared mailbox
				b.must(b.Change(b.t.Context(), b.admin(), b.box.ID, set))
				b.sends()
				b.want("after renewals", []any{len(b.talk(b.chat())), len(b.smtp.Sent()), b.renewals()}, []any{6, 2, 3})
				var secrets string
				b.scan("SELECT refresh || ' ' || access FROM mailbox_grant", &secrets)
				b.want("how tokens are kept", strings.Count(" "+secrets, " s1."), 2)
				b.want("the log", []string{b.log("MAIL_PROVIDER_ADDED"), b.log("MAILBOX_ACCESS_ALLOWED")}, []string{
					"Registered Example Mail (" + b.provider.URL + "/token) as a provider of mailboxes.",
					"Let the portal into the mailbox support@acme.example through Example Mail.",
				})
			})
		})
	}
}

// TestAPermissionThatHasEnded has mails wait until somebody allows access again: nothing is lost, in either direction.
func TestAPermissionThatHasEnded(t *testing.T) {
	t.Parallel()
	through(t, func(b *provided) {
		ctx := b.t.Context()
		b.connect()
		b.arrives(letterOf("c@shop.example", "1@shop.example", "S", "one")...)
		b.provider.TakeBack()
		b.notices.take()
		b.clock.Advance(2 * time.Hour)
		b.imap.Put(b.clock.Now(), letterOf("c@shop.example", "2@shop.example", "S", "two")...)
		if err := b.Check(ctx, b.box.ID); fault.KindOf(err) != fault.Unavailable {
			b.t.Errorf("reading: %v", err)
		}
		a := b.state()
		b.want("its state", []any{a.Access, a.Problem, a.ProblemSince.Equal(b.clock.Now())}, []any{
			mailbox.Refused, "Example Mail does not let the portal in any more: the permission has ended or was taken back. It says: Token has been expired or revoked.", true,
		})
		waiting := b.says(b.chat(), "an answer")
		b.sends()
		fates, err := b.mail.Fates(ctx, []int64{waiting})
		b.must(err)
		b.want("what waits", fates, map[int64]mail.Fate{waiting: {Why: "The provider does not let the portal into the mailbox any more: allow access again on the mailbox's page."}})
		b.clock.Advance(time.Hour)
		_ = b.Check(ctx, b.box.ID)
		b.sends()
		set := b.state().Settings
		set.Name = "Acme Ltd."
		b.must(b.Change(ctx, b.admin(), b.box.ID, set))
		b.want("it is not asked again", []any{b.renewals(), b.state().Access, b.state().Problem}, []any{0, mailbox.Refused, a.Problem})
		b.want("what administrators are told, once", b.notices.take(), []string{"support@acme.example: " + a.Problem})
		b.allow()
		b.want("what they are told then", b.notices.take(), []string{"allowed 1"})
		b.sends()
		b.check()
		fates, err = b.mail.Fates(ctx, []int64{waiting})
		b.must(err)
		b.want("afterwards", []any{fates, b.talk(b.chat()), b.state().Problem}, []any{
			map[int64]mail.Fate{waiting: {State: mail.Sent}}, []string{"client: [b]S[/b]\n\none", "Anna: an answer", "client: two"}, "",
		})
		b.want("the log", b.log("MAILBOX_ACCESS_REFUSED"), "Lost access to the mailbox support@acme.example. "+a.Problem)
	})
}

// TestATokenThatAServerRefuses is renewed once. One that was just given is not: it is not its age.
func TestATokenThatAServerRefuses(t *testing.T) {
	t.Parallel()
	through(t, func(b *provided) {
		ctx := b.t.Context()
		b.connect()
		b.arrives(letterOf("c@shop.example", "1@shop.example", "S", "one")...)
		b.clock.Advance(10 * time.Minute)
		b.provider.EndAccess()
		b.check()
		b.want("for reading", b.renewals(), 1)
		b.clock.Advance(10 * time.Minute)
		b.provider.EndAccess()
		b.says(b.chat(), "an answer")
		b.sends()
		b.want("for sending", []int{b.renewals(), len(b.smtp.Sent())}, []int{2, 1})
		b.provider.SignsIn("somebody@example.com")
		b.imap.TakeTokens(func(string, string) bool { return false }, mailtest.XOAuth2)
		b.clock.Advance(10 * time.Minute)
		for range 3 {
			err := b.Check(ctx, b.box.ID)
			if r, ok := errors.AsType[*mail.RefusalError](err); !ok || !strings.Contains(r.Text, "did not take the sign-in as "+mailtest.Login) {
				b.t.Errorf("a server that takes no token: %v", err)
			}
		}
		b.want("once", b.renewals(), 3)
		b.imap.TakeTokens(b.provider.Accepts) // its administrator has switched sign-ins off
		err := b.Check(ctx, b.box.ID)
		if r, ok := errors.AsType[*mail.RefusalError](err); !ok || !strings.Contains(r.Text, "offers no sign-in by a provider") {
			b.t.Errorf("a server without a way to sign in: %v", err)
		}
		b.want("its state", []any{b.state().Access, strings.Contains(b.state().Problem, "offers no sign-in")}, []any{mailbox.Allowed, true})
	})
}

// TestAProviderThatIsDown is waited for: a token that has not ended is used on, and one that has makes nobody allow access again.
func TestAProviderThatIsDown(t *testing.T) {
	t.Parallel()
	through(t, func(b *provided) {
		b.connect()
		b.provider.Down(503)
		b.clock.Advance(57 * time.Minute)
		b.arrives(letterOf("c@shop.example", "1@shop.example", "S", "with the old token")...)
		b.clock.Advance(time.Hour)
		if err := b.Check(b.t.Context(), b.box.ID); err == nil {
			b.t.Error("a mailbox is read without a token")
		}
		b.want("its state", []any{b.state().Access, b.state().Problem}, []any{mailbox.Allowed, "Example Mail gave no access to the mailbox: it answered with the status 503"})
		b.provider.Down(0)
		b.check()
		b.want("afterwards", []any{b.state().Problem, b.renewals()}, []any{"", 1})
		set := b.registration()
		b.must(b.ChangeProvider(b.t.Context(), b.admin(), b.id, set, "wrong"))
		b.clock.Advance(2 * time.Hour)
		if err := b.Check(b.t.Context(), b.box.ID); err == nil || !strings.Contains(err.Error(), "the client secret is wrong or has ended") {
			b.t.Errorf("a secret that has ended: %v", err)
		}
		b.must(b.ChangeProvider(b.t.Context(), b.admin(), b.id, set, mailtest.ClientSecret))
		b.check()
		b.want("with a new secret", []any{b.state().Access, b.state().Problem, b.renewals()}, []any{mailbox.Allowed, "", 2})
	})
}

// TestOneRenewalAtATime has two processes with several goroutines each want a token at once, of a provider that ends the refresh token before
// with each renewal.
func TestOneRenewalAtATime(t *testing.T) {
	t.Parallel()
	through(t, func(b *provided) {
		b.provider.Rotate()
		b.connect()
		b.clock.Advance(2 * time.Hour)
		other := mailbox.New(b.config)
		other.Conversations = b.Conversations
		b.provider.Hold()
		const each = 4
		var all sync.WaitGroup
		failed := make(chan error, 2*each)
		for _, s := range []*mailbox.Service{b.Service, other} {
			for range each {
				all.Go(func() { failed <- s.Check(b.t.Context(), b.box.ID) })
			}
		}
		done := make(chan struct{})
		go func() {
			all.Wait()
			close(done)
		}()
		for waits := 0; waits < 1; waits = b.clock.Timers() { // the process that does not renew looks again and again
			select {
			case <-done:
				b.t.Fatal("nobody waits for the renewal")
			case <-time.After(time.Millisecond):
			}
		}
		b.provider.Hold()
		for waiting := true; waiting; {
			select {
			case <-done:
				waiting = false
			case <-time.After(time.Millisecond):
				b.clock.Advance(time.Second)
			}
		}
		close(failed)
		for err := range failed {
			b.must(err)
		}
		n, atOnce := b.provider.Renewals()
		b.want("renewals, and at once", []int{n, atOnce}, []int{1, 1})
	})
}

// TestARenewalWhoseProcessDied is taken up by another process.
func TestARenewalWhoseProcessDied(t *testing.T) {
	t.Parallel()
	through(t, func(b *provided) {
		b.connect()
		b.clock.Advance(2 * time.Hour)
		b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(b.t.Context(), "UPDATE mailbox_grant SET lease_by = 'dead', lease_until = ?", db.Micro(b.clock.Now().Add(time.Minute)))
			return err
		}))
		done := make(chan error, 1)
		go func() { done <- b.Check(b.t.Context(), b.box.ID) }()
		for began := b.clock.Now(); ; {
			select {
			case err := <-done:
				b.must(err)
				if waited := b.clock.Now().Sub(began); waited < time.Minute {
					b.t.Errorf("it was taken up after %v", waited)
				}
				return
			case <-time.After(time.Millisecond):
				if b.clock.Timers() > 0 {
					b.clock.Advance(10 * time.Second)
				}
			}
		}
	})
}

// TestWhatComesBackFromAProvider says in words what is wrong, and takes nothing that was begun elsewhere.
func TestWhatComesBackFromAProvider(t *testing.T) {
	t.Parallel()
	through(t, func(b *provided) {
		ctx := b.t.Context()
		b.box = b.add("support@acme.example")
		come := func(what string, r mailbox.Return, as user.Ref, want string) {
			b.t.Helper()
			_, err := b.AllowAccess(ctx, as, r)
			if f, ok := errors.AsType[*fault.Fault](err); !ok || !strings.HasPrefix(f.Text, want) {
				b.t.Errorf("%s: %v, want %q", what, err, want)
			}
		}
		address, r := b.begin()
		good := back(r, b.provider.Consent(b.t, address, true))
		ask := func(change func(r *mailbox.Return)) mailbox.Return {
			r := good
			change(&r)
			return r
		}
		const begun = "This sign-in was begun in another session"
		come("another session", ask(func(r *mailbox.Return) { r.Session = "session-2" }), b.admin(), begun)
		come("another browser", ask(func(r *mailbox.Return) { r.Kept = "" }), b.admin(), begun)
		come("another person", good, user.Ref{ID: 77, Admin: true}, begun)
		come("somebody", good, user.Ref{ID: 77}, "You may not connect mailboxes.")
		come("another state", ask(func(r *mailbox.Return) { r.State, r.Kept = "x", "x" }), b.admin(), begun)
		come("nothing", mailbox.Return{}, b.admin(), begun)
		come("another redirect address", ask(func(r *mailbox.Return) { r.Redirect = "https://elsewhere.example/" }), b.admin(), "Example Mail gave no access: the permission has ended")
		come("a second time", good, b.admin(), begun)

		address, r = b.begin()
		b.clock.Advance(20 * time.Minute)
		come("too late", back(r, b.provider.Consent(b.t, address, true)), b.admin(), begun)
		address, r = b.begin()
		come("a no", back(r, b.provider.Consent(b.t, address, false)), b.admin(), "Example Mail did not allow access: access was denied there. It says: The user said no.")
		b.provider.Down(500)
		address, r = b.begin()
		come("out of order", back(r, b.provider.Consent(b.t, address, true)), b.admin(), "Example Mail gave no access: it answered with the status 500")
		b.provider.Down(0)
		b.provider.SignsIn("private@example.com")
		address, r = b.begin()
		come("the wrong person", back(r, b.provider.Consent(b.t, address, true)), b.admin(), "localhost did not take the sign-in as "+mailtest.Login)
		b.want("which is given back", b.given(), []string{"private@example.com"})
		b.provider.SignsIn(mailtest.Login)
		b.provider.GiveForAMoment()
		address, r = b.begin()
		come("for a moment", back(r, b.provider.Consent(b.t, address, true)), b.admin(), "Example Mail gave access for a moment only")
		b.want("its state", b.state().Access, mailbox.NoAccess)
		var left int64
		b.scan("SELECT (SELECT COUNT(*) FROM mailbox_consent) + (SELECT COUNT(*) FROM mailbox_grant)", &left)
		b.want("what is left of it", left, int64(0))
	})
}

// given gives back what is to be, and returns whose it was.
func (b *provided) given() []string {
	b.t.Helper()
	_, err := b.GiveBack(b.t.Context())
	b.must(err)
	return b.provider.Revoked()
}

// TestDisconnecting forgets tokens, and gives the permission back as soon as the provider can be reached; not for a copy of the portal.
func TestDisconnecting(t *testing.T) {
	t.Parallel()
	through(t, func(b *provided) {
		ctx := b.t.Context()
		left := func() (n int64) {
			b.t.Helper()
			b.scan("SELECT COUNT(*) FROM mailbox_grant", &n)
			return n
		}
		b.connect()
		first := b.box
		second := b.add("sales@acme.example")
		b.box = second
		b.allow()
		b.must(b.Delete(ctx, b.admin(), second.ID))
		b.want("a login of two mailboxes", []any{b.given(), left()}, []any{[]string(nil), 1})
		b.box = first
		b.provider.Down(502)
		b.must(b.Delete(ctx, b.admin(), first.ID))
		b.want("while it is down", []any{b.given(), left()}, []any{[]string(nil), 0})
		b.provider.Down(0)
		b.want("at once", b.given(), []string(nil))
		b.clock.Advance(time.Minute)
		b.want("later", b.given(), []string{mailtest.Login})
		b.want("the log", b.log("MAILBOX_ACCESS_GIVEN_BACK"), "Gave the permission of the mailbox support@acme.example at Example Mail back.")
		b.clock.Advance(time.Hour)
		b.want("once", len(b.given()), 1)

		b.connect()
		set := b.settings()
		err := b.Change(ctx, b.admin(), b.box.ID, mailbox.Settings{Active: true, Address: set.Address, SignIn: mailbox.SameLogin, IMAP: withoutPassword(set.IMAP), SMTP: set.SMTP})
		b.want("a mailbox that gets a password", fmt.Sprint(err), "MAILBOX: Enter the password of the mailbox.")
		b.imap.TakeTokens(nil)
		set.Active = false
		b.must(b.Change(ctx, b.admin(), b.box.ID, set))
		b.want("with one", []any{len(b.given()), left(), b.state().Provider, b.state().Access}, []any{2, 0, 0, mailbox.NoAccess})
		b.takes(mailtest.XOAuth2)
		set = b.state().Settings
		set.Active, set.Provider = true, b.id
		b.must(b.Change(ctx, b.admin(), b.box.ID, set))
		var password string
		b.scan("SELECT password || smtp_password FROM mailbox_account", &password)
		b.want("and back", []any{b.state().Access, password, b.state().IMAP.Host}, []any{mailbox.NoAccess, "", ""})
		b.allow()
		b.must(b.db.Write(ctx, func(tx *db.Tx) error { return b.LineDeletedTx(ctx, tx, b.line.ID) }))
		b.want("with its line", []any{len(b.given()), left()}, []any{3, 0})

		b.connect()
		b.must(b.Leave(ctx))
		all, err := b.Providers(ctx, b.admin())
		b.must(err)
		b.want("in a copy", []any{len(b.given()), left(), len(all), all[0].Mailboxes}, []any{3, 0, 1, 0})
	})
}

func withoutPassword(s mail.Server) mail.Server {
	s.Password = ""
	return s
}

// TestProviders checks what administrators enter, keeps secrets to the addresses that they were entered for, and needs a provider to go last.
func TestProviders(t *testing.T) {
	t.Parallel()
	through(t, func(b *provided) {
		ctx := b.t.Context()
		for what, c := range map[string]struct {
			change func(p *mailbox.ProviderSettings)
			field  string
		}{
			"no title":          {func(p *mailbox.ProviderSettings) { p.Title = " " }, "title"},
			"no client":         {func(p *mailbox.ProviderSettings) { p.ClientID = "" }, "client_id"},
			"no address":        {func(p *mailbox.ProviderSettings) { p.AuthURL = "example.com" }, "auth_url"},
			"no protection":     {func(p *mailbox.ProviderSettings) { p.TokenURL = "http://example.com/token" }, "token_url"},
			"another way":       {func(p *mailbox.ProviderSettings) { p.RevokeURL = "ftp://example.com/" }, "revoke_url"},
			"no scope":          {func(p *mailbox.ProviderSettings) { p.Scopes = nil }, "scopes"},
			"no server":         {func(p *mailbox.ProviderSettings) { p.IMAP.Host = "" }, "host"},
			"no server to send": {func(p *mailbox.ProviderSettings) { p.SMTP.Port = 0 }, "smtp_port"},
			"no preset":         {func(p *mailbox.ProviderSettings) { p.Preset = "yahoo" }, "preset"},
			"no tenant":         {func(p *mailbox.ProviderSettings) { p.Preset, p.Tenant = mailbox.Microsoft, "a/b" }, "tenant"},
			"a secret":          {func(p *mailbox.ProviderSettings) { p.Preset = mailbox.Google }, "secret"},
		} {
			set := b.registration()
			c.change(&set)
			_, err := b.AddProvider(ctx, b.admin(), set, "")
			if f, ok := errors.AsType[*fault.Fault](err); !ok || f.Field != c.field {
				b.t.Errorf("%s: %v", what, err)
			}
		}
		for _, err := range []error{
			errOf(b.AddProvider(ctx, user.Ref{ID: 9}, b.registration(), "x")), b.ChangeProvider(ctx, user.Ref{ID: 9}, b.id, b.registration(), ""),
			b.DeleteProvider(ctx, user.Ref{ID: 9}, b.id), errOf(b.Providers(ctx, user.Ref{ID: 9})), errOf(b.Provider(ctx, user.Ref{ID: 9}, b.id)),
		} {
			if !errors.Is(err, mailbox.ErrDenied) {
				b.t.Errorf("for somebody: %v", err)
			}
		}
		var secret string
		b.scan("SELECT secret || settings FROM mailbox_provider", &secret)
		if strings.Contains(secret, mailtest.ClientSecret) {
			b.t.Errorf("the secret is kept as %s", secret)
		}
		b.connect()
		if err := b.DeleteProvider(ctx, b.admin(), b.id); !errors.Is(err, mailbox.ErrProviderUsed) {
			b.t.Errorf("a provider that is used: %v", err)
		}
		moved := b.registration()
		moved.TokenURL = "https://evil.example/token"
		if f, ok := errors.AsType[*fault.Fault](b.ChangeProvider(ctx, b.admin(), b.id, moved, "")); !ok || f.Field != "secret" {
			b.t.Errorf("the secret to another address: %v", f)
		}
		named := b.registration()
		named.Title, named.Scopes = "Example", []string{"mail"}
		b.must(b.ChangeProvider(ctx, b.admin(), b.id, named, ""))
		b.want("another name", b.state().Access, mailbox.Allowed)
		moved = named
		moved.IMAP.Host = "evil.example"
		b.must(b.ChangeProvider(ctx, b.admin(), b.id, moved, ""))
		b.want("the tokens to another server", []any{b.state().Access, b.given()}, []any{mailbox.NoAccess, []string{mailtest.Login}})
		b.must(b.Delete(ctx, b.admin(), b.box.ID))
		b.must(b.DeleteProvider(ctx, b.admin(), b.id))
		if _, err := b.Add(ctx, b.admin(), b.line.ID, mailbox.Settings{Address: "x@acme.example", Provider: b.id}); err == nil {
			b.t.Error("a mailbox of a provider that is gone")
		}
		b.want("the log", []string{b.log("MAIL_PROVIDER_DELETED")}, []string{"Removed Example from the providers of mailboxes."})
	})
}

func errOf[T any](_ T, err error) error { return err }

// TestPresets are the addresses that Google and Microsoft document for mailboxes.
func TestPresets(t *testing.T) {
	t.Parallel()
	g := mailbox.PresetSettings(mailbox.Google)
	m := mailbox.PresetSettings(mailbox.Microsoft)
	for _, c := range [][2]string{
		{g.AuthURL, "https://accounts.google.com/o/oauth2/v2/auth"},
		{g.TokenURL, "https://oauth2.googleapis.com/token"},
		{strings.Join(g.Scopes, " "), "https://mail.google.com/"},
		{g.IMAP.Address() + " " + g.SMTP.Address(), "imap.gmail.com:993 smtp.gmail.com:465"},
		{m.AuthURL, "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize"},
		{m.TokenURL, "https://login.microsoftonline.com/organizations/oauth2/v2.0/token"},
		{strings.Join(m.Scopes, " "), "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access"},
		{m.IMAP.Address() + " " + m.SMTP.Address(), "outlook.office365.com:993 smtp.office365.com:587"},
	} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
}

// TestAnotherKey has a server started with another key for secrets: it says so, and goes on when secret and access are given anew.
func TestAnotherKey(t *testing.T) {
	t.Parallel()
	through(t, func(b *provided) {
		ctx := b.t.Context()
		b.connect()
		b.arrives(letterOf("c@shop.example", "1@shop.example", "S", "one")...)
		box, err := seal.New(bytes.Repeat([]byte{8}, seal.KeySize))
		b.must(err)
		b.Box = box
		if err := b.Check(ctx, b.box.ID); err == nil {
			b.t.Error("a token is read with another key")
		}
		waiting := b.says(b.chat(), "an answer")
		b.sends()
		_, _, err = b.BeginAccess(ctx, b.admin(), session, redirect, b.box.ID)
		b.want("what is said", []any{b.state().Problem, fault.Of(err).Text}, []any{
			"The permission cannot be read with this server's key for secrets. Allow access again.",
			"The secret of Example Mail cannot be read with this server's key for secrets. Enter it again where the provider is registered.",
		})
		b.must(b.ChangeProvider(ctx, b.admin(), b.id, b.registration(), mailtest.ClientSecret))
		b.allow()
		b.sends()
		b.arrives(letterOf("c@shop.example", "2@shop.example", "S", "two")...)
		fates, err := b.mail.Fates(ctx, []int64{waiting})
		b.must(err)
		b.want("afterwards", []any{fates, b.talk(b.chat()), b.state().Problem}, []any{
			map[int64]mail.Fate{waiting: {State: mail.Sent}}, []string{"client: [b]S[/b]\n\none", "Anna: an answer", "client: two"}, "",
		})
		b.must(b.Delete(ctx, b.admin(), b.box.ID))
	})
}

// TestReadingBeginsWithAccess reads a mailbox from the moment on at which access is allowed, and gives it back when it is disconnected.
func TestReadingBeginsWithAccess(t *testing.T) {
	t.Parallel()
	through(t, func(b *provided) {
		heard := make(chan string, 10)
		b.Conversations = told{b.talks, heard}
		ctx, cancel := context.WithCancel(b.t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			b.Run(ctx)
		}()
		b.connect()
		b.imap.Put(b.clock.Now(), letterOf("c@shop.example", "1@shop.example", "", "hello")...)
		for waits := true; waits; {
			select {
			case got := <-heard:
				b.want("what came", got, "hello")
				waits = false
			case <-time.After(time.Millisecond):
				if b.clock.Timers() >= 3 {
					b.clock.Advance(10 * time.Second) // to the next look
				}
			}
		}
		b.must(b.Delete(ctx, b.admin(), b.box.ID))
		for len(b.provider.Revoked()) == 0 {
			runtime.Gosched()
		}
		cancel()
		<-done
	})
}
