package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/doctext"
)

// TextState says how far the words of a document are known, by which a search finds it.
type TextState int64

// The states.
const (
	TextWaits   TextState = iota
	TextReading           // somebody reads it, or died while they did
	TextRead
	TextNone   // it is of a kind without words, or not what its type promised
	TextFailed // see the reason
	// TextNever is that of files whose type has no words at all.
	TextNever TextState = -1
)

const (
	// textTime is how long a document may take, textLease until somebody else may try what was begun.
	textTime  = 30 * time.Second
	textLease = 5 * time.Minute
	// textTries is how often a document is begun that never ends: one that takes the process with it does not take it for ever.
	textTries = 3
	// textPause is how long is waited where nothing tells of new documents: they may have come in through another process.
	textPause = time.Minute
	// maxTextWords is how many bytes the different words of a document may have; those that come later are not found.
	maxTextWords = 512 << 10
)

// reading bounds the documents that are read at once in this process, and hence the memory for them.
var reading = make(chan struct{}, 1)

// queueTextTx has the words of a content read that became a file.
func (s *Service) queueTextTx(ctx context.Context, tx *db.Tx, sum string) error {
	var kind string
	err := tx.QueryRow(ctx, "SELECT type FROM file_blob WHERE sum = ?", sum).Scan(&kind)
	if err != nil {
		return fmt.Errorf("read type of content: %w", err)
	}
	if !doctext.Readable(kind) {
		return nil
	}
	if _, err := tx.Exec(ctx, "INSERT INTO file_text (sum) VALUES (?) ON CONFLICT (sum) DO NOTHING", sum); err != nil {
		return fmt.Errorf("queue text: %w", err)
	}
	tx.AfterCommit(s.wakeText)
	return nil
}

func (s *Service) wakeText() {
	select {
	case s.texts <- struct{}{}:
	default:
	}
}

// RunTexts reads the words of documents until ctx ends, as they come in.
func (s *Service) RunTexts(ctx context.Context) {
	for {
		if err := s.ReadTexts(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "read documents", "error", err)
		}
		t := s.clock.NewTimer(textPause)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C():
		case <-s.texts:
			t.Stop()
		}
	}
}

// ReadTexts reads the words of the documents that wait, one after another.
func (s *Service) ReadTexts(ctx context.Context) error {
	for {
		d, err := s.claimText(ctx)
		if err != nil || d.id == 0 {
			return err
		}
		if err := s.readText(ctx, d); err != nil {
			return err
		}
	}
}

// waiting is a document whose words are to be read.
type waiting struct {
	id, tries, size   int64
	sum, object, kind string
}

// claimText returns the document that waits longest, which is this process's for a while; none where nothing waits.
func (s *Service) claimText(ctx context.Context) (d waiting, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		now := s.now()
		for {
			d = waiting{}
			q := `SELECT x.id, x.tries, x.sum, b.object, b.type, b.size FROM file_text x JOIN file_blob b ON b.sum = x.sum
				WHERE x.state < 2 AND x.due <= ? ORDER BY x.due, x.id LIMIT 1`
			if tx.Dialect() == db.Postgres {
				q += " FOR UPDATE OF x SKIP LOCKED"
			}
			err := tx.QueryRow(ctx, q, db.Micro(now)).Scan(&d.id, &d.tries, &d.sum, &d.object, &d.kind, &d.size)
			if errors.Is(err, db.ErrNoRows) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("find document to read: %w", err)
			}
			if d.tries < textTries {
				break
			}
			if err := endTextTx(ctx, tx, d.id, TextFailed, "Reading it never came to an end."); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "UPDATE file_text SET state = ?, tries = tries + 1, due = ? WHERE id = ?", TextReading, db.Micro(now.Add(textLease)), d.id)
		return err
	})
	return d, err
}

func endTextTx(ctx context.Context, tx *db.Tx, id int64, state TextState, reason string) error {
	if _, err := tx.Exec(ctx, "UPDATE file_text SET state = ?, reason = ? WHERE id = ?", state, reason, id); err != nil {
		return fmt.Errorf("note text: %w", err)
	}
	return nil
}

// readText reads a document and notes its words, or why there are none.
func (s *Service) readText(ctx context.Context, d waiting) error {
	text, err := s.textOf(ctx, d)
	if ctx.Err() != nil { // the process ends: the next one goes on at once
		return s.db.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE file_text SET state = ?, tries = tries - 1, due = 0 WHERE id = ?", TextWaits, d.id)
			return err
		})
	}
	state, reason, known := outcome(err)
	if !known { // the store may be out of reach for a while; the lease ends that
		return fmt.Errorf("read document %s: %w", d.sum, err)
	}
	words := textIndex(text)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := forgetTextTx(ctx, tx, "= ?", d.id); err != nil {
			return err
		}
		if err := endTextTx(ctx, tx, d.id, state, reason); err != nil || words == "" {
			return err
		}
		q := "INSERT INTO file_text_word (rowid, words) VALUES (?, ?)"
		if tx.Dialect() == db.Postgres {
			q = "INSERT INTO file_text_word (id, words) VALUES (?, array_to_tsvector(string_to_array(?, ' ')))"
		}
		if _, err := tx.Exec(ctx, q, d.id, words); err != nil {
			return fmt.Errorf("index text: %w", err)
		}
		return nil
	})
}

