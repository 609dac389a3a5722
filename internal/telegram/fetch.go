package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline"
)

const (
	maxFile     = 20 << 20 // bytes of a file that a bot may fetch, as Telegram has it
	fetchAtOnce = 4
	fetchTries  = 6
	faceEvery   = 7 * 24 * time.Hour // how often it is looked whether a client has a new picture
)

// fetchWaits are the pauses after the tries.
var fetchWaits = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour}

func waitAfter(tries int64) time.Duration { return fetchWaits[min(int(tries), len(fetchWaits))-1] }

// checked returns the file with the reason why it will not be fetched, where that is known.
func (a attachment) checked() attachment {
	if a.Size > maxFile {
		a.Problem = ErrLarge.Text
	}
	return a
}

// withFiles returns a text with the files that are not there yet, so that people see at once that there is something.
func withFiles(text string, files []attachment) string {
	var b strings.Builder
	b.WriteString(text)
	for _, f := range files {
		if f.FileID != 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		if f.Problem == "" {
			b.WriteString("[i]" + safe(f.Name) + " is being fetched …[/i]")
			continue
		}
		b.WriteString("[i]" + safe(f.Name) + " could not be fetched: " + f.Problem + "[/i]")
	}
	return b.String()
}

func pending(files []attachment) bool {
	for _, f := range files {
		if f.FileID == 0 && f.Problem == "" {
			return true
		}
	}
	return false
}

// fetchLaterTx has the files of a message fetched.
func (s *Service) fetchLaterTx(ctx context.Context, tx *db.Tx, botID int64, got openline.Received, body string, files []attachment) error {
	if !pending(files) {
		return nil
	}
	raw, err := json.Marshal(files)
	if err != nil {
		return fmt.Errorf("encode files: %w", err)
	}
	_, err = tx.Exec(ctx, "INSERT INTO telegram_fetch (message_id, bot_id, chat_id, author_id, body, files, next_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		got.MessageID, botID, got.ChatID, got.VisitorID, body, string(raw), db.Micro(s.now()))
	if err != nil {
		return fmt.Errorf("note files to fetch: %w", err)
	}
	tx.AfterCommit(func() { wake(s.fetches) })
	return nil
}

// waitingTx returns the files of a message that are still to be fetched.
func waitingTx(ctx context.Context, tx *db.Tx, messageID int64) (files []attachment, err error) {
	var raw string
	err = tx.QueryRow(ctx, "SELECT files FROM telegram_fetch WHERE message_id = ?", messageID).Scan(&raw)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(raw), &files)
	}
	if err != nil {
		return nil, fmt.Errorf("files of message %d: %w", messageID, err)
	}
	return files, nil
}

// refetchTx takes a message's new text, and the files that it has now, for those that are to be fetched.
func (s *Service) refetchTx(ctx context.Context, tx *db.Tx, botID, messageID int64, body string, files []attachment) error {
	if _, err := tx.Exec(ctx, "DELETE FROM telegram_fetch WHERE message_id = ?", messageID); err != nil {
		return fmt.Errorf("forget files: %w", err)
	}
	if !pending(files) {
		return nil
	}
	var got openline.Received
	err := tx.QueryRow(ctx, `SELECT c.chat_id, c.visitor_id FROM telegram_message m JOIN telegram_chat c ON c.bot_id = m.bot_id AND c.chat = m.chat
		WHERE m.message_id = ? AND m.bot_id = ?`, messageID, botID).Scan(&got.ChatID, &got.VisitorID)
	if err != nil {
		return fmt.Errorf("find chat of message: %w", err)
	}
	got.MessageID = messageID
	return s.fetchLaterTx(ctx, tx, botID, got, body, files)
}

