// Package linkpreview knows what the links in messages lead to: the title, a description, a picture.
//
// Whoever stores a message asks for its address in the same transaction (AskTx); the asking is a row, so that it survives a restart.
// Behind it, in the background, each address is fetched once for all who ask at a time, one of a host at a time, and what was found is
// kept for a while. Those who look read it with one query (Previews). When something new is known of a message's address, Config.Told
// hears of it.
//
// Pictures are never shown from where they lie: they are fetched, shrunk and kept here, so that no reader's address becomes known to a
// site that somebody else chose.
package linkpreview

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema { return db.EmbeddedSchema("linkpreview", schemaFiles) }

// ErrNoPicture is returned for a picture that is not kept, or not any more.
var ErrNoPicture = fault.New(fault.NotFound, "PICTURE_NOT_FOUND", "There is no such picture.")

// Answer is what stands at an address.
type Answer struct {
	Address string // after redirects
	Type    string // the media type, with its parameters
	Body    []byte
}

// Fetcher reads what is outside; package linkpreviewhttp has one.
type Fetcher interface {
	// Fetch returns what stands at an address of http or https: its first limit bytes. An error that is a fault of the kind
	// Unavailable may be another one a while later; every other lasts.
	Fetch(ctx context.Context, address string, limit int64) (Answer, error)
}

// Picture is a picture as it is kept and served.
type Picture struct {
	Data          []byte
	Type          string // "image/jpeg" or "image/png"
	Width, Height int64  // pixels
}

// Config is what a Service is made of.
type Config struct {
	DB      *db.DB
	Clock   clock.Clock
	Fetcher Fetcher
	// Shrink makes a picture that fits into a square of side pixels; an error is returned for what is none, or too large to be decoded.
	Shrink func(ctx context.Context, picture []byte, side int64) (Picture, error)
	// Enabled reports whether the portal may ask other sites at all. While it may not nothing is fetched, and nothing is shown.
	Enabled func(ctx context.Context) (bool, error)
	// Told hears of a message that is shown in another way from now on. It must be quick; nil: nobody hears.
	Told func(chatID, messageID int64)
	Log  *slog.Logger
}

// Service keeps what is known of addresses. It is safe for use by several goroutines.
type Service struct {
	Config

	wake chan struct{}
}

// New returns the service of the portal whose tables are in c.DB. Run does its work.
func New(c Config) *Service { return &Service{Config: c, wake: make(chan struct{}, 1)} }

func (s *Service) now() time.Time { return s.Clock.Now() }

// hurry has the work looked at again.
func (s *Service) hurry() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

const maxAddress = 2000 // bytes

// clean returns an address as it is asked for: without the part that names a place in the page. It reports false for one that is not
// asked for, such as one with a password in it.
func clean(address string) (text, host string, ok bool) {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxAddress || u.User != nil || u.Hostname() == "" {
		return "", "", false
	}
	if u.Scheme = strings.ToLower(u.Scheme); u.Scheme != "http" && u.Scheme != "https" {
		return "", "", false
	}
	u.Host, u.Fragment, u.RawFragment = strings.ToLower(u.Host), "", ""
	return u.String(), u.Hostname(), true
}

// idOf is what an address is kept under.
func idOf(address string) string {
	sum := sha256.Sum256([]byte(address))
	return hex.EncodeToString(sum[:])
}

// AskTx asks for what a message's address leads to. Nothing happens where addresses are not looked up, or not this one.
func (s *Service) AskTx(ctx context.Context, tx *db.Tx, address string, chatID, messageID int64) error {
	address, _, ok := clean(address)
	if !ok {
		return nil
	}
	if on, err := s.Enabled(ctx); err != nil || !on {
		return err
	}
	const q = "INSERT INTO link_ask (preview_id, address, chat_id, message_id, at) VALUES (?, ?, ?, ?, ?)"
	if err := tx.Later(ctx, q, idOf(address), address, chatID, messageID, db.Micro(s.now())); err != nil {
		return fmt.Errorf("ask for link: %w", err)
	}
	tx.AfterCommit(s.hurry)
	return nil
}

// Preview is what is shown of the page that an address leads to.
type Preview struct {
	Title       string
	Description string // may be empty
	Site        string // the name of the site, else its host
	Picture     string // the name of the picture, for Service.Picture; empty: none
	// Width and Height are of the picture, in pixels. Icon says that it is the sign of the site and not of the page.
	Width, Height int64
	Icon          bool
	Fetched       time.Time
}

// Previews returns what is known of addresses, by the address as it was given. Those of which nothing is to be shown are missing.
func (s *Service) Previews(ctx context.Context, addresses []string) (map[string]Preview, error) {
	ids, given := []string{}, map[string][]string{}
	for _, a := range addresses {
		text, _, ok := clean(a)
		if !ok {
			continue
		}
		id := idOf(text)
		if given[id] == nil {
			ids = append(ids, id)
		}
		given[id] = append(given[id], a)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	if on, err := s.Enabled(ctx); err != nil || !on {
		return nil, err
	}
	out := make(map[string]Preview, len(ids))
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		const q = "SELECT id, title, description, site, picture, width, height, icon, fetched FROM link_preview WHERE state = 1 AND id IN ("
		rows, err := tx.Query(ctx, q+db.Marks(len(ids))+")", db.Args(ids)...)
		if err != nil {
			return fmt.Errorf("read previews: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id string
			var icon, fetched int64
			var p Preview
			if err := rows.Scan(&id, &p.Title, &p.Description, &p.Site, &p.Picture, &p.Width, &p.Height, &icon, &fetched); err != nil {
				return fmt.Errorf("read previews: %w", err)
			}
			p.Icon, p.Fetched = icon != 0, db.Time(fetched)
			for _, a := range given[id] {
				out[a] = p
			}
		}
		return rows.Err()
	})
	return out, err
}

// Picture returns the picture of a preview by its name. It returns ErrNoPicture.
func (s *Service) Picture(ctx context.Context, name string) (p Picture, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, "SELECT type, data FROM link_picture WHERE hash = ?", strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", ""), "")).Scan(&p.Type, &p.Data)
		if errors.Is(err, db.ErrNoRows) {
			return ErrNoPicture
		}
		if err != nil {
			return fmt.Errorf("read picture: %w", err)
		}
		return nil
	})
	return p, err
}
