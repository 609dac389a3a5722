// Package auditweb holds the pages of the audit log: the list with its filters, an entry, the export and for how long entries
// are kept.
package auditweb

import (
	"context"
	"embed"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.css
var files embed.FS

// Person is somebody who appears in the log.
type Person struct {
	Name, Color, AvatarURL, URL string
}

// People tells who people are.
type People interface {
	// People returns those of ids who exist.
	People(ctx context.Context, ids []int64) (map[int64]Person, error)
}

// Config is what the pages need.
type Config struct {
	Log      *audit.Service
	Settings *setting.Store
	People   People
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
