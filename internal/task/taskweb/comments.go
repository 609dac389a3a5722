package taskweb

import (
	"context"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task/comment"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/task/result"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// Files is the file area.
type Files interface {
	// CommentFiles returns the files of comments, by comment.
	CommentFiles(ctx context.Context, comments []int64) (map[int64][]File, error)
	// TaskFiles returns those of ids that are attached to a task.
	TaskFiles(ctx context.Context, taskID int64, ids []int64) (map[int64]File, error)
	// TemplateFiles returns those of ids that are attached to a template.
	TemplateFiles(ctx context.Context, templateID int64, ids []int64) (map[int64]File, error)
	// Keep stores a content on the user's own drive and returns the number of the file.
	Keep(ctx context.Context, userID int64, name string, content io.Reader) (int64, error)
	// UploadFolder returns the folder of the user's own drive in which Keep stores.
	UploadFolder(ctx context.Context, userID int64) (int64, error)
	// Archive writes those of ids that are attached to a task as one ZIP archive.
	Archive(ctx context.Context, taskID int64, ids []int64, w io.Writer) error
}

// File is a file as the card shows it.
type File struct {
	Name, Size string
	URL        string // of its page, which opens over the card
	Preview    string // address of a small picture; empty where there is none
}

// commentView is a comment on the card.
type commentView struct {
	ID     int64
	Author person
	At     time.Time
	HTML   template.HTML
	Text   string // as it was written, to be changed
	Files  []File
	Mine   bool // the viewer may change and remove it
	Result bool // it was made a result
	URL    string
}

// maxComments is how many comments the card shows; the chat has them all.
const maxComments = 100

// comments returns the newest comments of a task, the oldest of them first, how many there are besides, and all their files.
func (h pages) comments(ctx context.Context, r *web.Request, owner, id int64) (out []commentView, more int, all []File, err error) {
	list, err := h.talk.List(ctx, actor(r.Viewer), id, comment.Query{Order: []part.Order{{Name: "ID", Desc: true}}})
	if err != nil || len(list) == 0 {
		return nil, 0, nil, err
	}
	if len(list) > maxComments {
		more, list = len(list)-maxComments, list[:maxComments]
	}
	slices.Reverse(list)
	var who, carried []int64
	for _, c := range list {
		who = append(append(who, c.AuthorID), mentioned(c.Text)...)
		if len(c.Files) > 0 {
			carried = append(carried, c.ID)
		}
	}
	people, err := h.users.Many(ctx, who)
	if err != nil {
		return nil, 0, nil, err
	}
	var files map[int64][]File
	if len(carried) > 0 && h.files != nil {
		if files, err = h.files.CommentFiles(ctx, carried); err != nil {
			return nil, 0, nil, err
		}
	}
	for _, c := range list {
		v := commentView{
			ID: c.ID, Author: personOf(people, c.AuthorID), At: c.Posted, HTML: description(r, c.Text, people), Text: c.Text,
			Mine: c.AuthorID == r.Viewer.ID || r.Viewer.Admin, URL: cardURL(owner, id) + "comment/" + strconv.FormatInt(c.ID, 10) + "/",
		}
		v.Files, all = files[c.ID], append(all, files[c.ID]...)
		out = append(out, v)
	}
	return out, more, all, nil
}

// addComment writes a comment. @login at the beginning of a word mentions a person.
func (h pages) addComment(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	text, err := h.mentions(ctx, strings.ReplaceAll(r.FormValue("text"), "\r\n", "\n"))
	if err != nil {
		return nil, err
	}
	_, err = h.talk.Add(ctx, actor(r.Viewer), comment.New{TaskID: id, Text: text, Files: readIDs(r.PostForm["file"])})
	return web.Redirect{To: cardURL(owner, id) + "#comments"}, err
}

// maxMentions bounds how many people one comment is searched for.
const maxMentions = 50

// mentions turns @login into a mention of that person. What names nobody stays as it is.
func (h pages) mentions(ctx context.Context, text string) (string, error) {
	text = user.CleanText(text, 60_000)
	if !strings.Contains(text, "@") {
		return text, nil
	}
	words := strings.SplitAfter(text, " ")
	looked := 0
	for i, w := range words {
		lines := strings.SplitAfter(w, "\n")
		for k, l := range lines {
			name, ok := strings.CutPrefix(l, "@")
			login := strings.TrimRight(name, " \n,.:;!?)")
			if !ok || login == "" || looked >= maxMentions {
				continue
			}
			looked++
			u, err := h.users.ByLogin(ctx, login)
			if fault.KindOf(err) == fault.Internal && err != nil {
				return text, err
			}
			if err == nil {
				lines[k] = "[user=" + strconv.FormatInt(u.ID, 10) + "]" + strings.NewReplacer("[", "", "]", "").Replace(u.DisplayName()) + "[/user]" + strings.TrimPrefix(name, login)
			}
		}
		words[i] = strings.Join(lines, "")
	}
	return strings.Join(words, ""), nil
}

func (h pages) changeComment(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	which, err := r.PathID("comment")
	if err != nil {
		return nil, err
	}
	text, err := h.mentions(ctx, strings.ReplaceAll(r.FormValue("text"), "\r\n", "\n"))
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: cardURL(owner, id) + "#comments"}, h.talk.Update(ctx, actor(r.Viewer), id, which, text, nil)
}

