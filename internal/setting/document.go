package setting

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// Document is a setting whose type has been forgotten, for what treats all of them alike: the command line.
type Document struct {
	Name    string
	Summary string // what it decides, in a sentence

	load   func(ctx context.Context, s *Store) (any, error)
	change func(ctx context.Context, tx *db.Tx, s *Store, raw []byte) error
}

// DocumentOf describes key.
func DocumentOf[T any](key Key[T], summary string) Document {
	return Document{
		Name: key.Name, Summary: summary,
		load: func(ctx context.Context, s *Store) (any, error) { return Load(ctx, s, key) },
		change: func(ctx context.Context, tx *db.Tx, s *Store, raw []byte) error {
			v, err := LoadTx(ctx, tx, key)
			if err != nil {
				return err
			}
			if err := decode(raw, &v); err != nil {
				return err
			}
			return SaveTx(ctx, tx, s, key, v)
		},
	}
}

// JSON returns the document as it holds now.
func (d Document) JSON(ctx context.Context, s *Store) (json.RawMessage, error) {
	v, err := d.load(ctx, s)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// ChangeTx takes over the fields that raw, a JSON object, names; the others stay. An unknown field is a fault, and so is what
// the setting's own check refuses.
func (d Document) ChangeTx(ctx context.Context, tx *db.Tx, s *Store, raw []byte) error {
	return d.change(ctx, tx, s, raw)
}

func decode(raw []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	if err == nil {
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("text after the end of the object")
	}
	return fault.New(fault.Invalid, "INVALID_SETTING", "The setting must be a JSON object with the fields that 'portico setting get' shows: "+err.Error())
}
