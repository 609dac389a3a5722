// Package settingweb is what the pages of the section "Settings" share: the areas put their pages into it.
package settingweb

import "github.com/portico-hq/portico/internal/web"

// Section is the navigation item of the pages of the settings.
const Section = "settings"

// The addresses of the pages. Each belongs to the area that it is about.
const (
	GeneralURL    = "/settings/"
	LimitsURL     = "/settings/limits/"
	DeliveriesURL = "/settings/deliveries/"
	SignInURL     = "/settings/sign-in/"
	RolesURL      = "/settings/roles/"
	BackupsURL    = "/settings/backups/"
	AuditURL      = "/settings/audit/"
)

// NavItem returns the entry of the rail, which only administrators see.
func NavItem() web.NavItem {
	return web.NavItem{ID: Section, Title: "Settings", URL: pages[0].URL, Icon: "settings"}
}

// pages are those that are registered, in the order of the tabs.
var pages = []web.Tab{
	{Title: "Roles", URL: RolesURL},
}

// Tabs returns the tabs of the section; current is the address of the page that shows them.
func Tabs(current string) []web.Tab {
	out := make([]web.Tab, len(pages))
	for i, p := range pages {
		p.Current = p.URL == current
		out[i] = p
	}
	return out
}
