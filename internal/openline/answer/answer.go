// Package answer keeps canned answers: texts that operators send again and again, shared by all of them or for one person, in folders.
//
// A folder that is shared is what the documentation calls the list of quick answers of an open channel.
// Page: api-reference/imopenlines/openlines/messages/imopenlines-message-quick-save.md.
package answer

import (
	"context"
	"embed"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the answers.
func Schema() db.Schema { return db.EmbeddedSchema("answer", schemaFiles) }

// The limits of answers.
const (
	MaxText     = 5000 // characters
	MaxKeyword  = 50   // characters
	MaxName     = 100  // characters of a folder
	MaxShared   = 5000 // answers for everybody
	MaxPersonal = 500  // answers of one person
	MaxFolders  = 100  // of everybody, and of one person
	MaxFound    = 50   // answers that Find returns
)

// Answer is a canned answer.
type Answer struct {
	ID       int64
	OwnerID  int64  // whose it is; 0: everybody's
	FolderID int64  // 0: none
	Keyword  string // by which it is found at once, without spaces, in lower case; may be empty
	Text     string // BB code
	AuthorID int64  // who wrote it last
	Changed  time.Time
}

// Shared reports whether the answer is everybody's.
func (a Answer) Shared() bool { return a.OwnerID == 0 }

// Folder holds answers of one owner.
type Folder struct {
	ID      int64
	OwnerID int64 // whose it is; 0: everybody's
	Name    string
}

// The faults of answers.
var (
	ErrNotFound = fault.New(fault.NotFound, "ANSWER_NOT_FOUND", "There is no such canned answer.")
	ErrNoFolder = fault.New(fault.NotFound, "ANSWER_FOLDER_NOT_FOUND", "There is no such folder.").At("folder")
	ErrDenied   = fault.New(fault.Denied, "ACCESS_DENIED", "Only who manages open channels changes what is shared, and everybody what is their own.")
	ErrTooMany  = fault.New(fault.TooLarge, "TOO_MANY_ANSWERS", "There are too many canned answers: delete some first.")
)

// Audit keeps the log of what administrators do.
type Audit interface {
	RecordTx(ctx context.Context, tx *db.Tx, e audit.Entry) error
}

// Config is what a Service is made of.
type Config struct {
	DB    *db.DB
	Clock clock.Clock
	Audit Audit
	// OnFolderTx are called when a folder that was shared is deleted, in the same transaction.
	OnFolderTx []func(ctx context.Context, tx *db.Tx, folderID int64) error
}

// Service keeps canned answers. It is safe for use by several goroutines.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	audit    Audit
	onFolder []func(ctx context.Context, tx *db.Tx, folderID int64) error
}

// New returns the answers that are kept in c.DB.
func New(c Config) *Service {
	return &Service{db: c.DB, clock: c.Clock, audit: c.Audit, onFolder: c.OnFolderTx}
}

// mayChange reports whether actor may change what belongs to owner.
func mayChange(actor user.Ref, owner int64) bool {
	if owner == 0 {
		return actor.May(access.ManageLines)
	}
	return owner == actor.ID
}

// Save stores a, a new one where its ID is 0, for actor. Shared ones are for who manages open channels. An answer does not change its
// owner. Faults: ACCESS_DENIED, ANSWER_NOT_FOUND, ANSWER_FOLDER_NOT_FOUND, INVALID_ANSWER, TOO_MANY_ANSWERS.
func (s *Service) Save(ctx context.Context, actor user.Ref, a Answer) (Answer, error) {
	if !mayChange(actor, a.OwnerID) {
		return a, ErrDenied
	}
	a.AuthorID = actor.ID
	return s.store(ctx, a)
}

// Keep stores a text from a conversation among the shared answers, in a folder or in none (0). Who calls looks whether they may: every
// operator does. A text that is there already is not stored twice. Faults: those of Save.
func (s *Service) Keep(ctx context.Context, actor user.Ref, folderID int64, text string) (Answer, error) {
	return s.store(ctx, Answer{FolderID: folderID, Text: text, AuthorID: actor.ID})
}

func (s *Service) store(ctx context.Context, a Answer) (Answer, error) {
	if err := a.clean(); err != nil {
		return a, err
	}
	var out Answer
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		out, err = s.storeTx(ctx, tx, a)
		return err
	})
	return out, err
}

