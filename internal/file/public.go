package file

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/setting"
)

// PublicRules say whether files may be shown to people outside of the portal by links that need no sign-in, and how long. They hold
// for links that were made before, too.
type PublicRules struct {
	On   bool  `json:"on"`
	Days int64 `json:"days"` // that a link opens; 0: until somebody closes it
}

// PublicKey is the setting.
var PublicKey = setting.Key[PublicRules]{Name: "file.public", Default: PublicRules{On: true}, Check: PublicRules.check}

// MaxPublicDays is the longest life of public links that can be set.
const MaxPublicDays = 3650

func (p PublicRules) check() error {
	if p.Days < 0 || p.Days > MaxPublicDays {
		return fault.Newf(fault.Invalid, "INVALID_LIMIT", "Enter up to %d days, or 0 for no end.", MaxPublicDays).At("days")
	}
	return nil
}

// PublicRules returns the rules that hold.
func (s *Service) PublicRules(ctx context.Context) (PublicRules, error) {
	return setting.Load(ctx, s.settings, PublicKey)
}

// Public is a link by which everybody sees a file or folder. It opens as long as who made it may read that themselves: a link never
// shows what its maker has lost. Its code is kept as it is, since the same link is shown again to whoever may read the file.
type Public struct {
	Code    string // 26 characters that nobody can guess
	Node    Node
	Created time.Time
	Owner   Actor     // who made it
	Ends    time.Time // zero: never
}

var (
	// ErrPublic is returned for a public link that was closed, is over, or never was; which of these is not told.
	ErrPublic = fault.New(fault.NotFound, "PUBLIC_LINK_CLOSED", "This link does not lead anywhere any more. Ask who sent it for another one.")
	// ErrPublicOff is returned where the portal allows no public links.
	ErrPublicOff = fault.New(fault.Denied, "PUBLIC_LINKS_OFF", "The administrators of this portal allow no public links.")
)

const publicColumns = "p.code, p.created, p.created_by, p.app_id"

type publicRow struct {
	nodeRow

	code               string
	made, owner, appID int64
}

func (r *publicRow) dest() []any {
	return append([]any{&r.code, &r.made, &r.owner, &r.appID}, r.nodeRow.dest()...)
}

func (r *publicRow) public(rules PublicRules) Public {
	p := Public{Code: r.code, Node: r.node(), Created: db.Time(r.made), Owner: Actor{UserID: r.owner, AppID: r.appID}}
	if rules.Days > 0 {
		p.Ends = p.Created.AddDate(0, 0, int(rules.Days))
	}
	return p
}

// publicTx returns the link that a condition on file_public p finds, if it opens; ErrPublic.
func (s *Service) publicTx(ctx context.Context, tx *db.Tx, where string, arg any) (Public, error) {
	rules, err := setting.LoadTx(ctx, tx, PublicKey)
	if err != nil {
		return Public{}, err
	}
	var r publicRow
	q := "SELECT " + publicColumns + ", " + nodeColumns + " FROM " + nodeTables + " JOIN file_public p ON p.node_id = n.id WHERE " + where
	if err := tx.QueryRow(ctx, q, arg).Scan(r.dest()...); errors.Is(err, db.ErrNoRows) {
		return Public{}, ErrPublic
	} else if err != nil {
		return Public{}, fmt.Errorf("read public link: %w", err)
	}
	p := r.public(rules)
	if !rules.On || p.Node.Trash != Kept || !p.Ends.IsZero() && !s.now().Before(p.Ends) {
		return p, ErrPublic
	}
	right, err := s.rightTx(ctx, tx, p.Owner, p.Node)
	if err == nil && right < Read {
		err = ErrPublic
	}
	return p, err
}

// Publish returns the public link of a file or folder that actor may read, and makes one where there is none that opens. Faults:
// FILE_NOT_FOUND, FILE_ACCESS_DENIED, PUBLIC_LINKS_OFF.
func (s *Service) Publish(ctx context.Context, a Actor, id int64) (p Public, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "file:public:"+strconv.FormatInt(id, 10)); err != nil {
			return err
		}
		n, err := s.withRightTx(ctx, tx, a, id, Read)
		if err == nil && n.Trash != Kept {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		if rules, err := setting.LoadTx(ctx, tx, PublicKey); err != nil || !rules.On {
			return errors.Join(err, ErrPublicOff)
		}
		if p, err = s.publicTx(ctx, tx, "p.node_id = ?", id); !errors.Is(err, ErrPublic) {
			return err
		}
		return s.publishTx(ctx, tx, a, n, &p)
	})
	return p, err
}

func (s *Service) publishTx(ctx context.Context, tx *db.Tx, a Actor, n Node, p *Public) error {
	const add = `INSERT INTO file_public (node_id, code, created, created_by, app_id) VALUES (?, ?, ?, ?, ?) ON CONFLICT (node_id) DO UPDATE
		SET code = excluded.code, created = excluded.created, created_by = excluded.created_by, app_id = excluded.app_id`
	if _, err := tx.Exec(ctx, add, n.ID, rand.Text(), db.Micro(s.now()), a.UserID, a.AppID); err != nil {
		return fmt.Errorf("add public link: %w", err)
	}
	if err := s.recordTx(ctx, tx, a, n, "FILE_PUBLIC_LINK_ADD", "Everybody who has the link can see "+n.Name+" now."); err != nil {
		return err
	}
	var err error
	*p, err = s.publicTx(ctx, tx, "p.node_id = ?", n.ID)
	return err
}

