package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail/letter"
)

// The times of the outbox. They stand in docs/limits.md.
const (
	leaseTime   = 10 * time.Minute // after which another process takes up a mail whose process died
	longestWait = 30 * time.Minute // between two attempts
	keepTrying  = 3 * 24 * time.Hour
	keepSent    = 30 * 24 * time.Hour
	keepFailed  = 90 * 24 * time.Hour
	keepText    = 14 * 24 * time.Hour // of a message that was sent: servers return mails for up to five days
	atOnce      = 4                   // mails under way
	sweepEvery  = time.Hour
	lookEvery   = 5 * time.Minute // for what another process left that died
	// MaxFiles is how many bytes the files of a mail may have together; mail servers seldom take more than 25 MB, encoded.
	MaxFiles = 18 << 20
)

// State is what has become of a mail.
type State int64

// The states of mails.
const (
	Waiting State = iota
	Sent          // the server took it
	Failed        // it was given up; it can be tried again
)

func (s *Service) toldTx(tx *db.Tx, chatID, messageID int64) {
	if s.OnState != nil && messageID != 0 {
		tx.AfterCommit(func() { s.OnState(chatID, messageID) })
	}
}

// row is a mail under way.
type row struct {
	id, account       int64
	body, files       string
	messageID, chatID int64
	attempts          int64
	created           time.Time
	sentAs            string // by which id it goes out; empty: by its own
}

// claim returns mails whose time has come, each the first of its lane, and keeps them from other processes for a while.
func (s *Service) claim(ctx context.Context, limit int) (out []row, err error) {
	if limit <= 0 {
		return nil, nil
	}
	due, err := s.Due(ctx)
	if err != nil || due.IsZero() || due.After(s.now()) {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		out = nil
		if err := tx.Lock(ctx, "mail outbox"); err != nil {
			return err
		}
		now := s.now()
		if out, err = dueTx(ctx, tx, now, limit); err != nil {
			return err
		}
		until := db.Micro(now.Add(leaseTime))
		for _, r := range out {
			if _, err := tx.Exec(ctx, "UPDATE mail_outbox SET next_at = ?, leased = ? WHERE id = ?", until, until, r.id); err != nil {
				return fmt.Errorf("claim mail: %w", err)
			}
		}
		return nil
	})
	return out, err
}

func dueTx(ctx context.Context, tx *db.Tx, now time.Time, limit int) (out []row, err error) {
	rows, err := tx.Query(ctx, `SELECT o.id, o.account_id, o.body, o.files, o.message_id, o.chat_id, o.attempts, o.created, o.sent_as FROM mail_outbox o
		WHERE o.state = 0 AND o.next_at <= ? AND NOT EXISTS (SELECT 1 FROM mail_outbox p WHERE p.state = 0 AND p.lane = o.lane AND p.id < o.id)
		ORDER BY o.next_at, o.id LIMIT ?`, db.Micro(now), limit)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r row
		var created int64
		if err := rows.Scan(&r.id, &r.account, &r.body, &r.files, &r.messageID, &r.chatID, &r.attempts, &created, &r.sentAs); err != nil {
			return nil, fmt.Errorf("read outbox: %w", err)
		}
		r.created = db.Time(created)
		out = append(out, r)
	}
	return out, rows.Err()
}

// Deliver sends what is due until nothing is, and returns how many mails were taken.
func (s *Service) Deliver(ctx context.Context) (taken int, err error) {
	for {
		due, err := s.claim(ctx, atOnce)
		if err != nil || len(due) == 0 {
			return taken, err
		}
		for _, r := range due {
			sent, err := s.send(ctx, r)
			if err != nil {
				return taken, err
			}
			if sent {
				taken++
			}
		}
	}
}

