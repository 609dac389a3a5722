package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// print prints v as JSON where that was asked for, and else runs show.
func (e *env) print(v any, show func()) error {
	if !e.json {
		show()
		return nil
	}
	enc := json.NewEncoder(e.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// say prints a line.
func (e *env) say(format string, args ...any) { fmt.Fprintf(e.stdout, format+"\n", args...) }

// facts prints names with their values, one below the other; those without a value are left out.
func (e *env) facts(pairs ...[2]string) {
	t := tabwriter.NewWriter(e.stdout, 0, 0, 3, ' ', 0)
	for _, p := range pairs {
		if p[1] != "" {
			fmt.Fprintf(t, "  %s\t%s\n", p[0], p[1])
		}
	}
	_ = t.Flush()
}

// table prints rows under a head, or none when there are no rows.
func (e *env) table(none string, head []string, rows [][]string) {
	if len(rows) == 0 {
		e.say("%s", none)
		return
	}
	t := tabwriter.NewWriter(e.stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, strings.Join(head, "\t"))
	for _, r := range rows {
		fmt.Fprintln(t, strings.Join(r, "\t"))
	}
	_ = t.Flush()
}

// day returns the day of t, or "never".
func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format(time.DateOnly)
}

// stamp returns t for JSON; nil for the zero time.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
