package bot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// MaxDeadline is the longest time after which somebody may be told that a bot has not answered yet.
const MaxDeadline = 24 * time.Hour

// lookAgain is how often the deadlines are looked through when nothing here tells of one: another process may have set it.
const lookAgain = 30 * time.Second

// dueAtOnce is how many waits are read at once.
const dueAtOnce = 50

// sweepEvery is how often old notes are forgotten.
const sweepEvery = time.Hour

// Pending is somebody's wait for a bot.
type Pending struct {
	ChatID, BotID, MessageID, UserID int64
	Asked, Due                       time.Time
	Told                             bool // they have been told that there is no answer yet
}

// awaitTx begins to wait for a bot's answer to what a person wrote. Of several messages without an answer the first counts.
func (s *Service) awaitTx(ctx context.Context, tx *db.Tx, b *Bot, e *MessageEvent, person int64) error {
	if b.Deadline <= 0 || person == 0 || e.Message.System {
		return nil
	}
	now := s.clock.Now()
	const q = `INSERT INTO bot_wait (chat_id, bot_id, message_id, user_id, asked, due) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (chat_id, bot_id) DO NOTHING`
	n, err := tx.Exec(ctx, q, e.Chat.ID, b.ID, e.Message.ID, person, db.Micro(now), db.Micro(now.Add(b.Deadline)))
	if err != nil {
		return fmt.Errorf("wait for bot: %w", err)
	}
	if n > 0 {
		tx.AfterCommit(s.alarm.ring)
	}
	return nil
}

// answeredTx ends the wait for a bot that writes. An answer that comes late is an answer like any other, and noted.
func (s *Service) answeredTx(ctx context.Context, tx *db.Tx, e *MessageEvent, b *Bot) error {
	if b.Deadline <= 0 {
		return nil
	}
	var asked, told, messageID, person int64
	const q = "DELETE FROM bot_wait WHERE chat_id = ? AND bot_id = ? RETURNING asked, told, message_id, user_id"
	err := tx.QueryRow(ctx, q, e.Chat.ID, b.ID).Scan(&asked, &told, &messageID, &person)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("end wait for bot: %w", err)
	case told == 0:
		return nil
	}
	return s.noteTx(ctx, tx, Note{
		BotID: b.ID, Kind: NoteAfter, ChatID: e.Chat.ID, MessageID: messageID, OtherID: person, Took: s.clock.Now().Sub(db.Time(asked)),
	})
}

// SetDeadline sets after how long people are told that a bot has not answered yet; 0 tells nobody. Those who wait already are
// told as it was when they wrote. Faults: BOT_ID_ERROR, DEADLINE_ERROR for a time out of 0–MaxDeadline.
func (s *Service) SetDeadline(ctx context.Context, tx *db.Tx, botID int64, d time.Duration) error {
	if d < 0 || d > MaxDeadline {
		return ErrDeadline
	}
	bots, err := queryBots(ctx, tx, "WHERE user_id = ?", botID)
	if err != nil {
		return err
	}
	if len(bots) == 0 {
		return ErrNoBot
	}
	if err := bots[0].Owner.lock(ctx, tx); err != nil {
		return err
	}
	if bots, err = queryBots(ctx, tx, "WHERE user_id = ?", botID); err != nil || len(bots) == 0 {
		return err
	}
	bots[0].Deadline = d.Truncate(time.Second)
	if d == 0 {
		if err := tx.Later(ctx, "DELETE FROM bot_wait WHERE bot_id = ?", botID); err != nil {
			return fmt.Errorf("forget waits for bot: %w", err)
		}
	}
	return s.storeTx(ctx, tx, bots[0])
}

// Waiting returns who waits for a bot, who has waited longest first, at most limit.
func (s *Service) Waiting(ctx context.Context, botID int64, limit int) (out []Pending, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = queryWaits(ctx, tx, "WHERE bot_id = ? ORDER BY asked LIMIT ?", botID, limit)
		return err
	})
	return out, err
}

func queryWaits(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Pending, err error) {
	rows, err := tx.Query(ctx, "SELECT chat_id, bot_id, message_id, user_id, asked, due, told FROM bot_wait "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read waits for bots: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var w Pending
		var asked, due, told int64
		if err := rows.Scan(&w.ChatID, &w.BotID, &w.MessageID, &w.UserID, &asked, &due, &told); err != nil {
			return nil, fmt.Errorf("read waits for bots: %w", err)
		}
		w.Asked, w.Due, w.Told = db.Time(asked), db.Time(due), told != 0
		out = append(out, w)
	}
	return out, rows.Err()
}

// alarm wakes the watch over deadlines.
type alarm struct {
	once  sync.Once
	bell  chan struct{}
	stop  context.CancelFunc
	ended chan struct{}
}

