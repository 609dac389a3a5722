package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// insertChatAppTx makes the row of an application; storeChatAppTx fills it.
func (s *Service) insertChatAppTx(ctx context.Context, tx *db.Tx, a ChatApp) (int64, error) {
	const q = `INSERT INTO bot_chatapp (bot_id, code, method, param, url, secret, width, height, popup, icon, icon_pair, place, admins, hidden,
		extranet, livechat, lang, created) VALUES (?, ?, '', '', '', '', 0, 0, 0, '', 0, '', 0, 0, 0, 0, '[]', ?)`
	id, err := tx.Insert(ctx, q, a.BotID, a.Code, db.Micro(s.clock.Now()))
	if err != nil {
		return 0, fmt.Errorf("insert application of bot: %w", err)
	}
	return id, nil
}

// storeChatAppTx writes an application over what there was. An empty secret, and an icon that is nil, stay as they are.
func (s *Service) storeChatAppTx(ctx context.Context, tx *db.Tx, a ChatApp, secret string, picture *[]byte) error {
	words, err := json.Marshal(a.Words)
	if err != nil {
		return fmt.Errorf("encode words of application: %w", err)
	}
	if secret != "" {
		if a.secret, err = s.sealed(secret, a.ID); err != nil {
			return fmt.Errorf("seal secret of application: %w", err)
		}
	}
	err = tx.Later(ctx, `UPDATE bot_chatapp SET code = ?, method = ?, param = ?, url = ?, secret = ?, width = ?, height = ?, popup = ?,
			icon = ?, icon_pair = ?, place = ?, admins = ?, hidden = ?, extranet = ?, livechat = ?, lang = ? WHERE id = ?`,
		a.Code, string(a.Method), a.Param, a.URL, a.secret, a.Width, a.Height, db.Bit(a.Popup), a.Icon, db.Bit(a.IconPair),
		string(a.Place), db.Bit(a.Admins), db.Bit(a.Hidden), db.Bit(a.Extranet), db.Bit(a.LiveChat), string(words), a.ID)
	if err != nil {
		return fmt.Errorf("change application of bot: %w", err)
	}
	if picture == nil {
		return nil
	}
	if err := tx.Later(ctx, "DELETE FROM bot_chatapp_icon WHERE chatapp_id = ?", a.ID); err != nil {
		return fmt.Errorf("remove icon: %w", err)
	}
	if len(*picture) == 0 {
		return nil
	}
	const add = "INSERT INTO bot_chatapp_icon (chatapp_id, bot_id, hash, data) VALUES (?, ?, ?, ?)"
	if err := tx.Later(ctx, add, a.ID, a.BotID, a.Icon, *picture); err != nil {
		return fmt.Errorf("store icon: %w", err)
	}
	return nil
}

// withApps reads the applications of bots, which are in the order of their ids or one only.
func withApps(ctx context.Context, tx *db.Tx, bots []Bot) error {
	if len(bots) == 0 {
		return nil
	}
	q, args := `SELECT id, bot_id, code, method, param, url, secret, width, height, popup, icon, icon_pair, place, admins, hidden, extranet,
		livechat, lang, created FROM bot_chatapp`, []any(nil)
	if len(bots) == 1 {
		q, args = q+" WHERE bot_id = ?", []any{bots[0].ID}
	}
	rows, err := tx.Query(ctx, q+" ORDER BY id", args...)
	if err != nil {
		return fmt.Errorf("read applications of bots: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var a ChatApp
		var popup, pair, admins, hidden, extranet, livechat, created int64
		var words string
		err := rows.Scan(&a.ID, &a.BotID, &a.Code, &a.Method, &a.Param, &a.URL, &a.secret, &a.Width, &a.Height, &popup, &a.Icon, &pair,
			&a.Place, &admins, &hidden, &extranet, &livechat, &words, &created)
		if err != nil {
			return fmt.Errorf("read application of bot: %w", err)
		}
		if err := json.Unmarshal([]byte(words), &a.Words); err != nil {
			return fmt.Errorf("words of application %d: %w", a.ID, err)
		}
		a.Popup, a.IconPair, a.Admins, a.Hidden = popup != 0, pair != 0, admins != 0, hidden != 0
		a.Extranet, a.LiveChat, a.Created = extranet != 0, livechat != 0, db.Time(created)
		if i := slices.IndexFunc(bots, func(b Bot) bool { return b.ID == a.BotID }); i >= 0 {
			bots[i].Apps = append(bots[i].Apps, a)
		}
	}
	return rows.Err()
}

// ErrNoIcon is returned for an icon that there is not.
var ErrNoIcon = fault.New(fault.NotFound, "ICON_NOT_FOUND", "There is no such icon.")

// AppIcon returns the icon of an application, a PNG, by the application's id and the icon's name. Fault: ICON_NOT_FOUND.
func (s *Service) AppIcon(ctx context.Context, id int64, name string) (picture []byte, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		const q = "SELECT data FROM bot_chatapp_icon WHERE chatapp_id = ? AND hash = ?"
		return tx.QueryRow(ctx, q, id, name).Scan(&picture)
	})
	if errors.Is(err, db.ErrNoRows) {
		return nil, ErrNoIcon
	}
	if err != nil {
		return nil, fmt.Errorf("read icon: %w", err)
	}
	return picture, nil
}
