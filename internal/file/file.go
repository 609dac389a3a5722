// Package file is the file area: what people and applications upload, where it lies, who may see it.
//
// # Layout
//
// A storage belongs to somebody: a person, the company, a chat, an application. It has a root folder, below it folders and files,
// which share their numbers (Node). The content of a file is a blob: rows name it by its SHA-256, so that a file that is copied,
// forwarded or uploaded twice is kept once; package blob holds the bytes. Every content of a file is a version of it.
//
// # Who may
//
// A right on a node comes from its storage, from rights that were given on it or on a folder above it, and, to read a file, from
// what it is attached to: who may see a chat may see the files of its messages. See Service.Right.
//
// # Trust
//
// The type of a file is what its content says, whatever it is called. What it is called is cleaned (CleanName). A picture is
// measured by its header before anything is decoded; what is too large stays a file without a preview.
package file

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/setting"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema {
	s := db.EmbeddedSchema("file", schemaFiles)
	s.Derived, s.Rebuild = []string{"file_word", "file_word_new", "file_text", "file_text_word"}, rebuildWords
	return s
}

// Actor is who does something.
type Actor struct {
	UserID int64
	AppID  int64 // the application through which they do; 0: none
}

// Person is what the area needs to know of a user.
type Person struct {
	Name     string
	Active   bool
	Admin    bool
	Employee bool // belongs to the company: may use what is everybody's
}

// People tells who people are.
type People interface {
	// PersonTx returns a user; nobody, who is not active, for one who does not exist.
	PersonTx(ctx context.Context, tx *db.Tx, id int64) (Person, error)
	// CodesTx returns the access codes of the departments that a user is in, e.g. "D3", "DR1".
	CodesTx(ctx context.Context, tx *db.Tx, id int64) ([]string, error)
}

// Entity is something that files are attached to, such as a chat.
type Entity interface {
	// MayReadTx reports whether a user may see the entity with the number id, and hence its files.
	MayReadTx(ctx context.Context, tx *db.Tx, userID, id int64) (bool, error)
}

// The names of entities that this area knows: the storage of a chat is its members'; what a message carries is for those who may see
// the message, wherever it was forwarded.
const (
	Chat    = "chat"
	Message = "message"
)

// Config is what a Service is made of.
type Config struct {
	DB       *db.DB
	Clock    clock.Clock
	Store    blob.Store
	Settings *setting.Store
	People   People
	// Entities are what files are attached to, by name; Chat and Message are among them.
	Entities map[string]Entity
	// Key signs links. Links that were signed with another key are refused.
	Key []byte
	// Audit is told of public links; nil: nobody is.
	Audit *audit.Service
	Log   *slog.Logger // nil is slog.Default()
}

// Service keeps the files of a portal. It is safe for use by several goroutines.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	store    blob.Store
	settings *setting.Store
	people   People
	entities map[string]Entity
	key      []byte
	audit    *audit.Service
	log      *slog.Logger
	previews flights
	lists    lists
	texts    chan struct{} // there is a document to be read
}

// New returns the service of the portal whose tables are in c.DB.
func New(c Config) *Service {
	s := &Service{
		db: c.DB, clock: c.Clock, store: c.Store, settings: c.Settings, people: c.People, entities: c.Entities, key: linkKey(c.Key), log: c.Log,
		audit: c.Audit, lists: newLists(c), texts: make(chan struct{}, 1),
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	return s
}

func (s *Service) now() time.Time { return s.clock.Now().UTC() }

// Content is what a file holds.
type Content struct {
	Sum  string // SHA-256 in hex
	Size int64  // bytes
	Type string // the media type that the bytes themselves tell, e.g. "image/png"
	// Width and Height are those of a picture as it is shown, in pixels; 0 for anything else.
	Width, Height int64
}

// Node is a file or a folder.
type Node struct {
	ID        int64
	StorageID int64
	ParentID  int64 // 0: the root folder of its storage
	Folder    bool
	Name      string
	Code      string // a name that programs gave it; mostly empty
	Handle    string // 20 characters that nobody can guess; never changes
	Created   time.Time
	Updated   time.Time
	Deleted   time.Time // zero: not
	CreatedBy int64
	UpdatedBy int64
	DeletedBy int64
	Trash     Trash

	Content // of a file

	VersionID int64 // the version that is the content now
	Version   int64 // how many contents it had
	Sound

	storageType Type
	entityID    int64
	object      string // of the blob
	plain       bool   // no preview can be made of it
}

// Sound is what is known of a recorded sound beside its bytes.
type Sound struct {
	Voice    bool          // a voice note that was recorded in the messenger
	Duration time.Duration // 0: not known
	Wave     string        // the loudness over time: up to 100 digits from 0 to 9; empty: not known
}

// Trash says whether a node is deleted.
type Trash int64

// The states of nodes, with the numbers of the wire (api-reference/disk/file/disk-file-get.md).
const (
	Kept        Trash = 0
	Trashed     Trash = 3 // in the trash
	TrashedWith Trash = 4 // in the trash with a folder above it
)
