package agreementweb

import (
	"context"
	"time"

	"github.com/portico-hq/portico/internal/agreement"
	"github.com/portico-hq/portico/internal/web"
)

// publicView is an agreement as everybody reads it.
type publicView struct {
	Title  string
	Number int64
	At     time.Time
	Lang   string
	Body   body
}

// public shows an agreement to everybody who has its address: the newest version, or the one that the address names.
func (h pages) public(ctx context.Context, r *web.Request) (web.Page, error) {
	number := int64(0)
	if r.PathValue("number") != "" {
		var err error
		if number, err = r.PathID("number"); err != nil {
			return web.Page{}, err
		}
	}
	v, err := h.Agreements.Public(ctx, r.PathValue("code"), number)
	if err != nil {
		return web.Page{}, err
	}
	return web.Page{
		Title: v.Name, Layout: web.Bare, Template: "agreement/public", Styles: []string{"agreement/agreement.css"},
		Body: publicView{Title: titleOf(v), Number: v.Number, At: v.At, Lang: language(v), Body: bodyOf(v)},
	}, nil
}

// language is that of the text, for those who have it read out; empty: it is not known.
func language(v agreement.Version) string { return v.Language }
