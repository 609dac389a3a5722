package livechatweb

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/web"
)

// frame is the page of the chat, and the script that opens it.
type frame struct {
	page          *template.Template
	script, style string // addresses
	parts         string // of the styles of attachments and buttons, which few chats need
	icon          string
	loader        string
}

func newFrame(s *web.Shell) *frame {
	loader, err := files.ReadFile("loader.js")
	if err != nil {
		panic(err)
	}
	return &frame{
		page: template.Must(template.ParseFS(files, "frame.html")), loader: string(loader),
		script: s.AssetURL("livechat/frame.js"), style: s.AssetURL("livechat/frame.css"),
		parts: s.AssetURL("attach/attach.css"), icon: s.AssetURL("web/icon.svg"),
	}
}

// Ink returns the colour that can be read on a colour written as "#rrggbb": the one with the greater contrast.
func Ink(color string) string {
	v, err := strconv.ParseUint(strings.TrimPrefix(color, "#"), 16, 32)
	if err != nil {
		return "#ffffff"
	}
	linear := func(c uint64) float64 {
		x := float64(c&255) / 255
		return x * x // near enough to the curve of sRGB to choose between two
	}
	light := 0.2126*linear(v>>16) + 0.7152*linear(v>>8) + 0.0722*linear(v)
	if 1.05/(light+0.05) >= (light+0.05)/0.05 {
		return "#ffffff"
	}
	return "#000000"
}

// script answers with the script of a widget. A code that is none gets a script that says so: the page of the site goes on.
func (h pages) script(w http.ResponseWriter, r *http.Request) {
	code, ok := strings.CutSuffix(r.PathValue("file"), ".js")
	if !ok {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/javascript; charset=utf-8")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	widget, _, err := h.Chats.ByCode(r.Context(), code)
	if err != nil {
		w.WriteHeader(statusOf(err))
		_, _ = w.Write([]byte("console.warn(\"PorticoChat: there is no such chat.\")"))
		return
	}
	config, err := json.Marshal(map[string]string{
		"code": widget.Code, "title": widget.Title, "color": widget.Color, "ink": Ink(widget.Color), "position": widget.Position,
	})
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	body := []byte("(() => {\n" + h.frame.loader + "\nstart(" + string(config) + ", document.currentScript)\n})()\n")
	sum := sha256.Sum256(body)
	header.Set("ETag", `W/"`+hex.EncodeToString(sum[:8])+`"`)
	header.Set("Cache-Control", "public, max-age=300")
	if r.Header.Get("If-None-Match") == header.Get("ETag") {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		body = packed(body)
	}
	_, _ = w.Write(body)
}

func packed(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(body) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

func statusOf(err error) int {
	switch fault.KindOf(err) {
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusForbidden
}

// framePage is the chat inside a page of a site. Browsers show it only on the sites that are allowed.
func (h pages) framePage(w http.ResponseWriter, r *http.Request) {
	widget, _, err := h.Chats.ByCode(r.Context(), r.PathValue("code"))
	if err != nil {
		http.Error(w, "There is no such chat.", statusOf(err))
		return
	}
	own := strings.TrimSuffix(h.PublicURL(""), "/")
	if site := siteOf(r); site != "" && site != own && !widget.Allows(site) {
		http.Error(w, "This chat is not for this site.", http.StatusForbidden)
		return
	}
	ancestors := "*"
	if len(widget.Sites) > 0 {
		ancestors = "'self' " + strings.Join(widget.Sites, " ")
	}
	h.writeFrame(w, r, widget, ancestors, false)
}

// publicPage is the chat alone, for a link.
func (h pages) publicPage(w http.ResponseWriter, r *http.Request) {
	widget, _, err := h.Chats.ByCode(r.Context(), r.PathValue("code"))
	if err == nil && !widget.Public {
		err = livechat.ErrNoWidget
	}
	if err != nil {
		http.Error(w, "There is no such chat.", statusOf(err))
		return
	}
	h.writeFrame(w, r, widget, "'none'", true)
}

// frameConfig is what the modules of the frame need.
type frameConfig struct {
	Code     string            `json:"code"`
	Title    string            `json:"title"`
	Greeting string            `json:"greeting"`
	Offline  string            `json:"offline"`
	Color    string            `json:"color"`
	Ink      string            `json:"ink"`
	Ask      map[string]string `json:"ask"`
	Sites    []string          `json:"sites,omitempty"`
	MaxFile  int64             `json:"maxFile"`
	Parts    string            `json:"parts"` // the styles of attachments and buttons
}

func (h pages) writeFrame(w http.ResponseWriter, r *http.Request, widget livechat.Widget, ancestors string, alone bool) {
	config, err := json.Marshal(frameConfig{
		Code: widget.Code, Title: widget.Title, Greeting: widget.Greeting, Offline: widget.OfflineText, Color: widget.Color, Ink: Ink(widget.Color),
		Ask:   map[string]string{"name": string(widget.Name), "email": string(widget.Email), "phone": string(widget.Phone)},
		Sites: widget.Sites, MaxFile: livechat.MaxFile, Parts: h.frame.parts,
	})
	var b bytes.Buffer
	if err == nil {
		err = h.frame.page.Execute(&b, map[string]any{
			"Title": widget.Title, "Theme": widget.Theme, "Script": h.frame.script, "Style": h.frame.style, "Config": string(config), "Alone": alone, "Icon": h.frame.icon,
		})
	}
	if err != nil {
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	// What operators write may hold pictures of elsewhere and colours; scripts are the portal's own files alone.
	header.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; object-src 'none'; script-src 'self'; style-src 'self'; "+
		"style-src-attr 'unsafe-inline'; connect-src 'self'; img-src 'self' https: data: blob:; media-src blob:; frame-ancestors "+ancestors)
	_, _ = w.Write(b.Bytes())
}
