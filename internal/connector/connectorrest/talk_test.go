package connectorrest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing/fstest"
	"time"

	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline"
)

// talkSchema is the table of talks.
var talkSchema = db.Schema{Area: "talk", FS: fstest.MapFS{"001_talk.sql": {Data: []byte(
	`CREATE TABLE talk (id {{id}}, chat TEXT NOT NULL, client TEXT NOT NULL, author BIGINT NOT NULL, body TEXT NOT NULL, files TEXT NOT NULL, gone BIGINT NOT NULL DEFAULT 0);`)}}}

// talks stand for the conversations: chat 100, session 500, and who writes is user 900.
type talks struct{ names []string }

func (t *talks) ReceiveTx(ctx context.Context, tx *db.Tx, in openline.Incoming) (openline.Received, error) {
	if in.AuthorID != 0 && in.AuthorID != 5 {
		return openline.Received{}, fault.New(fault.Invalid, "OPERATOR", "There is no such employee.")
	}
	client := clientOf(in)
	id, err := tx.Insert(ctx, "INSERT INTO talk (chat, client, author, body, files) VALUES (?, ?, ?, ?, '')", in.ChatID, client, in.AuthorID, in.Text+unixOf(in.Written))
	return openline.Received{VisitorID: 900, ChatID: 100, MessageID: id, SessionID: 500}, err
}

func (t *talks) ChangeIncomingTx(ctx context.Context, tx *db.Tx, r openline.Rewriting) error {
	_, err := tx.Exec(ctx, "UPDATE talk SET body = ? WHERE id = ?", r.Text, r.MessageID)
	if r.Files != nil && err == nil {
		_, err = tx.Exec(ctx, "UPDATE talk SET files = ? WHERE id = ?", fmt.Sprint(*r.Files), r.MessageID)
	}
	return err
}

func (t *talks) ReviseTx(ctx context.Context, tx *db.Tx, in openline.Incoming, r openline.Rewriting) (int64, error) {
	t.names = append(t.names, fmt.Sprint("revised ", clientOf(in), in.ChatName, in.ChatURL, unixOf(r.At)))
	return 900, t.ChangeIncomingTx(ctx, tx, r)
}

func clientOf(in openline.Incoming) string {
	c := in.Client
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s %s", c.ID, c.FirstName, c.LastName, c.Gender, c.Phone, c.Email))
}

func unixOf(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return fmt.Sprintf(" at %d", at.Unix())
}

func (t *talks) RemoveIncomingTx(ctx context.Context, tx *db.Tx, id int64) error {
	_, err := tx.Exec(ctx, "UPDATE talk SET gone = 1 WHERE id = ?", id)
	return err
}

func (t *talks) RenameTx(_ context.Context, _ *db.Tx, code string, lineID int64, chat, client, title string) error {
	if chat != "c1" {
		return fault.New(fault.NotFound, "NO_SESSION", "There is no conversation.")
	}
	t.names = append(t.names, fmt.Sprint(code, lineID, chat, client, title))
	return nil
}

// said returns what is in the talks.
func (b *bench) said() string {
	b.t.Helper()
	var out []string
	err := b.db.Read(b.t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(b.t.Context(), "SELECT chat, client, author, body, files, gone FROM talk ORDER BY id")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var chat, client, body, files string
			var author, gone int64
			if err := rows.Scan(&chat, &client, &author, &body, &files, &gone); err != nil {
				return err
			}
			if author != 0 {
				client += fmt.Sprintf(" by %d", author)
			}
			if gone != 0 {
				body = "(gone)"
			}
			out = append(out, fmt.Sprintf("%s|%s|%s%s", chat, client, body, files))
		}
		return rows.Err()
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

// outside stands for the rest of the world: what is at "…/good" is a file, the rest is not there, and "…/later" is there at the second try.
type outside struct {
	asked map[string]int
	kept  []string
	seen  []string
}

func (o *outside) Fetch(_ context.Context, address string, limit int64) ([]byte, error) {
	o.asked[address]++
	switch {
	case strings.HasSuffix(address, "/good"), strings.HasSuffix(address, "/later") && o.asked[address] > 1:
		return []byte("content"), nil
	case strings.HasSuffix(address, "/later"):
		return nil, fault.New(fault.Unavailable, "FETCH", "it answered 503.")
	}
	return nil, fault.New(fault.Invalid, "FETCH", "it answered 404.")
}

func (o *outside) Keep(_ context.Context, chatID, userID int64, name string, content []byte) (int64, error) {
	o.kept = append(o.kept, fmt.Sprintf("%d %d %s %s", chatID, userID, name, content))
	return int64(70 + len(o.kept)), nil
}

func (o *outside) Picture(_ context.Context, visitorID int64, content []byte) error {
	o.kept = append(o.kept, fmt.Sprintf("picture of %d: %s", visitorID, content))
	return nil
}

func (o *outside) LinksTx(_ context.Context, _ *db.Tx, _, _ int64, ids []int64) (out []connector.FileLink, _ error) {
	for _, id := range ids {
		out = append(out, connector.FileLink{Name: "a.txt", Type: "text/plain", URL: fmt.Sprintf("https://portal.example/f/%d", id), Size: 7})
	}
	return out, nil
}

func (o *outside) Seen(_ context.Context, visitorID, chatID, messageID int64) error {
	if visitorID == 0 {
		return errors.New("nobody has seen it")
	}
	o.seen = append(o.seen, fmt.Sprint(visitorID, chatID, messageID))
	return nil
}
