package task

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/user"
)

// The filters that ask for people whom only the structure of the company knows
// (api-reference/tasks/deprecated/task-items-get-list.md).
const (
	subordinateTasks = "SUBORDINATE_TASKS" // tasks in which the viewer, or somebody who works below them, has a role
	department       = "DEPARTMENT_ID"     // tasks for which somebody of the department is responsible
)

// everybody stands for no condition among the people of a resolved filter.
const everybody = "*"

// ofPeople is the condition of a filter whose values peopleTx has replaced by people; sql is open.
func ofPeople(sql string) func(record.Env, record.Filter) (string, []any) {
	return func(_ record.Env, c record.Filter) (string, []any) {
		switch {
		case len(c.Values) == 1 && c.Values[0] == any(everybody):
			return "1 = 1", nil
		case len(c.Values) == 0:
			if c.Not {
				return "1 = 1", nil
			}
			return "1 = 0", nil
		}
		text := sql + "(" + db.Marks(len(c.Values)) + "))"
		if c.Not {
			text = "NOT " + text
		}
		return text, c.Values
	}
}

// peopleTx returns f with the people whom its conditions mean in the place of departments and of "the people below me".
func (s *Service) peopleTx(ctx context.Context, tx *db.Tx, actor user.Ref, f record.Filter) (record.Filter, error) {
	if f.Field == nil {
		f.Group = slices.Clone(f.Group)
		for i := range f.Group {
			var err error
			if f.Group[i], err = s.peopleTx(ctx, tx, actor, f.Group[i]); err != nil {
				return f, err
			}
		}
		return f, nil
	}
	switch f.Field.Name {
	case subordinateTasks:
		return s.withSubordinatesTx(ctx, tx, actor, f)
	case department:
		return s.inDepartmentsTx(ctx, tx, f)
	}
	return f, nil
}

// withSubordinatesTx resolves a filter that says Y; one that says N asks for nothing.
func (s *Service) withSubordinatesTx(ctx context.Context, tx *db.Tx, actor user.Ref, f record.Filter) (record.Filter, error) {
	if len(f.Values) != 1 || (f.Values[0] == any(int64(1))) == f.Not {
		f.Values, f.Not = []any{everybody}, false
		return f, nil
	}
	f.Values, f.Not = []any{actor.ID}, false
	if s.structure == nil {
		return f, nil
	}
	below, err := s.structure.SubordinatesTx(ctx, tx, actor.ID)
	if err != nil {
		return f, fmt.Errorf("people below %d: %w", actor.ID, err)
	}
	f.Values = append(f.Values, db.Args(below)...)
	return f, nil
}

func (s *Service) inDepartmentsTx(ctx context.Context, tx *db.Tx, f record.Filter) (record.Filter, error) {
	var ids []int64
	for _, v := range f.Values {
		if id, ok := v.(int64); ok {
			ids = append(ids, id)
		}
	}
	f.Values = nil
	if s.structure == nil {
		return f, nil
	}
	people, err := s.structure.DepartmentMembersTx(ctx, tx, ids)
	if err != nil {
		return f, fmt.Errorf("people of departments: %w", err)
	}
	f.Values = db.Args(people)
	return f, nil
}
