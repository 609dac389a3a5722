package imweb

import (
	"strings"
	"testing"
	"time"
)

func TestParseAsked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]asked{
		"":            {},
		" the  plan ": {Words: "the plan"},
		`budget from:@mark in:"Spring catalogue" has:file`: {Words: "budget", From: "mark", In: "Spring catalogue", Files: true},
		"FROM:me On:2026-03-01":                            {From: "me", After: "2026-03-01", Before: "2026-03-01"},
		"after:2026-03-01 before:2026-04-01 has:links":     {After: "2026-03-01", Before: "2026-04-01", Links: true},
		"https://example.com from: after:soon has:wings":   {Words: "https://example.com from: after:soon has:wings"},
		`in:"not closed yet`:                               {In: "not closed yet"},
	} {
		if got := parseAsked(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func FuzzParseAsked(f *testing.F) {
	for _, s := range []string{"", `a from:b "c d" in:"e f`, "on:2026-02-30", "“x” has:file :: from::", "\x00\xff:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a := parseAsked(text)
		for _, d := range []string{a.After, a.Before} {
			if _, err := time.Parse(time.DateOnly, d); d != "" && err != nil {
				t.Errorf("%q: a day %q", text, d)
			}
		}
		if strings.Count(a.Words, " ") >= len(text)+1 || len(a.Words)+len(a.From)+len(a.In) > 4*len(text)+1 {
			t.Errorf("%q grew to %+v", text, a)
		}
	})
}
