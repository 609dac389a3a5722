package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-smtp"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/letter"
	"github.com/portico-hq/portico/internal/mailbox"
)

// TestTalk has a client write, an operator answer in the thread, and the client answer that: the operator sees no history twice.
func TestTalk(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		b.arrives(letterOf("Carl Krüger <Carl@Shop.example>", "1@shop.example", "An offer", "Do you deliver?\n\nCarl", "References: <0@shop.example>")...)
		chat := b.chat()
		b.want("what the operator sees", b.talk(chat), []string{"client: [b]An offer[/b]\n\nDo you deliver?\n\nCarl"})
		id := b.says(chat, "[b]Yes[/b], on Saturday.")
		b.sends()
		sent := b.smtp.Sent()
		if len(sent) != 1 {
			b.t.Fatalf("%d mails were sent", len(sent))
		}
		got := sent[0]
		b.want("the answer", []any{got.From, got.To, got.Mail.From, got.Subject, got.Text, got.InReplyTo, got.References, got.Auto},
			[]any{"support@acme.example", "carl@shop.example", letter.Address{Name: "Anna Weber (Acme)", Email: "support@acme.example"}, "Re: An offer", "Yes, on Saturday.", []string{"1@shop.example"}, []string{"0@shop.example", "1@shop.example"}, ""})
		if !strings.Contains(string(got.Raw), "<b>Yes</b>") {
			b.t.Errorf("the HTML is\n%s", got.Raw)
		}
		fates, err := b.mail.Fates(b.t.Context(), []int64{id})
		b.must(err)
		b.want("what became of it", fates, map[int64]mail.Fate{id: {State: mail.Sent}})
		b.arrives(letterOf("carl@shop.example", "2@shop.example", "Re: An offer", "Great!\n\nOn Mon, Anna Weber <support@acme.example> wrote:\n> Yes, on Saturday.", "In-Reply-To: <"+got.ID+">")...)
		b.want("the same chat", []any{b.chat() == chat, b.talk(chat)[2]}, []any{true, "client: Great!"})
		b.says(chat, "You are welcome")
		b.sends()
		b.want("in the thread", b.smtp.Sent()[1].References, []string{got.ID, "2@shop.example"})
		if b.imap.Unseen() != 0 {
			b.t.Errorf("%d mails are not marked as read", b.imap.Unseen())
		}
	})
}

// TestAMailTellsWhenItWasWritten keeps the time of a mail that was long under way; one that does not say, or lies ahead, came now.
func TestAMailTellsWhenItWasWritten(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		for i, c := range []struct {
			header string
			want   time.Duration
			said   bool
		}{{b.clock.Now().Add(-2 * time.Hour).Format(time.RFC1123Z), -2 * time.Hour, true}, {b.clock.Now().Add(time.Hour).Format(time.RFC1123Z), 0, true}, {"yesterday", 0, false}, {"", 0, false}} {
			at := b.clock.Now().Add(c.want)
			lines := letterOf("c@shop.example", fmt.Sprintf("%d@shop.example", i), "S", fmt.Sprint("mail ", i))
			if c.header != "" {
				lines = append([]string{"Date: " + c.header}, lines...)
			}
			b.arrives(lines...)
			if c.want == 0 {
				at = b.clock.Now()
			}
			var extra string
			b.scan("SELECT extra FROM message WHERE id = (SELECT MAX(message_id) FROM mailbox_in)", &extra)
			if want := fmt.Sprintf(`"WRITTEN":%d`, at.Unix()); strings.Contains(extra, want) != c.said || strings.Contains(extra, "WRITTEN") != c.said {
				b.t.Errorf("a mail of %q is kept with %s", c.header, extra)
			}
		}
	})
}

// TestNothingComesTwice has the same mail under two numbers, a mailbox that is read again, and one whose server numbers its mails anew.
func TestNothingComesTwice(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		first := letterOf("c@shop.example", "1@shop.example", "One", "first")
		b.arrives(first...)
		b.check()
		b.arrives(first...)
		b.arrives(letterOf("c@shop.example", "2@shop.example", "One", "second")...)
		want := []string{"client: [b]One[/b]\n\nfirst", "client: second"}
		b.want("a mail twice", b.talk(b.chat()), want)
		b.imap.Anew()
		b.imap.Put(b.clock.Now(), first...)
		b.imap.Put(b.clock.Now(), letterOf("c@shop.example", "3@shop.example", "One", "third")...)
		b.imap.Put(b.clock.Now().AddDate(0, 0, -30), letterOf("c@shop.example", "old@shop.example", "One", "of last month")...)
		b.check()
		b.check()
		b.arrives(letterOf("c@shop.example", "4@shop.example", "One", "fourth")...)
		b.want("numbered anew", b.talk(b.chat()), append(want, "client: third", "client: fourth"))
		// The same id of somebody else is another mail, and so is each without an id.
		b.arrives(letterOf("d@shop.example", "4@shop.example", "Four", "of another")...)
		b.want("the id of another", b.talk(b.chat()), []string{"client: [b]Four[/b]\n\nof another"})
		b.arrives("From: e@shop.example", "", "no id")
		b.arrives("From: e@shop.example", "", "no id either")
		b.want("without ids", b.talk(b.chat()), []string{"client: no id", "client: no id either"})
	})
}

