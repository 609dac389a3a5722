package mailbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/letter"
	"github.com/portico-hq/portico/internal/openline"
)

// The bounds of what one client writes. They stand in docs/limits.md.
const (
	maxText   = 20_000 // characters of a message; the rest is a file
	perHour   = 30     // mails of one address that are taken in
	perDay    = 200
	maxWhy    = 300
	maxThread = 30 // ids of a thread that are kept
)

// receive takes in a mail. It reports whether it became a message now. A fault that is of this mail alone leaves it out with its reason;
// any other error leaves it for the next time.
func (s *Service) receive(ctx context.Context, m arrival) (bool, error) {
	if m.From.Email != m.Sender.Email {
		ours, err := s.ours(ctx, m.From.Email)
		if err != nil {
			return false, err
		}
		if ours { // who wants answers to go to us is the sender themselves
			m.From = m.Sender
		}
	}
	why, err := s.unwanted(ctx, m)
	if err != nil {
		return false, err
	}
	if why != "" {
		return false, s.leaveOut(ctx, m, why)
	}
	to, err := s.addressee(ctx, m)
	if err != nil {
		return false, err
	}
	taken, err := s.take(ctx, m, to)
	if errors.Is(err, openline.ErrNoLine) {
		return false, errLineOff.Because(err)
	}
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Kind != fault.Internal && f.Kind != fault.Unavailable {
		return false, s.leaveOut(ctx, m, f.Text)
	}
	return taken, err
}

// leaveOut notes that a mail is not taken in. What a server could not deliver is noted at the message.
func (s *Service) leaveOut(ctx context.Context, m arrival, why string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		fresh, err := m.noteTx(ctx, tx, s.now(), why, 0)
		if err != nil {
			return err
		}
		if fresh && len(m.Failed) > 0 {
			if err := s.bouncedTx(ctx, tx, m); err != nil {
				return err
			}
		}
		return m.readTx(ctx, tx)
	})
}

// bouncedTx says at messages that their mail came back.
func (s *Service) bouncedTx(ctx context.Context, tx *db.Tx, m arrival) error {
	for _, id := range m.Failed {
		r, ok, err := refTx(ctx, tx, id)
		if err != nil {
			return err
		}
		if !ok || r.messageID == 0 || r.lineID != m.account.LineID {
			continue
		}
		text := "The mail came back: the address could not be reached."
		if m.Why != "" {
			text = "The mail came back: " + m.Why
		}
		next := letter.NewID(letter.Address{Email: m.account.Address}.Host())
		noted, err := s.Outbox.BouncedTx(ctx, tx, mail.Bounce{MessageID: r.messageID, ID: id, Next: next, Problem: text})
		if err == nil && noted {
			err = s.refersTx(ctx, tx, next, r) // so that it can be answered, and come back, under it
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unwanted says in words why a mail is not taken in; empty: it is. It has no effect.
func (s *Service) unwanted(ctx context.Context, m arrival) (why string, err error) {
	if m.Auto != "" {
		return upperFirst(m.Auto) + " is not taken in.", nil
	}
	if m.From.Email == "" {
		return "It does not say from whom it is.", nil
	}
	ours, err := s.ours(ctx, m.From.Email)
	if err != nil {
		return "", err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var hour, day int64
		now := s.now()
		const count = "(SELECT COUNT(*) FROM mailbox_in WHERE line_id = ? AND sender = ? AND why = '' AND at > ?)"
		err := tx.QueryRow(ctx, "SELECT "+count+", "+count,
			m.account.LineID, m.From.Email, db.Micro(now.Add(-time.Hour)), m.account.LineID, m.From.Email, db.Micro(now.Add(-24*time.Hour))).Scan(&hour, &day)
		if err != nil {
			return fmt.Errorf("look for mails of a sender: %w", err)
		}
		switch {
		case ours:
			why = "It comes from an address of this portal."
		case hour >= perHour:
			why = fmt.Sprintf("Its sender wrote more than %d mails within an hour, as machines do that answer each other.", perHour)
		case day >= perDay:
			why = fmt.Sprintf("Its sender wrote more than %d mails within a day, as machines do that answer each other.", perDay)
		default:
			why = ""
		}
		return nil
	})
	return why, err
}

// ours reports whether an address is one from which this portal writes.
func (s *Service) ours(ctx context.Context, address string) (bool, error) {
	if address == "" {
		return false, nil
	}
	if address == s.OwnAddress(ctx) {
		return true, nil
	}
	var n int64
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM mailbox_account WHERE address = ?", address).Scan(&n)
	})
	if err != nil {
		return false, fmt.Errorf("look for our own addresses: %w", err)
	}
	return n > 0, nil
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// addressee is to what a mail belongs.
type addressee struct {
	visitor string // of the chat of a site, whom it answers for; empty: it is one of its sender's own conversation
	place   Place
	answers bool // it answers one of ours, which is known
}

// addressee finds to what a mail belongs: to the conversation of a site, where it answers a mail of it from the address that it went to;
// else to the sender's own.
func (s *Service) addressee(ctx context.Context, m arrival) (to addressee, err error) {
	var found []ref
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		found = nil
		for _, id := range m.Answers() {
			r, ok, err := refTx(ctx, tx, id)
			if err != nil {
				return err
			}
			if ok && r.lineID == m.account.LineID && (r.address == m.From.Email || r.address == m.Sender.Email) {
				found = append(found, r)
			}
		}
		return nil
	})
	if err != nil {
		return to, err
	}
	to.answers = len(found) > 0
	for _, r := range found {
		if r.visitor == "" || s.Visitors == nil {
			continue
		}
		p, ok, err := s.Visitors.Place(ctx, r.visitor)
		if err != nil {
			return to, err
		}
		if ok && p.ChatID != 0 {
			to.visitor, to.place = r.visitor, p
			return to, nil
		}
	}
	return to, nil
}

