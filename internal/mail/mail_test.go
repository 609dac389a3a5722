package mail_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/letter"
	"github.com/portico-hq/portico/internal/mail/mailtest"
	"github.com/portico-hq/portico/internal/user"
)

func TestAMailIsSentWithItsFiles(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		b.on()
		p := to("anna@example.org", "Hello")
		p.Files, p.MessageID, p.ChatID = []int64{1, 99}, 5, 3
		b.queue(p)
		b.deliver()
		b.deliver()
		b.want("what was sent", b.took(), []string{"anna@example.org: Hello"})
		got := b.smtp.Sent()[0]
		b.want("its head", []string{got.Mail.From.Name, got.Mail.From.Email, got.From, got.Subject}, []string{"The Portal", "portal@example.com", "portal@example.com", "About Hello"})
		if len(got.Files) != 1 || string(got.Files[0].Content) != "one" {
			b.t.Errorf("its files are %q", got.Files)
		}
		fates, err := b.Fates(b.t.Context(), []int64{4, 5})
		b.must(err)
		b.want("the fates", fates, map[int64]mail.Fate{5: {State: mail.Sent}})
		b.want("who was told", b.states.all, []int64{5, 5})
	})
}

// TestAnHourWithoutAServerKeepsTheOrder has mails of one client and of another wait.
func TestAnHourWithoutAServerKeepsTheOrder(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		b.on()
		b.smtp.Refuse(&smtp.SMTPError{Code: 451, Message: "try later"})
		for i, text := range []string{"one", "two", "three"} {
			p := to("anna@example.org", text)
			p.Lane, p.MessageID = "anna", int64(i+1)
			b.queue(p)
			b.deliver()
		}
		for range 60 {
			if due, err := b.Due(b.t.Context()); err != nil || !due.After(b.clock.Now()) {
				b.t.Fatalf("a mail is due at %s, %v; it is %s, and the one that failed comes first", due, err, b.clock.Now())
			}
			b.clock.Advance(time.Minute)
			b.deliver()
		}
		fates, err := b.Fates(b.t.Context(), []int64{1, 2})
		b.must(err)
		b.want("while it is down", fates, map[int64]mail.Fate{1: {Why: "The server did not take the address anna@example.org: 451 try later"}, 2: {}})
		b.smtp.Refuse(nil)
		b.clock.Advance(30 * time.Minute)
		b.deliver()
		b.want("when it is back", b.took(), []string{"anna@example.org: one", "anna@example.org: two", "anna@example.org: three"})
	})
}

func TestWhatIsRefusedIsGivenUpAndCanBeSentAgain(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		b.on()
		b.smtp.Refuse(&smtp.SMTPError{Code: 550, Message: "no such user"})
		p := to("nobody@example.org", "first")
		p.Lane, p.MessageID = "x", 7
		b.queue(p)
		b.deliver()
		why := "The server did not take the address nobody@example.org: 550 no such user"
		items, _, err := b.List(b.t.Context(), admin, mail.Failed, 0)
		b.must(err)
		if len(items) != 1 || items[0].Problem != why || items[0].To != "nobody@example.org" || items[0].Attempts != 1 {
			b.t.Fatalf("what failed is %+v", items)
		}
		b.smtp.Refuse(nil)
		p = to("nobody@example.org", "second")
		p.Lane, p.MessageID = "x", 8
		b.queue(p)
		b.must(b.RetryMessage(b.t.Context(), 7))
		b.deliver()
		b.want("in its old place", b.took(), []string{"nobody@example.org: first", "nobody@example.org: second"})
		b.refused("once more", b.RetryMessage(b.t.Context(), 7), mail.ErrNotFailed, "")
		b.refused("another", b.RetryMessage(b.t.Context(), 9), mail.ErrNoMail, "")
		bounced := func(id string) (noted bool) {
			b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) (err error) {
				noted, err = b.BouncedTx(b.t.Context(), tx, mail.Bounce{MessageID: 7, ID: id, Next: "again-" + id, Problem: "It came\nback"})
				return err
			}))
			return noted
		}
		first := b.smtp.Sent()[0].ID
		b.want("it came back once", []bool{bounced(first), bounced(first)}, []bool{true, false})
		fates, err := b.Fates(b.t.Context(), []int64{7})
		b.must(err)
		b.want("what came back", fates, map[int64]mail.Fate{7: {State: mail.Failed, Why: "It came back"}})
		b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error { return b.RewriteTx(b.t.Context(), tx, 7, "first, mended", "", nil) }))
		b.must(b.RetryMessage(b.t.Context(), 7))
		b.must(b.RetryMessage(b.t.Context(), 7)) // a second press
		b.deliver()
		b.refused("a third press", b.RetryMessage(b.t.Context(), 7), mail.ErrNotFailed, "")
		b.want("sent again once, as it reads now", b.took()[2:], []string{"nobody@example.org: first, mended"})
		again := b.smtp.Sent()[2].ID
		b.want("by another id", again, "again-"+first)
		b.want("a late report of the first sending, and two of the second", []bool{bounced(first), bounced(again), bounced(again)}, []bool{false, true, false})
	})
}