// TestARestartInTheMiddle fails between two mails, and while one is stored.
func TestARestartInTheMiddle(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		for i := range 5 {
			b.imap.Put(b.clock.Now(), letterOf("c@shop.example", fmt.Sprintf("%d@shop.example", i), "S", fmt.Sprintf("mail %d", i))...)
		}
		mixed := []string{"From: c@shop.example", "Message-ID: <5@shop.example>", "Subject: S", "Content-Type: multipart/mixed; boundary=b", "", "--b", "", "mail 5", "--b", "Content-Type: application/zip; name=a.zip", "", "x", "--b--"}
		b.imap.Put(b.clock.Now(), mixed...)
		b.imap.Put(b.clock.Now(), letterOf("c@shop.example", "6@shop.example", "S", "mail 6")...)
		b.files.refuse = errors.New("the disk is gone")
		if err := b.Check(b.t.Context(), b.box.ID); err == nil {
			b.t.Error("a disk that is gone stops nothing")
		}
		box, err := b.Get(b.t.Context(), b.admin(), b.box.ID)
		b.must(err)
		b.want("what the page says", box.Problem, "The portal could not store what it read. It tries again.")
		var want []string
		for i := range 5 {
			want = append(want, fmt.Sprintf("client: mail %d", i))
		}
		want[0] = "client: [b]S[/b]\n\nmail 0"
		b.want("before", b.talk(b.chat()), want)
		b.files.refuse = nil
		b.check()
		b.want("after", b.talk(b.chat()), append(want, "client: mail 5", "client: mail 6"))
		b.want("files", b.files.names(), "a.zip")
		if box, err = b.Get(b.t.Context(), b.admin(), b.box.ID); err != nil || box.Problem != "" || box.Checked.IsZero() {
			b.t.Errorf("the mailbox is %+v, %v", box, err)
		}
	})
}

func TestFilesGoBothWays(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		mixed := []string{
			"From: c@shop.example", "Message-ID: <5@shop.example>", "Subject: S", "Content-Type: multipart/mixed; boundary=b", "", "--b", "", "see", "--b",
			"Content-Type: application/pdf; name=a.pdf", "Content-Transfer-Encoding: base64", "", "AAEC", "--b--",
		}
		b.arrives(mixed...)
		var held string
		b.scan("SELECT COALESCE(MAX(extra), '') FROM message WHERE text LIKE '%see'", &held)
		if !strings.Contains(held, "1") || b.files.names() != "a.pdf" {
			b.t.Errorf("the message has %q, and %s is kept", held, b.files.names())
		}
		b.says(b.chat(), "back", 1)
		b.sends()
		if got := b.smtp.Sent()[0].Files; len(got) != 1 || got[0].Name != "a.pdf" || string(got[0].Content) != "\x00\x01\x02" {
			b.t.Errorf("the answer has %q", got)
		}
		b.files.refuse = fault.New(fault.TooLarge, "FILE_TOO_LARGE", "It is larger than 1 MB.")
		mixed[1] = "Message-ID: <6@shop.example>"
		b.arrives(mixed...)
		b.want("a file that is too large", b.talk(b.chat())[2], "client: see\n\n[i]Not taken from the mail, which is in the mailbox support@acme.example: the file a.pdf: It is larger than 1 MB.[/i]")
	})
}

