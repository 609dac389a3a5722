package filerest

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// The addresses of signed links.
const (
	downloadPath = "/rest/download.json"
	uploadPath   = "/rest/upload.json"
	uploadField  = "file"
)

// IsLink reports whether an address is that of a signed link. Doubled and missing slashes do not matter, as everywhere below /rest/.
func IsLink(path string) bool {
	return linkName(path) != ""
}

func linkName(path string) string {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if len(parts) != 2 || !strings.EqualFold(parts[0], "rest") {
		return ""
	}
	switch name := strings.ToLower(strings.TrimSuffix(strings.ToLower(parts[1]), ".json")); name {
	case "download", "upload":
		return name
	}
	return ""
}

// Links answers the addresses of signed links: GET for a content, POST of a form with a file for an upload.
type Links struct {
	h   handlers
	log *slog.Logger
}

// NewLinks returns what answers signed links.
func NewLinks(f *file.Service, c Config, log *slog.Logger) *Links { return &Links{handlers{f, c}, log} }

var _ http.Handler = (*Links)(nil)

// ServeHTTP does what the link is for.
func (l *Links) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	link, err := l.h.files.ReadLink(strings.TrimPrefix(r.URL.Query().Get("token"), "disk|"))
	upload := linkName(r.URL.Path) == "upload"
	switch {
	case err != nil:
	case upload != (link.Action == file.UploadFile):
		err = file.ErrLink
	case upload:
		err = l.upload(w, r, link)
	default:
		err = l.download(w, r, link)
	}
	if err != nil {
		l.fail(w, r, err)
	}
}

func (l *Links) download(w http.ResponseWriter, r *http.Request, link file.Link) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return fault.New(fault.Invalid, "INVALID_REQUEST", "Files are downloaded with GET")
	}
	n, err := l.h.files.Follow(r.Context(), link)
	if err != nil {
		return err
	}
	var content io.ReadSeeker
	kind := n.Type
	if link.Action == file.ShowPreview {
		o, previewKind, err := l.h.files.Preview(r.Context(), n, link.Value)
		if err != nil {
			return err
		}
		defer func() { _ = o.Close() }()
		content, kind = o, previewKind
	} else {
		o, err := l.h.files.Open(r.Context(), n)
		if err != nil {
			return err
		}
		defer func() { _ = o.Close() }()
		content = o
		w.Header().Set("ETag", strconv.Quote(n.Sum))
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": n.Name}))
	if link.Action == file.ShowPreview {
		h.Set("Content-Disposition", "inline")
	}
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, no-cache")
	http.ServeContent(w, r, "", n.Updated, content)
	return nil
}

// errNoForm is the fault of an upload without a file.
var errNoForm = fault.New(fault.Invalid, "ERROR_ARGUMENT", "Send the file in the field `file` of a form (multipart/form-data)")

// upload takes the first file of the form, as it comes.
func (l *Links) upload(w http.ResponseWriter, r *http.Request, link file.Link) error {
	if r.Method != http.MethodPost {
		return fault.New(fault.Invalid, "INVALID_REQUEST", "Files are uploaded with POST")
	}
	limits, err := l.h.files.Limits(r.Context())
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, limits.MaxMB<<20+64<<10)
	parts, err := r.MultipartReader()
	if err != nil {
		return errNoForm.Because(err)
	}
	for {
		p, err := parts.NextPart()
		if err != nil {
			return errNoForm.Because(err)
		}
		if p.FileName() == "" || p.FormName() != uploadField {
			continue
		}
		right, err := l.h.files.Right(r.Context(), link.Actor, link.NodeID)
		if err == nil && right < file.Add {
			err = file.ErrAccess
		}
		if err != nil {
			return told(err, link.NodeID, errNameTaken)
		}
		content, err := l.h.files.Receive(r.Context(), p)
		if big := (*http.MaxBytesError)(nil); errors.As(err, &big) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errNotSaved.Because(err)
		}
		if err != nil {
			return unsaved(err, errNotSaved)
		}
		return l.add(w, r, link, p.FileName(), content)
	}
}

func (l *Links) add(w http.ResponseWriter, r *http.Request, link file.Link, name string, c file.Content) error {
	n, err := l.h.files.Add(r.Context(), link.Actor, link.NodeID, file.NewFile{Name: name, Content: c, Unique: link.Value == 1})
	if err != nil {
		return told(err, link.NodeID, errNameTaken)
	}
	call := &rest.Call{Principal: rest.Principal{UserID: link.Actor.UserID, AppID: link.Actor.AppID}, Start: n.Created}
	return writeJSON(w, http.StatusOK, map[string]phpform.Value{"result": l.h.object(call, n, fresh)})
}

func (l *Links) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return
	}
	f := fault.Of(err)
	status := http.StatusBadRequest
	switch f.Kind {
	case fault.Internal:
		l.log.ErrorContext(r.Context(), "signed link", "error", err)
		status = http.StatusInternalServerError
	case fault.Denied:
		status = http.StatusForbidden
	case fault.NotFound:
		status = http.StatusNotFound
	}
	if err := writeJSON(w, status, map[string]string{"error": f.Code, "error_description": f.Text}); err != nil {
		l.log.WarnContext(r.Context(), "signed link", "error", err)
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, err = w.Write(raw)
	return err
}
