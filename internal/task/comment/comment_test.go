package comment_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/comment"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/user"
)

var (
	today                     = time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC)
	anna, ben, cleo, dan, eve = user.Ref{ID: 1}, user.Ref{ID: 2}, user.Ref{ID: 3}, user.Ref{ID: 4}, user.Ref{ID: 5}
	root                      = user.Ref{ID: 9, Admin: true}
)

// world stands in for what surrounds tasks: users 1 to 9, of whom 8 is dismissed and 9 an administrator.
type world struct {
	events []string
	hints  []string // of tasks, by whom they were for
}

func (w *world) Many(ctx context.Context, ids []int64) (map[int64]user.User, error) {
	return w.ManyTx(ctx, nil, ids)
}

func (*world) ManyTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]user.User, error) {
	out := map[int64]user.User{}
	names := []string{"", "Anna", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hal", "Root"}
	for _, id := range ids {
		if id >= 1 && id <= 9 {
			out[id] = user.User{ID: id, Active: id != 8, Admin: id == 9, FirstName: names[id], Kind: user.Employee}
		}
	}
	return out, nil
}

func (*world) Thumbnail(context.Context, []byte, int) (user.Avatar, error) { return user.Avatar{}, nil }

func (w *world) EmitTx(_ context.Context, tx *db.Tx, name string, userID int64, data phpform.Value) error {
	line := fmt.Sprintf("%s %d %s", name, userID, phpform.AppendJSON(nil, data))
	tx.AfterCommit(func() { w.events = append(w.events, line) })
	return nil
}

func (w *world) Publish(people []int64, event string, data any) {
	if h, ok := data.(task.Hint); ok {
		w.hints = append(w.hints, fmt.Sprintf("%s %v %+v", event, people, h))
	}
}

// chats are the messenger as the portal connects it, without files.
type chats struct{ im *im.Service }

func (c chats) CreateTx(ctx context.Context, tx *db.Tx, x comment.Chat) (int64, error) {
	chat, err := c.im.CreateGroupTx(ctx, tx, im.NewGroup{
		OwnerID: x.OwnerID, Title: x.Title, MemberIDs: x.MemberIDs, EntityType: comment.EntityType, EntityID: strconv.FormatInt(x.TaskID, 10),
	})
	return chat.ID, err
}

func (c chats) RetitleTx(ctx context.Context, tx *db.Tx, id int64, title string) error {
	return c.im.RetitleTx(ctx, tx, id, title)
}

func (c chats) SetMembersTx(ctx context.Context, tx *db.Tx, id int64, add, remove []int64) error {
	return c.im.SetMembersTx(ctx, tx, id, add, remove)
}

func (c chats) DropTx(ctx context.Context, tx *db.Tx, id int64) error {
	return c.im.DropTx(ctx, tx, id)
}

func (c chats) SendTx(ctx context.Context, tx *db.Tx, id, author int64, text string, _ []int64) (int64, error) {
	m, err := c.im.SendTx(ctx, tx, im.NewMessage{ChatID: id, AuthorID: author, Text: text})
	return m.ID, err
}

func (c chats) RewriteTx(ctx context.Context, tx *db.Tx, actor, id int64, text string, files *[]int64) error {
	return c.im.RewriteTx(ctx, tx, actor, id, text, files)
}

func (c chats) RemoveTx(ctx context.Context, tx *db.Tx, actor, id int64) error {
	return c.im.RemoveTx(ctx, tx, actor, id)
}

func (c chats) TextsTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]comment.Message, error) {
	messages, err := c.im.TextsTx(ctx, tx, ids)
	out := map[int64]comment.Message{}
	for id, m := range messages {
		out[id] = comment.Message{ID: id, Text: m.Text}
	}
	return out, err
}

// ear connects the messenger with the comments.
type ear struct{ comments *comment.Service }