func (s *Service) storeTx(ctx context.Context, tx *db.Tx, a Answer) (Answer, error) {
	if err := tx.Lock(ctx, "canned_answer:"+strconv.FormatInt(a.OwnerID, 10)); err != nil {
		return a, err
	}
	if a.FolderID != 0 {
		f, err := folderTx(ctx, tx, a.FolderID)
		if err != nil {
			return a, err
		}
		if f.OwnerID != a.OwnerID {
			return a, ErrNoFolder
		}
	}
	a.Changed = s.clock.Now().UTC()
	if a.ID == 0 {
		return s.addTx(ctx, tx, a)
	}
	before, err := answerTx(ctx, tx, a.ID)
	if err != nil {
		return a, err
	}
	if before.OwnerID != a.OwnerID {
		return a, ErrNotFound
	}
	return a, updateTx(ctx, tx, a)
}

func (s *Service) addTx(ctx context.Context, tx *db.Tx, a Answer) (Answer, error) {
	same, err := sameTx(ctx, tx, a)
	if err != nil || same.ID != 0 {
		return same, err
	}
	most := MaxPersonal
	if a.Shared() {
		most = MaxShared
	}
	n, err := countTx(ctx, tx, "canned_answer", a.OwnerID)
	if err != nil {
		return a, err
	}
	if n >= most {
		return a, ErrTooMany
	}
	return insertTx(ctx, tx, a)
}

// clean puts a into the form in which it is stored. Fault: INVALID_ANSWER at keyword or text.
func (a *Answer) clean() error {
	bad := func(field, text string) error { return fault.New(fault.Invalid, "INVALID_ANSWER", text).At(field) }
	a.Text = strings.TrimSpace(a.Text)
	a.Keyword = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(a.Keyword), "/"))
	switch {
	case a.Text == "":
		return bad("text", "Write the answer.")
	case !plain(a.Text, MaxText):
		return bad("text", "The answer is longer than "+strconv.Itoa(MaxText)+" characters.")
	case !plain(a.Keyword, MaxKeyword):
		return bad("keyword", "The keyword is longer than "+strconv.Itoa(MaxKeyword)+" characters.")
	case strings.ContainsAny(a.Keyword, " \t\r\n"):
		return bad("keyword", "A keyword is one word.")
	}
	return nil
}

func plain(text string, most int) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0) && utf8.RuneCountInString(text) <= most
}

// Get returns an answer that actor may use: a shared one, or their own. Fault: ANSWER_NOT_FOUND.
func (s *Service) Get(ctx context.Context, actor user.Ref, id int64) (a Answer, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		a, err = answerTx(ctx, tx, id)
		return err
	})
	if err == nil && !a.Shared() && a.OwnerID != actor.ID {
		return Answer{}, ErrNotFound
	}
	return a, err
}

// Delete deletes an answer. Faults: ACCESS_DENIED, ANSWER_NOT_FOUND.
func (s *Service) Delete(ctx context.Context, actor user.Ref, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := answerTx(ctx, tx, id)
		if err != nil {
			return err
		}
		if !mayChange(actor, a.OwnerID) {
			if a.Shared() {
				return ErrDenied
			}
			return ErrNotFound
		}
		return deleteTx(ctx, tx, "canned_answer", id)
	})
}

// Query says which answers somebody looks for.
type Query struct {
	UserID   int64   // whose answers are among them; 0: shared ones only
	Own      bool    // those of UserID alone
	FolderID int64   // of the shared ones only those in this folder; 0: all
	Folders  []int64 // of the shared ones only those in one of these folders; nil: all
	Text     string  // begins the keyword, or is in the text, in any case; empty: all
	Limit    int     // at most MaxFound, which 0 is
	Offset   int
}

// Find returns answers: those whose keyword begins so first, one's own before shared ones, then by keyword.
func (s *Service) Find(ctx context.Context, q Query) (list []Answer, err error) {
	if q.Limit <= 0 || q.Limit > MaxFound {
		q.Limit = MaxFound
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		list, err = findTx(ctx, tx, q)
		return err
	})
	return list, err
}

// Count returns how many answers Find would return without a limit.
func (s *Service) Count(ctx context.Context, q Query) (n int, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		where, args := q.where()
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM canned_answer WHERE "+where, args...).Scan(&n)
	})
	return n, err
}
