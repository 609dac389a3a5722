package web

import (
	"context"
	"fmt"
)

// Widget is a page of an application that a page of the portal offers.
type Widget struct {
	Title string
	Text  string // what it is for; may be empty
	App   string // whose it is
	URL   string // of its page, which links open with data-slider
	Frame string // for an <app-frame>, which shows it in its place

	// How the application wants it to look, where its place knows of it; empty and 0: it does not say.
	Icon          string // a name of Font Awesome 4, e.g. "fa-rocket"
	Color         string // "#rrggbb"
	Width, Height int    // of the frame, in percent of the room that there is
}

// WidgetQuery asks for the pages that applications show at a place.
type WidgetQuery struct {
	Place   string // the documented code
	Project int64  // of the task at which they show; 0: none
	Chat    string // the kind of chat at which they show; empty: none
	// Options are what the pages are told: names and values by turns. The value ":id" stands for the number of what an application
	// bound there.
	Options []string
}

// WidgetFunc returns the pages that applications show a viewer at a place. It runs for every page, so it should be cheap.
type WidgetFunc func(ctx context.Context, v Viewer, q WidgetQuery) ([]Widget, error)

// Widgets sets what tells which pages applications show. Without it there are none.
func (s *Shell) Widgets(f WidgetFunc) { s.widgets = f }

// Widgets returns what applications show the viewer at a place.
func (r *Request) Widgets(ctx context.Context, q WidgetQuery) ([]Widget, error) {
	if r.shell.widgets == nil || !r.Viewer.SignedIn() {
		return nil, nil
	}
	return r.shell.widgets(ctx, r.Viewer, q)
}

// widgets is the template function: the code of a place, then pairs of a name and a value for the pages to be told. The names
// ":project" and ":chat" say instead at what the widgets show.
func (b *boundSet) widgets(place string, kv ...any) ([]Widget, error) {
	if len(kv)%2 != 0 {
		return nil, fmt.Errorf("web: widgets %s: a name without a value", place)
	}
	q := WidgetQuery{Place: place}
	for i := 0; i < len(kv); i += 2 {
		name, value := fmt.Sprint(kv[i]), kv[i+1]
		switch name {
		case ":project":
			q.Project, _ = value.(int64)
		case ":chat":
			q.Chat = fmt.Sprint(value)
		default:
			q.Options = append(q.Options, name, fmt.Sprint(value))
		}
	}
	return b.r.Widgets(b.r.Context(), q)
}
