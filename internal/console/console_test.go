package console_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

var (
	schemas = []db.Schema{setting.Schema(), audit.Schema(), console.Schema()}
	admin   = user.Ref{ID: 1, Admin: true}
	began   = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
)

// bench is a log of requests that runs.
type bench struct {
	*console.Service
	clock *clock.Manual
	db    *db.DB
}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) { test(t, open(t, d)) })
}

func open(t *testing.T, d *db.DB) *bench {
	t.Helper()
	c := clock.NewManual(began)
	s := console.New(console.Config{
		DB: d, Clock: c, Settings: setting.New(d, c), Audit: audit.New(d, c), Log: slog.New(slog.DiscardHandler),
	})
	s.Start()
	t.Cleanup(s.Close)
	return &bench{s, c, d}
}

// note notes a call a second after the one before.
func (b *bench) note(t *testing.T, n console.NewCall) {
	t.Helper()
	b.clock.Advance(time.Second)
	n.RequestID = n.Name + "-id"
	b.Note(t.Context(), n, b.clock.Now())
}

// fill notes a few calls of different people.
func (b *bench) fill(t *testing.T) {
	t.Helper()
	for _, n := range []console.NewCall{
		{Call: console.Call{Name: "Im.message.ADD", Method: "im.message.add", Kind: console.ByToken, AppID: 3, UserID: 7, Status: 200, Scope: console.Granted, Trace: "Theirs 1", Took: 700 * time.Millisecond}, Params: []byte(`{"DIALOG_ID":"chat5","MESSAGE":"Hello\nWörld, token=abc"}`), Answer: []byte(`{"result":41,"time":{"start":2026}}`)},
		{Call: console.Call{Name: "im.dialog.get", Kind: console.ByWebhook, WebhookID: 9, UserID: 1, Status: 403, Error: "insufficient_scope", Scope: console.Refused}, Params: []byte(`{"DIALOG_ID":"chat5"}`), Answer: []byte(`{"error":"insufficient_scope"}`)},
		{Call: console.Call{Name: "crm.none", Warnings: "There is no parameter B.\nC is old.", Status: 404, Error: "ERROR_METHOD_NOT_FOUND", Remote: "10.0.0.7"}, Params: []byte(`{"a":"b_c's"}`)},
		{Call: console.Call{Name: "image.get", Kind: console.BySession, UserID: 7, Status: 500, Error: "INTERNAL_SERVER_ERROR", Took: 6 * time.Second}, Answer: []byte(`{"result":{"n":41}}`)},
	} {
		b.note(t, n)
	}
	b.Flush()
}

func names(calls []console.Call) string {
	var out []string
	for _, c := range calls {
		out = append(out, c.Name)
	}
	return strings.Join(out, " ")
}

func TestACallIsKeptAsItWasAnswered(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.fill(t)
		list, err := b.Calls(t.Context(), admin, console.Filter{Method: "im.message.add"}, 10)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d calls, %v", len(list), err)
		}
		got := list[0]
		want := console.Call{
			ID: got.ID, RequestID: "Im.message.ADD-id", Name: "Im.message.ADD", Method: "im.message.add", Kind: console.ByToken, AppID: 3,
			UserID: 7, Status: 200, Scope: console.Granted, Trace: "Theirs 1", Took: 700 * time.Millisecond,
			Start: began.Add(300 * time.Millisecond), Params: `{"DIALOG_ID":"chat5","MESSAGE":"Hello\nWörld, token=***"}`, ParamsSize: 58,
			Masked: 1, Answer: `{"result":41,"time":{"start":2026}}`, AnswerSize: 35,
		}
		if got != want {
			t.Errorf("kept %+v\nwant %+v", got, want)
		}
		if !got.At().Equal(began.Add(time.Second)) || got.Whole() || got.Failed() {
			t.Errorf("answered at %s, whole %t, failed %t", got.At(), got.Whole(), got.Failed())
		}
		one, err := b.Call(t.Context(), admin, got.ID)
		if err != nil || one != got {
			t.Errorf("by its id: %+v, %v", one, err)
		}
	})
}

