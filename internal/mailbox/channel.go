package mailbox

import (
	"context"
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/letter"
	"github.com/portico-hq/portico/internal/openline"
)

var _ openline.Channel = (*Service)(nil)

// perClient is how many mails that no person wrote go to one address within a day: texts of the line itself, such as a greeting.
const perClient = 6

// perVisitor is how many mails go to one address within a day for chats of sites: anybody can enter anybody's address there.
const perVisitor = 10

const noteKind = "Answer to a visitor of a site"

// SendTx answers a client by mail, in the thread of their last one.
func (s *Service) SendTx(ctx context.Context, tx *db.Tx, out openline.Outgoing) error {
	lineID, address := out.Channel.LineID, out.Channel.ChatID
	t, ok, err := talkTx(ctx, tx, lineID, address)
	if err != nil || !ok {
		return err // no mail of theirs is known, so there is none to answer
	}
	if out.AuthorID == 0 {
		if more, err := s.automaticTx(ctx, tx, lineID, address); err != nil || !more {
			return err
		}
	}
	a, err := s.fromTx(ctx, tx, t.AccountID, lineID)
	if err != nil {
		return err
	}
	text, html := signed(out, a.Signature)
	l := letter.Letter{
		From: letter.Address{Name: senderName(out.Author, a.Name)}, To: letter.Address{Name: t.Name, Email: address}, Subject: letter.Reply(t.Subject),
		Text: text, HTML: html, ID: letter.NewID(letter.Address{Email: a.Address}.Host()), Date: out.Date, References: t.Refs, Auto: out.AuthorID == 0,
	}
	if n := len(t.Refs); n > 0 {
		l.InReplyTo = t.Refs[n-1]
	}
	if err := s.refersTx(ctx, tx, l.ID, ref{lineID: lineID, address: address, messageID: out.MessageID}); err != nil {
		return err
	}
	return s.Outbox.QueueTx(ctx, tx, mail.Parcel{
		Account: a.ID, Lane: "mailbox " + strconv.FormatInt(lineID, 10) + " " + address, Kind: "Answer to a client", Letter: l, Files: out.Files,
		MessageID: out.MessageID, ChatID: out.ChatID,
	})
}

// fromTx returns the mailbox from which a client is answered: that to which they wrote, or, where it is gone, another one of the line. Where
// there is none the message fails, with the reason, and can be sent again later.
func (s *Service) fromTx(ctx context.Context, tx *db.Tx, id, lineID int64) (Account, error) {
	all, err := queryAccounts(ctx, tx, "WHERE line_id = ? AND "+usable+" ORDER BY CASE WHEN id = ? THEN 0 ELSE 1 END, id LIMIT 1", lineID, id)
	if err != nil {
		return Account{}, err
	}
	if len(all) == 0 {
		return Account{ID: id, Settings: Settings{Address: "nobody@localhost"}}, nil
	}
	return all[0], nil
}

// automaticTx counts a mail that no person wrote, and reports whether it may go out.
func (s *Service) automaticTx(ctx context.Context, tx *db.Tx, lineID int64, address string) (bool, error) {
	now := db.Micro(s.now())
	day := db.Micro(s.now().Add(-24 * time.Hour))
	const q = `UPDATE mailbox_talk SET automatic = CASE WHEN automatic_since < ? THEN 1 ELSE automatic + 1 END,
		automatic_since = CASE WHEN automatic_since < ? THEN ? ELSE automatic_since END
		WHERE line_id = ? AND address = ? AND (automatic_since < ? OR automatic < ?)`
	n, err := tx.Exec(ctx, q, day, day, now, lineID, address, day, int64(perClient))
	if err != nil {
		return false, fmt.Errorf("count automatic mails: %w", err)
	}
	return n > 0, nil
}

// senderName is how a client sees who writes: the operator, and for whom.
func senderName(operator, sender string) string {
	switch {
	case operator == "":
		return sender
	case sender == "":
		return operator
	}
	return operator + " (" + sender + ")"
}

// said is what a message says: mails have no cards, so what a bot attached stands below its text in words.
func said(out openline.Outgoing) string {
	return strings.TrimSpace(out.Text + "\n" + out.Attach.Plain())
}

// plain is a message as plain text.
func plain(text string) string { return strings.TrimSpace(bbcode.Plain(text)) + "\n" }

// page is a message as HTML.
func page(text string) string {
	return `<!doctype html><html><body style="font-family:sans-serif;font-size:15px;line-height:1.5">` + string(bbcode.HTML(text, bbcode.Options{})) + "</body></html>"
}

// signed is a message as a mail, above the signature of its mailbox.
func signed(out openline.Outgoing, signature string) (text, html string) {
	body := said(out)
	if signature == "" {
		return plain(body), page(body)
	}
	below := `<div style="color:#555;margin-top:1em">-- <br>` + string(bbcode.HTML(signature, bbcode.Options{})) + "</div></body></html>"
	return plain(body) + "\n-- \n" + plain(signature), strings.TrimSuffix(page(body), "</body></html>") + below
}