// Run sends until ctx ends.
func (s *Service) Run(ctx context.Context) {
	ended := make(chan struct{}, atOnce)
	under := 0
	var swept time.Time
	for ctx.Err() == nil {
		if now := s.now(); now.Sub(swept) >= sweepEvery {
			swept = now
			if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "sweep the outbox of mails", "error", err)
			}
		}
		due, err := s.claim(ctx, atOnce-under)
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "read the outbox of mails", "error", err)
		}
		for _, r := range due {
			under++
			go func() {
				defer s.hurry() // what waits behind it in its lane
				defer func() { ended <- struct{}{} }()
				if _, err := s.send(ctx, r); err != nil && ctx.Err() == nil {
					s.Log.ErrorContext(ctx, "note what became of a mail", "error", err)
				}
			}()
		}
		s.wait(ctx, under-len(ended) >= atOnce)
		for len(ended) > 0 {
			<-ended
			under--
		}
	}
	for range under {
		<-ended
	}
}

// wait returns when something may be due, or ctx ends. While as many mails are under way as may be nothing is until one ends, which wakes.
func (s *Service) wait(ctx context.Context, full bool) {
	pause := lookEvery
	if due, err := s.Due(ctx); err == nil && !due.IsZero() {
		pause = min(max(due.Sub(s.now()), 100*time.Millisecond), time.Minute)
	}
	if full {
		pause = time.Minute
	}
	clock.Wait(ctx, s.Clock, pause, s.wake)
}

// Due returns when something has to be sent; zero: nothing waits. What stands behind another mail of its lane is not due before that is gone.
func (s *Service) Due(ctx context.Context) (at time.Time, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var next int64
		err := tx.QueryRow(ctx, `SELECT COALESCE(MIN(o.next_at), 0) FROM mail_outbox o
			WHERE o.state = 0 AND NOT EXISTS (SELECT 1 FROM mail_outbox p WHERE p.state = 0 AND p.lane = o.lane AND p.id < o.id)`).Scan(&next)
		at = db.Time(next)
		return err
	})
	return at, err
}

// send makes one attempt. It reports whether the server has the mail.
func (s *Service) send(ctx context.Context, r row) (bool, error) {
	err := s.attempt(ctx, r)
	if ctx.Err() != nil {
		return false, ctx.Err() // the lease ends
	}
	refused, isRefusal := errors.AsType[*RefusalError](err)
	f, isFault := errors.AsType[*fault.Fault](err)
	switch {
	case err == nil:
		return true, s.endTx(ctx, r, Sent, "")
	case isRefusal && refused.Final:
		return false, s.endTx(ctx, r, Failed, refused.Text)
	case isFault && f.Kind != fault.Internal && f.Kind != fault.Unavailable:
		return false, s.endTx(ctx, r, Failed, f.Text)
	case !isRefusal && !isFault:
		s.Log.ErrorContext(ctx, "send a mail", "mail", r.id, "error", err)
		refused = &RefusalError{Text: "The portal could not make the mail."}
	case isFault:
		refused = &RefusalError{Text: f.Text}
	}
	if s.now().Sub(r.created) >= keepTrying {
		return false, s.endTx(ctx, r, Failed, refused.Text)
	}
	return false, s.later(ctx, r, refused.Text)
}

// endTx notes what became of a mail. The text of one that was sent is kept only where it may come back to be sent again.
func (s *Service) endTx(ctx context.Context, r row, state State, problem string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		const q = `UPDATE mail_outbox SET state = ?, problem = ?, done_at = ?, attempts = attempts + 1, body = CASE WHEN ? = 1 AND message_id = 0 THEN '' ELSE body END
			WHERE id = ? AND state = 0`
		if _, err := tx.Exec(ctx, q, int64(state), problem, db.Micro(s.now()), int64(state), r.id); err != nil {
			return fmt.Errorf("note mail: %w", err)
		}
		s.toldTx(tx, r.chatID, r.messageID)
		return nil
	})
}

// later has a mail tried again, after a wait that grows.
func (s *Service) later(ctx context.Context, r row, problem string) error {
	n := r.attempts + 1
	wait := min(time.Duration(min(n*n*n*n, 1e6))*10*time.Second, longestWait)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		const q = "UPDATE mail_outbox SET attempts = ?, problem = ?, next_at = ?, leased = 0 WHERE id = ? AND state = 0"
		if _, err := tx.Exec(ctx, q, n, problem, db.Micro(s.now().Add(wait)), r.id); err != nil {
			return fmt.Errorf("put mail off: %w", err)
		}
		return nil
	})
}