func TestCallsAreFoundByWhatTheyAre(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		filter console.Filter
		want   string // the newest first
	}{
		{"all", console.Filter{}, "image.get crm.none im.dialog.get Im.message.ADD"},
		{"method in any case", console.Filter{Method: "IM.Message.Add"}, "Im.message.ADD"},
		{"beginning of methods", console.Filter{Method: "im."}, "im.dialog.get Im.message.ADD"},
		{"application", console.Filter{AppID: 3}, "Im.message.ADD"},
		{"webhook", console.Filter{WebhookID: 9}, "im.dialog.get"},
		{"person", console.Filter{UserID: 7}, "image.get Im.message.ADD"},
		{"kind", console.Filter{Kind: console.BySession}, "image.get"},
		{"status", console.Filter{Status: 4}, "crm.none im.dialog.get"},
		{"failed", console.Filter{Failed: true}, "image.get crm.none im.dialog.get"},
		{"code in any case", console.Filter{Error: "error_method_not_found"}, "crm.none"},
		{"slow", console.Filter{Slow: 500 * time.Millisecond}, "image.get Im.message.ADD"},
		{"very slow", console.Filter{Slow: 5 * time.Second}, "image.get"},
		{"request", console.Filter{RequestID: "crm.none-id"}, "crm.none"},
		{"id of the client", console.Filter{RequestID: "theirs 1"}, "Im.message.ADD"},
		{"made", console.Filter{MadeID: 41}, "Im.message.ADD"},
		{"words in any case and order", console.Filter{Text: "WÖRLD hello"}, "Im.message.ADD"},
		{"a word of several calls", console.Filter{Text: "chat5"}, "im.dialog.get Im.message.ADD"},
		{"words of two calls", console.Filter{Text: "chat5 n"}, ""},
		{"a code as text", console.Filter{Text: "insufficient_scope"}, "im.dialog.get"},
		{"quotes", console.Filter{Text: `"b_c's" \`}, "crm.none"},
		{"with warnings", console.Filter{Warned: true}, "crm.none"},
		{"words of warnings", console.Filter{Text: "parameter"}, "crm.none"},
		{"part of a word", console.Filter{Text: "hel"}, ""},
		{"a secret", console.Filter{Text: "abc"}, ""},
		{"from", console.Filter{From: began.Add(3 * time.Second)}, "image.get crm.none"},
		{"until", console.Filter{Until: began.Add(3 * time.Second), Text: "chat5"}, "im.dialog.get Im.message.ADD"},
		{"everything together", console.Filter{UserID: 7, Status: 2, Method: "im.message", Text: "chat5", From: began}, "Im.message.ADD"},
	}
	run(t, func(t *testing.T, b *bench) {
		b.fill(t)
		// The second time through, SQLite has moved the calls into its index.
		for _, indexed := range []bool{false, true} {
			if indexed {
				b.Index(t)
			}
			for _, tt := range tests {
				got, err := b.Calls(t.Context(), admin, tt.filter, 10)
				if err != nil || names(got) != tt.want {
					t.Errorf("%s (indexed %t): %q, %v, want %q", tt.name, indexed, names(got), err, tt.want)
				}
				if n, err := b.Count(t.Context(), admin, tt.filter); err != nil || n != int64(len(got)) {
					t.Errorf("%s (indexed %t): counted %d, %v", tt.name, indexed, n, err)
				}
				slices.Reverse(got)
				if from, err := b.CallsFrom(t.Context(), admin, tt.filter, 10); err != nil || names(from) != names(got) {
					t.Errorf("%s from the oldest: %q, %v", tt.name, names(from), err)
				}
			}
		}
	})
}

func TestPagesFollowTheKey(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		for i := range 25 {
			b.note(t, console.NewCall{Call: console.Call{Name: fmt.Sprintf("m%d", i), UserID: 1}, Params: []byte(`["x"]`)})
		}
		b.Flush()
		for _, f := range []console.Filter{{}, {Text: "x"}} {
			var all []string
			for {
				page, err := b.Calls(t.Context(), admin, f, 10)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range page {
					all = append(all, c.Name)
				}
				if len(page) < 10 {
					break
				}
				f.Before = page[9].ID
			}
			if len(all) != 25 || all[0] != "m24" || all[24] != "m0" || len(slices.Compact(slices.Clone(all))) != 25 {
				t.Errorf("pages held %q", all)
			}
		}
		newest, err := b.Calls(t.Context(), admin, console.Filter{}, 3)
		if err != nil {
			t.Fatal(err)
		}
		if since, err := b.Calls(t.Context(), admin, console.Filter{After: newest[2].ID}, 10); err != nil || names(since) != "m24 m23" {
			t.Errorf("since the third: %q, %v", names(since), err)
		}
	})
}

func TestPeopleSeeTheirOwnCallsOnly(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.fill(t)
		seven := user.Ref{ID: 7}
		for filter, want := range map[console.Filter]string{
			{}: "image.get Im.message.ADD", {UserID: 1}: "", {Text: "chat5"}: "Im.message.ADD", {Status: 4}: "", {WebhookID: 9}: "",
		} {
			if got, err := b.Calls(t.Context(), seven, filter, 10); err != nil || names(got) != want {
				t.Errorf("%+v: %q, %v, want %q", filter, names(got), err, want)
			}
		}
		all, err := b.Calls(t.Context(), admin, console.Filter{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			_, err := b.Call(t.Context(), seven, c.ID)
			if own := c.UserID == 7; own != (err == nil) || !own && fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s of user %d: %v", c.Name, c.UserID, err)
			}
			group, err := b.Request(t.Context(), seven, c.RequestID)
			if err != nil || (len(group) == 1) != (c.UserID == 7) {
				t.Errorf("request %s: %d calls, %v", c.RequestID, len(group), err)
			}
		}
	})
}

func TestOldCallsAreForgottenByAgeAndByNumber(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		save := func(v console.Settings) {
			t.Helper()
			if err := b.SaveSettings(t.Context(), v); err != nil {
				t.Fatal(err)
			}
		}
		left := func(want int, newest string) {
			t.Helper()
			if err := b.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, f := range []console.Filter{{}, {Text: "x"}} {
				got, err := b.Calls(t.Context(), admin, f, 2000)
				if err != nil || len(got) != want || want > 0 && got[0].Name != newest {
					t.Fatalf("%d calls are left, %v; want %d", len(got), err, want)
				}
			}
		}
		save(console.Settings{On: true, Days: 2, Calls: 1000})
		for i := range 1300 {
			b.Note(t.Context(), console.NewCall{Call: console.Call{Name: fmt.Sprintf("m%d", i)}, Params: []byte(`["x"]`)}, b.clock.Now())
		}
		b.Flush()
		left(1000, "m1299")
		b.Index(t)
		save(console.Settings{On: true, Days: 2, Calls: 700})
		left(700, "m1299")
		b.clock.Advance(47 * time.Hour)
		b.note(t, console.NewCall{Call: console.Call{Name: "young"}, Params: []byte(`["x"]`)})
		b.Flush()
		left(700, "young")
		b.clock.Advance(2 * time.Hour)
		left(1, "young")
		save(console.Settings{On: false, Days: 2, Calls: 700})
		b.note(t, console.NewCall{Call: console.Call{Name: "unlogged"}, Params: []byte(`["x"]`)})
		b.Flush()
		left(1, "young")
	})
}

func TestSettingsAreCheckedAndTold(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		for v, field := range map[console.Settings]string{
			{On: true, Days: 0, Calls: 1000}:      "days",
			{On: true, Days: 367, Calls: 1000}:    "days",
			{On: true, Days: 1, Calls: 99}:        "calls",
			{On: true, Days: 1, Calls: 5_000_001}: "calls",
		} {
			if err := b.SaveSettings(t.Context(), v); err == nil || fault.Of(err).Field != field {
				t.Errorf("%+v: %v", v, err)
			}
		}
		if err := b.SaveSettings(t.Context(), console.Settings{On: false, Days: 1, Calls: 500}); err != nil {
			t.Fatal(err)
		}
		got, err := b.Settings(t.Context())
		if err != nil || got != (console.Settings{On: false, Days: 1, Calls: 500}) {
			t.Errorf("settings are %+v, %v", got, err)
		}
		var told int64
		err = b.db.Read(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM audit_entry WHERE type = 'CONSOLE_SETTINGS'").Scan(&told)
		})
		if err != nil || told != 1 {
			t.Errorf("%d entries in the audit log, %v; want 1", told, err)
		}
	})
}

func TestCallsThatComeTooFastAreCountedAndHoldUpNobody(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := open(t, d)
		busy, rest := make(chan struct{}), make(chan struct{})
		done := make(chan error, 1)
		go func() {
			done <- d.Write(t.Context(), func(tx *db.Tx) error {
				if tx.Dialect() == db.Postgres { // where calls are stored beside other writes
					if _, err := tx.Exec(t.Context(), "LOCK TABLE console_call IN EXCLUSIVE MODE"); err != nil {
						return err
					}
				}
				close(busy)
				<-rest
				return nil
			})
		}()
		<-busy // nothing can be stored now
		note := func(n int, call console.Call) {
			for range n {
				b.Note(t.Context(), console.NewCall{Call: call}, b.clock.Now())
			}
		}
		note(4096+10, console.Call{Name: "fine"})
		note(5, console.Call{Name: "bad", Status: 400, Error: "ERROR_CORE"})
		if got, want := b.Missed(), (console.Missed{Calls: 10, Last: b.clock.Now()}); got != want {
			t.Errorf("missed %+v, want %+v", got, want)
		}
		close(rest)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		b.Flush()
		var n, failed int64
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT COUNT(*), SUM(CASE WHEN error = '' THEN 0 ELSE 1 END) FROM console_call").Scan(&n, &failed)
		})
		if err != nil || n != 4096+5 || failed != 5 {
			t.Errorf("%d calls are stored, %d of them failed, %v; want 4101 and 5", n, failed, err)
		}
	})
}

func TestNothingNotedIsLostWhenTheServerStops(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := open(t, d)
		heard := make(chan struct{}, 100)
		b.OnChange(func() {
			select {
			case heard <- struct{}{}:
			default:
			}
		})
		for i := range 4_000 {
			b.Note(t.Context(), console.NewCall{Call: console.Call{Name: fmt.Sprintf("m%d", i)}}, b.clock.Now())
		}
		b.Close()
		var n, last int64
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT COUNT(*), MAX(id) FROM console_call").Scan(&n, &last)
		})
		if err != nil || n != 4_000 {
			t.Errorf("%d calls are stored, %v; want 4000", n, err)
		}
		if len(heard) == 0 {
			t.Error("nobody was told of the calls")
		}
		again := open(t, d)
		again.clock.Set(began.Add(time.Hour))
		again.note(t, console.NewCall{Call: console.Call{Name: "next"}})
		again.Flush()
		if got, err := again.Calls(t.Context(), admin, console.Filter{After: last}, 5); err != nil || names(got) != "next" {
			t.Errorf("after a restart: %q, %v", names(got), err)
		}
	})
}
