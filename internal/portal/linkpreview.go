package portal

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/linkpreview"
	"github.com/portico-hq/portico/internal/linkpreview/linkpreviewhttp"
)

// newLinkPreviews returns what looks up the links in messages.
func (p *Portal) newLinkPreviews() *linkpreview.Service {
	return linkpreview.New(linkpreview.Config{
		DB: p.DB, Clock: p.config.Clock, Log: p.config.Log,
		Fetcher: linkpreviewhttp.Client{
			Clients: event.PublicClients(p.Events, p.config.Reach), Refuse: p.isInside, Refused: event.IsRefused,
			Agent: func() string { return "Portico link preview (+" + p.publicURL("/") + ")" },
		},
		Shrink: func(ctx context.Context, picture []byte, side int64) (v linkpreview.Picture, err error) {
			v.Data, v.Width, v.Height, err = file.Thumbnail(ctx, picture, side)
			v.Type = http.DetectContentType(v.Data)
			return v, err
		},
		Enabled: func(ctx context.Context) (bool, error) {
			rules, err := p.messageRules(ctx)
			return rules.LinkPreviews, err
		},
		Told: p.connectorStateChanged,
	})
}

// isInside reports whether an address is a page of the portal's own that not everybody may see: to whom it was not signed in it says
// nothing. Public links of files are for everybody.
func (p *Portal) isInside(u *url.URL) bool {
	for _, host := range p.hosts() {
		if strings.EqualFold(u.Host, host) {
			return !strings.HasPrefix(u.EscapedPath(), "/share/")
		}
	}
	return false
}

// linkCards tells the messenger what links lead to.
type linkCards struct{ previews *linkpreview.Service }

var _ imweb.Links = linkCards{}

// Previews returns what is known of addresses.
func (l linkCards) Previews(ctx context.Context, addresses []string) (map[string]imweb.Preview, error) {
	found, err := l.previews.Previews(ctx, addresses)
	out := make(map[string]imweb.Preview, len(found))
	for address, v := range found {
		out[address] = imweb.Preview{
			Title: v.Title, Description: v.Description, Site: v.Site, Picture: v.Picture, Width: v.Width, Height: v.Height, Icon: v.Icon, Fetched: v.Fetched,
		}
	}
	return out, err
}

// Picture returns the picture of a preview.
func (l linkCards) Picture(ctx context.Context, name string) (data []byte, mediaType string, err error) {
	v, err := l.previews.Picture(ctx, name)
	return v.Data, v.Type, err
}
