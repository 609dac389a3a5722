// Package comment is what people write about tasks. A task has a chat in the messenger, made when somebody first writes there
// or an application first asks for its number: most tasks need none. A comment is a message of this chat and has its number, so
// that people see and answer comments in both places. Who has a role in the task is a member of the chat.
//
// The texts are the messenger's. Here is only what it does not know: which messages are comments of which task, and the date that
// a comment was given where it came from elsewhere.
// Pages: api-reference/tasks/tasks-new.md, api-reference/tasks/comment-item/.
package comment

import (
	"context"
	"embed"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/part"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the comments.
func Schema() db.Schema { return db.EmbeddedSchema("task_comment", schemaFiles) }

// EntityType is what the chats of tasks belong to, as the messenger tells it.
const EntityType = "TASKS_TASK"

// MaxList is how many comments a list holds at most.
const MaxList = 5_000

// The events of comments, for the catalogue (api-reference/tasks/comment-item/events-comment/). All are of the scope "task".
const (
	added   = "ONTASKCOMMENTADD"
	changed = "ONTASKCOMMENTUPDATE"
	deleted = "ONTASKCOMMENTDELETE"
)

// EventNames are the events that are emitted here.
func EventNames() []string { return []string{added, changed, deleted} }

// Comment is what somebody wrote about a task.
type Comment struct {
	ID       int64 // that of the message
	TaskID   int64
	ChatID   int64
	AuthorID int64
	Posted   time.Time
	Text     string // BB code
	Files    []int64
}

// New describes a comment to be added.
type New struct {
	TaskID   int64
	AuthorID int64 // 0: the actor
	Text     string
	Posted   time.Time // zero: now
	Files    []int64   // that the author may read
}

// The faults of comments.
var (
	ErrNotFound = fault.New(fault.NotFound, "COMMENT_NOT_FOUND", "There is no such comment at this task.")
	ErrDenied   = fault.New(fault.Denied, "COMMENT_DENIED", "You may not do this with the comment.")
	ErrEmpty    = fault.New(fault.Invalid, "COMMENT_EMPTY", "A comment needs a text.").At("text")
	ErrFile     = fault.New(fault.Invalid, "COMMENT_FILE", "A file does not exist or is not the author's to show.").At("files")
	ErrAuthor   = fault.New(fault.Invalid, "COMMENT_AUTHOR", "The author is no user who sees the task.").At("author")
)

// Chat is a chat to be made for a task.
type Chat struct {
	TaskID    int64
	Title     string
	OwnerID   int64
	MemberIDs []int64
}

// Message is one of the messenger's.
type Message struct {
	ID    int64
	Text  string
	Files []int64
}

// Chats are the messenger. Its faults for an empty text and for files come back as ErrEmpty and ErrFile.
type Chats interface {
	CreateTx(ctx context.Context, tx *db.Tx, c Chat) (id int64, err error)
	RetitleTx(ctx context.Context, tx *db.Tx, chatID int64, title string) error
	SetMembersTx(ctx context.Context, tx *db.Tx, chatID int64, add, remove []int64) error
	DropTx(ctx context.Context, tx *db.Tx, chatID int64) error
	SendTx(ctx context.Context, tx *db.Tx, chatID, authorID int64, text string, files []int64) (id int64, err error)
	RewriteTx(ctx context.Context, tx *db.Tx, actor, messageID int64, text string, files *[]int64) error
	RemoveTx(ctx context.Context, tx *db.Tx, actor, messageID int64) error
	TextsTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]Message, error)
}

// Follower is told of comments that are gone.
type Follower interface {
	CommentDeletedTx(ctx context.Context, tx *db.Tx, id int64) error
}

// Config is what a Service needs. All of it is required but Follower.
type Config struct {
	DB       *db.DB
	Clock    clock.Clock
	Tasks    part.Tasks
	Users    task.Users
	Events   task.Events
	Chats    Chats
	Follower Follower
}

// Service keeps the comments of a portal. It is safe for use by several goroutines.
type Service struct{ Config }

// NewService returns the service of the portal whose tables are in c.DB.
func NewService(c Config) *Service { return &Service{c} }
