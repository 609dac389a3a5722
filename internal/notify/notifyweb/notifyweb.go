// Package notifyweb is the notification centre in the shell: the bell with its counter, the list, how a person wants to hear of
// things, and the browsers that show pushes.
package notifyweb

import (
	"context"
	"embed"
	"net/http"
	"strconv"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.js *.css *.svg
var files embed.FS

//go:embed worker/worker.js
var worker []byte

// The addresses of the pages.
const (
	CenterURL   = notify.CenterURL
	SettingsURL = CenterURL + "settings/"
	// WorkerURL is the script that shows pushes while no page is open: it stands at the root, since it speaks for all pages.
	WorkerURL = "/notify-worker.js"
)

// section makes the pages: they belong to no entry of the rail.
var section = web.Section{Area: "notify", Styles: []string{"notify/notify.css"}, Modules: []string{"notify/center.js"}}

type pages struct {
	notify *notify.Service
	people web.People
}

// Register adds the pages.
func Register(s *web.Shell, n *notify.Service, people web.People) {
	s.Area("notify", files)
	s.Share("attach", attach.Files)
	s.Everywhere("notify/notify.js")
	h := pages{n, people}
	s.Raw(WorkerURL, serveWorker)

	s.Page(CenterURL+"{$}", web.SignedIn, h.center)
	s.Page(CenterURL+"{id}/open", web.SignedIn, h.open)
	s.Page(SettingsURL+"{$}", web.SignedIn, h.settings)
	s.Fragment(CenterURL+"key", web.SignedIn, h.key)
	s.Fragment(CenterURL+"count", web.SignedIn, h.count)

	s.Action(CenterURL+"read", web.SignedIn, h.readAll)
	s.Action(CenterURL+"seen", web.SignedIn, h.seen)
	s.Action(CenterURL+"status", web.SignedIn, h.status)
	s.Action(CenterURL+"{id}/press", web.SignedIn, h.press)
	s.Action(CenterURL+"{id}/answer", web.SignedIn, h.answer)
	s.Action(CenterURL+"{id}/mark", web.SignedIn, h.mark)
	s.Action(CenterURL+"{id}/delete", web.SignedIn, h.remove)
	s.Action(SettingsURL+"save", web.SignedIn, h.saveSettings)
	s.Action(SettingsURL+"device", web.SignedIn, h.addDevice)
	s.Action(SettingsURL+"device/remove", web.SignedIn, h.removeThis)
	s.Action(SettingsURL+"device/{id}/remove", web.SignedIn, h.removeDevice)

	s.Command(web.Command{Title: "Notifications", URL: CenterURL, Icon: "bell", Keywords: "mentions unread centre", Slider: true})
	s.Command(web.Command{Title: "Notification settings", URL: SettingsURL, Icon: "settings", Keywords: "push quiet hours sound devices", Slider: true})
}

// serveWorker sends the script that shows pushes. Browsers look for a newer one by themselves.
func serveWorker(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(worker)))
	_, _ = w.Write(worker)
}

// Bell returns the bell of the shell for v.
func Bell(ctx context.Context, n *notify.Service, v web.Viewer) (web.Bell, error) {
	unread, err := n.Unread(ctx, v.ID)
	return web.Bell{ID: "notifications", Title: "Notifications", URL: CenterURL, Count: int(unread)}, err
}
