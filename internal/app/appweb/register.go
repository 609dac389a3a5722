// Package appweb is the pages of developer resources: local applications, inbound and outbound webhooks.
package appweb

import (
	"embed"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.js *.css
var files embed.FS

// section is the navigation item of these pages.
const section = "apps"

const (
	homeURL = "/devops/"
	listURL = "/devops/integrations/"
	// consoleURL is where developers see what their applications do; package consoleweb has its pages.
	consoleURL = "/devops/console/"
)

// NavItem returns the entry of the rail that leads to these pages.
func NavItem() web.NavItem {
	return web.NavItem{ID: section, Title: "Applications", URL: homeURL, Icon: "apps"}
}

// Register adds the pages.
func Register(s *web.Shell, a *app.Service, people web.People, belongings Belongings) {
	s.Area("app", files)
	h := pages{a, people, belongings}
	s.Page("/oauth/authorize/{$}", web.SignedIn, h.consent)
	s.Action("/oauth/authorize/{$}", web.SignedIn, h.allow)
	s.Page("/devops/{$}", web.SignedIn, h.home)
	s.Page("/devops/integrations/{$}", web.SignedIn, h.list)
	s.Fragment("/devops/integrations/list", web.SignedIn, h.listFragment)

	s.Page("/devops/allowed/{$}", web.SignedIn, h.allowed)
	s.Action("/devops/allowed/{id}/revoke", web.SignedIn, h.disallow)

	apps, hooks := web.Needs(access.ManageApps), web.Needs(access.OwnWebhooks)
	s.Page("/devops/app/new", apps, h.newApp)
	s.Action("/devops/app/add", apps, h.addApp)
	s.Page("/devops/app/{id}/{$}", apps, h.app)
	s.Action("/devops/app/{id}/save", apps, h.saveApp)
	s.Action("/devops/app/{id}/install", apps, h.installApp)
	s.Action("/devops/app/{id}/secret", apps, h.newSecret)
	s.Action("/devops/app/{id}/token", apps, h.newToken)
	s.Action("/devops/app/{id}/revoke", apps, h.revokeAll)
	s.Action("/devops/app/{id}/revoke/{person}", apps, h.revokeFrom)
	s.Action("/devops/app/{id}/remove", apps, h.removeApp)

	s.Action("/devops/app/{id}/signing", apps, h.newSigningSecret)
	s.Action("/devops/app/{id}/unsigned", apps, h.stopSigning)
	registerOutbound(s, h)

	s.Page("/devops/webhook/new", hooks, h.newWebhook)
	s.Action("/devops/webhook/add", hooks, h.addWebhook)
	s.Page("/devops/webhook/{id}/{$}", web.SignedIn, h.webhook)
	s.Action("/devops/webhook/{id}/save", web.SignedIn, h.saveWebhook)
	s.Action("/devops/webhook/{id}/code", hooks, h.newCode)
	s.Action("/devops/webhook/{id}/switch", web.SignedIn, h.switchWebhook)
	s.Action("/devops/webhook/{id}/remove", web.SignedIn, h.removeWebhook)

	s.Command(web.Command{Title: "Developer resources", URL: homeURL, Icon: "code", Keywords: "applications webhooks integrations api"})
	s.Command(web.Command{
		Title: "New local application", URL: "/devops/app/new", Icon: "plug", Keywords: "bot server static", Slider: true, Needs: access.ManageApps,
	})
	s.Command(web.Command{Title: "New inbound webhook", URL: "/devops/webhook/new", Icon: "webhook", Keywords: "rest api", Slider: true, Needs: access.OwnWebhooks})
}

type pages struct {
	apps   *app.Service
	people web.People
	has    Belongings
}

// devops makes the pages of developer resources.
var devops = web.Section{Nav: section, Area: "app", Styles: []string{"app/devops.css"}, Modules: []string{"app/devops.js"}}

// answer is what a form shows in its own place: a part of the page for a module, else a whole page.
func answer(r *web.Request, title, template string, status int, body any) web.Result {
	if r.Fetched() {
		return web.HTML{Template: "app/" + template, Body: body, Status: status}
	}
	p := devops.Page(title, template, body)
	p.Layout, p.Status, p.Back = web.Narrow, status, listURL
	return p
}
