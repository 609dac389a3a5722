package mailbox_test

import (
	"fmt"
	"testing"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/openline/line"
)

// TestMachinesAreNotAnswered reads what no person wrote. What came back is said at the message.
func TestMachinesAreNotAnswered(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		b.arrives(letterOf("c@shop.example", "1@shop.example", "S", "hello")...)
		id := b.says(b.chat(), "hi")
		b.sends()
		ours := b.smtp.Sent()[0].ID
		b.arrives(letterOf("c@shop.example", "2@shop.example", "Away", "I am on holiday", "Auto-Submitted: auto-replied", "In-Reply-To: <"+ours+">")...)
		b.arrives(letterOf("news@shop.example", "3@shop.example", "News", "Buy!", "List-Id: <news.shop.example>")...)
		b.arrives(letterOf("Support@Acme.example", "4@acme.example", "Me", "to myself")...)
		b.arrives(letterOf("portal@example.com", "5@example.com", "Me", "of the portal")...)
		b.arrives(letterOf("someone", "6@example.com", "Who", "nobody")...)
		b.arrives("From: MAILER-DAEMON@shop.example", "Message-ID: <7@shop.example>", "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "", "--b", "", "sorry", "--b",
			"Content-Type: message/delivery-status", "", "Action: failed", "Diagnostic-Code: smtp; 550 full", "--b", "Content-Type: text/rfc822-headers", "", "Message-ID: <"+ours+">", "--b--")
		b.want("what was left out", b.leftOut(), []string{
			"mailer-daemon@shop.example: A report of a mail server is not taken in.", ": It does not say from whom it is.", "portal@example.com: It comes from an address of this portal.",
			"support@acme.example: It comes from an address of this portal.", "news@shop.example: A mail of a list is not taken in.", "c@shop.example: An automatic answer is not taken in.",
		})
		b.want("the conversation", b.talk(b.chat()), []string{"client: [b]S[/b]\n\nhello", "Anna: hi"})
		chat := b.chat()
		b.arrives(letterOf("c@shop.example", "8@shop.example", "S", "answer to yourselves", "Reply-To: support@acme.example")...)
		b.want("whose answers are to go to us", b.talk(chat)[2], "client: answer to yourselves")
		fates, err := b.mail.Fates(b.t.Context(), []int64{id})
		b.must(err)
		b.want("what came back", fates, map[int64]mail.Fate{id: {State: mail.Failed, Why: "The mail came back: 550 full"}})
		if n := b.imap.Unseen(); n != 6 {
			b.t.Errorf("%d mails are not marked as read, want those that were left out", n)
		}
	})
}

// TestALoopOfTwoMachinesEnds has a line that greets in each conversation write to a machine that answers at once and does not say what it
// is.
func TestALoopOfTwoMachinesEnds(t *testing.T) {
	t.Parallel()
	both(t, func(l *line.Line) {
		l.Welcome, l.WelcomeText, l.WelcomeEachSession, l.FullClose = true, "We have your mail.", true, 0
	}, func(b *bench) {
		seen, rounds := 0, 0
		b.arrives(letterOf("robot@shop.example", "0@shop.example", "S", "Thank you for your mail 0")...)
		for rounds = range 100 {
			b.must(b.talks.FinishAny(b.t.Context(), b.anna, b.chat()))
			b.sends()
			sent := b.smtp.Sent()
			if len(sent) == seen {
				break
			}
			for _, s := range sent[seen:] {
				if s.Auto == "" {
					b.t.Errorf("a greeting does not say that nobody wrote it:\n%s", s.Raw)
				}
			}
			seen = len(sent)
			b.arrives(letterOf("robot@shop.example", fmt.Sprintf("%d@shop.example", rounds+1), "S", fmt.Sprintf("Thank you for your mail %d", rounds+1))...)
		}
		if seen < 2 || seen > 6 {
			b.t.Errorf("%d greetings went to a machine in %d rounds", seen, rounds)
		}
		for i := range 40 {
			b.imap.Put(b.clock.Now(), letterOf("robot@shop.example", fmt.Sprintf("x%d@shop.example", i), "S", fmt.Sprintf("More %d", i))...)
		}
		b.check()
		var n int64
		b.scan("SELECT COUNT(*) FROM mailbox_in WHERE why = ''", &n)
		if n != 30 {
			b.t.Errorf("%d mails of a machine were taken in within an hour", n)
		}
		b.want("the last one", b.leftOut()[0], "robot@shop.example: Its sender wrote more than 30 mails within an hour, as machines do that answer each other.")
	})
}

// TestWhatCameBackIsSentAgain has an operator send a mail again that came back, once from the mailbox that it went from, once from another.
func TestWhatCameBackIsSentAgain(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		ctx := b.t.Context()
		b.arrives(letterOf("c@shop.example", "1@shop.example", "S", "hello")...)
		id := b.says(b.chat(), "hi")
		b.sends()
		first := b.smtp.Sent()[0]
		returned := func(report string, of string) {
			b.arrives("From: MAILER-DAEMON@shop.example", "Message-ID: <"+report+"@shop.example>", "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "", "--b", "", "sorry", "--b",
				"Content-Type: message/delivery-status", "", "Action: failed", "Diagnostic-Code: smtp; 552 full", "--b", "Content-Type: text/rfc822-headers", "", "Message-ID: <"+of+">", "--b--")
		}
		fate := func() mail.Fate {
			fates, err := b.mail.Fates(ctx, []int64{id})
			b.must(err)
			return fates[id]
		}
		returned("r1", first.ID)
		b.want("at the message", fate(), mail.Fate{State: mail.Failed, Why: "The mail came back: 552 full"})
		b.must(b.mail.RetryMessage(ctx, id))
		b.must(b.mail.RetryMessage(ctx, id))
		b.want("after the press", fate(), mail.Fate{State: mail.Waiting})
		b.sends()
		again := b.smtp.Sent()[1]
		b.want("sent again", []any{len(b.smtp.Sent()), fate(), again.From, again.To, again.Text, again.ID != first.ID, again.InReplyTo},
			[]any{2, mail.Fate{State: mail.Sent}, first.From, first.To, "hi", true, first.InReplyTo})
		b.arrives(letterOf("c@shop.example", "2@shop.example", "Re: S", "got it\n> hi", "In-Reply-To: <"+again.ID+">")...)
		b.want("an answer to it", b.talk(b.chat())[2], "client: got it")

		returned("r2", first.ID) // a second report of the first sending
		b.want("of which the second knows nothing", fate(), mail.Fate{State: mail.Sent})
		returned("r3", again.ID)
		b.want("the second came back, too", fate(), mail.Fate{State: mail.Failed, Why: "The mail came back: 552 full"})
		b.must(b.Delete(ctx, b.admin(), b.box.ID))
		if err := b.mail.RetryMessage(ctx, id); fault.Of(err).Code != "MAILBOX_OFF" || fate().State != mail.Failed {
			b.t.Errorf("from no mailbox: %v, then %+v", err, fate())
		}
		set := b.settings()
		set.Address = "sales@acme.example"
		var err error
		b.box, err = b.Add(ctx, b.admin(), b.line.ID, set)
		b.must(err)
		b.must(b.mail.RetryMessage(ctx, id))
		b.sends()
		b.want("from another mailbox of the line", []any{len(b.smtp.Sent()), b.smtp.Sent()[2].From, b.smtp.Sent()[2].Text}, []any{3, "sales@acme.example", "hi"})
	})
}
