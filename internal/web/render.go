package web

import (
	"bytes"
	"crypto/rand"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// baseModules are loaded by every page with a shell around it, blankModules by one without.
var (
	baseModules  = []string{"web/shell.js"}
	blankModules = []string{"web/blank.js"}
)

// writePage renders p: as a document, as the content of a slider, or as a slider over the page behind it.
func (s *Shell) writePage(w http.ResponseWriter, r *Request, p Page) error {
	if p.Redirect != "" && r.over != nil {
		return s.writeAlone(w, r)
	}
	if p.Redirect != "" {
		http.Redirect(w, r.Request, p.Redirect, http.StatusSeeOther)
		return nil
	}
	p.Tabs = s.reachable(r.Viewer, p.Tabs)
	r.nonce = rand.Text()
	if r.over != nil {
		r.nonce = r.over.nonce
	}
	content, err := r.Render(p.Template, p.Body)
	if err != nil {
		return err
	}
	html := template.HTML(content) //nolint:gosec // written by html/template
	switch {
	case r.InSlider():
		return s.writeSlider(w, r, p, html)
	case p.Slider && r.over == nil && p.Status == 0 && r.Method == http.MethodGet:
		if s.showOver(w, r, p, html) {
			return nil
		}
	}
	return s.writeDocument(w, r, p, html)
}

func (s *Shell) writeDocument(w http.ResponseWriter, r *Request, p Page, content template.HTML) error {
	v, err := s.layoutView(r, p, content)
	if err != nil {
		return err
	}
	b := getBuffer()
	defer putBuffer(b)
	layout := "web/layout"
	if p.Layout == Blank {
		layout = "web/blank"
	}
	if err := s.execute(b, r, layout, v); err != nil {
		return err
	}
	if v.Toast != "" {
		http.SetCookie(w, &http.Cookie{Name: toastCookie, Path: "/", MaxAge: -1})
	}
	w.Header().Set("Content-Security-Policy", policy(r, p))
	writeHTML(w, r.Request, statusOr(p.Status), b.Bytes())
	return nil
}

// policy returns the content security policy of a page: scripts only with this answer's nonce.
func policy(r *Request, p Page) string {
	frames, images := slices.Clone(p.Frames), "'self' data: blob:"
	if r.over != nil {
		frames = append(frames, r.over.page.Frames...)
	}
	if p.AnyImages || r.over != nil && r.over.page.AnyImages {
		images = "* data: blob:"
	}
	allowed := []string{"'self'"}
	for _, f := range frames {
		if u, err := url.Parse(f); err == nil && (u.Scheme == "https" || u.Scheme == "http") && !strings.ContainsAny(u.Host, "; ,'\"") {
			allowed = append(allowed, u.Scheme+"://"+u.Host)
		}
	}
	origins := strings.Join(allowed, " ")
	upgrade := ""
	if len(frames) > 0 && r.Secure() {
		// An application on http://localhost may stand in a page over HTTPS, what it loads over HTTP from elsewhere may not:
		// "//api.bitrix24.com/api/v1/" would be blocked. Frames inherit this; browsers leave localhost itself alone.
		upgrade = "; upgrade-insecure-requests"
	}
	return "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'self'; connect-src 'self'; " +
		"script-src 'nonce-" + r.nonce + "' 'strict-dynamic'; style-src 'self'; style-src-attr 'unsafe-inline'; " +
		"img-src " + images + "; media-src 'self' blob:; frame-src " + origins + "; form-action " + origins + upgrade
}

func statusOr(code int) int {
	if code == 0 {
		return http.StatusOK
	}
	return code
}

func getBuffer() *bytes.Buffer { return buffers.Get().(*bytes.Buffer) }

func putBuffer(b *bytes.Buffer) {
	if b.Cap() > 1<<20 {
		return
	}
	b.Reset()
	buffers.Put(b)
}
