package portal

import (
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/elapsed"
	"github.com/portico-hq/portico/internal/task/partrest"
)

// TaskParts keep what belongs to tasks.
type TaskParts struct {
	Checklists *checklist.Service // of tasks
	Elapsed    *elapsed.Service
}

// taskSchemas returns the tables of what belongs to tasks.
func taskSchemas() []db.Schema {
	return []db.Schema{checklist.Schema(), elapsed.Schema()}
}

// wireTasks makes what belongs to tasks and lets it follow them.
func (p *Portal) wireTasks() {
	d, clk := p.DB, p.config.Clock
	p.Checklists = checklist.NewService(checklist.Config{DB: d, Clock: clk, Kind: checklist.OfTask, Owners: checklist.TasksOf(p.Tasks)})
	p.Elapsed = elapsed.NewService(elapsed.Config{DB: d, Clock: clk, Tasks: p.Tasks, Users: p.Users})
	p.Tasks.SetParts(p.Checklists, p.Elapsed)
}

// taskPartMethods is what the methods of what belongs to tasks work with.
func (p *Portal) taskPartMethods() partrest.Config {
	return partrest.Config{Users: p.Users, Checklists: p.Checklists, Elapsed: p.Elapsed, URL: p.publicURL}
}
