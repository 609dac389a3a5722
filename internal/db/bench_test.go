package db_test

import (
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

// BenchmarkWrite is the price of a durable insert for 64 callers at once.
func BenchmarkWrite(b *testing.B) {
	configs := map[string]func(b *testing.B) db.Config{
		"sqlite": func(b *testing.B) db.Config {
			b.Helper()
			return db.Config{Path: filepath.Join(b.TempDir(), "portal.db")}
		},
		"postgres": func(b *testing.B) db.Config {
			b.Helper()
			c := dbtest.PostgresConfig(b)
			c.Unsafe = false
			return c
		},
	}
	for name, config := range configs {
		b.Run(name, func(b *testing.B) {
			d, err := db.Open(b.Context(), config(b))
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = d.Close() }()
			if err := d.Migrate(b.Context(), schemas...); err != nil {
				b.Fatal(err)
			}
			var n atomic.Int64
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				ctx := b.Context()
				for pb.Next() {
					err := d.Write(ctx, func(tx *db.Tx) error {
						_, err := tx.Insert(ctx, "INSERT INTO note (text) VALUES (?)", strconv.FormatInt(n.Add(1), 10))
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// BenchmarkReadRow is the price of reading one row by its key.
func BenchmarkReadRow(b *testing.B) {
	d := dbtest.SQLite(b, schemas...)
	ctx := b.Context()
	if _, err := add(ctx, d, "x"); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		err := d.Read(ctx, func(tx *db.Tx) error {
			var text string
			return tx.QueryRow(ctx, "SELECT text FROM note WHERE id = ?", int64(1)).Scan(&text)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
