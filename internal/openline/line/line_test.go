package line_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/openlinetest"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// bench is a portal with people and lines.
type bench struct {
	*testing.T

	db    *db.DB
	clock *clock.Manual
	users *user.Service
	lines *line.Service
	log   *log
	told  []string
	boss  user.Ref
}

// log keeps what was written down.
type log struct{ entries []audit.Entry }

func (l *log) RecordTx(_ context.Context, tx *db.Tx, e audit.Entry) error {
	tx.AfterCommit(func() { l.entries = append(l.entries, e) })
	return nil
}

func run(t *testing.T, test func(b *bench)) {
	t.Helper()
	t.Parallel()
	schemas := []db.Schema{setting.Schema(), audit.Schema(), user.Schema(), line.Schema()}
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := &bench{T: t, db: d, clock: clock.NewManual(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)), log: &log{}}
		b.users = user.New(d, b.clock)
		b.lines = b.open(d)
		b.boss = user.Ref{ID: b.person("boss"), Access: access.ManageLines}
		test(b)
	})
}

// agreements are those that are switched on: number 5.
type agreements struct{}

func (agreements) ActiveTx(_ context.Context, _ *db.Tx, id int64) (bool, error) { return id == 5, nil }

// categories are those of conversations: number 5.
type categories struct{}

func (categories) NameTx(_ context.Context, _ *db.Tx, id int64) (string, error) {
	return map[int64]string{5: "Bills"}[id], nil
}

func (b *bench) open(d *db.DB) *line.Service {
	return line.New(line.Config{
		DB: d, Clock: b.clock, Users: b.users, Bots: openlinetest.Bots{77: true}, Agreements: agreements{}, Categories: categories{}, Audit: b.log,
		OnChangeTx: []func(context.Context, *db.Tx, line.Line, line.Line) error{func(_ context.Context, tx *db.Tx, before, after line.Line) error {
			tx.AfterCommit(func() { b.told = append(b.told, fmt.Sprintf("%d: %s → %s", after.ID, before.Name, after.Name)) })
			return nil
		}},
		OnDeleteTx: []func(context.Context, *db.Tx, line.Line) error{func(_ context.Context, tx *db.Tx, l line.Line) error {
			tx.AfterCommit(func() { b.told = append(b.told, "gone: "+l.Name) })
			return nil
		}},
	})
}

func (b *bench) person(name string, departments ...int64) int64 {
	b.Helper()
	u, err := b.users.Create(b.Context(), user.NewUser{FirstName: name, Email: name + "@x.org", DepartmentIDs: departments})
	if err != nil {
		b.Fatal(err)
	}
	return u.ID
}

func (b *bench) department(name string, parent, head int64) int64 {
	b.Helper()
	d, err := b.users.CreateDepartment(b.Context(), user.Department{Name: name, ParentID: parent, HeadID: head})
	if err != nil {
		b.Fatal(err)
	}
	return d.ID
}

func (b *bench) dismiss(id int64) {
	b.Helper()
	inactive := false
	if _, err := b.users.Update(b.Context(), id, user.Change{Active: &inactive}); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) add(change func(l *line.Line)) line.Line {
	b.Helper()
	l, err := b.lines.Add(b.Context(), b.boss, func(l *line.Line) error {
		change(l)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return l
}

func (b *bench) update(actor user.Ref, id int64, change func(l *line.Line)) error {
	_, _, err := b.lines.Update(b.Context(), actor, id, func(l *line.Line) error {
		change(l)
		return nil
	})
	return err
}

func (b *bench) code(err error, want string) {
	b.Helper()
	if got := fault.Of(err).Code; err == nil || got != want {
		b.Errorf("got %v, want %s", err, want)
	}
}

func user1(id int64) line.Entry { return line.Entry{Kind: line.EntryUser, ID: id} }
func dept(id int64) line.Entry  { return line.Entry{Kind: line.EntryDepartment, ID: id} }

func TestALineIsKeptWhole(t *testing.T) {
	run(t, func(b *bench) {
		ann, sales := b.person("ann"), b.department("Sales", 0, 0)
		// Every field is set to something that is not its default, by what it takes.
		set := func(l *line.Line) {
			for _, f := range line.Fields() {
				if f.ReadOnly || f.Name == "AGREEMENT_ID" || f.Name == "CATEGORY_ID" || f.Name == "QUICK_ANSWERS_IBLOCK_ID" {
					continue
				}
				if err := f.Assign(l, []string{other(f, f.Text(l), ann)}); err != nil {
					b.Errorf("%s: %v", f.Name, err)
				}
			}
			l.Queue = []line.Entry{dept(sales), user1(ann), user1(ann)}
			l.Shown = map[int64]line.Shown{ann: {Name: "Ann from support", Position: "Helper", Avatar: "https://x.org/a.png"}, 5: {}}
			l.DefaultOperator = line.Shown{Name: "The team"}
		}
		added := b.add(set)
		if len(added.Queue) != 2 || added.Queue[0].RowID == 0 || len(added.Shown) != 1 {
			t.Errorf("queue %+v, shown %+v", added.Queue, added.Shown)
		}
		got, err := b.lines.Get(b.Context(), added.ID)
		if err != nil || !reflect.DeepEqual(got, added) {
			t.Errorf("read back\n%+v, want\n%+v (%v)", got, added, err)
		}
		if again, _ := b.open(b.db).Get(b.Context(), added.ID); !reflect.DeepEqual(again, added) {
			t.Errorf("another process reads\n%+v, want\n%+v", again, added)
		}
		fresh := line.Line{Settings: line.Defaults("")}
		for _, f := range line.Fields() {
			skip := f.ReadOnly || f.Kind == line.Fixed || f.Name == "AGREEMENT_ID" || f.Name == "CATEGORY_ID" || f.Name == "QUICK_ANSWERS_IBLOCK_ID"
			if !skip && f.Text(&got) == f.Text(&fresh) {
				t.Errorf("%s was not kept", f.Name)
			}
		}
		if all, err := b.lines.All(b.Context()); err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], added) {
			t.Errorf("all are %+v, %v", all, err)
		}
	})
}

