package network

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // the formats that pictures may have
	_ "image/jpeg"
	_ "image/png"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	_ "golang.org/x/image/webp" // likewise

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// The limits of what a line says of itself, in characters.
const (
	MaxName        = 100
	MaxDescription = 250
	MaxWelcome     = 2000
	maxPicture     = 1 << 20 // bytes
	maxSide        = 5000    // pixels
)

// Published is a line that employees of other portals may write to.
type Published struct {
	LineID      int64
	Code        string // by which it is joined: 32 hexadecimal digits
	Name        string
	Description string
	Welcome     string // BB code; who opens the chat for the first time reads it
	Avatar      []byte
	Active      bool

	version          int64 // counts the changes
	created, changed time.Time
}

// ErrDenied refuses people who may not manage connectors.
var ErrDenied = fault.New(fault.Denied, "ACCESS_DENIED", "You may not change what is published.")

func may(actor user.Ref) bool { return actor.May(access.ManageConnectors) }

// check trims p and says what is wrong with it.
func (p *Published) check() error {
	p.Name, p.Description, p.Welcome = strings.TrimSpace(p.Name), strings.TrimSpace(p.Description), strings.TrimSpace(p.Welcome)
	switch {
	case p.Name == "" || utf8.RuneCountInString(p.Name) > MaxName:
		return errName
	case p.Description == "" || utf8.RuneCountInString(p.Description) > MaxDescription:
		return errDescription
	case utf8.RuneCountInString(p.Welcome) > MaxWelcome:
		return errWelcome
	case len(p.Avatar) > 0 && !isPicture(p.Avatar):
		return errAvatar
	}
	return nil
}

func isPicture(b []byte) bool {
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	return err == nil && len(b) <= maxPicture && c.Width <= maxSide && c.Height <= maxSide
}

// Save publishes a line, or changes what is published of it; its code stays. A nil Avatar leaves the picture, an empty one removes it.
// Faults: ACCESS_DENIED, LINE_NOT_FOUND, and those of the fields.
func (s *Service) Save(ctx context.Context, actor user.Ref, p Published) (Published, error) {
	if !may(actor) {
		return p, ErrDenied
	}
	if err := p.check(); err != nil {
		return p, err
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		p, err = s.saveTx(ctx, tx, p)
		return err
	})
	if err != nil {
		return p, err
	}
	return p, s.announce(ctx)
}

func (s *Service) saveTx(ctx context.Context, tx *db.Tx, p Published) (Published, error) {
	if _, ok, err := s.Lines.NameTx(ctx, tx, p.LineID); err != nil || !ok {
		return p, cmpErr(err, ErrNoLine)
	}
	if err := tx.Lock(ctx, "network line "+strconv.FormatInt(p.LineID, 10)); err != nil {
		return p, err
	}
	old, err := publishedTx(ctx, tx, "line_id = ?", p.LineID)
	now := db.Micro(s.now())
	switch {
	case errors.Is(err, ErrNoLine):
		p.Code = newCode()
		if p.Avatar == nil {
			p.Avatar = []byte{}
		}
		_, err = tx.Exec(ctx, `INSERT INTO network_line (line_id, code, name, description, welcome, avatar, active, version, created, changed)
			VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?)`, p.LineID, p.Code, p.Name, p.Description, p.Welcome, p.Avatar, db.Bit(p.Active), now, now)
	case err == nil:
		p.Code = old.Code
		if p.Avatar == nil {
			p.Avatar = old.Avatar
		}
		_, err = tx.Exec(ctx, `UPDATE network_line SET name = ?, description = ?, welcome = ?, avatar = ?, active = ?, version = version + 1,
			changed = ? WHERE line_id = ?`, p.Name, p.Description, p.Welcome, p.Avatar, db.Bit(p.Active), now, p.LineID)
	}
	if err != nil {
		return p, fmt.Errorf("publish line: %w", err)
	}
	text := "Published the line " + p.Name + " in the Network."
	if !p.Active {
		text = "The line " + p.Name + " takes no new clients from the Network."
	}
	return p, s.noteTx(ctx, tx, "NETWORK_PUBLISH", p.LineID, text)
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// newCode returns a code that nobody guesses.
func newCode() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// noteTx records what an administrator did.
func (s *Service) noteTx(ctx context.Context, tx *db.Tx, kind string, id int64, text string) error {
	return s.Audit.RecordTx(ctx, tx, audit.Entry{
		Severity: audit.Security, Type: kind, Module: "network", Item: strconv.FormatInt(id, 10), Description: text,
	})
}

const lineColumns = "line_id, code, name, description, welcome, avatar, active, version, created, changed"

func scanPublished(r scanner) (p Published, err error) {
	var created, changed int64
	err = r.Scan(&p.LineID, &p.Code, &p.Name, &p.Description, &p.Welcome, &p.Avatar, &p.Active, &p.version, &created, &changed)
	p.created, p.changed = db.Time(created), db.Time(changed)
	return p, err
}

// publishedTx returns a published line, or ErrNoLine.
func publishedTx(ctx context.Context, tx *db.Tx, where string, arg any) (Published, error) {
	p, err := scanPublished(tx.QueryRow(ctx, "SELECT "+lineColumns+" FROM network_line WHERE "+where, arg))
	if errors.Is(err, db.ErrNoRows) {
		return p, ErrNoLine
	}
	if err != nil {
		return p, fmt.Errorf("read published line: %w", err)
	}
	return p, nil
}

// OfLine returns what is published of a line, for somebody who may manage connectors. Faults: ACCESS_DENIED, LINE_NOT_FOUND where
// nothing is.
func (s *Service) OfLine(ctx context.Context, actor user.Ref, lineID int64) (p Published, err error) {
	if !may(actor) {
		return p, ErrDenied
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err = publishedTx(ctx, tx, "line_id = ?", lineID)
		return err
	})
	return p, err
}

// Published returns all published lines, the oldest first, without their pictures.
func (s *Service) Published(ctx context.Context) (out []Published, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT line_id, code, name, description, active FROM network_line ORDER BY id")
		if err != nil {
			return fmt.Errorf("read published lines: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var p Published
			if err := rows.Scan(&p.LineID, &p.Code, &p.Name, &p.Description, &p.Active); err != nil {
				return err
			}
			out = append(out, p)
		}
		return rows.Err()
	})
	return out, err
}

// LineDeletedTx takes back what was published of a line that is being deleted.
func (s *Service) LineDeletedTx(ctx context.Context, tx *db.Tx, lineID int64) error {
	if _, err := tx.Exec(ctx, "DELETE FROM network_line WHERE line_id = ?", lineID); err != nil {
		return fmt.Errorf("take back published line: %w", err)
	}
	return nil
}

// announce tells the server which codes are published here. A code of a line that was deleted since leads here and is not found.
func (s *Service) announce(ctx context.Context) error {
	if s.neighbours == nil {
		return nil
	}
	all, err := s.Published(ctx)
	if err != nil {
		return err
	}
	codes := make([]string, len(all))
	for i, p := range all {
		codes[i] = p.Code
	}
	return s.neighbours.Announce(ctx, codes)
}
