package fileweb

import (
	"context"

	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/web"
)

func (h pages) get(ctx context.Context, r *web.Request) (file.Node, error) {
	id, err := r.PathID("id")
	if err != nil {
		return file.Node{}, err
	}
	n, err := h.files.Get(ctx, actor(r), id)
	if err == nil && n.Folder {
		err = file.ErrNotFound
	}
	return n, err
}

// show sends the content for the browser to show, where that is safe.
func (h pages) show(ctx context.Context, r *web.Request) (web.Result, error) {
	n, err := h.get(ctx, r)
	if err != nil {
		return nil, err
	}
	f, err := h.content(ctx, n)
	f.Inline, f.Forever = true, r.FormValue("v") == version(n)
	return f, err
}

func (h pages) download(ctx context.Context, r *web.Request) (web.Result, error) {
	n, err := h.get(ctx, r)
	if err != nil {
		return nil, err
	}
	f, err := h.content(ctx, n)
	return f, err
}

func (h pages) content(ctx context.Context, n file.Node) (web.File, error) {
	o, err := h.files.Open(ctx, n)
	if err != nil {
		return web.File{}, err
	}
	return web.File{Content: o, Name: n.Name, Type: mediaType(n), Modified: n.Updated, Tag: n.Sum}, nil
}

// mediaType is what the content is announced as: sound that was recorded into a container for films is sound.
func mediaType(n file.Node) string {
	if n.Type == "video/webm" && n.Kind() == file.Audio {
		return "audio/webm"
	}
	return n.Type
}

func (h pages) preview(ctx context.Context, r *web.Request) (web.Result, error) {
	n, err := h.get(ctx, r)
	if err != nil {
		return nil, err
	}
	o, kind, err := h.files.Preview(ctx, n, r.Int("size", file.MediumPreview))
	if err != nil {
		return nil, err
	}
	return web.File{Content: o, Name: n.Name, Type: kind, Modified: n.Updated, Inline: true, Forever: r.FormValue("v") == version(n)}, nil
}
