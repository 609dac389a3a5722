package telegram

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// Change changes how messages of a bot come in, and whether clients see who answers. Faults: ErrDenied, ErrNoBot, ErrWay, ErrHTTPS.
func (s *Service) Change(ctx context.Context, actor user.Ref, id int64, way Way, signed bool) error {
	b, err := s.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := s.checkWay(way); err != nil {
		return err
	}
	a, err := s.account(ctx, b)
	if err != nil {
		return err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		before, err := connectedTx(ctx, tx, id)
		if err != nil || before.Way == way && before.Signed == signed {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE telegram_bot SET way = ?, signed = ? WHERE id = ?", string(way), db.Bit(signed), id); err != nil {
			return fmt.Errorf("change bot: %w", err)
		}
		tx.AfterCommit(func() { s.restart(id) })
		return s.noteTx(ctx, tx, "TELEGRAM_CHANGED", id, "Changed the Telegram bot "+b.Shown()+": "+wayWords[way]+", "+signedWords(signed)+".")
	})
	if err != nil || b.Way == way {
		return err
	}
	b.Way = way
	return s.route(ctx, a, b)
}

var wayWords = map[Way]string{Poll: "the portal fetches its messages", Hook: "Telegram brings its messages"}

func signedWords(signed bool) string {
	if signed {
		return "clients see who answers"
	}
	return "clients do not see who answers"
}

// Renew gives a bot the new token that it has. Faults: ErrDenied, ErrNoBot, ErrToken, ErrOther, ErrNobody, ErrNoKey.
func (s *Service) Renew(ctx context.Context, actor user.Ref, id int64, token string) error {
	b, err := s.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if token = strings.TrimSpace(token); !tokenForm.MatchString(token) {
		return ErrToken
	}
	server, err := setting.Load(ctx, s.Settings, ServerKey)
	if err != nil {
		return err
	}
	a := account{api: s.API, server: server.URL, token: token}
	me, err := a.me(ctx)
	if err == nil && me.ID != b.Number {
		err = ErrOther
	}
	if err != nil {
		return err
	}
	sealed, err := s.Box.Seal([]byte(token), tokenAbout(b.Number))
	if err != nil {
		return ErrNoKey.Because(err)
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := connectedTx(ctx, tx, id); err != nil {
			return err
		}
		const q = "UPDATE telegram_bot SET token = ?, name = ?, username = ?, quiet_until = 0 WHERE id = ?"
		if _, err := tx.Exec(ctx, q, sealed, me.name(), me.Username, id); err != nil {
			return fmt.Errorf("keep token: %w", err)
		}
		tx.AfterCommit(func() { s.restart(id) })
		return s.noteTx(ctx, tx, "TELEGRAM_TOKEN", id, "Gave the Telegram bot "+b.Shown()+" a new token.")
	})
	if err != nil {
		return err
	}
	return s.route(ctx, a, b)
}

// Check asks Telegram how a bot is, takes over its name and picture, and tells Telegram anew where its messages go. What is wrong is the
// bot's Problem afterwards. Faults: ErrDenied, ErrNoBot, ErrNoKey.
func (s *Service) Check(ctx context.Context, actor user.Ref, id int64) error {
	b, err := s.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	a, err := s.account(ctx, b)
	if err != nil {
		return err
	}
	me, err := a.me(ctx)
	if err != nil {
		return s.problem(ctx, id, problemOf(errors.Unwrap(err)))
	}
	picture, err := a.picture(ctx, me.ID)
	if err != nil {
		return err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE telegram_bot SET name = ?, username = ? WHERE id = ?", me.name(), me.Username, id)
		if err == nil && picture != nil {
			_, err = tx.Exec(ctx, "UPDATE telegram_bot SET picture = ? WHERE id = ?", picture, id)
		}
		tx.AfterCommit(func() { s.restart(id) })
		return err
	})
	if err != nil {
		return fmt.Errorf("keep what a bot is called: %w", err)
	}
	if b.Way == Hook { // what went wrong there since it was set the last time
		h, err := a.hook(ctx)
		if err != nil {
			return s.problem(ctx, id, problemOf(errors.Unwrap(err)))
		}
		if err := s.route(ctx, a, b); err != nil || h.LastError == "" || h.Pending == 0 {
			return err
		}
		return s.problem(ctx, id, "Telegram could not bring messages: "+h.LastError)
	}
	return s.route(ctx, a, b)
}

