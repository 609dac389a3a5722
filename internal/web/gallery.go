package web

import (
	"context"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/web/ui"
)

// galleryView is what the component gallery shows.
type galleryView struct {
	Icons   []string
	Options []ui.Option
	Tabs    []Tab
	People  []galleryPerson
	Chosen  []ui.Person
	Now     time.Time
	Value   string
	Errors  map[string]string
}

type galleryPerson struct {
	Name     string
	Role     string
	Presence string
	Tone     string
	State    string
	Seen     time.Time
}

func (s *Shell) galleryView() galleryView {
	now := s.cfg.Clock.Now()
	return galleryView{
		Icons: ui.Icons(), Now: now,
		Chosen:  []ui.Person{{ID: 1, Name: "Marta Lindqvist"}, {ID: 2, Name: "Tomás Herrera"}},
		Options: []ui.Option{{Value: "server", Title: "Server"}, {Value: "static", Title: "Static"}},
		Tabs:    []Tab{{Title: "Assigned to me", URL: "/ui", Current: true, Count: 12}, {Title: "Set by me", URL: "/ui"}, {Title: "All", URL: "/ui"}},
		People: []galleryPerson{
			{"Marta Lindqvist", "Support lead", "online", "success", "Done", now.Add(-3 * time.Minute)},
			{"Tomás Herrera", "Sales", "away", "danger", "Overdue", now.Add(-4 * time.Hour)},
			{"Aiko Tanaka", "Finance", "busy", "warning", "Due today", now.Add(-26 * time.Hour)},
			{"Jonas Weber", "Warehouse", "offline", "neutral", "New", now.Add(-400 * time.Hour)},
		},
		Errors: map[string]string{"handler": "The address must begin with https:// or http://."},
	}
}

// addGallery serves the living list of components, for developers.
func (s *Shell) addGallery() {
	page := func(p Page) PageFunc {
		return func(context.Context, *Request) (Page, error) {
			p.Body = s.galleryView()
			return p, nil
		}
	}
	keys := []Key{{"N", "New task"}, {"Ctrl Enter", "Send"}}
	tabs := []Tab{{Title: "Components", URL: "/ui", Current: true}, {Title: "Panes", URL: "/ui/panes"}}
	s.Page("/ui", Public, page(Page{
		Title: "Components", Template: "web/gallery", Layout: Wide, Tabs: tabs, Keys: keys,
		Actions: []Action{{Title: "Open slider", URL: "/ui/slider", Icon: "plus", Primary: true, Slider: true, Key: "n"}},
	}))
	s.Page("/ui/panes", Public, page(Page{Title: "Panes", Template: "web/gallery-panes", Keys: keys}))
	s.Page("/ui/slider", Public, page(Page{
		Title: "Local application", Template: "web/gallery-slider", Layout: Narrow, Slider: true, Behind: "/ui",
	}))
	s.Action("/ui/slider", Public, func(_ context.Context, r *Request) (Result, error) {
		if !strings.HasPrefix(r.PostFormValue("handler"), "http") {
			return nil, fault.New(fault.Invalid, "HANDLER", "The address must begin with https:// or http://.").At("handler")
		}
		return Redirect{To: "/ui", Toast: "Application saved"}, nil
	})
}
