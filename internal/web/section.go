package web

import (
	"context"

	"github.com/portico-hq/portico/internal/user"
)

// Ref returns the viewer as those who act are named in areas.
func (v Viewer) Ref() user.Ref { return user.Ref{ID: v.ID, Admin: v.Admin, Access: v.Access} }

// Person is how somebody is shown beside what they did.
type Person struct {
	Name, Color, AvatarURL string
	URL                    string // of their profile; empty where pages do not lead there
}

// People tells who users are. Those who are unknown are left out.
type People interface {
	People(ctx context.Context, ids []int64) (map[int64]Person, error)
}

// Section makes the pages of an area that belong to one entry of the rail.
type Section struct {
	Nav     string // ID of the navigation item
	Area    string // the name of the templates, see Shell.Area
	Styles  []string
	Modules []string
}

// Page returns a wide page that shows body.
func (s Section) Page(title, template string, body any) Page {
	return Page{
		Title: title, Section: s.Nav, Template: s.Area + "/" + template, Body: body, Layout: Wide, Styles: s.Styles, Modules: s.Modules,
	}
}

// Slider returns a page that opens over the page behind.
func (s Section) Slider(title, template, behind string, body any) Page {
	p := s.Page(title, template, body)
	p.Layout, p.Slider, p.Behind = Narrow, true, behind
	return p
}
