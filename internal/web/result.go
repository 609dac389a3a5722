package web

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

func (s *Shell) writeResult(w http.ResponseWriter, r *Request, res Result) error {
	switch v := res.(type) {
	case Redirect:
		s.redirect(w, r, v)
	case JSON:
		s.writeJSON(w, statusOr(v.Status), v.Value)
	case Page:
		return s.writePage(w, r, v)
	case HTML:
		return s.writeFragment(w, r, v)
	case File:
		writeFile(w, r, v)
	case Download:
		s.writeDownload(w, r, v)
	case WithCookies:
		for _, c := range v.Cookies {
			http.SetCookie(w, c)
		}
		return s.writeResult(w, r, v.Result)
	case signedOut:
		v.write(w, r)
	case NoContent:
		w.WriteHeader(http.StatusNoContent)
	default:
		return fmt.Errorf("web: a route answered %T", res)
	}
	return nil
}

func (s *Shell) redirect(w http.ResponseWriter, r *Request, v Redirect) {
	if r.Fetched() {
		s.writeJSON(w, http.StatusOK, map[string]string{"redirect": v.To, "toast": v.Toast})
		return
	}
	if v.Toast != "" {
		http.SetCookie(w, &http.Cookie{
			Name: toastCookie, Path: "/", MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.Secure(),
			Value: base64.RawURLEncoding.EncodeToString([]byte(v.Toast)),
		})
	}
	http.Redirect(w, r.Request, v.To, http.StatusSeeOther)
}

func readToast(r *Request) string {
	c, err := r.Cookie(toastCookie)
	if err != nil {
		return ""
	}
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return ""
	}
	return string(b)
}

func (s *Shell) writeFragment(w http.ResponseWriter, r *Request, v HTML) error {
	b := getBuffer()
	defer putBuffer(b)
	if err := s.execute(b, r, v.Template, v.Body); err != nil {
		return err
	}
	writeHTML(w, r.Request, statusOr(v.Status), b.Bytes())
	return nil
}

func writeHTML(w http.ResponseWriter, r *http.Request, code int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Encoding")
	if len(body) < 1400 || !acceptsGzip(r) {
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(code)
		_, _ = w.Write(body)
		return
	}
	h.Set("Content-Encoding", "gzip")
	w.WriteHeader(code)
	packTo(w, body)
}

// writeFile sends a file. Only what cannot run as a page is shown inline.
func writeFile(w http.ResponseWriter, r *Request, f File) {
	if c, ok := f.Content.(io.Closer); ok {
		defer c.Close()
	}
	kind, _, err := mime.ParseMediaType(f.Type)
	if err != nil {
		kind = "application/octet-stream"
	}
	how := "attachment"
	if f.Inline && shownInline(kind) {
		how = "inline"
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": f.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'self'")
	if how == "inline" && kind == pdf {
		h.Set("Content-Security-Policy", pdfPolicy)
	}
	if f.Tag != "" {
		h.Set("ETag", strconv.Quote(f.Tag))
	}
	h.Set("Cache-Control", "private, no-cache")
	if f.Forever {
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	http.ServeContent(w, r.Request, "", f.Modified, f.Content)
}

// writeDownload sends a file as it is made.
func (s *Shell) writeDownload(w http.ResponseWriter, r *Request, d Download) {
	h := w.Header()
	h.Set("Content-Type", d.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Name}))
	h.Set("Cache-Control", "no-store")
	out := bufio.NewWriterSize(w, 32<<10)
	err := d.Write(out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		s.log.WarnContext(r.Context(), "a download was cut off", "path", r.plainPath(), "error", err)
		panic(http.ErrAbortHandler)
	}
}

// A browser's own viewer of PDF does not run in a sandbox; what a PDF brings along it keeps from the page.
const (
	pdf       = "application/pdf"
	pdfPolicy = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
)

func shownInline(kind string) bool {
	if kind == "image/svg+xml" { // may hold scripts
		return false
	}
	major, _, _ := strings.Cut(kind, "/")
	return major == "image" || major == "audio" || major == "video" || kind == pdf
}
