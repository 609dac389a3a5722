package db

import (
	"context"
	"runtime"
)

// AwaitQueued returns once n writes wait for the writer.
func AwaitQueued(d *DB, n int) {
	var w *writer
	switch e := d.engine.(type) {
	case *postgresEngine:
		w = e.writer
	case *sqliteEngine:
		w = e.writer
	}
	for len(w.queue) < n {
		runtime.Gosched()
	}
}

// TakeChanged reports whether what is remembered of the data is to be forgotten, since others may have written.
func TakeChanged(ctx context.Context, d *DB) bool {
	changed, _ := d.engine.changed(ctx)
	return changed
}
