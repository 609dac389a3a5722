package app

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
)

// entry is a line of the audit log about an application or a webhook.
type entry struct {
	kind     string // e.g. "APP_ADDED"
	id       int64
	severity audit.Severity
	text     string
}

// recordTx writes e into the audit log.
func (s *Service) recordTx(ctx context.Context, tx *db.Tx, e entry) error {
	if s.cfg.Audit == nil {
		return nil
	}
	return s.cfg.Audit.RecordTx(ctx, tx, audit.Entry{
		Severity: e.severity, Type: e.kind, Module: "app", Item: strconv.FormatInt(e.id, 10), Description: e.text,
	})
}
