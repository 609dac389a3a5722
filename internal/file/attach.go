package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Place is something that files are attached to: an entity by its name and number.
type Place struct {
	Entity string // e.g. Chat
	ID     int64
}

// Attached is the tie between a file and what it is attached to.
type Attached struct {
	ID        int64
	Place     Place
	Created   time.Time
	CreatedBy int64
	File      Node
}

// ChatFolder returns the folder for the files of a chat, for one of its members. Fault: FILE_ACCESS_DENIED.
func (s *Service) ChatFolder(ctx context.Context, a Actor, chatID int64) (n Node, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		n, err = s.chatFolderTx(ctx, tx, a, chatID)
		return err
	})
	if !errors.Is(err, ErrNotFound) {
		return n, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.ensureTx(ctx, tx, OfChat, chatID, "Chat "+strconv.FormatInt(chatID, 10)); err != nil {
			return err
		}
		n, err = s.chatFolderTx(ctx, tx, a, chatID)
		return err
	})
	return n, err
}

// ChatFolderIDTx returns the number of the folder for the files of a chat; 0 before there is one.
func (s *Service) ChatFolderIDTx(ctx context.Context, tx *db.Tx, chatID int64) (int64, error) {
	t, err := storageTx(ctx, tx, OfChat, chatID)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return t.RootID, err
}

// ChatFolderID is ChatFolderIDTx in a transaction of its own.
func (s *Service) ChatFolderID(ctx context.Context, chatID int64) (id int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		id, err = s.ChatFolderIDTx(ctx, tx, chatID)
		return err
	})
	return id, err
}

func (s *Service) chatFolderTx(ctx context.Context, tx *db.Tx, a Actor, chatID int64) (Node, error) {
	member, err := s.mayReadTx(ctx, tx, Chat, a.UserID, chatID)
	if err == nil && !member {
		err = ErrAccess
	}
	if err != nil {
		return Node{}, err
	}
	t, err := storageTx(ctx, tx, OfChat, chatID)
	if err != nil {
		return Node{}, err
	}
	return nodeTx(ctx, tx, t.RootID)
}

// Upload stores what r holds as a file of a chat, from which a message can carry it. Its name may get a number. Faults:
// FILE_ACCESS_DENIED, and those of Receive and Add.
func (s *Service) Upload(ctx context.Context, a Actor, chatID int64, name string, r io.Reader) (Node, error) {
	folder, err := s.ChatFolder(ctx, a, chatID)
	if err != nil {
		return Node{}, err
	}
	if _, err := CleanName(name); err != nil { // before a hundred megabytes are read
		return Node{}, err
	}
	c, err := s.Receive(ctx, r)
	if err != nil {
		return Node{}, err
	}
	return s.Add(ctx, a, folder.ID, NewFile{Name: name, Content: c, Unique: true})
}

