package livechat

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
)

// Note is what a visitor who has gone is written by mail: what they have not seen.
type Note struct {
	LineID      int64
	Visitor     string // in the channel
	Name, Email string // that they left
	Title       string // of the widget
	Said        []Said
	Link        string // back to the conversation; empty: there is none
	Unsubscribe string // an address that ends such mails
}

// Said is a message of a Note.
type Said struct {
	Author, Text string // BB code
	Files        int    // that it carries
}

// Letters writes mails.
type Letters interface {
	// NoteTx keeps a mail to a visitor until it is sent. It is false where no mail goes out for the line.
	NoteTx(ctx context.Context, tx *db.Tx, n Note) (bool, error)
}

const (
	touchSeen  = time.Minute         // how exactly it is known when a visitor was there
	resumeFor  = 30 * 24 * time.Hour // how long the link of a mail leads back, unless it is used
	maxNote    = 50                  // messages of a mail
	awayAtOnce = 100
	awayLook   = 5 * time.Minute // for what another process left that died
)

// away is what is known of a visitor's absence.
type away struct {
	seen         time.Time
	read, mailed int64 // messages up to these numbers were seen, or mailed
	quiet        bool  // they want no mails
	key, page    string
}

func awayTx(ctx context.Context, tx *db.Tx, visitorID int64) (a away, err error) {
	var seen, quiet int64
	err = tx.QueryRow(ctx, "SELECT seen_at, read_number, mailed, quiet, mail_key, page FROM livechat_visitor WHERE id = ?", visitorID).
		Scan(&seen, &a.read, &a.mailed, &quiet, &a.key, &a.page)
	if err != nil {
		return a, fmt.Errorf("read absence of visitor: %w", err)
	}
	a.seen, a.quiet = db.Time(seen), quiet != 0
	return a, nil
}

// answeredTx has a visitor who left an address be written to, should they not be there for a while.
func (s *Service) answeredTx(ctx context.Context, tx *db.Tx, v visitor, out openline.Outgoing) error {
	if s.Letters == nil || out.AuthorID == 0 || v.profile.Email == "" {
		return nil
	}
	w, err := oneWidget(ctx, tx, "WHERE id = ?", v.widgetID)
	if err != nil || !w.Continue {
		return err
	}
	due := s.now().Add(w.after())
	if _, err := tx.Exec(ctx, "INSERT INTO livechat_away (visitor_id, due) VALUES (?, ?) ON CONFLICT (visitor_id) DO NOTHING", v.id, db.Micro(due)); err != nil {
		return fmt.Errorf("note that a visitor may be away: %w", err)
	}
	tx.AfterCommit(s.awayChanged)
	return nil
}

func (w *Settings) after() time.Duration { return time.Duration(w.ContinueAfter) * time.Minute }

func (s *Service) awayChanged() { poke(s.away) }

// seen notes that a visitor is there; page is where, when it is known.
func (s *Service) seen(ctx context.Context, v visitor, page string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.seenTx(ctx, tx, v, page) })
}

func (s *Service) seenTx(ctx context.Context, tx *db.Tx, v visitor, page string) error {
	const q = "UPDATE livechat_visitor SET seen_at = ?, page = CASE WHEN ? = '' THEN page ELSE ? END WHERE id = ?"
	if _, err := tx.Exec(ctx, q, db.Micro(s.now()), page, page, v.id); err != nil {
		return fmt.Errorf("note that a visitor is there: %w", err)
	}
	return nil
}

// Run writes to visitors who have gone, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	for ctx.Err() == nil {
		next, err := s.Write(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "write to visitors who have gone", "error", err)
		}
		pause := awayLook
		if err != nil {
			pause = time.Minute
		} else if !next.IsZero() {
			pause = min(max(next.Sub(s.now()), time.Second), awayLook)
		}
		clock.Wait(ctx, s.Clock, pause, s.away)
	}
}

// Write writes to those visitors whose time has come, and returns when the next may be due; zero: nobody is.
func (s *Service) Write(ctx context.Context) (next time.Time, err error) {
	for {
		var ids []int64
		err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			ids, next, err = dueTx(ctx, tx, s.now())
			return err
		})
		if err != nil || len(ids) == 0 {
			return next, err
		}
		for _, id := range ids {
			if err := s.DB.Write(ctx, func(tx *db.Tx) error { return s.writeTx(ctx, tx, id) }); err != nil {
				return next, err
			}
		}
	}
}

