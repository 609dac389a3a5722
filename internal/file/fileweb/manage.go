package fileweb

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/web"
)

func (h pages) registerManage(s *web.Shell) {
	s.Page("/disk/{id}/about/{$}", web.SignedIn, h.about)
	s.Action("/disk/{id}/rename", web.SignedIn, h.rename)
	s.Page("/disk/{id}/move/{$}", web.SignedIn, h.movePage)
	s.Action("/disk/{id}/move", web.SignedIn, h.move)
	s.Action("/disk/{id}/publish", web.SignedIn, h.publish)
	s.Action("/disk/{id}/unpublish", web.SignedIn, h.unpublish)
	s.Action("/disk/{id}/version", web.SignedIn, h.addVersion, web.RawBody(), web.MaxBody(maxForm))
	s.Action("/disk/{id}/versions/{version}/restore", web.SignedIn, h.restoreVersion)
	s.Fragment("/disk/{id}/versions/{version}/download", web.SignedIn, h.downloadVersion)
}

func aboutURL(id int64) string { return FolderURL(id) + "about/" }

// aboutView is what can be done with a file or folder.
type aboutView struct {
	file.Node

	Text, Icon, Who  string
	MayEdit, MayFull bool
	Name             string // as it was typed
	Errors           map[string]string
	Link             *linkView
	MayLink          bool
	Versions         []versionView
	Search           string // by what it is found
}

type linkView struct {
	URL     string
	Who     string
	Created time.Time
	Ends    time.Time
}

type versionView struct {
	file.Version

	Who, Text string
	Current   bool
	Download  string
}

func (h pages) about(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	return h.aboutPage(ctx, r, id, aboutView{})
}

func (h pages) aboutPage(ctx context.Context, r *web.Request, id int64, v aboutView) (p web.Page, err error) {
	if v.Node, err = h.files.Get(ctx, actor(r), id); err == nil && v.Trash != file.Kept {
		err = file.ErrNotFound
	}
	if err != nil {
		return p, err
	}
	right, err := h.files.Right(ctx, actor(r), id)
	if err != nil {
		return p, err
	}
	inside := v.ParentID != 0
	v.Text, v.Icon, v.MayEdit, v.MayFull = SizeText(v.Size), iconOf(v.Node), inside && right >= file.Edit, right >= file.Full
	if v.Errors == nil {
		v.Name = v.Node.Name
	} else {
		p.Status = http.StatusUnprocessableEntity
	}
	if !v.Folder {
		if v.Search, err = h.searchText(ctx, v.Node); err != nil {
			return p, err
		}
	}
	if err := h.aboutLink(ctx, r, &v); err != nil {
		return p, err
	}
	if err := h.aboutVersions(ctx, r, &v); err != nil {
		return p, err
	}
	p.Title, p.Section, p.Template, p.Body, p.Layout = v.Node.Name, "disk", "file/about", v, web.Narrow
	p.Slider, p.Behind, p.Styles = true, FolderURL(v.ID), []string{"file/file.css"}
	if inside {
		p.Behind = FolderURL(v.ParentID)
	}
	return p, nil
}

func (h pages) aboutLink(ctx context.Context, r *web.Request, v *aboutView) error {
	rules, err := h.files.PublicRules(ctx)
	if err != nil {
		return err
	}
	v.MayLink = rules.On
	link, ok, err := h.files.PublicOf(ctx, actor(r), v.ID)
	if err != nil || !ok {
		return err
	}
	names, err := h.people.Names(ctx, []int64{link.Owner.UserID})
	v.Link = &linkView{h.cfg.PublicURL(ShareURL(link.Code)), names[link.Owner.UserID], link.Created, link.Ends}
	return err
}

func (h pages) aboutVersions(ctx context.Context, r *web.Request, v *aboutView) error {
	people := []int64{v.UpdatedBy}
	if !v.Folder {
		page, err := h.files.Versions(ctx, actor(r), v.ID, record.Query{})
		if err != nil {
			return err
		}
		for _, ver := range page.Items {
			people = append(people, ver.CreatedBy)
			v.Versions = append(v.Versions, versionView{
				Version: ver, Text: SizeText(ver.Size), Current: ver.ID == v.VersionID,
				Download: FolderURL(v.ID) + "versions/" + strconv.FormatInt(ver.ID, 10) + "/download",
			})
		}
	}
	names, err := h.people.Names(ctx, people)
	v.Who = names[v.UpdatedBy]
	for i := range v.Versions {
		v.Versions[i].Who = names[v.Versions[i].CreatedBy]
	}
	return err
}

func (h pages) rename(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	n, err := h.files.Rename(ctx, actor(r), id, r.FormValue("name"))
	if errs := web.FieldErrors(err); errs != nil {
		return h.aboutPage(ctx, r, id, aboutView{Name: r.FormValue("name"), Errors: errs})
	}
	return web.Redirect{To: FolderURL(n.ParentID), Toast: "Renamed to " + n.Name}, err
}

// moveView is the choice of a folder to move something to.
type moveView struct {
	file.Node

	To     file.Node
	Path   []crumb
	Items  []crumb
	Here   bool // it lies there already
	May    bool
	Error  string
	First  string
	Next   string
	Action string
}

