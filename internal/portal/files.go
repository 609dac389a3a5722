package portal

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/file/filerest"
	"github.com/portico-hq/portico/internal/file/fileweb"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/user"
)

// wireFiles makes the file area and connects it with the messenger.
func (p *Portal) wireFiles() {
	c := p.config
	p.Files = file.New(file.Config{
		DB: p.DB, Clock: c.Clock, Store: c.Blobs, Settings: p.Settings, People: filePeople{p.Users}, Key: c.Key, Audit: p.Audit, Log: c.Log,
		Entities: map[string]file.Entity{
			taskfile.Entity: filesOfTasks{p}, task.EntityName: filesOfTasks{p}, user.Entity: filesOfPeople{p.Users}, itemEntities[checklist.OfTask]: filesOfItems{p, checklist.OfTask},
			itemEntities[checklist.OfTemplate]: filesOfItems{p, checklist.OfTemplate}, templateEntity: filesOfTemplates{p},
			file.Chat: chatFiles{im: p.IM}, file.Message: messageFiles{p},
		},
	})
	p.IM.SetFiles(chatFiles{p.Files, p.IM})
}

// defaultBlobs keeps the contents of files beside the portal's database, where that is a file.
func defaultBlobs(c db.Config) blob.Store {
	if c.Path == "" {
		return blob.None{}
	}
	return blob.NewFolder(filepath.Join(filepath.Dir(c.Path), blob.FolderName))
}

// filePeople tells the file area who people are.
type filePeople struct{ users *user.Service }

var (
	_ file.People    = filePeople{}
	_ fileweb.People = filePeople{}

	_ filerest.People = filePeople{}
)

// PersonTx returns a user.
func (f filePeople) PersonTx(ctx context.Context, tx *db.Tx, id int64) (file.Person, error) {
	b, err := f.users.BriefTx(ctx, tx, id)
	if errors.Is(err, user.ErrNotFound) {
		return file.Person{}, nil
	}
	return file.Person{Name: b.Name, Active: b.Active, Admin: b.Admin, Employee: b.Kind == user.Employee}, err
}

// CodesTx returns the access codes of a user's departments.
func (f filePeople) CodesTx(ctx context.Context, tx *db.Tx, id int64) ([]string, error) {
	return f.users.DepartmentCodesTx(ctx, tx, id)
}

// Names returns how those of ids who exist are called.
func (f filePeople) Names(ctx context.Context, ids []int64) (map[int64]string, error) {
	users, err := f.users.Many(ctx, ids)
	out := make(map[int64]string, len(users))
	for id, u := range users {
		out[id] = u.DisplayName()
	}
	return out, err
}

// chatFiles ties the files to the messenger.
type chatFiles struct {
	files *file.Service
	im    *im.Service
}

var (
	_ file.Entity   = chatFiles{}
	_ im.Files      = chatFiles{}
	_ fileweb.Chats = chatFiles{}
	_ im.TextFinder = chatFiles{}

	_ filerest.Chats = chatFiles{}
)

// MayReadTx reports whether a user is a member of a chat.
func (c chatFiles) MayReadTx(ctx context.Context, tx *db.Tx, userID, chatID int64) (bool, error) {
	return c.im.IsMemberTx(ctx, tx, userID, chatID)
}

// messageFiles says who may see the files of messages.
type messageFiles struct{ portal *Portal }

var _ file.Entity = messageFiles{}

// MayReadTx reports whether a user may see a message: in the messenger, in a conversation with a client that they may read without being
// in its chat, or as the comment of a task.
func (m messageFiles) MayReadTx(ctx context.Context, tx *db.Tx, userID, messageID int64) (bool, error) {
	if ok, err := m.portal.IM.IsVisibleTx(ctx, tx, userID, messageID); ok || err != nil {
		return ok, err
	}
	if ok, err := m.portal.readableTx(ctx, tx, userID, messageID, m.readsAlongTx); ok || err != nil {
		return ok, err
	}
	return m.portal.readableTx(ctx, tx, userID, messageID, m.portal.Comments.MayReadTx)
}

// readsAlongTx reports whether somebody may read the conversation with a client to which a message belongs, whether or not they are in
// its chat.
func (m messageFiles) readsAlongTx(ctx context.Context, tx *db.Tx, who user.Ref, messageID int64) (bool, error) {
	chat, err := m.portal.IM.ChatOfTx(ctx, tx, messageID)
	if err != nil || chat == 0 {
		return false, err
	}
	if _, err := m.portal.Conversations.LastTx(ctx, tx, chat); errors.Is(err, openline.ErrNoSession) {
		return false, nil // a chat of colleagues
	} else if err != nil {
		return false, err
	}
	sc, err := m.portal.Conversations.ScopeTx(ctx, tx, who)
	if err != nil {
		return false, err
	}
	readable, err := m.portal.Conversations.ReadableTx(ctx, tx, sc, []openline.Spot{{MessageID: messageID, ChatID: chat}})
	return len(readable) > 0, err
}