func dueTx(ctx context.Context, tx *db.Tx, now time.Time) (ids []int64, next time.Time, err error) {
	rows, err := tx.Query(ctx, "SELECT visitor_id, due FROM livechat_away ORDER BY due, visitor_id LIMIT ?", awayAtOnce)
	if err != nil {
		return nil, next, fmt.Errorf("look for visitors who have gone: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, due int64
		if err := rows.Scan(&id, &due); err != nil {
			return nil, next, err
		}
		if at := db.Time(due); at.After(now) {
			return ids, at, nil
		}
		ids = append(ids, id)
	}
	return ids, next, rows.Err()
}

// writeTx writes to a visitor, or puts it off where they were there a moment ago. Of two processes one does it.
func (s *Service) writeTx(ctx context.Context, tx *db.Tx, id int64) error {
	v, err := oneVisitor(ctx, tx, "WHERE v.id = ?", id)
	if err != nil && !errors.Is(err, ErrNoVisitor) {
		return err
	}
	if err == nil {
		if _, err := tx.Exec(ctx, "UPDATE livechat_visitor SET version = version WHERE id = ?", id); err != nil { // nobody else writes to them now
			return fmt.Errorf("lock visitor: %w", err)
		}
		var due int64
		if err := tx.QueryRow(ctx, "SELECT due FROM livechat_away WHERE visitor_id = ?", id).Scan(&due); errors.Is(err, db.ErrNoRows) || err == nil && db.Time(due).After(s.now()) {
			return nil
		} else if err != nil {
			return fmt.Errorf("look again: %w", err)
		}
		later, err := s.absentTx(ctx, tx, v)
		if err != nil {
			return err
		}
		if !later.IsZero() {
			_, err := tx.Exec(ctx, "UPDATE livechat_away SET due = ? WHERE visitor_id = ?", db.Micro(later), id)
			return err
		}
	}
	if _, err := tx.Exec(ctx, "DELETE FROM livechat_away WHERE visitor_id = ?", id); err != nil {
		return fmt.Errorf("end absence of visitor: %w", err)
	}
	return nil
}

// absentTx keeps a mail of what a visitor has not seen; later is when to look again, where they were there a moment ago.
func (s *Service) absentTx(ctx context.Context, tx *db.Tx, v visitor) (later time.Time, err error) {
	w, err := oneWidget(ctx, tx, "WHERE id = ?", v.widgetID)
	if errors.Is(err, ErrNoWidget) {
		return later, nil
	}
	if err != nil {
		return later, err
	}
	a, err := awayTx(ctx, tx, v.id)
	if err != nil || !w.Continue || a.quiet || v.profile.Email == "" {
		return later, err
	}
	if back := a.seen.Add(w.after()); back.After(s.now()) {
		return back, nil
	}
	const unseen = "WHERE visitor_id = ? AND number > ? AND own = 0 AND removed = 0 AND author <> '' ORDER BY number LIMIT ?"
	all, err := queryMessages(ctx, tx, unseen, v.id, max(a.read, a.mailed), maxNote)
	if err != nil || len(all) == 0 {
		return later, err
	}
	n := Note{LineID: w.LineID, Visitor: v.name, Name: v.profile.Name, Email: v.profile.Email, Title: w.Title}
	for _, m := range all {
		text := strings.TrimSpace(m.Text + "\n" + m.Attach.Plain())
		n.Said = append(n.Said, Said{m.Author, text, len(m.fileIDs)})
	}
	if a.key == "" {
		a.key = strings.ToLower(rand.Text())
	}
	n.Unsubscribe = s.PublicURL("/chat/" + url.PathEscape(w.Code) + "/mail/" + a.key)
	if n.Link, err = s.wayBackTx(ctx, tx, w, v, a.page); err != nil {
		return later, err
	}
	written, err := s.Letters.NoteTx(ctx, tx, n)
	if err != nil || !written {
		return later, err
	}
	last := all[len(all)-1].Number
	if _, err := tx.Exec(ctx, "UPDATE livechat_visitor SET mailed = ?, mail_key = ? WHERE id = ?", last, a.key, v.id); err != nil {
		return later, fmt.Errorf("note mail to visitor: %w", err)
	}
	if len(all) == maxNote {
		return s.now(), nil // there may be more
	}
	return later, nil
}

// wayBackTx returns an address at which a visitor goes on. Who is signed by the site goes on there; others are known by a token of the
// link's own, which ends with time.
func (s *Service) wayBackTx(ctx context.Context, tx *db.Tx, w Widget, v visitor, page string) (string, error) {
	if v.proved != "" || !w.Public {
		return page, nil
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	token := base64.RawURLEncoding.EncodeToString(raw)
	if err := s.addTokenTx(ctx, tx, v, token); err != nil {
		return "", err
	}
	used := s.now().AddDate(0, 0, -tokenDays).Add(resumeFor)
	if _, err := tx.Exec(ctx, "UPDATE livechat_token SET used = ? WHERE hash = ?", db.Micro(used), hashOf(token)); err != nil {
		return "", fmt.Errorf("keep token of a link: %w", err)
	}
	return s.PublicURL("/chat/"+url.PathEscape(w.Code)) + "#resume=" + token, nil
}

// Mails says whether somebody is written to.
type Mails struct {
	Email string
	Quiet bool // they want no mails
	Title string
}

// keyForm is that of the keys by which mails are ended.
var keyForm = codeForm

// MailsOf returns whether the visitor of a mail is written to. Fault: ErrNoMails.
func (s *Service) MailsOf(ctx context.Context, code, key string) (m Mails, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var v visitor
		var w Widget
		if v, w, err = mailedTx(ctx, tx, code, key); err != nil {
			return err
		}
		a, err := awayTx(ctx, tx, v.id)
		m = Mails{Email: v.profile.Email, Quiet: a.quiet, Title: w.Title}
		return err
	})
	return m, err
}

