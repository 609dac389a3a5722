package partrest_test

import (
	"context"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task/comment"
	"github.com/portico-hq/portico/internal/task/partrest"
	"github.com/portico-hq/portico/internal/task/taskfile"
)

// messenger stands in for the messenger: it keeps messages in memory and tells the comments of them. The file 7 is anybody's.
type messenger struct {
	comments *comment.Service
	now      func() time.Time
	tasks    map[int64]int64 // the tasks of the chats
	messages map[int64]comment.Message
	authors  map[int64]int64
	chats    map[int64]int64 // of the messages
}

func newMessenger(now func() time.Time) *messenger {
	return &messenger{
		now: now, tasks: map[int64]int64{}, messages: map[int64]comment.Message{}, authors: map[int64]int64{}, chats: map[int64]int64{},
	}
}

func (m *messenger) CreateTx(_ context.Context, _ *db.Tx, c comment.Chat) (int64, error) {
	id := int64(len(m.tasks)) + 50
	m.tasks[id] = c.TaskID
	return id, nil
}

func (*messenger) RetitleTx(context.Context, *db.Tx, int64, string) error { return nil }

func (*messenger) SetMembersTx(context.Context, *db.Tx, int64, []int64, []int64) error { return nil }

func (*messenger) DropTx(context.Context, *db.Tx, int64) error { return nil }

func (m *messenger) SendTx(ctx context.Context, tx *db.Tx, chatID, author int64, text string, files []int64) (int64, error) {
	if slices.ContainsFunc(files, func(id int64) bool { return id != 7 }) {
		return 0, comment.ErrFile
	}
	id := int64(len(m.messages)) + 100
	m.messages[id], m.authors[id], m.chats[id] = comment.Message{ID: id, Text: text, Files: files}, author, chatID
	return id, m.tell(ctx, tx, comment.Written, id, author)
}

func (m *messenger) tell(ctx context.Context, tx *db.Tx, h comment.Happened, id, actor int64) error {
	return m.comments.MessageTx(ctx, tx, comment.Event{
		Happened: h, TaskID: m.tasks[m.chats[id]], ChatID: m.chats[id], MessageID: id, AuthorID: m.authors[id], Date: m.now(), ActorID: actor,
	})
}

func (m *messenger) RewriteTx(ctx context.Context, tx *db.Tx, actor, id int64, text string, files *[]int64) error {
	x := m.messages[id]
	x.Text = text
	if files != nil {
		x.Files = *files
	}
	m.messages[id] = x
	return m.tell(ctx, tx, comment.Rewritten, id, actor)
}

func (m *messenger) RemoveTx(ctx context.Context, tx *db.Tx, actor, id int64) error {
	return m.tell(ctx, tx, comment.Removed, id, actor)
}

func (m *messenger) TextsTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]comment.Message, error) {
	out := map[int64]comment.Message{}
	for _, id := range ids {
		out[id] = m.messages[id]
	}
	return out, nil
}

// files is the file area with one file.
type files struct {
	items *itemFiles
	tasks map[int64][]taskfile.Tie
}

// CommentAttachments gives each comment the file.
func (*files) CommentAttachments(_ context.Context, comments []int64) (map[int64][]partrest.Attachment, error) {
	out := map[int64][]partrest.Attachment{}
	for _, id := range comments {
		out[id] = []partrest.Attachment{{
			ID: 20 + id, FileID: 7, Name: "plan.png", Size: 1234, DownloadURL: "https://portal.example/file/7/download", ViewURL: "https://portal.example/file/7/show",
		}}
	}
	return out, nil
}

func (*files) Attachments(_ context.Context, _ int64, p partrest.Place, ids []int64) (map[int64]partrest.Attachment, error) {
	if !slices.Contains(ids, 7) {
		return nil, nil
	}
	return map[int64]partrest.Attachment{7: {
		ID: 70 + p.ID, FileID: 7, Name: "plan.png", Size: 1234, DownloadURL: "https://portal.example/file/7/download", ViewURL: "https://portal.example/file/7/show",
	}}, nil
}
