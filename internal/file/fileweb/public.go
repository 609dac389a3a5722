package fileweb

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/web"
)

// registerPublic adds what people without an account see of a file or folder by its public link. The part of the path that lets in is
// called token, so that no log has it.
func (h pages) registerPublic(s *web.Shell) {
	s.Page("/share/{token}/{$}", web.Public, h.public)
	s.Page("/share/{token}/{id}/{$}", web.Public, h.public)
	s.Fragment("/share/{token}/{id}/show/{name}", web.Public, h.publicShow)
	s.Fragment("/share/{token}/{id}/download", web.Public, h.publicDownload)
	s.Fragment("/share/{token}/{id}/preview", web.Public, h.publicPreview)
}

// ShareURL returns the path that a public link leads to.
func ShareURL(code string) string { return "/share/" + code + "/" }

// publicView is what the page behind a public link shows: a file, or a folder.
type publicView struct {
	view

	IsFolder bool
	Path     []crumb
	Items    []item
	Total    int64
	First    string
	Next     string
	By       string
	Ends     time.Time
}

// followed is what a request by a public link asks for.
type followed struct {
	link file.Public
	node file.Node
	path []file.Node
}

func (h pages) follow(ctx context.Context, r *web.Request) (f followed, err error) {
	id := int64(0)
	if r.PathValue("id") != "" {
		if id, err = r.PathID("id"); err != nil {
			return f, err
		}
	}
	f.link, f.node, f.path, err = h.files.FollowPublic(ctx, r.PathValue("token"), id)
	return f, err
}

// at returns the address of something below the link.
func (f followed) at(id int64, rest string) string {
	return ShareURL(f.link.Code) + strconv.FormatInt(id, 10) + "/" + rest
}

func (f followed) previewURL(n file.Node, side int64) string {
	if !n.Previewable() {
		return ""
	}
	return f.at(n.ID, "preview?size="+strconv.FormatInt(side, 10)+"&v="+version(n))
}

func (h pages) public(ctx context.Context, r *web.Request) (web.Page, error) {
	f, err := h.follow(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	v := publicView{IsFolder: f.node.Folder, Ends: f.link.Ends}
	names, err := h.people.Names(ctx, []int64{f.link.Owner.UserID})
	if err != nil {
		return web.Page{}, err
	}
	v.By = names[f.link.Owner.UserID]
	for _, n := range f.path {
		v.Path = append(v.Path, crumb{n.Name, f.at(n.ID, "")})
	}
	if v.IsFolder {
		v.Name = f.node.Name
		err = h.publicFolder(ctx, r, f, &v)
	} else {
		err = h.publicFile(ctx, f, &v)
	}
	return web.Page{
		Title: f.node.Name, Layout: web.Bare, Template: "file/public", Body: v, Styles: []string{"file/file.css"}, Modules: []string{"file/view.js"},
	}, err
}

func (h pages) publicFile(ctx context.Context, f followed, v *publicView) error {
	n := f.node
	v.view = view{described: describe(n), Node: n, Safe: n.Inline()} // who shared it stands above
	v.Show, v.Download = f.at(n.ID, "show/"+url.PathEscape(n.Name)+"?v="+version(n)), f.at(n.ID, "download")
	if v.Large = f.previewURL(n, file.LargePreview); v.Large != "" {
		v.LW, v.LH = n.PreviewSize(file.LargePreview)
	}
	if n.Kind() == file.Text {
		return h.readText(ctx, n, &v.view)
	}
	return nil
}

func (h pages) publicFolder(ctx context.Context, r *web.Request, f followed, v *publicView) error {
	q, start, err := h.byName(r)
	if err != nil {
		return err
	}
	page, err := h.files.PublicChildren(ctx, f.link, f.node, q)
	if err != nil {
		return err
	}
	base := f.at(f.node.ID, "")
	v.Total = page.Total
	if start > 0 {
		v.First = base
	}
	if page.Next > 0 {
		v.Next = base + "?start=" + strconv.FormatInt(page.Next, 10)
	}
	for _, n := range page.Items {
		i := item{Node: n, URL: f.at(n.ID, ""), Icon: iconOf(n), Text: SizeText(n.Size), Preview: f.previewURL(n, file.SmallPreview)}
		if n.Folder {
			i.Text = ""
		} else {
			i.Download = f.at(n.ID, "download")
		}
		v.Items = append(v.Items, i)
	}
	return nil
}

// byName returns the query for a page of a folder: folders first, then by name; start is where the request wants it to begin.
func (h pages) byName(r *web.Request) (q record.Query, start int64, err error) {
	view, _, _ := h.files.Views()
	reader := record.Reader{View: view}
	q.Order, err = reader.Order(phpform.ArrayOf(
		phpform.Entry{Key: "TYPE", Value: phpform.StringOf("DESC")}, phpform.Entry{Key: "NAME", Value: phpform.StringOf("ASC")},
	))
	start = max(0, r.Int("start", 0))
	q.Start(start)
	return q, start, err
}

// publicNode returns the file that a request by a public link asks for.
func (h pages) publicNode(ctx context.Context, r *web.Request) (file.Node, error) {
	f, err := h.follow(ctx, r)
	if err == nil && f.node.Folder {
		err = file.ErrPublic
	}
	return f.node, err
}

func (h pages) publicShow(ctx context.Context, r *web.Request) (web.Result, error) {
	n, err := h.publicNode(ctx, r)
	if err != nil {
		return nil, err
	}
	f, err := h.content(ctx, n)
	f.Inline = true // and not for ever: the link may be closed
	return f, err
}

func (h pages) publicDownload(ctx context.Context, r *web.Request) (web.Result, error) {
	n, err := h.publicNode(ctx, r)
	if err != nil {
		return nil, err
	}
	return h.content(ctx, n)
}

func (h pages) publicPreview(ctx context.Context, r *web.Request) (web.Result, error) {
	n, err := h.publicNode(ctx, r)
	if err != nil {
		return nil, err
	}
	o, kind, err := h.files.Preview(ctx, n, r.Int("size", file.MediumPreview))
	if err != nil {
		return nil, err
	}
	return web.File{Content: o, Name: n.Name, Type: kind, Modified: n.Updated, Inline: true}, nil
}