// SetMails ends the mails to a visitor, or lets them be written again. Fault: ErrNoMails.
func (s *Service) SetMails(ctx context.Context, code, key string, quiet bool) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		v, _, err := mailedTx(ctx, tx, code, key)
		if err != nil {
			return err
		}
		at := int64(0)
		if quiet {
			at = db.Micro(s.now())
		}
		if _, err := tx.Exec(ctx, "UPDATE livechat_visitor SET quiet = ? WHERE id = ?", at, v.id); err != nil {
			return fmt.Errorf("keep wish of visitor: %w", err)
		}
		return nil
	})
}

func mailedTx(ctx context.Context, tx *db.Tx, code, key string) (v visitor, w Widget, err error) {
	if !codeForm.MatchString(code) || !keyForm.MatchString(key) {
		return v, w, ErrNoMails
	}
	if w, err = oneWidget(ctx, tx, "WHERE code = ?", code); errors.Is(err, ErrNoWidget) {
		return v, w, ErrNoMails
	}
	if err == nil {
		v, err = oneVisitor(ctx, tx, "WHERE v.widget_id = ? AND v.mail_key = ?", w.ID, key)
	}
	if errors.Is(err, ErrNoVisitor) {
		err = ErrNoMails
	}
	return v, w, err
}

// Place is where a visitor's conversation is in the portal.
type Place struct {
	UserID, ChatID int64
	Email          string
}

// Place returns where the conversation of a visitor is; false where they are gone.
func (s *Service) Place(ctx context.Context, name string) (p Place, ok bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		v, err := oneVisitor(ctx, tx, "WHERE v.name = ?", name)
		ok = err == nil
		p = Place{v.userID, v.chatID, v.profile.Email}
		if errors.Is(err, ErrNoVisitor) {
			return nil
		}
		return err
	})
	return p, ok, err
}

// ReplyTx takes in what a visitor answered by mail, and when by their clock, as a message of theirs. The files are of their chat already.
// Faults: ErrNoVisitor, and those of the conversations.
func (s *Service) ReplyTx(ctx context.Context, tx *db.Tx, name, text string, files []int64, written time.Time) (got openline.Received, err error) {
	v, err := oneVisitor(ctx, tx, "WHERE v.name = ?", name)
	if err != nil {
		return got, err
	}
	w, err := oneWidget(ctx, tx, "WHERE id = ?", v.widgetID)
	if err != nil {
		return got, err
	}
	if err := s.lockTx(ctx, tx, v); err != nil {
		return got, err
	}
	number, err := nextTx(ctx, tx, v.id)
	if err != nil {
		return got, err
	}
	id, err := insertTx(ctx, tx, v.id, 0, Message{Number: number, Version: number, Own: true, Text: text, Sent: s.now(), fileIDs: files})
	if err != nil {
		return got, err
	}
	in := incoming(w, v)
	in.Text, in.Files, in.Written = text, files, written
	if got, err = s.Conversations.ReceiveTx(ctx, tx, in); err != nil {
		return got, err
	}
	if _, err := tx.Exec(ctx, "UPDATE livechat_message SET message_id = ? WHERE id = ?", got.MessageID, id); err != nil {
		return got, fmt.Errorf("note message: %w", err)
	}
	if err := shareTx(ctx, tx, v, openline.Outgoing{Files: files, MessageID: got.MessageID}); err != nil {
		return got, err
	}
	tx.AfterCommit(func() { s.wakes.wake(v.id) })
	return got, placeTx(ctx, tx, &v, got)
}
