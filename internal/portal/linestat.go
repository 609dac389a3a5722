package portal

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/lineweb"
	"github.com/portico-hq/portico/internal/openline/stat"
	"github.com/portico-hq/portico/internal/openline/statweb"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// newLineStats returns what counts the conversations of open channels.
func (p *Portal) newLineStats() *stat.Service {
	return stat.New(stat.Config{DB: p.DB, Clock: p.config.Clock, Log: p.config.Log})
}

// lineStatPages is what the pages of the numbers of open channels need.
func (p *Portal) lineStatPages() statweb.Config {
	return statweb.Config{Stats: p.LineStats, Desk: statDesk{p}, Nav: "contact_center", Tabs: lineweb.Tabs}
}

// statDesk tells the pages of numbers of the rest of the portal.
type statDesk struct{ p *Portal }

var _ statweb.Desk = statDesk{}

// Reach says of whose conversations actor may see the numbers.
func (d statDesk) Reach(ctx context.Context, actor user.Ref) (r line.Reach, err error) {
	err = d.p.DB.Read(ctx, func(tx *db.Tx) error {
		r, err = d.p.Lines.StatisticsTx(ctx, tx, actor)
		return err
	})
	return r, err
}

// Lines returns all lines.
func (d statDesk) Lines(ctx context.Context) ([]line.Line, error) {
	return d.p.Lines.List(ctx, line.Query{})
}

// Channels names channels.
func (d statDesk) Channels(ctx context.Context) (map[string]string, error) {
	return d.p.connectorNames(ctx)
}

// People tells who users are.
func (d statDesk) People(ctx context.Context, ids []int64) (map[int64]web.Person, error) {
	return people{d.p.Users}.People(ctx, ids)
}

// Operators returns everybody who had a conversation.
func (d statDesk) Operators(ctx context.Context) ([]int64, error) {
	return d.p.LineStats.Operators(ctx)
}