// AttachTx ties files to something: who may see it may see them. Actor must be allowed to read each of them. It returns the ties in the
// order of ids; one that exists already stays as it is. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED.
func (s *Service) AttachTx(ctx context.Context, tx *db.Tx, a Actor, p Place, ids []int64) ([]Attached, error) {
	out := make([]Attached, 0, len(ids))
	for _, id := range ids {
		n, err := s.withRightTx(ctx, tx, a, id, Read)
		if err != nil {
			return nil, err
		}
		if n.Folder || n.Trash != Kept {
			return nil, ErrNotFound
		}
		t, err := s.tieTx(ctx, tx, a, p, n)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (s *Service) tieTx(ctx context.Context, tx *db.Tx, a Actor, p Place, n Node) (Attached, error) {
	const add = `INSERT INTO file_attached (node_id, entity, entity_id, created, created_by) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (entity, entity_id, node_id) DO UPDATE SET created = file_attached.created RETURNING id, created, created_by`
	t := Attached{Place: p, File: n}
	var created int64
	err := tx.QueryRow(ctx, add, n.ID, p.Entity, p.ID, db.Micro(s.now()), a.UserID).Scan(&t.ID, &created, &t.CreatedBy)
	if err != nil {
		return t, fmt.Errorf("attach file: %w", err)
	}
	t.Created = db.Time(created)
	return t, nil
}

// CopyTiesTx ties what is attached to something to another thing that is made of it, in the name of a user: who may make it so need not
// be able to read each file. Files in the trash are left out, and ties that exist already stay as they are.
func (s *Service) CopyTiesTx(ctx context.Context, tx *db.Tx, userID int64, from, to Place) error {
	_, err := tx.Exec(ctx, `INSERT INTO file_attached (node_id, entity, entity_id, created, created_by)
		SELECT a.node_id, CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT)
		FROM file_attached a JOIN file_node n ON n.id = a.node_id AND n.deleted_type = 0 WHERE a.entity = ? AND a.entity_id = ? ORDER BY a.id
		ON CONFLICT (entity, entity_id, node_id) DO NOTHING`, to.Entity, to.ID, db.Micro(s.now()), userID, from.Entity, from.ID)
	if err != nil {
		return fmt.Errorf("copy attachments: %w", err)
	}
	return nil
}

// DetachTx takes files off something. Those that are not attached are passed over; the files themselves stay.
func (s *Service) DetachTx(ctx context.Context, tx *db.Tx, p Place, ids []int64) error {
	for _, id := range ids {
		_, err := tx.Exec(ctx, "DELETE FROM file_attached WHERE entity = ? AND entity_id = ? AND node_id = ?", p.Entity, p.ID, id)
		if err != nil {
			return fmt.Errorf("detach file: %w", err)
		}
	}
	return nil
}

// ReleaseTx is DetachTx for what is removed itself: files in the folder of a chat that nothing else shows are removed with it.
func (s *Service) ReleaseTx(ctx context.Context, tx *db.Tx, p Place, ids []int64) error {
	if err := s.DetachTx(ctx, tx, p, ids); err != nil {
		return err
	}
	for _, id := range ids {
		n, err := nodeTx(ctx, tx, id)
		if errors.Is(err, ErrNotFound) || err == nil && n.ChatOf() == 0 {
			continue
		}
		if err != nil {
			return err
		}
		var ties int64
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM file_attached WHERE node_id = ?", id).Scan(&ties); err != nil {
			return fmt.Errorf("count attachments: %w", err)
		}
		if ties > 0 {
			continue
		}
		if err := s.eraseTx(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// DetachAllTx takes all files off something that is removed itself.
func (s *Service) DetachAllTx(ctx context.Context, tx *db.Tx, p Place) error {
	if _, err := tx.Exec(ctx, "DELETE FROM file_attached WHERE entity = ? AND entity_id = ?", p.Entity, p.ID); err != nil {
		return fmt.Errorf("detach files: %w", err)
	}
	return nil
}

// TiesOfTx returns what is attached to several things of one kind, in the order in which it was. Whether the caller may see that is for
// the caller to know. Files in the trash are left out.
func (s *Service) TiesOfTx(ctx context.Context, tx *db.Tx, entity string, ids []int64) (out []Attached, err error) {
	for chunk := range slices.Chunk(ids, 500) {
		args := append([]any{entity}, db.Args(chunk)...)
		list, err := attachedTx(ctx, tx, "a.entity = ? AND n.deleted_type = 0 AND a.entity_id IN ("+db.Marks(len(chunk))+
			") ORDER BY a.id", args...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// TiesOf is TiesOfTx in a transaction of its own.
func (s *Service) TiesOf(ctx context.Context, entity string, ids []int64) (out []Attached, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = s.TiesOfTx(ctx, tx, entity, ids)
		return err
	})
	return out, err
}

const attachedColumns = "a.id, a.entity, a.entity_id, a.created, a.created_by"

// DetachAllOfTx is DetachAllTx for several things of one kind.
func (s *Service) DetachAllOfTx(ctx context.Context, tx *db.Tx, entity string, ids []int64) error {
	for chunk := range slices.Chunk(ids, 500) {
		args := append([]any{entity}, db.Args(chunk)...)
		_, err := tx.Exec(ctx, "DELETE FROM file_attached WHERE entity = ? AND entity_id IN ("+db.Marks(len(chunk))+")", args...)
		if err != nil {
			return fmt.Errorf("detach files: %w", err)
		}
	}
	return nil
}

// AttachedTo returns what is attached to something, in the order in which it was. Whether the caller may see that is for the caller
// to know. Files in the trash are left out.
func (s *Service) AttachedTo(ctx context.Context, p Place) (out []Attached, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = attachedTx(ctx, tx, "a.entity = ? AND a.entity_id = ? AND n.deleted_type = 0 ORDER BY a.id", p.Entity, p.ID)
		return err
	})
	return out, err
}

// Ties returns the ties of those of the files ids that are attached to something. Whether the caller may see that is for the caller to
// know. Files in the trash are left out.
func (s *Service) Ties(ctx context.Context, p Place, ids []int64) (out []Attached, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		for chunk := range slices.Chunk(ids, 500) {
			args := append([]any{p.Entity, p.ID}, db.Args(chunk)...)
			list, err := attachedTx(ctx, tx, "a.entity = ? AND a.entity_id = ? AND n.deleted_type = 0 AND a.node_id IN ("+db.Marks(len(chunk))+") ORDER BY a.id", args...)
			if err != nil {
				return err
			}
			out = append(out, list...)
		}
		return nil
	})
	return out, err
}

func attachedTx(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Attached, error) {
	rows, err := tx.Query(ctx, "SELECT "+nodeColumns+", "+attachedColumns+" FROM "+nodeTables+
		" JOIN file_attached a ON a.node_id = n.id WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read attached files: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Attached
	for rows.Next() {
		var r nodeRow
		var t Attached
		var created int64
		if err := rows.Scan(append(r.dest(), &t.ID, &t.Place.Entity, &t.Place.ID, &created, &t.CreatedBy)...); err != nil {
			return nil, fmt.Errorf("read attached files: %w", err)
		}
		t.File, t.Created = r.node(), db.Time(created)
		out = append(out, t)
	}
	return out, rows.Err()
}

// Tie returns the tie with the number id, for somebody who may read the file. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED.
func (s *Service) Tie(ctx context.Context, a Actor, id int64) (t Attached, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		list, err := attachedTx(ctx, tx, "a.id = ?", id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return ErrNotFound
		}
		t = list[0]
		_, err = s.withRightTx(ctx, tx, a, t.File.ID, Read)
		return err
	})
	return t, err
}

// Many returns those of ids that exist and are not in the trash, by their numbers. It asks nobody's leave: it is for what belongs to
// something that the caller may see.
func (s *Service) Many(ctx context.Context, ids []int64) (out map[int64]Node, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = nodesTx(ctx, tx, ids)
		return err
	})
	for id, n := range out {
		if n.Trash != Kept {
			delete(out, id)
		}
	}
	return out, err
}

// ChatOf returns the chat in whose folder the file is; 0: in none.
func (n Node) ChatOf() int64 {
	if n.storageType != OfChat {
		return 0
	}
	return n.entityID
}
