package mailbox_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/mailtest"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

func TestSeveralMailboxesOfALine(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		second := mailtest.NewIMAP(b.t, mail.TLS)
		set := b.settings()
		if _, err := b.Add(b.t.Context(), b.admin(), b.line.ID, set); !errors.Is(err, mailbox.ErrTaken) {
			b.t.Errorf("the same address again: %v", err)
		}
		set.Address, set.IMAP = "sales@acme.example", second.Server
		sales, err := b.Add(b.t.Context(), b.admin(), b.line.ID, set)
		b.must(err)
		mine := letterOf("c@shop.example", "1@shop.example", "S", "to both")
		b.arrives(mine...)
		second.Put(b.clock.Now(), mine...)
		second.Put(b.clock.Now(), letterOf("c@shop.example", "2@shop.example", "S", "to sales")...)
		b.must(b.Check(b.t.Context(), sales.ID))
		b.want("one chat", b.talk(b.chat()), []string{"client: [b]S[/b]\n\nto both", "client: to sales"})
		b.says(b.chat(), "one")
		b.sends()
		b.must(b.Delete(b.t.Context(), b.admin(), sales.ID))
		b.says(b.chat(), "two")
		b.sends()
		b.must(b.Delete(b.t.Context(), b.admin(), b.box.ID))
		id := b.says(b.chat(), "three")
		b.sends()
		b.want("from where it is answered", []string{b.smtp.Sent()[0].From, b.smtp.Sent()[1].From}, []string{"sales@acme.example", "support@acme.example"})
		fates, err := b.mail.Fates(b.t.Context(), []int64{id})
		b.must(err)
		b.want("from nowhere", fates, map[int64]mail.Fate{id: {State: mail.Failed, Why: "The mailbox is not connected any more."}})
	})
}

// TestACopyLeavesClientsToTheOriginal has a portal become a copy while a mail waits: it reads nothing and sends nothing any more.
func TestACopyLeavesClientsToTheOriginal(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		ctx := b.t.Context()
		b.must(b.mail.SaveSettings(ctx, b.admin(), mail.Settings{On: true, Server: b.smtp.Server, From: "portal@example.com"}, new(mailtest.Password)))
		b.arrives(letterOf("c@shop.example", "1@shop.example", "S", "hello")...)
		waiting := b.says(b.chat(), "waits in both")
		b.must(b.Leave(ctx))
		b.must(b.mail.Leave(ctx))
		b.sends()
		all, err := b.All(ctx, b.admin())
		b.must(err)
		fates, err := b.mail.Fates(ctx, []int64{waiting})
		b.must(err)
		b.want("what is left", []any{len(all), len(fates), len(b.smtp.Sent()), b.mail.Ready(ctx)}, []any{0, 0, 0, false})
		if err := b.Check(ctx, b.box.ID); !errors.Is(err, mailbox.ErrNoMailbox) {
			b.t.Errorf("the mailbox is read: %v", err)
		}
		id := b.says(b.chat(), "said in the copy")
		b.sends()
		fates, err = b.mail.Fates(ctx, []int64{id})
		b.must(err)
		b.want("what is said in the copy", fates, map[int64]mail.Fate{id: {State: mail.Failed, Why: "The mailbox is not connected any more."}})
		var notes string
		b.scan("SELECT COALESCE(MAX(description), '') FROM audit_entry WHERE type = 'MAILBOX_DELETED'", &notes)
		b.want("the log", []any{notes, len(b.smtp.Sent())}, []any{"Left the mailbox support@acme.example to the portal of which this is a copy.", 0})
		set, err := b.mail.OutgoingSettings(ctx)
		b.must(err)
		set.On = true
		b.must(b.mail.SaveSettings(ctx, b.admin(), set, nil)) // whoever wants it turns it on
	})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		ctx := b.t.Context()
		field := func(what string, err error, want string) {
			b.t.Helper()
			if f, ok := errors.AsType[*fault.Fault](err); !ok || f.Field != want {
				b.t.Errorf("%s: %v", what, err)
			}
		}
		for what, c := range map[string]struct {
			change func(s *mailbox.Settings)
			field  string
		}{
			"no address":              {func(s *mailbox.Settings) { s.Address = "support" }, "address"},
			"no login":                {func(s *mailbox.Settings) { s.IMAP.Login = "" }, "login"},
			"a wrong password":        {func(s *mailbox.Settings) { s.IMAP.Password = "wrong" }, "password"},
			"no password":             {func(s *mailbox.Settings) { s.IMAP.Password = "" }, "password"},
			"no such folder":          {func(s *mailbox.Settings) { s.Folder = "Nowhere" }, "host"},
			"a server that is none":   {func(s *mailbox.Settings) { s.IMAP.Port = 1 }, "host"},
			"a way out that is none":  {func(s *mailbox.Settings) { s.SMTP.Host = "a b" }, "smtp_host"},
			"a login that is refused": {func(s *mailbox.Settings) { s.SignIn, s.SMTP.Login, s.SMTP.Password = mailbox.OwnLogin, "x", "y" }, "smtp_password"},
			"no login for sending":    {func(s *mailbox.Settings) { s.SignIn, s.SMTP.Login = mailbox.OwnLogin, "" }, "smtp_login"},
		} {
			set := b.settings()
			set.Address = "other@acme.example"
			c.change(&set)
			_, err := b.Add(ctx, b.admin(), b.line.ID, set)
			field(what, err, c.field)
		}
		set := b.settings()
		set.Address = "other@acme.example"
		_, err := b.Add(ctx, b.admin(), 99, set)
		field("no line", err, "line")
		if _, err := b.Add(ctx, user.Ref{ID: 9}, b.line.ID, set); !errors.Is(err, mailbox.ErrDenied) {
			b.t.Errorf("for somebody: %v", err)
		}
		kept := b.settings()
		kept.IMAP.Password, kept.Name = "", "Acme Support"
		b.must(b.Change(ctx, b.admin(), b.box.ID, kept))
		b.arrives(letterOf("c@shop.example", "1@shop.example", "S", "still read")...)
		b.want("after a change", b.talk(b.chat()), []string{"client: [b]S[/b]\n\nstill read"})
		moved := kept
		moved.IMAP.Host = "mail.evil.example"
		field("the password to another server", b.Change(ctx, b.admin(), b.box.ID, moved), "password")
		moved = kept
		moved.SMTP.Host = "mail.evil.example"
		field("the password to another server for sending", b.Change(ctx, b.admin(), b.box.ID, moved), "password")
		var secrets string
		b.scan("SELECT password || smtp_password || settings FROM mailbox_account", &secrets)
		if strings.Contains(secrets, mailtest.Password) {
			b.t.Errorf("the password is kept as %s", secrets)
		}
		b.activate(false)
		b.imap.Put(b.clock.Now(), letterOf("c@shop.example", "2@shop.example", "S", "while it is off")...)
		if err := b.Check(ctx, b.box.ID); err == nil {
			b.t.Error("a line that is off takes mails in")
		}
		b.activate(true)
		b.check()
		b.want("when it is on again", b.talk(b.chat())[1], "client: while it is off")
	})
}

func (b *bench) activate(on bool) {
	b.t.Helper()
	_, _, err := b.lines.Update(b.t.Context(), user.Ref{Admin: true}, b.line.ID, func(l *line.Line) error {
		l.Active = on
		return nil
	})
	b.must(err)
}
