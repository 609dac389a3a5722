package placement

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// FieldType is a type of fields that an application shows and edits itself, at the place USERFIELD_TYPE.
// Page: api-reference/widgets/user-field/index.md.
type FieldType struct {
	ID          int64
	AppID       int64
	Code        string // of the application's own choice; on the whole portal no other type has it
	URL         string
	Title       string
	Description string
	Height      int64 // in pixels; 0 is the usual one
	Added       time.Time

	App App // whose it is; set by FieldType
}

// FullCode is the code that fields of the type have as theirs.
func (f FieldType) FullCode() string {
	return fieldTypePrefix + strconv.FormatInt(f.AppID, 10) + "_" + f.Code
}

const fieldTypePrefix = "rest_"

// The limits of types of fields.
const (
	maxFullCode   = 50    // bytes
	maxFieldTypes = 100   // of an application
	maxHeight     = 10000 // pixels
)

// The faults of userfieldtype.*. Pages: api-reference/widgets/user-field/.
var (
	// ErrFieldType is returned for a type that is not there, or that the person does not see.
	ErrFieldType  = fault.New(fault.Invalid, "ERROR_NOT_FOUND", "User Field Type not found")
	errHandlerURL = fault.New(fault.Invalid, "ERROR_HANDLER_URL_MATCH", "Handler URL host doesn't match application url")
)

// check returns f as it is stored.
func (f FieldType) check(appURL string) (FieldType, error) {
	known := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' }
	if strings.ContainsFunc(f.Code, func(r rune) bool { return !known(r) }) || len(f.FullCode()) > maxFullCode {
		return f, fault.Argument("USER_TYPE_ID", "Argument 'USER_TYPE_ID' must be made of a-z, 0-9 and _, and "+fieldTypePrefix+
			strconv.FormatInt(f.AppID, 10)+"_ with it no longer than "+strconv.Itoa(maxFullCode)+" characters")
	}
	if err := checkURL(f.URL); err != nil {
		return f, err
	}
	if f.Height < 0 || f.Height > maxHeight {
		return f, fault.Argument("OPTIONS", "OPTIONS[height] must be between 0 and "+strconv.Itoa(maxHeight))
	}
	if !sameHost(f.URL, appURL) {
		return f, errHandlerURL
	}
	return f, Text{Title: f.Title, Description: f.Description}.check("")
}

// sameHost reports whether two addresses are of one host; where the application has none of its own, any is.
func sameHost(a, b string) bool {
	first, err := url.Parse(a)
	second, err2 := url.Parse(b)
	return b == "" || err == nil && err2 == nil && strings.EqualFold(first.Hostname(), second.Hostname())
}

