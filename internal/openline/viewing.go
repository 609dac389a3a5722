package openline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

const (
	// ViewFor is how long somebody is taken to look at a conversation after their page last said so. A page that is closed says that;
	// this is for those that cannot any more.
	ViewFor = 100 * time.Second
	// maxPage is how many bytes the name of a page has at most.
	maxPage = 64
)

// LiveViewers is the name of the hint that others look at a chat now than did.
const LiveViewers = "line:viewers"

// Viewed is what pages are told with LiveViewers.
type Viewed struct {
	ChatID int64 `json:"chat"`
}

// View notes that a page of somebody's shows a chat; chat 0: none any more. The page says so again within ViewFor as long as it does. A
// page is named by its own choice. Who may look is for the caller to check.
//
// It is kept in the database and not in memory because the colleague's page may be open at another process.
func (s *Service) View(ctx context.Context, userID, chatID int64, page string) error {
	if len(page) > maxPage {
		page = page[:maxPage]
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		before, err := viewedTx(ctx, tx, userID, page, now)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM openline_viewing WHERE until <= ? OR user_id = ? AND page = ?", db.Micro(now), userID, page); err != nil {
			return fmt.Errorf("forget who looks: %w", err)
		}
		if chatID != 0 {
			const q = "INSERT INTO openline_viewing (user_id, page, chat_id, until) VALUES (?, ?, ?, ?)"
			if _, err := tx.Exec(ctx, q, userID, page, chatID, db.Micro(now.Add(ViewFor))); err != nil {
				return fmt.Errorf("note who looks: %w", err)
			}
		}
		if before == chatID {
			return nil
		}
		return s.tellViewersTx(ctx, tx, before, chatID)
	})
}

// viewedTx returns the chat that a page shows; 0: none.
func viewedTx(ctx context.Context, tx *db.Tx, userID int64, page string, now time.Time) (chatID int64, err error) {
	const q = "SELECT chat_id FROM openline_viewing WHERE user_id = ? AND page = ? AND until > ?"
	err = tx.QueryRow(ctx, q, userID, page, db.Micro(now)).Scan(&chatID)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return 0, fmt.Errorf("read who looks: %w", err)
	}
	return chatID, nil
}

// tellViewersTx tells those who look at chats that others do now.
func (s *Service) tellViewersTx(ctx context.Context, tx *db.Tx, chatIDs ...int64) error {
	if s.live == nil {
		return nil
	}
	for _, id := range chatIDs {
		if id == 0 {
			continue
		}
		to, err := s.ViewersTx(ctx, tx, id)
		if err != nil {
			return err
		}
		tx.AfterCommit(func() { s.live.Publish(to, LiveViewers, Viewed{ChatID: id}) })
	}
	return nil
}

// ViewersTx returns who looks at a chat, in the order of their ids.
func (s *Service) ViewersTx(ctx context.Context, tx *db.Tx, chatID int64) (ids []int64, err error) {
	rows, err := tx.Query(ctx, "SELECT user_id FROM openline_viewing WHERE chat_id = ? AND until > ?", chatID, db.Micro(s.now()))
	if err != nil {
		return nil, fmt.Errorf("read who looks: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read who looks: %w", err)
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), rows.Err()
}

// Viewers is ViewersTx outside a transaction.
func (s *Service) Viewers(ctx context.Context, chatID int64) (ids []int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		ids, err = s.ViewersTx(ctx, tx, chatID)
		return err
	})
	return ids, err
}
