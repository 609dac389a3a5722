package linkpreview

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// The limits of what waits. They stand in docs/limits.md.
const (
	maxWaiting = 1000 // addresses; what is asked for beyond has no preview
	askBatch   = 200  // askings that are taken in at once
)

// How long is gone by what is known of an address, from when it was fetched.
const (
	freshShown   = 7 * 24 * time.Hour
	freshNothing = time.Hour
	// shownMeanwhile is how long before the end of a write somebody may have looked without seeing what it stored.
	shownMeanwhile = 10 * time.Second
)

// The states of an address.
const (
	stateUnknown = iota
	stateShown
	stateNothing
)

// ask is a message that waits to hear of its address.
type ask struct {
	id                int64
	preview, address  string
	chatID, messageID int64
	at                int64 // microseconds
}

// known is what is known of an address that is asked for.
type known struct {
	state, fetched, due int64
}

// fresh reports whether what is known still holds.
func (k known) fresh(now time.Time) bool {
	hold := freshNothing
	if k.state == stateShown {
		hold = freshShown
	}
	return k.fetched > 0 && now.Sub(db.Time(k.fetched)) < hold
}

// adopt takes in what was asked for since it was called last: addresses of which nothing is known, or nothing that still holds, are due
// to be fetched, once for all who ask. It reports whether there is more to take in.
func (s *Service) adopt(ctx context.Context) (more bool, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		more = false
		if err := tx.Lock(ctx, "linkpreview"); err != nil {
			return err
		}
		asks, err := asksTx(ctx, tx, "adopted = 0 ORDER BY id LIMIT ?", int64(askBatch))
		if err != nil || len(asks) == 0 {
			return err
		}
		more = len(asks) == askBatch
		return s.takeInTx(ctx, tx, asks)
	})
	return more, err
}

func asksTx(ctx context.Context, tx *db.Tx, where string, args ...any) (out []ask, err error) {
	rows, err := tx.Query(ctx, "SELECT id, preview_id, address, chat_id, message_id, at FROM link_ask WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read asked links: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var a ask
		if err := rows.Scan(&a.id, &a.preview, &a.address, &a.chatID, &a.messageID, &a.at); err != nil {
			return nil, fmt.Errorf("read asked links: %w", err)
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

// takeInTx sorts askings: some have their answer already, some wait for one, and some find the queue full.
func (s *Service) takeInTx(ctx context.Context, tx *db.Tx, asks []ask) error {
	all, waiting, err := knownTx(ctx, tx, asks)
	if err != nil {
		return err
	}
	now := s.now()
	var waits, over []int64
	for _, a := range asks {
		k := all[a.preview]
		switch {
		case k.due > 0: // it is being fetched, also for this one
			waits = append(waits, a.id)
		case k.fresh(now):
			over = append(over, a.id)
			if k.state == stateShown && k.fetched >= a.at-shownMeanwhile.Microseconds() { // the message may have been shown without it
				s.tellTx(tx, a)
			}
		case waiting >= maxWaiting:
			over = append(over, a.id)
			continue
		default:
			waiting++
			waits = append(waits, a.id)
			k.due = db.Micro(now)
			all[a.preview] = k
		}
		if err := noteTx(ctx, tx, a, k.due); err != nil {
			return err
		}
	}
	if err := eachTx(ctx, tx, "UPDATE link_ask SET adopted = 1 WHERE id IN ", waits); err != nil {
		return err
	}
	return eachTx(ctx, tx, "DELETE FROM link_ask WHERE id IN ", over)
}

// noteTx notes that an address was asked for, and that it is to be fetched where due is not 0 and it is not already.
func noteTx(ctx context.Context, tx *db.Tx, a ask, due int64) error {
	_, host, _ := clean(a.address)
	const q = `INSERT INTO link_preview (id, address, host, asked, due) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET asked = excluded.asked, attempts = CASE WHEN link_preview.due > 0 THEN link_preview.attempts ELSE 0 END,
			due = CASE WHEN link_preview.due > 0 THEN link_preview.due ELSE excluded.due END`
	if err := tx.Later(ctx, q, a.preview, a.address, host, a.at, due); err != nil {
		return fmt.Errorf("note asked link: %w", err)
	}
	return nil
}

// knownTx returns what is known of the addresses, and how many wait to be fetched.
func knownTx(ctx context.Context, tx *db.Tx, asks []ask) (out map[string]known, waiting int64, err error) {
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM link_preview WHERE due > 0").Scan(&waiting); err != nil {
		return nil, 0, fmt.Errorf("count waiting links: %w", err)
	}
	ids := make([]string, len(asks))
	for i, a := range asks {
		ids[i] = a.preview
	}
	rows, err := tx.Query(ctx, "SELECT id, state, fetched, due FROM link_preview WHERE id IN ("+db.Marks(len(ids))+")", db.Args(ids)...)
	if err != nil {
		return nil, 0, fmt.Errorf("read links: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out = make(map[string]known, len(ids))
	for rows.Next() {
		var id string
		var k known
		if err := rows.Scan(&id, &k.state, &k.fetched, &k.due); err != nil {
			return nil, 0, fmt.Errorf("read links: %w", err)
		}
		out[id] = k
	}
	return out, waiting, rows.Err()
}

// eachTx runs a statement that ends with a list of ids; nothing where there are none.
func eachTx(ctx context.Context, tx *db.Tx, statement string, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, statement+"("+db.Marks(len(ids))+")", db.Args(ids)...); err != nil {
		return fmt.Errorf("change asked links: %w", err)
	}
	return nil
}

// tellTx tells of a message once the transaction is durable.
func (s *Service) tellTx(tx *db.Tx, a ask) {
	if s.Told != nil {
		tx.AfterCommit(func() { s.Told(a.chatID, a.messageID) })
	}
}
