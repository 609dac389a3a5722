package userfield

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// Values are those of a record by the names of its fields. A field without values is missing, or empty.
type Values map[string][]string

// Fault codes of values: a Fault's Field is the name of the field.
const (
	codeWrong    = "FIELD_VALUE_WRONG"
	codeRequired = "FIELD_VALUE_REQUIRED"
)

func (f Field) wrong(text string) error {
	return fault.New(fault.Invalid, codeWrong, f.Title("en")+": "+text).At(f.Name)
}

// timeLayouts are the forms in which dates come: ISO 8601, then those of portals.
var timeLayouts = []string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly,
	"2006-01-02T15:04:05Z0700", "02.01.2006 15:04:05", "02.01.2006 15:04", "02.01.2006",
	"01/02/2006 03:04:05 pm", "01/02/2006 15:04:05", "01/02/2006",
}

// ParseTime reads a date or time in ISO 8601 or in one of the forms in which portals show them, "31.12.2026 15:04:05" or
// "12/31/2026 03:04:05 pm". Without a zone it is UTC.
func ParseTime(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1 && t.Year() < 10000 {
			return t, true
		}
	}
	return time.Time{}, false
}

// canonical returns a value in the one form of its type; "" is none. Whether a user exists is not looked at.
func (f Field) canonical(raw string) (string, error) {
	if f.Type != String {
		raw = strings.TrimSpace(raw)
	}
	if strings.ContainsRune(raw, 0) || len(raw) > maxText {
		return "", f.wrong("write a text of up to " + strconv.Itoa(maxText) + " bytes.")
	}
	if raw == "" {
		return "", nil
	}
	switch f.Type {
	case Integer, Employee, Choice:
		return f.number(raw)
	case Double:
		return f.double(raw)
	case Boolean:
		return f.boolean(raw)
	case Date, DateTime:
		t, ok := ParseTime(raw)
		if !ok {
			return "", f.wrong("write the date as 2026-12-31.")
		}
		if f.Type == Date {
			return t.Format(time.DateOnly), nil
		}
		return t.UTC().Format(time.RFC3339), nil
	case Money:
		return f.money(raw)
	case File:
		return f.file(raw)
	}
	return raw, nil
}

func (f Field) number(raw string) (string, error) {
	n, err := strconv.ParseInt(raw, 10, 64)
	switch {
	case err != nil:
		return "", f.wrong("write a whole number.")
	case f.Type == Choice && f.choice(n) == nil:
		return "", f.wrong("choose one of the values of the list.")
	case f.Type == Employee && n <= 0:
		return "", f.wrong("choose a person.")
	}
	return strconv.FormatInt(n, 10), nil
}

func (f Field) double(raw string) (string, error) {
	n, err := strconv.ParseFloat(strings.Replace(raw, ",", ".", 1), 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) || math.Abs(n) > 1e15 {
		return "", f.wrong("write a number.")
	}
	precision := 2
	if v, ok := f.Settings.Get("PRECISION"); ok {
		p, _ := v.Int()
		precision = int(p)
	}
	unit := math.Pow10(precision)
	if scaled := n * unit; math.Abs(scaled) < 1e15 { // beyond that there are no such digits
		n = math.Round(scaled) / unit // halves away from zero, as people do
	}
	rounded := strconv.FormatFloat(n, 'f', precision, 64)
	if strings.Contains(rounded, ".") {
		rounded = strings.TrimSuffix(strings.TrimRight(rounded, "0"), ".")
	}
	if rounded == "-0" {
		rounded = "0"
	}
	return rounded, nil
}

func (f Field) boolean(raw string) (string, error) {
	switch strings.ToLower(raw) {
	case "1", "y", "yes", "true", "on":
		return "1", nil
	case "0", "n", "no", "false":
		return "0", nil
	}
	return "", f.wrong("say yes or no.")
}

