package web

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/web/ui"
)

// funcs are the template functions that belong to a request.
func (set *templateSet) funcs(b *boundSet) template.FuncMap {
	return template.FuncMap{
		"profile": func() string { return set.sh.cfg.ProfileURL },
		"viewer":  func() Viewer { return b.r.Viewer },
		"path":    func() string { return b.r.URL.Path },
		"now":     func() time.Time { return b.r.Now },
		"nonce":   func() string { return b.r.nonce },
		"when":    func(t time.Time) (template.HTML, error) { return b.r.When(t).HTML() },
		"date":    func(t time.Time, layout string) string { return b.r.Viewer.Format(t, layout) },
		"may":     func(name string) (bool, error) { return may(b.r.Viewer, name) },
		"asset":   set.sh.assetURL,
		"kind":    buttonKind,
		"widgets": b.widgets,
	}
}

// may reports whether v has the permission called name, e.g. "apps.manage".
func may(v Viewer, name string) (bool, error) {
	p, ok := access.Named(name)
	if !ok {
		return false, fmt.Errorf("web: there is no permission %q", name)
	}
	return v.May(p.Set), nil
}

func buttonKind(primary bool) string {
	if primary {
		return "primary"
	}
	return "plain"
}

// templateSet executes the templates of one area. Functions that belong to a request (viewer, when, …) are bound to one of a
// few copies of the set, since html/template can bind functions only to a whole set; a copy serves one request at a time.
type templateSet struct {
	base *template.Template // never executed, so that it can be cloned
	free chan *boundSet
	sh   *Shell
}

type boundSet struct {
	t *template.Template
	r *Request
}

func (s *Shell) newTemplateSet(name string, files fs.FS) *templateSet {
	set := &templateSet{base: template.New(""), free: make(chan *boundSet, 4), sh: s}
	set.base.Funcs(ui.Funcs()).Funcs(set.funcs(&boundSet{}))
	var names []string
	err := fs.WalkDir(files, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) != ".tmpl" {
			return err
		}
		text, err := fs.ReadFile(files, p)
		if err != nil {
			return err
		}
		tn := strings.TrimSuffix(path.Base(p), ".tmpl")
		if slices.Contains(names, tn) {
			return fmt.Errorf("two templates named %s", tn)
		}
		names = append(names, tn)
		_, err = set.base.New(tn).Parse(string(text))
		return err
	})
	if err != nil {
		panic("web: area " + name + ": " + err.Error())
	}
	set.check(name)
	return set
}

// check escapes every template now, which is when html/template notices a missing or unsafe one.
func (set *templateSet) check(name string) {
	b, err := set.bind()
	if err != nil {
		panic("web: area " + name + ": " + err.Error())
	}
	b.r = &Request{Request: &http.Request{}, shell: set.sh}
	for _, t := range b.t.Templates() {
		var broken *template.Error
		if err := t.Execute(io.Discard, nil); errors.As(err, &broken) {
			panic("web: area " + name + ": " + err.Error())
		}
	}
	set.free <- b
}

func (set *templateSet) bind() (*boundSet, error) {
	select {
	case b := <-set.free:
		return b, nil
	default:
	}
	t, err := set.base.Clone()
	if err != nil {
		return nil, err
	}
	b := &boundSet{}
	b.t = t.Funcs(set.funcs(b))
	return b, nil
}

func (set *templateSet) execute(w io.Writer, r *Request, name string, data any) error {
	b, err := set.bind()
	if err != nil {
		return err
	}
	b.r = r
	if b.t.Lookup(name) == nil {
		return fmt.Errorf("web: no template %q", name)
	}
	err = b.t.ExecuteTemplate(w, name, data)
	b.r = nil
	select {
	case set.free <- b:
	default:
	}
	return err
}

// execute writes the template "area/name".
func (s *Shell) execute(w io.Writer, r *Request, name string, body any) error {
	areaName, tn, _ := strings.Cut(name, "/")
	a := s.areas[areaName]
	if a == nil || a.set == nil {
		return fmt.Errorf("web: no area of template %q", name)
	}
	if err := a.set.execute(w, r, tn, body); err != nil {
		return fmt.Errorf("execute template %s: %w", name, err)
	}
	return nil
}
