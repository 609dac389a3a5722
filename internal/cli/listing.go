package cli

import (
	"context"
	"flag"

	"github.com/portico-hq/portico/internal/portal"
)

// listing is a command that lists what a portal has: J is how a T is printed as JSON.
type listing[T, J any] struct {
	name, summary string
	none          string // what is said where there are none
	columns       []string
	list          func(ctx context.Context, p *portal.Portal) ([]T, error)
	out           func(T) J
	row           func(e *env, one T) []string
}

func (l listing[T, J]) command() command {
	return command{
		name: l.name, summary: l.summary,
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, _ []string) error {
				return e.inPortal(ctx, "", func(p *portal.Portal) error { return l.print(ctx, e, p) })
			}
		},
	}
}

func (l listing[T, J]) print(ctx context.Context, e *env, p *portal.Portal) error {
	all, err := l.list(ctx, p)
	if err != nil {
		return err
	}
	out, rows := []J{}, [][]string{}
	for _, one := range all {
		out, rows = append(out, l.out(one)), append(rows, l.row(e, one))
	}
	return e.print(out, func() { e.table(l.none, l.columns, rows) })
}