// TestTextsAreForgotten keeps the text of a message that was sent as long as its mail may come back, and that of other mails not at all.
func TestTextsAreForgotten(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		b.on()
		for id := range int64(3) {
			p := to("a@example.org", "text "+strconv.FormatInt(id, 10))
			p.MessageID = id
			b.queue(p)
		}
		b.deliver()
		kept := func() (n int64) {
			b.must(b.db.Read(b.t.Context(), func(tx *db.Tx) error {
				return tx.QueryRow(b.t.Context(), "SELECT COUNT(*) FROM mail_outbox WHERE body <> ''").Scan(&n)
			}))
			return n
		}
		b.want("texts of what was sent", kept(), 2)
		b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error { return b.WithdrawTx(b.t.Context(), tx, 1) }))
		b.want("without that of a message that was removed", kept(), 1)
		b.clock.Advance(14*24*time.Hour - time.Second)
		b.must(b.Sweep(b.t.Context()))
		b.want("within two weeks", kept(), 1)
		b.clock.Advance(2 * time.Second)
		b.must(b.Sweep(b.t.Context()))
		b.want("afterwards", kept(), 0)
		b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error {
			_, err := b.BouncedTx(b.t.Context(), tx, mail.Bounce{MessageID: 2, Next: "n", Problem: "late"})
			return errors.Join(err, b.RewriteTx(b.t.Context(), tx, 2, "x", "", nil))
		}))
		b.refused("what came back too late", b.RetryMessage(b.t.Context(), 2), mail.ErrCameBack, "")
	})
}

func TestItIsGivenUpAfterThreeDays(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d, mail.Plain)
		b.on()
		b.smtp.Refuse(&smtp.SMTPError{Code: 451, Message: "later"})
		b.queue(to("a@example.org", "x"))
		attempts := 0
		for b.clock.Now().Before(time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)) {
			due, err := b.Due(b.t.Context())
			b.must(err)
			if due.IsZero() {
				break
			}
			b.clock.Set(due)
			b.deliver()
			attempts++
		}
		c, err := b.Count(b.t.Context(), admin)
		b.must(err)
		b.want("the mails", c, mail.Counts{Failed: 1})
		if attempts < 100 || attempts > 200 {
			b.t.Errorf("it was tried %d times", attempts)
		}
	})
}

