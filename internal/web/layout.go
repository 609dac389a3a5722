package web

import (
	"encoding/json"
	"html/template"
	"maps"
	"slices"
	"strings"
)

// layoutView is what the layout template shows.
type layoutView struct {
	Page       Page
	PortalName string
	Content    template.HTML
	Nav        []NavItem
	Apps       []NavItem
	More       bool // there is more than the bottom bar of a phone holds
	Lang       string
	Theme      string
	ImportMap  template.HTML // JSON with < escaped: html/template does not know the type importmap
	Preload    []string      // URLs of modules
	Styles     []string      // URLs
	Modules    string        // names, for the shell to import
	Everywhere string        // names of those that are on every page
	StyleNames string
	Toast      string
	Slider     *overlayView
	Keys       []Key
	Live       bool
	Banner     *Banner
	Bell       *Bell
	Beside     []tabGroup // the tabs, where they are a list beside the page
}

// tabGroup is tabs under one head.
type tabGroup struct {
	Title string
	Tabs  []Tab
}

// besideOf groups tabs that have heads; nil where they have none.
func besideOf(tabs []Tab) (out []tabGroup) {
	for _, t := range tabs {
		if n := len(out); t.Group == "" {
			return nil
		} else if n == 0 || out[n-1].Title != t.Group {
			out = append(out, tabGroup{Title: t.Group})
		}
		out[len(out)-1].Tabs = append(out[len(out)-1].Tabs, t)
	}
	return out
}

func (s *Shell) layoutView(r *Request, p Page, content template.HTML) (*layoutView, error) {
	var items []NavItem
	if p.Layout != Blank {
		var err error
		if items, err = s.navigation(r.Context(), r.Viewer); err != nil {
			return nil, err
		}
	}
	v := &layoutView{
		Page: p, PortalName: s.name(), Content: content, Lang: "en", Theme: "system",
		Modules: strings.Join(p.Modules, " "), StyleNames: strings.Join(p.Styles, " "),
		Toast: readToast(r), Slider: r.over.view(), Live: s.cfg.Live != nil && r.Viewer.SignedIn(),
		ImportMap: s.importMap(), Keys: p.Keys, Beside: besideOf(p.Tabs),
	}
	if r.Viewer.Theme != "" {
		v.Theme = r.Viewer.Theme
	}
	if r.Viewer.SignedIn() && p.Layout != Blank {
		v.Everywhere = strings.Join(s.everywhere, " ")
	}
	if s.cfg.Bell != nil && r.Viewer.SignedIn() && p.Layout != Blank && p.Layout != Bare {
		bell, err := s.cfg.Bell(r.Context(), r.Viewer)
		if err != nil {
			return nil, err
		}
		v.Bell = &bell
	}
	if s.cfg.Banner != nil && r.Viewer.SignedIn() {
		v.Banner = s.cfg.Banner(r.Viewer)
	}
	for _, n := range items {
		if n.App {
			v.Apps = append(v.Apps, n)
		} else {
			v.Nav = append(v.Nav, n)
		}
	}
	v.More = len(items) > 4
	return v, v.assets(s, p, r.over)
}

// assets fills in the addresses of the styles and modules that the page and the slider over it need.
func (v *layoutView) assets(s *Shell, p Page, over *overlay) error {
	base := baseModules
	if p.Layout == Blank {
		base = blankModules
	}
	modules := slices.Concat(base, p.Modules)
	if v.Everywhere != "" {
		modules = append(modules, s.everywhere...)
	}
	styles := slices.Concat([]string{"ui/ui.css"}, p.Styles)
	if over != nil {
		modules = append(modules, over.page.Modules...)
		styles = append(styles, over.page.Styles...)
	}
	names, err := s.closure(modules)
	if err != nil {
		return err
	}
	for _, n := range names {
		u, err := s.assetURL(n)
		if err != nil {
			return err
		}
		v.Preload = append(v.Preload, u)
	}
	for _, n := range styles {
		u, err := s.assetURL(n)
		if err != nil {
			return err
		}
		if !slices.Contains(v.Styles, u) {
			v.Styles = append(v.Styles, u)
		}
	}
	return nil
}

// importMap maps "area/" to the address of the area's assets. An area has one hash, so the map stays short.
func (s *Shell) importMap() template.HTML {
	m := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s.areas)) {
		m[name+"/"] = s.areas[name].url("")
	}
	b, _ := json.Marshal(map[string]any{"imports": m}) // strings only: cannot fail, and < is escaped
	return template.HTML(b)                            //nolint:gosec // our own names and hashes
}
