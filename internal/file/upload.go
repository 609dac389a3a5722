package file

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/db"
)

// The limits of uploads in parts.
const (
	PartSize   = 4 << 20        // bytes of a part; the last one may be smaller
	uploadLife = 24 * time.Hour // after its last part
	maxUploads = 100            // that one person has begun and not finished
)

// Unfinished is a file that comes in parts, each of which is stored as it arrives: what broke off is continued, by any server.
type Unfinished struct {
	ID       string
	Size     int64 // of the whole file, in bytes
	Received int64
	FileID   int64 // when it is finished; 0 before

	userID, folderID int64
	name             string
	sound            Sound
}

// NewUpload is an upload to be begun.
type NewUpload struct {
	FolderID int64
	Name     string
	Size     int64
	Sound    Sound
}

// Begin begins an upload. Faults: those of Add, FILE_TOO_LARGE, FILE_QUOTA_EXCEEDED, UPLOAD_TOO_MANY.
func (s *Service) Begin(ctx context.Context, a Actor, n NewUpload) (Unfinished, error) {
	name, err := CleanName(n.Name)
	if err != nil {
		return Unfinished{}, err
	}
	if err := n.Sound.check(); err != nil {
		return Unfinished{}, err
	}
	l, err := s.Limits(ctx)
	if err != nil {
		return Unfinished{}, err
	}
	if n.Size < 0 || n.Size > l.MaxMB*mb {
		return Unfinished{}, ErrTooLarge
	}
	detail, err := json.Marshal(n.Sound)
	if err != nil {
		return Unfinished{}, err
	}
	u := Unfinished{ID: rand.Text(), Size: n.Size, userID: a.UserID, folderID: n.FolderID, name: name, sound: n.Sound}
	return u, s.db.Write(ctx, func(tx *db.Tx) error {
		folder, err := s.withRightTx(ctx, tx, a, n.FolderID, Add)
		if err == nil && !folder.Folder {
			err = ErrNotFound
		}
		if err == nil {
			err = s.mayBeginTx(ctx, tx, a, n.Size)
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO file_upload (id, user_id, folder_id, name, size, detail, touched) VALUES (?, ?, ?, ?, ?, ?, ?)",
			u.ID, u.userID, u.folderID, u.name, u.Size, string(detail), db.Micro(s.now()))
		return err
	})
}

func (s *Service) mayBeginTx(ctx context.Context, tx *db.Tx, a Actor, size int64) error {
	var n int64
	err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM file_upload WHERE user_id = ? AND node_id = 0", a.UserID).Scan(&n)
	switch {
	case err != nil:
		return fmt.Errorf("count uploads: %w", err)
	case n >= maxUploads:
		return ErrManyUploads
	}
	return s.roomTx(ctx, tx, size)
}

// Progress returns how far an upload is, for who began it. Fault: UPLOAD_NOT_FOUND.
func (s *Service) Progress(ctx context.Context, a Actor, id string) (u Unfinished, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		u, err = uploadTx(ctx, tx, a, id)
		return err
	})
	return u, err
}

func uploadTx(ctx context.Context, tx *db.Tx, a Actor, id string) (u Unfinished, err error) {
	var detail string
	const q = "SELECT id, user_id, folder_id, name, size, received, detail, node_id FROM file_upload WHERE id = ? AND user_id = ?"
	err = tx.QueryRow(ctx, q, id, a.UserID).Scan(&u.ID, &u.userID, &u.folderID, &u.name, &u.Size, &u.Received, &detail, &u.FileID)
	if errors.Is(err, db.ErrNoRows) {
		return u, ErrUpload
	}
	if err == nil {
		err = json.Unmarshal([]byte(detail), &u.sound)
	}
	if err != nil {
		return u, fmt.Errorf("read upload: %w", err)
	}
	return u, nil
}

// Part stores the part of an upload that begins at start. One that came already is taken again and changes nothing. Faults:
// UPLOAD_NOT_FOUND, UPLOAD_OFFSET with which the upload's Received says where to go on, UPLOAD_PART, FILE_QUOTA_EXCEEDED.
func (s *Service) Part(ctx context.Context, a Actor, id string, start int64, r io.Reader) (Unfinished, error) {
	u, err := s.Progress(ctx, a, id)
	if err != nil {
		return u, err
	}
	if start > u.Received || start < 0 || u.FileID != 0 {
		return u, ErrOffset
	}
	c, err := s.receive(ctx, r, min(PartSize, u.Size-start), counted)
	if errors.Is(err, ErrTooLarge) || err == nil && c.Size == 0 {
		return u, ErrPart
	}
	if err != nil {
		return u, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "file:upload:"+id); err != nil {
			return err
		}
		if u, err = uploadTx(ctx, tx, a, id); err != nil {
			return err
		}
		return s.addPartTx(ctx, tx, &u, start, c)
	})
	return u, err
}

