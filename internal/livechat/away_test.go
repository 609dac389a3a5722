package livechat_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/livechat"
)

// letters are the mails that visitors were written.
type letters struct {
	all []livechat.Note
	off bool
}

func (l *letters) NoteTx(_ context.Context, tx *db.Tx, n livechat.Note) (bool, error) {
	if l.off {
		return false, nil
	}
	tx.AfterCommit(func() { l.all = append(l.all, n) })
	return true, nil
}

// said is what the mails said, one a line.
func (l *letters) said() (out []string) {
	for _, n := range l.all {
		var parts []string
		for _, m := range n.Said {
			parts = append(parts, fmt.Sprintf("%s: %s %d", m.Author, m.Text, m.Files))
		}
		out = append(out, n.Email+" "+strings.Join(parts, " | "))
	}
	return out
}

// leaves is a visitor who writes, leaves their address, and has gone.
func (b *bench) leaves() (l *letters, chat int64) {
	b.t.Helper()
	l = &letters{}
	b.Letters, b.PublicURL = l, func(path string) string { return "https://acme.example" + path }
	m := livechat.NewMessage{UUID: "uuid-0001", Text: "Do you deliver?", Profile: &livechat.Profile{Name: "Carl", Email: "carl@shop.example"}, Page: "https://shop.example/chairs"}
	_, err := b.Send(b.t.Context(), b.as("a"), m)
	b.must(err)
	chat, _ = b.chat()
	return l, chat
}

func (b *bench) later(d time.Duration) {
	b.t.Helper()
	b.clock.Advance(d)
	_, err := b.Write(b.t.Context())
	b.must(err)
}

func TestWhoHasGoneIsWrittenToOnce(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		l, chat := b.leaves()
		b.say(chat, "Yes, we do", false)
		b.later(9 * time.Minute)
		want(b.t, "after 9 minutes", l.said(), nil)
		b.say(chat, "secret among us", true)
		b.say(chat, "On Saturdays", false)
		b.later(2 * time.Minute)
		first := "carl@shop.example Anna Weber: Yes, we do 0 | Anna Weber: On Saturdays 0"
		want(b.t, "after 11 minutes", l.said(), []string{first})
		b.later(time.Hour)
		want(b.t, "later", l.said(), []string{first})
		b.say(chat, "Still there?", false)
		b.later(11 * time.Minute)
		want(b.t, "one more answer", l.said(), []string{first, "carl@shop.example Anna Weber: Still there? 0"})
		if n := b.count("SELECT COUNT(*) FROM livechat_away"); n != 0 {
			b.t.Errorf("%d absences are left", n)
		}
	})
}

func TestWhoIsThereOrHasReadIsNotWrittenTo(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		l, chat := b.leaves()
		b.say(chat, "Yes", false)
		f, err := b.Follow(b.t.Context(), b.as("a"), 0)
		b.must(err)
		ctx, cancel := context.WithCancel(b.t.Context())
		b.must(f.Run(ctx, func(u livechat.Update) bool { return u.State == nil })) // they look, and go again
		cancel()
		f.Close()
		b.later(5 * time.Minute)
		f, err = b.Follow(b.t.Context(), b.as("a"), 0)
		b.must(err)
		b.must(f.Run(b.t.Context(), func(u livechat.Update) bool { return u.State == nil }))
		f.Close()
		b.later(6 * time.Minute)
		want(b.t, "6 minutes after they were there", l.said(), nil)
		_, o := b.sees("a")
		b.must(b.Read(b.t.Context(), b.as("a"), o.Version))
		b.later(time.Hour)
		want(b.t, "after they have read it", l.said(), nil)
		b.must(b.Read(b.t.Context(), b.as("a"), 1_000_000)) // more than there is
		b.say(chat, "Another", false)
		b.later(11 * time.Minute)
		want(b.t, "what came after it", l.said(), []string{"carl@shop.example Anna Weber: Another 0"})
	})
}

