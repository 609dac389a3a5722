package line

import (
	"context"
	"embed"
	"maps"
	"slices"
	"strconv"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the lines.
func Schema() db.Schema { return db.EmbeddedSchema("line", schemaFiles) }

// People is what a line asks of who works here; *user.Service is one.
type People interface {
	ManyTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]user.User, error)
	// EmployedTx returns which of ids are active employees.
	EmployedTx(ctx context.Context, tx *db.Tx, ids []int64) ([]int64, error)
	// MembersTx returns the active employees in a department and below it, in a fixed order.
	MembersTx(ctx context.Context, tx *db.Tx, departmentID int64) ([]int64, error)
	// DepartmentsTx returns the departments that somebody is in or heads.
	DepartmentsTx(ctx context.Context, tx *db.Tx, userID int64) ([]int64, error)
	// DepartmentPathTx returns the departments that somebody is in, and all above them.
	DepartmentPathTx(ctx context.Context, tx *db.Tx, userID int64) ([]int64, error)
	DepartmentExistsTx(ctx context.Context, tx *db.Tx, id int64) (bool, error)
}

// Bots is what a line asks of bots.
type Bots interface {
	// SpeaksInLinesTx reports whether id is a bot that takes part in conversations of open channels.
	SpeaksInLinesTx(ctx context.Context, tx *db.Tx, id int64) (bool, error)
}

// Answers is what a line asks of canned answers.
type Answers interface {
	ListExistsTx(ctx context.Context, tx *db.Tx, id int64) (bool, error)
}

// Agreements is what a line asks of agreements.
type Agreements interface {
	// ActiveTx reports whether there is an agreement id that is switched on.
	ActiveTx(ctx context.Context, tx *db.Tx, id int64) (bool, error)
}

// Categories is what a line asks of what conversations can be about.
type Categories interface {
	// NameTx returns the name of a category that conversations can get; "" where there is none.
	NameTx(ctx context.Context, tx *db.Tx, id int64) (string, error)
}

// Audit keeps the log of what administrators do.
type Audit interface {
	RecordTx(ctx context.Context, tx *db.Tx, e audit.Entry) error
}

// Config is what a Service is made of.
type Config struct {
	DB      *db.DB
	Clock   clock.Clock
	Users   People
	Bots    Bots
	Answers Answers // nil: there are no lists of canned answers
	// Agreements are what clients may be asked to agree to instead of a text of the line; nil: there are none.
	Agreements Agreements
	Categories Categories // of conversations; nil: there are none
	Audit      Audit
	// OnChangeTx are called when a line was changed, in the same transaction.
	OnChangeTx []func(ctx context.Context, tx *db.Tx, before, after Line) error
	// OnDeleteTx are called when a line is deleted, in the same transaction. Its conversations stay; see Service.NamesTx.
	OnDeleteTx []func(ctx context.Context, tx *db.Tx, l Line) error
}

// Service keeps the lines of a portal. It is safe for use by several goroutines.
type Service struct {
	db         *db.DB
	clock      clock.Clock
	people     People
	bots       Bots
	answers    Answers
	agreements Agreements
	categories Categories
	audit      Audit
	onChange   []func(ctx context.Context, tx *db.Tx, before, after Line) error
	onDelete   []func(ctx context.Context, tx *db.Tx, l Line) error
	memory     memory
}

// New returns the lines that are kept in c.DB.
func New(c Config) *Service {
	return &Service{
		db: c.DB, clock: c.Clock, people: c.Users, bots: c.Bots, answers: c.Answers, agreements: c.Agreements, categories: c.Categories, audit: c.Audit,
		onChange: c.OnChangeTx, onDelete: c.OnDeleteTx,
	}
}

// Get returns the line id. Fault: LINE_NOT_FOUND.
func (s *Service) Get(ctx context.Context, id int64) (l Line, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		l, err = s.GetTx(ctx, tx, id)
		return err
	})
	return l, err
}

// GetTx is Get inside a transaction. Lines that did not change since they were read last come from memory.
func (s *Service) GetTx(ctx context.Context, tx *db.Tx, id int64) (Line, error) {
	stamp, err := stampTx(ctx, tx, id)
	if err != nil {
		return Line{}, err
	}
	if l, ok := s.memory.get(id, stamp); ok {
		return l, nil
	}
	lines, err := queryTx(ctx, tx, "WHERE id = ? AND deleted_at = 0", id)
	if err != nil {
		return Line{}, err
	}
	if len(lines) == 0 {
		return Line{}, ErrNotFound
	}
	s.memory.keep(lines[0].Line, lines[0].stamp)
	return lines[0].clone(), nil
}

