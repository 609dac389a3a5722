// Package auditweb holds the pages of the audit log: the list with its filters, an entry, the export and for how long entries
// are kept.
package auditweb

import (
	"embed"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.css
var files embed.FS

// Config is what the pages need.
type Config struct {
	Log      *audit.Service
	Settings *setting.Store
	People   web.People
}

type pages struct{ Config }

// Register adds the pages to the shell.
func Register(shell *web.Shell, c Config) {
	shell.Area("audit", files)
	h := pages{c}
	const url = settingweb.AuditURL
	see := web.Needs(access.ViewAudit)
	shell.Page(url+"{$}", see, h.list)
	shell.Page(url+"{id}/{$}", see, h.entry)
	shell.Fragment(url+"export", see, h.export)
	keep := web.Needs(access.ViewAudit | access.ChangeSettings)
	shell.Page(url+"keep", keep, h.keepPage)
	shell.Action(url+"keep", keep, h.keep)
	shell.Command(web.Command{Title: "Audit log", URL: url, Icon: "shield", Needs: access.ViewAudit})
}
