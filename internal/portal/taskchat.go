package portal

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/file/fileweb"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/task/comment"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/task/taskweb"
)

// taskChats keeps the chats of tasks in the messenger.
type taskChats struct{ im *im.Service }

var _ comment.Chats = taskChats{}

// CreateTx makes the chat of a task.
func (t taskChats) CreateTx(ctx context.Context, tx *db.Tx, c comment.Chat) (int64, error) {
	chat, err := t.im.CreateGroupTx(ctx, tx, im.NewGroup{
		OwnerID: c.OwnerID, Title: c.Title, MemberIDs: c.MemberIDs, EntityType: comment.EntityType, EntityID: strconv.FormatInt(c.TaskID, 10),
	})
	return chat.ID, err
}

// RetitleTx gives a chat another title.
func (t taskChats) RetitleTx(ctx context.Context, tx *db.Tx, chatID int64, title string) error {
	return t.im.RetitleTx(ctx, tx, chatID, title)
}

// SetMembersTx changes who is in a chat.
func (t taskChats) SetMembersTx(ctx context.Context, tx *db.Tx, chatID int64, add, remove []int64) error {
	return t.im.SetMembersTx(ctx, tx, chatID, add, remove)
}

// DropTx removes a chat.
func (t taskChats) DropTx(ctx context.Context, tx *db.Tx, chatID int64) error {
	return t.im.DropTx(ctx, tx, chatID)
}

// SendTx writes a message.
func (t taskChats) SendTx(ctx context.Context, tx *db.Tx, chatID, authorID int64, text string, files []int64) (int64, error) {
	m, err := t.im.SendTx(ctx, tx, im.NewMessage{ChatID: chatID, AuthorID: authorID, Text: text, Files: files})
	return m.ID, commentFault(err)
}

// RewriteTx changes a message.
func (t taskChats) RewriteTx(ctx context.Context, tx *db.Tx, actor, messageID int64, text string, files *[]int64) error {
	return commentFault(t.im.RewriteTx(ctx, tx, actor, messageID, text, files))
}

// RemoveTx removes a message.
func (t taskChats) RemoveTx(ctx context.Context, tx *db.Tx, actor, messageID int64) error {
	return commentFault(t.im.RemoveTx(ctx, tx, actor, messageID))
}

// TextsTx returns messages.
func (t taskChats) TextsTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]comment.Message, error) {
	messages, err := t.im.TextsTx(ctx, tx, ids)
	out := make(map[int64]comment.Message, len(messages))
	for id, m := range messages {
		out[id] = comment.Message{ID: id, Text: m.Text, Files: m.Extra.Files}
	}
	return out, err
}

// commentFault turns the messenger's faults into those of comments.
func commentFault(err error) error {
	switch {
	case errors.Is(err, im.ErrMessageEmpty):
		return comment.ErrEmpty
	case errors.Is(err, im.ErrFile):
		return comment.ErrFile
	case errors.Is(err, im.ErrNoMessage):
		return comment.ErrNotFound
	}
	return err
}

// taskMessages tells the comments what happens in the chats of tasks.
type taskMessages struct{ comments *comment.Service }

var (
	_ im.EntityListener = taskMessages{}
	_ im.EntityReader   = taskMessages{}
	_ im.EntityOpener   = taskMessages{}
)

// EntityChat returns the chat of a task.
func (t taskMessages) EntityChat(ctx context.Context, userID int64, entityID string) (int64, error) {
	taskID, err := strconv.ParseInt(entityID, 10, 64)
	if err != nil {
		return 0, nil //nolint:nilerr // no task's number
	}
	return t.comments.ChatFor(ctx, userID, taskID)
}

// EntityReadTx passes on how far somebody has read in the chat of a task.
func (t taskMessages) EntityReadTx(ctx context.Context, tx *db.Tx, e im.ReadEvent) error {
	taskID, err := strconv.ParseInt(e.EntityID, 10, 64)
	if err != nil {
		return nil //nolint:nilerr // a chat that an application called so
	}
	return t.comments.ReadTx(ctx, tx, comment.Reading{TaskID: taskID, ChatID: e.ChatID, UserID: e.UserID, UpTo: e.UpTo, Back: e.Back})
}