// Disconnect takes a bot off its line. Its conversations stay. Faults: ErrDenied, ErrNoBot.
func (s *Service) Disconnect(ctx context.Context, actor user.Ref, id int64) error {
	b, err := s.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if a, err := s.account(ctx, b); err == nil && b.Way == Hook {
		_ = a.call(ctx, "deleteWebhook", nil, nil) // where it fails Telegram learns by itself that nobody is there
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := connectedTx(ctx, tx, id); err != nil {
			return err
		}
		return s.endTx(ctx, tx, b, "Disconnected the Telegram bot "+b.Shown()+".")
	})
}

// goneWhy is why a message does not go out of a bot that was disconnected.
const goneWhy = "The bot is not connected any more."

// endTx forgets the token of a bot. What waits for clients has failed.
func (s *Service) endTx(ctx context.Context, tx *db.Tx, b Bot, note string) error {
	const end = "UPDATE telegram_bot SET token = '', secret = '', picture = ?, problem = '', problem_at = 0, held_until = 0 WHERE id = ?"
	if _, err := tx.Exec(ctx, end, []byte{}, b.ID); err != nil {
		return fmt.Errorf("disconnect bot: %w", err)
	}
	for _, q := range []string{
		"DELETE FROM telegram_out WHERE bot_id = ? AND kind <> 'send'", "DELETE FROM telegram_fetch WHERE bot_id = ?",
		"DELETE FROM telegram_person WHERE bot_id = ?",
	} {
		if _, err := tx.Exec(ctx, q, b.ID); err != nil {
			return fmt.Errorf("disconnect bot: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, "UPDATE telegram_out SET state = 1, why = ? WHERE bot_id = ? AND state = 0", goneWhy, b.ID); err != nil {
		return fmt.Errorf("give up messages: %w", err)
	}
	tx.AfterCommit(func() { s.restart(b.ID) })
	return s.noteTx(ctx, tx, "TELEGRAM_DISCONNECTED", b.ID, note)
}

// LineDeletedTx disconnects the bots of a line that is deleted.
func (s *Service) LineDeletedTx(ctx context.Context, tx *db.Tx, lineID int64) error {
	all, err := queryBots(ctx, tx, "WHERE line_id = ? AND token <> ''", lineID)
	if err != nil {
		return err
	}
	for _, b := range all {
		if err := s.endTx(ctx, tx, b, "Disconnected the Telegram bot "+b.Shown()+" with its line."); err != nil {
			return err
		}
	}
	return nil
}

// Leave disconnects all bots without a word to Telegram. It is for a copy of a portal: the original serves them.
func (s *Service) Leave(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		all, err := queryBots(ctx, tx, "WHERE token <> '' ORDER BY id")
		if err != nil {
			return err
		}
		for _, b := range all {
			if err := s.endTx(ctx, tx, b, "Left the Telegram bot "+b.Shown()+" to the portal of which this is a copy."); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetServer stores which server answers for Telegram: its own, or one that somebody runs themselves. Faults: ErrDenied, ErrServer.
func (s *Service) SetServer(ctx context.Context, actor user.Ref, address string) error {
	if !May(actor) {
		return ErrDenied
	}
	next := Server{URL: strings.TrimRight(strings.TrimSpace(address), "/")}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		before, err := setting.LoadTx(ctx, tx, ServerKey)
		if err != nil || before == next {
			return err
		}
		if err := setting.SaveTx(ctx, tx, s.Settings, ServerKey, next); err != nil {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{
			Severity: audit.Security, Type: "SETTING_CHANGED", Module: Connector, Item: ServerKey.Name,
			Description: "Changed the Bot API server from " + before.URL + " to " + next.URL + ".",
		})
	})
}

// Server returns which server answers for Telegram. Fault: ErrDenied.
func (s *Service) Server(ctx context.Context, actor user.Ref) (string, error) {
	if !May(actor) {
		return "", ErrDenied
	}
	v, err := setting.Load(ctx, s.Settings, ServerKey)
	return v.URL, err
}

// fits reports whether a secret is that of a bot.
func (b Bot) fits(secret string) bool {
	sum := sha256.Sum256([]byte(secret))
	return b.secret != "" && subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(b.secret)) == 1
}
