package db

import "runtime"

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
