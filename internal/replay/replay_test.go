package replay_test

import (
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/replay"
)

func TestAnAnswerIsKeptForADay(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{replay.Schema()}, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC))
		s := replay.New(d, clk)
		ctx, key := t.Context(), replay.Key{Caller: "local.1", UserID: 5, Method: "m", Key: "k"}
		keep := func(k replay.Key, body string) {
			if err := s.Keep(ctx, k, replay.Answer{Hash: "h" + body, Body: []byte(body)}); err != nil {
				t.Fatal(err)
			}
		}
		want := func(k replay.Key, body string) {
			t.Helper()
			a, found, err := s.Find(ctx, k)
			if err != nil || found != (body != "") || string(a.Body) != body || found && a.Hash != "h"+body {
				t.Errorf("%+v: %q %q %t %v, want %q", k, a.Body, a.Hash, found, err, body)
			}
		}
		want(key, "")
		keep(key, "one")
		other := key
		other.UserID = 6
		want(key, "one")
		want(other, "")
		keep(key, "two")
		want(key, "two")
		clk.Advance(24*time.Hour - time.Second)
		want(key, "two")
		clk.Advance(time.Second)
		want(key, "")
		keep(other, "new")
		var left int64
		err := d.Read(ctx, func(tx *db.Tx) error { return tx.QueryRow(ctx, "SELECT COUNT(*) FROM replay").Scan(&left) })
		if err != nil || left != 1 {
			t.Errorf("%d answers are left, %v; want one", left, err)
		}
	})
}