func (e ear) EntityMessageTx(ctx context.Context, tx *db.Tx, x im.EntityMessage) error {
	taskID, _ := strconv.ParseInt(x.Chat.EntityID, 10, 64)
	return e.comments.MessageTx(ctx, tx, comment.Event{
		Happened: comment.Happened(x.Happened), TaskID: taskID, ChatID: x.Chat.ID, MessageID: x.Message.ID, AuthorID: x.Message.SenderID,
		Date: x.Message.Date, Mentioned: x.Mentioned, ActorID: x.ActorID,
	})
}

func (e ear) EntityReadTx(ctx context.Context, tx *db.Tx, x im.ReadEvent) error {
	taskID, _ := strconv.ParseInt(x.EntityID, 10, 64)
	return e.comments.ReadTx(ctx, tx, comment.Reading{TaskID: taskID, ChatID: x.ChatID, UserID: x.UserID, UpTo: x.UpTo, Back: x.Back})
}

type bench struct {
	*comment.Service
	*world
	t     *testing.T
	clock *clock.Manual
	tasks *task.Service
	im    *im.Service
	task  int64
}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	t.Parallel()
	dbtest.Run(t, []db.Schema{im.Schema(), record.Schema(), task.Schema(), comment.Schema()}, func(t *testing.T, d *db.DB) {
		b := &bench{t: t, world: &world{}, clock: clock.NewManual(today)}
		b.tasks = task.NewService(task.Config{DB: d, Clock: b.clock, Users: b.world, Events: b.world, Live: b.world})
		b.im = im.New(im.Config{DB: d, Clock: b.clock, Users: b.world, GeneralTitle: "General"})
		b.Service = comment.NewService(comment.Config{DB: d, Clock: b.clock, Tasks: b.tasks, Users: b.world, Events: b.world, Chats: chats{b.im}})
		b.im.SetEntityListener(comment.EntityType, ear{b.Service})
		b.tasks.SetParts(b.Service)
		x, err := b.tasks.Create(t.Context(), anna, task.Task{Title: "Move house", ResponsibleID: ben.ID, Auditors: []int64{dan.ID, 8}})
		if err != nil {
			t.Fatal(err)
		}
		b.task, b.events = x.ID, nil
		test(t, b)
	})
}

func (b *bench) add(actor user.Ref, text string) int64 {
	b.t.Helper()
	id, err := b.Add(b.t.Context(), actor, comment.New{TaskID: b.task, Text: text})
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// texts are the comments, the oldest first.
func (b *bench) texts(q comment.Query) string {
	b.t.Helper()
	list, err := b.List(b.t.Context(), anna, b.task, q)
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, c := range list {
		out = append(out, fmt.Sprintf("%d %s", c.AuthorID, c.Text))
	}
	return strings.Join(out, ", ")
}

func (b *bench) members(chatID int64) (ids []int64) {
	b.t.Helper()
	list, err := b.im.Members(b.t.Context(), anna.ID, chatID)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range list {
		ids = append(ids, m.UserID)
	}
	return ids
}

func is(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("error %v, want %v", got, want)
	}
}

