package imweb_test

import (
	"context"
	"testing"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/file/fileweb"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// withFiles gives the bench a file area, tied to the messenger as in a portal.
func (b *bench) withFiles(t testing.TB, clk clock.Clock) {
	b.files = file.New(file.Config{
		DB: b.d, Clock: clk, Store: blob.NewFolder(t.TempDir()), Settings: setting.New(b.d, clk), People: people{b.users},
		Key:      []byte("a key for links, thirty-two bytes"),
		Entities: map[string]file.Entity{file.Chat: chatEntity{b.im}, file.Message: messageEntity{b.im}},
	})
	b.im.SetFiles(chatFiles{b})
}

var fileSchemas = []db.Schema{file.Schema(), setting.Schema(), audit.Schema()}

type people struct{ users *user.Service }

func (p people) PersonTx(ctx context.Context, tx *db.Tx, id int64) (file.Person, error) {
	u, err := p.users.BriefTx(ctx, tx, id)
	return file.Person{Name: u.Name, Active: u.Active, Admin: u.Admin, Employee: u.Kind == user.Employee}, err
}

func (p people) CodesTx(context.Context, *db.Tx, int64) ([]string, error) { return nil, nil }

func (p people) Names(ctx context.Context, ids []int64) (map[int64]string, error) {
	users, err := p.users.Many(ctx, ids)
	out := map[int64]string{}
	for id, u := range users {
		out[id] = u.DisplayName()
	}
	return out, err
}

type chatEntity struct{ im *im.Service }

func (c chatEntity) MayReadTx(ctx context.Context, tx *db.Tx, userID, chatID int64) (bool, error) {
	return c.im.IsMemberTx(ctx, tx, userID, chatID)
}

type messageEntity struct{ im *im.Service }

func (m messageEntity) MayReadTx(ctx context.Context, tx *db.Tx, userID, messageID int64) (bool, error) {
	return m.im.IsVisibleTx(ctx, tx, userID, messageID)
}

// chatFiles ties the files to the messenger, and the upload to the chats.
type chatFiles struct{ b *bench }

func (c chatFiles) OpenDialog(ctx context.Context, dialogID string, viewer int64) (int64, error) {
	chat, err := c.b.im.OpenDialog(ctx, dialogID, viewer)
	return chat.ID, err
}

func (c chatFiles) ReleaseTx(ctx context.Context, tx *db.Tx, messageID int64, ids []int64) error {
	return c.b.files.ReleaseTx(ctx, tx, file.Place{Entity: file.Message, ID: messageID}, ids)
}

func (c chatFiles) AttachTx(ctx context.Context, tx *db.Tx, messageID, authorID int64, ids []int64) error {
	_, err := c.b.files.AttachTx(ctx, tx, file.Actor{UserID: authorID}, file.Place{Entity: file.Message, ID: messageID}, ids)
	if err != nil {
		return im.ErrFile
	}
	return nil
}

func (c chatFiles) Describe(ctx context.Context, ids []int64) (map[int64]im.File, error) {
	nodes, err := c.b.files.Many(ctx, ids)
	out := make(map[int64]im.File, len(nodes))
	for id, n := range nodes {
		f := im.File{
			ID: id, AuthorID: n.CreatedBy, Name: n.Name, Size: n.Size, Type: string(n.Kind()), MIME: n.Type, Created: n.Created,
			Width: n.Width, Height: n.Height, Duration: n.Duration, Voice: n.Voice, Wave: n.Wave, Lies: n.Lies(),
			URL: fileweb.URL(id), ShowURL: fileweb.ShowURL(n), DownloadURL: fileweb.DownloadURL(id),
			PreviewURL: fileweb.PreviewURL(n, file.MediumPreview),
		}
		f.PreviewWidth, f.PreviewHeight = n.PreviewSize(file.MediumPreview)
		out[id] = f
	}
	return out, err
}
