package botplay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/dialogue"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
)

// Test is a dialogue that is kept.
type Test struct {
	ID       int64
	BotID    int64
	Name     string
	Script   dialogue.Script
	AuthorID int64
	Changed  time.Time
	Ran      time.Time // zero: never
	Passed   bool
	Report   dialogue.Report // of the last run
}

// Dialogue makes a script of a conversation: what was said, and what the bot answered to it.
func (s *Service) Dialogue(ctx context.Context, p Session, name string) (dialogue.Script, error) {
	messages, err := s.Messages(ctx, p)
	if err != nil {
		return dialogue.Script{}, err
	}
	out := dialogue.Script{Name: name, Bot: p.Bot.Code, Group: p.Group}
	if p.As.ID != p.ActorID {
		out.As = p.As.Login
	}
	var heard []dialogue.Heard
	end := func() {
		if n := len(out.Steps); n > 0 {
			out.Steps[n-1].Expect = dialogue.Expecting(heard)
		}
		heard = nil
	}
	for _, m := range messages {
		switch {
		case m.AuthorID == p.As.ID && m.Deleted.IsZero():
			end()
			out.Steps = append(out.Steps, dialogue.Step{Say: p.Plain(m.Text)})
		case m.AuthorID == p.Bot.ID && m.Deleted.IsZero():
			heard = append(heard, heardOf(m))
		}
	}
	end()
	if len(out.Steps) == 0 {
		return out, ErrNothing
	}
	return out, nil
}

func heardOf(m im.Message) dialogue.Heard {
	return dialogue.Heard{ID: m.ID, Text: m.Text, Attach: m.Extra.Attach, Keyboard: m.Extra.Keyboard}
}

// maxName is the longest name of a test in characters.
const maxName = 200

// Save stores a test, or a changed one where id is not 0, and returns its id. Faults: ACCESS_DENIED, NAME_EMPTY, NAME_TAKEN,
// TEST_NOT_FOUND.
func (s *Service) Save(ctx context.Context, actor user.Ref, b bot.Bot, id int64, script dialogue.Script) (int64, error) {
	if !actor.May(access.TestBots) {
		return 0, ErrDenied
	}
	script.Name = strings.TrimSpace(script.Name)
	if script.Name == "" || len([]rune(script.Name)) > maxName {
		return 0, ErrName
	}
	script.Bot = b.Code
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, fmt.Sprintf("bot tests %d", b.ID)); err != nil {
			return err
		}
		var other int64
		err := tx.QueryRow(ctx, "SELECT id FROM bot_test WHERE bot_id = ? AND name = ? AND id <> ?", b.ID, script.Name, id).Scan(&other)
		if err == nil {
			return ErrTaken
		}
		if !errors.Is(err, db.ErrNoRows) {
			return fmt.Errorf("find test: %w", err)
		}
		if err := s.saveTx(ctx, tx, actor, b, &id, script); err != nil {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{
			Type: "BOT_TEST_SAVED", Module: "bot", Item: strconv.FormatInt(b.ID, 10), UserID: actor.ID, Description: "Saved the test " + script.Name + " of a bot.",
		})
	})
	return id, err
}

func (s *Service) saveTx(ctx context.Context, tx *db.Tx, actor user.Ref, b bot.Bot, id *int64, script dialogue.Script) (err error) {
	now, text := db.Micro(s.Clock.Now()), string(script.Format())
	if *id == 0 {
		*id, err = tx.Insert(ctx, "INSERT INTO bot_test (bot_id, name, script, author_id, changed) VALUES (?, ?, ?, ?, ?)",
			b.ID, script.Name, text, actor.ID, now)
		if err != nil {
			return fmt.Errorf("insert test: %w", err)
		}
		return nil
	}
	n, err := tx.Exec(ctx, "UPDATE bot_test SET name = ?, script = ?, author_id = ?, changed = ?, ran = 0, passed = 0, report = '' WHERE id = ? AND bot_id = ?",
		script.Name, text, actor.ID, now, *id, b.ID)
	switch {
	case err != nil:
		return fmt.Errorf("change test: %w", err)
	case n == 0:
		return ErrNoTest
	}
	return nil
}

// Delete forgets a test. Faults: ACCESS_DENIED, TEST_NOT_FOUND.
func (s *Service) Delete(ctx context.Context, actor user.Ref, botID, id int64) error {
	if !actor.May(access.TestBots) {
		return ErrDenied
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM bot_test WHERE id = ? AND bot_id = ?", id, botID)
		switch {
		case err != nil:
			return fmt.Errorf("delete test: %w", err)
		case n == 0:
			return ErrNoTest
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{
			Type: "BOT_TEST_DELETED", Module: "bot", Item: strconv.FormatInt(botID, 10), UserID: actor.ID, Description: fmt.Sprintf("Deleted test %d of a bot.", id),
		})
	})
}

// Tests returns the tests of a bot in the order of their names.
func (s *Service) Tests(ctx context.Context, botID int64) ([]Test, error) {
	return s.query(ctx, "WHERE bot_id = ? ORDER BY name", botID)
}

// Test returns a test of a bot. Fault: TEST_NOT_FOUND.
func (s *Service) Test(ctx context.Context, botID, id int64) (Test, error) {
	list, err := s.query(ctx, "WHERE bot_id = ? AND id = ?", botID, id)
	if err != nil {
		return Test{}, err
	}
	if len(list) == 0 {
		return Test{}, ErrNoTest
	}
	return list[0], nil
}