func TestCommentsAreMessages(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		first := b.add(ben, "Is the van here?")
		chatID, err := b.ChatID(ctx, dan, b.task)
		if err != nil {
			t.Fatal(err)
		}
		chat, err := b.im.Get(ctx, ben.ID, chatID)
		if err != nil || chat.Title != "Move house" || chat.EntityType != "TASKS_TASK" || chat.OwnerID != anna.ID {
			t.Errorf("%+v %v", chat, err)
		}
		if got := b.members(chatID); !slices.Equal(got, []int64{1, 2, 4}) {
			t.Errorf("members %v", got)
		}
		answer, err := b.im.Send(ctx, im.NewMessage{ChatID: chatID, AuthorID: anna.ID, Text: "It is", ReplyID: first})
		if err != nil {
			t.Fatal(err)
		}
		text := "It is!"
		if err := b.im.Update(ctx, anna.ID, answer.ID, im.Change{Text: &text}); err != nil {
			t.Fatal(err)
		}
		if got := b.texts(comment.Query{}); got != "1 It is!, 2 Is the van here?" {
			t.Errorf("comments %s", got)
		}
		if err := b.im.Delete(ctx, anna.ID, answer.ID, false); err != nil {
			t.Fatal(err)
		}
		if got := b.texts(comment.Query{}); got != "2 Is the van here?" {
			t.Errorf("comments %s", got)
		}
		want := []string{
			fmt.Sprintf(`ONTASKCOMMENTADD 2 {"FIELDS_BEFORE":"undefined","FIELDS_AFTER":{"ID":0,"TASK_ID":%d,"MESSAGE_ID":%d},`, b.task, first),
			fmt.Sprintf(`ONTASKCOMMENTADD 1 {"FIELDS_BEFORE":"undefined","FIELDS_AFTER":{"ID":0,"TASK_ID":%d,"MESSAGE_ID":%d},`, b.task, answer.ID),
			fmt.Sprintf(`ONTASKCOMMENTUPDATE 1 {"FIELDS_BEFORE":{"ID":%[2]d,"TASK_ID":%[1]d},"FIELDS_AFTER":{"ID":%[2]d,"TASK_ID":%[1]d,"ACTION":"EDIT"},`, b.task, answer.ID),
			fmt.Sprintf(`ONTASKCOMMENTDELETE 1 {"FIELDS_BEFORE":{"ID":%[2]d,"TASK_ID":%[1]d},"FIELDS_AFTER":{"ID":%[2]d,"TASK_ID":%[1]d,"ACTION":"DEL"},`, b.task, answer.ID),
		}
		const end = `"IS_ACCESSIBLE_BEFORE":"undefined","IS_ACCESSIBLE_AFTER":"undefined"}`
		if len(b.events) != len(want) {
			t.Fatalf("events %q", b.events)
		}
		for i := range want {
			if b.events[i] != want[i]+end {
				t.Errorf("event %s\nwant  %s", b.events[i], want[i]+end)
			}
		}
		list, err := b.tasks.List(ctx, anna, record.Query{Fields: []*record.Field{b.tasks.Records().Entity().Field("COMMENTS_COUNT")}})
		if err != nil || list.Rows[0][0] != int64(1) {
			t.Errorf("%v %v", list.Rows, err)
		}
	})
}

func TestTheChatFollowsTheTask(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.add(ben, "Hello")
		chatID, _ := b.ChatID(ctx, ben, b.task)
		title, auditors := "Move out", []int64{cleo.ID}
		if _, err := b.tasks.Update(ctx, anna, b.task, task.Change{Title: &title, Auditors: &auditors}); err != nil {
			t.Fatal(err)
		}
		chat, err := b.im.Get(ctx, cleo.ID, chatID)
		if err != nil || chat.Title != "Move out" {
			t.Errorf("%+v %v", chat, err)
		}
		b.add(cleo, "[USER=6]Finn[/USER] and [USER=8]Hal[/USER], look")
		if got := b.members(chatID); !slices.Equal(got, []int64{1, 2, 3, 6}) {
			t.Errorf("members %v", got)
		}
		x, _ := b.tasks.Get(ctx, anna, b.task)
		if !slices.Equal(x.Auditors, []int64{3, 6}) {
			t.Errorf("who is mentioned watches: %v", x.Auditors)
		}
		if err := b.im.Leave(ctx, ben.ID, chatID); err != nil {
			t.Fatal(err)
		}
		b.add(ben, "back again")
		if err := b.tasks.Delete(ctx, anna, b.task); err != nil {
			t.Fatal(err)
		}
		_, err = b.im.Get(ctx, anna.ID, chatID)
		is(t, err, im.ErrNoChat)
	})
}

