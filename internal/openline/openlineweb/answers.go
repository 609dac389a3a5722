package openlineweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// AnswersURL is where people keep their canned answers.
const AnswersURL = URL + "answers/"

// Answers keeps the canned answers; *answer.Service is one.
type Answers interface {
	Find(ctx context.Context, q answer.Query) ([]answer.Answer, error)
	Count(ctx context.Context, q answer.Query) (int, error)
	Get(ctx context.Context, actor user.Ref, id int64) (answer.Answer, error)
	Save(ctx context.Context, actor user.Ref, a answer.Answer) (answer.Answer, error)
	Delete(ctx context.Context, actor user.Ref, id int64) error
}

// answersView is the list of somebody's answers, or of those that their lines share.
type answersView struct {
	Rows       []answerRow
	Query      string
	Shared     bool
	Manage     string // the address where the shared ones are changed; empty: the viewer may not
	Total      int
	Next, Prev string
}

type answerRow struct {
	answer.Answer

	URL string
}

// answersPage shows the viewer's own answers or, with shared=1, those of their lines.
func (h pages) answersPage(ctx context.Context, r *web.Request) (web.Page, error) {
	v := answersView{Query: strings.TrimSpace(user.CleanText(r.FormValue("q"), 200)), Shared: r.FormValue("shared") == "1"}
	own := answer.Query{UserID: r.Viewer.ID, Own: true, Text: v.Query}
	shared, err := h.sharedAnswers(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	shared.Text = v.Query
	q := own
	if v.Shared {
		q = shared
		if r.Viewer.Ref().May(access.ManageLines) {
			v.Manage = h.SharedAnswersURL
		}
	}
	page := max(r.Int("page", 1), 1)
	q.Offset = int(min(page-1, answer.MaxShared)) * answer.MaxFound
	found, err := h.Answers.Find(ctx, q)
	if err != nil {
		return web.Page{}, err
	}
	for _, a := range found {
		v.Rows = append(v.Rows, answerRow{a, AnswersURL + strconv.FormatInt(a.ID, 10) + "/"})
	}
	var counts [2]int
	for i, one := range []answer.Query{own, shared} {
		if counts[i], err = h.Answers.Count(ctx, one); err != nil {
			return web.Page{}, err
		}
	}
	if v.Total = counts[0]; v.Shared {
		v.Total = counts[1]
	}
	if page > 1 {
		v.Prev = v.link(v.Shared, page-1)
	}
	if q.Offset+len(found) < v.Total {
		v.Next = v.link(v.Shared, page+1)
	}
	return web.Page{
		Title: "Canned answers", Section: nav, Template: "channels/answers", Body: v, Layout: web.Narrow, Back: URL, Styles: []string{"channels/channels.css"},
		Tabs: []ui.Tab{
			{Title: "Yours", URL: v.link(false, 1), Current: !v.Shared, Count: counts[0]},
			{Title: "Shared", URL: v.link(true, 1), Current: v.Shared, Count: counts[1]},
		},
		Actions: []web.Action{{Title: "New answer", URL: AnswersURL + "0/", Icon: "plus", Primary: true, Slider: true, Key: "n"}},
	}, nil
}

// link is the address of a page of the list.
func (v answersView) link(shared bool, page int64) string {
	p := url.Values{}
	if v.Query != "" {
		p.Set("q", v.Query)
	}
	if shared {
		p.Set("shared", "1")
	}
	if page > 1 {
		p.Set("page", strconv.FormatInt(page, 10))
	}
	if len(p) == 0 {
		return AnswersURL
	}
	return AnswersURL + "?" + p.Encode()
}

// sharedAnswers says which shared answers the viewer is offered: those of the folders of the lines that they see, or all where one of
// the lines has no folder.
func (h pages) sharedAnswers(ctx context.Context, r *web.Request) (answer.Query, error) {
	q := answer.Query{Folders: []int64{}}
	if r.Viewer.Ref().May(access.ManageLines) {
		return answer.Query{}, nil
	}
	sc, err := h.Conversations.Scope(ctx, r.Viewer.Ref())
	if err != nil {
		return q, err
	}
	for _, id := range sc.Lines {
		l, err := h.Lines.Get(ctx, id)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			continue // it was deleted a moment ago
		case err != nil:
			return q, err
		}
		if l.QuickAnswersID == 0 {
			return answer.Query{}, nil
		}
		q.Folders = append(q.Folders, l.QuickAnswersID)
	}
	return q, nil
}

// answerView is the form of an answer of the viewer's, or a shared one to read; ID 0 is a new one.
type answerView struct {
	answer.Answer

	Reads  bool
	Errors map[string]string
	Save   string
	Delete string
}

// answerID reads the number of an answer from the address; 0 is a new one.
func answerID(r *web.Request) (int64, error) {
	if r.PathValue("id") == "0" {
		return 0, nil
	}
	return r.PathID("id")
}

func (h pages) answerPage(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := answerID(r)
	if err != nil {
		return web.Page{}, err
	}
	a := answer.Answer{OwnerID: r.Viewer.ID}
	if id != 0 {
		if a, err = h.offeredAnswer(ctx, r, id); err != nil {
			return web.Page{}, err
		}
	}
	return answerForm(a, nil), nil
}

// offeredAnswer returns an answer of the viewer's, or one that they are offered.
func (h pages) offeredAnswer(ctx context.Context, r *web.Request, id int64) (answer.Answer, error) {
	a, err := h.Answers.Get(ctx, r.Viewer.Ref(), id)
	if err != nil || !a.Shared() {
		return a, err
	}
	q, err := h.sharedAnswers(ctx, r)
	if err != nil || q.Folders == nil {
		return a, err
	}
	if !slices.Contains(q.Folders, a.FolderID) {
		return answer.Answer{}, answer.ErrNotFound
	}
	return a, nil
}

func answerForm(a answer.Answer, wrong map[string]string) web.Page {
	base := AnswersURL + strconv.FormatInt(a.ID, 10) + "/"
	v, title, behind := answerView{Answer: a, Reads: a.Shared(), Errors: wrong, Save: base + "save"}, "New answer", AnswersURL
	switch {
	case v.Reads:
		title, behind = "Shared answer", AnswersURL+"?shared=1"
		v.Save = AnswersURL + "0/save"
	case a.ID != 0:
		title, v.Delete = "Canned answer", base+"delete"
	}
	return web.Page{
		Title: title, Section: nav, Template: "channels/answer", Body: v, Layout: web.Narrow, Slider: true, Behind: behind,
		Styles: []string{"channels/channels.css"},
	}
}

// saveAnswer stores an answer of the viewer's.
func (h pages) saveAnswer(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := answerID(r)
	if err != nil {
		return nil, err
	}
	a := answer.Answer{ID: id, OwnerID: r.Viewer.ID, Keyword: r.FormValue("keyword"), Text: strings.ReplaceAll(r.FormValue("text"), "\r\n", "\n")}
	_, err = h.Answers.Save(ctx, r.Viewer.Ref(), a)
	if wrong := web.FieldErrors(err); wrong != nil && !r.Fetched() {
		p := answerForm(a, wrong)
		p.Status = http.StatusUnprocessableEntity
		return p, nil
	}
	return web.Redirect{To: AnswersURL, Toast: "Answer saved: / and its keyword find it in the message field."}, err
}

func (h pages) deleteAnswer(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	a, err := h.Answers.Get(ctx, r.Viewer.Ref(), id)
	if err == nil && a.Shared() {
		err = answer.ErrDenied
	}
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: AnswersURL, Toast: "Answer deleted"}, h.Answers.Delete(ctx, r.Viewer.Ref(), id)
}
