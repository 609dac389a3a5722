package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/dto"
)

// Entity declares an entry of the log for REST 3.0. Page: api-reference/event-log/main-eventlog-list.md.
var Entity = &dto.Entity{Name: "EventLogDto", Fields: []dto.Field{
	{Name: "id", Type: dto.Int, Column: "id", Filterable: true, Sortable: true},
	{Name: "timestampX", Type: dto.Time, Column: "at", Filterable: true, Sortable: true, Description: "When it happened"},
	{Name: "severity", Type: dto.String, Column: "severity", Filterable: true, Sortable: true, Description: "How much it matters"},
	{Name: "auditTypeId", Type: dto.String, Column: "type", Filterable: true, Sortable: true, Description: "What happened"},
	{Name: "moduleId", Type: dto.String, Column: "module", Filterable: true, Sortable: true, Description: "Where in the portal"},
	{Name: "itemId", Type: dto.String, Column: "item", Filterable: true, Sortable: true, Description: "What it happened to"},
	{Name: "remoteAddr", Type: dto.String, Column: "addr", Filterable: true, Sortable: true, Description: "The IP address of who did it"},
	{Name: "userAgent", Type: dto.String, Column: "agent", Filterable: true, Sortable: true, Description: "Their program"},
	{Name: "requestUri", Type: dto.String, Column: "uri", Filterable: true, Sortable: true, Description: "The address of the request"},
	{Name: "siteId", Type: dto.String, Column: "CAST('s1' AS TEXT)", Filterable: true, Sortable: true, Description: "Always s1"},
	{Name: "userId", Type: dto.Int, Column: "user_id", Filterable: true, Sortable: true, Description: "Who did it; 0 for nobody"},
	{Name: "guestId", Type: dto.Int, Column: "CAST(0 AS BIGINT)", Filterable: true, Sortable: true, Description: "Always 0"},
	{Name: "description", Type: dto.String, Column: "description", Filterable: true, Sortable: true, Description: "What happened, in words"},
}}

// Row is an entry as it is kept.
type Row struct {
	ID          int64
	At          time.Time
	Severity    Severity
	Type        string
	Module      string
	Item        string
	Addr        string
	Agent       string
	URI         string
	UserID      int64
	Description string
}

const (
	rowColumns = "SELECT id, at, severity, type, module, item, addr, agent, uri, user_id, description FROM audit_entry"
	key        = "id" // the column that orders what is otherwise equal
)

// List returns the entries that f lets through, in the order of o.
func (s *Service) List(ctx context.Context, f dto.Filter, o dto.Orders, p dto.Pagination) ([]Row, error) {
	where, args := f.SQL()
	return s.rows(ctx, rowColumns+" WHERE "+where+o.SQL(key)+" LIMIT ? OFFSET ?", append(args, p.Limit, p.Offset)...)
}

// Tail returns the entries behind the cursor that f lets through.
func (s *Service) Tail(ctx context.Context, f dto.Filter, c dto.Cursor) ([]Row, error) {
	where, args := dto.Filter{Group: []dto.Filter{f, c.Filter}}.SQL()
	return s.rows(ctx, rowColumns+" WHERE "+where+c.Orders.SQL(key)+" LIMIT ?", append(args, c.Limit)...)
}

// Get returns the entry id. It fails with a fault of dto.CodeNotFound.
func (s *Service) Get(ctx context.Context, id int64) (r Row, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		r, err = scan(tx.QueryRow(ctx, rowColumns+" WHERE id = ?", id))
		return err
	})
	if errors.Is(err, db.ErrNoRows) {
		return Row{}, dto.NotFound(id)
	}
	return r, err
}

// scanner is a row of an answer.
type scanner interface{ Scan(dest ...any) error }

func scan(from scanner) (r Row, err error) {
	var at int64
	err = from.Scan(&r.ID, &at, &r.Severity, &r.Type, &r.Module, &r.Item, &r.Addr, &r.Agent, &r.URI, &r.UserID, &r.Description)
	r.At = db.Time(at)
	return r, err
}

func (s *Service) rows(ctx context.Context, query string, args ...any) (out []Row, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, query, args...)
		if err != nil {
			return fmt.Errorf("read the audit log: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			r, err := scan(rows)
			if err != nil {
				return err
			}
			out = append(out, r)
		}
		return rows.Err()
	})
	return out, err
}
