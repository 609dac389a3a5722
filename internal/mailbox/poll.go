package mailbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/letter"
)

// The times of reading. They stand in docs/limits.md.
const (
	lookEvery  = time.Minute      // at a mailbox whose server does not tell of new mails, and for a sign of life at the others
	leaseTime  = 3 * time.Minute  // after which another process takes up a mailbox whose process died
	checkTime  = 15 * time.Minute // of the machine, that reading what is new may take
	firstWait  = 30 * time.Second // after a problem; it doubles
	longWait   = 10 * time.Minute
	overlap    = 48 * time.Hour       // that are looked at again, where a server numbers its mails anew
	keepKnown  = 400 * 24 * time.Hour // that it is known which mails were taken in
	sweepEvery = time.Hour
)

// Run reads the mailboxes until ctx ends.
func (s *Service) Run(ctx context.Context) {
	running := map[int64]reader{}
	var giving sync.WaitGroup
	giving.Go(func() { s.giveBackAll(ctx) })
	defer giving.Wait()
	defer func() {
		for _, r := range running {
			r.end()
		}
	}()
	var swept time.Time
	for ctx.Err() == nil {
		if err := s.arrange(ctx, running); err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "list mailboxes", "error", err)
		}
		if now := s.now(); now.Sub(swept) >= sweepEvery {
			swept = now
			if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "sweep mailboxes", "error", err)
			}
		}
		clock.Wait(ctx, s.Clock, lookEvery, s.wake)
	}
}

// reader reads a mailbox as it was at a time.
type reader struct {
	changed int64
	cancel  context.CancelFunc
	done    chan struct{}
}

func (r reader) end() {
	r.cancel()
	<-r.done
}

// arrange begins to read mailboxes that are new or changed, and stops with those that are gone.
func (s *Service) arrange(ctx context.Context, running map[int64]reader) error {
	var all []Account
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		all, err = queryAccounts(ctx, tx, "WHERE active = 1 AND (provider_id = 0 OR access = ?)", int64(Allowed))
		return err
	})
	if err != nil {
		return err
	}
	want := map[int64]int64{}
	for _, a := range all {
		want[a.ID] = a.changed
	}
	for id, r := range running {
		if changed, ok := want[id]; !ok || changed != r.changed {
			r.end()
			delete(running, id)
		}
	}
	for id, changed := range want {
		if _, ok := running[id]; ok {
			continue
		}
		within, cancel := context.WithCancel(ctx)
		r := reader{changed, cancel, make(chan struct{})}
		running[id] = r
		go func() {
			defer close(r.done)
			s.follow(within, id)
		}()
	}
	return nil
}

// follow reads a mailbox again and again, as long as no other process does.
func (s *Service) follow(ctx context.Context, id int64) {
	defer s.release(context.WithoutCancel(ctx), id)
	wait := firstWait
	for ctx.Err() == nil {
		mine, err := s.claim(ctx, id)
		if err == nil && mine {
			began := s.now()
			err = s.watch(ctx, id)
			if err != nil && ctx.Err() == nil && s.now().Sub(began) >= lookEvery {
				wait = firstWait
				continue // it worked, and servers end connections now and then
			}
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			if err := s.troubled(ctx, id, err); err != nil && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "note the problem of a mailbox", "error", err)
			}
		}
		clock.Wait(ctx, s.Clock, wait, nil)
		if err != nil {
			wait = min(2*wait, longWait)
		}
	}
}

// watch reads a mailbox while the connection lasts, or until another process has it.
func (s *Service) watch(ctx context.Context, id int64) error {
	b, err := s.connect(ctx, id)
	if err != nil {
		return err
	}
	defer b.close()
	for {
		if err := s.look(ctx, b, id); err != nil {
			return err
		}
		timer := s.Clock.NewTimer(lookEvery)
		err := b.listen(ctx, timer.C())
		timer.Stop()
		if err != nil {
			return err
		}
		if mine, err := s.claim(ctx, id); err != nil || !mine {
			return err
		}
	}
}

// Check reads what is new in a mailbox, once.
func (s *Service) Check(ctx context.Context, id int64) error {
	b, err := s.connect(ctx, id)
	if err == nil {
		defer b.close()
		err = s.look(ctx, b, id)
	}
	if err != nil {
		return errors.Join(err, s.troubled(ctx, id, err))
	}
	return nil
}

func (s *Service) connect(ctx context.Context, id int64) (*box, error) {
	a, err := s.account(ctx, id)
	if err != nil {
		return nil, err
	}
	server, _, err := s.servers(ctx, a)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, server, a.Folder)
}

var errLineOff = fault.New(fault.Unavailable, "LINE_OFF", "The open channel is switched off. Mails wait in the mailbox.")

// look takes in what is new.
func (s *Service) look(ctx context.Context, b *box, id int64) error {
	guard := time.AfterFunc(checkTime, func() { _ = b.conn.Close() }) // a server that says nothing more
	defer guard.Stop()
	a, err := s.account(ctx, id)
	if err != nil {
		return err
	}
	uids, err := s.fresh(b, a)
	if err != nil {
		return err
	}
	if err := s.takeAll(ctx, b, a, uids); err != nil {
		return err
	}
	return s.checked(ctx, a, b)
}

