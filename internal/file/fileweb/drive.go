package fileweb

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/web"
)

// DriveURL is the address of the viewer's own drive.
const DriveURL = "/disk/"

// FolderURL returns the address of a folder.
func FolderURL(id int64) string { return DriveURL + strconv.FormatInt(id, 10) + "/" }

// NavItem is the entry of the rail.
func NavItem() web.NavItem {
	return web.NavItem{ID: "disk", Title: "Drive", URL: DriveURL, Icon: "folder"}
}

func (h pages) registerDrive(s *web.Shell) {
	s.Page("/disk/{$}", web.SignedIn, h.ownDrive)
	s.Page("/disk/company/{$}", web.SignedIn, h.companyDrive)
	s.Page("/disk/{id}/{$}", web.SignedIn, h.folder)
	s.Action("/disk/{id}/upload", web.SignedIn, h.addFiles, web.RawBody(), web.MaxBody(maxForm))
	s.Action("/disk/{id}/folder", web.SignedIn, h.addFolder)
	s.Action("/disk/{id}/discard", web.SignedIn, h.discard)
	s.Action("/disk/{id}/restore", web.SignedIn, h.restore)
	h.registerManage(s)
	h.registerTrash(s)
	s.Command(web.Command{Title: "My drive", URL: DriveURL, Icon: "folder", Keywords: "files documents disk upload"})
}

// driveView is what the page of a folder shows.
type driveView struct {
	Folder  file.Node
	Path    []crumb
	Items   []item
	Total   int64
	First   string // the address of the first page, where this is another one
	Next    string
	MayAdd  bool
	Error   string // at the field of a new folder
	Name    string // as it was typed
	Company bool
	Base    string
	Gone    int64 // what was moved to the trash just now
}

// Here is the address of the folder as the path has it.
func (v driveView) Here() string { return FolderURL(v.Folder.ID) }

// Inside reports whether the folder is below the root of its drive.
func (v driveView) Inside() bool { return v.Folder.ParentID != 0 }

// Query is what stands in the field of the search.
func (driveView) Query() string { return "" }

type crumb struct{ Name, URL string }

// item is a line of the list.
type item struct {
	file.Node

	URL      string
	Icon     string
	Who      string
	Text     string // the size
	InText   bool   // a search found it by what it says
	Preview  string
	Slider   bool   // URL opens over the page
	About    string // where it is managed; empty: nowhere
	Where    string // the folder, in lists of several
	Home     string // the address of that
	MayEdit  bool
	MayEnd   bool // delete it for ever
	Download string
}

func (h pages) ownDrive(ctx context.Context, r *web.Request) (web.Page, error) {
	t, err := h.files.StorageOf(ctx, actor(r), file.OfUser)
	if err != nil {
		return web.Page{}, err
	}
	return h.folderPage(ctx, r, t.RootID, driveView{Base: DriveURL})
}

func (h pages) companyDrive(ctx context.Context, r *web.Request) (web.Page, error) {
	t, err := h.files.StorageOf(ctx, actor(r), file.OfAll)
	if err != nil {
		return web.Page{}, err
	}
	return h.folderPage(ctx, r, t.RootID, driveView{Base: DriveURL + "company/"})
}

func (h pages) folder(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	return h.folderPage(ctx, r, id, driveView{Base: FolderURL(id)})
}