// money reads an amount with a currency behind a bar.
func (f Field) money(raw string) (string, error) {
	amount, currency, ok := strings.Cut(raw, "|")
	amount, currency = strings.TrimSpace(amount), strings.ToUpper(strings.TrimSpace(currency))
	letter := func(r rune) bool { return r >= 'A' && r <= 'Z' }
	digits := strings.TrimPrefix(amount, "-")
	whole, fraction, dotted := strings.Cut(digits, ".")
	number := whole != "" && len(whole) <= 15 && (!dotted || fraction != "" && len(fraction) <= 4) &&
		strings.Trim(whole+fraction, "0123456789") == ""
	if !ok || !number || len(currency) != 3 || strings.ContainsFunc(currency, func(r rune) bool { return !letter(r) }) {
		return "", f.wrong("write the amount with its currency as 12.50|EUR.")
	}
	return amount + "|" + currency, nil
}

// Clean returns what is stored for values: each in the one form of its type and within its limits, without empty ones. The faults have the code
// FIELD_VALUE_WRONG and the name of the field.
func (f Field) Clean(values []string) ([]string, error) {
	var out []string
	for _, raw := range values {
		v, err := f.canonical(raw)
		if err == nil {
			err = f.limit(v)
		}
		if err != nil {
			return nil, err
		}
		if v != "" {
			out = append(out, v)
		}
	}
	switch {
	case !f.Multiple && len(out) > 1 && f.Type != File: // of files some are named to be taken away
		return nil, f.wrong("one value is enough.")
	case len(out) > maxValues:
		return nil, f.wrong("there may be " + strconv.Itoa(maxValues) + " values.")
	}
	return out, nil
}

// SetTx stores the values of a record in the fields of entity that values names; the others stay as they are, or have their
// defaults where the record is new. Names that are no fields are left alone. With nil values, for a record that a program
// makes, a mandatory field may stay empty.
// Faults: FIELD_VALUE_WRONG, FIELD_VALUE_REQUIRED with the name of the field.
func (s *Service) SetTx(ctx context.Context, tx *db.Tx, entity string, ownerID int64, values Values, isNew bool) error {
	if len(values) == 0 && !isNew {
		return nil
	}
	fields, err := fieldsTx(ctx, tx, entity)
	if err != nil {
		return err
	}
	for _, f := range fields {
		given, named := values[f.Name]
		if !named {
			if !isNew {
				continue
			}
			given = f.Defaults(s.cfg.Clock.Now())
		}
		clean, err := f.Clean(given)
		if err != nil {
			return err
		}
		var names []string
		if f.Type == File {
			if clean, names, err = s.setFilesTx(ctx, tx, f, ownerID, clean); err != nil {
				return err
			}
		}
		if f.Mandatory && len(clean) == 0 && values != nil {
			text := f.Labels.In(ErrorMessage, "en")
			if text == "" {
				text = f.Title("en") + " is required."
			}
			return fault.New(fault.Invalid, codeRequired, text).At(f.Name)
		}
		if err := s.storeTx(ctx, tx, f, ownerID, clean, names); err != nil {
			return err
		}
	}
	return nil
}

