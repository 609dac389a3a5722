// Package settingweb holds the pages of the settings that belong to no other area, and what all pages of the section
// "Settings" share: the areas put theirs into it.
package settingweb

import (
	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/web"
)

// Section is the navigation item of the pages of the settings.
const Section = "settings"

// The addresses of the pages. Each belongs to the area that it is about.
const (
	GeneralURL    = "/settings/"
	LimitsURL     = "/settings/limits/"
	DeliveriesURL = "/settings/deliveries/"
	SignInURL     = "/settings/sign-in/"
	RolesURL      = "/settings/roles/"
	FieldsURL     = "/settings/fields/"
	BackupsURL    = "/settings/backups/"
	FilesURL      = "/settings/files/"
	MessagesURL   = "/settings/messages/"
	MailURL       = "/settings/mail/"
	AgreementsURL = "/settings/agreements/"
	AuditURL      = "/settings/audit/"
)

// NavItem returns the entry of the rail for v; ok is false where v may see none of the pages.
func NavItem(v web.Viewer) (item web.NavItem, ok bool) {
	item = web.NavItem{ID: Section, Title: "Settings", URL: GeneralURL, Icon: "settings"}
	switch {
	case v.May(access.ChangeSettings):
	case v.May(access.ViewAudit):
		item.URL = AuditURL
	default:
		return web.NavItem{}, false
	}
	return item, true
}

// tabs are all there may be, in their order. The shell leaves out those that are not registered and those that the viewer may not see.
var tabs = []web.Tab{
	{Group: "Portal", Icon: "globe", Title: "General", URL: GeneralURL},
	{Group: "Portal", Icon: "mail", Title: "Mail", URL: MailURL},
	{Group: "Portal", Icon: "folder", Title: "Files", URL: FilesURL},
	{Group: "Portal", Icon: "messenger", Title: "Messages", URL: MessagesURL},
	{Group: "Portal", Icon: "list", Title: "Fields", URL: FieldsURL},
	{Group: "People", Icon: "key", Title: "Sign-in", URL: SignInURL},
	{Group: "People", Icon: "users", Title: "Roles", URL: RolesURL},
	{Group: "Applications", Icon: "chart", Title: "API limits", URL: LimitsURL},
	{Group: "Applications", Icon: "send", Title: "Deliveries", URL: DeliveriesURL},
	{Group: "Safety", Icon: "text", Title: "Agreements", URL: AgreementsURL},
	{Group: "Safety", Icon: "box", Title: "Backups", URL: BackupsURL},
	{Group: "Safety", Icon: "shield", Title: "Audit log", URL: AuditURL},
}

// Tabs returns the tabs of the section; current is the address of the page that shows them.
func Tabs(current string) []web.Tab {
	out := make([]web.Tab, len(tabs))
	for i, p := range tabs {
		p.Current = p.URL == current
		out[i] = p
	}
	return out
}
