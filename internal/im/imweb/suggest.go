package imweb

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/web"
)

const suggestLimit = 8

// suggestions are what the field for a message offers while somebody writes.
type suggestions struct {
	People []person
	All    bool // "everybody" is offered too
}

// suggestFragment answers /online/suggest?kind=people&dialog=&q=.
func (h pages) suggestFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	var v suggestions
	q := strings.TrimSpace(r.FormValue("q"))
	if r.FormValue("kind") == "people" {
		var err error
		if v.People, err = h.findPeople(ctx, r, q, suggestLimit); err != nil {
			return nil, err
		}
	}
	return web.HTML{Template: "im/suggest", Body: v}, nil
}
