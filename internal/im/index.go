package im

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

// The index of words is kept up a little later than messages are sent, many at a time: a message costs its index as much as
// itself. Who searches waits for what is not indexed yet, unless it is very much, as after an upgrade.
const (
	indexStep   = 500             // messages in one write
	sqliteStep  = 100             // the same on SQLite, where others wait meanwhile
	indexGather = 2 * time.Second // a message waits so long for others
	indexLook   = time.Minute     // after so long without a hint it is looked whether another process left something
	indexShare  = 4               // indexing takes at most one part in so many of the time
	searchWaits = 5000            // messages that who searches waits for
)

// KeepIndex makes messages findable until ctx ends. One process does it for a portal, or several beside each other.
func (s *Service) KeepIndex(ctx context.Context, log *slog.Logger) {
	for {
		for {
			began := clock.System{}.Now()
			n, err := s.indexSome(ctx)
			if err != nil && ctx.Err() == nil {
				log.Error("messages not indexed", "error", err)
			}
			if n == 0 || err != nil {
				break
			}
			if !pause(ctx, nil, (indexShare-1)*clock.System{}.Now().Sub(began)) {
				return
			}
		}
		if !pause(ctx, s.unindexed, indexLook) || !pause(ctx, nil, indexGather) {
			return
		}
	}
}

// pause waits for a time or a hint; false when ctx ends. It spares the machine, whatever the clock of the portal says.
func pause(ctx context.Context, hint <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-hint:
	case <-t.C:
	}
	return true
}

// hintIndex says that something waits for the index.
func (s *Service) hintIndex() {
	select {
	case s.unindexed <- struct{}{}:
	default:
	}
}

// indexWaiting makes what was just written findable.
func (s *Service) indexWaiting(ctx context.Context) error {
	for range searchWaits / s.indexStep() {
		if n, err := s.indexSome(ctx); err != nil || n == 0 {
			return err
		}
	}
	return nil
}

func (s *Service) indexStep() int64 {
	if s.db.Dialect() == db.SQLite {
		return sqliteStep
	}
	return indexStep
}

// indexSome indexes some of the messages that wait and returns how many.
func (s *Service) indexSome(ctx context.Context) (n int, err error) {
	if s.db.Dialect() == db.SQLite {
		if n, err = s.indexFresh(ctx); err != nil || n > 0 {
			return n, err
		}
	}
	var ids []int64
	var waiting []Message
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if ids, err = queryIDs(ctx, tx, "SELECT id FROM message_word_new ORDER BY id DESC LIMIT ?", s.indexStep()); err != nil || len(ids) == 0 {
			return err
		}
		waiting, err = queryMessages(ctx, tx, messagesOf(ids), db.Args(ids)...)
		return err
	})
	if err != nil || len(ids) == 0 {
		return 0, wrap("find messages to index", err)
	}
	names, err := s.FilesOf(ctx, waiting...) // not inside the write: others keep the files
	if err != nil {
		return 0, err
	}
	err = s.db.Aside(ctx, func(tx *db.Tx) error {
		taken, err := takeWaiting(ctx, tx, ids)
		if n = len(taken); err != nil || n == 0 {
			return wrap("take messages to index", err)
		}
		messages, err := queryMessages(ctx, tx, messagesOf(taken), db.Args(taken)...) // as they are now
		if err != nil {
			return wrap("take messages to index", err)
		}
		if err := removeWords(ctx, tx, "IN ("+db.Marks(n)+")", db.Args(taken)...); err != nil {
			return err
		}
		return wrap("index messages", insertWords(ctx, tx, wordRows(messages, names)))
	})
	return n, err
}

// Messages that wait are in the table message_word_new. On SQLite, where ids are seen in their order, a new message is not
// noted there: everything past message_word_reached waits, and what is noted below it was changed.

// takeWaiting counts messages as indexed, and returns those that it does: another process may be at some of them. PostgreSQL is told the
// ids, twice: where it has to find out itself how few they are it may read the whole table for each.
func takeWaiting(ctx context.Context, tx *db.Tx, ids []int64) (taken []int64, err error) {
	const those = "FROM message_word_new WHERE id IN ("
	if tx.Dialect() == db.SQLite {
		return queryIDs(ctx, tx, "DELETE "+those+db.Marks(len(ids))+") RETURNING id", db.Args(ids)...)
	}
	taken, err = queryIDs(ctx, tx, "SELECT id "+those+db.Marks(len(ids))+") FOR UPDATE SKIP LOCKED", db.Args(ids)...)
	if err != nil || len(taken) == 0 {
		return nil, err
	}
	return taken, tx.Later(ctx, "DELETE "+those+db.Marks(len(taken))+")", db.Args(taken)...)
}

