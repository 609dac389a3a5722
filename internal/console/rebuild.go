package console

import (
	"context"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/db"
)

// rebuildStep is how many calls get their words in one write.
const rebuildStep = 500

// rebuildWords notes by which words the calls of a database are found: a copy of one brings the calls alone.
func rebuildWords(ctx context.Context, d *db.DB) error {
	for after := int64(0); ; {
		var calls []Call
		err := d.Read(ctx, func(tx *db.Tx) error {
			rows, err := tx.Query(ctx, "SELECT "+callColumns+" FROM console_call WHERE id > ? ORDER BY id LIMIT ?", after, int64(rebuildStep))
			if err != nil {
				return err
			}
			calls, err = scanCalls(rows)
			return err
		})
		if err != nil || len(calls) == 0 {
			return err
		}
		words := make([]string, len(calls))
		for i, c := range calls {
			words[i] = strings.Join(c.words(), " ")
		}
		after = calls[len(calls)-1].ID
		err = d.Write(ctx, func(tx *db.Tx) error {
			for left, of := calls, words; len(left) > 0; {
				n := groupSize(len(left))
				if err := insertWordsTx(ctx, tx, left[:n], of[:n]); err != nil {
					return err
				}
				left, of = left[n:], of[n:]
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("words of calls: %w", err)
		}
	}
}
