package file

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/record"
)

// lists hold the declarations by which nodes, storages and versions are filtered and sorted.
type lists struct {
	nodes, storages, versions *record.Store
}

func newLists(c Config) lists {
	store := func(e *record.Entity) *record.Store {
		return record.New(record.Config{DB: c.DB, Clock: c.Clock, Entity: e})
	}
	return lists{store(nodeEntity()), store(storageEntity()), store(versionEntity())}
}

// The fields of the pages api-reference/disk/folder/disk-folder-get-fields.md, /storage/disk-storage-get-fields.md and
// /file/disk-file-get-versions.md that can be filtered and sorted by.
func nodeEntity() *record.Entity {
	return &record.Entity{Name: "DISK_OBJECT", Table: "file_node", Fields: []record.Field{
		{Name: "ID", Type: record.Int, Column: "t.id"},
		{Name: "NAME", Type: record.Text, Column: "t.name", Match: "t.folded"},
		{Name: "CODE", Type: record.Text, Column: "t.code"},
		{Name: "STORAGE_ID", Type: record.Int, Column: "t.storage_id"},
		{Name: "TYPE", Type: record.Choice, Column: "(CASE WHEN t.folder = 1 THEN 'folder' ELSE 'file' END)"},
		{Name: "PARENT_ID", Type: record.Int, Column: "t.parent_id"},
		{Name: "CREATE_TIME", Type: record.Moment, Column: "t.created"},
		{Name: "UPDATE_TIME", Type: record.Moment, Column: "t.updated"},
		{Name: "DELETE_TIME", Type: record.Moment, Column: "t.deleted"},
		{Name: "DELETED_TYPE", Type: record.Int, Column: "t.deleted_type"},
		{Name: "SIZE", Type: record.Int, Column: "t.size", NoFilter: true},
	}}
}

func storageEntity() *record.Entity {
	return &record.Entity{Name: "DISK_STORAGE", Table: "file_storage", Fields: []record.Field{
		{Name: "ID", Type: record.Int, Column: "t.id"},
		{Name: "NAME", Type: record.Text, Column: "t.name"},
		{Name: "CODE", Type: record.Text, Column: "''"},
		{Name: "ENTITY_TYPE", Type: record.Text, Column: "t.type"},
		{Name: "ENTITY_ID", Type: record.Int, Column: "t.entity_id"},
	}}
}

func versionEntity() *record.Entity {
	return &record.Entity{Name: "DISK_VERSION", Table: "file_version", NewestFirst: true, Fields: []record.Field{
		{Name: "ID", Type: record.Int, Column: "t.id"},
		{Name: "SIZE", Type: record.Int, Column: "t.size"},
		{Name: "NAME", Type: record.Text, Column: "t.name"},
		{Name: "CREATE_TIME", Type: record.Moment, Column: "t.created"},
		{Name: "CREATED_BY", Type: record.Int, Column: "t.created_by"},
	}}
}

// Views returns the fields by which nodes, storages and versions can be filtered.
func (s *Service) Views() (nodes, storages, versions *record.View) {
	return record.NewView(s.lists.nodes.Entity(), nil), record.NewView(s.lists.storages.Entity(), nil), record.NewView(s.lists.versions.Entity(), nil)
}

// Page is a page of a list.
type Page[T any] struct {
	Items []T
	Total int64
	Next  int64 // the start of the next page; 0: this is the last
}

