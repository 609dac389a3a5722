// Package livechatweb serves the chat of sites: the script of a site's page, the frame that it opens, what the frame asks for, and the pages
// on which people set it up.
package livechatweb

import (
	"context"
	"embed"
	"net/http"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.js *.css frame.html
var files embed.FS

// Line is an open channel as these pages see it.
type Line struct {
	ID   int64
	Name string
}

// Config is what the pages need.
type Config struct {
	Chats *livechat.Service
	// Lines returns the open channels that a chat may lead to.
	Lines func(ctx context.Context) ([]Line, error)
	// PublicURL returns the absolute address of a path on the portal.
	PublicURL func(path string) string
	// Mails tells whether visitors of a line's chats can be written to by mail, and whether they can answer; nil: they cannot.
	Mails func(ctx context.Context, lineID int64) (writes, answers bool, err error)
}

type pages struct {
	Config

	frame *frame
}

// Register adds the pages and what sites and visitors call. No page of a visitor asks for a session of the portal.
func Register(s *web.Shell, c Config) {
	s.Area("livechat", files)
	s.Share("attach", attach.Files)
	h := pages{Config: c, frame: newFrame(s)}
	s.Raw("/widget/{file}", h.script)
	s.Raw("/widget/{code}/frame", h.framePage)
	s.Raw("/chat/{code}", h.publicPage)
	s.Page("/chat/{code}/mail/{key}", web.Public, h.mails)
	s.Action("/chat/{code}/mail/{key}", web.Public, h.setMails, web.MaxBody(1<<10))
	s.Action("/widget/{code}/enter", web.Public, h.enter, web.MaxBody(1<<10))
	s.Action("/widget/{code}/identify", web.Public, h.identify, web.MaxBody(8<<10))
	s.Action("/widget/{code}/messages", web.Public, h.send, web.MaxBody(64<<10))
	s.Action("/widget/{code}/profile", web.Public, h.profile, web.MaxBody(8<<10))
	s.Action("/widget/{code}/read", web.Public, h.read, web.MaxBody(1<<10))
	s.Action("/widget/{code}/typing", web.Public, h.typing, web.MaxBody(16<<10))
	s.Action("/widget/{code}/press", web.Public, h.press, web.MaxBody(1<<10))
	s.Action("/widget/{code}/rate", web.Public, h.rate, web.MaxBody(1<<10))
	s.Action("/widget/{code}/files", web.Public, h.upload, web.RawBody(), web.MaxBody(livechat.MaxFile+64<<10))
	s.Fragment("/widget/{code}/messages", web.Public, h.earlier)
	s.Fragment("/widget/{code}/files/{id}", web.Public, h.file)
	s.Stream("/widget/{code}/stream", web.Public, h.stream)

	may := web.Needs(access.ManageConnectors)
	s.Page(URL+"{$}", may, h.list)
	s.Page(URL+"new", may, h.form)
	s.Action(URL+"new", may, h.add)
	s.Page(URL+"{id}/{$}", may, h.settings)
	s.Action(URL+"{id}/{$}", may, h.change)
	s.Action(URL+"{id}/secret", may, h.secret)
	s.Action(URL+"{id}/delete", may, h.remove)
}

// caller is who asks: by the code in the address and the token in the header.
func caller(r *web.Request) livechat.Caller {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return livechat.Caller{Code: r.PathValue("code"), Token: token, Address: r.RemoteIP()}
}

// siteOf returns the origin of the page that a frame stands in, as the browser says; empty where it does not say.
func siteOf(r *http.Request) string {
	scheme, rest, ok := strings.Cut(r.Header.Get("Referer"), "://")
	if !ok {
		return ""
	}
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}
