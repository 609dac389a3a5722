// Package statweb is the pages on which people look at the numbers of open channels, and their export.
package statweb

import (
	"context"
	"embed"

	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/stat"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.css
var files embed.FS

// URL is the page of the numbers.
const URL = "/channels/statistics/"

// Stats counts; *stat.Service is one.
type Stats interface {
	Report(ctx context.Context, f stat.Filter) (stat.Report, error)
	Late(ctx context.Context, f stat.Filter, limit int) ([]stat.Late, error)
	Each(ctx context.Context, f stat.Filter, do func([]stat.Conversation) error) error
	Connectors(ctx context.Context) ([]string, error)
}

// Desk is what the pages ask of the rest of the portal.
type Desk interface {
	// Reach says of whose conversations actor may see the numbers.
	Reach(ctx context.Context, actor user.Ref) (line.Reach, error)
	// Lines returns all lines.
	Lines(ctx context.Context) ([]line.Line, error)
	// Channels names channels; those without a name are left out.
	Channels(ctx context.Context) (map[string]string, error)
	// Categories names what conversations are about, also what is deleted.
	Categories(ctx context.Context) (map[int64]string, error)
	// People tells who users are. Those who are unknown are left out.
	People(ctx context.Context, ids []int64) (map[int64]web.Person, error)
	// Operators returns who takes part in conversations, of all lines.
	Operators(ctx context.Context) ([]int64, error)
}

// Config is what the pages need.
type Config struct {
	Stats Stats
	Desk  Desk
	// Nav is the entry of the rail to which the pages belong.
	Nav string
	// Tabs are those of the pages beside; nil: none.
	Tabs func(v web.Viewer, current string) []web.Tab
}

type pages struct{ Config }

// Register adds the pages.
func Register(s *web.Shell, c Config) {
	s.Area("linestat", files)
	h := pages{c}
	s.Page(URL+"{$}", web.SignedIn, h.show)
	s.Fragment(URL+"conversations.csv", web.SignedIn, h.exportConversations)
	s.Fragment(URL+"numbers.csv", web.SignedIn, h.exportNumbers)
	s.Command(web.Command{Title: "Statistics of open channels", URL: URL, Icon: "chart", Keywords: "numbers report answer time operators load rating lines"})
}

func (h pages) page(r *web.Request, body any) web.Page {
	p := web.Section{Nav: h.Nav, Area: "linestat", Styles: []string{"linestat/stat.css"}}.Page("Statistics", "stat", body)
	if h.Tabs != nil {
		p.Tabs = h.Tabs(r.Viewer, URL)
	}
	return p
}
