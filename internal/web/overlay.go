package web

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

// overlay is a rendered slider that is shown over another page.
type overlay struct {
	viewer Viewer
	page   Page
	html   template.HTML
	url    string
	nonce  string
	behind string
}

type overlayKey struct{}

type overlayView struct {
	Page       Page
	Content    template.HTML
	URL        string
	Behind     string
	Modules    string
	StyleNames string
}

func (o *overlay) view() *overlayView {
	if o == nil {
		return nil
	}
	return &overlayView{
		Page: o.page, Content: o.html, URL: o.url, Behind: o.behind,
		Modules: strings.Join(o.page.Modules, " "), StyleNames: strings.Join(o.page.Styles, " "),
	}
}

// writeSlider answers with the content of a slider, for slider.js.
func (s *Shell) writeSlider(w http.ResponseWriter, r *Request, p Page, content template.HTML) error {
	o := &overlay{viewer: r.Viewer, page: p, html: content, url: r.URL.RequestURI()}
	w.Header().Set("Vary", sliderHeader)
	if len(p.Frames) > 0 || p.AnyImages && r.Header.Get(sliderHeader) != "images" {
		// The policy of the document below cannot be widened any more, so slider.js loads this address as a document.
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	b := getBuffer()
	defer putBuffer(b)
	if err := s.execute(b, r, "web/slider", o.view()); err != nil {
		return err
	}
	writeHTML(w, r.Request, statusOr(p.Status), b.Bytes())
	return nil
}

// showOver renders the page behind a slider with the slider over it. It reports whether there was such a page.
func (s *Shell) showOver(w http.ResponseWriter, r *Request, p Page, content template.HTML) bool {
	o := &overlay{viewer: r.Viewer, page: p, html: content, url: r.URL.RequestURI(), nonce: r.nonce, behind: behind(r, p)}
	u, err := url.ParseRequestURI(o.behind)
	if err != nil {
		return false
	}
	hr := r.Clone(context.WithValue(r.Context(), overlayKey{}, o))
	hr.URL, hr.RequestURI = u, o.behind
	hr.Form, hr.PostForm, hr.MultipartForm = nil, nil, nil // of the slider's address
	if _, pattern := s.mux.Handler(hr); !s.pages[pattern] || pattern == anyPage || pattern == "GET /{$}" || pattern == "GET /login" {
		return false
	}
	s.mux.ServeHTTP(w, hr)
	return true
}

// behind returns the page that the person had open when the slider opened, else the page's own choice.
func behind(r *Request, p Page) string {
	c, err := r.Cookie(overCookie)
	if err != nil {
		return p.Behind
	}
	text, err := url.QueryUnescape(c.Value)
	if err != nil {
		return p.Behind
	}
	slider, over, ok := strings.Cut(text, " ")
	if !ok || slider != r.URL.RequestURI() || !localPath(over) {
		return p.Behind
	}
	return over
}

// writeAlone writes the page of the slider without the page behind it, which could not be shown.
func (s *Shell) writeAlone(w http.ResponseWriter, r *Request) error {
	o := r.over
	r.over, r.nonce = nil, o.nonce
	return s.writeDocument(w, r, o.page, o.html)
}