// storeTx replaces the values of a field; names are those of the files that they stand for.
func (s *Service) storeTx(ctx context.Context, tx *db.Tx, f Field, ownerID int64, values, names []string) error {
	if _, err := tx.Exec(ctx, "DELETE FROM userfield_value WHERE field_id = ? AND owner_id = ?", f.ID, ownerID); err != nil {
		return fmt.Errorf("clear field %s: %w", f.Name, err)
	}
	for i, v := range values {
		c := f.columns(v)
		if f.Type == File {
			c.folded = fold(names[i])
		}
		if f.Type == Employee && s.cfg.EmployeeTx != nil {
			if known, err := s.cfg.EmployeeTx(ctx, tx, c.whole); err != nil || !known {
				if err == nil {
					err = f.wrong("there is no such person.")
				}
				return err
			}
		}
		_, err := tx.Exec(ctx, `INSERT INTO userfield_value (field_id, owner_id, pos, text, folded, whole, number) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			f.ID, ownerID, i, v, c.folded, c.whole, c.number)
		if err != nil {
			return fmt.Errorf("store field %s: %w", f.Name, err)
		}
	}
	return nil
}

// columns are what a value is filtered by; each type uses one of them.
type columns struct {
	folded string // texts, up to foldedLength bytes
	whole  int64  // numbers, flags and times: days or microseconds since 1970
	number float64
}

// foldedLength is how much of a text is filtered by equality and order; databases do not index longer ones.
const foldedLength = 500

func (f Field) columns(v string) columns {
	switch f.Type {
	case Integer, Employee, Choice, Boolean, File:
		n, _ := strconv.ParseInt(v, 10, 64)
		return columns{whole: n}
	case Date, DateTime:
		t, _ := ParseTime(v)
		return columns{whole: t.UnixMicro()}
	case Double:
		n, _ := strconv.ParseFloat(v, 64)
		return columns{number: n}
	case Money:
		amount, _, _ := strings.Cut(v, "|")
		n, _ := strconv.ParseFloat(amount, 64)
		return columns{number: n, folded: strings.ToLower(v)}
	}
	return columns{folded: fold(v)}
}

// fold returns the beginning of a text without regard to case.
func fold(text string) string {
	text = strings.ToLower(text)
	if len(text) > foldedLength {
		text = strings.ToValidUTF8(text[:foldedLength], "")
	}
	return text
}

// Values returns what the records of ids have in the fields of entity; a record that has none is missing.
func (s *Service) Values(ctx context.Context, entity string, ids []int64) (out map[int64]Values, err error) {
	if len(ids) == 0 {
		return map[int64]Values{}, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = s.ValuesTx(ctx, tx, entity, ids)
		return err
	})
	return out, err
}

// ValuesTx is Values inside a transaction. ids may hold a number more than once.
func (s *Service) ValuesTx(ctx context.Context, tx *db.Tx, entity string, ids []int64) (map[int64]Values, error) {
	out := map[int64]Values{}
	if len(ids) == 0 {
		return out, nil
	}
	marks, args := inList(ids)
	rows, err := tx.Query(ctx, `SELECT v.owner_id, f.name, v.text FROM userfield_value v JOIN userfield f ON f.id = v.field_id
		WHERE v.owner_id IN `+marks+` AND f.entity = ? ORDER BY v.owner_id, v.field_id, v.pos`, append(args, entity)...)
	if err != nil {
		return nil, fmt.Errorf("values of %s: %w", entity, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		var name, text string
		if err := rows.Scan(&id, &name, &text); err != nil {
			return nil, fmt.Errorf("values of %s: %w", entity, err)
		}
		if out[id] == nil {
			out[id] = Values{}
		}
		out[id][name] = append(out[id][name], text)
	}
	return out, rows.Err()
}

// People returns the users whom values name.
func People(fields []Field, values Values) []int64 {
	var out []int64
	for _, f := range fields {
		if f.Type != Employee {
			continue
		}
		for _, v := range values[f.Name] {
			if id, err := strconv.ParseInt(v, 10, 64); err == nil {
				out = append(out, id)
			}
		}
	}
	return out
}

// RemoveTx forgets the values of a record that is removed.
func (s *Service) RemoveTx(ctx context.Context, tx *db.Tx, entity string, ownerID int64) error {
	err := s.dropFilesTx(ctx, tx, "owner_id = ? AND field_id IN (SELECT id FROM userfield WHERE entity = ? AND type = ?)", ownerID, entity, string(File))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "DELETE FROM userfield_value WHERE owner_id = ? AND field_id IN (SELECT id FROM userfield WHERE entity = ?)", ownerID, entity)
	if err != nil {
		return fmt.Errorf("remove values: %w", err)
	}
	return nil
}

func inList[T any](values []T) (marks string, args []any) {
	return "(" + db.Marks(len(values)) + ")", db.Args(values)
}
