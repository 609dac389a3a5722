package record

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/portico-hq/portico/internal/db"
)

// shards are over how many rows the total of an entity is spread, so that concurrent writers seldom wait for each other.
const shards = 16

func countTx(ctx context.Context, tx *db.Tx, name string, n int64) error {
	shard := int64(0)
	if tx.Dialect() == db.Postgres { // on SQLite writers do not run at the same time
		shard = rand.Int64N(shards)
	}
	_, err := tx.Exec(ctx, `INSERT INTO record_total (name, shard, n) VALUES (?, ?, ?)
		ON CONFLICT (name, shard) DO UPDATE SET n = record_total.n + excluded.n`, name, shard, n)
	if err != nil {
		return fmt.Errorf("count %s: %w", name, err)
	}
	return nil
}

// totalTx returns how many records there are, without looking at them.
func totalTx(ctx context.Context, tx *db.Tx, name string) (n int64, err error) {
	err = tx.QueryRow(ctx, "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM record_total WHERE name = ?", name).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("total of %s: %w", name, err)
	}
	return n, nil
}
