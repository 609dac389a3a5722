package bot

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

const columns = `user_id, app_id, client_id, code, type, openline, on_message_add, on_message_update, on_message_delete, on_join,
	on_delete, version, created, generation, event_mode, webhook_url, hidden, reactions, background, deadline`

func queryBots(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Bot, err error) {
	rows, err := tx.Query(ctx, "SELECT "+columns+" FROM bot "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read bots: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var b Bot
		var second Second
		var openline, created, generation, hidden, reactions, deadline int64
		h := &b.Handlers
		err := rows.Scan(&b.ID, &b.Owner.AppID, &b.Owner.ClientID, &b.Code, &b.Type, &openline,
			&h.MessageAdd, &h.MessageUpdate, &h.MessageDelete, &h.Join, &h.Delete, &b.version, &created,
			&generation, &second.Mode, &second.WebhookURL, &hidden, &reactions, &second.Background, &deadline)
		if err != nil {
			return nil, fmt.Errorf("read bot: %w", err)
		}
		b.OpenLine, b.Created, b.Deadline = openline != 0, db.Time(created), time.Duration(deadline)*time.Second
		if generation == 2 {
			second.Hidden, second.Reactions = hidden != 0, reactions != 0
			b.Second = &second
			if b.Owner.AppID == 0 {
				b.Owner = Owner{TokenHash: b.Owner.ClientID, Portal: b.Owner.ClientID == ""}
			}
		}
		out = append(out, b)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read bots: %w", err)
	}
	if err := withCommands(ctx, tx, out); err != nil {
		return nil, err
	}
	return out, withApps(ctx, tx, out)
}

// store writes b over what there was, and counts its version up.
func store(ctx context.Context, tx *db.Tx, b *Bot) error {
	b.version++
	h, second, generation, client := b.Handlers, Second{Reactions: true}, int64(1), b.Owner.ClientID
	if b.Second != nil {
		second, generation = *b.Second, 2
	}
	if b.Owner.TokenHash != "" {
		client = b.Owner.TokenHash
	}
	err := tx.Later(ctx, `INSERT INTO bot (user_id, app_id, client_id, owner, code, type, openline, on_message_add,
			on_message_update, on_message_delete, on_join, on_delete, version, created,
			generation, event_mode, webhook_url, hidden, reactions, background, deadline)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (user_id) DO UPDATE SET client_id = excluded.client_id, owner = excluded.owner, code = excluded.code, type = excluded.type,
			openline = excluded.openline, on_message_add = excluded.on_message_add,
			on_message_update = excluded.on_message_update, on_message_delete = excluded.on_message_delete,
			on_join = excluded.on_join, on_delete = excluded.on_delete, version = excluded.version,
			event_mode = excluded.event_mode, webhook_url = excluded.webhook_url, hidden = excluded.hidden,
			reactions = excluded.reactions, background = excluded.background, deadline = excluded.deadline`,
		b.ID, b.Owner.AppID, client, b.Owner.key(), b.Code, string(b.Type), db.Bit(b.OpenLine),
		h.MessageAdd, h.MessageUpdate, h.MessageDelete, h.Join, h.Delete, b.version, db.Micro(b.Created),
		generation, string(second.Mode), second.WebhookURL, db.Bit(second.Hidden), db.Bit(second.Reactions), second.Background,
		int64(b.Deadline/time.Second))
	if err != nil {
		return fmt.Errorf("store bot: %w", err)
	}
	return nil
}
