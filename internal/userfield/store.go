package userfield

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
)

const fieldColumns = `id, entity, name, type, xml_id, sort, multiple, mandatory, show_filter, show_in_list, edit_in_list, searchable,
	settings, labels, created_at`

// row is a row of the result of a query.
type row interface{ Scan(dest ...any) error }

func scanField(r row) (Field, error) {
	var (
		f                Field
		settings, labels string
		created          int64
	)
	err := r.Scan(&f.ID, &f.Entity, &f.Name, &f.Type, &f.XMLID, &f.Sort, &f.Multiple, &f.Mandatory, &f.ShowFilter, &f.ShowInList,
		&f.EditInList, &f.Searchable, &settings, &labels, &created)
	if errors.Is(err, db.ErrNoRows) {
		return f, ErrNotFound
	}
	if err != nil {
		return f, err
	}
	f.Created = db.Time(created)
	if err := json.Unmarshal([]byte(labels), &f.Labels); err != nil {
		return f, fmt.Errorf("labels of field %d: %w", f.ID, err)
	}
	return f, f.Settings.UnmarshalJSON([]byte(settings))
}

// fieldsTx returns the fields of an entity with their choices.
func fieldsTx(ctx context.Context, tx *db.Tx, entity string) ([]Field, error) {
	return selectTx(ctx, tx, "WHERE entity = ? ORDER BY sort, id", entity)
}

