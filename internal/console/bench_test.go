package console

import (
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

var benchCalls = flag.Int("calls", 1_000_000, "calls in the log that BenchmarkSearch searches")

var benchMethods = []string{
	"im.message.add", "imbot.message.add", "user.current", "im.dialog.messages.get", "crm.deal.list", "crm.deal.add", "task.item.list", "batch",
}

// benchCall makes a call that looks like those of a busy portal: 20 applications, 200 people, a few errors.
func benchCall(r *rand.Rand, i int) NewCall {
	n := NewCall{Call: Call{
		RequestID: fmt.Sprintf("%026d", i), Verb: "POST", Name: benchMethods[r.IntN(len(benchMethods))], Kind: ByToken, AppID: 1 + r.Int64N(20),
		UserID: 1 + r.Int64N(200), Remote: "10.0.0.1", Status: 200, Scope: Granted, Took: time.Duration(r.ExpFloat64() * float64(40*time.Millisecond)),
	}}
	n.Method = n.Name
	n.Params = fmt.Appendf(nil, `{"DIALOG_ID":"chat%d","MESSAGE":"%s"}`, r.IntN(5000), benchText(r, 12))
	n.Answer = fmt.Appendf(nil, `{"result":%d,"time":{"start":1795683600.1,"finish":1795683600.2}}`, i)
	if i%50 == 0 {
		n.Status, n.Error = 403, "insufficient_scope"
		n.Answer = []byte(`{"error":"insufficient_scope","error_description":"The request requires higher privileges"}`)
	}
	return n
}

// benchText returns words of which some are frequent and most are rare, as in what people write.
func benchText(r *rand.Rand, n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("word%d", int(30_000*r.Float64()*r.Float64()*r.Float64()))
	}
	return strings.Join(words, " ")
}

// BenchmarkSearch measures the pages of a log of a million calls.
func BenchmarkSearch(b *testing.B) {
	for name, open := range map[string]func(testing.TB, ...db.Schema) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			d := open(b, setting.Schema(), audit.Schema(), Schema())
			s := New(Config{DB: d, Clock: clock.System{}, Settings: setting.New(d, clock.System{}), Audit: audit.New(d, clock.System{}), Log: slog.New(slog.DiscardHandler)})
			fillBench(b, s, *benchCalls)
			for _, c := range benchSearches {
				b.Run(c.name, func(b *testing.B) { benchSearch(b, s, c.filter, c.empty) })
			}
		})
	}
}

var benchSearches = []struct {
	name   string
	filter Filter
	empty  bool
}{
	{name: "newest"},
	{name: "application", filter: Filter{AppID: 7}},
	{name: "method", filter: Filter{Method: "crm.deal"}},
	{name: "failed", filter: Filter{Failed: true}},
	{name: "code_of_application", filter: Filter{AppID: 7, Error: "insufficient_scope"}},
	{name: "person_slow", filter: Filter{UserID: 33, Slow: 100 * time.Millisecond}},
	{name: "frequent_word", filter: Filter{Text: "word0"}},
	{name: "rare_word", filter: Filter{Text: "word15000"}},
	{name: "two_words", filter: Filter{Text: "word1000 word3"}},
	{name: "word_and_application", filter: Filter{Text: "word500", AppID: 7}},
	{name: "dialog", filter: Filter{Text: "chat1234"}},
	{name: "half_way_back", filter: Filter{AppID: 7, Until: benchStart.Add(500 * time.Second)}},
	{name: "first_hour_only", filter: Filter{Text: "word3", Until: benchStart.Add(time.Second)}},
	{name: "nothing", filter: Filter{Text: "nowhere"}, empty: true},
	{name: "nothing_together", filter: Filter{AppID: 7, UserID: 999}, empty: true},
	{name: "contradiction", filter: Filter{Status: 2, Failed: true}, empty: true},
}

var benchStart = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func benchSearch(b *testing.B, s *Service, f Filter, empty bool) {
	for b.Loop() {
		calls, err := s.Calls(b.Context(), user.Ref{Admin: true}, f, 51)
		if err != nil || (len(calls) == 0) != empty {
			b.Fatal(len(calls), err)
		}
	}
}

// fillBench stores n calls, a thousand to a second, and indexes them.
func fillBench(b *testing.B, s *Service, n int) {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same data in every run
	began := time.Now()
	for i := 0; i < n; i += 512 {
		calls, words := make([]Call, 512), make([]string, 512)
		for j := range calls {
			calls[j] = benchCall(r, i+j).note()
			calls[j].ID = idAt(benchStart.Add(time.Duration(i+j) * time.Millisecond))
			words[j] = strings.Join(calls[j].words(), " ")
		}
		if err := s.db.Write(b.Context(), func(tx *db.Tx) error { return insertTx(b.Context(), tx, calls, words) }); err != nil {
			b.Fatal(err)
		}
	}
	stored := time.Since(began)
	s.Index(b)
	if s.db.Dialect() == db.Postgres {
		err := s.db.Write(b.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(b.Context(), "ANALYZE console_call, console_word")
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("%d calls stored in %.0f s, indexed in %.0f s more", n, stored.Seconds(), (time.Since(began) - stored).Seconds())
}

// BenchmarkNote measures what noting a call costs its caller, and the words by which it is found, which the writer makes.
func BenchmarkNote(b *testing.B) {
	n := benchCall(rand.New(rand.NewPCG(1, 2)), 1) //nolint:gosec // no secret
	b.Run("mask", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n.note()
		}
	})
	b.Run("words", func(b *testing.B) {
		c := n.note()
		b.ReportAllocs()
		for b.Loop() {
			c.words()
		}
	})
}
