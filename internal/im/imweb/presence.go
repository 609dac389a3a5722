package imweb

import (
	"context"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/web"
)

// mostFaces bounds how many people one question about presence names.
const mostFaces = 200

// presence answers /online/presence?ids=2,4: those of them who are there now.
func (h pages) presence(ctx context.Context, r *web.Request) (web.Result, error) {
	var ids []int64
	for text := range strings.SplitSeq(r.FormValue("ids"), ",") {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id <= 0 || len(ids) == mostFaces {
			break
		}
		ids = append(ids, id)
	}
	p := h.people(ctx, r)
	if err := p.load(ids...); err != nil {
		return nil, err
	}
	online := []int64{}
	for _, id := range ids {
		if p.get(id).Presence == "online" {
			online = append(online, id)
		}
	}
	return web.JSON{Value: map[string]any{"online": online}}, p.failed
}
