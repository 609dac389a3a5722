package agreement

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

const versionColumns = `v.id, v.agreement_id, v.number, v.at, v.author_id, v.kind, v.name, v.language, v.fields, v.label, v.button, v.source,
	v.shown_label, v.shown_button, v.shown_text, a.code`

// dest is where a version is read into, in the order of versionColumns.
func (v *Version) dest(at *int64, fields *string) []any {
	return []any{
		&v.ID, &v.AgreementID, &v.Number, at, &v.AuthorID, &v.Kind, &v.Name, &v.Language, fields, &v.Label, &v.Button, &v.HTML,
		&v.ShownLabel, &v.ShownButton, &v.Text, &v.Code,
	}
}

func (v *Version) done(at int64, fields string) error {
	v.At = db.Time(at)
	if err := json.Unmarshal([]byte(fields), &v.Fields); err != nil {
		return fmt.Errorf("fields of agreement %d: %w", v.AgreementID, err)
	}
	return nil
}

func versionsTx(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Version, err error) {
	rows, err := tx.Query(ctx, "SELECT "+versionColumns+" FROM agreement_version v JOIN agreement a ON a.id = v.agreement_id "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read versions of agreements: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var v Version
		var at int64
		var fields string
		if err := rows.Scan(v.dest(&at, &fields)...); err != nil {
			return nil, fmt.Errorf("read versions of agreements: %w", err)
		}
		if err := v.done(at, fields); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

func oneVersionTx(ctx context.Context, tx *db.Tx, where string, args ...any) (Version, error) {
	found, err := versionsTx(ctx, tx, where, args...)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Version{}, err
	}
	return found[0], nil
}

func agreementsTx(ctx context.Context, tx *db.Tx, rest string, args ...any) (out []Agreement, err error) {
	rows, err := tx.Query(ctx, "SELECT a.id, a.active, a.created, "+versionColumns+" FROM agreement a JOIN agreement_version v ON v.id = a.version_id "+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("read agreements: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var a Agreement
		var active, created, at int64
		var fields string
		if err := rows.Scan(append([]any{&a.ID, &active, &created}, a.dest(&at, &fields)...)...); err != nil {
			return nil, fmt.Errorf("read agreements: %w", err)
		}
		if err := a.done(at, fields); err != nil {
			return nil, err
		}
		a.Active, a.Created = active != 0, db.Time(created)
		out = append(out, a)
	}
	return out, rows.Err()
}

func insertVersionTx(ctx context.Context, tx *db.Tx, v Version) (int64, error) {
	fields, err := json.Marshal(v.Fields)
	if err != nil {
		return 0, fmt.Errorf("fields of agreement: %w", err)
	}
	id, err := tx.Insert(ctx, `INSERT INTO agreement_version (agreement_id, number, at, author_id, kind, name, language, fields, label, button, source,
		shown_label, shown_button, shown_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		v.AgreementID, v.Number, db.Micro(v.At), v.AuthorID, string(v.Kind), v.Name, v.Language, string(fields), v.Label, v.Button, v.HTML,
		v.ShownLabel, v.ShownButton, v.Text)
	if err != nil {
		return 0, fmt.Errorf("insert version of agreement: %w", err)
	}
	return id, nil
}