// TestTheServerIsDownForAnHour keeps what operators write in order, and shows what waits.
func TestTheServerIsDownForAnHour(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		b.arrives(letterOf("c@shop.example", "1@shop.example", "S", "hello")...)
		b.smtp.Refuse(&smtp.SMTPError{Code: 451, Message: "later"})
		var ids []int64
		for _, text := range []string{"one", "two", "three"} {
			ids = append(ids, b.says(b.chat(), text))
			b.sends()
		}
		for range 6 {
			b.clock.Advance(10 * time.Minute)
			b.sends()
		}
		b.must(b.im.Delete(b.t.Context(), b.anna, ids[1], false))
		fates, err := b.mail.Fates(b.t.Context(), ids)
		b.must(err)
		b.want("while it is down", []any{len(fates), fates[ids[0]].State, fates[ids[2]].State}, []any{2, mail.Waiting, mail.Waiting})
		b.smtp.Refuse(nil)
		b.clock.Advance(30 * time.Minute)
		b.sends()
		var got []string
		for _, s := range b.smtp.Sent() {
			got = append(got, s.Text)
		}
		b.want("when it is back", got, []string{"one", "three"})
	})
}

// TestQuotedHistory keeps all that might be an answer.
func TestQuotedHistory(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		outlook := "Yes please\n\nFrom: Acme\nSent: Monday\nTo: Carl\nSubject: Offer\n\nDo you want it? YES"
		b.arrives(letterOf("c@shop.example", "1@shop.example", "Fwd: Offer", outlook)...)
		b.want("a first mail stays whole", b.talk(b.chat())[0], "client: [b]Offer[/b]\n\n"+outlook)
		b.says(b.chat(), "Do you?")
		b.sends()
		b.arrives(letterOf("c@shop.example", "2@shop.example", "RE: Offer", outlook, "In-Reply-To: <"+b.smtp.Sent()[0].ID+">")...)
		b.want("an answer is cut", b.talk(b.chat())[2], "client: Yes please")
		b.want("and kept whole as a file", []any{b.files.names(), string(b.files.content[1])}, []any{"whole mail.txt", outlook})
		b.arrives(letterOf("c@shop.example", "3@shop.example", "RE: Offer", strings.Repeat("word ", 8000), "In-Reply-To: <2@shop.example>")...)
		text := b.talk(b.chat())[3]
		if len(text) > 20_100 || b.files.names() != "whole mail.txt, whole mail.txt" || len(b.files.content[2]) < 39_000 {
			b.t.Errorf("a long mail is %d characters, and %s are kept", len(text), b.files.names())
		}
	})
}

// TestAMailThatIsTooLargeIsNamed has one of 31 MB.
func TestAMailThatIsTooLargeIsNamed(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.SQLite(t, schemas...), nil)
	b.connect()
	raw := []byte("From: c@shop.example\r\nSubject: Film\r\nMessage-ID: <1@shop.example>\r\n\r\n" + strings.Repeat(strings.Repeat("x", 1022)+"\r\n", 31<<10))
	b.imap.PutRaw(b.clock.Now(), raw)
	b.arrives(letterOf("c@shop.example", "2@shop.example", "Film", "did you get it?")...)
	b.want("the chat", b.talk(b.chat()), []string{
		"client: [b]Film[/b]\n\n[i]Not taken from the mail, which is in the mailbox support@acme.example: its text and its files: it has 31 MB, and at most 30 MB are taken[/i]", "client: did you get it?",
	})
}

// TestVisitors writes to a visitor of a site who is away. Only from their own address an answer comes into their conversation.
func TestVisitors(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		b.sites.place = map[string]mailbox.Place{"v1": {UserID: 5, ChatID: 6}}
		note := mailbox.Note{
			LineID: b.line.ID, Visitor: "v1", To: letter.Address{Name: "Carl", Email: "Carl@Shop.example"}, Subject: "An answer of Acme", Link: "https://acme.example/chat/x#resume=1",
			Unsubscribe: "https://acme.example/chat/x/mail/1", Said: []mailbox.Said{{Author: "Anna", Text: "Yes, [b]we do[/b]", Files: 1}},
		}
		b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error {
			ok, err := b.NoteTx(b.t.Context(), tx, note)
			if !ok && err == nil {
				err = errors.New("nobody writes")
			}
			return err
		}))
		b.sends()
		got := b.smtp.Sent()[0]
		b.want("the mail", []string{got.From, got.To, got.Subject, got.Text}, []string{
			"support@acme.example", "carl@shop.example", "An answer of Acme",
			"Anna:\nYes, we do\n(with a file)\n\n--\nAnswer this mail, and your answer comes into the conversation.\nGo on with the conversation here: https://acme.example/chat/x#resume=1\nYou get this because you left your address in our chat. No more such mails: https://acme.example/chat/x/mail/1",
		})
		if !strings.Contains(string(got.Raw), "List-Unsubscribe: <https://acme.example/chat/x/mail/1>") {
			b.t.Errorf("its header is\n%s", got.Raw)
		}
		answer := "In-Reply-To: <" + got.ID + ">"
		b.arrives(letterOf("carl@shop.example", "1@shop.example", "Re: An answer of Acme", "Thanks\n\nOn Monday, Acme wrote:\n> Yes", answer)...)
		b.want("the answer", b.sites.replies, []string{"v1: Thanks []"})
		b.arrives(letterOf("eve@evil.example", "2@evil.example", "Re: An answer of Acme", "Let me in", answer)...)
		b.want("of somebody else", []any{len(b.sites.replies), b.talk(b.chat())}, []any{1, []string{"client: [b]An answer of Acme[/b]\n\nLet me in"}})
		for range 20 {
			b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error {
				_, err := b.NoteTx(b.t.Context(), tx, note)
				return err
			}))
		}
		b.sends()
		if n := len(b.smtp.Sent()); n != 10 {
			b.t.Errorf("%d mails went to one address within a day", n)
		}
		b.sites.place = nil // the chat of the site was deleted
		b.arrives(letterOf("carl@shop.example", "3@shop.example", "Re: An answer of Acme", "Still there?", answer)...)
		b.want("when the chat is gone", b.talk(b.chat()), []string{"client: [b]An answer of Acme[/b]\n\nStill there?"})
	})
}

