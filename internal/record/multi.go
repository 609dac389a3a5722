package record

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// MultiValue is one of the values of a field of the type Multi, such as a phone (api-reference/crm/data-types.md, crm_multifield).
type MultiValue struct {
	ID        int64
	ValueType string // "WORK", "HOME", "MOBILE"
	Value     string
}

// MultiChange says what becomes of one value: one without an ID is new, one with Delete, or an empty value, goes.
type MultiChange struct {
	MultiValue
	Delete bool
}

const (
	maxMulti      = 100 // values of a record in a field
	maxMultiValue = 500 // bytes
	usualType     = "WORK"
)

// multi appends the condition that one of the values fits, with Not that none does. An empty value with equality is a record
// that has none.
func (b *builder) multi(e *Entity, f Filter) {
	b.add("t.id ")
	some, none := false, false
	for _, v := range f.Values {
		some, none = some || v != "", none || v == "" && (f.Op == Default || f.Op == Equal)
	}
	if (none && !some) != f.Not {
		b.add("NOT ")
	}
	b.add("IN (SELECT m.owner_id FROM record_multi m WHERE m.entity = ? AND m.type = ?", e.Name, f.Field.Name)
	if some || !none {
		b.add(" AND ")
		text := &Field{Type: Text, Match: "m.folded"}
		b.compare("m.folded", Filter{Field: text, Op: f.Op, Values: f.Values})
	}
	b.add(")")
}

// multiTx returns the values of the records owners, by their fields.
func multiTx(ctx context.Context, tx *db.Tx, entity string, owners []any) (map[int64]map[string][]MultiValue, error) {
	b := &builder{}
	b.add("SELECT owner_id, type, id, value_type, value FROM record_multi WHERE entity = ? AND owner_id IN ", entity)
	b.in(owners)
	b.add(" ORDER BY owner_id, type, id")
	rows, err := tx.Query(ctx, b.text.String(), b.args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := map[int64]map[string][]MultiValue{}
	for rows.Next() {
		var owner int64
		var kind string
		var v MultiValue
		if err := rows.Scan(&owner, &kind, &v.ID, &v.ValueType, &v.Value); err != nil {
			return nil, err
		}
		if out[owner] == nil {
			out[owner] = map[string][]MultiValue{}
		}
		out[owner][kind] = append(out[owner][kind], v)
	}
	return out, rows.Err()
}

// setMultiTx applies changes to the values of a record in a field. An ID of another record is a fault.
func setMultiTx(ctx context.Context, tx *db.Tx, entity string, owner int64, f *Field, changes []MultiChange) error {
	had, err := multiTx(ctx, tx, entity, []any{owner})
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Name, err)
	}
	count := len(had[owner][f.Name])
	for _, c := range changes {
		known := slices.ContainsFunc(had[owner][f.Name], func(v MultiValue) bool { return v.ID == c.ID })
		switch {
		case c.ID != 0 && !known:
			return fault.Argument(f.Name, "Field "+f.Name+" has no value "+strconv.FormatInt(c.ID, 10)).At(f.Name)
		case c.ID != 0 && (c.Delete || c.Value == ""):
			count--
			_, err = tx.Exec(ctx, "DELETE FROM record_multi WHERE id = ?", c.ID)
		case c.ID != 0:
			_, err = tx.Exec(ctx, "UPDATE record_multi SET value_type = ?, value = ?, folded = ? WHERE id = ?", c.ValueType, c.Value, Fold(c.Value), c.ID)
		case c.Delete || c.Value == "":
			continue
		default:
			count++
			_, err = tx.Insert(ctx, "INSERT INTO record_multi (entity, owner_id, type, value_type, value, folded) VALUES (?, ?, ?, ?, ?, ?)",
				entity, owner, f.Name, c.ValueType, c.Value, Fold(c.Value))
		}
		if err != nil {
			return fmt.Errorf("store %s: %w", f.Name, err)
		}
	}
	if count > maxMulti {
		return fault.Argument(f.Name, "Field "+f.Name+" may have "+strconv.Itoa(maxMulti)+" values").At(f.Name)
	}
	return nil
}

// readMulti reads a list of {"ID", "VALUE", "VALUE_TYPE", "DELETE"}.
func readMulti(v phpform.Value) ([]MultiChange, bool) {
	if !v.IsArray() {
		return nil, Nothing(v)
	}
	var out []MultiChange
	for _, e := range v.Entries() {
		if !e.Value.IsArray() {
			return nil, false
		}
		get := func(name string) phpform.Value { v, _ := e.Value.GetFold(name); return v }
		c := MultiChange{MultiValue: MultiValue{ValueType: strings.ToUpper(strings.TrimSpace(get("VALUE_TYPE").Text())), Value: strings.TrimSpace(get("VALUE").Text())}}
		if id := get("ID"); !Nothing(id) {
			n, ok := id.Int()
			if !ok || n < 0 {
				return nil, false
			}
			c.ID = n
		}
		if c.ValueType == "" {
			c.ValueType = usualType
		}
		c.Delete = get("DELETE").Truthy()
		if get("VALUE").IsArray() || len(c.Value) > maxMultiValue || len(c.ValueType) > 50 || strings.ContainsRune(c.Value+c.ValueType, 0) {
			return nil, false
		}
		out = append(out, c)
	}
	return out, true
}
