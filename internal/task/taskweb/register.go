// Package taskweb is the pages of tasks: a person's lists, the card of a task, and the form that creates and changes one.
package taskweb

import (
	"context"
	"embed"
	"fmt"
	"strconv"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/comment"
	"github.com/portico-hq/portico/internal/task/elapsed"
	"github.com/portico-hq/portico/internal/task/result"
	"github.com/portico-hq/portico/internal/task/saved"
	"github.com/portico-hq/portico/internal/task/stage"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/userfield/userfieldweb"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.js *.css
var files embed.FS

// Users are the people that tasks speak of.
type Users interface {
	Get(ctx context.Context, id int64) (user.User, error)
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
	List(ctx context.Context, q user.Query) ([]user.User, error)
	ByLogin(ctx context.Context, name string) (user.User, error)
}

// Section is the ID of the navigation item that the pages belong to.
const Section = "tasks"

// pageSize is how many tasks a page of the list shows.
const pageSize = 50

// Config is what the pages need.
type Config struct {
	Tasks *task.Service
	Users Users
	Saved *saved.Service
	// Checklists and Elapsed keep what belongs to tasks.
	Checklists *checklist.Service
	Elapsed    *elapsed.Service
	Comments   *comment.Service
	Stages     *stage.Service
	Results    *result.Service
	Templates  *template.Service
	Files      Files              // nil: comments and tasks have none
	Attached   Attached           // nil: tasks have none
	Fields     *userfield.Service // those that are added to tasks; nil: there are none
	FieldFiles userfieldweb.ShownFiles
}

type pages struct {
	tasks    *task.Service
	users    Users
	saved    *saved.Service
	checks   *checklist.Service
	elapsed  *elapsed.Service
	talk     *comment.Service
	files    Files
	attached Attached
	fields   *userfield.Service
	stages   *stage.Service
	results  *result.Service
	plans    *template.Service

	fieldFiles userfieldweb.ShownFiles
}

// Register adds the pages to the shell. Nav returns what belongs into its navigation.
func Register(s *web.Shell, c Config) {
	s.Area("task", files)
	s.Share("attach", attach.Files)
	h := pages{c.Tasks, c.Users, c.Saved, c.Checklists, c.Elapsed, c.Comments, c.Files, c.Attached, c.Fields, c.Stages, c.Results, c.Templates, c.FieldFiles}
	const list = "/company/personal/user/{u}/tasks/"
	s.Page(list+"{$}", web.SignedIn, h.list)
	s.Fragment(list+"export/{$}", web.SignedIn, h.export)
	s.Action(list+"bulk", web.SignedIn, h.bulk)
	s.Action(list+"quick", web.SignedIn, h.quick)
	s.Action(list+"columns", web.SignedIn, h.setColumns)
	s.Action(list+"filters", web.SignedIn, h.saveFilter)
	s.Action(list+"filters/{id}/delete", web.SignedIn, h.removeFilter)
	for kind := range boards {
		s.Page(list+kind+"{$}", web.SignedIn, h.board(kind))
		s.Action(list+kind+"move", web.SignedIn, h.move(kind))
	}
	s.Page(list+"plan/{$}", web.SignedIn, h.plan)
	s.Action(list+"plan/move", web.SignedIn, h.planMove)
	s.Action(list+"plan/stage", web.SignedIn, h.planStage)
	h.registerTemplates(s, list+"templates/")
	h.registerCard(s)
	s.Page("/tasks/new", web.SignedIn, h.form)
	s.Fragment("/tasks/counter", web.SignedIn, h.counter)
	s.Search("Tasks", h.search)
	s.Command(web.Command{Title: "New task", URL: "/tasks/new", Icon: "plus", Keywords: "create add todo", Slider: true})
}

// registerCard adds the pages of one task.
func (h pages) registerCard(s *web.Shell) {
	const one = "/company/personal/user/{u}/tasks/task/"
	s.Page(one+"view/{id}/{$}", web.SignedIn, h.card)
	s.Page(one+"edit/{id}/{$}", web.SignedIn, h.form)
	s.Action(one+"edit/{id}/{$}", web.SignedIn, h.save, web.MaxBody(userfieldweb.MaxForm))
	for name, do := range h.deeds() {
		s.Action(one+"view/{id}/"+name, web.SignedIn, do)
	}
	for name, do := range map[string]func(context.Context, *web.Request, int64, int64) error{
		"check/add": h.addItem, "check/{item}/toggle": h.toggleItem, "check/{item}/save": h.renameItem, "check/{item}/move": h.moveItem,
		"check/{item}/delete": h.removeItem,
	} {
		s.Action(one+"view/{id}/"+name, web.SignedIn, h.itemAction(do))
	}
	h.registerFiles(s, one+"view/{id}/")
	s.Action(one+"view/{id}/timer", web.SignedIn, h.timer)
	s.Action(one+"view/{id}/time/add", web.SignedIn, h.addTime)
	s.Action(one+"view/{id}/time/{record}/delete", web.SignedIn, h.removeTime)
}

// Nav returns the navigation item of v's tasks; its counter is what is overdue and the comments that v has not seen.
func Nav(ctx context.Context, tasks *task.Service, v web.Viewer) (web.NavItem, error) {
	n, err := waiting(ctx, tasks, v)
	return web.NavItem{ID: Section, Title: "Tasks", URL: listURL(v.ID), Icon: "tasks", Count: int(n), CountURL: "/tasks/counter", CountOn: "task:changed"}, err
}

func waiting(ctx context.Context, tasks *task.Service, v web.Viewer) (int64, error) {
	c, err := tasks.Counters(ctx, v.ID, 0, task.AnyRole)
	return c.Expired + c.NewComments, err
}

// counter answers /tasks/counter: the counter as the rail shows it, for pages that are open while it changes.
func (h pages) counter(ctx context.Context, r *web.Request) (web.Result, error) {
	n, err := waiting(ctx, h.tasks, r.Viewer)
	return web.JSON{Value: map[string]any{"id": Section, "count": n}}, err
}

func actor(v web.Viewer) user.Ref { return user.Ref{ID: v.ID, Admin: v.Admin, Access: v.Access} }

// listURL is the address of a person's tasks.
func listURL(userID int64) string {
	return "/company/personal/user/" + strconv.FormatInt(userID, 10) + "/tasks/"
}

// cardURL is the address of a task; applications build the same one of what task.item.list tells them.
func cardURL(userID, id int64) string {
	return listURL(userID) + "task/view/" + strconv.FormatInt(id, 10) + "/"
}

// editURL is the address of the form of a task; with id 0 of a new one.
func editURL(userID, id int64) string {
	return listURL(userID) + "task/edit/" + strconv.FormatInt(id, 10) + "/"
}

// search finds tasks by a part of their title.
func (h pages) search(ctx context.Context, v web.Viewer, q string) ([]web.SearchHit, error) {
	if len(q) > 200 {
		return nil, nil
	}
	e := h.tasks.Records().Entity()
	found, err := h.tasks.List(ctx, actor(v), record.Query{
		Filter: e.Where("TITLE", record.Contains, q), Fields: []*record.Field{e.Field("ID"), e.Field("TITLE"), e.Field("REAL_STATUS")}, Limit: 6,
	})
	if err != nil {
		return nil, err
	}
	var hits []web.SearchHit
	for _, row := range found.Rows {
		id, title, status := row[0].(int64), row[1].(string), row[2].(int64)
		hits = append(hits, web.SearchHit{
			Title: title, Subtitle: fmt.Sprintf("Task %d · %s", id, statusOf(task.Status(status)).Text), URL: cardURL(v.ID, id),
			Icon: "tasks", Slider: true,
		})
	}
	return hits, nil
}