// All returns all lines in the order of their ids, those that are temporary or do not work among them.
func (s *Service) All(ctx context.Context) (lines []Line, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		lines, err = s.AllTx(ctx, tx)
		return err
	})
	return lines, err
}

// AllTx is All inside a transaction.
func (s *Service) AllTx(ctx context.Context, tx *db.Tx) ([]Line, error) {
	rows, err := queryTx(ctx, tx, "WHERE deleted_at = 0 ORDER BY id")
	return linesOf(rows), err
}

// Add stores a line with the Defaults and what change makes of them, and returns it. Everybody who belongs to the company may add one;
// who did may change it. An empty name becomes one that no line has.
// Faults: CONFIG_WRONG_USER_PERMISSION, ERROR_ARGUMENT, all of them as Faults.
func (s *Service) Add(ctx context.Context, actor user.Ref, change func(l *Line) error) (l Line, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		l, err = s.AddTx(ctx, tx, actor, change)
		return err
	})
	return l, err
}

// AddTx is Add inside a transaction.
func (s *Service) AddTx(ctx context.Context, tx *db.Tx, actor user.Ref, change func(l *Line) error) (Line, error) {
	if err := s.mayAddTx(ctx, tx, actor); err != nil {
		return Line{}, err
	}
	l := Line{Settings: Defaults(""), CreatorID: actor.ID}
	if err := change(&l); err != nil {
		return Line{}, err
	}
	l.follow(fallback)
	if l.Name == "" {
		name, err := freeNameTx(ctx, tx)
		if err != nil {
			return Line{}, err
		}
		l.Name = name
	}
	if err := s.validateTx(ctx, tx, &l, &Line{}); err != nil {
		return Line{}, err
	}
	l.Created = s.clock.Now().UTC()
	l.Modified, l.ModifierID = l.Created, actor.ID
	if err := insertTx(ctx, tx, &l); err != nil {
		return Line{}, err
	}
	return l, s.noteTx(ctx, tx, "LINE_ADDED", l.ID, "Added the open channel "+l.Name+".")
}

// Check returns what is wrong with after, as Update would: Faults, or nil.
func (s *Service) Check(ctx context.Context, before, after Line) error {
	after = after.clone()
	return s.db.Read(ctx, func(tx *db.Tx) error { return s.validateTx(ctx, tx, &after, &before) })
}

// Update changes a line: change gets it as it is and puts into it what is new. It returns the line before and after.
// Faults: LINE_NOT_FOUND, CONFIG_WRONG_USER_PERMISSION, ERROR_ARGUMENT, all of them as Faults.
func (s *Service) Update(ctx context.Context, actor user.Ref, id int64, change func(l *Line) error) (before, after Line, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		before, after, err = s.updateTx(ctx, tx, actor, id, change)
		return err
	})
	return before, after, err
}

func (s *Service) updateTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, change func(l *Line) error) (before, after Line, err error) {
	if before, err = s.lockTx(ctx, tx, id); err != nil {
		return before, after, err
	}
	if !MayManage(actor, before) {
		return before, after, ErrDenied
	}
	after = before.clone()
	if err := change(&after); err != nil {
		return before, after, err
	}
	after.follow(before.Language)
	if err := s.validateTx(ctx, tx, &after, &before); err != nil {
		return before, after, err
	}
	return before, after, s.storeTx(ctx, tx, actor.ID, before, &after)
}

// storeTx stores what changed between before and after, tells who wants to know, and writes it down.
func (s *Service) storeTx(ctx context.Context, tx *db.Tx, actorID int64, before Line, after *Line) error {
	changes := Changes(&before, after)
	if len(changes) == 0 {
		return nil
	}
	after.Modified, after.ModifierID = s.clock.Now().UTC(), actorID
	if err := updateTx(ctx, tx, after, &before); err != nil {
		return err
	}
	for _, f := range s.onChange {
		if err := f(ctx, tx, before, *after); err != nil {
			return err
		}
	}
	return s.noteTx(ctx, tx, "LINE_CHANGED", after.ID, describe(after.Name, changes))
}

