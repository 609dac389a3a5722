package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline"
)

// The limits of what is fetched from outside.
const (
	MaxFile     = 100 << 20 // bytes of a file
	MaxPicture  = 5 << 20   // bytes of a client's picture
	fetchTries  = 5
	fetchAtOnce = 8
)

// fetchWaits are how long to wait after so many failures.
var fetchWaits = []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute}

// fetchLaterTx has the files of a message fetched, instead of those that were waited for.
func (s *Service) fetchLaterTx(ctx context.Context, tx *db.Tx, messageID, chatID, authorID int64, m Message) error {
	if len(m.Files) == 0 {
		return nil
	}
	files, err := json.Marshal(m.Files)
	if err != nil {
		return err
	}
	err = tx.Later(ctx, `INSERT INTO connector_fetch (message_id, chat_id, author_id, body, files, next_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (message_id) DO UPDATE SET body = excluded.body, files = excluded.files, tries = 0, next_at = excluded.next_at`,
		messageID, chatID, authorID, m.Text, string(files), db.Micro(s.Clock.Now()))
	if err != nil {
		return fmt.Errorf("fetch files later: %w", err)
	}
	tx.AfterCommit(s.hurry)
	return nil
}

// waitingTx returns the files of a message that are not there yet.
func waitingTx(ctx context.Context, tx *db.Tx, messageID int64) (files []Attachment, err error) {
	var raw string
	err = tx.QueryRow(ctx, "SELECT files FROM connector_fetch WHERE message_id = ?", messageID).Scan(&raw)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(raw), &files)
	}
	return files, err
}

// pictureLaterTx has the picture of a client fetched, unless it was before.
func (s *Service) pictureLaterTx(ctx context.Context, tx *db.Tx, visitorID int64, url string) error {
	if url == "" || !isAddress(url) {
		return nil
	}
	n, err := tx.Exec(ctx, `INSERT INTO connector_picture (visitor_id, url, next_at) VALUES (?, ?, ?)
		ON CONFLICT (visitor_id) DO UPDATE SET url = excluded.url, tries = 0, next_at = excluded.next_at WHERE connector_picture.url <> excluded.url`,
		visitorID, url, db.Micro(s.Clock.Now()))
	if err != nil {
		return fmt.Errorf("fetch picture later: %w", err)
	}
	if n > 0 {
		tx.AfterCommit(s.hurry)
	}
	return nil
}

func (s *Service) hurry() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run fetches files and pictures, and forgets what belonged to removed connectors, until ctx ends.
func (s *Service) Run(ctx context.Context, log *slog.Logger) {
	for ctx.Err() == nil {
		wait, err := s.fetchSome(ctx)
		if err == nil {
			err = s.sweep(ctx)
		}
		if err != nil && ctx.Err() == nil {
			log.Error("work for connectors", "error", err)
			wait = time.Minute
		}
		clock.Wait(ctx, s.Clock, wait, s.wake)
	}
}

// waiting is a message whose files are to be fetched.
type waiting struct {
	messageID, chatID, authorID, tries int64

	body, raw string
	files     []Attachment
}