// ChangeTx changes a mail that was not sent yet. One that was sent stays as it is with the client.
func (s *Service) ChangeTx(ctx context.Context, tx *db.Tx, out openline.Outgoing) error {
	t, ok, err := talkTx(ctx, tx, out.Channel.LineID, out.Channel.ChatID)
	if err != nil || !ok {
		return err
	}
	a, err := s.fromTx(ctx, tx, t.AccountID, out.Channel.LineID)
	if err != nil {
		return err
	}
	text, html := signed(out, a.Signature)
	return s.Outbox.RewriteTx(ctx, tx, out.MessageID, text, html, out.Files)
}

// RemoveTx takes back a mail that was not sent yet.
func (s *Service) RemoveTx(ctx context.Context, tx *db.Tx, out openline.Outgoing) error {
	return s.Outbox.WithdrawTx(ctx, tx, out.MessageID)
}

// StartedTx does nothing: a mail has no open page that would show it.
func (s *Service) StartedTx(context.Context, *db.Tx, openline.Session) error { return nil }

// FinishedTx does nothing, for the same reason.
func (s *Service) FinishedTx(context.Context, *db.Tx, openline.Session) error { return nil }

// Note is what a visitor of a site is written while they are away.
type Note struct {
	LineID      int64
	Visitor     string // of the chat of the site
	To          letter.Address
	Subject     string
	Said        []Said
	Link        string // to the conversation; empty: there is none
	Unsubscribe string // an address that ends such mails
}

// Said is a message that the visitor has not seen.
type Said struct {
	Author, Text string // BB code
	Files        int    // that it carries
}

// NoteTx writes to a visitor. Where their line has a mailbox it goes out from there, and what they answer comes into their conversation;
// else from the portal's own address. It is false where neither is set up, the address is none, or was written to often enough today.
func (s *Service) NoteTx(ctx context.Context, tx *db.Tx, n Note) (bool, error) {
	address, ok := letter.ParseEmail(n.To.Email)
	if !ok {
		return false, nil // one that mail servers would not take
	}
	n.To.Email = address
	if sent, err := s.Outbox.RecentTx(ctx, tx, address, noteKind, s.now().Add(-24*time.Hour)); err != nil || sent >= perVisitor {
		return false, err
	}
	all, err := queryAccounts(ctx, tx, "WHERE line_id = ? AND "+usable+" ORDER BY id LIMIT 1", n.LineID)
	if err != nil {
		return false, err
	}
	p := mail.Parcel{Lane: "visitor " + n.Visitor, Kind: noteKind, Secret: s.Box != nil} // its link opens the conversation
	p.Letter = letter.Letter{To: n.To, Subject: n.Subject, Unsubscribe: n.Unsubscribe}
	p.Letter.Text, p.Letter.HTML = n.texts(len(all) > 0)
	if len(all) == 0 {
		if s.OwnAddress(ctx) == "" {
			return false, nil
		}
		return true, s.Outbox.PostTx(ctx, tx, p)
	}
	a := all[0]
	p.Account, p.Letter.From.Name, p.Letter.ID = a.ID, a.Name, letter.NewID(letter.Address{Email: a.Address}.Host())
	if err := s.refersTx(ctx, tx, p.Letter.ID, ref{lineID: n.LineID, address: address, visitor: n.Visitor}); err != nil {
		return false, err
	}
	return true, s.Outbox.QueueTx(ctx, tx, p)
}

// WritesTx reports whether visitors of a line's sites can be written to, and whether they can answer.
func (s *Service) WritesTx(ctx context.Context, tx *db.Tx, lineID int64) (writes, answers bool, err error) {
	var n int64
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM mailbox_account WHERE line_id = ? AND "+usable, lineID).Scan(&n); err != nil {
		return false, false, fmt.Errorf("count mailboxes of a line: %w", err)
	}
	return n > 0 || s.OwnAddress(ctx) != "", n > 0, nil
}

// texts are what a note says, in both forms.
func (n Note) texts(answers bool) (text, page string) {
	var t, h strings.Builder
	h.WriteString(`<!doctype html><html><body style="font-family:sans-serif;font-size:15px;line-height:1.5">`)
	for _, m := range n.Said {
		body, files := plain(m.Text), ""
		switch {
		case m.Files == 1:
			files = "(with a file)"
		case m.Files > 1:
			files = "(with " + strconv.Itoa(m.Files) + " files)"
		}
		t.WriteString(strings.TrimSpace(m.Author+":\n"+body+files) + "\n\n")
		h.WriteString("<p><b>" + html.EscapeString(m.Author) + "</b><br>" + string(bbcode.HTML(m.Text, bbcode.Options{})))
		if files != "" {
			h.WriteString("<br><i>" + files + "</i>")
		}
		h.WriteString("</p>")
	}
	say := func(words, link string) {
		t.WriteString(words)
		h.WriteString(`<p style="color:#555">` + html.EscapeString(words))
		if link != "" {
			t.WriteString(" " + link)
			h.WriteString(` <a href="` + html.EscapeString(link) + `">` + html.EscapeString(link) + "</a>")
		}
		t.WriteString("\n")
		h.WriteString("</p>")
	}
	t.WriteString("-- \n")
	if answers {
		say("Answer this mail, and your answer comes into the conversation.", "")
	}
	if n.Link != "" {
		say("Go on with the conversation here:", n.Link)
	}
	say("You get this because you left your address in our chat. No more such mails:", n.Unsubscribe)
	h.WriteString("</body></html>")
	return t.String(), h.String()
}
