package statweb_test

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/openline"
)

const page = "/channels/statistics/"

// led makes two conversations: Ben answers Vera after 30 s, Cora Walter after 90 s; Xenia waits for Ben, too long.
func led(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	vera := b.client("Vera", "Hello")
	walter := b.client("=Walter()", "Hello")
	b.clock.Advance(30 * time.Second)
	b.ben.say(vera.ChatID, "Hi")
	b.clock.Advance(time.Minute)
	b.cora.say(walter.ChatID, "Hi")
	b.must(b.Conversations.Finish(t.Context(), b.cora.id, walter.ChatID))
	comment := "-well"
	five := int64(5)
	b.must(b.Conversations.HeadVote(t.Context(), b.anna.id, walter.SessionID, &five, &comment))
	b.client("Xenia", "Anybody?")
	b.clock.Advance(2 * time.Minute)
	_, err := b.Conversations.FireDue(t.Context())
	b.must(err)
	return b
}

// TestStatistics looks at one portal, whose making is what takes its time.
func TestStatistics(t *testing.T) {
	t.Parallel()
	b := led(t)
	for name, test := range map[string]func(*testing.T, *bench){
		"an administrator sees all numbers": seesAll, "an operator sees their own": seesOwn, "mistakes are named at the field": namesMistakes, "export": exports,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, b)
		})
	}
}

func seesAll(t *testing.T, b *bench) {
	t.Helper()
	body := b.anna.get(page, http.StatusOK)
	shows(t, body, "2 answered, 0 missed", "Ben Ode", "Cora Ode", "<title>Mon, 23 Nov 2026: 3 conversations (2 answered, 0 missed)</title>", "Waiting too long now",
		`<a href="/online/chat`, "Xenia", "first 50 %, further –", "of 5, 1 conversation", "Support")
	b.must(b.LineStats.Sample(t.Context()))
	shows(t, b.anna.get(page+"?period=today", http.StatusOK), "09:00: 0.02 at once", "The most: 09:00: 0.02 at once.")
	shows(t, b.anna.get(page+"?period=yesterday", http.StatusOK), "No conversations in this time", "Waiting too long now")
	shows(t, b.anna.get(page+"?period=days&from=2026-11-23&to=2026-11-23&operator="+strconv.FormatInt(b.cora.id, 10), http.StatusOK), "1 answered, 0 missed")
}

func seesOwn(t *testing.T, b *bench) {
	t.Helper()
	body := b.ben.get(page, http.StatusOK)
	shows(t, body, "1 answered, 0 missed", "Ben Ode", "the numbers of your own conversations", "Xenia")
	hides(t, body, "Cora Ode", "of 5, 1 conversation")
	hides(t, b.cora.get(page, http.StatusOK), "Xenia", "Ben Ode")
	shows(t, b.ben.get(page+"?operator="+strconv.FormatInt(b.cora.id, 10), http.StatusUnprocessableEntity), "Choose one of the list.")
	rows := b.csv(b.ben, "conversations.csv")
	if len(rows) != 3 || rows[1][6] != "Vera" || rows[2][6] != "Xenia" {
		t.Errorf("exported %q", rows)
	}
}

func namesMistakes(t *testing.T, b *bench) {
	t.Helper()
	for _, c := range [][2]string{
		{"period=days&from=x&to=2026-11-01", "Write a day, e.g. 2026-11-23."},
		{"period=days&from=2026-11-02&to=2026-11-01", "The last day comes before the first."},
		{"period=days&from=2000-11-02&to=2026-11-01", "Choose at most 1100 days."},
		{"period=century", "Choose a time of the list."},
		{"line=4711", "Choose one of the list."},
		{"channel=none", "Choose a channel of the list."},
	} {
		query, want := c[0], c[1]
		shows(t, b.anna.get(page+"?"+query, http.StatusUnprocessableEntity), want)
		shows(t, b.anna.get(page+"conversations.csv?"+query, http.StatusUnprocessableEntity), want)
	}
	shows(t, b.anna.get(page+"numbers.csv?of=moons", http.StatusUnprocessableEntity), "Export days, hours, load, operators, lines or categories.")
}

func (b *bench) csv(p person, file string) [][]string {
	b.t.Helper()
	body := p.get(page+file, http.StatusOK)
	if strings.Count(body, "\n") != strings.Count(body, "\r\n") {
		b.t.Error("lines do not end as RFC 4180 wants")
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	b.must(err)
	return rows
}

func exports(t *testing.T, b *bench) {
	t.Helper()
	rows := b.csv(b.anna, "conversations.csv")
	if len(rows) != 4 {
		t.Fatalf("exported %q", rows)
	}
	v, err := b.Conversations.Get(t.Context(), 2)
	b.must(err)
	id := func(n int64) string { return strconv.FormatInt(n, 10) }
	want := []string{
		"2", id(b.support.ID), "Support", "site", id(v.ChatID), id(v.Channel.VisitorID), "'=Walter()", string(openline.StateClosed), "answered", id(b.cora.id), "Cora Ode", "",
		"2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z", "2026-11-23T09:01:30Z", "2026-11-23T09:01:30Z", "2026-11-23T09:01:30Z", "90", "90", "1", "1", "0", "", "5", "'-well", "", "",
	}
	if !slices.Equal(rows[2], want) {
		t.Errorf("exported\n%q, want\n%q", rows[2], want)
	}
	if rows[0][0] != "id" || len(rows[0]) != len(want) || rows[3][8] != "open" {
		t.Errorf("exported %q", rows)
	}
	days := b.csv(b.anna, "numbers.csv?of=days&period=today")
	if len(days) != 2 || !slices.Equal(days[1], []string{"Mon, 23 Nov 2026", "3", "2", "0", "1"}) {
		t.Errorf("days %q", days)
	}
	operators := b.csv(b.anna, "numbers.csv?of=operators")
	if len(operators) != 3 || operators[1][0] != "Ben Ode" || operators[1][1] != "2" || operators[2][8] != "0 %" {
		t.Errorf("operators %q", operators)
	}
	for _, of := range []string{"hours", "load"} {
		if rows := b.csv(b.anna, "numbers.csv?of="+of); len(rows) != 25 {
			t.Errorf("%s: %d rows", of, len(rows))
		}
	}
	if lines := b.csv(b.anna, "numbers.csv?of=lines"); len(lines) != 2 || lines[1][0] != "Support" || lines[1][2] != "3" {
		t.Errorf("lines %q", lines)
	}
}
