package portal

import (
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/comment"
	"github.com/portico-hq/portico/internal/task/elapsed"
	"github.com/portico-hq/portico/internal/task/link"
	"github.com/portico-hq/portico/internal/task/partrest"
	"github.com/portico-hq/portico/internal/task/result"
	"github.com/portico-hq/portico/internal/task/saved"
	"github.com/portico-hq/portico/internal/task/stage"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/task/taskrest"
	"github.com/portico-hq/portico/internal/task/taskweb"
	"github.com/portico-hq/portico/internal/task/template"
)

// TaskParts keep what belongs to tasks.
type TaskParts struct {
	Checklists *checklist.Service // of tasks
	Comments   *comment.Service
	Elapsed    *elapsed.Service
	TaskViews  *saved.Service // how people want to see tasks
	Links      *link.Service
	TaskFiles  *taskfile.Service
	Results    *result.Service
	Stages     *stage.Service
	Templates  *template.Service
}

// taskSchemas returns the tables of what belongs to tasks.
func taskSchemas() []db.Schema {
	return []db.Schema{checklist.Schema(), comment.Schema(), elapsed.Schema(), link.Schema(), result.Schema(), stage.Schema(), template.Schema(), saved.Schema()}
}

// wireTasks makes what belongs to tasks and lets it follow them.
func (p *Portal) wireTasks() {
	d, clk := p.DB, p.config.Clock
	p.Checklists = checklist.NewService(checklist.Config{DB: d, Clock: clk, Kind: checklist.OfTask, Owners: checklist.TasksOf(p.Tasks), Files: itemFiles{p.Files}})
	p.Elapsed = elapsed.NewService(elapsed.Config{DB: d, Clock: clk, Tasks: p.Tasks, Users: p.Users})
	p.Results = result.NewService(result.Config{DB: d, Clock: clk, Tasks: p.Tasks})
	p.Templates = template.NewService(template.Config{DB: d, Clock: clk, Tasks: p.Tasks, Users: p.Users, Checklists: p.Checklists, Files: itemFiles{p.Files}, Attached: templateFiles{p.Files}})
	p.Stages = stage.NewService(stage.Config{DB: d, Tasks: p.Tasks})
	p.Comments = comment.NewService(comment.Config{
		DB: d, Clock: clk, Tasks: p.Tasks, Users: p.Users, Events: taskEvents{p.Events}, Chats: taskChats{p.IM}, Follower: p.Results,
	})
	p.IM.SetEntityListener(comment.EntityType, taskMessages{p.Comments})
	p.Links = link.NewService(d, p.Tasks)
	p.TaskFiles = taskfile.NewService(d, p.Tasks, taskFiles{p.Files, p.publicURL})
	p.Tasks.SetFiles(p.TaskFiles)
	p.Results.SetComments(p.Comments)
	p.Tasks.SetResults(p.Results)
	p.Tasks.SetParts(p.Checklists, p.Comments, p.Elapsed, p.Links, p.Results, p.Stages, p.TaskFiles, taskNotices{p})
	p.TaskViews = saved.New(d)
}

// taskMethods is what the methods of tasks work with.
func (p *Portal) taskMethods() taskrest.Config {
	return taskrest.Config{
		Tasks: p.Tasks, Users: p.Users, Checklists: p.Checklists, Elapsed: p.Elapsed, Results: p.Results, Fields: p.UserFields, Files: p.TaskFiles,
		FieldFile: fieldFiles{p}.link, Chats: p.Comments, Links: p.Links, Stages: p.Stages, Templates: p.Templates, Placements: p.taskPlacements, URL: p.publicURL,
	}
}

// taskPartMethods is what the methods of what belongs to tasks work with.
func (p *Portal) taskPartMethods() partrest.Config {
	return partrest.Config{
		Users: p.Users, Checklists: p.Checklists, Comments: p.Comments, Elapsed: p.Elapsed, Results: p.Results, Stages: p.Stages, Templates: p.Templates, Links: p.Links, TaskFiles: p.TaskFiles, Tasks: p.Tasks,
		URL:   p.publicURL,
		Files: taskFiles{p.Files, p.publicURL},
	}
}

// taskPages is what the pages of tasks work with.
func (p *Portal) taskPages() taskweb.Config {
	return taskweb.Config{
		Tasks: p.Tasks, Users: p.Users, Saved: p.TaskViews, Checklists: p.Checklists, Elapsed: p.Elapsed, Comments: p.Comments, Files: cardFiles{p.Files}, Attached: p.TaskFiles,
		Fields: p.UserFields, FieldFiles: fieldFiles{p}.Shown, Stages: p.Stages, Results: p.Results, Templates: p.Templates,
	}
}