// fresh returns the mails that were not looked at yet. A server that has numbered its mails anew is asked for those of the last days: which
// of them were taken in is known by their ids.
func (s *Service) fresh(b *box, a Account) ([]imap.UID, error) {
	if a.uidValidity == b.validity {
		return b.since(a.uidNext)
	}
	from := a.Checked
	if from.IsZero() || from.After(s.now()) {
		from = a.Created
	}
	return b.arrived(from.Add(-overlap))
}

func (s *Service) takeAll(ctx context.Context, b *box, a Account, uids []imap.UID) error {
	var taken []imap.UID
	var failed error
	for _, uid := range uids {
		ok, err := s.takeOne(ctx, b, a, uid)
		if err != nil {
			failed = err
			break
		}
		if ok {
			taken = append(taken, uid)
		}
		if mine, err := s.claim(ctx, a.ID); err != nil || !mine {
			failed = err
			break
		}
	}
	if failed != nil && ctx.Err() != nil {
		return failed
	}
	if err := b.seen(taken); err != nil && failed == nil {
		s.Log.WarnContext(ctx, "mark mails as read", "mailbox", a.ID, "error", err) // some mailboxes may be read only
	}
	return failed
}

// takeOne takes in a mail. It reports whether it became a message.
func (s *Service) takeOne(ctx context.Context, b *box, a Account, uid imap.UID) (bool, error) {
	f, err := b.fetch(uid)
	if err != nil {
		return false, err
	}
	m := arrival{account: a, uid: uint32(uid), validity: b.validity}
	if f == nil {
		return false, s.DB.Write(ctx, func(tx *db.Tx) error { return m.readTx(ctx, tx) })
	}
	if f.whole {
		m.Mail, err = letter.Read(newReader(f.raw))
	} else {
		m.Mail, err = letter.ReadHead(f.raw)
		m.Left = append(m.Left, fmt.Sprintf("its text and its files: it has %d MB, and at most %d MB are taken", f.size>>20, letter.MaxBytes>>20))
	}
	m.sum = sumOf(f.raw)
	if err != nil {
		m.Auto = "no mail that can be read"
	}
	return s.receive(ctx, m)
}

// checked notes that a mailbox was looked at. One that was numbered anew was looked at as far as it went when it was opened: what was passed
// over is older.
func (s *Service) checked(ctx context.Context, a Account, b *box) error {
	next := a.uidNext
	if a.uidValidity != b.validity {
		next = b.next
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		const q = `UPDATE mailbox_account SET checked = ?, problem = '', problem_since = 0, uid_next = CASE WHEN uid_validity = ? AND uid_next > ? THEN uid_next ELSE ? END,
			uid_validity = ? WHERE id = ? AND changed = ?`
		_, err := tx.Exec(ctx, q, db.Micro(s.now()), int64(b.validity), int64(next), int64(next), int64(b.validity), a.ID, a.changed)
		if err != nil {
			return fmt.Errorf("note that a mailbox was read: %w", err)
		}
		return nil
	})
}

// troubled notes why a mailbox cannot be read.
func (s *Service) troubled(ctx context.Context, id int64, cause error) error {
	if ctx.Err() != nil || errors.Is(cause, errRefused) || errors.Is(cause, errNotAllowed) { // what the provider said stands there
		return nil
	}
	text := "The portal could not store what it read. It tries again."
	refused, isRefusal := errors.AsType[*mail.RefusalError](cause)
	f, isFault := errors.AsType[*fault.Fault](cause)
	switch {
	case isRefusal:
		text = refused.Text
	case isFault && f.Kind != fault.Internal:
		text = f.Text
	default:
		s.Log.ErrorContext(ctx, "read a mailbox", "mailbox", id, "error", cause)
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		const q = "UPDATE mailbox_account SET problem_since = CASE WHEN problem = '' THEN ? ELSE problem_since END, problem = ? WHERE id = ?"
		if _, err := tx.Exec(ctx, q, db.Micro(s.now()), text, id); err != nil {
			return fmt.Errorf("note the problem of a mailbox: %w", err)
		}
		return nil
	})
}

// claim takes a mailbox for this process, or keeps it. It is false while another has it.
func (s *Service) claim(ctx context.Context, id int64) (mine bool, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.now()
		const q = "UPDATE mailbox_account SET lease_by = ?, lease_until = ? WHERE id = ? AND (lease_by = ? OR lease_until < ?)"
		n, err := tx.Exec(ctx, q, s.name, db.Micro(now.Add(leaseTime)), id, s.name, db.Micro(now))
		mine = n > 0
		if err != nil {
			return fmt.Errorf("claim mailbox: %w", err)
		}
		return nil
	})
	return mine, err
}

// release lets another process read a mailbox at once.
func (s *Service) release(ctx context.Context, id int64) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE mailbox_account SET lease_until = 0 WHERE id = ? AND lease_by = ?", id, s.name)
		return err
	})
	if err != nil && !errors.Is(err, db.ErrClosed) {
		s.Log.WarnContext(ctx, "release mailbox", "mailbox", id, "error", err)
	}
}

// sweep forgets which old mails were taken in.
func (s *Service) sweep(ctx context.Context) error {
	before := db.Micro(s.now().Add(-keepKnown))
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		for _, q := range []string{"DELETE FROM mailbox_in WHERE at < ?", "DELETE FROM mailbox_ref WHERE at < ?"} {
			if _, err := tx.Exec(ctx, q, before); err != nil {
				return fmt.Errorf("forget mails: %w", err)
			}
		}
		return nil
	})
}
