package frameweb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/frame"
	"github.com/portico-hq/portico/internal/web"
)

// siteKinds are the media types by the endings of names. They do not depend on the machine's tables.
var siteKinds = map[string]string{
	".html": "text/html; charset=utf-8", ".htm": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".mjs": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".json": "application/json", ".map": "application/json",
	".txt": "text/plain; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
	".gif": "image/gif", ".webp": "image/webp", ".ico": "image/x-icon", ".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf",
	".mp3": "audio/mpeg", ".mp4": "video/mp4", ".wasm": "application/wasm",
}

// sitePolicy takes from every file of an application the origin of the portal: its pages have none, see no cookie and no
// storage, and reach the portal only as a page of another site does. That holds wherever the address is opened.
const sitePolicy = "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads; frame-ancestors 'self'"

// siteFile serves a file of a static application to everybody who knows its address, since its pages send no cookies.
func (h pages) siteFile(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Service-Worker") != "" { // it would stand between the portal and its people
		http.Error(w, "No service workers here", http.StatusForbidden)
		return
	}
	body, name, err := h.Frames.File(r.Context(), r.PathValue("key"), r.PathValue("path"))
	if errors.Is(err, frame.ErrNoFile) {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		http.Error(w, "The file cannot be read at the moment", http.StatusInternalServerError)
		return
	}
	kind := siteKinds[strings.ToLower(path.Ext(name))]
	if kind == "" {
		kind = "application/octet-stream"
	}
	sum := sha256.Sum256(body)
	head := w.Header()
	head.Set("Content-Type", kind)
	head.Set("Content-Security-Policy", sitePolicy)
	head.Set("Access-Control-Allow-Origin", "*") // modules and fonts of a page without an origin
	head.Set("Cache-Control", "no-cache")
	head.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// siteView is the page of the files of a static application.
type siteView struct {
	App    frame.App
	Site   *frame.Site // nil: none yet
	Size   string
	Action string
	Open   string
	Error  string
}

func filesURL(id int64) string { return "/devops/app/" + strconv.FormatInt(id, 10) + "/files" }

// files shows the files of a static application, and takes others.
func (h pages) files(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.filesPage(ctx, r, nil)
}

func (h pages) filesPage(ctx context.Context, r *web.Request, problem error) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	a, err := h.Frames.May(ctx, actor(r), id)
	if err != nil {
		return web.Page{}, err
	}
	v := siteView{App: a, Action: filesURL(id), Open: appURL(id), Error: web.FieldErrors(problem)["file"]}
	site, err := h.Frames.Site(ctx, id)
	switch {
	case err == nil:
		v.Site, v.Size = &site, sizeOf(site.Bytes)
	case !errors.Is(err, frame.ErrNoSite):
		return web.Page{}, err
	}
	p := web.Page{
		Title: "Files of " + a.Name, Section: "apps", Template: "frame/files", Body: v, Layout: web.Narrow,
		Slider: true, Behind: "/devops/integrations/",
	}
	if problem != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

func sizeOf(n int64) string {
	if n < 1<<20 {
		return strconv.FormatInt((n+1023)>>10, 10) + " KB"
	}
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
}

// upload takes the files of a static application.
func (h pages) upload(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	name, body, err := uploaded(r.MultipartForm)
	if err == nil {
		_, err = h.Frames.Upload(ctx, actor(r), id, name, body)
	}
	switch {
	case err == nil:
		return web.Redirect{To: filesURL(id), Toast: "The files are there. Open the application to see them."}, nil
	case web.FieldErrors(err) == nil || r.Fetched():
		return nil, err
	}
	return h.filesPage(ctx, r, err)
}

var errNoUpload = fault.New(fault.Invalid, "INVALID_FILES", "Choose a zip archive, or one page of HTML.").At("file")

func uploaded(form *multipart.Form) (string, []byte, error) {
	if form == nil || len(form.File["file"]) == 0 {
		return "", nil, errNoUpload
	}
	head := form.File["file"][0]
	f, err := head.Open()
	if err != nil {
		return "", nil, errNoUpload.Because(err)
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, frame.MaxUpload+1))
	if err != nil {
		return "", nil, errNoUpload.Because(err)
	}
	return head.Filename, body, nil
}
