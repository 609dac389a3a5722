package web

import (
	"cmp"
	"context"
	"strings"
	"sync"

	"github.com/portico-hq/portico/internal/access"
)

// SearchHit is a line of the search palette.
type SearchHit struct {
	Title    string
	Subtitle string
	URL      string
	Icon     string // shown when there is no Avatar
	// Avatar shows a picture, or the initials of Title on a colour, instead of an icon.
	Avatar      bool
	AvatarURL   string
	AvatarColor string
	Slider      bool // opens in a slider
}

// SearchFunc finds what v may see and q matches, the best first; a handful is enough. q is trimmed and not empty.
type SearchFunc func(ctx context.Context, v Viewer, q string) ([]SearchHit, error)

// Command is a page or a deed that the palette offers by its title and keywords.
type Command struct {
	Title    string
	URL      string
	Icon     string
	Keywords string // further words that find it
	Keys     string // shown beside it, e.g. "N"
	Slider   bool
	Post     bool       // sends a POST to URL
	Admin    bool       // for administrators only
	Needs    access.Set // permissions without which it is not offered
}

type searchProvider struct {
	name string
	find SearchFunc
}

type searchGroup struct {
	Name string
	Hits []SearchHit
	Cmds []Command
}

// Search adds a group of hits, headed name, to the palette. Groups are shown in the order of registration.
func (s *Shell) Search(name string, f SearchFunc) {
	s.search = append(s.search, searchProvider{name, f})
}

// Command adds a command to the palette.
func (s *Shell) Command(c Command) { s.commands = append(s.commands, c) }

// searchFragment answers /search?q=: pages and commands first, then what the areas find.
func (s *Shell) searchFragment(ctx context.Context, r *Request) (Result, error) {
	q := strings.TrimSpace(r.FormValue("q"))
	cmds, err := s.matchCommands(ctx, r.Viewer, q)
	if err != nil {
		return nil, err
	}
	groups := s.find(ctx, r.Viewer, q)
	if len(cmds) > 0 {
		groups = append(groups, searchGroup{Name: "Go to", Cmds: cmds})
	}
	return HTML{Template: "web/search", Body: map[string]any{"Groups": groups, "Query": q}}, nil
}

// find asks the areas at once. One that fails is logged and left out: the others' hits are still of use.
func (s *Shell) find(ctx context.Context, v Viewer, q string) []searchGroup {
	if q == "" {
		return nil
	}
	found := make([]searchGroup, len(s.search))
	var wg sync.WaitGroup
	for i, p := range s.search {
		wg.Go(func() {
			hits, err := p.find(ctx, v, q)
			if err != nil && ctx.Err() == nil {
				s.log.ErrorContext(ctx, "search", "group", p.name, "error", err)
				return
			}
			found[i] = searchGroup{Name: p.name, Hits: hits}
		})
	}
	wg.Wait()
	var groups []searchGroup
	for _, g := range found {
		if len(g.Hits) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

func (s *Shell) matchCommands(ctx context.Context, v Viewer, q string) ([]Command, error) {
	items, err := s.navigation(ctx, v)
	if err != nil {
		return nil, err
	}
	var all []Command
	for _, n := range items {
		all = append(all, Command{Title: n.Title, URL: n.URL, Icon: cmp.Or(n.Icon, "apps")})
	}
	var cmds []Command
	for _, c := range append(all, s.commands...) {
		if (!c.Admin || v.Admin) && v.May(c.Needs) && matches(c.Title+" "+c.Keywords, q) {
			cmds = append(cmds, c)
		}
	}
	return cmds, nil
}

// matches reports whether every word of q begins a word of text.
func matches(text, q string) bool {
	words := strings.Fields(strings.ToLower(text))
	for part := range strings.FieldsSeq(strings.ToLower(q)) {
		hit := false
		for _, w := range words {
			hit = hit || strings.HasPrefix(w, part)
		}
		if !hit {
			return false
		}
	}
	return true
}
