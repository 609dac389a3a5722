package userfieldweb

import (
	"context"
	"html/template"
	"maps"
	"mime/multipart"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// MaxForm is how many bytes a form with fields of the type file may have.
const MaxForm = 128 << 20

// File is a file as pages show it.
type File struct {
	Name          string
	Size          string // as people read it
	URL, Download string // both empty for an upload that is not stored in a record yet
	Preview       string // of a picture, Width × Height pixels; empty: none
	Width, Height int64
}

// ShownFiles returns how the files and uploads look that values name, by the values.
type ShownFiles func(ctx context.Context, fields []userfield.Field, values ...userfield.Values) (map[string]File, error)

// With returns the environment that shows those files too; nil shows numbers.
func (e Env) With(ctx context.Context, shown ShownFiles, fields []userfield.Field, values ...userfield.Values) (Env, error) {
	if shown == nil {
		return e, nil
	}
	files, err := shown(ctx, fields, values...)
	e.Files = files
	return e, err
}

func (e Env) file(value string) File {
	if f, ok := e.Files[value]; ok {
		return f
	}
	return File{Name: "File " + value}
}

// removeSuffix ends the name of what says that a file is to be taken away.
const removeSuffix = ".remove"

// Stored is a file in the input of a field.
type Stored struct {
	File

	Value   string // the number or ticket
	Removed bool   // it is ticked to go
}

// files makes the input of a field of files; the rest is in its template.
func (i Input) files(values []string, env Env) Input {
	i.Kind = upload
	for _, v := range values {
		number := strings.TrimPrefix(v, "-")
		i.Files = append(i.Files, Stored{env.file(number), number, number != v})
	}
	if len(i.Files) > 0 {
		i.Required = false // the browser would want another one
	}
	return i
}

// Receive stores the files that a form brought for fields, and puts what stands for them into its values, so that Parse reads them. The
// errors are nil, or by the names of fields: Parse is called all the same, so that nothing that was typed is lost.
func Receive(ctx context.Context, r *web.Request, fields []userfield.Field, s *userfield.Service) (map[string]string, error) {
	if r.MultipartForm == nil || s == nil {
		return nil, nil
	}
	errs := map[string]string{}
	for _, f := range fields {
		if f.Type != userfield.File {
			continue
		}
		for _, head := range r.MultipartForm.File[f.Name] {
			value, err := received(ctx, f, head, s)
			if err != nil && fault.KindOf(err) == fault.Internal {
				return nil, err
			}
			if err != nil {
				errs[f.Name] = fault.Of(err).Text
				continue
			}
			r.PostForm.Add(f.Name, value)
		}
	}
	if len(errs) == 0 {
		return nil, nil
	}
	return errs, nil
}

// Both returns the errors of Parse and of Receive, nil where there are none.
func Both(parsed, broken map[string]string) map[string]string {
	if parsed == nil {
		return broken
	}
	maps.Copy(parsed, broken)
	return parsed
}

func received(ctx context.Context, f userfield.Field, head *multipart.FileHeader, s *userfield.Service) (string, error) {
	content, err := head.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = content.Close() }()
	return s.Upload(ctx, f, head.Filename, content)
}

// parseFiles reads the files that a form leaves in a field. A new one takes the place of the one that a field had.
func parseFiles(f userfield.Field, kept, removed []string) []string {
	values := []string{}
	gone := map[string]bool{}
	for _, v := range removed {
		gone[v] = true
	}
	for _, v := range kept {
		if v = strings.TrimSpace(v); v != "" && !gone[v] {
			values = append(values, v)
		}
	}
	if n := len(values); !f.Multiple && n > 1 {
		values = values[n-1:]
	}
	return values
}

var facts = template.Must(template.New("fact.tmpl").Funcs(ui.Funcs()).ParseFS(templates, "fact.tmpl"))

// HTML returns the values as a card shows them.
func (f Fact) HTML() (template.HTML, error) {
	var b strings.Builder
	err := facts.Execute(&b, f)
	return template.HTML(b.String()), err //nolint:gosec // written by html/template
}
