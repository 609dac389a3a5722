package portal

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/category"
	"github.com/portico-hq/portico/internal/openline/openlineweb"
)

// newCategories returns what conversations of open channels are about.
func (p *Portal) newCategories() *category.Service {
	return category.New(category.Config{DB: p.DB, Audit: p.Audit, OnDeleteTx: []func(context.Context, *db.Tx, int64) error{
		func(ctx context.Context, tx *db.Tx, id int64) error { return p.Lines.CategoryRemovedTx(ctx, tx, id) },
	}})
}

// inboxCategories offers the operators what conversations can be about.
func (p *Portal) inboxCategories(ctx context.Context) ([]openlineweb.Category, error) {
	all, err := p.Categories.List(ctx)
	out := make([]openlineweb.Category, len(all))
	for i, c := range all {
		out[i] = openlineweb.Category(c)
	}
	return out, err
}

// Categories names what conversations are about.
func (d statDesk) Categories(ctx context.Context) (map[int64]string, error) {
	all, err := d.p.Categories.List(ctx)
	out := make(map[int64]string, len(all))
	for _, c := range all {
		out[c.ID] = c.Name
	}
	return out, err
}