// Children returns a page of what is in a folder: of one that actor may read all, of another what they may read by itself. What is in the
// trash is left out. Fault: FILE_NOT_FOUND.
func (s *Service) Children(ctx context.Context, a Actor, folderID int64, q record.Query) (p Page[Node], err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		folder, err := nodeTx(ctx, tx, folderID)
		if err == nil && (!folder.Folder || folder.Trash != Kept) {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		q.Scope = record.SQL{Text: "t.parent_id = ? AND t.deleted_type = 0", Args: []any{folderID}}
		r, err := s.rightTx(ctx, tx, a, folder)
		if err != nil {
			return err
		}
		if r < Read {
			if err := s.sharedOnly(ctx, tx, a, &q.Scope); err != nil {
				return err
			}
		}
		list, err := s.lists.nodes.ListTx(ctx, tx, q)
		if err != nil {
			return err
		}
		p.Total, p.Next = list.Total, list.Next
		found, err := nodesTx(ctx, tx, list.IDs)
		for _, id := range list.IDs {
			p.Items = append(p.Items, found[id])
		}
		return err
	})
	return p, err
}

// sharedOnly narrows a condition to the nodes on which actor was given a right.
func (s *Service) sharedOnly(ctx context.Context, tx *db.Tx, a Actor, scope *record.SQL) error {
	codes, err := s.codesTx(ctx, tx, a)
	if err != nil {
		return err
	}
	scope.Text += " AND EXISTS (SELECT 1 FROM file_right r WHERE r.node_id = t.id AND r.code IN (" + db.Marks(len(codes)) + "))"
	for _, c := range codes {
		scope.Args = append(scope.Args, c)
	}
	return nil
}

// codesTx returns the access codes that mean actor.
func (s *Service) codesTx(ctx context.Context, tx *db.Tx, a Actor) ([]string, error) {
	p, err := s.people.PersonTx(ctx, tx, a.UserID)
	if err != nil {
		return nil, err
	}
	codes := []string{"U" + strconv.FormatInt(a.UserID, 10)}
	if p.Employee && p.Active {
		codes = append(codes, "*")
	}
	departments, err := s.people.CodesTx(ctx, tx, a.UserID)
	return append(codes, departments...), err
}

// CompanyDrive is what the drive of all is called.
const CompanyDrive = "Company drive"

// Storages returns a page of the drives that actor may see: their own, the company's, what was shared with them; all of people and of
// the company for an administrator, and that of the application through which they ask.
func (s *Service) Storages(ctx context.Context, a Actor, q record.Query) (p Page[Storage], err error) {
	if err := s.ensureOwn(ctx, a); err != nil {
		return p, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if q.Scope, err = s.storageScope(ctx, tx, a); err != nil {
			return err
		}
		list, err := s.lists.storages.ListTx(ctx, tx, q)
		if err != nil || len(list.IDs) == 0 {
			p.Total = list.Total
			return err
		}
		p.Total, p.Next = list.Total, list.Next
		args := db.Args(list.IDs)
		rows, err := tx.Query(ctx, "SELECT "+storageColumns+" FROM file_storage t WHERE t.id IN ("+db.Marks(len(args))+")", args...)
		if err != nil {
			return fmt.Errorf("read storages: %w", err)
		}
		found, err := scanAll(rows, (*Storage).dest)
		byID := map[int64]Storage{}
		for _, t := range found {
			byID[t.ID] = t
		}
		for _, id := range list.IDs {
			p.Items = append(p.Items, byID[id])
		}
		return err
	})
	return p, err
}

func (s *Service) storageScope(ctx context.Context, tx *db.Tx, a Actor) (record.SQL, error) {
	p, err := s.people.PersonTx(ctx, tx, a.UserID)
	if err != nil {
		return record.SQL{}, err
	}
	scope := record.SQL{Text: "t.type = 'user' AND t.entity_id = ?", Args: []any{a.UserID}}
	if p.Admin {
		scope = record.SQL{Text: "t.type IN ('user', 'common')"}
	} else if p.Employee {
		scope.Text += " OR t.type = 'common'"
	}
	if a.AppID != 0 {
		scope.Text += " OR t.type = 'restapp' AND t.entity_id = ?"
		scope.Args = append(scope.Args, a.AppID)
	}
	codes, err := s.codesTx(ctx, tx, a)
	if err != nil {
		return scope, err
	}
	scope.Text += ` OR t.type IN ('user', 'common') AND EXISTS (SELECT 1 FROM file_right r WHERE r.node_id = t.root_id AND r.code IN (` + db.Marks(len(codes)) + "))"
	for _, c := range codes {
		scope.Args = append(scope.Args, c)
	}
	return scope, nil
}