func moveURL(id, to int64) string {
	return FolderURL(id) + "move/?to=" + strconv.FormatInt(to, 10)
}

func (h pages) movePage(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	return h.moveTo(ctx, r, id, r.Int("to", 0), "")
}

func (h pages) moveTo(ctx context.Context, r *web.Request, id, to int64, text string) (p web.Page, err error) {
	v := moveView{Error: text, Action: FolderURL(id) + "move"}
	if v.Node, err = h.files.Get(ctx, actor(r), id); err == nil && (v.Trash != file.Kept || v.ParentID == 0) {
		err = file.ErrNotFound
	}
	if err != nil {
		return p, err
	}
	if to == 0 {
		to = v.ParentID
	}
	path, err := h.files.Path(ctx, actor(r), to)
	if err != nil {
		return p, err
	}
	for _, n := range path {
		v.Path = append(v.Path, crumb{n.Name, moveURL(id, n.ID)})
	}
	v.To = path[len(path)-1]
	v.Here = v.To.ID == v.ParentID
	right, err := h.files.Right(ctx, actor(r), to)
	if err != nil {
		return p, err
	}
	v.May = right >= file.Add && !v.Here
	if err := h.moveList(ctx, r, &v); err != nil {
		return p, err
	}
	p = web.Page{
		Title: "Move " + v.Name, Section: "disk", Template: "file/move", Body: v, Layout: web.Narrow, Slider: true, Behind: FolderURL(v.ParentID),
		Styles: []string{"file/file.css"},
	}
	if text != "" {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// moveList fills in the folders below the one that is looked at. Folders come first in a list, so that the others end it.
func (h pages) moveList(ctx context.Context, r *web.Request, v *moveView) error {
	q, start, err := h.byName(r)
	if err != nil {
		return err
	}
	page, err := h.files.Children(ctx, actor(r), v.To.ID, q)
	if err != nil {
		return err
	}
	base := moveURL(v.ID, v.To.ID)
	if start > 0 {
		v.First = base
	}
	for _, n := range page.Items {
		if n.Folder && n.ID != v.ID {
			v.Items = append(v.Items, crumb{n.Name, moveURL(v.ID, n.ID)})
		}
	}
	if last := len(page.Items) - 1; page.Next > 0 && page.Items[last].Folder {
		v.Next = base + "&start=" + strconv.FormatInt(page.Next, 10)
	}
	return nil
}

func (h pages) move(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	to := r.Int("to", 0)
	n, err := h.files.Move(ctx, actor(r), id, to)
	if errs := web.FieldErrors(err); errs != nil {
		return h.moveTo(ctx, r, id, to, fault.Of(err).Text)
	}
	return web.Redirect{To: FolderURL(n.ParentID), Toast: n.Name + " was moved here"}, err
}

func (h pages) publish(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	_, err = h.files.Publish(ctx, actor(r), id)
	return web.Redirect{To: aboutURL(id), Toast: "Everybody who has the link can see it now"}, err
}

func (h pages) unpublish(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	to := aboutURL(id)
	if r.FormValue("from") == "links" {
		to = linksURL
	}
	return web.Redirect{To: to, Toast: "The link is closed"}, h.files.Unpublish(ctx, actor(r), id)
}

// addVersion gives a file the content of the one file of a form.
func (h pages) addVersion(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	right, err := h.files.Right(ctx, actor(r), id)
	if err == nil && right < file.Edit {
		err = file.ErrAccess
	}
	if err != nil {
		return nil, err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, errBroken.Because(err)
	}
	for {
		p, err := parts.NextPart()
		if err != nil {
			return nil, errNoFile.Because(err)
		}
		if p.FileName() == "" {
			continue
		}
		c, err := h.files.Receive(ctx, p)
		if err == nil {
			_, err = h.files.AddVersion(ctx, actor(r), id, c)
		}
		return web.Redirect{To: aboutURL(id), Toast: "The file has a new content"}, readFault(err)
	}
}

func (h pages) versionOf(ctx context.Context, r *web.Request) (id int64, v file.Version, err error) {
	if id, err = r.PathID("id"); err != nil {
		return id, v, err
	}
	number, err := r.PathID("version")
	if err != nil {
		return id, v, err
	}
	if v, err = h.files.Version(ctx, actor(r), number); err == nil && v.NodeID != id {
		err = file.ErrNotFound
	}
	return id, v, err
}

func (h pages) restoreVersion(ctx context.Context, r *web.Request) (web.Result, error) {
	id, v, err := h.versionOf(ctx, r)
	if err != nil {
		return nil, err
	}
	_, err = h.files.RestoreVersion(ctx, actor(r), id, v.ID)
	return web.Redirect{To: aboutURL(id), Toast: "The file is as it was in version " + strconv.FormatInt(v.Number, 10)}, err
}

func (h pages) downloadVersion(ctx context.Context, r *web.Request) (web.Result, error) {
	id, v, err := h.versionOf(ctx, r)
	if err != nil {
		return nil, err
	}
	n, err := h.files.Follow(ctx, file.Link{Action: file.OldVersion, Actor: actor(r), NodeID: id, Value: v.ID})
	if err != nil {
		return nil, err
	}
	return h.content(ctx, n)
}
