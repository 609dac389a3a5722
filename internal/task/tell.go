package task

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// The events of the area, for the catalogue (api-reference/tasks/events-tasks/). All are of the scope "task".
const (
	added   = "ONTASKADD"
	changed = "ONTASKUPDATE"
	deleted = "ONTASKDELETE"
)

// EventNames are the events that the area emits.
func EventNames() []string { return []string{added, changed, deleted} }

// Hint is the data of the live event "task:changed".
type Hint struct {
	ID      int64 `json:"id"`
	Deleted bool  `json:"deleted,omitempty"`
	// Counters says that the task is as it was and only what is new in it to the person is not.
	Counters bool `json:"counters,omitempty"`
}

// tellTx records the event of a change and, once it is durable, tells the open pages of those concerned.
func (s *Service) tellTx(ctx context.Context, tx *db.Tx, actor user.Ref, event string, id int64, people []int64) error {
	if err := s.events.EmitTx(ctx, tx, event, actor.ID, payload(event, id)); err != nil {
		return fmt.Errorf("emit %s: %w", event, err)
	}
	people = slices.Clone(people)
	slices.Sort(people)
	people = slices.Compact(people)
	tx.AfterCommit(func() { s.live.Publish(people, "task:changed", Hint{ID: id, Deleted: event == deleted}) })
	return nil
}

// payload is the data of an event. What there is nothing to say of is the text "undefined".
func payload(event string, id int64) phpform.Value {
	undefined := phpform.StringOf("undefined")
	fields := phpform.ArrayOf(phpform.Entry{Key: "ID", Value: phpform.IntOf(id)})
	before, after, could, can := fields, fields, undefined, undefined
	switch event {
	case added:
		before, could = undefined, phpform.StringOf("N")
	case deleted:
		after, can = undefined, phpform.StringOf("N")
	}
	return phpform.ArrayOf(
		phpform.Entry{Key: "FIELDS_BEFORE", Value: before},
		phpform.Entry{Key: "FIELDS_AFTER", Value: after},
		phpform.Entry{Key: "IS_ACCESSIBLE_BEFORE", Value: could},
		phpform.Entry{Key: "IS_ACCESSIBLE_AFTER", Value: can},
	)
}