// OpenDialog returns the chat that a dialog id names.
func (c chatFiles) OpenDialog(ctx context.Context, dialogID string, viewer int64) (int64, error) {
	chat, err := c.im.OpenDialog(ctx, dialogID, viewer)
	return chat.ID, err
}

// AttachTx lets those who may see a message see its files.
func (c chatFiles) AttachTx(ctx context.Context, tx *db.Tx, messageID, authorID int64, ids []int64) error {
	_, err := c.files.AttachTx(ctx, tx, file.Actor{UserID: authorID}, file.Place{Entity: file.Message, ID: messageID}, ids)
	if k := fault.KindOf(err); err != nil && k != fault.Internal {
		return im.ErrFile
	}
	return err
}

// MessagesWithTextTx returns messages that carry documents with words in them.
func (c chatFiles) MessagesWithTextTx(ctx context.Context, tx *db.Tx, text string, after, before int64, oldest bool) ([]int64, bool, error) {
	return c.files.MessagesWithTextTx(ctx, tx, text, after, before, oldest)
}

// ReleaseTx takes away the files of a message that is removed.
func (c chatFiles) ReleaseTx(ctx context.Context, tx *db.Tx, messageID int64, ids []int64) error {
	return c.files.ReleaseTx(ctx, tx, file.Place{Entity: file.Message, ID: messageID}, ids)
}

// Describe returns what is shown of files.
func (c chatFiles) Describe(ctx context.Context, ids []int64) (map[int64]im.File, error) {
	nodes, err := c.files.Many(ctx, ids)
	out := make(map[int64]im.File, len(nodes))
	for id, n := range nodes {
		out[id] = imFile(n)
	}
	return out, err
}

// imFile is a file as the messenger shows it.
func imFile(n file.Node) im.File {
	f := im.File{
		ID: n.ID, ChatID: n.ChatOf(), AuthorID: n.CreatedBy, Name: n.Name, Size: n.Size, Type: shownAs(n), MIME: n.Type, Created: n.Created,
		Width: n.Width, Height: n.Height, Duration: n.Duration, Voice: n.Voice, Wave: n.Wave, Lies: n.Lies(),
		URL: fileweb.URL(n.ID), ShowURL: fileweb.ShowURL(n), DownloadURL: fileweb.DownloadURL(n.ID),
		PreviewURL: fileweb.PreviewURL(n, file.MediumPreview),
	}
	f.PreviewWidth, f.PreviewHeight = n.PreviewSize(file.MediumPreview)
	return f
}

// shownAs is how the messenger shows a file.
func shownAs(n file.Node) string {
	switch k := n.Kind(); k {
	case file.Picture, file.Video, file.Audio:
		return string(k)
	}
	return string(file.Other)
}

// Send sends a message with files. An inner one is not for the client of an open channel.
func (c chatFiles) Send(ctx context.Context, chatID, author int64, text string, ids []int64, inner bool) (int64, error) {
	if inner {
		chat, err := c.im.Get(ctx, author, chatID)
		if err != nil {
			return 0, err
		}
		inner = chat.Type == im.Lines
	}
	m, err := c.im.Send(ctx, im.NewMessage{ChatID: chatID, AuthorID: author, Text: text, Files: ids, Inner: inner})
	return m.ID, err
}

// RemoveFile removes the messages of a chat by which actor sent a file and nothing else.
func (c chatFiles) RemoveFile(ctx context.Context, actor, chatID, fileID int64) error {
	messages, err := c.files.PlacesOf(ctx, fileID, file.Message)
	if err != nil {
		return err
	}
	for _, id := range messages {
		m, _, err := c.im.Message(ctx, actor, id)
		if errors.Is(err, im.ErrNoMessage) {
			continue
		}
		if err != nil {
			return err
		}
		alone := m.Text == "" && len(m.Extra.Attach) == 0 && len(m.Extra.Files) == 1
		if m.ChatID != chatID || m.SenderID != actor || !m.Deleted.IsZero() || !alone {
			continue
		}
		if err := c.im.Delete(ctx, actor, id, false); err != nil {
			return err
		}
	}
	return nil
}

// fileMethods is what the methods of files need.
func (p *Portal) fileMethods() filerest.Config {
	return filerest.Config{Chats: chatFiles{p.Files, p.IM}, People: filePeople{p.Users}, PublicURL: p.publicURL}
}