// TestAMailWhoseProcessDiedIsTakenUp has a process claim a mail and end.
func TestAMailWhoseProcessDiedIsTakenUp(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		b.on()
		b.queue(to("a@example.org", "x"))
		ctx, cancel := context.WithCancel(b.t.Context())
		b.smtp.Refuse(&smtp.SMTPError{Code: 451, Message: "later"})
		cancel()
		if _, err := b.Deliver(ctx); err == nil {
			b.t.Error("a process that ended says nothing")
		}
		b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error {
			until := db.Micro(b.clock.Now().Add(10 * time.Minute))
			_, err := tx.Exec(b.t.Context(), "UPDATE mail_outbox SET next_at = ?, leased = ?", until, until) // as one that died in mid-sending leaves it
			return err
		}))
		b.smtp.Refuse(nil)
		b.deliver()
		b.want("while another may have it", b.took(), []string(nil))
		b.clock.Advance(10 * time.Minute)
		b.deliver()
		b.want("afterwards", b.took(), []string{"a@example.org: x"})
	})
}

func TestASecretIsSealedWhileItWaits(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		b.on()
		p := to("anna@example.org", "https://portal.example/join/token")
		p.Letter.Subject, p.Secret = "Invitation", true
		b.queue(p)
		var body string
		b.must(b.db.Read(b.t.Context(), func(tx *db.Tx) error { return tx.QueryRow(b.t.Context(), "SELECT body FROM mail_outbox").Scan(&body) }))
		if strings.Contains(body, "token") {
			b.t.Errorf("the outbox holds %s", body)
		}
		b.deliver()
		b.want("what was sent", b.took(), []string{"anna@example.org: https://portal.example/join/token"})
	})
}

func TestChangesBeforeItIsSent(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		b.on()
		for id, text := range []string{"zero", "one", "two"} {
			p := to("a@example.org", text)
			p.MessageID, p.Lane = int64(id), "a"
			b.queue(p)
		}
		b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error {
			return errors.Join(b.RewriteTx(b.t.Context(), tx, 1, "another", "", []int64{1}), b.WithdrawTx(b.t.Context(), tx, 2), b.RewriteTx(b.t.Context(), tx, 99, "x", "", nil))
		}))
		b.deliver()
		b.want("what was sent", b.took(), []string{"a@example.org: zero", "a@example.org: another"})
		if n := len(b.smtp.Sent()[1].Files); n != 1 {
			b.t.Errorf("the changed mail has %d files", n)
		}
		b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error { return b.WithdrawTx(b.t.Context(), tx, 1) }))
		fates, err := b.Fates(b.t.Context(), []int64{1, 2})
		b.must(err)
		b.want("what is known of them", fates, map[int64]mail.Fate{1: {State: mail.Sent}})
	})
}

