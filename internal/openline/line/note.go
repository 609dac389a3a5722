package line

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
)

// Changed is a setting that reads otherwise than before.
type Changed struct {
	Name     string // of the Field; QUEUE, QUEUE_USERS_FIELDS
	Title    string
	From, To string // in the words of the wire; both empty where they are long
}

// Changes returns what differs between before and after.
func Changes(before, after *Line) (out []Changed) {
	for _, f := range Fields() {
		if f.Kind == Moment || f.Kind == Fixed || f.ReadOnly && f.Kind != Object {
			continue
		}
		from, to := f.Text(before), f.Text(after)
		switch {
		case from == to:
		case f.Kind == Object || f.Kind == Text && f.Max == MaxText:
			out = append(out, Changed{Name: f.Name, Title: f.Title})
		default:
			out = append(out, Changed{f.Name, f.Title, from, to})
		}
	}
	if !slices.Equal(places(before.Queue), places(after.Queue)) {
		out = append(out, Changed{"QUEUE", "Queue", queueText(before.Queue), queueText(after.Queue)})
	}
	if !maps.Equal(before.Shown, after.Shown) {
		out = append(out, Changed{Name: "QUEUE_USERS_FIELDS", Title: "What clients see of operators"})
	}
	return out
}

// maxNamed is how many places of a queue a change names.
const maxNamed = 20

func queueText(queue []Entry) string {
	var out []string
	for i, e := range queue {
		if i == maxNamed {
			out = append(out, "and "+strconv.Itoa(len(queue)-maxNamed)+" more")
			break
		}
		out = append(out, string(e.Kind)+" "+strconv.FormatInt(e.ID, 10))
	}
	return strings.Join(out, ", ")
}

// describe tells of a change for the log.
func describe(name string, changes []Changed) string {
	var b strings.Builder
	b.WriteString("Changed the open channel " + name + ":")
	for i, c := range changes {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(" " + c.Title)
		if c.From != "" || c.To != "" {
			b.WriteString(" from " + orNothing(c.From) + " to " + orNothing(c.To))
		}
	}
	return b.String() + "."
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	if utf8.RuneCountInString(text) > 100 {
		return string([]rune(text)[:99]) + "…"
	}
	return text
}

func (s *Service) noteTx(ctx context.Context, tx *db.Tx, kind string, id int64, text string) error {
	return s.audit.RecordTx(ctx, tx, audit.Entry{Severity: audit.Notice, Type: kind, Module: "openline", Item: strconv.FormatInt(id, 10), Description: text})
}