// selectTx returns the fields that where chooses, with their choices.
func selectTx(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Field, error) {
	fields, err := scanFields(ctx, tx, where, args...)
	if err != nil || len(fields) == 0 {
		return nil, err
	}
	at := map[int64]int{}
	var ids []int64
	for i, f := range fields {
		if f.Type == Choice {
			at[f.ID] = i
			ids = append(ids, f.ID)
		}
	}
	if len(ids) == 0 {
		return fields, nil
	}
	marks, list := inList(ids)
	rows, err := tx.Query(ctx, "SELECT id, field_id, sort, value, is_default, xml_id FROM userfield_choice WHERE field_id IN "+marks+
		" ORDER BY field_id, sort, id", list...)
	if err != nil {
		return nil, fmt.Errorf("choices: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var o Option
		var field int64
		if err := rows.Scan(&o.ID, &field, &o.Sort, &o.Value, &o.Default, &o.XMLID); err != nil {
			return nil, err
		}
		f := &fields[at[field]]
		f.Choices = append(f.Choices, o)
	}
	return fields, rows.Err()
}

func scanFields(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Field, err error) {
	rows, err := tx.Query(ctx, "SELECT "+fieldColumns+" FROM userfield "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("fields: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		f, err := scanField(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}

// Add stores a new field and returns its id. appID is the application that asks for it, which may use types of its own
// only; 0 is anybody else. Faults: ERROR_CORE with what is wrong.
func (s *Service) Add(ctx context.Context, f Field, appID int64) (int64, error) {
	if err := s.typeExists(ctx, f.Type, appID); err != nil {
		return 0, err
	}
	if err := f.check(); err != nil {
		return 0, err
	}
	if f.Sort == 0 {
		f.Sort = defaultSort
	}
	f.Created = s.cfg.Clock.Now()
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if f.ID, err = s.addTx(ctx, tx, f); err != nil {
			return err
		}
		for i := range f.Choices {
			if err := insertChoiceTx(ctx, tx, f.ID, f.Choices[i]); err != nil {
				return err
			}
		}
		s.changedTx(tx)
		return s.recordTx(ctx, tx, "USERFIELD_ADD", f, "added")
	})
	return f.ID, err
}

func (s *Service) recordTx(ctx context.Context, tx *db.Tx, kind string, f Field, did string) error {
	if s.cfg.Audit == nil {
		return nil
	}
	return s.cfg.Audit.RecordTx(ctx, tx, audit.Entry{
		Type: kind, Module: "userfield", Item: f.Entity + " " + f.Name, Description: "The field " + f.Name + " of " + f.Entity + " was " + did + ".",
	})
}

func (s *Service) typeExists(ctx context.Context, t Type, appID int64) error {
	if slices.Contains(types, t) && (t != File || s.cfg.Files != nil) {
		return nil
	}
	if t.IsOwn() && s.cfg.OwnType != nil {
		if known, err := s.cfg.OwnType(ctx, string(t), appID); err != nil || known {
			return err
		}
	}
	return errType
}

func (s *Service) addTx(ctx context.Context, tx *db.Tx, f Field) (int64, error) {
	if err := tx.Lock(ctx, "userfield:"+f.Entity); err != nil {
		return 0, err
	}
	var all, same int64
	err := tx.QueryRow(ctx, "SELECT COUNT(*), COALESCE(SUM(CASE WHEN name = ? THEN 1 ELSE 0 END), 0) FROM userfield WHERE entity = ?", f.Name, f.Entity).
		Scan(&all, &same)
	switch {
	case err != nil:
		return 0, fmt.Errorf("count fields: %w", err)
	case same > 0:
		return 0, exists(f)
	case all >= MaxFields:
		return 0, ErrMaxFields
	}
	labels, err := json.Marshal(f.Labels)
	if err != nil {
		return 0, err
	}
	return tx.Insert(ctx, `INSERT INTO userfield (entity, name, type, xml_id, sort, multiple, mandatory, show_filter, show_in_list,
		edit_in_list, searchable, settings, labels, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		f.Entity, f.Name, string(f.Type), f.XMLID, f.Sort, db.Bit(f.Multiple), db.Bit(f.Mandatory), int64(f.ShowFilter), db.Bit(f.ShowInList),
		db.Bit(f.EditInList), db.Bit(f.Searchable), string(phpform.AppendJSON(nil, f.Settings)), string(labels), db.Micro(f.Created))
}

func insertChoiceTx(ctx context.Context, tx *db.Tx, fieldID int64, o Option) error {
	id, err := tx.Insert(ctx, "INSERT INTO userfield_choice (field_id, sort, value, is_default, xml_id) VALUES (?, ?, ?, ?, ?)",
		fieldID, o.Sort, o.Value, db.Bit(o.Default), o.XMLID)
	if err != nil || o.XMLID != "" {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE userfield_choice SET xml_id = ? WHERE id = ?", strconv.FormatInt(id, 10), id)
	return err
}

// Get returns a field of an entity. Fault: FIELD_NOT_FOUND.
func (s *Service) Get(ctx context.Context, entity string, id int64) (f Field, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		f, err = getTx(ctx, tx, entity, id)
		return err
	})
	return f, err
}

func getTx(ctx context.Context, tx *db.Tx, entity string, id int64) (Field, error) {
	found, err := selectTx(ctx, tx, "WHERE entity = ? AND id = ?", entity, id)
	if err != nil {
		return Field{}, err
	}
	if len(found) == 0 {
		return Field{}, ErrNotFound
	}
	return found[0], nil
}

// Update changes the field id of an entity: change gets it as it is, and leaves it as it is to be. Its name, type and
// whether it is multiple stay. Choices without an id are new, those that are gone are removed with the values that chose
// them. Faults: FIELD_NOT_FOUND, ERROR_CORE with what is wrong.
func (s *Service) Update(ctx context.Context, entity string, id int64, change func(f *Field) error) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		old, err := getTx(ctx, tx, entity, id)
		if err != nil {
			return err
		}
		f := old
		f.Choices = slices.Clone(old.Choices)
		if err := change(&f); err != nil {
			return err
		}
		f.ID, f.Entity, f.Name, f.Type, f.Multiple = old.ID, old.Entity, old.Name, old.Type, old.Multiple
		if err := f.check(); err != nil {
			return err
		}
		labels, err := json.Marshal(f.Labels)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE userfield SET xml_id = ?, sort = ?, mandatory = ?, show_filter = ?, show_in_list = ?, edit_in_list = ?,
			searchable = ?, settings = ?, labels = ? WHERE id = ?`, f.XMLID, f.Sort, db.Bit(f.Mandatory), int64(f.ShowFilter), db.Bit(f.ShowInList),
			db.Bit(f.EditInList), db.Bit(f.Searchable), string(phpform.AppendJSON(nil, f.Settings)), string(labels), f.ID)
		if err != nil {
			return fmt.Errorf("update field: %w", err)
		}
		s.changedTx(tx)
		if err := storeChoicesTx(ctx, tx, old, f); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, "USERFIELD_UPDATE", f, "changed")
	})
}

