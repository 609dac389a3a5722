package audit_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

func TestAnEntryIsKeptWithItsSourceAndWithTheChangeOnly(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{audit.Schema()}, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
		s := audit.New(d, clock.NewManual(now))
		ctx := audit.WithSource(t.Context(), audit.Source{
			UserID: 7, Addr: "10.0.0.9", Agent: "Browser\x00\xff" + strings.Repeat("x", 600), URI: "/devops/app/add",
		})
		failed := errors.New("the change failed")
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := s.RecordTx(ctx, tx, audit.Entry{Type: "GONE"}); err != nil {
				return err
			}
			return failed
		})
		if !errors.Is(err, failed) {
			t.Fatal(err)
		}
		if err := s.Record(ctx, audit.Entry{Type: "APP_ADDED", Module: "app", Item: "3", Description: "Added ReportBot."}); err != nil {
			t.Fatal(err)
		}
		got := rows(ctx, t, d)
		if len(got) != 1 {
			t.Fatalf("%d entries, want one: %v", len(got), got)
		}
		if want := "INFO APP_ADDED app 3 10.0.0.9 /devops/app/add 7 Added ReportBot. 2026-11-26T09:00:00Z"; got[0] != want {
			t.Errorf("the entry is\n%s, want\n%s", got[0], want)
		}
	})
}

func rows(ctx context.Context, t *testing.T, d *db.DB) (out []string) {
	t.Helper()
	err := d.Read(ctx, func(tx *db.Tx) error {
		q, err := tx.Query(ctx, `SELECT severity || ' ' || type || ' ' || module || ' ' || item || ' ' || addr || ' ' || uri || ' '
			|| CAST(user_id AS TEXT) || ' ' || description, at FROM audit_entry ORDER BY id`)
		if err != nil {
			return err
		}
		defer func() { _ = q.Close() }()
		for q.Next() {
			var line string
			var at int64
			if err := q.Scan(&line, &at); err != nil {
				return err
			}
			out = append(out, line+" "+db.Time(at).Format(time.RFC3339))
		}
		return q.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