// AddFieldType registers a type of fields of an application whose own page is at appURL, on behalf of actor, who must be an
// administrator. Faults: ACCESS_DENIED, ERROR_ARGUMENT, ERROR_WRONG_HANDLER_URL, ERROR_UNSUPPORTED_PROTOCOL,
// ERROR_HANDLER_URL_MATCH, ERROR_CORE where the code or the handler has a type already, ERROR_PLACEMENT_MAX_COUNT.
func (s *Service) AddFieldType(ctx context.Context, actor user.Ref, f FieldType) error {
	f, err := s.fieldType(ctx, actor, f)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := lockTx(ctx, tx, f.AppID); err != nil {
			return err
		}
		var count int64
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM placement_field_type WHERE app_id = ?", f.AppID).Scan(&count); err != nil {
			return fmt.Errorf("count field types: %w", err)
		}
		if count >= maxFieldTypes {
			return errMaxCount
		}
		n, err := tx.Exec(ctx, `INSERT INTO placement_field_type (app_id, type_code, handler, title, description, height, created_by, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			f.AppID, f.Code, f.URL, f.Title, f.Description, f.Height, actor.ID, db.Micro(s.clock.Now()))
		switch {
		case err != nil:
			return fmt.Errorf("insert field type: %w", err)
		case n == 0:
			return errBound
		}
		return s.recordTypeTx(ctx, tx, actor, "USERFIELD_TYPE_ADD", f, "added")
	})
}

// fieldType checks f for actor, with what is known of its application.
func (s *Service) fieldType(ctx context.Context, actor user.Ref, f FieldType) (FieldType, error) {
	if !actor.Admin {
		return f, errAdmin
	}
	appURL, err := s.apps.URL(ctx, f.AppID)
	if err != nil {
		return f, err
	}
	return f.check(appURL)
}

func (s *Service) recordTypeTx(ctx context.Context, tx *db.Tx, actor user.Ref, name string, f FieldType, did string) error {
	return s.audit.RecordTx(ctx, tx, audit.Entry{
		Type: name, Module: "placement", Item: f.FullCode(), UserID: actor.ID,
		Description: fmt.Sprintf("Application %d %s the type of fields %s.", f.AppID, did, f.FullCode()),
	})
}

// UpdateFieldType changes the type with the code of f. A nil height leaves it as it is.
// Faults: those of AddFieldType, ERROR_NOT_FOUND.
func (s *Service) UpdateFieldType(ctx context.Context, actor user.Ref, f FieldType, height *int64) error {
	if height != nil {
		f.Height = *height
	}
	f, err := s.fieldType(ctx, actor, f)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := lockTx(ctx, tx, f.AppID); err != nil {
			return err
		}
		all, err := fieldTypesTx(ctx, tx, "WHERE app_id = ?", f.AppID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(o FieldType) bool { return o.Code == f.Code })
		switch {
		case at < 0:
			return ErrFieldType
		case slices.ContainsFunc(all, func(o FieldType) bool { return o.Code != f.Code && o.URL == f.URL }):
			return errBound
		case height == nil:
			f.Height = all[at].Height
		}
		_, err = tx.Exec(ctx, `UPDATE placement_field_type SET handler = ?, title = ?, description = ?, height = ? WHERE id = ?`,
			f.URL, f.Title, f.Description, f.Height, all[at].ID)
		if err != nil {
			return fmt.Errorf("update field type: %w", err)
		}
		return s.recordTypeTx(ctx, tx, actor, "USERFIELD_TYPE_UPDATE", f, "changed")
	})
}

// DeleteFieldType removes a type of an application. Fields of the type stay; their values show as texts.
// Faults: ACCESS_DENIED, ERROR_NOT_FOUND.
func (s *Service) DeleteFieldType(ctx context.Context, actor user.Ref, appID int64, code string) error {
	if !actor.Admin {
		return errAdmin
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM placement_field_type WHERE app_id = ? AND type_code = ?", appID, code)
		switch {
		case err != nil:
			return fmt.Errorf("delete field type: %w", err)
		case n == 0:
			return ErrFieldType
		}
		return s.recordTypeTx(ctx, tx, actor, "USERFIELD_TYPE_DELETE", FieldType{AppID: appID, Code: code}, "deleted")
	})
}

// FieldTypes returns the types of an application, the newest first, from offset on, and how many there are. Fault: ACCESS_DENIED.
func (s *Service) FieldTypes(ctx context.Context, actor user.Ref, appID, offset, limit int64) (out []FieldType, total int64, err error) {
	if !actor.Admin {
		return nil, 0, errAdmin
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM placement_field_type WHERE app_id = ?", appID).Scan(&total); err != nil {
			return err
		}
		out, err = fieldTypesTx(ctx, tx, "WHERE app_id = ? ORDER BY id DESC LIMIT ? OFFSET ?", appID, limit, offset)
		return err
	})
	return out, total, err
}

// FieldType returns the type that fields with the code fullCode have, with its application, where the person may use that.
// Fault: ERROR_NOT_FOUND.
func (s *Service) FieldType(ctx context.Context, v Viewer, fullCode string) (FieldType, error) {
	all, err := s.readFieldTypes(ctx)
	if err != nil {
		return FieldType{}, err
	}
	apps, err := s.apps.Usable(ctx, v.UserID)
	if err != nil {
		return FieldType{}, err
	}
	at := slices.IndexFunc(all, func(f FieldType) bool { return f.FullCode() == fullCode })
	if at < 0 || apps[all[at].AppID].ID == 0 {
		return FieldType{}, ErrFieldType
	}
	f := all[at]
	f.App = apps[f.AppID]
	return f, nil
}

// FieldTypeByID is FieldType by the number of the type.
func (s *Service) FieldTypeByID(ctx context.Context, v Viewer, id int64) (FieldType, error) {
	all, err := s.readFieldTypes(ctx)
	if err != nil {
		return FieldType{}, err
	}
	at := slices.IndexFunc(all, func(f FieldType) bool { return f.ID == id })
	if at < 0 {
		return FieldType{}, ErrFieldType
	}
	return s.FieldType(ctx, v, all[at].FullCode())
}

// FieldTypeExists reports whether some application, installed or not, has a type with the code fullCode. appID, where it is
// not 0, says that it must be that one's.
func (s *Service) FieldTypeExists(ctx context.Context, fullCode string, appID int64) (bool, error) {
	all, err := s.readFieldTypes(ctx)
	return slices.ContainsFunc(all, func(f FieldType) bool {
		return f.FullCode() == fullCode && (appID == 0 || f.AppID == appID)
	}), err
}

func (s *Service) readFieldTypes(ctx context.Context) (out []FieldType, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = fieldTypesTx(ctx, tx, "ORDER BY id")
		return err
	})
	return out, err
}

func fieldTypesTx(ctx context.Context, tx *db.Tx, where string, args ...any) (out []FieldType, err error) {
	rows, err := tx.Query(ctx, "SELECT id, app_id, type_code, handler, title, description, height, created_at FROM placement_field_type "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("field types: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var f FieldType
		var added int64
		if err := rows.Scan(&f.ID, &f.AppID, &f.Code, &f.URL, &f.Title, &f.Description, &f.Height, &added); err != nil {
			return nil, err
		}
		f.Added = db.Time(added)
		out = append(out, f)
	}
	return out, rows.Err()
}