func (s *Service) query(ctx context.Context, where string, args ...any) (out []Test, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, "SELECT id, bot_id, name, script, author_id, changed, ran, passed, report FROM bot_test "+where, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var t Test
			var script, report string
			var changed, ran, passed int64
			if err := rows.Scan(&t.ID, &t.BotID, &t.Name, &script, &t.AuthorID, &changed, &ran, &passed, &report); err != nil {
				return err
			}
			if t.Script, err = dialogue.Parse([]byte(script)); err != nil {
				return fmt.Errorf("test %d: %w", t.ID, err)
			}
			if report != "" {
				if err := json.Unmarshal([]byte(report), &t.Report); err != nil {
					return fmt.Errorf("report of test %d: %w", t.ID, err)
				}
			}
			t.Changed, t.Passed = db.Time(changed), passed != 0
			if ran != 0 {
				t.Ran = db.Time(ran)
			}
			out = append(out, t)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read tests: %w", err)
	}
	return out, nil
}

// RunTest plays a test that is kept and stores what came of it.
func (s *Service) RunTest(ctx context.Context, actor user.Ref, t Test) (dialogue.Report, error) {
	r, err := s.Run(ctx, actor, t.Script)
	if err != nil {
		return r, err
	}
	report, err := json.Marshal(r)
	if err != nil {
		return r, fmt.Errorf("encode report: %w", err)
	}
	return r, s.DB.Write(ctx, func(tx *db.Tx) error {
		err := tx.Later(ctx, "UPDATE bot_test SET ran = ?, passed = ?, report = ? WHERE id = ?", db.Micro(s.Clock.Now()), db.Bit(r.Passed), string(report), t.ID)
		if err != nil {
			return fmt.Errorf("store report: %w", err)
		}
		return nil
	})
}

// Run plays a script as the person that it names, or else as actor. Faults: ACCESS_DENIED, PLAY_AS, PLAY_NOBODY, BOT_NOT_FOUND, and
// NO_BUTTON for a button that is not there.
func (s *Service) Run(ctx context.Context, actor user.Ref, script dialogue.Script) (dialogue.Report, error) {
	as := actor.ID
	if script.As != "" {
		u, err := s.Users.ByLogin(ctx, script.As)
		if err != nil {
			return dialogue.Report{}, ErrNobody.Because(err)
		}
		as = u.ID
	}
	botID, err := s.coded(ctx, script.Bot)
	if err != nil {
		return dialogue.Report{}, err
	}
	p, err := s.Open(ctx, actor, botID, as, script.Group)
	if err != nil {
		return dialogue.Report{}, err
	}
	if err := s.calm(ctx, p, script.Limit()); err != nil {
		return dialogue.Report{}, err
	}
	if err := s.Restart(ctx, &p); err != nil {
		return dialogue.Report{}, err
	}
	return dialogue.Run(ctx, s.Clock, talker{s, p}, script)
}

// calm waits until the bot has taken what it was told before, its greeting to a new chat among it.
func (s *Service) calm(ctx context.Context, p Session, limit time.Duration) error {
	for end := s.Clock.Now().Add(limit); s.Clock.Now().Before(end); {
		busy, _, err := s.working(ctx, p.Bot)
		if err != nil || !busy {
			return err
		}
		timer := s.Clock.NewTimer(50 * time.Millisecond)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C():
		}
	}
	return nil
}

// coded returns the bot with a code. Fault: BOT_NOT_FOUND.
func (s *Service) coded(ctx context.Context, code string) (int64, error) {
	all, err := s.Bots.List(ctx)
	if err != nil {
		return 0, err
	}
	for _, b := range all {
		if b.Code == code {
			return b.ID, nil
		}
	}
	return 0, ErrNoBot
}

// talker plays a script in a conversation.
type talker struct {
	s *Service
	p Session
}

var _ dialogue.Talker = talker{}

// Say writes a message.
func (t talker) Say(ctx context.Context, text string) (int64, error) { return t.s.Say(ctx, t.p, text) }

// Press presses the button with a text under the newest message that has a keyboard.
func (t talker) Press(ctx context.Context, text string) (int64, error) {
	messages, err := t.s.Messages(ctx, t.p)
	if err != nil {
		return 0, err
	}
	for _, m := range slices.Backward(messages) {
		k := m.Extra.Buttons()
		if len(k) == 0 || m.AuthorID != t.p.Bot.ID {
			continue
		}
		for j, b := range k {
			if strings.EqualFold(strings.TrimSpace(b.Text), strings.TrimSpace(text)) {
				return t.s.Press(ctx, t.p, m.ID, j)
			}
		}
		break
	}
	return 0, ErrNoButton
}

// Answers returns what the bot wrote after a message.
func (t talker) Answers(ctx context.Context, after int64) (out []dialogue.Heard, err error) {
	page, err := t.s.IM.Messages(ctx, t.p.As.ID, im.History{ChatID: t.p.ChatID, After: after, First: after == 0, Limit: MaxShown})
	if err != nil {
		return nil, err
	}
	for _, m := range page.Messages {
		if m.AuthorID == t.p.Bot.ID && m.ID > after && m.Deleted.IsZero() {
			out = append(out, heardOf(m))
		}
	}
	return out, nil
}

// Working reports whether the bot still has something that it was told.
func (t talker) Working(ctx context.Context) (bool, string, error) { return t.s.working(ctx, t.p.Bot) }

// IsWrong reports whether an error of Run says that the script asks for what there is not, and not that something is broken.
func IsWrong(err error) bool {
	k := fault.KindOf(err)
	return err != nil && k != fault.Internal && k != fault.Unavailable
}
