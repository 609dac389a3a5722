package portal

import (
	"context"
	"io"
	"net/http"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task/taskweb"
)

// Execute calls a method as a page of the portal does.
func Execute(ctx context.Context, p *Portal, who rest.Principal, method string, params phpform.Value) rest.Answer {
	return p.rest.Execute(ctx, who, "10.0.0.9", method, params)
}

// Fetch reads what is outside with a client.
func Fetch(ctx context.Context, client func(context.Context) (*http.Client, error), address string, limit int64) ([]byte, error) {
	return fetcher{client}.Fetch(ctx, address, limit)
}

// FilesOnCard returns the files of a comment as the card of its task shows them.
func (p *Portal) FilesOnCard(ctx context.Context, comment int64) ([]taskweb.File, error) {
	files, err := cardFiles{p.Files}.CommentFiles(ctx, []int64{comment})
	return files[comment], err
}

// ArchiveOfTask writes files of a task as one archive.
func (p *Portal) ArchiveOfTask(ctx context.Context, taskID int64, ids []int64, w io.Writer) error {
	return cardFiles{p.Files}.Archive(ctx, taskID, ids, w)
}

// MailNotices tell of mailboxes.
func MailNotices(p *Portal) mailbox.Notices { return mailNotices{p} }

// Told is what people are told of a message that carries files.
func (p *Portal) Told(ctx context.Context, m im.Message) (told notify.ChatMessage, err error) {
	err = p.DB.Read(ctx, func(tx *db.Tx) error {
		told, err = p.chatMessageTx(ctx, tx, im.LiveMessage{ID: m.ID, ChatID: m.ChatID, Text: m.Text, Files: len(m.Extra.Files)})
		return err
	})
	return told, err
}