// folderPage shows a folder: folders first, then by name.
func (h pages) folderPage(ctx context.Context, r *web.Request, id int64, v driveView) (web.Page, error) {
	path, err := h.files.Path(ctx, actor(r), id)
	if err != nil {
		return web.Page{}, err
	}
	v.Folder = path[len(path)-1]
	for i, n := range path {
		name := n.Name
		if i == 0 && v.Folder.StorageKind() == file.OfUser && v.Folder.StorageEntity() == r.Viewer.ID {
			name = "My drive"
		}
		v.Path = append(v.Path, crumb{name, FolderURL(n.ID)})
	}
	right, err := h.files.Right(ctx, actor(r), id)
	if err != nil {
		return web.Page{}, err
	}
	v.Gone = r.Int("gone", 0)
	v.MayAdd, v.Company = right >= file.Add, v.Folder.StorageKind() == file.OfAll
	if err := h.list(ctx, r, right, &v); err != nil {
		return web.Page{}, err
	}
	current := ""
	switch {
	case v.Company:
		current = DriveURL + "company/"
	case v.Folder.StorageKind() == file.OfUser && v.Folder.StorageEntity() == r.Viewer.ID:
		current = DriveURL
	}
	p := web.Page{
		Title: v.Path[len(v.Path)-1].Name, Section: "disk", Template: "file/drive", Body: v, Layout: web.Wide,
		Styles: []string{"file/file.css"}, Modules: []string{"file/drive.js"},
		Tabs: tabs(current),
	}
	if v.Error != "" {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

func (h pages) list(ctx context.Context, r *web.Request, right file.Right, v *driveView) error {
	q, start, err := h.byName(r)
	if err != nil {
		return err
	}
	page, err := h.files.Children(ctx, actor(r), v.Folder.ID, q)
	if err != nil {
		return err
	}
	v.Total = page.Total
	v.First, v.Next = steps(v.Base, start, page.Next)
	var people []int64
	for _, n := range page.Items {
		people = append(people, n.UpdatedBy)
	}
	names, err := h.people.Names(ctx, people)
	for _, n := range page.Items {
		i := h.line(n, names)
		i.MayEdit = right >= file.Full || right >= file.Edit && !n.Folder || n.CreatedBy == r.Viewer.ID && right >= file.Add && !n.Folder
		v.Items = append(v.Items, i)
	}
	return err
}

// line returns a line of a list.
func (h pages) line(n file.Node, names map[int64]string) item {
	i := item{
		Node: n, URL: URL(n.ID), Icon: iconOf(n), Who: names[n.UpdatedBy], Text: SizeText(n.Size), Preview: PreviewURL(n, file.SmallPreview),
		About: aboutURL(n.ID), Slider: true, Download: DownloadURL(n.ID),
	}
	if n.Folder {
		i.URL, i.Text, i.Slider, i.Download = FolderURL(n.ID), "", false, ""
	}
	return i
}

func iconOf(n file.Node) string {
	switch {
	case n.Folder:
		return "folder"
	case n.Kind() == file.Picture:
		return "image"
	case n.Kind() == file.Audio:
		return "mic"
	case n.Kind() == file.Video:
		return "play"
	}
	return "file"
}

// addFiles takes the files of a form, one after another as they come.
func (h pages) addFiles(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, errBroken.Because(err)
	}
	added := 0
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, readFault(err)
		}
		if p.FileName() == "" {
			continue
		}
		if err := h.mayAdd(ctx, r, id); err != nil {
			return nil, err
		}
		c, err := h.files.Receive(ctx, p)
		if err == nil {
			_, err = h.files.Add(ctx, actor(r), id, file.NewFile{Name: p.FileName(), Content: c, Unique: true})
		}
		if err != nil {
			return nil, readFault(err)
		}
		added++
	}
	if added == 0 {
		return nil, errNoFile
	}
	toast := "The file was added"
	if added > 1 {
		toast = strconv.Itoa(added) + " files were added"
	}
	return web.Redirect{To: FolderURL(id), Toast: toast}, nil
}

// mayAdd refuses before a content is read.
func (h pages) mayAdd(ctx context.Context, r *web.Request, id int64) error {
	right, err := h.files.Right(ctx, actor(r), id)
	if err == nil && right < file.Add {
		err = file.ErrAccess
	}
	return err
}

func (h pages) addFolder(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	name := r.FormValue("name")
	_, err = h.files.AddFolder(ctx, actor(r), id, name, nil)
	if errs := web.FieldErrors(err); errs != nil {
		return h.again(ctx, r, id, name, fault.Of(err).Text)
	}
	return web.Redirect{To: FolderURL(id), Toast: "The folder was made"}, err
}

// again shows a folder with what is wrong with a name; nothing that was typed is lost.
func (h pages) again(ctx context.Context, r *web.Request, id int64, name, text string) (web.Result, error) {
	return h.folderPage(ctx, r, id, driveView{Base: FolderURL(id), Name: name, Error: text})
}

// discard moves a file or folder into the trash, from which it can be taken back at once.
func (h pages) discard(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	n, err := h.files.Discard(ctx, actor(r), id)
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: FolderURL(n.ParentID) + "?gone=" + strconv.FormatInt(id, 10)}, nil
}

func (h pages) restore(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	n, err := h.files.Restore(ctx, actor(r), id)
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: FolderURL(n.ParentID), Toast: n.Name + " is back"}, nil
}