func (h pages) removeComment(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	which, err := r.PathID("comment")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: cardURL(owner, id) + "#comments", Toast: "Comment removed"}, h.talk.Delete(ctx, actor(r.Viewer), id, which)
}

// chat leads to the chat of the task, which is made where there is none: as an address for who has no module, and as the place
// to which files are uploaded for who has one.
func (h pages) chat(ctx context.Context, r *web.Request) (web.Result, error) {
	_, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	chat, err := h.talk.ChatID(ctx, actor(r.Viewer), id)
	if err != nil {
		return nil, err
	}
	dialog := "chat" + strconv.FormatInt(chat, 10)
	if r.FormValue("dialog") != "" {
		return web.JSON{Value: map[string]string{"dialog": dialog}}, nil
	}
	return web.Redirect{To: "/online/?IM_DIALOG=" + dialog}, nil
}

// resultView is a result on the card.
type resultView struct {
	ID     int64
	Author person
	At     time.Time
	HTML   template.HTML
	Mine   bool
	URL    string
}

// outcome returns the results of a task, and marks the comments from which they were made.
func (h pages) outcome(ctx context.Context, r *web.Request, owner, id int64, comments []commentView) ([]resultView, error) {
	list, err := h.results.List(ctx, actor(r.Viewer), result.Query{TaskID: id})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var who []int64
	for _, x := range list {
		who = append(append(who, x.AuthorID), mentioned(x.Text)...)
		if i := slices.IndexFunc(comments, func(c commentView) bool { return c.ID == x.MessageID }); i >= 0 {
			comments[i].Result = true
		}
	}
	people, err := h.users.Many(ctx, who)
	out := make([]resultView, len(list))
	for i, x := range list {
		out[i] = resultView{
			ID: x.ID, Author: personOf(people, x.AuthorID), At: x.Created, HTML: description(r, x.Text, people), Mine: x.AuthorID == r.Viewer.ID,
			URL: cardURL(owner, id) + "result/" + strconv.FormatInt(x.ID, 10) + "/",
		}
	}
	return out, err
}

// addResult writes a result, or makes one of a comment.
func (h pages) addResult(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	if from := r.Int("comment", 0); from != 0 {
		_, err = h.results.AddFromComment(ctx, actor(r.Viewer), from)
	} else {
		_, err = h.results.Add(ctx, actor(r.Viewer), id, user.CleanText(strings.ReplaceAll(r.FormValue("text"), "\r\n", "\n"), 60_000))
	}
	return web.Redirect{To: cardURL(owner, id) + "#results", Toast: "Result kept"}, err
}

func (h pages) removeResult(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	which, err := r.PathID("result")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: cardURL(owner, id) + "#results", Toast: "Result removed"}, h.results.Delete(ctx, actor(r.Viewer), which)
}