// fetchSome fetches what is due, and returns how long it is until more is.
func (s *Service) fetchSome(ctx context.Context) (time.Duration, error) {
	now := db.Micro(s.Clock.Now())
	var due []waiting
	var pictures []picture
	next := int64(0)
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if due, err = dueTx(ctx, tx, now); err != nil {
			return err
		}
		if pictures, err = duePicturesTx(ctx, tx, now); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT COALESCE(MIN(at), 0) FROM (SELECT MIN(next_at) AS at FROM connector_fetch WHERE next_at > ?
			UNION ALL SELECT MIN(next_at) FROM connector_picture WHERE next_at <> 0 AND next_at > ?) n`, now, now).Scan(&next)
	})
	if err != nil {
		return 0, err
	}
	for _, w := range due {
		if err := s.fetchFiles(ctx, w); err != nil {
			return 0, err
		}
	}
	for _, p := range pictures {
		if err := s.fetchPicture(ctx, p); err != nil {
			return 0, err
		}
	}
	switch {
	case len(due)+len(pictures) > 0:
		return 0, ctx.Err()
	case next == 0:
		return time.Hour, nil
	}
	return max(db.Time(next).Sub(s.Clock.Now()), time.Millisecond), nil
}

func dueTx(ctx context.Context, tx *db.Tx, now int64) (out []waiting, err error) {
	rows, err := tx.Query(ctx, "SELECT message_id, chat_id, author_id, tries, body, files FROM connector_fetch WHERE next_at <= ? ORDER BY next_at LIMIT ?",
		now, int64(fetchAtOnce))
	if err != nil {
		return nil, fmt.Errorf("files to fetch: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var w waiting
		if err := rows.Scan(&w.messageID, &w.chatID, &w.authorID, &w.tries, &w.body, &w.raw); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(w.raw), &w.files); err != nil {
			return nil, fmt.Errorf("files of message %d: %w", w.messageID, err)
		}
		out = append(out, w)
	}
	return out, rows.Err()
}

// fetchFiles fetches the files of a message and puts those that came into it. One that cannot be fetched is said to be so in the message,
// after the last try.
func (s *Service) fetchFiles(ctx context.Context, w waiting) error {
	w.tries++
	again := false
	for i := range w.files {
		f := &w.files[i]
		if f.FileID != 0 || f.Problem != "" {
			continue
		}
		err := s.fetchFile(ctx, w, f)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
		case fault.KindOf(err) != fault.Unavailable || w.tries >= fetchTries:
			f.Problem = fault.Of(err).Text
		default:
			again = true
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.fetchedTx(ctx, tx, w, again) })
}

func (s *Service) fetchFile(ctx context.Context, w waiting, f *Attachment) error {
	content, err := s.Outside.Fetch(ctx, f.URL, MaxFile)
	if err != nil {
		return err
	}
	f.FileID, err = s.Outside.Keep(ctx, w.chatID, w.authorID, f.Name, content)
	return err
}

// fetchedTx puts what was fetched into the message, and waits for the rest.
func (s *Service) fetchedTx(ctx context.Context, tx *db.Tx, w waiting, again bool) error {
	files, err := json.Marshal(w.files)
	if err != nil {
		return err
	}
	done := "DELETE FROM connector_fetch WHERE message_id = ? AND files = ? AND body = ?" // it may have been changed meanwhile
	args := []any{w.messageID, w.raw, w.body}
	if again {
		done = "UPDATE connector_fetch SET files = ?, tries = ?, next_at = ? WHERE message_id = ? AND files = ? AND body = ?"
		wait := fetchWaits[min(int(w.tries), len(fetchWaits))-1]
		args = append([]any{string(files), w.tries, db.Micro(s.Clock.Now().Add(wait))}, args...)
	}
	if n, err := tx.Exec(ctx, done, args...); err != nil || n == 0 {
		return err
	}
	var ids []int64
	for _, f := range w.files {
		if f.FileID != 0 {
			ids = append(ids, f.FileID)
		}
	}
	err = s.Talks.ChangeIncomingTx(ctx, tx, openline.Rewriting{MessageID: w.messageID, Text: withFiles(w.body, w.files), Files: &ids, Arrived: true})
	if isFault(err) {
		return nil // the message is gone
	}
	return err
}

// picture is one of a client that is to be fetched.
type picture struct {
	visitorID, tries int64
	url              string
}

func duePicturesTx(ctx context.Context, tx *db.Tx, now int64) (out []picture, err error) {
	rows, err := tx.Query(ctx, "SELECT visitor_id, url, tries FROM connector_picture WHERE next_at <> 0 AND next_at <= ? ORDER BY next_at LIMIT ?",
		now, int64(fetchAtOnce))
	if err != nil {
		return nil, fmt.Errorf("pictures to fetch: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p picture
		if err := rows.Scan(&p.visitorID, &p.url, &p.tries); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// fetchPicture fetches the picture of a client. Without one they are shown by their initials.
func (s *Service) fetchPicture(ctx context.Context, p picture) error {
	p.tries++
	content, err := s.Outside.Fetch(ctx, p.url, MaxPicture)
	if err == nil {
		err = s.Outside.Picture(ctx, p.visitorID, content)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	next := int64(0)
	switch {
	case err != nil && !isFault(err):
		return err
	case err != nil && fault.KindOf(err) == fault.Unavailable && p.tries < fetchTries:
		next = db.Micro(s.Clock.Now().Add(fetchWaits[min(int(p.tries), len(fetchWaits))-1]))
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		err := tx.Later(ctx, "UPDATE connector_picture SET tries = ?, next_at = ? WHERE visitor_id = ? AND url = ?", p.tries, next, p.visitorID, p.url)
		return err
	})
}