func TestFilesThatAreTooLargeFail(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		b.on()
		p := to("a@example.org", "x")
		p.Files, p.MessageID = []int64{1, 2}, 1
		b.queue(p)
		b.deliver()
		fates, err := b.Fates(b.t.Context(), []int64{1})
		b.must(err)
		b.want("what became of it", fates, map[int64]mail.Fate{1: {State: mail.Failed, Why: "The files have more than 18 MB together, which mail servers do not take."}})
	})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		ctx := b.t.Context()
		good := mail.Settings{On: true, Server: b.smtp.Server, From: "portal@example.com"}
		for what, c := range map[string]struct {
			change   func(s *mail.Settings)
			password string
			field    string
		}{
			"no host":              {func(s *mail.Settings) { s.Server.Host = " " }, "x", "host"},
			"a host with a path":   {func(s *mail.Settings) { s.Server.Host = "mail.example.com/x" }, "x", "host"},
			"a host with a line":   {func(s *mail.Settings) { s.Server.Host = "mail\r\nQUIT" }, "x", "host"},
			"no port":              {func(s *mail.Settings) { s.Server.Port = 0 }, "x", "port"},
			"no protection":        {func(s *mail.Settings) { s.Server.Security = "" }, "x", "security"},
			"no sender":            {func(s *mail.Settings) { s.From = "" }, "x", "from"},
			"a sender of two":      {func(s *mail.Settings) { s.From = "a@example.com, b@example.com" }, "x", "from"},
			"a password of lines":  {func(*mail.Settings) {}, "x\r\nQUIT", "password"},
			"a wrong password":     {func(*mail.Settings) {}, "wrong", "password"},
			"nobody there":         {func(s *mail.Settings) { s.Server.Port = 1 }, "x", "host"},
			"another kind of TLS":  {func(s *mail.Settings) { s.Server.Security = mail.TLS }, mailtest.Password, "host"},
			"a certificate not of": {func(s *mail.Settings) { s.Server.Host = "127.0.0.1" }, mailtest.Password, "host"},
		} {
			set := good
			c.change(&set)
			b.refused(what, b.SaveSettings(ctx, admin, set, &c.password), nil, c.field)
		}
		b.refused("for somebody", b.SaveSettings(ctx, user.Ref{ID: 2}, good, new("x")), mail.ErrDenied, "")
		if b.Ready(ctx) {
			b.t.Error("settings that were refused hold")
		}
		b.refused("a test before", b.Test(ctx, admin, "anna@example.org", "Acme"), mail.ErrOff, "")
		b.on()
		b.must(b.SaveSettings(ctx, admin, good, nil)) // the password stays
		b.refused("to nobody", b.Test(ctx, admin, "anna", "Acme"), nil, "to")
		b.must(b.Test(ctx, admin, "anna@example.org", "Acme"))
		b.want("the test", b.took(), []string{"anna@example.org: This is the test of the outgoing mail of Acme. You can read it, so it works."})
		moved := good
		moved.Server.Host = "mail.example.com"
		b.refused("the password of another server", b.SaveSettings(ctx, admin, moved, nil), nil, "password")
		b.smtp.Refuse(&smtp.SMTPError{Code: 550, Message: "no"})
		b.refused("a test that is refused", b.Test(ctx, admin, "anna@example.org", "Acme"), nil, "to")
		set, err := b.OutgoingSettings(ctx)
		b.must(err)
		if set.Sealed == "" || strings.Contains(set.Sealed, mailtest.Password) || set.Server.Password != "" {
			b.t.Errorf("the password is kept as %+v", set)
		}
		b.must(b.SaveSettings(ctx, admin, mail.Settings{Server: mail.Server{Port: 587, Security: mail.StartTLS}}, new("")))
		if b.Ready(ctx) {
			b.t.Error("it is on after it was turned off")
		}
	})
}

func TestEveryProtectionIsSpoken(t *testing.T) {
	t.Parallel()
	for _, how := range []mail.Encryption{mail.TLS, mail.StartTLS, mail.Plain} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			s := mailtest.NewSMTP(t, how)
			sender := mail.Sender{Dial: mailtest.Dial, TLS: mailtest.Trust()}
			l := letter.Letter{From: letter.Address{Email: "a@example.com"}, To: letter.Address{Email: "b@example.com"}, Text: "x", ID: "1@example.com"}
			if err := sender.Send(t.Context(), s.Server, "a@example.com", "b@example.com", func(w io.Writer) error { return l.Write(w, nil) }); err != nil || len(s.Sent()) != 1 {
				t.Errorf("%v, %d were sent", err, len(s.Sent()))
			}
			refused := mail.Sender{Dial: mailtest.Dial}.Try(t.Context(), s.Server, "a@example.com")
			if how != mail.Plain && refused == nil {
				t.Error("a certificate that nobody knows is believed")
			}
		})
	}
}

func TestRunSendsWhatIsQueued(t *testing.T) {
	t.Parallel()
	both(t, func(b *bench) {
		b.on()
		ctx, cancel := context.WithCancel(b.t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			b.Run(ctx)
		}()
		for i := range 10 {
			p := to("a@example.org", strconv.Itoa(i))
			p.Lane = "a"
			b.queue(p)
		}
		for range 10 {
			<-b.smtp.Took()
		}
		cancel()
		<-done
		got := b.took()
		if !slices.IsSorted(got) || len(got) != 10 {
			b.t.Errorf("it sent %q", got)
		}
	})
}