func messagesOf(ids []int64) string {
	return "SELECT " + messageColumns + " FROM message m WHERE m.id IN (" + db.Marks(len(ids)) + ")"
}

const reachedWords = "SELECT message_id FROM message_word_reached"

// indexFresh indexes messages past message_word_reached, and returns how many. Their words are found before the write, which others
// wait for: it only stores them. Until its commit the mark stays where it is, so nothing is passed over in a crash.
func (s *Service) indexFresh(ctx context.Context) (int, error) {
	var reached int64
	var fresh []Message
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		if err := tx.QueryRow(ctx, reachedWords).Scan(&reached); err != nil {
			return err
		}
		var err error
		fresh, err = queryMessages(ctx, tx, "SELECT "+messageColumns+" FROM message m WHERE m.id > ? ORDER BY m.id LIMIT ?", reached, s.indexStep())
		return err
	})
	if err != nil || len(fresh) == 0 {
		return 0, wrap("find messages to index", err)
	}
	names, err := s.FilesOf(ctx, fresh...)
	if err != nil {
		return 0, err
	}
	rows := wordRows(fresh, names)
	last := fresh[len(fresh)-1].ID
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		var now, left int64
		if err := tx.QueryRow(ctx, reachedWords).Scan(&now); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM message WHERE id > ? AND id <= ?", reached, last).Scan(&left); err != nil {
			return err
		}
		if now != reached || left != int64(len(fresh)) {
			return nil // another process was quicker, or one was erased: the next look finds what is left
		}
		if err := tx.Later(ctx, "UPDATE message_word_reached SET message_id = ?", last); err != nil {
			return err
		}
		return insertWords(ctx, tx, rows) // one that was changed since it was read is noted, and indexed again
	})
	return len(fresh), wrap("index messages", err)
}

// wordRow is a message's id and the words by which it is found.
type wordRow struct {
	id    int64
	words string
}

// wordRows returns what messages are found by, of those that are.
func wordRows(messages []Message, names map[int64]File) []wordRow {
	out := make([]wordRow, 0, len(messages))
	for _, m := range messages {
		if words := wordsOf(m, names); len(words) > 0 {
			out = append(out, wordRow{m.ID, strings.Join(words, " ")})
		}
	}
	return out
}

// insertWords puts messages into the index that are not in it.
func insertWords(ctx context.Context, tx *db.Tx, all []wordRow) error {
	for chunk := range slices.Chunk(all, 50) {
		args := make([]any, 0, 2*len(chunk))
		for _, r := range chunk {
			args = append(args, r.id, r.words)
		}
		q, row := "INSERT INTO message_word (rowid, words) VALUES ", "(?, ?)"
		if tx.Dialect() == db.Postgres {
			q, row = "INSERT INTO message_word (id, words) VALUES ", "(?, array_to_tsvector(string_to_array(?, ' ')))"
		}
		if err := tx.Later(ctx, q+row+strings.Repeat(", "+row, len(chunk)-1), args...); err != nil {
			return err
		}
	}
	return nil
}

// removeWords takes messages out of the index: those whose id the condition holds for.
func removeWords(ctx context.Context, tx *db.Tx, condition string, args ...any) error {
	id := "rowid"
	if tx.Dialect() == db.Postgres {
		id = "id"
	}
	err := tx.Later(ctx, "DELETE FROM message_word WHERE "+id+" "+condition, args...)
	return wrap("remove words", err)
}

// noteChanged has a changed message indexed anew.
func (s *Service) noteChanged(ctx context.Context, tx *db.Tx, messageID int64) error {
	// Where it waits already its row is written all the same: who indexes it now on PostgreSQL, and may not see the change, passes it over.
	err := tx.Later(ctx, "INSERT INTO message_word_new (id) VALUES (?) ON CONFLICT (id) DO UPDATE SET id = excluded.id", messageID)
	tx.AfterCommit(s.hintIndex)
	return wrap("note message to index", err)
}

// rebuildWords has all messages of a copied database indexed: they are once it is opened. On SQLite a new index has reached
// nothing.
func rebuildWords(ctx context.Context, d *db.DB) error {
	if d.Dialect() != db.Postgres {
		return nil
	}
	return d.Write(ctx, func(tx *db.Tx) error {
		err := tx.Later(ctx, "INSERT INTO message_word_new (id) SELECT id FROM message ON CONFLICT (id) DO NOTHING")
		if err != nil {
			return fmt.Errorf("note messages to index: %w", err)
		}
		return nil
	})
}
