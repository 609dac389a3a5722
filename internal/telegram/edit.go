package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/db"
)

// editBody is what a message is to be.
type editBody struct {
	Parts []part `json:"parts"`
}

// rowsOf returns the messages of Telegram that one of the portal has become, in their order.
func (s *Service) rowsOf(ctx context.Context, botID, messageID int64) (out []row, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = rowsOfTx(ctx, tx, botID, messageID)
		return err
	})
	return out, err
}

func rowsOfTx(ctx context.Context, tx *db.Tx, botID, messageID int64) (out []row, err error) {
	rows, err := tx.Query(ctx, `SELECT number, message_id, part, kind, buttons, file, changed FROM telegram_message
		WHERE message_id = ? AND bot_id = ? AND kind <> ? ORDER BY part, number`, messageID, botID, kindIn)
	if err != nil {
		return nil, fmt.Errorf("read messages of Telegram: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.number, &r.messageID, &r.part, &r.kind, &r.buttons, &r.file, &r.changed); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// edit brings the messages of Telegram to what one of the portal has become: those that are there are changed, those that are too many
// deleted, and those that are missing sent. Each step is kept, so that it can be gone on with.
func (s *Service) edit(ctx context.Context, a account, j job, e editBody) error {
	there, err := s.rowsOf(ctx, j.bot, j.messageID)
	if err != nil {
		return err
	}
	var missing []part
	next := int64(0)
	for _, r := range there {
		next = max(next, r.part+1)
	}
	for _, p := range e.Parts {
		i := slices.IndexFunc(there, func(r row) bool { return (r.kind == kindText) == (p.File == 0) && r.file == fileName(p.File) })
		if i < 0 {
			missing = append(missing, p)
			continue
		}
		if err := s.rewrite(ctx, a, j, there[i], p); err != nil {
			return err
		}
		there = slices.Delete(there, i, i+1)
	}
	for _, r := range there {
		if err := s.unsend(ctx, a, j, r); err != nil {
			return err
		}
	}
	return s.complete(ctx, a, j, missing, next)
}

// complete sends what a changed message has more than before. Where it did not go out before, it waits to be sent again instead.
func (s *Service) complete(ctx context.Context, a account, j job, missing []part, next int64) error {
	var why string
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, "SELECT COALESCE(MAX(why), '') FROM telegram_out WHERE message_id = ? AND bot_id = ? AND state = 1", j.messageID, j.bot).Scan(&why)
		if err != nil || why == "" {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM telegram_out WHERE message_id = ? AND bot_id = ? AND state = 1", j.messageID, j.bot); err != nil {
			return err
		}
		again := j
		again.kind = jobSend
		for i, p := range missing {
			again.part = next + int64(i)
			if err := s.insertTx(ctx, tx, again, p, stateFailed, why); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("change what failed: %w", err)
	}
	if why != "" {
		return s.done(ctx, j)
	}
	for i, p := range missing {
		r, err := s.post(ctx, a, j, next+int64(i), p)
		if err != nil {
			return err
		}
		err = s.DB.Write(ctx, func(tx *db.Tx) error { return noteMessageTx(ctx, tx, j.bot, j.chat, r.number, r) })
		if err != nil {
			return err
		}
	}
	return s.done(ctx, j)
}

// rewrite changes a message of Telegram.
func (s *Service) rewrite(ctx context.Context, a account, j job, r row, p part) error {
	if r.kind == kindFile && p.Text == "" {
		return nil
	}
	method, params := "editMessageText", map[string]any{"chat_id": j.chat, "message_id": r.number, "parse_mode": "HTML"}
	if p.File == 0 {
		params["text"] = p.Text
	} else {
		method, params["caption"] = "editMessageCaption", p.Text
	}
	if k := keyboard(p.Buttons); k != "" {
		params["reply_markup"] = json.RawMessage(k)
	}
	err := a.call(ctx, method, params, nil)
	if refusal, ok := errors.AsType[*Refusal](err); ok && strings.Contains(refusal.Text, "message is not modified") {
		err = nil
	}
	if err != nil {
		return err
	}
	buttons := ""
	if len(p.Buttons) > 0 {
		raw, err := json.Marshal(p.Buttons)
		if err != nil {
			return fmt.Errorf("encode buttons: %w", err)
		}
		buttons = string(raw)
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE telegram_message SET kind = ?, buttons = ? WHERE bot_id = ? AND chat = ? AND number = ?", p.kind(), buttons, j.bot, j.chat, r.number)
		return err
	})
}

// unsend deletes a message of Telegram. One that is gone already is gone.
func (s *Service) unsend(ctx context.Context, a account, j job, r row) error {
	err := a.call(ctx, "deleteMessage", map[string]any{"chat_id": j.chat, "message_id": r.number}, nil)
	if refusal, ok := errors.AsType[*Refusal](err); ok && strings.Contains(refusal.Text, "not found") && refusal.Code == 400 {
		err = nil
	}
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM telegram_message WHERE bot_id = ? AND chat = ? AND number = ?", j.bot, j.chat, r.number)
		return err
	})
}

// remove deletes all that a message has become.
func (s *Service) remove(ctx context.Context, a account, j job) error {
	there, err := s.rowsOf(ctx, j.bot, j.messageID)
	if err != nil {
		return err
	}
	for _, r := range there {
		if err := s.unsend(ctx, a, j, r); err != nil {
			return err
		}
	}
	return s.done(ctx, j)
}