// faceLaterTx has the picture of a client looked at, the first time and every week in which they write.
func (s *Service) faceLaterTx(ctx context.Context, tx *db.Tx, botID, number, visitorID int64) error {
	now := s.now()
	n, err := tx.Exec(ctx, `INSERT INTO telegram_person (number, bot_id, visitor_id, next_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (number) DO UPDATE SET bot_id = excluded.bot_id, visitor_id = excluded.visitor_id, tries = 0, next_at = excluded.next_at
		WHERE telegram_person.visitor_id <> excluded.visitor_id OR telegram_person.next_at = 0 AND telegram_person.looked < ?`,
		number, botID, visitorID, db.Micro(now), db.Micro(now.Add(-faceEvery)))
	if err != nil {
		return fmt.Errorf("note picture to fetch: %w", err)
	}
	if n > 0 {
		tx.AfterCommit(func() { wake(s.fetches) })
	}
	return nil
}

// fetching is a message whose files are to be fetched.
type fetching struct {
	messageID, botID, chatID, authorID, tries int64

	body, raw string
	files     []attachment
}

// runFetches fetches files and pictures until ctx ends.
func (s *Service) runFetches(ctx context.Context) {
	for ctx.Err() == nil {
		wait, err := s.Fetch(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "fetch from Telegram", "error", err)
			wait = time.Minute
		}
		clock.Wait(ctx, s.Clock, wait, s.fetches)
	}
}