func TestWhoHasAPartGetsTheChat(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		none := func(who user.Ref, taskID int64) {
			t.Helper()
			if id, err := b.ChatFor(ctx, who.ID, taskID); id != 0 || err != nil {
				t.Errorf("%d gets the chat %d, %v", who.ID, id, err)
			}
		}
		none(eve, b.task)
		none(ben, 4711)
		id, err := b.ChatFor(ctx, ben.ID, b.task)
		if err != nil || id == 0 {
			t.Fatal(id, err)
		}
		all, err := b.ChatIDs(ctx, []int64{4711, b.task, b.task})
		if err != nil || len(all) != 1 || all[b.task] != id {
			t.Errorf("chats %v, want %d, %v", all, id, err)
		}
		if got := b.members(id); !slices.Equal(got, []int64{1, 2, 4}) {
			t.Errorf("members %v", got)
		}
		if again, err := b.ChatFor(ctx, eve.ID, b.task); again != id || err != nil {
			t.Errorf("a chat that is there: %d, %v", again, err) // who is in it decides the messenger
		}
	})
}

func TestWhoMayWrite(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		id := b.add(ben, "mine")
		add := func(actor user.Ref, author int64) error {
			_, err := b.Add(ctx, actor, comment.New{TaskID: b.task, AuthorID: author, Text: "x"})
			return err
		}
		is(t, add(eve, 0), task.ErrNotFound)
		is(t, add(ben, eve.ID), comment.ErrAuthor)
		is(t, add(ben, 8), comment.ErrAuthor)
		is(t, add(ben, anna.ID), nil)
		is(t, add(root, 0), nil)
		is(t, b.Update(ctx, anna, b.task, id, "yours", nil), comment.ErrDenied)
		is(t, b.Update(ctx, ben, b.task, id, " ", nil), comment.ErrEmpty)
		is(t, b.Update(ctx, ben, b.task, 4711, "x", nil), comment.ErrNotFound)
		b.clock.Advance(30 * 24 * time.Hour)
		is(t, b.Update(ctx, ben, b.task, id, "still mine", nil), nil)
		is(t, b.Delete(ctx, dan, b.task, id), comment.ErrDenied)
		is(t, b.Delete(ctx, root, b.task, id), nil)
		is(t, b.Delete(ctx, root, b.task, id), comment.ErrNotFound)
		for actor, want := range map[user.Ref]bool{dan: true, eve: false} {
			if may, err := b.May(ctx, actor, b.task, 0, comment.ToAdd); may != want || err != nil {
				t.Errorf("%d may add: %v %v", actor.ID, may, err)
			}
		}
	})
}

func TestListsAreSortedAndFiltered(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.add(dan, "a")
		b.add(anna, "b")
		if _, err := b.Add(t.Context(), ben, comment.New{TaskID: b.task, Text: "c", Posted: today.Add(-48 * time.Hour)}); err != nil {
			t.Fatal(err)
		}
		for want, q := range map[string]comment.Query{
			"2 c, 4 a, 1 b": {Order: []part.Order{{Name: "POST_DATE"}, {Name: "ID"}}},
			"4 a, 2 c, 1 b": {Order: []part.Order{{Name: "AUTHOR_NAME", Desc: true}}},
			"1 b, 4 a":      {Filter: []part.Condition{{Name: "AUTHOR_NAME", Not: true, Values: []any{"Ben"}}}},
			"2 c, 4 a":      {Filter: []part.Condition{{Name: "AUTHOR_NAME", Op: part.Greater, Values: []any{"Anna"}}}},
			"2 c":           {Filter: []part.Condition{{Name: "POST_DATE", Op: part.Less, Values: []any{today}}}},
			"":              {Filter: []part.Condition{{Name: "AUTHOR_NAME", Values: []any{"Nobody"}}}},
		} {
			if got := b.texts(q); got != want {
				t.Errorf("%+v: %s, want %s", q, got, want)
			}
		}
	})
}

func TestAChatThatOnlyCallsItselfATaskIsNone(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.add(ben, "real")
		chat, err := b.im.CreateGroup(ctx, im.NewGroup{OwnerID: eve.ID, Title: "Fake", EntityType: comment.EntityType, EntityID: strconv.FormatInt(b.task, 10)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.im.Send(ctx, im.NewMessage{ChatID: chat.ID, AuthorID: eve.ID, Text: "forged"}); err != nil {
			t.Fatal(err)
		}
		if got := b.texts(comment.Query{}); got != "2 real" {
			t.Errorf("comments %s", got)
		}
	})
}