// take stores the files of a mail and then makes it a message, in one with the note that it was read.
func (s *Service) take(ctx context.Context, m arrival, to addressee) (bool, error) {
	known, err := s.known(ctx, m)
	if err != nil {
		return false, err
	}
	if known {
		return false, s.DB.Write(ctx, func(tx *db.Tx) error { return m.readTx(ctx, tx) })
	}
	talk, err := s.talk(ctx, m.account.LineID, m.From.Email)
	if err != nil {
		return false, err
	}
	text, files := m.compose(talk.Subject, to)
	place := to.place
	if len(files) > 0 && to.visitor == "" {
		if place, err = s.place(ctx, m); err != nil {
			return false, err
		}
	}
	ids, notes, err := s.keep(ctx, place, files)
	if err != nil {
		return false, err
	}
	text = withNotes(text, append(m.Left, notes...), m.account.Address)
	taken := false
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		taken = false
		fresh, err := m.noteTx(ctx, tx, s.now(), "", 0)
		if err != nil || !fresh {
			return errors.Join(err, m.readTx(ctx, tx))
		}
		got, err := s.handTx(ctx, tx, m, to, text, ids)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE mailbox_in SET message_id = ? WHERE line_id = ? AND ref = ?", got.MessageID, m.account.LineID, m.ref()); err != nil {
			return fmt.Errorf("note message: %w", err)
		}
		taken = true
		return m.readTx(ctx, tx)
	})
	return taken, err
}

func (s *Service) known(ctx context.Context, m arrival) (bool, error) {
	var n int64
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM mailbox_in WHERE line_id = ? AND ref = ?", m.account.LineID, m.ref()).Scan(&n)
	})
	if err != nil {
		return false, fmt.Errorf("look for mail: %w", err)
	}
	return n > 0, nil
}

// place opens the chat of a client, in which their files are kept.
func (s *Service) place(ctx context.Context, m arrival) (p Place, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		got, err := s.Conversations.OpenTx(ctx, tx, m.incoming())
		p = Place{UserID: got.VisitorID, ChatID: got.ChatID}
		return err
	})
	return p, err
}

// keep stores files. What the portal does not take is named in words.
func (s *Service) keep(ctx context.Context, p Place, files []letter.File) (ids []int64, notes []string, err error) {
	for _, f := range files {
		id, err := s.Files.Keep(ctx, p.ChatID, p.UserID, f.Name, f.Content)
		refused, isFault := errors.AsType[*fault.Fault](err)
		switch {
		case err == nil:
			ids = append(ids, id)
		case isFault && refused.Kind != fault.Internal && refused.Kind != fault.Unavailable:
			notes = append(notes, "the file "+f.Name+": "+refused.Text)
		default:
			return nil, nil, err
		}
	}
	return ids, notes, nil
}

// handTx makes a mail a message.
func (s *Service) handTx(ctx context.Context, tx *db.Tx, m arrival, to addressee, text string, files []int64) (openline.Received, error) {
	if to.visitor != "" {
		return s.Visitors.ReplyTx(ctx, tx, to.visitor, text, files, m.Date)
	}
	if err := s.heardTx(ctx, tx, m); err != nil { // before the line greets
		return openline.Received{}, err
	}
	in := m.incoming()
	in.Text, in.Files, in.Written = text, files, m.Date
	return s.Conversations.ReceiveTx(ctx, tx, in)
}