// outcome returns the state of a document that was read with err, and what people read of it; false for what may pass.
func outcome(err error) (state TextState, reason string, known bool) {
	switch {
	case err == nil:
		return TextRead, "", true
	case errors.Is(err, doctext.ErrNoText):
		return TextNone, "", true
	case errors.Is(err, doctext.ErrEncrypted):
		return TextFailed, "It is locked with a password.", true
	case errors.Is(err, doctext.ErrTooLarge):
		return TextFailed, "It is larger than documents are read.", true
	case errors.Is(err, doctext.ErrBroken):
		return TextFailed, "It is broken.", true
	case errors.Is(err, context.DeadlineExceeded):
		return TextFailed, "Reading it took too long.", true
	}
	return 0, "", false
}

// textOf reads a document. It waits for its turn.
func (s *Service) textOf(ctx context.Context, d waiting) (string, error) {
	if d.size > doctext.MaxSize {
		return "", doctext.ErrTooLarge
	}
	select {
	case reading <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-reading }()
	o, err := s.store.Open(ctx, d.object)
	if err != nil {
		return "", err
	}
	defer func() { _ = o.Close() }()
	at, done, err := random(o)
	if err != nil {
		return "", err
	}
	defer done()
	within, cancel := context.WithTimeout(ctx, textTime)
	defer cancel()
	return doctext.Read(within, at, d.size, d.kind)
}

// random returns an object as what can be read at any place: one that comes over the network is put into a file first.
func random(o blob.Object) (at io.ReaderAt, done func(), err error) {
	if at, ok := blob.Anywhere(o); ok {
		return at, func() {}, nil
	}
	f, err := os.CreateTemp("", "portico-text-")
	if err != nil {
		return nil, nil, err
	}
	done = func() { _ = errors.Join(f.Close(), os.Remove(f.Name())) }
	if _, err := io.Copy(f, o); err != nil {
		done()
		return nil, nil, err
	}
	return f, done, nil
}

// textIndex returns the different words of a text as the index has them.
func textIndex(text string) string {
	var b strings.Builder
	for _, w := range nameWords(text) {
		if b.Len()+len(w) >= maxTextWords {
			break
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
	return b.String()
}

// forgetTextTx takes documents out of the index: those whose number the condition holds for.
func forgetTextTx(ctx context.Context, tx *db.Tx, condition string, args ...any) error {
	id := "rowid"
	if tx.Dialect() == db.Postgres {
		id = "id"
	}
	if _, err := tx.Exec(ctx, "DELETE FROM file_text_word WHERE "+id+" "+condition, args...); err != nil {
		return fmt.Errorf("forget text: %w", err)
	}
	return nil
}

// dropTextsTx forgets the words of contents that are removed.
func dropTextsTx(ctx context.Context, tx *db.Tx, in string, sums []any) error {
	if err := forgetTextTx(ctx, tx, "IN (SELECT id FROM file_text WHERE sum"+in+")", sums...); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM file_text WHERE sum"+in, sums...); err != nil {
		return fmt.Errorf("forget text: %w", err)
	}
	return nil
}

// TextOf returns how far the words of a file are known, and why they are not.
func (s *Service) TextOf(ctx context.Context, n Node) (state TextState, reason string, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return notFound(tx.QueryRow(ctx, "SELECT state, reason FROM file_text WHERE sum = ?", n.Sum).Scan(&state, &reason), "read text")
	})
	if errors.Is(err, ErrNotFound) {
		return TextNever, "", nil
	}
	return state, reason, err
}

// TextCounts are how many documents are in which state.
type TextCounts struct{ Waiting, Read, None, Failed int64 }

// TextCounts returns how many documents wait to be read, and what became of the others.
func (s *Service) TextCounts(ctx context.Context) (c TextCounts, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT state, COUNT(*) FROM file_text GROUP BY state")
		if err != nil {
			return fmt.Errorf("count texts: %w", err)
		}
		type row struct{ state, n int64 }
		list, err := scanAll(rows, func(r *row) []any { return []any{&r.state, &r.n} })
		for _, r := range list {
			switch TextState(r.state) {
			case TextRead:
				c.Read = r.n
			case TextNone:
				c.None = r.n
			case TextFailed:
				c.Failed = r.n
			default:
				c.Waiting += r.n
			}
		}
		return err
	})
	return c, err
}

// RetryTexts has the documents read once more that could not be, and returns how many these are.
func (s *Service) RetryTexts(ctx context.Context, a Actor) (n int64, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if n, err = tx.Exec(ctx, "UPDATE file_text SET state = ?, tries = 0, due = 0, reason = '' WHERE state = ?", TextWaits, TextFailed); err != nil {
			return fmt.Errorf("retry texts: %w", err)
		}
		tx.AfterCommit(s.wakeText)
		if s.audit == nil || n == 0 {
			return nil
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Type: "FILE_TEXT_RETRY", Module: "disk", UserID: a.UserID, Description: fmt.Sprintf("%d documents are read for the search once more.", n),
		})
	})
	return n, err
}