// Delete deletes a line. Its conversations stay readable. Faults: LINE_NOT_FOUND, CONFIG_WRONG_USER_PERMISSION.
func (s *Service) Delete(ctx context.Context, actor user.Ref, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		l, err := s.lockTx(ctx, tx, id)
		if err != nil {
			return err
		}
		if !MayManage(actor, l) {
			return ErrDenied
		}
		for _, f := range s.onDelete {
			if err := f(ctx, tx, l); err != nil {
				return err
			}
		}
		if err := deleteTx(ctx, tx, id, s.clock.Now()); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "LINE_DELETED", id, "Deleted the open channel "+l.Name+".")
	})
}

// BotRemovedTx takes a bot that is being removed out of the settings of all lines.
func (s *Service) BotRemovedTx(ctx context.Context, tx *db.Tx, botID int64) error {
	rows, err := queryTx(ctx, tx, `WHERE deleted_at = 0 AND (welcome_bot_id = ? OR no_answer_bot_id = ? OR worktime_dayoff_bot_id = ?
		OR close_bot_id = ? OR auto_close_bot_id = ?) ORDER BY id`, botID, botID, botID, botID, botID)
	if err != nil {
		return err
	}
	for _, before := range linesOf(rows) {
		after := before.clone()
		if after.Bot.ID == botID {
			after.Bot.ID, after.Bot.Enabled = 0, false
		}
		for _, s := range []*Scenario{&after.NoAnswer, &after.WorkTime.Rule, &after.Close, &after.AutoClose} {
			if s.BotID == botID {
				s.BotID = 0
			}
		}
		if err := s.storeTx(ctx, tx, 0, before, &after); err != nil {
			return err
		}
	}
	return nil
}

// AnswersRemovedTx takes a list of canned answers that is being deleted out of the settings of all lines.
func (s *Service) AnswersRemovedTx(ctx context.Context, tx *db.Tx, listID int64) error {
	rows, err := queryTx(ctx, tx, "WHERE deleted_at = 0 AND quick_answers_iblock_id = ? ORDER BY id", listID)
	if err != nil {
		return err
	}
	for _, before := range linesOf(rows) {
		after := before.clone()
		after.QuickAnswersID = 0
		if err := s.storeTx(ctx, tx, 0, before, &after); err != nil {
			return err
		}
	}
	return nil
}

// CategoryRemovedTx takes a category that is being deleted out of the settings of all lines.
func (s *Service) CategoryRemovedTx(ctx context.Context, tx *db.Tx, categoryID int64) error {
	rows, err := queryTx(ctx, tx, "WHERE deleted_at = 0 AND category_id = ? ORDER BY id", categoryID)
	if err != nil {
		return err
	}
	for _, before := range linesOf(rows) {
		after := before.clone()
		after.CategoryID = 0
		if err := s.storeTx(ctx, tx, 0, before, &after); err != nil {
			return err
		}
	}
	return nil
}

// AskingTx returns the names of the lines that name an agreement.
func (s *Service) AskingTx(ctx context.Context, tx *db.Tx, agreementID int64) (names []string, err error) {
	rows, err := queryTx(ctx, tx, "WHERE deleted_at = 0 AND agreement_id = ? ORDER BY id", agreementID)
	for _, l := range linesOf(rows) {
		names = append(names, l.Name)
	}
	return names, err
}

// lockTx returns the line id, which nobody else changes until the transaction ends.
func (s *Service) lockTx(ctx context.Context, tx *db.Tx, id int64) (Line, error) {
	if err := tx.Lock(ctx, "open_line:"+strconv.FormatInt(id, 10)); err != nil {
		return Line{}, err
	}
	return s.GetTx(ctx, tx, id)
}

// clone returns a copy of l that shares nothing with it.
func (l *Line) clone() Line {
	c := *l
	c.Queue = slices.Clone(l.Queue)
	c.Shown = maps.Clone(l.Shown)
	c.WorkTime.DaysOff = slices.Clone(l.WorkTime.DaysOff)
	c.WorkTime.Holidays = slices.Clone(l.WorkTime.Holidays)
	c.FirstAnswer.To = slices.Clone(l.FirstAnswer.To)
	c.FurtherAnswer.To = slices.Clone(l.FurtherAnswer.To)
	return c
}

func sortedKeys[V any](m map[int64]V) []int64 { return slices.Sorted(maps.Keys(m)) }
