package telegram

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
)

// Render is render, for tests.
func Render(text string, limit int) (chunks []string, buttons int) {
	r := render(text, limit)
	return r.chunks, len(r.buttons)
}

// ReadUpdate parses an update and writes what its message says.
func ReadUpdate(raw []byte) (id int64, body string, file string, err error) {
	u, err := parseUpdate(raw)
	m := u.Message
	if m == nil {
		m = u.Edited
	}
	if m != nil {
		body = m.body()
		if a, ok := m.attached(); ok {
			file = a.Name
		}
	}
	return u.ID, body, file, err
}

// TakeTx takes in an update that was parsed before, inside a transaction.
func (s *Service) TakeTx(ctx context.Context, tx *db.Tx, botID int64, raw []byte) error {
	u, err := parseUpdate(raw)
	if err != nil {
		return err
	}
	return s.takeTx(ctx, tx, botID, u)
}
