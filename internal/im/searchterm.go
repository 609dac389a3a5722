package im

import (
	"context"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

const (
	maxDays   = 40 // of a period that is looked for by its days, else by its months
	maxMonths = 60
)

// term is words of the index of which one must be there.
type term struct{ any []string }

// setTerms writes what is looked for in words of the index; false for nothing.
func (g *searching) setTerms() bool {
	for _, w := range textWords(g.Text, maxTerms) {
		g.terms = append(g.terms, term{any: []string{g.word(w)}})
	}
	if strings.TrimSpace(g.Text) != "" && len(g.terms) == 0 {
		return false
	}
	add := func(on bool, words ...string) {
		if on && len(words) > 0 {
			g.terms = append(g.terms, term{any: words})
		}
	}
	add(g.AuthorID != 0, authorMark(g.AuthorID))
	add(g.Files, filesMark)
	add(g.Links, linksMark)
	add(true, period(g.From, g.Until)...)
	return len(g.terms) > 0 || g.ChatID != 0
}

// word returns what the index has for a word, and those that it begins where it is long enough to mean something.
func (g *searching) word(w string) string {
	n := 0
	for end := range w {
		if n == maxBeginning {
			g.long = append(g.long, w)
			return beginningMark(w[:end])
		}
		n++
	}
	if n < minBeginning {
		return w
	}
	return beginningMark(w)
}

// period returns the marks of the days or months of a period; none for a long or open one. Of a long one the months at its ends are told
// by their days: candidates from outside of it would fill the page in vain.
func period(from, until time.Time) (out []string) {
	if from.IsZero() || until.IsZero() || !from.Before(until) {
		return nil
	}
	from, last := from.UTC().Truncate(24*time.Hour), until.UTC().Add(-time.Nanosecond)
	if last.Sub(from) >= (maxMonths+1)*31*24*time.Hour {
		return nil
	}
	long := last.Sub(from) >= maxDays*24*time.Hour
	for day := from; !day.After(last); {
		next := day.AddDate(0, 1, 0)
		if long && day.Day() == 1 && !next.After(last.Add(time.Nanosecond)) {
			out = append(out, monthMark(day))
			day = next
			continue
		}
		out = append(out, dayMark(day))
		day = day.AddDate(0, 0, 1)
	}
	return out
}

// nameChats names the viewer's chats to the index; false where they are too many. To find rare words without their names is
// faster.
func (g *searching) nameChats(ctx context.Context, tx *db.Tx) (bool, error) {
	ids, err := queryIDs(ctx, tx, "SELECT chat_id FROM chat_member WHERE user_id = ? LIMIT ?", g.viewer, int64(manyChats+1))
	if err != nil || len(ids) > manyChats {
		return false, wrap("read chats", err)
	}
	marks := []string{chatMark(0)} // of no message
	for _, id := range ids {
		marks = append(marks, chatMark(id))
	}
	g.terms = append(g.terms, term{any: marks})
	return true, nil
}

// expression writes terms in the language of an index. Words hold neither quotes nor anything else with a meaning.
func expression(d db.Dialect, terms []term) string {
	quote, and, or := `"`, " AND ", " OR "
	if d == db.Postgres {
		quote, and, or = "'", " & ", " | "
	}
	all := make([]string, len(terms))
	for i, t := range terms {
		words := make([]string, len(t.any))
		for j, w := range t.any {
			words[j] = quote + w + quote
		}
		all[i] = "(" + strings.Join(words, or) + ")"
	}
	return strings.Join(all, and)
}
