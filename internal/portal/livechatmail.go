package portal

import (
	"context"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/mail/letter"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/openline"
)

// visitorLetters writes to visitors who have gone, from the mailbox of their line or else from the portal's own address.
type visitorLetters struct{ p *Portal }

var _ livechat.Letters = visitorLetters{}

// NoteTx keeps a mail to a visitor.
func (l visitorLetters) NoteTx(ctx context.Context, tx *db.Tx, n livechat.Note) (bool, error) {
	said := make([]mailbox.Said, len(n.Said))
	for i, m := range n.Said {
		said[i] = mailbox.Said(m)
	}
	return l.p.Mailboxes.NoteTx(ctx, tx, mailbox.Note{
		LineID: n.LineID, Visitor: n.Visitor, To: letter.Address{Name: n.Name, Email: n.Email}, Subject: "Your conversation: " + n.Title, Said: said,
		Link: n.Link, Unsubscribe: n.Unsubscribe,
	})
}

// mailedVisitors are the visitors of sites as mailboxes meet them.
type mailedVisitors struct{ p *Portal }

var _ mailbox.Visitors = mailedVisitors{}

// Place returns where a visitor's chat is.
func (m mailedVisitors) Place(ctx context.Context, visitor string) (mailbox.Place, bool, error) {
	at, ok, err := m.p.LiveChat.Place(ctx, visitor)
	return mailbox.Place(at), ok, err
}

// ReplyTx takes in what a visitor answered by mail.
func (m mailedVisitors) ReplyTx(ctx context.Context, tx *db.Tx, visitor, text string, files []int64, written time.Time) (openline.Received, error) {
	return m.p.LiveChat.ReplyTx(ctx, tx, visitor, text, files, written)
}

// visitorMails tells whether visitors of a line's chats can be written to, and whether they can answer.
func (p *Portal) visitorMails(ctx context.Context, lineID int64) (writes, answers bool, err error) {
	err = p.DB.Read(ctx, func(tx *db.Tx) error {
		writes, answers, err = p.Mailboxes.WritesTx(ctx, tx, lineID)
		return err
	})
	return writes, answers, err
}
