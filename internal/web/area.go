package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// area is what one area registered: templates, and assets under one address that changes with their content.
type area struct {
	name   string
	hash   string // of all assets: modules import their neighbours relatively
	assets map[string]*asset
	set    *templateSet
	log    *slog.Logger
}

// asset is a file that is served for ever under its area's hash.
type asset struct {
	body    []byte
	kind    string
	imports []imported // of a module
	exports []string   // of a module: names

	once   sync.Once
	packed []byte // gzip, made at the first request
}

// Area registers the templates (*.tmpl), modules (*.js) and styles (*.css, also pictures) of an area. Templates are
// named by their file without folder and ending, assets by their path. It panics on anything that is broken.
func (s *Shell) Area(name string, files fs.FS) {
	if s.areas[name] != nil {
		panic("web: area " + name + " registered twice")
	}
	a := newArea(name, files, s.log)
	a.seal()
	a.set = s.newTemplateSet(name, files)
	s.areas[name] = a
}

// Share registers an area whose files several areas use, such as package attach's: the first that asks does, the others find it.
func (s *Shell) Share(name string, files fs.FS) {
	if s.areas[name] == nil {
		s.Area(name, files)
	}
}

func newArea(name string, files fs.FS, log *slog.Logger) *area {
	a := &area{name: name, assets: map[string]*asset{}, log: log}
	err := fs.WalkDir(files, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isAsset(p) {
			return err
		}
		body, err := fs.ReadFile(files, p)
		if err != nil {
			return err
		}
		if path.Ext(p) == ".css" && name != "ui" {
			body = slices.Concat([]byte("@layer areas {\n"), body, []byte("\n}\n"))
		}
		a.put(p, body)
		return nil
	})
	if err != nil {
		panic("web: area " + name + ": " + err.Error())
	}
	return a
}

func isAsset(p string) bool {
	switch path.Ext(p) {
	case ".js":
		return !strings.HasSuffix(p, ".test.js") && !strings.HasSuffix(p, "_test.js")
	case ".css", ".svg", ".png", ".webp", ".woff2", ".mp3", ".ico":
		return true
	}
	return false
}

// imported is what a module takes from another one.
type imported struct {
	spec  string // the other one's name as written
	names []string
}

var (
	importLine = regexp.MustCompile(`(?m)^\s*(?:import|export)\b([\w\s{},*$]*)\bfrom\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']`)
	exportLine = regexp.MustCompile(`(?m)^export (?:async )?(?:function|const|class|let)\*? ([\w$]+)`)
)

// named returns what stands in the braces of an import, without the names that it is given here.
func named(clause string) []string {
	_, list, _ := strings.Cut(clause, "{")
	list, _, _ = strings.Cut(list, "}")
	var names []string
	for part := range strings.SplitSeq(list, ",") {
		if f := strings.Fields(part); len(f) > 0 {
			names = append(names, f[0])
		}
	}
	return names
}

func (a *area) put(p string, body []byte) {
	kind := mime.TypeByExtension(path.Ext(p))
	switch path.Ext(p) { // do not depend on the machine's tables
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".svg":
		kind = "image/svg+xml"
	}
	f := &asset{body: body, kind: kind}
	if path.Ext(p) == ".js" {
		for _, m := range importLine.FindAllSubmatch(body, -1) {
			f.imports = append(f.imports, imported{string(m[2]) + string(m[3]), named(string(m[1]))})
		}
		for _, m := range exportLine.FindAllSubmatch(body, -1) {
			f.exports = append(f.exports, string(m[1]))
		}
	}
	if path.Ext(p) == ".js" {
		f.body = lean(body)
	}
	a.assets[p] = f
}

// seal computes the hash; nothing may be put afterwards.
func (a *area) seal() {
	h := sha256.New()
	for _, p := range slices.Sorted(maps.Keys(a.assets)) {
		fmt.Fprintf(h, "%s %d\n", p, len(a.assets[p].body))
		h.Write(a.assets[p].body)
	}
	a.hash = hex.EncodeToString(h.Sum(nil))[:12]
}

func (a *area) url(file string) string { return "/assets/" + a.hash + "/" + a.name + "/" + file }

// asset returns the asset "area/file".
func (s *Shell) asset(name string) (*area, *asset, bool) {
	areaName, file, _ := strings.Cut(name, "/")
	a := s.areas[areaName]
	if a == nil || a.assets[file] == nil {
		return nil, nil, false
	}
	return a, a.assets[file], true
}

func (s *Shell) assetURL(name string) (string, error) {
	a, _, ok := s.asset(name)
	if !ok {
		return "", fmt.Errorf("web: no asset %q", name)
	}
	_, file, _ := strings.Cut(name, "/")
	return a.url(file), nil
}

// serveAsset serves /assets/{hash}/{area}/{file}. An address with an old hash still answers, for pages that were open
// during an upgrade, but is not kept.
func (s *Shell) serveAsset(w http.ResponseWriter, r *http.Request) {
	a, f, ok := s.asset(r.PathValue("area") + "/" + r.PathValue("file"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "no-cache")
	if r.PathValue("hash") == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := f.body
	if compressible(f.kind) {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
			body = f.gzip()
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

func (f *asset) gzip() []byte {
	f.once.Do(func() {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		_, _ = z.Write(f.body)
		_ = z.Close()
		f.packed = b.Bytes()
	})
	return f.packed
}

// resolve returns the asset name that spec means inside the module from.
func resolve(from, spec string) string {
	if strings.HasPrefix(spec, ".") {
		return path.Join(path.Dir(from), spec)
	}
	return spec
}

// checkImports panics when a module imports something that is not there: the page would be without it, and say so to nobody.
func (s *Shell) checkImports() {
	for _, a := range s.areas {
		for file, f := range a.assets {
			for _, i := range f.imports {
				_, from, ok := s.asset(resolve(a.name+"/"+file, i.spec))
				if !ok {
					panic("web: " + a.name + "/" + file + " imports " + i.spec + ", which is not there")
				}
				for _, name := range i.names {
					if !slices.Contains(from.exports, name) {
						panic("web: " + a.name + "/" + file + " imports " + name + " from " + i.spec + ", which has no such thing")
					}
				}
			}
		}
	}
}

// closure returns the names of modules and all that they import, each once.
func (s *Shell) closure(modules []string) ([]string, error) {
	var all []string
	seen := map[string]bool{}
	var visit func(string) error
	visit = func(name string) error {
		if seen[name] {
			return nil
		}
		seen[name] = true
		_, f, ok := s.asset(name)
		if !ok {
			return fmt.Errorf("web: no module %q", name)
		}
		all = append(all, name)
		for _, i := range f.imports {
			if err := visit(resolve(name, i.spec)); err != nil {
				return err
			}
		}
		return nil
	}
	for _, m := range modules {
		if err := visit(m); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// AssetURL returns the address of an asset ("area/file.js") for pages that are not written by the shell. It panics where there is none.
func (s *Shell) AssetURL(name string) string {
	u, err := s.assetURL(name)
	if err != nil {
		panic(err.Error())
	}
	return u
}
