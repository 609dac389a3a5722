package portal

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/letter"
	"github.com/portico-hq/portico/internal/mail/mailweb"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/mailbox/mailboxhttp"
	"github.com/portico-hq/portico/internal/mailbox/mailboxweb"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/user/userweb"
)

// wireMail makes what sends mails and reads mailboxes. Both go where deliveries of events may go. The conversations, which need them, are
// set when they are made.
func (p *Portal) wireMail() {
	dial := event.Dialer(p.Events, p.config.Reach)
	files := mailFiles{p.Files}
	p.Mail = mail.New(mail.Config{
		DB: p.DB, Clock: p.config.Clock, Settings: p.Settings, Audit: p.Audit, Box: p.box, Files: files, Sender: mail.Sender{Dial: dial},
		OnState: p.connectorStateChanged, Log: p.config.Log,
	})
	p.Mailboxes = mailbox.New(mailbox.Config{
		DB: p.DB, Clock: p.config.Clock, Lines: mailLines{p.Lines}, Files: files, Outbox: p.Mail, Visitors: mailedVisitors{p}, Notices: mailNotices{p}, Audit: p.Audit, Box: p.box, Dial: dial,
		Authority: mailboxhttp.Authority{Clients: p.outside()}, OwnAddress: p.ownAddress, Log: p.config.Log,
	})
	p.Mail.Accounts = p.Mailboxes
}

// ownAddress returns the address as which the portal itself sends mails; empty: it sends none.
func (p *Portal) ownAddress(ctx context.Context) string {
	set, err := p.Mail.OutgoingSettings(ctx)
	if err != nil || !set.On {
		return ""
	}
	return set.From
}

// mailDeliveries shows on pages what has become of messages that went out by mail.
type mailDeliveries struct{ mail *mail.Service }

var _ imweb.Deliveries = mailDeliveries{}

// mailState is how pages name the states of mails.
var mailState = map[mail.State]imweb.DeliveryState{
	mail.Waiting: imweb.DeliveryWaits, mail.Sent: imweb.DeliverySent, mail.Failed: imweb.DeliveryNotGiven,
}

// States returns what became of messages that mails carry.
func (d mailDeliveries) States(ctx context.Context, messageIDs []int64) (map[int64]imweb.Delivery, error) {
	fates, err := d.mail.Fates(ctx, messageIDs)
	out := make(map[int64]imweb.Delivery, len(fates))
	for id, f := range fates {
		out[id] = imweb.Delivery{State: mailState[f.State], Why: f.Why}
	}
	return out, err
}

// Retry sends a message again.
func (d mailDeliveries) Retry(ctx context.Context, messageID int64) error {
	return d.mail.RetryMessage(ctx, messageID)
}

// mailLines tells the mailboxes which open channels there are.
type mailLines struct{ lines *line.Service }

// LineTx returns a line.
func (m mailLines) LineTx(ctx context.Context, tx *db.Tx, id int64) (mailbox.Line, bool, error) {
	l, found, err := connectorLines(m).LineTx(ctx, tx, id)
	return mailbox.Line{ID: l.ID, Name: l.Name, Active: l.Active}, found, err
}

// mailFiles are the files of conversations as mails carry them.
type mailFiles struct{ files *file.Service }

var (
	_ mail.Files    = mailFiles{}
	_ mailbox.Files = mailFiles{}
)

// Open returns a file of a message.
func (m mailFiles) Open(ctx context.Context, id int64) (mail.File, bool, error) {
	nodes, err := m.files.Many(ctx, []int64{id})
	node, ok := nodes[id]
	if err != nil || !ok || node.Folder {
		return mail.File{}, false, err
	}
	o, err := m.files.Open(ctx, node)
	if err != nil {
		return mail.File{}, false, fmt.Errorf("open file %d: %w", id, err)
	}
	return mail.File{Name: node.Name, Type: node.Type, Size: node.Size, Body: o}, true, nil
}

// Keep stores a file of a mail in the chat that it belongs to.
func (m mailFiles) Keep(ctx context.Context, chatID, userID int64, name string, content []byte) (int64, error) {
	clean, err := file.CleanName(name)
	if err != nil {
		clean = "file"
	}
	node, err := m.files.Upload(ctx, file.Actor{UserID: userID}, chatID, clean, bytes.NewReader(content))
	return node.ID, err
}

// mailPages is what the pages of outgoing mail need.
func (p *Portal) mailPages() mailweb.Config {
	return mailweb.Config{Mail: p.Mail, Portal: p.name, MailboxesURL: mailboxweb.URL, EmailOf: func(ctx context.Context, id int64) string {
		u, err := p.Users.Get(ctx, id)
		if err != nil {
			return ""
		}
		return u.Email
	}}
}

// linkMails sends people the links by which they set a password.
type linkMails struct{ p *Portal }

var _ userweb.Mailer = linkMails{}

// Ready reports whether mails of the portal's own go out; what waits of them is sealed, so there has to be a key.
func (m linkMails) Ready(ctx context.Context) bool { return m.p.box != nil && m.p.Mail.Ready(ctx) }

// SendLink keeps a mail with somebody's link until it is sent.
func (m linkMails) SendLink(ctx context.Context, u user.User, address string) error {
	name := m.p.name()
	l := letter.Letter{To: letter.Address{Name: u.DisplayName(), Email: u.Email}, Auto: true}
	kind := "Invitation"
	if u.LastLogin.IsZero() {
		l.Subject = "You are invited to " + name
		l.Text = "You are invited to " + name + ". Set a password here, and you can sign in as " + u.Login + ":\n\n" + address + "\n\nThe link works once, for 7 days.\n"
	} else {
		kind, l.Subject = "New password", "A new password for "+name
		l.Text = "Set a new password for " + name + " here:\n\n" + address + "\n\nThe link works once, for 7 days. Until then your old password stays. If you did not ask for it, tell an administrator.\n"
	}
	return m.p.DB.Write(ctx, func(tx *db.Tx) error {
		if err := m.p.Mail.PostTx(ctx, tx, mail.Parcel{Kind: kind, Letter: l, Secret: true}); err != nil {
			return err
		}
		return m.p.Audit.RecordTx(ctx, tx, audit.Entry{
			Type: "USER_LINK_MAILED", Module: "user", Item: strconv.FormatInt(u.ID, 10), Description: "Sent " + u.DisplayName() + " a link to set a password, to " + u.Email + ".",
		})
	})
}
