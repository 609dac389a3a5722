package fileweb

import (
	"context"

	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/web"
)

// registerFields adds the addresses of files that are values of fields: /field/file/7 shows one where that is safe,
// /field/file/7/download keeps it, and /field/file/7/preview?size=250 is a small copy of a picture.
func (h pages) registerFields(s *web.Shell) {
	s.Fragment("/field/file/{id}", web.SignedIn, h.fieldShow)
	s.Fragment("/field/file/{id}/download", web.SignedIn, h.fieldDownload)
	s.Fragment("/field/file/{id}/preview", web.SignedIn, h.fieldPreview)
}

func (h pages) fieldFile(ctx context.Context, r *web.Request) (file.FieldFile, error) {
	id, err := r.PathID("id")
	if err != nil {
		return file.FieldFile{}, err
	}
	return h.files.FieldFile(ctx, actor(r), id)
}

func (h pages) fieldShow(ctx context.Context, r *web.Request) (web.Result, error) {
	n, err := h.fieldFile(ctx, r)
	if err != nil {
		return nil, err
	}
	f, err := h.content(ctx, n.Node)
	f.Inline = true
	return f, err
}

func (h pages) fieldDownload(ctx context.Context, r *web.Request) (web.Result, error) {
	n, err := h.fieldFile(ctx, r)
	if err != nil {
		return nil, err
	}
	f, err := h.content(ctx, n.Node)
	return f, err
}

func (h pages) fieldPreview(ctx context.Context, r *web.Request) (web.Result, error) {
	n, err := h.fieldFile(ctx, r)
	if err != nil {
		return nil, err
	}
	o, kind, err := h.files.Preview(ctx, n.Node, r.Int("size", file.SmallPreview))
	if err != nil {
		return nil, err
	}
	return web.File{Content: o, Name: n.Name, Type: kind, Modified: n.Created, Inline: true, Forever: true}, nil
}