func TestTheLinkLeadsBackAndEndsMails(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		l, chat := b.leaves()
		b.say(chat, "Yes", false)
		b.later(11 * time.Minute)
		n := l.all[0]
		m := regexp.MustCompile(`^https://acme\.example/chat/` + b.widget.Code + `#resume=([\w-]{43})$`).FindStringSubmatch(n.Link)
		if m == nil {
			b.t.Fatalf("the link is %q", n.Link)
		}
		o, err := b.Enter(b.t.Context(), livechat.Caller{Code: b.widget.Code, Token: m[1]})
		b.must(err)
		if !o.Known || len(o.History.Messages) != 2 {
			b.t.Errorf("the link opens %+v", o)
		}
		key, ok := strings.CutPrefix(n.Unsubscribe, "https://acme.example/chat/"+b.widget.Code+"/mail/")
		if !ok {
			b.t.Fatalf("mails are ended at %q", n.Unsubscribe)
		}
		mails, err := b.MailsOf(b.t.Context(), b.widget.Code, key)
		b.must(err)
		if mails != (livechat.Mails{Email: "carl@shop.example", Title: "Chat with us"}) {
			b.t.Errorf("the page says %+v", mails)
		}
		b.must(b.SetMails(b.t.Context(), b.widget.Code, key, true))
		b.say(chat, "Hello?", false)
		b.later(time.Hour)
		b.must(b.SetMails(b.t.Context(), b.widget.Code, key, false))
		b.say(chat, "Again", false)
		b.later(11 * time.Minute)
		want(b.t, "the mails", l.said(), []string{"carl@shop.example Anna Weber: Yes 0", "carl@shop.example Anna Weber: Hello? 0 | Anna Weber: Again 0"})
		if got := l.all[1].Unsubscribe; got != n.Unsubscribe {
			b.t.Errorf("the second mail is ended at %q", got)
		}
		refused(b.t, "another key", b.SetMails(b.t.Context(), b.widget.Code, strings.Repeat("a", 26), true), livechat.ErrNoMails)
		refused(b.t, "no key", b.SetMails(b.t.Context(), b.widget.Code, "", true), livechat.ErrNoMails)
		b.clock.Advance(31 * 24 * time.Hour)
		if o, err := b.Enter(b.t.Context(), livechat.Caller{Code: b.widget.Code, Token: strings.SplitN(l.all[1].Link, "=", 2)[1]}); err != nil || o.Known {
			b.t.Errorf("a link that nobody used for 31 days opens %+v, %v", o, err)
		}
	})
}

// TestWhereNoMailGoesOut also covers a chat that is set so, and a user whom the site signs.
func TestWhereNoMailGoesOut(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		l, chat := b.leaves()
		l.off = true
		b.say(chat, "Yes", false)
		b.later(11 * time.Minute)
		l.off = false
		set := b.widget.Settings
		set.Continue = false
		b.must(b.Change(b.t.Context(), b.admin(), b.widget.ID, set))
		b.say(chat, "Switched off", false)
		b.later(time.Hour)
		want(b.t, "so far", l.said(), nil)
		set.Continue, set.Public, set.ContinueAfter = true, false, 30
		b.must(b.Change(b.t.Context(), b.admin(), b.widget.ID, set))
		b.say(chat, "On again", false)
		b.later(29 * time.Minute)
		want(b.t, "before its time", l.said(), nil)
		b.later(2 * time.Minute)
		if len(l.all) != 1 || l.all[0].Link != "https://shop.example/chairs" {
			b.t.Errorf("without a page of its own: %+v", l.all)
		}
		for _, minutes := range []int64{0, -1, 1441} {
			set.ContinueAfter = minutes
			if err := b.Change(b.t.Context(), b.admin(), b.widget.ID, set); err == nil {
				b.t.Errorf("%d minutes are taken", minutes)
			}
		}
	})
}

func TestAReplyByMailIsTheVisitors(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		l, chat := b.leaves()
		b.say(chat, "Yes", false)
		b.later(11 * time.Minute)
		p, ok, err := b.Place(b.t.Context(), l.all[0].Visitor)
		b.must(err)
		if !ok || p.ChatID != chat || p.Email != "carl@shop.example" {
			b.t.Errorf("the visitor is at %+v", p)
		}
		f := b.files.add("a.pdf", 3)
		b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error {
			_, err := b.ReplyTx(b.t.Context(), tx, l.all[0].Visitor, "Thanks", []int64{f.ID}, time.Time{})
			return err
		}))
		lines, o := b.sees("a")
		want(b.t, "what they see", lines, []string{"me: Do you deliver?", "Anna Weber: Yes", "me: Thanks"})
		if got := o.History.Messages[2].Files; len(got) != 1 || got[0].Name != "a.pdf" {
			b.t.Errorf("its files are %+v", got)
		}
		_, err = b.Open(b.t.Context(), b.as("a"), f.ID, false)
		b.must(err)
		if n := b.count("SELECT COUNT(*) FROM message WHERE chat_id = ? AND text = 'Thanks' AND author_id = ?", chat, p.UserID); n != 1 {
			b.t.Errorf("%d messages of the client are in the chat", n)
		}
		if _, ok, err := b.Place(b.t.Context(), "nobody"); ok || err != nil {
			b.t.Errorf("nobody is there: %t, %v", ok, err)
		}
	})
}
