// Package fileweb is the file area's pages: how files come in, how they are shown and downloaded.
//
// # Addresses
//
// /file/7/ is the viewer of file 7, /file/7/show/name its content in the browser, /file/7/download the same to keep, and
// /file/7/preview?size=640 a small copy of a picture. /upload takes files, whole or in parts (upload.js does the latter). What a
// signed link leads to is below /rest/, for programs: see Links. /disk/ is the viewer's own drive, /disk/company/ that of all, /disk/9/ a
// folder.
package fileweb

import (
	"context"
	"embed"
	"net/url"
	"strconv"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.js *.css
var files embed.FS

// Chats finds the chats that files are sent to.
type Chats interface {
	// OpenDialog returns the chat that a dialog id names for a viewer and creates a private one.
	OpenDialog(ctx context.Context, dialogID string, viewer int64) (chatID int64, err error)
}

// People tells who people are.
type People interface {
	Names(ctx context.Context, ids []int64) (map[int64]string, error)
}

// Config is what the pages need beside the files.
type Config struct {
	Chats    Chats
	People   People
	Settings *setting.Store
	Audit    *audit.Service
	// PublicURL returns the absolute address of a path on the portal.
	PublicURL func(path string) string
}

type pages struct {
	files  *file.Service
	chats  Chats
	people People
	cfg    Config
}

// maxForm is the largest form with files: what it holds is bounded by the portal's limit, file by file.
const maxForm = file.MaxFileMB << 20

// Register adds the pages to a shell.
func Register(s *web.Shell, f *file.Service, c Config) {
	h := pages{f, c.Chats, c.People, c}
	s.Area("file", files)
	s.Page("/file/{id}/{$}", web.SignedIn, h.view)
	s.Fragment("/file/{id}/show", web.SignedIn, h.show)
	s.Fragment("/file/{id}/show/{name}", web.SignedIn, h.show) // viewers of the browser's own call a file as its address does
	s.Fragment("/file/{id}/download", web.SignedIn, h.download)
	s.Fragment("/file/{id}/preview", web.SignedIn, h.preview)
	s.Action("/upload", web.SignedIn, h.upload, web.RawBody(), web.MaxBody(maxForm))
	s.Action("/upload/begin", web.SignedIn, h.begin)
	s.Action("PUT /upload/{upload}", web.SignedIn, h.part, web.RawBody(), web.MaxBody(file.PartSize+1))
	s.Fragment("/upload/{upload}", web.SignedIn, h.progress)
	s.Action("/upload/{upload}/finish", web.SignedIn, h.finish)
	s.Action("DELETE /upload/{upload}", web.SignedIn, h.cancel)
	h.registerDrive(s)
	h.registerPublic(s)
	h.registerFields(s)
	h.registerSettings(s)
}

func actor(r *web.Request) file.Actor { return file.Actor{UserID: r.Viewer.ID} }

// URL returns the address of a file's viewer.
func URL(id int64) string { return "/file/" + strconv.FormatInt(id, 10) + "/" }

// ShowURL returns the address at which the browser shows a file by itself.
func ShowURL(n file.Node) string {
	return URL(n.ID) + "show/" + url.PathEscape(n.Name) + "?v=" + version(n)
}

// DownloadURL returns the address at which a file is downloaded.
func DownloadURL(id int64) string { return URL(id) + "download" }

// PreviewURL returns the address of a preview, "" where there is none.
func PreviewURL(n file.Node, side int64) string {
	if !n.Previewable() {
		return ""
	}
	return URL(n.ID) + "preview?size=" + strconv.FormatInt(side, 10) + "&v=" + version(n)
}

// version is in the addresses of contents, so that browsers may keep these for ever.
func version(n file.Node) string { return n.Sum[:min(10, len(n.Sum))] }

// described is a file as the modules get it.
type described struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Size     int64  `json:"size"`
	Kind     string `json:"kind"` // "image", "video", "audio", "pdf", "text" or "file"
	Type     string `json:"type"`
	URL      string `json:"url"` // of the viewer
	Show     string `json:"show"`
	Download string `json:"download"`
	Preview  string `json:"preview,omitempty"`
	Width    int64  `json:"width,omitempty"` // of the preview where there is one, else of the picture
	Height   int64  `json:"height,omitempty"`
	Duration int64  `json:"duration,omitempty"` // milliseconds
	Wave     string `json:"wave,omitempty"`
	Voice    bool   `json:"voice,omitempty"`
	Lies     bool   `json:"lies,omitempty"` // it is not what its name promises
}

func describe(n file.Node) described {
	d := described{
		ID: n.ID, Name: n.Name, Size: n.Size, Kind: string(n.Kind()), Type: n.Type, URL: URL(n.ID), Show: ShowURL(n),
		Download: DownloadURL(n.ID), Preview: PreviewURL(n, file.MediumPreview), Width: n.Width, Height: n.Height,
		Duration: n.Duration.Milliseconds(), Wave: n.Wave, Voice: n.Voice, Lies: n.Lies(),
	}
	if d.Preview != "" {
		d.Width, d.Height = n.PreviewSize(file.MediumPreview)
	}
	return d
}
