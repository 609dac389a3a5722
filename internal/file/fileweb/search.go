package fileweb

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/web"
)

// foundView is what a search found.
type foundView struct {
	Query       string
	Items       []item
	First, Next string
	Error       string
}

// maxQuery is the longest text of a search, in bytes.
const maxQuery = 255

func (h pages) search(ctx context.Context, r *web.Request) (web.Page, error) {
	v := foundView{Query: strings.TrimSpace(r.FormValue("q"))}
	p := web.Page{
		Title: "Search", Section: "disk", Template: "file/found", Layout: web.Wide, Styles: []string{"file/file.css"}, Tabs: tabs(searchURL),
	}
	if len(v.Query) > maxQuery || v.Query != "" && utf8.RuneCountInString(v.Query) < 2 {
		v.Error = "Write 2 to 255 characters."
		p.Body, p.Status = v, 422
		return p, nil
	}
	start := max(0, r.Int("start", 0))
	page, err := h.files.Search(ctx, actor(r), file.Search{Text: v.Query, Kinds: file.FilesAndFolders, Start: start})
	if err != nil {
		return p, err
	}
	if v.Items, err = h.foundLines(ctx, r, page.Items); err != nil {
		return p, err
	}
	for i, n := range page.Items {
		v.Items[i].InText = !file.Named(n, v.Query)
	}
	base := searchURL + "?q=" + url.QueryEscape(v.Query)
	if start > 0 {
		v.First = base
	}
	if page.Next > 0 {
		v.Next = base + "&start=" + strconv.FormatInt(page.Next, 10)
	}
	p.Body = v
	return p, nil
}

// foundLines are lines with the folders that they lie in.
func (h pages) foundLines(ctx context.Context, r *web.Request, nodes []file.Node) (out []item, err error) {
	var people, folders []int64
	for _, n := range nodes {
		people, folders = append(people, n.UpdatedBy), append(folders, n.ParentID)
	}
	names, err := h.people.Names(ctx, people)
	if err != nil {
		return nil, err
	}
	places, err := h.files.FolderNames(ctx, folders)
	if err != nil {
		return nil, err
	}
	own, err := h.files.StorageOf(ctx, actor(r), file.OfUser)
	places[own.RootID] = "My drive"
	for _, n := range nodes {
		i := h.line(n, names)
		i.Where, i.Home = places[n.ParentID], FolderURL(n.ParentID)
		out = append(out, i)
	}
	return out, err
}
