package task

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
)

// addedTx does what a new task needs beside its row.
func (s *Service) addedTx(ctx context.Context, tx *db.Tx, t Task) error {
	if err := s.records.CountedTx(ctx, tx, 1); err != nil {
		return err
	}
	if err := s.timersTx(ctx, tx, Task{}, t); err != nil {
		return err
	}
	if s.added == nil {
		return nil
	}
	return s.added.SetTx(ctx, tx, EntityName, t.ID, t.Added, true)
}

// fieldsGoneTx forgets the values of fields that were added, and that there was a task.
func (s *Service) fieldsGoneTx(ctx context.Context, tx *db.Tx, id int64) error {
	if err := s.records.CountedTx(ctx, tx, -1); err != nil {
		return err
	}
	if s.added == nil {
		return nil
	}
	return s.added.RemoveTx(ctx, tx, EntityName, id)
}