// Move puts the field id of an entity before the field next; 0 is the end. Fault: FIELD_NOT_FOUND.
func (s *Service) Move(ctx context.Context, entity string, id, next int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "userfield:"+entity); err != nil {
			return err
		}
		fields, err := scanFields(ctx, tx, "WHERE entity = ? ORDER BY sort, id", entity)
		if err != nil {
			return err
		}
		at := func(id int64) int { return slices.IndexFunc(fields, func(f Field) bool { return f.ID == id }) }
		from := at(id)
		if from < 0 || next != 0 && at(next) < 0 {
			return ErrNotFound
		}
		if id == next {
			return nil
		}
		moved := fields[from]
		fields = slices.Delete(fields, from, from+1)
		to := len(fields)
		if next != 0 {
			to = at(next)
		}
		fields = slices.Insert(fields, to, moved)
		changed := false
		for i, f := range fields {
			sort := int64(i+1) * defaultSort
			if f.Sort == sort {
				continue
			}
			changed = true
			if _, err := tx.Exec(ctx, "UPDATE userfield SET sort = ? WHERE id = ?", sort, f.ID); err != nil {
				return fmt.Errorf("move field: %w", err)
			}
		}
		if !changed {
			return nil
		}
		s.changedTx(tx)
		return s.recordTx(ctx, tx, "USERFIELD_UPDATE", moved, "moved")
	})
}

// storeChoicesTx makes the choices of a field what they are to be.
func storeChoicesTx(ctx context.Context, tx *db.Tx, old, f Field) error {
	for _, o := range old.Choices {
		if f.choice(o.ID) != nil {
			continue
		}
		if _, err := tx.Exec(ctx, "DELETE FROM userfield_choice WHERE id = ?", o.ID); err != nil {
			return fmt.Errorf("remove choice: %w", err)
		}
		if _, err := tx.Exec(ctx, "DELETE FROM userfield_value WHERE field_id = ? AND whole = ?", f.ID, o.ID); err != nil {
			return fmt.Errorf("remove choice: %w", err)
		}
	}
	for _, o := range f.Choices {
		known := old.choice(o.ID)
		var err error
		switch {
		case known == nil:
			err = insertChoiceTx(ctx, tx, f.ID, o)
		case *known != o:
			_, err = tx.Exec(ctx, "UPDATE userfield_choice SET sort = ?, value = ?, is_default = ?, xml_id = ? WHERE id = ?",
				o.Sort, o.Value, db.Bit(o.Default), o.XMLID, o.ID)
		}
		if err != nil {
			return fmt.Errorf("store choice: %w", err)
		}
	}
	return nil
}

// Delete removes a field of an entity with all its values. Fault: FIELD_NOT_FOUND.
func (s *Service) Delete(ctx context.Context, entity string, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		f, err := getTx(ctx, tx, entity, id)
		if err != nil {
			return err
		}
		if f.Type == File {
			if err := s.dropFilesTx(ctx, tx, "field_id = ?", f.ID); err != nil {
				return err
			}
		}
		for _, query := range []string{
			"DELETE FROM userfield_value WHERE field_id = ?", "DELETE FROM userfield_choice WHERE field_id = ?", "DELETE FROM userfield WHERE id = ?",
		} {
			if _, err := tx.Exec(ctx, query, id); err != nil {
				return fmt.Errorf("delete field: %w", err)
			}
		}
		s.changedTx(tx)
		return s.recordTx(ctx, tx, "USERFIELD_DELETE", f, "deleted")
	})
}
