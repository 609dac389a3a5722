package lineweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// AnswersURL is where the shared canned answers are.
const AnswersURL = centerURL + "answers/"

// answersOnPage is how many answers a page shows.
const answersOnPage = answer.MaxFound

// answersView is the list of shared answers.
type answersView struct {
	Answers    []answerRow
	Folders    []folderRow
	Query      string
	Folder     int64
	FolderName string // with its error, as it was typed
	Error      string
	Total      int
	Next, Prev string
}

type answerRow struct {
	answer.Answer

	URL, Folder string
}

type folderRow struct {
	answer.Folder

	URL    string
	Delete string
	On     bool
}

func (h pages) answers(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.answersPage(ctx, r, "", "")
}

func (h pages) answersPage(ctx context.Context, r *web.Request, name, wrong string) (web.Page, error) {
	v := answersView{Query: strings.TrimSpace(r.URL.Query().Get("q")), Folder: queryInt(r, "folder"), FolderName: name, Error: wrong}
	page := max(queryInt(r, "page"), 1)
	folders, err := h.Answers.Folders(ctx, 0)
	if err != nil {
		return web.Page{}, err
	}
	names := map[int64]string{}
	for _, f := range folders {
		names[f.ID] = f.Name
		id := strconv.FormatInt(f.ID, 10)
		v.Folders = append(v.Folders, folderRow{f, AnswersURL + "?folder=" + id, AnswersURL + "folder/" + id + "/delete", f.ID == v.Folder})
	}
	q := answer.Query{FolderID: v.Folder, Text: v.Query, Limit: answersOnPage, Offset: int(page-1) * answersOnPage}
	found, err := h.Answers.Find(ctx, q)
	if err != nil {
		return web.Page{}, err
	}
	if v.Total, err = h.Answers.Count(ctx, q); err != nil {
		return web.Page{}, err
	}
	for _, a := range found {
		v.Answers = append(v.Answers, answerRow{a, AnswersURL + strconv.FormatInt(a.ID, 10) + "/", names[a.FolderID]})
	}
	link := func(n int64) string {
		return AnswersURL + "?" + url.Values{"q": {v.Query}, "folder": {strconv.FormatInt(v.Folder, 10)}, "page": {strconv.FormatInt(n, 10)}}.Encode()
	}
	if page > 1 {
		v.Prev = link(page - 1)
	}
	if int(page)*answersOnPage < v.Total {
		v.Next = link(page + 1)
	}
	p := h.section().Page("Canned answers", "answers", v)
	p.Tabs = Tabs(r.Viewer, AnswersURL)
	p.Actions = []web.Action{{Title: "New answer", URL: AnswersURL + "0/", Icon: "plus", Primary: true, Slider: true, Key: "n"}}
	return p, nil
}

func queryInt(r *web.Request, name string) int64 {
	n, _ := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
	return n
}

// answerView is the form of an answer; ID 0 is a new one.
type answerView struct {
	answer.Answer

	FolderValue string
	Folders     []ui.Option
	Errors      map[string]string
	Save        string
	Delete      string
}

// answerID reads the number of an answer from the address; 0 is a new one.
func answerID(r *web.Request) (int64, error) {
	if r.PathValue("id") == "0" {
		return 0, nil
	}
	return r.PathID("id")
}

func (h pages) answer(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := answerID(r)
	if err != nil {
		return web.Page{}, err
	}
	var a answer.Answer
	if id != 0 {
		if a, err = h.Answers.Get(ctx, r.Viewer.Ref(), id); err != nil {
			return web.Page{}, err
		}
		if !a.Shared() {
			return web.Page{}, answer.ErrNotFound
		}
	}
	return h.answerPage(ctx, a, nil)
}

func (h pages) answerPage(ctx context.Context, a answer.Answer, wrong map[string]string) (web.Page, error) {
	folders, err := h.Answers.Folders(ctx, 0)
	base := AnswersURL + strconv.FormatInt(a.ID, 10) + "/"
	v := answerView{Answer: a, FolderValue: strconv.FormatInt(a.FolderID, 10), Folders: folderOptions(folders, "No folder"), Errors: wrong, Save: base + "save"}
	title := "New answer"
	if a.ID != 0 {
		title, v.Delete = "Canned answer", base+"delete"
	}
	return h.section().Slider(title, "answer", AnswersURL, v), err
}

func (h pages) saveAnswer(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := answerID(r)
	if err != nil {
		return nil, err
	}
	a := answer.Answer{ID: id, FolderID: r.Int("folder", 0), Keyword: r.FormValue("keyword"), Text: strings.ReplaceAll(r.FormValue("text"), "\r\n", "\n")}
	_, err = h.Answers.Save(ctx, r.Viewer.Ref(), a)
	if wrong := web.FieldErrors(err); wrong != nil && !r.Fetched() {
		p, err := h.answerPage(ctx, a, wrong)
		p.Status = http.StatusUnprocessableEntity
		return p, err
	}
	return web.Redirect{To: AnswersURL, Toast: "Answer saved"}, err
}

func (h pages) deleteAnswer(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: AnswersURL, Toast: "Answer deleted"}, h.Answers.Delete(ctx, r.Viewer.Ref(), id)
}

// saveFolder adds a folder, or renames the one whose number is sent.
func (h pages) saveFolder(ctx context.Context, r *web.Request) (web.Result, error) {
	f, err := h.Answers.SaveFolder(ctx, r.Viewer.Ref(), answer.Folder{ID: r.Int("id", 0), Name: r.FormValue("name")})
	if wrong := web.FieldErrors(err); wrong != nil && !r.Fetched() {
		text := wrong["name"]
		if text == "" {
			text = wrong[""]
		}
		p, err := h.answersPage(ctx, r, r.FormValue("name"), text)
		p.Status = http.StatusUnprocessableEntity
		return p, err
	}
	return web.Redirect{To: AnswersURL + "?folder=" + strconv.FormatInt(f.ID, 10), Toast: "Folder saved"}, err
}

func (h pages) deleteFolder(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: AnswersURL, Toast: "Folder deleted; its answers are in none now"}, h.Answers.DeleteFolder(ctx, r.Viewer.Ref(), id)
}