func (a *alarm) init() { a.once.Do(func() { a.bell = make(chan struct{}, 1) }) }

// ring has the watch look at the deadlines.
func (a *alarm) ring() {
	a.init()
	select {
	case a.bell <- struct{}{}:
	default: // it is about to look
	}
}

// Start begins to watch over the deadlines of answers. Close ends it.
func (s *Service) Start(ctx context.Context) {
	s.alarm.init()
	ctx, s.alarm.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.alarm.ended = make(chan struct{})
	go s.watch(ctx)
}

// Close ends what Start began, and waits for it.
func (s *Service) Close() {
	if s.alarm.stop != nil {
		s.alarm.stop()
		<-s.alarm.ended
	}
}

func (s *Service) watch(ctx context.Context) {
	defer close(s.alarm.ended)
	var swept time.Time
	for {
		wait, err := s.overdue(ctx)
		if err == nil && s.clock.Now().Sub(swept) >= sweepEvery {
			swept = s.clock.Now()
			err = s.sweep(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.log.ErrorContext(ctx, "tell of bots that do not answer", "error", err)
			wait = lookAgain
		}
		if !clock.Wait(ctx, s.clock, wait, s.alarm.bell) {
			return
		}
	}
}

// overdue tells everybody whose wait has become too long, and returns when to look again.
func (s *Service) overdue(ctx context.Context) (time.Duration, error) {
	for {
		var waits []Pending
		err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
			waits, err = queryWaits(ctx, tx, "WHERE told = 0 ORDER BY due LIMIT ?", dueAtOnce)
			return err
		})
		if err != nil {
			return 0, err
		}
		if len(waits) == 0 {
			return lookAgain, nil
		}
		for _, w := range waits {
			if left := w.Due.Sub(s.clock.Now()); left > 0 {
				return min(left, lookAgain), nil
			}
			if err := s.tellLate(ctx, w); err != nil {
				return 0, err
			}
		}
	}
}

// errSettled undoes what was written about a wait that has ended meanwhile.
var errSettled = errors.New("the wait has ended")

// tellLate tells a chat that a bot has not answered yet. The message comes first and the mark after it: that is the order in
// which a message of the bot changes the same rows.
func (s *Service) tellLate(ctx context.Context, w Pending) error {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		err := s.sayLateTx(ctx, tx, w)
		if k := fault.KindOf(err); err != nil && k != fault.Internal && k != fault.Unavailable {
			err = tx.Later(ctx, "DELETE FROM bot_wait WHERE chat_id = ? AND bot_id = ?", w.ChatID, w.BotID)
			return err // the chat is gone, and nobody waits in it
		}
		if err != nil {
			return fmt.Errorf("tell chat %d of a late bot: %w", w.ChatID, err)
		}
		const mark = "UPDATE bot_wait SET told = 1 WHERE chat_id = ? AND bot_id = ? AND message_id = ? AND told = 0"
		n, err := tx.Exec(ctx, mark, w.ChatID, w.BotID, w.MessageID)
		switch {
		case err != nil:
			return fmt.Errorf("mark wait for bot: %w", err)
		case n == 0:
			return errSettled
		}
		return s.noteTx(ctx, tx, Note{
			BotID: w.BotID, Kind: NoteLate, ChatID: w.ChatID, MessageID: w.MessageID, OtherID: w.UserID,
			Took: s.clock.Now().Sub(w.Asked),
		})
	})
	if errors.Is(err, errSettled) {
		return nil
	}
	return err
}

func (s *Service) sayLateTx(ctx context.Context, tx *db.Tx, w Pending) error {
	u, err := s.users.BriefTx(ctx, tx, w.BotID)
	if err != nil {
		return fmt.Errorf("read bot %d: %w", w.BotID, err)
	}
	text := "[USER=" + strconv.FormatInt(w.BotID, 10) + "]" + plain(u.Name) + "[/USER] has not answered yet. " +
		"The message has not been lost: the answer will appear here when it comes."
	_, err = s.messenger.SendTx(ctx, tx, NewMessage{ChatID: w.ChatID, Text: text, System: true, Silent: true, Unheard: true})
	return err
}

// sweep forgets what is too old to be of use.
func (s *Service) sweep(ctx context.Context) error {
	old := db.Micro(s.clock.Now().Add(-keptNotes))
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, q := range []string{
			"DELETE FROM bot_note WHERE at < ?", "DELETE FROM bot_invoked WHERE at < ?", "DELETE FROM bot_exchange WHERE at < ?",
		} {
			if err := tx.Later(ctx, q, old); err != nil {
				return fmt.Errorf("forget notes about bots: %w", err)
			}
		}
		return nil
	})
}