// TestRunHearsAtOnce reads a mailbox whose server tells of new mails, and one whose server is asked.
func TestRunHearsAtOnce(t *testing.T) {
	t.Parallel()
	for name, caps := range map[string][]imap.Cap{"told": {imap.CapIdle}, "asked": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, dbtest.SQLite(t, schemas...), nil, caps...)
			heard := make(chan string, 10)
			b.Conversations = told{b.talks, heard}
			b.connect()
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				b.Run(ctx)
			}()
			for i, text := range []string{"one", "two"} {
				for b.clock.Timers() < 3 { // that of the reader, that of the list of mailboxes, and that of permissions to be given back
					runtime.Gosched()
				}
				if caps == nil {
					b.imap.Put(b.clock.Now(), letterOf("c@shop.example", fmt.Sprint(i, "@shop.example"), "", text)...)
					b.clock.Advance(time.Minute) // the server is asked
					b.want("what came", <-heard, text)
					continue
				}
				for waits := true; waits; { // the same mail again is another sign of the server, should the first come before it is heard
					b.imap.Put(b.clock.Now(), letterOf("c@shop.example", fmt.Sprint(i, "@shop.example"), "", text)...)
					select {
					case got := <-heard:
						b.want("what came", got, text)
						waits = false
					case <-time.After(200 * time.Millisecond):
					}
				}
			}
			cancel()
			<-done
			if n := b.clock.Timers(); n > 0 {
				t.Errorf("%d timers are left", n)
			}
		})
	}
}

// TestSignature stands below answers, also below one that is changed before it goes out, and not in the conversation.
func TestSignature(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		set := b.settings()
		set.Signature = "-- \r\nAcme <Ltd.> · [b]Berlin[/b]\r\nhttps://acme.example\x00\n"
		b.must(b.Change(b.t.Context(), b.admin(), b.box.ID, set))
		b.arrives(letterOf("c@shop.example", "1@shop.example", "S", "hello")...)
		b.says(b.chat(), "good day")
		changed := b.says(b.chat(), "first")
		b.must(b.im.Update(b.t.Context(), b.anna, changed, im.Change{Text: new("second")}))
		b.sends()
		sent := b.smtp.Sent()
		const below = "\n\n--\nAcme <Ltd.> · Berlin\nhttps://acme.example"
		b.want("what is sent", []string{sent[0].Text, sent[1].Text}, []string{"good day" + below, "second" + below})
		b.want("what is said", b.talk(b.chat()), []string{"client: [b]S[/b]\n\nhello", "Anna: good day", "Anna: second"})
		page := strings.ReplaceAll(string(sent[0].Raw), "=\r\n", "")
		if !strings.Contains(page, "-- <br>Acme &lt;Ltd.&gt; =C2=B7 <b>Berlin</b><br><a class") {
			b.t.Errorf("the HTML is\n%s", page)
		}
		b.arrives(letterOf("c@shop.example", "2@shop.example", "Re: S", "thanks\n\nOn Mon, Anna wrote:\n> good day\n>\n> -- \n> Acme", "In-Reply-To: <"+sent[0].ID+">")...)
		b.want("what comes back", b.talk(b.chat())[3], "client: thanks")
		set.Signature = strings.Repeat("x", 2001)
		if f, ok := errors.AsType[*fault.Fault](b.Change(b.t.Context(), b.admin(), b.box.ID, set)); !ok || f.Field != "signature" {
			b.t.Errorf("a long one: %v", f)
		}
	})
}