func (s *Service) addPartTx(ctx context.Context, tx *db.Tx, u *Unfinished, start int64, c Content) error {
	if start+c.Size <= u.Received {
		return nil
	}
	if start != u.Received {
		return ErrOffset
	}
	if known, err := s.touchTx(ctx, tx, c.Sum); err != nil || !known {
		return errors.Join(err, errGone)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO file_part (upload_id, start, size, sum) VALUES (?, ?, ?, ?)", u.ID, start, c.Size, c.Sum); err != nil {
		return fmt.Errorf("note part: %w", err)
	}
	u.Received += c.Size
	_, err := tx.Exec(ctx, "UPDATE file_upload SET received = ?, touched = ? WHERE id = ?", u.Received, db.Micro(s.now()), u.ID)
	return err
}

// Finish makes a file of an upload that is whole. A second call returns the same file. Faults: UPLOAD_NOT_FOUND, UPLOAD_OFFSET where
// something is missing, and those of Add.
func (s *Service) Finish(ctx context.Context, a Actor, id string) (n Node, err error) {
	u, err := s.Progress(ctx, a, id)
	if err != nil {
		return n, err
	}
	if u.FileID != 0 {
		return s.Get(ctx, a, u.FileID)
	}
	if u.Received != u.Size {
		return n, ErrOffset
	}
	c, err := s.joined(ctx, u)
	if err != nil {
		return n, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err = s.finishTx(ctx, tx, a, id, c)
		return err
	})
	return n, err
}

func (s *Service) finishTx(ctx context.Context, tx *db.Tx, a Actor, id string, c Content) (Node, error) {
	if err := tx.Lock(ctx, "file:upload:"+id); err != nil {
		return Node{}, err
	}
	u, err := uploadTx(ctx, tx, a, id)
	if err != nil {
		return Node{}, err
	}
	if u.FileID != 0 { // somebody else was faster
		return nodeTx(ctx, tx, u.FileID)
	}
	n, err := s.AddTx(ctx, tx, a, u.folderID, NewFile{Name: u.name, Content: c, Sound: u.sound, Unique: true})
	if err != nil {
		return n, err
	}
	if _, err := tx.Exec(ctx, "UPDATE file_upload SET node_id = ?, touched = ? WHERE id = ?", n.ID, db.Micro(s.now()), id); err != nil {
		return n, fmt.Errorf("finish upload: %w", err)
	}
	_, err = tx.Exec(ctx, "DELETE FROM file_part WHERE upload_id = ?", id)
	return n, err
}

// joined stores the parts of an upload as one content. One that is a single part is stored already.
func (s *Service) joined(ctx context.Context, u Unfinished) (c Content, err error) {
	parts := []string{} // keys of objects
	var total int64
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT b.object, b.sum, b.size, b.type, b.width, b.height FROM file_part p JOIN file_blob b ON b.sum = p.sum
			WHERE p.upload_id = ? ORDER BY p.start`, u.ID)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var object string
			if err := rows.Scan(&object, &c.Sum, &c.Size, &c.Type, &c.Width, &c.Height); err != nil {
				return err
			}
			parts, total = append(parts, object), total+c.Size
		}
		return rows.Err()
	})
	switch {
	case err != nil:
		return c, fmt.Errorf("read parts: %w", err)
	case total != u.Size:
		return c, ErrUpload // finished by another process meanwhile, or cancelled
	case len(parts) == 1:
		return c, nil
	}
	r := &chain{ctx: ctx, store: s.store, keys: parts}
	defer r.close()
	return s.receive(ctx, r, u.Size, counted)
}

// chain reads objects one after another.
type chain struct {
	ctx   context.Context //nolint:containedctx // of the one call that reads
	store blob.Store
	keys  []string
	open  blob.Object
}

func (c *chain) Read(p []byte) (int, error) {
	for {
		if c.open == nil {
			if len(c.keys) == 0 {
				return 0, io.EOF
			}
			o, err := c.store.Open(c.ctx, c.keys[0])
			if err != nil {
				return 0, err
			}
			c.open, c.keys = o, c.keys[1:]
		}
		n, err := c.open.Read(p)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		c.close()
		if n > 0 {
			return n, nil
		}
	}
}

func (c *chain) close() {
	if c.open != nil {
		_ = c.open.Close()
		c.open = nil
	}
}

// Cancel gives an upload up; its parts are removed later. One that is finished stays a file. Fault: UPLOAD_NOT_FOUND.
func (s *Service) Cancel(ctx context.Context, a Actor, id string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := uploadTx(ctx, tx, a, id); err != nil {
			return err
		}
		return dropUploadsTx(ctx, tx, "id = ?", id)
	})
}

// dropUploadsTx removes uploads with their parts.
func dropUploadsTx(ctx context.Context, tx *db.Tx, where string, arg any) error {
	if _, err := tx.Exec(ctx, "DELETE FROM file_part WHERE upload_id IN (SELECT id FROM file_upload WHERE "+where+")", arg); err != nil {
		return fmt.Errorf("remove parts: %w", err)
	}
	if _, err := tx.Exec(ctx, "DELETE FROM file_upload WHERE "+where, arg); err != nil {
		return fmt.Errorf("remove uploads: %w", err)
	}
	return nil
}
