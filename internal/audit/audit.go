// Package audit keeps the log of what administrators and those who sign in do. An entry is a row that is written in the
// transaction of the change that it tells of: neither is there without the other.
//
// Who did it and from where travels in the context, put there by what took the request: see Source.
package audit

import (
	"context"
	"embed"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the table of the log.
func Schema() db.Schema { return db.EmbeddedSchema("audit", schemaFiles) }

// Severity says how much an entry matters. Page: api-reference/event-log/main-eventlog-list.md.
type Severity string

// The severities.
const (
	Info     Severity = "INFO"
	Notice   Severity = "NOTICE"
	Warning  Severity = "WARNING"
	Security Severity = "SECURITY" // about who may get in and do what
	Error    Severity = "ERROR"
)

// Source is where a change comes from.
type Source struct {
	UserID int64  // who is signed in or whose token it is; 0: nobody, or the command line
	Addr   string // the client's IP address; "cli" for the command line
	Agent  string // the client's User-Agent
	URI    string // the path of the request, without secrets
}

type sourceKey struct{}

// WithSource returns ctx with where the changes made under it come from.
func WithSource(ctx context.Context, s Source) context.Context {
	return context.WithValue(ctx, sourceKey{}, s)
}

// SourceOf returns what WithSource put into ctx; the zero value where nothing was.
func SourceOf(ctx context.Context) Source {
	s, _ := ctx.Value(sourceKey{}).(Source)
	return s
}

// Entry is a line of the log.
type Entry struct {
	Severity Severity // empty is Info
	Type     string   // what happened, in upper case, e.g. "USER_AUTHORIZE"
	Module   string   // the area, e.g. "user"
	Item     string   // the id of what it happened to; may be empty
	// UserID is who did it, where the source in the context does not say so: somebody who is just signing in.
	UserID      int64
	Description string // a sentence for people, without secrets
}

// Service writes and reads the log.
type Service struct {
	db    *db.DB
	clock clock.Clock
}

// New returns the log that is kept in d.
func New(d *db.DB, clk clock.Clock) *Service { return &Service{db: d, clock: clk} }

// The longest texts of an entry, in bytes. What a client sends of itself is cut.
const (
	maxAgent       = 500
	maxURI         = 500
	maxDescription = 4000
)

// RecordTx writes e with the source in ctx.
func (s *Service) RecordTx(ctx context.Context, tx *db.Tx, e Entry) error {
	from := SourceOf(ctx)
	if e.Severity == "" {
		e.Severity = Info
	}
	if e.UserID == 0 {
		e.UserID = from.UserID
	}
	_, err := tx.Exec(ctx, `INSERT INTO audit_entry (at, severity, type, module, item, addr, agent, uri, user_id, description)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		db.Micro(s.clock.Now()), string(e.Severity), e.Type, e.Module, e.Item, from.Addr, cut(from.Agent, maxAgent),
		cut(from.URI, maxURI), e.UserID, cut(e.Description, maxDescription))
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	return nil
}

// Record is RecordTx in a transaction of its own, for what changes nothing else.
func (s *Service) Record(ctx context.Context, e Entry) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.RecordTx(ctx, tx, e) })
}

// cut returns the first n bytes of text, or fewer where a character would be cut in two, as text that every database takes.
func cut(text string, n int) string {
	if len(text) > n {
		text = text[:n]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}
