// Package category keeps what conversations of open channels are about: a list of topics that administrators keep, of which operators give
// each conversation one.
//
// Page: api-reference/imopenlines/openlines/imopenlines-config-add.md, CATEGORY_ENABLE and CATEGORY_ID.
package category

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the table of the categories.
func Schema() db.Schema { return db.EmbeddedSchema("line_category", schemaFiles) }

// The limits of categories.
const (
	MaxCategories = 200
	MaxName       = 100 // characters
)

// Category is a topic of conversations.
type Category struct {
	ID   int64
	Name string
	Gone bool // deleted: conversations that have it keep it, and none gets it any more
}

// The faults of categories.
var (
	ErrNotFound = fault.New(fault.NotFound, "CATEGORY_NOT_FOUND", "There is no such category.")
	ErrDenied   = fault.New(fault.Denied, "ACCESS_DENIED", "Only who manages open channels changes categories.")
	ErrTooMany  = fault.Newf(fault.TooLarge, "TOO_MANY_CATEGORIES", "There are at most %d categories.", MaxCategories).At("name")
	errName     = fault.Newf(fault.Invalid, "INVALID_CATEGORY", "Enter a name of at most %d characters.", MaxName).At("name")
	errTaken    = fault.New(fault.Conflict, "CATEGORY_BUSY", "Another category has this name.").At("name")
)

// Audit keeps the log of what administrators do.
type Audit interface {
	RecordTx(ctx context.Context, tx *db.Tx, e audit.Entry) error
}

// Config is what a Service is made of.
type Config struct {
	DB    *db.DB
	Audit Audit
	// OnDeleteTx are called when a category is deleted, in the same transaction.
	OnDeleteTx []func(ctx context.Context, tx *db.Tx, id int64) error
}

// Service keeps categories. It is safe for use by several goroutines.
type Service struct{ Config }

// New returns the categories that are kept in c.DB.
func New(c Config) *Service { return &Service{c} }

// List returns all categories by their names, those that are deleted among them.
func (s *Service) List(ctx context.Context) (out []Category, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, "SELECT id, name, gone FROM line_category ORDER BY folded, id")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var c Category
			var gone int64
			if err := rows.Scan(&c.ID, &c.Name, &gone); err != nil {
				return err
			}
			c.Gone = gone != 0
			out = append(out, c)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	return out, nil
}

// NameTx returns the name of a category that conversations can get; "" where there is none.
func (s *Service) NameTx(ctx context.Context, tx *db.Tx, id int64) (string, error) {
	c, err := oneTx(ctx, tx, id)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return c.Name, err
}

// Save adds a category where c.ID is 0, else renames it. Faults: ACCESS_DENIED, CATEGORY_NOT_FOUND, INVALID_CATEGORY, CATEGORY_BUSY,
// TOO_MANY_CATEGORIES.
func (s *Service) Save(ctx context.Context, actor user.Ref, c Category) (Category, error) {
	if !actor.May(access.ManageLines) {
		return c, ErrDenied
	}
	c.Name = strings.TrimSpace(c.Name)
	if c.Name == "" || !utf8.ValidString(c.Name) || strings.ContainsRune(c.Name, 0) || utf8.RuneCountInString(c.Name) > MaxName {
		return c, errName
	}
	var out Category
	err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		out, err = s.saveTx(ctx, tx, c)
		return err
	})
	return out, err
}

func (s *Service) saveTx(ctx context.Context, tx *db.Tx, c Category) (Category, error) {
	if err := tx.Lock(ctx, "line_category"); err != nil {
		return c, err
	}
	folded := strings.ToLower(c.Name)
	var taken int64
	err := tx.QueryRow(ctx, "SELECT id FROM line_category WHERE folded = ? AND gone = 0", folded).Scan(&taken)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return c, fmt.Errorf("look for category: %w", err)
	}
	if taken != 0 && taken != c.ID {
		return c, errTaken
	}
	if c.ID == 0 {
		return s.addTx(ctx, tx, c, folded)
	}
	before, err := oneTx(ctx, tx, c.ID)
	if err != nil || before.Name == c.Name {
		return before, err
	}
	if _, err := tx.Exec(ctx, "UPDATE line_category SET name = ?, folded = ? WHERE id = ?", c.Name, folded, c.ID); err != nil {
		return c, fmt.Errorf("rename category: %w", err)
	}
	return c, s.noteTx(ctx, tx, "LINE_CATEGORY_RENAMED", c.ID, "The category of conversations "+before.Name+" is called "+c.Name+" now.")
}

func (s *Service) addTx(ctx context.Context, tx *db.Tx, c Category, folded string) (Category, error) {
	var n int64
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM line_category WHERE gone = 0").Scan(&n); err != nil {
		return c, fmt.Errorf("count categories: %w", err)
	}
	if n >= MaxCategories {
		return c, ErrTooMany
	}
	var err error
	if c.ID, err = tx.Insert(ctx, "INSERT INTO line_category (name, folded, gone) VALUES (?, ?, 0)", c.Name, folded); err != nil {
		return c, fmt.Errorf("insert category: %w", err)
	}
	return c, s.noteTx(ctx, tx, "LINE_CATEGORY_ADDED", c.ID, "Added the category of conversations "+c.Name+".")
}

// Delete deletes a category. Conversations that have it keep it. Faults: ACCESS_DENIED, CATEGORY_NOT_FOUND.
func (s *Service) Delete(ctx context.Context, actor user.Ref, id int64) error {
	if !actor.May(access.ManageLines) {
		return ErrDenied
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "line_category"); err != nil {
			return err
		}
		c, err := oneTx(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE line_category SET gone = 1 WHERE id = ?", id); err != nil {
			return fmt.Errorf("delete category: %w", err)
		}
		for _, f := range s.OnDeleteTx {
			if err := f(ctx, tx, id); err != nil {
				return err
			}
		}
		return s.noteTx(ctx, tx, "LINE_CATEGORY_DELETED", id, "Deleted the category of conversations "+c.Name+".")
	})
}

func (s *Service) noteTx(ctx context.Context, tx *db.Tx, kind string, id int64, text string) error {
	return s.Audit.RecordTx(ctx, tx, audit.Entry{Severity: audit.Notice, Type: kind, Module: "openline", Item: strconv.FormatInt(id, 10), Description: text})
}

// oneTx returns a category that is not deleted.
func oneTx(ctx context.Context, tx *db.Tx, id int64) (c Category, err error) {
	err = tx.QueryRow(ctx, "SELECT id, name FROM line_category WHERE id = ? AND gone = 0", id).Scan(&c.ID, &c.Name)
	if errors.Is(err, db.ErrNoRows) {
		return c, ErrNotFound
	}
	if err != nil {
		return c, fmt.Errorf("read category: %w", err)
	}
	return c, nil
}
