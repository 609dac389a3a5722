package fileweb

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/web"
)

const (
	trashURL  = DriveURL + "trash/"
	linksURL  = DriveURL + "links/"
	searchURL = DriveURL + "search/"
)

func (h pages) registerTrash(s *web.Shell) {
	s.Page(trashURL+"{$}", web.SignedIn, h.trash)
	s.Action("/disk/{id}/delete", web.SignedIn, h.erase)
	s.Page(linksURL+"{$}", web.SignedIn, h.links)
	s.Page(searchURL+"{$}", web.SignedIn, h.search)
}

// tabs are the parts of the drive.
func tabs(current string) []web.Tab {
	list := []web.Tab{
		{Title: "My drive", URL: DriveURL},
		{Title: "Company drive", URL: DriveURL + "company/"},
		{Title: "Public links", URL: linksURL},
		{Title: "Trash", URL: trashURL},
	}
	for i := range list {
		list[i].Current = list[i].URL == current
	}
	return list
}

// trashView is what was thrown away.
type trashView struct {
	Items       []item
	Total       int64
	First, Next string
}

func (h pages) trash(ctx context.Context, r *web.Request) (web.Page, error) {
	start := max(0, r.Int("start", 0))
	page, err := h.files.Discarded(ctx, actor(r), start)
	if err != nil {
		return web.Page{}, err
	}
	v := trashView{Total: page.Total}
	var people []int64
	for _, n := range page.Items {
		people = append(people, n.DeletedBy)
	}
	names, err := h.people.Names(ctx, people)
	for _, n := range page.Items {
		i := item{Node: n, Icon: iconOf(n), Text: SizeText(n.Size), Who: names[n.DeletedBy], Preview: PreviewURL(n, file.SmallPreview)}
		if n.Folder {
			i.Text = ""
		}
		own := n.StorageKind() == file.OfUser && n.StorageEntity() == r.Viewer.ID
		i.MayEnd = own || r.Viewer.Admin && n.StorageKind() != file.OfChat
		v.Items = append(v.Items, i)
	}
	v.First, v.Next = steps(trashURL, start, page.Next)
	return web.Page{
		Title: "Trash", Section: "disk", Template: "file/trash", Body: v, Layout: web.Wide, Styles: []string{"file/file.css"}, Tabs: tabs(trashURL),
	}, err
}

// steps returns the addresses of the first page of a list and of the next one, where there are such.
func steps(base string, start, next int64) (first, after string) {
	if start > 0 {
		first = base
	}
	if next > 0 {
		after = base + "?start=" + strconv.FormatInt(next, 10)
	}
	return first, after
}

// erase deletes something for ever. It must be in the trash, so that nothing is lost by one press of a button.
func (h pages) erase(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	n, err := h.files.Get(ctx, actor(r), id)
	if err == nil && n.Trash != file.Trashed {
		err = file.ErrNotFound
	}
	if err == nil {
		err = h.files.Delete(ctx, actor(r), id)
	}
	return web.Redirect{To: trashURL, Toast: n.Name + " is deleted"}, err
}

// linksView are the public links of the viewer, all for an administrator.
type linksView struct {
	Items       []linkLine
	Total       int64
	First, Next string
	Off         bool
	All         bool
}

type linkLine struct {
	item

	Link linkView
	Over bool
}

func (h pages) links(ctx context.Context, r *web.Request) (web.Page, error) {
	start := max(0, r.Int("start", 0))
	page, err := h.files.PublicLinks(ctx, actor(r), start)
	if err != nil {
		return web.Page{}, err
	}
	rules, err := h.files.PublicRules(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v := linksView{Total: page.Total, Off: !rules.On, All: r.Viewer.Admin}
	var people []int64
	for _, p := range page.Items {
		people = append(people, p.Owner.UserID)
	}
	names, err := h.people.Names(ctx, people)
	for _, p := range page.Items {
		v.Items = append(v.Items, linkLine{
			item: item{Node: p.Node, URL: aboutURL(p.Node.ID), Icon: iconOf(p.Node), Slider: true, Preview: PreviewURL(p.Node, file.SmallPreview)},
			Link: linkView{h.cfg.PublicURL(ShareURL(p.Code)), names[p.Owner.UserID], p.Created, p.Ends},
			Over: !p.Ends.IsZero() && !r.Now.Before(p.Ends),
		})
	}
	v.First, v.Next = steps(linksURL, start, page.Next)
	return web.Page{
		Title: "Public links", Section: "disk", Template: "file/links", Body: v, Layout: web.Wide, Styles: []string{"file/file.css"}, Tabs: tabs(linksURL),
	}, err
}
