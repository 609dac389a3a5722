// Package agreementweb is the pages of agreements: Settings › Agreements, and what everybody reads under the address of an agreement.
package agreementweb

import (
	"embed"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/agreement"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.css
var files embed.FS

// Config is what the pages need.
type Config struct {
	Agreements *agreement.Service
	People     web.People
	PublicURL  func(path string) string
}

type pages struct{ Config }

const url = settingweb.AgreementsURL

// Register adds the pages to the shell.
func Register(shell *web.Shell, c Config) {
	shell.Area("agreement", files)
	h := pages{c}
	may := web.Needs(access.ChangeSettings)
	shell.Page(url+"{$}", may, h.list)
	shell.Page(url+"new", may, h.kinds)
	for _, kind := range []agreement.Kind{agreement.Standard, agreement.Custom} {
		shell.Page(url+"new/"+string(kind)+"/{$}", may, h.newForm(kind))
		shell.Action(url+"new/"+string(kind)+"/save", may, h.add(kind))
	}
	shell.Page(url+"{id}/{$}", may, h.form)
	shell.Action(url+"{id}/save", may, h.save)
	shell.Action(url+"{id}/switch", may, h.turn)
	shell.Page(url+"{id}/consents/{$}", may, h.consents)
	shell.Fragment(url+"{id}/consents/export", may, h.export)
	shell.Page(agreement.Path+"{code}/{$}", web.Public, h.public)
	shell.Page(agreement.Path+"{code}/{number}/{$}", web.Public, h.public)
	shell.Command(web.Command{Title: "Agreements", URL: url, Icon: "check", Keywords: "consent privacy personal data terms", Needs: access.ChangeSettings})
}

// page is a page of the section.
func page(title, template string, body any) web.Page {
	return web.Page{
		Title: title, Section: settingweb.Section, Template: "agreement/" + template, Body: body, Layout: web.Wide,
		Tabs: settingweb.Tabs(url), Styles: []string{"agreement/agreement.css"},
	}
}
