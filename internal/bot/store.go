package bot

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

const columns = `user_id, app_id, client_id, code, type, openline, on_message_add, on_message_update, on_message_delete, on_join,
	on_delete, version, created`

func queryBots(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Bot, err error) {
	rows, err := tx.Query(ctx, "SELECT "+columns+" FROM bot "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read bots: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var b Bot
		var openline, created int64
		h := &b.Handlers
		err := rows.Scan(&b.ID, &b.Owner.AppID, &b.Owner.ClientID, &b.Code, &b.Type, &openline,
			&h.MessageAdd, &h.MessageUpdate, &h.MessageDelete, &h.Join, &h.Delete, &b.version, &created)
		if err != nil {
			return nil, fmt.Errorf("read bot: %w", err)
		}
		b.OpenLine, b.Created = openline != 0, db.Time(created)
		out = append(out, b)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read bots: %w", err)
	}
	return out, nil
}

// store writes b over what there was, and counts its version up.
func store(ctx context.Context, tx *db.Tx, b *Bot) error {
	openline := int64(0)
	if b.OpenLine {
		openline = 1
	}
	b.version++
	h := b.Handlers
	_, err := tx.Exec(ctx, `INSERT INTO bot (user_id, app_id, client_id, owner, code, type, openline, on_message_add,
			on_message_update, on_message_delete, on_join, on_delete, version, created)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (user_id) DO UPDATE SET client_id = excluded.client_id, code = excluded.code, type = excluded.type,
			openline = excluded.openline, on_message_add = excluded.on_message_add,
			on_message_update = excluded.on_message_update, on_message_delete = excluded.on_message_delete,
			on_join = excluded.on_join, on_delete = excluded.on_delete, version = excluded.version`,
		b.ID, b.Owner.AppID, b.Owner.ClientID, b.Owner.key(), b.Code, string(b.Type), openline,
		h.MessageAdd, h.MessageUpdate, h.MessageDelete, h.Join, h.Delete, b.version, db.Micro(b.Created))
	if err != nil {
		return fmt.Errorf("store bot: %w", err)
	}
	return nil
}
