package file

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// FieldFile is a file that is a value of a record's field: it lies in no drive and has no rights of its own. Who may see the
// record may read it, and it goes when the value or the record goes. Its number counts among these files only.
type FieldFile struct {
	Node

	Record Place // whose field it is in; its Entity is one of Config.Entities
}

// ErrTicket is the fault of an upload for a field that was not made here, or was not made use of in time.
var ErrTicket = fault.New(fault.Invalid, "FILE_TICKET_INVALID", "The file was not kept. Send it once more.")

// TicketPrefix begins every ticket; no other value of a field does.
const TicketPrefix = "upload:"

// ticket is an upload that may become a field's file.
type ticket struct {
	Name    string `json:"n"`
	Sum     string `json:"s"`
	Size    int64  `json:"z"`
	Expires int64  `json:"e"` // seconds since 1970
}

// ReceiveForField stores a content and returns the ticket by which a record makes it the value of a field, within a day. Nothing
// belongs to anybody until then: what nobody asks for is removed as every content without a file. Faults: FILE_NAME_INVALID, and those of
// Receive.
func (s *Service) ReceiveForField(ctx context.Context, name string, r io.Reader) (string, error) {
	name, err := CleanName(name)
	if err != nil {
		return "", err
	}
	c, err := s.Receive(ctx, r)
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(ticket{name, c.Sum, c.Size, s.now().Add(grace).Unix()})
	if err != nil {
		return "", err
	}
	return TicketPrefix + base64.RawURLEncoding.EncodeToString(append(s.ticketMAC(raw), raw...)), nil
}

// ticketMAC signs tickets; what is signed is never a link.
func (s *Service) ticketMAC(raw []byte) []byte { return s.mac(append([]byte("ticket "), raw...)) }

func (s *Service) readTicket(text string) (t ticket, err error) {
	encoded, ok := strings.CutPrefix(text, TicketPrefix)
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if !ok || err != nil || len(raw) < macSize || !hmac.Equal(raw[:macSize], s.ticketMAC(raw[macSize:])) {
		return t, ErrTicket
	}
	if err := json.Unmarshal(raw[macSize:], &t); err != nil {
		return t, ErrTicket.Because(err)
	}
	if s.now().Unix() >= t.Expires {
		return t, ErrTicket
	}
	return t, nil
}

// Uploaded returns the name and size of what a ticket is for. Fault: FILE_TICKET_INVALID.
func (s *Service) Uploaded(text string) (name string, size int64, err error) {
	t, err := s.readTicket(text)
	return t.Name, t.Size, err
}

// KeepForFieldTx makes what was uploaded a file of a record and returns its number and name. Fault: FILE_TICKET_INVALID.
func (s *Service) KeepForFieldTx(ctx context.Context, tx *db.Tx, record Place, text string) (id int64, name string, err error) {
	t, err := s.readTicket(text)
	if err != nil {
		return 0, "", err
	}
	if known, err := s.touchTx(ctx, tx, t.Sum); err != nil || !known {
		if err == nil {
			err = ErrTicket
		}
		return 0, "", err
	}
	id, err = tx.Insert(ctx, "INSERT INTO file_field (entity, entity_id, name, sum, size, created) VALUES (?, ?, ?, ?, ?, ?)",
		record.Entity, record.ID, t.Name, t.Sum, t.Size, db.Micro(s.now()))
	if err != nil {
		return 0, "", fmt.Errorf("keep file of field: %w", err)
	}
	return id, t.Name, nil
}

// DropForFieldTx removes files of fields. Their contents go a day later, where nothing else has them.
func (s *Service) DropForFieldTx(ctx context.Context, tx *db.Tx, ids []int64) error {
	for chunk := range slices.Chunk(ids, 500) {
		in := " IN (" + db.Marks(len(chunk)) + ")"
		touch := "UPDATE file_blob SET touched = ? WHERE sum IN (SELECT sum FROM file_field WHERE id" + in + ")"
		if _, err := tx.Exec(ctx, touch, append([]any{db.Micro(s.now())}, db.Args(chunk)...)...); err != nil {
			return fmt.Errorf("touch contents of fields: %w", err)
		}
		if _, err := tx.Exec(ctx, "DELETE FROM file_field WHERE id"+in, db.Args(chunk)...); err != nil {
			return fmt.Errorf("remove files of fields: %w", err)
		}
	}
	return nil
}

// FieldFiles returns those of ids that exist, by their numbers. It asks nobody's leave: it is for who shows a record that they may see.
func (s *Service) FieldFiles(ctx context.Context, ids []int64) (out map[int64]FieldFile, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = make(map[int64]FieldFile, len(ids))
		for chunk := range slices.Chunk(ids, 500) {
			list, err := fieldFilesTx(ctx, tx, chunk)
			if err != nil {
				return err
			}
			for _, f := range list {
				out[f.ID] = f
			}
		}
		return nil
	})
	return out, err
}

func fieldFilesTx(ctx context.Context, tx *db.Tx, ids []int64) ([]FieldFile, error) {
	rows, err := tx.Query(ctx, `SELECT f.id, f.entity, f.entity_id, f.name, f.sum, f.size, f.created, COALESCE(b.type, ''), COALESCE(b.width, 0),
		COALESCE(b.height, 0), COALESCE(b.object, ''), COALESCE(b.plain, 0) FROM file_field f LEFT JOIN file_blob b ON b.sum = f.sum WHERE f.id IN (`+
		db.Marks(len(ids))+")", db.Args(ids)...)
	if err != nil {
		return nil, fmt.Errorf("read files of fields: %w", err)
	}
	type row struct {
		FieldFile

		created, plain int64
	}
	list, err := scanAll(rows, func(r *row) []any {
		return []any{
			&r.ID, &r.Record.Entity, &r.Record.ID, &r.Name, &r.Sum, &r.Size, &r.created, &r.Type, &r.Width, &r.Height, &r.object, &r.plain,
		}
	})
	out := make([]FieldFile, len(list))
	for i, r := range list {
		f := r.FieldFile
		f.Created, f.Updated, f.plain = db.Time(r.created), db.Time(r.created), r.plain != 0
		out[i] = f
	}
	return out, err
}

// FieldFile returns a file of a field that actor may read: who sees the record does. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED.
func (s *Service) FieldFile(ctx context.Context, a Actor, id int64) (f FieldFile, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		f, err = s.fieldFileTx(ctx, tx, a, id)
		return err
	})
	return f, err
}

func (s *Service) fieldFileTx(ctx context.Context, tx *db.Tx, a Actor, id int64) (FieldFile, error) {
	list, err := fieldFilesTx(ctx, tx, []int64{id})
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return FieldFile{}, err
	}
	p, err := s.people.PersonTx(ctx, tx, a.UserID)
	if err != nil {
		return FieldFile{}, err
	}
	may := false
	if p.Active {
		may, err = s.mayReadTx(ctx, tx, list[0].Record.Entity, a.UserID, list[0].Record.ID)
	}
	if err == nil && !may {
		err = ErrAccess
	}
	return list[0], err
}