// other returns a value that f takes and that is not its default.
func other(f *line.Field, now string, person int64) string {
	switch f.Kind {
	case line.Flag:
		if now == "Y" {
			return "N"
		}
		return "Y"
	case line.Number, line.Seconds:
		if strings.HasSuffix(f.Name, "BOT_ID") {
			return "77"
		}
		return "12"
	case line.Clock:
		return "7.30"
	case line.Word:
		for _, w := range f.Words {
			if w != now {
				return w
			}
		}
	case line.Days:
		return "MO,FR"
	case line.Dates:
		return "25.12,01.01"
	case line.Persons:
		return strconv.FormatInt(person, 10)
	case line.Fixed:
		return f.Off[0]
	}
	switch f.Name {
	case "WORKTIME_TIMEZONE":
		return "Europe/Berlin"
	case "LANGUAGE_ID":
		return "de"
	}
	return "Another " + f.Name
}

func TestChangesAreToldAndWrittenDown(t *testing.T) {
	run(t, func(b *bench) {
		ann := b.person("ann")
		l := b.add(func(l *line.Line) { l.Name = "Support" })
		b.clock.Advance(time.Hour)
		before, after, err := b.lines.Update(b.Context(), b.boss, l.ID, func(l *line.Line) error {
			l.Name, l.QueueTime, l.WelcomeText, l.Queue = "Help", 90*time.Second, "Hi!", []line.Entry{user1(ann)}
			return nil
		})
		if err != nil || before.Name != "Support" || after.ModifierID != b.boss.ID || !after.Modified.Equal(b.clock.Now()) {
			t.Errorf("%+v → %+v, %v", before, after, err)
		}
		if err := b.update(b.boss, l.ID, func(*line.Line) {}); err != nil { // nothing changes: nobody is told
			t.Error(err)
		}
		if err := b.lines.Delete(b.Context(), b.boss, l.ID); err != nil {
			t.Error(err)
		}
		if want := []string{"1: Support → Help", "gone: Help"}; !slices.Equal(b.told, want) {
			t.Errorf("told %q, want %q", b.told, want)
		}
		var got []string
		for _, e := range b.log.entries {
			got = append(got, e.Type+" "+e.Item+" "+e.Description)
		}
		want := []string{
			"LINE_ADDED 1 Added the open channel Support.",
			"LINE_CHANGED 1 Changed the open channel Help: Name from Support to Help; Time to answer from 60 to 90; Greeting; Queue from nothing to user " + strconv.FormatInt(ann, 10) + ".",
			"LINE_DELETED 1 Deleted the open channel Help.",
		}
		if !slices.Equal(got, want) {
			t.Errorf("the log says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestADeletedLineLeavesItsName(t *testing.T) {
	run(t, func(b *bench) {
		l := b.add(func(l *line.Line) { l.Name = "Support" })
		if err := b.lines.Delete(b.Context(), b.boss, l.ID); err != nil {
			t.Fatal(err)
		}
		_, err := b.lines.Get(b.Context(), l.ID)
		b.code(err, "LINE_NOT_FOUND")
		b.code(b.lines.Delete(b.Context(), b.boss, l.ID), "LINE_NOT_FOUND")
		b.code(b.update(b.boss, l.ID, func(*line.Line) {}), "LINE_NOT_FOUND")
		_ = b.db.Read(b.Context(), func(tx *db.Tx) error {
			names, err := b.lines.NamesTx(b.Context(), tx, []int64{l.ID, 99})
			if err != nil || len(names) != 1 || names[l.ID] != "Support" {
				t.Errorf("names are %v, %v", names, err)
			}
			return nil
		})
		if next := b.add(func(*line.Line) {}); next.ID == l.ID || next.Name != fmt.Sprintf("Open channel %d", next.ID) {
			t.Errorf("the next one is %d, %s", next.ID, next.Name)
		}
	})
}

func TestWhatWasUndoneIsNotRemembered(t *testing.T) {
	run(t, func(b *bench) {
		l := b.add(func(l *line.Line) { l.Name = "Support" })
		undo := errors.New("undo")
		err := b.db.Write(b.Context(), func(tx *db.Tx) error {
			if err := b.lines.BotRemovedTx(b.Context(), tx, 1); err != nil {
				return err
			}
			if _, err := tx.Exec(b.Context(), "UPDATE open_line SET line_name = 'Undone', stamp = stamp + 1 WHERE id = ?", l.ID); err != nil {
				return err
			}
			if seen, err := b.lines.GetTx(b.Context(), tx, l.ID); err != nil || seen.Name != "Undone" {
				t.Errorf("inside: %s, %v", seen.Name, err)
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Error(err)
		}
		if got, _ := b.lines.Get(b.Context(), l.ID); got.Name != "Support" {
			t.Errorf("afterwards it is called %s", got.Name)
		}
		got, _ := b.lines.Get(b.Context(), l.ID)
		got.WorkTime.DaysOff[0] = time.Friday // who asks owns what they get
		if again, _ := b.lines.Get(b.Context(), l.ID); again.WorkTime.DaysOff[0] == time.Friday {
			t.Error("what is remembered was changed from outside")
		}
	})
}

func TestOperatorsInTheOrderOfTheirTurn(t *testing.T) {
	run(t, func(b *bench) {
		company := b.department("Company", 0, 0)
		sales := b.department("Sales", company, 0)
		north := b.department("North", sales, 0)
		ann, bob, cem, dan := b.person("ann", north), b.person("bob", sales), b.person("cem"), b.person("dan", sales)
		gone := b.person("gone", sales)
		b.dismiss(dan)
		l := b.add(func(l *line.Line) { l.Queue = []line.Entry{user1(cem), user1(gone), dept(sales), user1(bob)} })
		b.dismiss(gone)
		err := b.db.Read(b.Context(), func(tx *db.Tx) error {
			got, err := b.lines.OperatorsTx(b.Context(), tx, l)
			if want := []int64{cem, ann, bob}; !slices.Equal(got, want) {
				t.Errorf("operators are %v, want %v", got, want)
			}
			who, _ := b.lines.QueueTx(b.Context(), tx, l)
			if want := (line.Operator{UserID: ann, DepartmentID: sales, RowID: l.Queue[2].RowID}); who[1] != want {
				t.Errorf("the second is %+v, want %+v", who[1], want)
			}
			if is, _ := b.lines.IsOperatorTx(b.Context(), tx, l, gone); is {
				t.Error("who was dismissed still answers")
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		// The line can be changed though somebody in its queue has gone; places that stay keep their numbers.
		first := l.Queue[0].RowID
		if err := b.update(b.boss, l.ID, func(l *line.Line) { l.Queue = []line.Entry{user1(gone), user1(cem)} }); err != nil {
			t.Error(err)
		}
		if l, _ = b.lines.Get(b.Context(), l.ID); len(l.Queue) != 2 || l.Queue[1].RowID != first {
			t.Errorf("the queue is %+v", l.Queue)
		}
	})
}

func TestWhoMayWhat(t *testing.T) {
	run(t, func(b *bench) {
		sales := b.department("Sales", 0, 0)
		ann, bob, other := b.person("ann", sales), b.person("bob", sales), b.person("other")
		own, err := b.lines.Add(b.Context(), user.Ref{ID: ann}, func(*line.Line) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		b.code(b.update(user.Ref{ID: bob}, own.ID, func(l *line.Line) { l.Name = "x" }), "CONFIG_WRONG_USER_PERMISSION")
		b.code(b.lines.Delete(b.Context(), user.Ref{ID: bob}, own.ID), "CONFIG_WRONG_USER_PERMISSION")
		if err := b.update(user.Ref{ID: ann}, own.ID, func(l *line.Line) { l.Name = "Mine" }); err != nil {
			t.Errorf("who added a line may not change it: %v", err)
		}
		b.dismiss(other)
		_, err = b.lines.Add(b.Context(), user.Ref{ID: other}, func(*line.Line) error { return nil })
		b.code(err, "CONFIG_WRONG_USER_PERMISSION")
		if line.MayConnect(user.Ref{ID: bob}, own) || !line.MayConnect(user.Ref{ID: bob, Access: access.ManageConnectors}, own) {
			t.Error("who may connect channels is wrong")
		}
		_ = b.db.Read(b.Context(), func(tx *db.Tx) error {
			for _, c := range []struct {
				may  access.Set
				want line.Reach
			}{
				{0, line.Reach{UserIDs: []int64{bob}}},
				{access.DepartmentLineStatistics, line.Reach{UserIDs: []int64{bob}}},
				{access.DepartmentLineHistory, line.Reach{UserIDs: []int64{bob, ann}}},
				{access.LineHistory, line.Reach{All: true}},
			} {
				got, err := b.lines.HistoryTx(b.Context(), tx, user.Ref{ID: bob, Access: c.may})
				if err != nil || !reflect.DeepEqual(got, c.want) {
					t.Errorf("with %q: %+v, want %+v (%v)", c.may, got, c.want, err)
				}
			}
			got, _ := b.lines.StatisticsTx(b.Context(), tx, user.Ref{ID: bob, Access: access.DepartmentLineStatistics})
			if !got.Has(ann) || got.Has(other) || got.Has(0) {
				t.Errorf("statistics of %+v", got)
			}
			return nil
		})
	})
}

func TestABotThatIsRemovedLeavesTheSettings(t *testing.T) {
	run(t, func(b *bench) {
		l := b.add(func(l *line.Line) {
			l.Bot.Enabled, l.Bot.ID, l.Close.BotID, l.NoAnswer.BotID = true, 77, 77, 77
		})
		untouched := b.add(func(l *line.Line) { l.Name = "Other" })
		if err := b.db.Write(b.Context(), func(tx *db.Tx) error { return b.lines.BotRemovedTx(b.Context(), tx, 77) }); err != nil {
			t.Fatal(err)
		}
		got, _ := b.lines.Get(b.Context(), l.ID)
		if got.Bot.Enabled || got.Bot.ID != 0 || got.Close.BotID != 0 || got.NoAnswer.BotID != 0 || got.ModifierID != 0 {
			t.Errorf("the settings are %+v", got.Settings)
		}
		if same, _ := b.lines.Get(b.Context(), untouched.ID); !reflect.DeepEqual(same, untouched) {
			t.Error("another line was changed")
		}
		if len(b.told) != 1 {
			t.Errorf("told %q", b.told)
		}
	})
}

// TestTextsFollowTheLanguage of a line until somebody writes their own.
func TestTextsFollowTheLanguage(t *testing.T) {
	run(t, func(b *bench) {
		ctx := b.Context()
		l, err := b.lines.Add(ctx, b.boss, func(l *line.Line) error {
			l.Language, l.Close.Text = "de", "Bis bald!"
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		if l.WelcomeText != "Guten Tag! Danke für Ihre Nachricht, gleich ist jemand für Sie da." || l.Close.Text != "Bis bald!" {
			b.Errorf("a new line says %q and %q", l.WelcomeText, l.Close.Text)
		}
		_, l, err = b.lines.Update(ctx, b.boss, l.ID, func(l *line.Line) error {
			l.Language, l.WorkTime.Rule.Text = "pl", "Zamknięte."
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		if l, err = b.lines.Get(ctx, l.ID); err != nil {
			b.Fatal(err)
		}
		if l.WelcomeText != "Dzień dobry! Dziękujemy za wiadomość, za chwilę ktoś się odezwie." || l.Close.Text != "Bis bald!" ||
			l.WorkTime.Rule.Text != "Zamknięte." || l.Vote.Widget.Ask != "Jak nam poszło?" {
			b.Errorf("in another language it says %q, %q, %q, %q", l.WelcomeText, l.Close.Text, l.WorkTime.Rule.Text, l.Vote.Widget.Ask)
		}
		if _, l, err = b.lines.Update(ctx, b.boss, l.ID, func(l *line.Line) error { l.Language = "ja"; return nil }); err != nil || l.Vote.Widget.Ask != "How did we do?" {
			b.Errorf("in a language without words it asks %q, %v", l.Vote.Widget.Ask, err)
		}
	})
}
