package ui

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
)

// Files holds the modules and styles of the components.
//
//go:embed */*.tmpl */*.css */*.js
var Files embed.FS

// order is how the styles follow each other; folders that are not named come in between, alphabetically.
var first, last = []string{"base/layers.css", "base/palette.css", "base/tokens.css", "base/reset.css", "base/base.css"}, []string{"base/utilities.css"}

// Stylesheet returns the styles of all components as one file: tokens, reset, base, components, utilities.
func Stylesheet() []byte {
	var b bytes.Buffer
	add := func(p string) {
		text, err := Files.ReadFile(p)
		if err != nil {
			panic("ui: " + err.Error())
		}
		b.Write(minify(text))
	}
	for _, p := range first {
		add(p)
	}
	b.WriteString("@layer components{\n")
	err := fs.WalkDir(Files, ".", func(p string, _ fs.DirEntry, err error) error {
		if path.Ext(p) == ".css" && !strings.HasPrefix(p, "base/") {
			add(p)
		}
		return err
	})
	if err != nil {
		panic("ui: " + err.Error())
	}
	b.WriteString("}\n")
	for _, p := range last {
		add(p)
	}
	return b.Bytes()
}

// minify drops comments and indentation; the rest is gzip's work.
func minify(css []byte) []byte {
	var b bytes.Buffer
	for {
		i := bytes.Index(css, []byte("/*"))
		if i < 0 {
			break
		}
		b.Write(css[:i])
		j := bytes.Index(css[i:], []byte("*/"))
		if j < 0 {
			css = nil
			break
		}
		css = css[i+j+2:]
	}
	b.Write(css)
	var out bytes.Buffer
	for line := range bytes.Lines(b.Bytes()) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			out.Write(line)
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

var partials = template.Must(template.New("").Funcs(template.FuncMap{"icon": Icon}).ParseFS(Files, "*/*.tmpl"))

// render executes the template of a component.
func render(name string, data any) (template.HTML, error) {
	var b strings.Builder
	if err := partials.ExecuteTemplate(&b, name+".tmpl", data); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil //nolint:gosec // written by html/template
}

// args are the named arguments of a component.
type args map[string]any

// pairs reads name, value, name, value; a name that is not in allowed (separated by spaces) is an error.
func pairs(component, allowed string, kv []any) (args, error) {
	if len(kv)%2 != 0 {
		return nil, fmt.Errorf("ui: %s: names and values must come in pairs", component)
	}
	known := " " + allowed + " "
	a := args{}
	for i := 0; i < len(kv); i += 2 {
		name, ok := kv[i].(string)
		if !ok || !strings.Contains(known, " "+name+" ") {
			return nil, fmt.Errorf("ui: %s has no argument %v", component, kv[i])
		}
		a[name] = kv[i+1]
	}
	return a, nil
}

func (a args) str(name, def string) string {
	if v, ok := a[name]; ok && v != nil {
		return fmt.Sprint(v)
	}
	return def
}

func (a args) is(name string) bool {
	v, _ := template.IsTrue(a[name])
	return v
}

func (a args) num(name string, def int) int {
	if n, ok := a[name].(int); ok {
		return n
	}
	return def
}