// Fetch fetches files and pictures that are due. It returns after which time something will be; 0: at once.
func (s *Service) Fetch(ctx context.Context) (time.Duration, error) {
	var due []fetching
	var faces []face
	var next int64
	now := db.Micro(s.now())
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if due, err = dueFetchesTx(ctx, tx, now); err != nil {
			return err
		}
		if faces, err = dueFacesTx(ctx, tx, now); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT COALESCE(MIN(next_at), 0) FROM (SELECT MIN(next_at) AS next_at FROM telegram_fetch
			UNION ALL SELECT MIN(next_at) FROM telegram_person WHERE next_at <> 0) AS t`).Scan(&next)
	})
	if err != nil {
		return 0, fmt.Errorf("look for what is to be fetched: %w", err)
	}
	for _, f := range due {
		if err := s.fetchFiles(ctx, f); err != nil {
			return 0, err
		}
	}
	for _, f := range faces {
		if err := s.fetchFace(ctx, f); err != nil {
			return 0, err
		}
	}
	switch {
	case len(due)+len(faces) > 0:
		return 0, ctx.Err()
	case next == 0:
		return time.Hour, nil
	}
	return max(db.Time(next).Sub(s.now()), time.Millisecond), nil
}

func dueFetchesTx(ctx context.Context, tx *db.Tx, now int64) (out []fetching, err error) {
	rows, err := tx.Query(ctx, "SELECT message_id, bot_id, chat_id, author_id, tries, body, files FROM telegram_fetch WHERE next_at <= ? ORDER BY next_at LIMIT ?",
		now, int64(fetchAtOnce))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var f fetching
		if err := rows.Scan(&f.messageID, &f.botID, &f.chatID, &f.authorID, &f.tries, &f.body, &f.raw); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(f.raw), &f.files); err != nil {
			return nil, fmt.Errorf("files of message %d: %w", f.messageID, err)
		}
		out = append(out, f)
	}
	return out, rows.Err()
}

// speaker returns what speaks for a connected bot.
func (s *Service) speaker(ctx context.Context, botID int64) (account, error) {
	var b Bot
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		b, err = connectedTx(ctx, tx, botID)
		return err
	})
	if err != nil {
		return account{}, err
	}
	return s.account(ctx, b)
}

// lasting reports whether trying again cannot help.
func lasting(err error) bool {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Code < 500 && r.Code != 429
	}
	return fault.KindOf(err) != fault.Unavailable && fault.KindOf(err) != fault.Internal
}

// problemText says to people why a file is not there.
func problemText(err error) string {
	r, ok := errors.AsType[*Refusal](err)
	switch {
	case ok && strings.Contains(r.Text, "too big"):
		return ErrLarge.Text
	case ok:
		return "Telegram answered: " + safe(r.Text) + "."
	}
	return fault.Of(err).Text
}

// fetchFiles fetches the files of a message and puts those that came into it. One that cannot be fetched is said to be so there.
func (s *Service) fetchFiles(ctx context.Context, f fetching) error {
	f.tries++
	again := false
	a, noBot := s.speaker(ctx, f.botID)
	for i := range f.files {
		one := &f.files[i]
		if one.FileID != 0 || one.Problem != "" {
			continue
		}
		err := noBot
		if err == nil {
			err = s.fetchFile(ctx, a, f, one)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
		case lasting(err) || f.tries >= fetchTries:
			one.Problem = problemText(err)
		default:
			again = true
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.fetchedTx(ctx, tx, f, again) })
}

func (s *Service) fetchFile(ctx context.Context, a account, f fetching, one *attachment) error {
	content, err := a.fetch(ctx, one.ID, maxFile)
	if err != nil {
		return err
	}
	one.FileID, err = s.Files.Keep(ctx, f.chatID, f.authorID, one.Name, bytes.NewReader(content))
	return err
}

// fetchedTx puts what was fetched into the message, and waits for the rest.
func (s *Service) fetchedTx(ctx context.Context, tx *db.Tx, f fetching, again bool) error {
	files, err := json.Marshal(f.files)
	if err != nil {
		return err
	}
	q := "DELETE FROM telegram_fetch WHERE message_id = ? AND files = ? AND body = ?" // it may have been changed meanwhile
	args := []any{f.messageID, f.raw, f.body}
	if again {
		q = "UPDATE telegram_fetch SET files = ?, tries = ?, next_at = ? WHERE message_id = ? AND files = ? AND body = ?"
		args = append([]any{string(files), f.tries, db.Micro(s.now().Add(waitAfter(f.tries)))}, args...)
	}
	if n, err := tx.Exec(ctx, q, args...); err != nil || n == 0 {
		return err
	}
	var ids []int64
	for _, one := range f.files {
		if one.FileID != 0 {
			ids = append(ids, one.FileID)
		}
	}
	err = s.Conversations.ChangeIncomingTx(ctx, tx, openline.Rewriting{MessageID: f.messageID, Text: withFiles(f.body, f.files), Files: &ids, Arrived: true})
	if err != nil && fault.KindOf(err) != fault.Internal {
		return nil // the message is gone
	}
	return err
}

// face is a picture of a client that is to be looked at.
type face struct {
	number, botID, visitorID, tries int64

	picture string // the lasting id of the one that they have
}

func dueFacesTx(ctx context.Context, tx *db.Tx, now int64) (out []face, err error) {
	rows, err := tx.Query(ctx, "SELECT number, bot_id, visitor_id, tries, picture FROM telegram_person WHERE next_at <> 0 AND next_at <= ? ORDER BY next_at LIMIT ?",
		now, int64(fetchAtOnce))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var f face
		if err := rows.Scan(&f.number, &f.botID, &f.visitorID, &f.tries, &f.picture); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}

// fetchFace gives a client their picture. Without one they are shown by their initials.
func (s *Service) fetchFace(ctx context.Context, f face) error {
	a, err := s.speaker(ctx, f.botID)
	var best photoSize
	if err == nil {
		best, err = a.face(ctx, f.number)
	}
	var content []byte
	if err == nil && best.ID != "" && best.Unique != f.picture {
		content, err = a.fetch(ctx, best.ID, maxPicture)
	}
	if err == nil && content != nil {
		err = s.Files.Picture(ctx, f.visitorID, content)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f.tries++
	next := int64(0)
	switch {
	case err == nil:
		f.picture = best.Unique
	case !lasting(err) && f.tries < fetchTries:
		next = db.Micro(s.now().Add(waitAfter(f.tries)))
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE telegram_person SET picture = ?, tries = ?, looked = ?, next_at = ? WHERE number = ? AND visitor_id = ?",
			f.picture, f.tries, db.Micro(s.now()), next, f.number, f.visitorID)
		return err
	})
}
