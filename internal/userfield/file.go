package userfield

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// Files keeps what fields of the type File hold. A value of such a field is the number of a file of the record. What is stored in it
// may also be a ticket of Receive, which becomes a file, and a number with a minus before it, which is a file to be taken away. Where
// nothing is taken away so, the values are all that the field has afterwards; otherwise what they do not name stays.
type Files interface {
	// Receive stores what r holds and returns its ticket, a text that begins with TicketPrefix. Nobody else can make one.
	Receive(ctx context.Context, name string, r io.Reader) (ticket string, err error)
	// KeepTx makes what was received a file of a record, and returns its number and name.
	KeepTx(ctx context.Context, tx *db.Tx, entity string, ownerID int64, ticket string) (id int64, name string, err error)
	// DropTx removes files.
	DropTx(ctx context.Context, tx *db.Tx, ids []int64) error
}

// TicketPrefix begins the tickets of Files, and tells them from numbers.
const TicketPrefix = "upload:"

// Upload stores a file that a record is about to have as a value of a field, and returns what SetTx takes for it. It is called before
// the transaction. Faults: those of Files, at the field.
func (s *Service) Upload(ctx context.Context, f Field, name string, r io.Reader) (string, error) {
	if s.cfg.Files == nil {
		return "", errType
	}
	if name == "" {
		name = "file"
	}
	ticket, err := s.cfg.Files.Receive(ctx, name, r)
	if err != nil {
		return "", f.fileFault(err)
	}
	return ticket, nil
}

// fileFault words a fault of the file area as one of the field.
func (f Field) fileFault(err error) error {
	if fault.KindOf(err) == fault.Internal {
		return err
	}
	return f.wrong(fault.Of(err).Text)
}

// file returns the one form of a value of the type File.
func (f Field) file(raw string) (string, error) {
	if strings.HasPrefix(raw, TicketPrefix) {
		return raw, nil
	}
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n == 0 {
		return "", f.wrong("choose a file. Programs send its name and its Base64.")
	}
	return strconv.FormatInt(n, 10), nil
}

// storedFile is a file that a field has.
type storedFile struct{ value, name string }

// setFilesTx returns what a field has after given is stored in it: numbers of files, with their names. What it has no longer is removed.
func (s *Service) setFilesTx(ctx context.Context, tx *db.Tx, f Field, ownerID int64, given []string) (values, names []string, err error) {
	has, err := filesOfTx(ctx, tx, f, ownerID)
	if err != nil {
		return nil, nil, err
	}
	at := func(value string) int {
		return slices.IndexFunc(has, func(h storedFile) bool { return h.value == value })
	}
	var kept, added []storedFile
	gone := map[string]bool{}
	for _, v := range given {
		if strings.HasPrefix(v, TicketPrefix) {
			added = append(added, storedFile{value: v})
			continue
		}
		number := strings.TrimPrefix(v, "-")
		i := at(number)
		if i < 0 {
			return nil, nil, f.wrong("there is no file " + number + " in this field.")
		}
		if gone[number] = number != v; !gone[number] && !slices.Contains(kept, has[i]) {
			kept = append(kept, has[i])
		}
	}
	taken := slices.ContainsFunc(given, func(v string) bool { return strings.HasPrefix(v, "-") })
	if taken {
		kept = slices.DeleteFunc(slices.Clone(has), func(h storedFile) bool { return gone[h.value] })
	}
	if !f.Multiple && taken && len(added) > 0 {
		kept = nil // the new one comes in its place
	}
	if !f.Multiple && len(kept)+len(added) > 1 {
		return nil, nil, f.wrong("one file is enough.")
	}
	if err := s.keepFilesTx(ctx, tx, f, ownerID, added); err != nil {
		return nil, nil, err
	}
	for _, k := range slices.Concat(kept, added) {
		values, names = append(values, k.value), append(names, k.name)
	}
	var dropped []int64
	for _, h := range has {
		if !slices.Contains(values, h.value) {
			id, _ := strconv.ParseInt(h.value, 10, 64)
			dropped = append(dropped, id)
		}
	}
	if len(dropped) == 0 {
		return values, names, nil
	}
	return values, names, s.cfg.Files.DropTx(ctx, tx, dropped)
}

// keepFilesTx makes files of tickets, in their places.
func (s *Service) keepFilesTx(ctx context.Context, tx *db.Tx, f Field, ownerID int64, added []storedFile) error {
	for i, a := range added {
		id, name, err := s.cfg.Files.KeepTx(ctx, tx, f.Entity, ownerID, a.value)
		if err != nil {
			return f.fileFault(err)
		}
		added[i] = storedFile{strconv.FormatInt(id, 10), name}
	}
	return nil
}

func filesOfTx(ctx context.Context, tx *db.Tx, f Field, ownerID int64) (out []storedFile, err error) {
	rows, err := tx.Query(ctx, "SELECT text, folded FROM userfield_value WHERE field_id = ? AND owner_id = ? ORDER BY pos", f.ID, ownerID)
	if err != nil {
		return nil, fmt.Errorf("files of field %s: %w", f.Name, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var v storedFile
		if err := rows.Scan(&v.value, &v.name); err != nil {
			return nil, fmt.Errorf("files of field %s: %w", f.Name, err)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// dropFilesTx removes the files that values have which where finds.
func (s *Service) dropFilesTx(ctx context.Context, tx *db.Tx, where string, args ...any) error {
	if s.cfg.Files == nil {
		return nil
	}
	rows, err := tx.Query(ctx, "SELECT whole FROM userfield_value WHERE "+where, args...)
	if err != nil {
		return fmt.Errorf("find files of fields: %w", err)
	}
	var ids []int64
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("find files of fields: %w", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil || len(ids) == 0 {
		return err
	}
	return s.cfg.Files.DropTx(ctx, tx, ids)
}

// FileIDs returns the numbers of the files that values name.
func FileIDs(fields []Field, values Values) []int64 {
	var out []int64
	for _, f := range fields {
		if f.Type != File {
			continue
		}
		for _, v := range values[f.Name] {
			if id, err := strconv.ParseInt(v, 10, 64); err == nil && id > 0 {
				out = append(out, id)
			}
		}
	}
	return out
}

// FileURL returns the path at which a browser shows the file with that number to those who see its record.
func FileURL(id int64) string { return "/field/file/" + strconv.FormatInt(id, 10) }

// FileValue returns the value that stands for the file with that number.
func FileValue(id int64) string { return strconv.FormatInt(id, 10) }

// Tickets returns what values hold of uploads that are no files of the record yet.
func Tickets(fields []Field, values Values) []string {
	var out []string
	for _, f := range fields {
		if f.Type == File {
			out = append(out, slices.DeleteFunc(slices.Clone(values[f.Name]), func(v string) bool { return !strings.HasPrefix(v, TicketPrefix) })...)
		}
	}
	return out
}
