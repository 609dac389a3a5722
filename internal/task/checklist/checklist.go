// Package checklist keeps the checklists of tasks and of the templates of tasks: trees of items, each with people of its own.
// An item without a parent is a checklist, its title the checklist's name.
// Pages: api-reference/tasks/checklist-item/ and api-reference/tasks/template/checklist/.
package checklist

import (
	"context"
	"embed"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the checklists.
func Schema() db.Schema { return db.EmbeddedSchema("task_checklist", schemaFiles) }

// Kind is what checklists belong to.
type Kind string

// The kinds of owners.
const (
	OfTask     Kind = "T"
	OfTemplate Kind = "M"
)

// The limits of checklists.
const (
	MaxItems   = 10_000 // of a task, in all its checklists
	MaxDepth   = 10     // levels below a checklist
	MaxTitle   = 4_000  // characters
	MaxMembers = 100    // of an item
)

// Role is what a person has to do with an item.
type Role string

// The roles.
const (
	Accomplice Role = "A" // takes part
	Auditor    Role = "U" // watches
)

// Member is a person of an item.
type Member struct {
	UserID int64
	Role   Role
}

// Item is a line of a checklist, or with ParentID 0 the checklist itself.
type Item struct {
	ID        int64
	OwnerID   int64 // the task or the template
	ParentID  int64
	Title     string
	Sort      int64 // smaller is higher among those of one parent
	Complete  bool
	Important bool
	CreatedBy int64
	ToggledBy int64     // who completed it or opened it again last; 0: nobody did
	Toggled   time.Time // when
	Members   []Member  // by their ids
	Files     []Tie     // in the order in which they were attached
}

// New describes an item to be added.
type New struct {
	Title     string
	ParentID  *int64 // nil: at the end of the first checklist; 0, or one that is not there: a new checklist
	Sort      *int64 // nil: the last of its parent
	Complete  bool
	Important bool
	Members   []Member
}

// Change says what of an item to change; nil leaves a field as it is.
type Change struct {
	Title     *string
	ParentID  *int64 // 0, or one that is not there, makes it a checklist of its own
	Sort      *int64
	Complete  *bool
	Important *bool
	Members   *[]Member // all of them
}

// The faults of checklists.
var (
	ErrNotFound = fault.New(fault.NotFound, "CHECKLIST_ITEM_NOT_FOUND", "There is no such item in the checklists.")
	ErrDenied   = fault.New(fault.Denied, "CHECKLIST_DENIED", "You may not do this with the checklist.")
	ErrTitle    = fault.New(fault.Invalid, "CHECKLIST_TITLE", "An item needs a text.").At("title")
	ErrLong     = fault.Newf(fault.TooLarge, "CHECKLIST_TITLE_LONG", "An item's text can have %d characters at most.", MaxTitle).At("title")
	ErrMembers  = fault.Newf(fault.TooLarge, "CHECKLIST_MEMBERS", "An item can have %d people at most.", MaxMembers).At("members")
	ErrFull     = fault.Newf(fault.TooLarge, "CHECKLIST_FULL", "The checklists can have %d items at most.", MaxItems)
	ErrDepth    = fault.Newf(fault.Invalid, "CHECKLIST_DEPTH", "Items can be nested %d levels deep at most.", MaxDepth).At("parent")
	ErrCycle    = fault.New(fault.Invalid, "CHECKLIST_CYCLE", "An item cannot be a part of itself.").At("parent")
)

// Rights say what somebody may do with the checklists of a task or template that they see.
type Rights struct {
	Edit   bool // add, change, move and remove items
	Toggle bool // complete items and open them again
}

// Owners are what checklists belong to.
type Owners interface {
	// OpenTx returns what actor may do with the checklists of an owner, and keeps others from changing it where lock is set.
	// It fails where actor does not see the owner.
	OpenTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, lock bool) (Rights, error)
	// ChangedTx is told what actor did to the checklists of an owner.
	ChangedTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, notes ...task.Note) error
	// ShareTx makes sure that the people of an item see the owner. People who do not exist are a fault.
	ShareTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, accomplices, auditors []int64) error
}

// Config is what a Service needs. All of it is required but Files.
type Config struct {
	DB     *db.DB
	Clock  clock.Clock
	Kind   Kind
	Owners Owners
	Files  Files // nil: items have none
}

// Service keeps the checklists of one kind of owners. It is safe for use by several goroutines.
type Service struct {
	db     *db.DB
	clock  clock.Clock
	kind   Kind
	owners Owners
	files  Files
}

// NewService returns the service of the portal whose tables are in c.DB.
func NewService(c Config) *Service {
	return &Service{db: c.DB, clock: c.Clock, kind: c.Kind, owners: c.Owners, files: c.Files}
}

// columns are what lists of items are filtered and sorted by.
var columns = part.Columns{
	"ID":           {SQL: "i.id", Type: part.Int, Filter: true, Sort: true},
	"PARENT_ID":    {SQL: "i.parent_id", Type: part.Int, Filter: true, Sort: true},
	"CREATED_BY":   {SQL: "i.created_by", Type: part.Int, Sort: true},
	"TITLE":        {SQL: "i.title", Type: part.Text, Filter: true, Sort: true},
	"SORT_INDEX":   {SQL: "i.sort", Type: part.Int, Filter: true, Sort: true},
	"IS_COMPLETE":  {SQL: "i.complete", Type: part.Flag, Filter: true, Sort: true},
	"IS_IMPORTANT": {SQL: "i.important", Type: part.Flag, Filter: true, Sort: true},
	"TOGGLED_BY":   {SQL: "i.toggled_by", Type: part.Int, Sort: true},
	"TOGGLED_DATE": {SQL: "i.toggled", Type: part.Moment, Sort: true},
}

// Columns returns what lists of items are filtered and sorted by.
func Columns() part.Columns { return columns }