// ensureOwn makes actor's own drive, and the company's.
func (s *Service) ensureOwn(ctx context.Context, a Actor) error {
	_, err := s.StorageOf(ctx, a, OfUser)
	if err == nil {
		_, err = s.StorageOf(ctx, a, OfAll)
	}
	return err
}

// StorageOf returns a drive of actor's: their own, the company's, or that of the application through which they ask. It is made where it
// does not exist yet. Fault: FILE_ACCESS_DENIED for the application's where there is none.
func (s *Service) StorageOf(ctx context.Context, a Actor, kind Type) (t Storage, err error) {
	entity, name := int64(0), CompanyDrive
	switch kind {
	case OfUser:
		entity = a.UserID
	case OfApp:
		if entity, name = a.AppID, "app."+strconv.FormatInt(a.AppID, 10); a.AppID == 0 {
			return t, ErrAccess
		}
	case OfAll, OfChat:
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		t, err = storageTx(ctx, tx, kind, entity)
		return err
	})
	if err == nil || !errors.Is(err, ErrNotFound) {
		return t, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if kind == OfUser {
			p, err := s.people.PersonTx(ctx, tx, a.UserID)
			if err != nil {
				return err
			}
			name = p.Name
		}
		t, err = s.ensureTx(ctx, tx, kind, entity, name)
		return err
	})
	return t, err
}

// Storage returns a drive whose root folder actor may read. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED.
func (s *Service) Storage(ctx context.Context, a Actor, id int64) (t Storage, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		t, err = s.readableStorageTx(ctx, tx, a, id)
		return err
	})
	return t, err
}

func (s *Service) readableStorageTx(ctx context.Context, tx *db.Tx, a Actor, id int64) (t Storage, err error) {
	err = notFound(tx.QueryRow(ctx, "SELECT "+storageColumns+" FROM file_storage t WHERE t.id = ?", id).Scan(t.dest()...), "read storage")
	if err != nil {
		return t, err
	}
	_, err = s.withRightTx(ctx, tx, a, t.RootID, Read)
	return t, err
}

// RenameStorage gives the drive of the application through which actor asks another name. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED,
// FILE_NAME_INVALID, FILE_OTHER_STORAGE for a drive of another kind.
func (s *Service) RenameStorage(ctx context.Context, a Actor, id int64, name string) (t Storage, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if t, err = s.readableStorageTx(ctx, tx, a, id); err != nil {
			return err
		}
		if t.Type != OfApp {
			return ErrOtherStorage
		}
		if t.Name, err = CleanName(name); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE file_storage SET name = ? WHERE id = ?", t.Name, id); err != nil {
			return fmt.Errorf("rename storage: %w", err)
		}
		_, err := tx.Exec(ctx, "UPDATE file_node SET name = ?, folded = ? WHERE id = ?", t.Name, fold(t.Name), t.RootID)
		return err
	})
	return t, err
}

// Versions returns a page of the contents that a file has and had, the newest first. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED.
func (s *Service) Versions(ctx context.Context, a Actor, id int64, q record.Query) (p Page[Version], err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		n, err := s.withRightTx(ctx, tx, a, id, Read)
		if err == nil && (n.Folder || n.Trash != Kept) {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		q.Scope = record.SQL{Text: "t.node_id = ?", Args: []any{id}}
		list, err := s.lists.versions.ListTx(ctx, tx, q)
		p.Total, p.Next = list.Total, list.Next
		if err != nil || len(list.IDs) == 0 {
			return err
		}
		p.Items, err = versionsTx(ctx, tx, list.IDs)
		return err
	})
	return p, err
}