// attempt gives a mail to its server.
func (s *Service) attempt(ctx context.Context, r row) error {
	l, err := s.unpack(r.body)
	if err != nil {
		return err
	}
	a, err := s.accountOf(ctx, r.account)
	if err != nil {
		return err
	}
	from := a.From
	if l.From.Name != "" {
		from.Name = l.From.Name
	}
	l.From = from
	switch {
	case r.sentAs != "":
		l.ID = r.sentAs
	case l.ID == "":
		l.ID = strconv.FormatInt(r.id, 10) + "." + strconv.FormatInt(db.Micro(r.created), 36) + "@" + from.Host() // the same at every attempt
	}
	files, err := s.open(ctx, r)
	defer func() {
		for _, f := range files {
			_ = f.Body.Close()
		}
	}()
	if err != nil {
		return err
	}
	return s.Sender.Send(ctx, a.Server, from.Email, l.To.Email, letterWriter(l, files))
}

// open opens the files of a mail. The caller closes them, also after an error.
func (s *Service) open(ctx context.Context, r row) (files []File, err error) {
	var ids []int64
	if err := json.Unmarshal([]byte(r.files), &ids); err != nil {
		return nil, fmt.Errorf("files of mail %d: %w", r.id, err)
	}
	var size int64
	for _, id := range ids {
		f, ok, err := s.Files.Open(ctx, id)
		if err != nil {
			return files, err
		}
		if !ok {
			continue // it was deleted since
		}
		files = append(files, f)
		size += f.Size
	}
	if size > MaxFiles {
		return files, refusal(true, "The files have more than %d MB together, which mail servers do not take.", MaxFiles>>20)
	}
	return files, nil
}

func letterWriter(l letter.Letter, files []File) func(w io.Writer) error {
	return func(w io.Writer) error {
		all := make([]letter.Attachment, len(files))
		for i, f := range files {
			all[i] = letter.Attachment{Name: f.Name, Type: f.Type, Body: f.Body}
		}
		return l.Write(w, all)
	}
}

// HurryTx has what waits for an account tried at once: its server may be another now.
func (s *Service) HurryTx(ctx context.Context, tx *db.Tx, account int64) error {
	now := db.Micro(s.now())
	const q = "UPDATE mail_outbox SET next_at = ? WHERE state = 0 AND account_id = ? AND next_at > ? AND leased < ?"
	if _, err := tx.Exec(ctx, q, now, account, now, now); err != nil {
		return fmt.Errorf("hurry mails: %w", err)
	}
	tx.AfterCommit(s.hurry)
	return nil
}

// sweepAtOnce is how many mails are forgotten in one transaction.
const sweepAtOnce = 1000

// Sweep forgets old mails; what became of messages of chats stays, without their text.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	sent, failed, text := db.Micro(now.Add(-keepSent)), db.Micro(now.Add(-keepFailed)), db.Micro(now.Add(-keepText))
	const mails = `DELETE FROM mail_outbox WHERE id IN (SELECT id FROM mail_outbox WHERE message_id = 0
		AND (state = 1 AND done_at < ? OR state = 2 AND done_at < ?) LIMIT ?)`
	const texts = `UPDATE mail_outbox SET body = '' WHERE id IN (SELECT id FROM mail_outbox WHERE state = 1 AND message_id <> 0 AND body <> '' AND done_at < ? LIMIT ?)`
	if err := s.sweepAll(ctx, mails, sent, failed, int64(sweepAtOnce)); err != nil {
		return err
	}
	return s.sweepAll(ctx, texts, text, int64(sweepAtOnce))
}

// sweepAll runs a statement until it finds less than it may take at once.
func (s *Service) sweepAll(ctx context.Context, statement string, args ...any) error {
	for n := int64(sweepAtOnce); n >= sweepAtOnce; {
		err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
			n, err = tx.Exec(ctx, statement, args...)
			return err
		})
		if err != nil {
			return fmt.Errorf("forget mails: %w", err)
		}
	}
	return nil
}
