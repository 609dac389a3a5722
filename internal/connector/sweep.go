package connector

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// sweepSize is how many rows are forgotten in one transaction.
const sweepSize = 1000

// sweep forgets by which ids the clients' messages of removed connectors were known outside: nobody asks for them again. What became of
// messages for clients stays, since conversations show it. It goes on a little at a time, so that nothing else waits.
func (s *Service) sweep(ctx context.Context) error {
	for {
		var id int64
		err := s.DB.Read(ctx, func(tx *db.Tx) error {
			return tx.QueryRow(ctx, "SELECT connector_id FROM connector_removed ORDER BY connector_id LIMIT 1").Scan(&id)
		})
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for removed connectors: %w", err)
		}
		if err := s.DB.Write(ctx, func(tx *db.Tx) error { return sweepTx(ctx, tx, id) }); err != nil {
			return fmt.Errorf("forget messages of a removed connector: %w", err)
		}
	}
}

func sweepTx(ctx context.Context, tx *db.Tx, connectorID int64) error {
	n, err := tx.Exec(ctx, `DELETE FROM connector_in WHERE (connector_id, line_id, chat, client, message) IN
		(SELECT connector_id, line_id, chat, client, message FROM connector_in WHERE connector_id = ? LIMIT ?)`, connectorID, int64(sweepSize))
	if err != nil || n == sweepSize {
		return err
	}
	err = tx.Later(ctx, "DELETE FROM connector_removed WHERE connector_id = ?", connectorID)
	return err
}