// recordTx tells the audit log what happened to a node.
func (s *Service) recordTx(ctx context.Context, tx *db.Tx, a Actor, n Node, kind, text string) error {
	if s.audit == nil {
		return nil
	}
	return s.audit.RecordTx(ctx, tx, audit.Entry{
		Severity: audit.Security, Type: kind, Module: "disk", Item: strconv.FormatInt(n.ID, 10), UserID: a.UserID, Description: text,
	})
}

// PublicOf returns the public link of a node that actor may read; ok is false where there is none that opens. Faults: FILE_NOT_FOUND,
// FILE_ACCESS_DENIED.
func (s *Service) PublicOf(ctx context.Context, a Actor, id int64) (p Public, ok bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.withRightTx(ctx, tx, a, id, Read); err != nil {
			return err
		}
		p, err = s.publicTx(ctx, tx, "p.node_id = ?", id)
		if ok = err == nil; errors.Is(err, ErrPublic) {
			err = nil
		}
		return err
	})
	return p, ok, err
}

// Unpublish closes the public link of a node, for who made it, who may change the node, and administrators. Faults: FILE_NOT_FOUND,
// FILE_ACCESS_DENIED.
func (s *Service) Unpublish(ctx context.Context, a Actor, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := nodeTx(ctx, tx, id)
		if err != nil {
			return err
		}
		var owner int64
		err = tx.QueryRow(ctx, "SELECT created_by FROM file_public WHERE node_id = ?", id).Scan(&owner)
		if errors.Is(err, db.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("read public link: %w", err)
		}
		if err := s.mayCloseTx(ctx, tx, a, n, owner); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM file_public WHERE node_id = ?", id); err != nil {
			return fmt.Errorf("remove public link: %w", err)
		}
		return s.recordTx(ctx, tx, a, n, "FILE_PUBLIC_LINK_DELETE", "The public link to "+n.Name+" was closed.")
	})
}

func (s *Service) mayCloseTx(ctx context.Context, tx *db.Tx, a Actor, n Node, owner int64) error {
	p, err := s.people.PersonTx(ctx, tx, a.UserID)
	if err != nil || p.Active && (p.Admin || owner == a.UserID) {
		return err
	}
	right, err := s.rightTx(ctx, tx, a, n)
	if err == nil && right < Edit {
		err = ErrAccess
	}
	return err
}

// publicPage is how many links a page lists.
const publicPage = 50

// PublicLinks returns a page of the links that actor made, of all people's for an administrator, the newest first. Links that do not open
// any more are among them, but not those to what is in the trash.
func (s *Service) PublicLinks(ctx context.Context, a Actor, start int64) (out Page[Public], err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = Page[Public]{}
		rules, err := setting.LoadTx(ctx, tx, PublicKey)
		if err != nil {
			return err
		}
		where, args := "p.created_by = ? AND n.deleted_type = 0", []any{a.UserID}
		if person, err := s.people.PersonTx(ctx, tx, a.UserID); err != nil {
			return err
		} else if person.Admin {
			where, args = "n.deleted_type = 0", nil
		}
		from := " FROM file_public p JOIN file_node n ON n.id = p.node_id "
		if err := tx.QueryRow(ctx, "SELECT COUNT(*)"+from+"WHERE "+where, args...).Scan(&out.Total); err != nil {
			return fmt.Errorf("count public links: %w", err)
		}
		rows, err := tx.Query(ctx, "SELECT "+publicColumns+", "+nodeColumns+from+
			"JOIN file_storage t ON t.id = n.storage_id LEFT JOIN file_blob b ON b.sum = n.sum WHERE "+where+
			" ORDER BY p.created DESC, p.node_id DESC LIMIT ? OFFSET ?", append(args, publicPage, start)...)
		if err != nil {
			return fmt.Errorf("list public links: %w", err)
		}
		list, err := scanAll(rows, (*publicRow).dest)
		for _, r := range list {
			out.Items = append(out.Items, r.public(rules))
		}
		if next := start + publicPage; next < out.Total {
			out.Next = next
		}
		return err
	})
	return out, err
}

// FollowPublic returns the public link of a code, and the node with the number id: what the link is for, or what is below that folder; 0
// is the former. path are the folders from the link's to that of the node. Fault: PUBLIC_LINK_CLOSED.
func (s *Service) FollowPublic(ctx context.Context, code string, id int64) (p Public, n Node, path []Node, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		path = nil
		if p, err = s.publicTx(ctx, tx, "p.code = ?", code); err != nil {
			return err
		}
		if n = p.Node; id == 0 || id == n.ID {
			return nil
		}
		if n, err = s.withRightTx(ctx, tx, p.Owner, id, Read); err == nil {
			path, err = abovePublicTx(ctx, tx, n, p.Node.ID)
		}
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrAccess) {
			err = ErrPublic
		}
		return err
	})
	return p, n, path, err
}

// abovePublicTx returns the folders above n from the one with the number top on; ErrPublic where n is not below that, or in the trash.
func abovePublicTx(ctx context.Context, tx *db.Tx, n Node, top int64) (path []Node, err error) {
	for range maxDepth {
		if n.Trash != Kept || n.ParentID == 0 {
			return nil, ErrPublic
		}
		if n, err = nodeTx(ctx, tx, n.ParentID); err != nil {
			return nil, err
		}
		path = append([]Node{n}, path...)
		if n.ID == top {
			return path, nil
		}
	}
	return nil, ErrPublic
}

// PublicChildren returns a page of what is in a folder that a public link shows. Fault: PUBLIC_LINK_CLOSED.
func (s *Service) PublicChildren(ctx context.Context, p Public, folder Node, q record.Query) (Page[Node], error) {
	return s.Children(ctx, p.Owner, folder.ID, q)
}