// EntityMessageTx passes on what became of a message.
func (t taskMessages) EntityMessageTx(ctx context.Context, tx *db.Tx, e im.EntityMessage) error {
	taskID, err := strconv.ParseInt(e.Chat.EntityID, 10, 64)
	if err != nil {
		return nil //nolint:nilerr // a chat that an application called so
	}
	if err := tx.Alone(); err != nil {
		return err
	}
	kinds := map[im.Happened]comment.Happened{im.Written: comment.Written, im.Rewritten: comment.Rewritten, im.Removed: comment.Removed}
	return t.comments.MessageTx(ctx, tx, comment.Event{
		Happened: kinds[e.Happened], TaskID: taskID, ChatID: e.Chat.ID, MessageID: e.Message.ID, AuthorID: e.Message.SenderID,
		Date: e.Message.Date, Mentioned: e.Mentioned, ActorID: e.ActorID,
	})
}

// cardFiles shows files on the cards of tasks.
type cardFiles struct{ files *file.Service }

var _ taskweb.Files = cardFiles{}

// CommentFiles returns the files of comments, which are messages, by comment.
func (c cardFiles) CommentFiles(ctx context.Context, comments []int64) (map[int64][]taskweb.File, error) {
	ties, err := c.files.TiesOf(ctx, file.Message, comments)
	out := map[int64][]taskweb.File{}
	for _, t := range ties {
		out[t.Place.ID] = append(out[t.Place.ID], shownFile(t.File))
	}
	return out, err
}

// TaskFiles returns files of a task.
func (c cardFiles) TaskFiles(ctx context.Context, taskID int64, ids []int64) (map[int64]taskweb.File, error) {
	return c.at(ctx, file.Place{Entity: taskfile.Entity, ID: taskID}, ids)
}

// TemplateFiles returns files of a template.
func (c cardFiles) TemplateFiles(ctx context.Context, templateID int64, ids []int64) (map[int64]taskweb.File, error) {
	return c.at(ctx, templatePlace(templateID), ids)
}

// Keep stores a content on the user's own drive.
func (c cardFiles) Keep(ctx context.Context, userID int64, name string, content io.Reader) (int64, error) {
	n, err := c.files.KeepUpload(ctx, file.Actor{UserID: userID}, name, content)
	return n.ID, err
}

// UploadFolder returns the folder of the user's own drive in which Keep stores.
func (c cardFiles) UploadFolder(ctx context.Context, userID int64) (int64, error) {
	n, err := c.files.UploadFolder(ctx, file.Actor{UserID: userID})
	return n.ID, err
}

func (c cardFiles) at(ctx context.Context, p file.Place, ids []int64) (map[int64]taskweb.File, error) {
	ties, err := c.files.Ties(ctx, p, ids)
	out := make(map[int64]taskweb.File, len(ties))
	for _, t := range ties {
		out[t.File.ID] = shownFile(t.File)
	}
	return out, err
}

func shownFile(n file.Node) taskweb.File {
	return taskweb.File{Name: n.Name, Size: fileweb.SizeText(n.Size), URL: fileweb.URL(n.ID), Preview: fileweb.PreviewURL(n, file.SmallPreview)}
}

// Archive writes files of a task as one archive, as they are: most of them are packed already.
func (c cardFiles) Archive(ctx context.Context, taskID int64, ids []int64, w io.Writer) error {
	ties, err := c.files.Ties(ctx, file.Place{Entity: taskfile.Entity, ID: taskID}, ids)
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	taken := map[string]bool{}
	for _, t := range ties {
		if err := c.pack(ctx, z, t.File, unusedName(taken, t.File.Name)); err != nil {
			return fmt.Errorf("pack file %d: %w", t.File.ID, err)
		}
	}
	return z.Close()
}

func (c cardFiles) pack(ctx context.Context, z *zip.Writer, n file.Node, name string) error {
	content, err := c.files.Open(ctx, n)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	to, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: n.Updated})
	if err == nil {
		_, err = io.Copy(to, content)
	}
	return err
}

// unusedName returns a name for a file in an archive that no other one there has, whatever its letters' case.
func unusedName(taken map[string]bool, name string) string {
	name = strings.NewReplacer("/", "_", "\\", "_").Replace(name)
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	for n := 2; taken[strings.ToLower(name)]; n++ {
		name = fmt.Sprintf("%s (%d)%s", stem, n, ext)
	}
	taken[strings.ToLower(name)] = true
	return name
}
