package network

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// joined is a line of a portal that employees of this one may write to.
type joined struct {
	BotID   int64
	Code    string
	Peer    string
	Name    string
	Welcome string
	Left    time.Time // when the portal left it; zero: it has not
	version int64
}

const joinColumns = "bot_id, code, peer, name, welcome, left_at, version"

// errNotJoined is returned for a line that this portal has not joined.
var errNotJoined = fault.New(fault.NotFound, "NETWORK_NOT_JOINED", "This portal has not joined the line.")

func joinedTx(ctx context.Context, tx *db.Tx, where string, arg any) (j joined, err error) {
	var left int64
	err = tx.QueryRow(ctx, "SELECT "+joinColumns+" FROM network_join WHERE "+where, arg).
		Scan(&j.BotID, &j.Code, &j.Peer, &j.Name, &j.Welcome, &left, &j.version)
	if errors.Is(err, db.ErrNoRows) {
		return j, errNotJoined
	}
	if err != nil {
		return j, fmt.Errorf("read joined line: %w", err)
	}
	j.Left = db.Time(left)
	return j, nil
}

func (s *Service) joined(ctx context.Context, code string) (j joined, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		j, err = joinedTx(ctx, tx, "code = ?", code)
		return err
	})
	return j, err
}

// Joined is a line of another portal, or of this one, to which the people of the portal may write.
type Joined struct {
	BotID             int64
	Code              string
	Name, Description string
	Server            string    // the trusted server that it is on, as the administrator named it; empty: this server
	Stranger          bool      // the trust in its server has ended
	Left              time.Time // when the portal left it; zero: it has not
}

// JoinedLines returns the lines that the portal has joined, in the order in which it did, with those that it has left since.
func (s *Service) JoinedLines(ctx context.Context) (out []Joined, err error) {
	const q = `SELECT j.bot_id, j.code, j.left_at, j.name, j.description, COALESCE(t.name, ''), CASE WHEN j.peer LIKE 'server:%' AND t.id IS NULL THEN 1 ELSE 0 END
		FROM network_join j LEFT JOIN network_trust t ON j.peer = 'server:' || CAST(t.id AS TEXT) ORDER BY j.created, j.bot_id`
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, q)
		if err != nil {
			return fmt.Errorf("read joined lines: %w", err)
		}
		defer func() { _ = rows.Close() }()
		out = nil
		for rows.Next() {
			var j Joined
			var stranger, left int64
			if err := rows.Scan(&j.BotID, &j.Code, &left, &j.Name, &j.Description, &j.Server, &stranger); err != nil {
				return fmt.Errorf("read joined lines: %w", err)
			}
			j.Stranger, j.Left = stranger != 0, db.Time(left)
			out = append(out, j)
		}
		return rows.Err()
	})
	return out, err
}

// BotOf returns the bot of a line that the portal has joined. Fault: NETWORK_NOT_JOINED.
func (s *Service) BotOf(ctx context.Context, code string) (int64, error) {
	j, err := s.joined(ctx, code)
	return j.BotID, err
}

// Join makes a published line a bot to whom everybody on the portal may write, and returns the bot's id. A line that was joined before
// has the same bot, which gets what the line now says of itself; so has one that was left.
// Faults: CODE, NOT_FOUND, INACTIVE. Page: api-reference/imopenlines/openlines/imopenlines-network-join.md.
func (s *Service) Join(ctx context.Context, actor user.Ref, code string) (int64, error) {
	if !IsCode(code) {
		return 0, ErrCode
	}
	old, err := s.joined(ctx, code)
	known := err == nil && old.Left.IsZero()
	if err != nil && !errors.Is(err, errNotJoined) {
		return 0, err
	}
	peer, c, err := s.find(ctx, code)
	if known && err != nil {
		return old.BotID, nil // it is a bot of the portal, whatever has become of its line
	}
	if err != nil {
		if fault.KindOf(err) != fault.Internal && !errors.Is(err, ErrNotFound) {
			err = ErrNotFound.Because(err)
		}
		return 0, err
	}
	if !known && !c.Active {
		return 0, ErrInactive
	}
	var id int64
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		id, err = s.joinTx(ctx, tx, actor, peer, code, c)
		return err
	})
	return id, err
}

func (s *Service) joinTx(ctx context.Context, tx *db.Tx, actor user.Ref, peer, code string, c card) (int64, error) {
	if err := tx.Lock(ctx, "network join "+code); err != nil {
		return 0, err
	}
	j, err := joinedTx(ctx, tx, "code = ?", code)
	if err == nil && !j.Left.IsZero() {
		return j.BotID, s.rejoinTx(ctx, tx, j, actor, peer, c)
	}
	if err == nil {
		return j.BotID, s.refreshTx(ctx, tx, j, peer, c)
	}
	if !errors.Is(err, errNotJoined) {
		return 0, err
	}
	id, err := s.Bots.AddNetworkTx(ctx, tx, code, c.look())
	if err != nil {
		return 0, fmt.Errorf("add bot of line: %w", err)
	}
	const add = `INSERT INTO network_join (bot_id, code, peer, name, description, welcome, version, joined_by, created)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
	_, err = tx.Exec(ctx, add, id, code, peer, c.Name, c.Description, c.Welcome, c.Version, actor.ID, db.Micro(s.now()))
	if err != nil {
		return 0, fmt.Errorf("join line: %w", err)
	}
	return id, s.noteTx(ctx, tx, "NETWORK_JOIN", id, "Joined the line "+c.Name+" of the Network: everybody may write to its bot.")
}

func (c card) look() Look { return Look{Name: c.Name, Description: c.Description, Avatar: c.Avatar} }

// refreshTx takes over what a line now says of itself, and where it now is.
func (s *Service) refreshTx(ctx context.Context, tx *db.Tx, j joined, peer string, c card) error {
	if j.Peer == peer && j.version == c.Version {
		return nil
	}
	_, err := tx.Exec(ctx, "UPDATE network_join SET peer = ?, name = ?, description = ?, welcome = ?, version = ? WHERE bot_id = ?",
		peer, c.Name, c.Description, c.Welcome, c.Version, j.BotID)
	if err != nil {
		return fmt.Errorf("refresh joined line: %w", err)
	}
	return s.Bots.ChangeNetworkTx(ctx, tx, j.BotID, c.look())
}

// refresh asks for what a line says of itself where that has changed.
func (s *Service) refresh(ctx context.Context, code string, version int64) error {
	j, err := s.joined(ctx, code)
	if err != nil || j.version == version {
		return err
	}
	c, err := s.cardOf(ctx, j.Peer, code)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.refreshTx(ctx, tx, j, j.Peer, c) })
}
