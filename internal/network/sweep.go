package network

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// How long it is remembered what came in. A sender repeats what it got no answer to for keepTrying; longer than that a message is remembered
// so that its changes and its removal find it.
const (
	keepMessages = 180 * 24 * time.Hour
	keepFiles    = 2 * keepTrying // a change of a message brings its files again
)

// sweepSize is how many rows are forgotten in one transaction, so that nothing else waits long.
const sweepSize = 500

// Sweep forgets what is too old to be asked for, a little at a time: nonces, and by which names messages and files came in.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	nonces := sweeping{
		"SELECT COUNT(*) FROM (SELECT 1 FROM network_nonce WHERE at < ? LIMIT 1) x",
		"DELETE FROM network_nonce WHERE (trust_id, nonce) IN (SELECT trust_id, nonce FROM network_nonce WHERE at < ? ORDER BY at LIMIT ?)",
		[]any{db.Micro(now.Add(-keepNonces))},
	}
	if err := s.sweep(ctx, nonces); err != nil {
		return fmt.Errorf("forget nonces: %w", err)
	}
	for kind, age := range map[string]time.Duration{inMessage: keepMessages, inFile: keepFiles} {
		received := sweeping{
			"SELECT COUNT(*) FROM (SELECT 1 FROM network_received WHERE kind = ? AND at < ? LIMIT 1) x",
			`DELETE FROM network_received WHERE (side, peer, code, user_id, kind, origin_id) IN
				(SELECT side, peer, code, user_id, kind, origin_id FROM network_received WHERE kind = ? AND at < ? ORDER BY at LIMIT ?)`,
			[]any{kind, db.Micro(now.Add(-age))},
		}
		if err := s.sweep(ctx, received); err != nil {
			return fmt.Errorf("forget what came in: %w", err)
		}
	}
	return nil
}

// sweeping is what to forget: a look whether there is any, and the removal of some of it, whose last argument is of how many.
type sweeping struct {
	look, remove string
	args         []any
}

func (s *Service) sweep(ctx context.Context, w sweeping) error {
	for {
		var n int64
		err := s.DB.Read(ctx, func(tx *db.Tx) error { return tx.QueryRow(ctx, w.look, w.args...).Scan(&n) })
		if err != nil || n == 0 {
			return err
		}
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, w.remove, append(slices.Clip(w.args), int64(sweepSize))...)
			return err
		})
		if err != nil {
			return err
		}
	}
}
