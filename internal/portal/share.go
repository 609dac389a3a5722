package portal

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/bot/botv2"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/file/filerest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imrest"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/task"
)

// presence tells the messenger's methods what people let others know of themselves.
type presence struct{ notify *notify.Service }

var _ imrest.Presence = presence{}

// Statuses returns what others see of people.
func (p presence) Statuses(ctx context.Context, userIDs []int64) (map[int64]imrest.Status, error) {
	all, err := p.notify.Presence(ctx, userIDs)
	out := make(map[int64]imrest.Status, len(all))
	for id, v := range all {
		out[id] = imrest.Status{Chosen: string(v.Status.Shown()), Idle: v.Idle}
	}
	return out, err
}

// secondPresence tells the bots of the second generation the same.
type secondPresence struct{ notify *notify.Service }

var _ botv2.Presence = secondPresence{}

// StatusesTx returns what others see of people.
func (p secondPresence) StatusesTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]botv2.Status, error) {
	all, err := p.notify.PresenceTx(ctx, tx, ids)
	out := make(map[int64]botv2.Status, len(all))
	for id, v := range all {
		out[id] = botv2.Status{Word: string(v.Status.Shown()), Idle: v.Idle}
	}
	return out, err
}

// SetStatus changes what a person says of being there.
func (p presence) SetStatus(ctx context.Context, userID int64, status string) error {
	return p.notify.SetStatus(ctx, userID, notify.Status(status))
}

// SetIdle notes since when a person does nothing at their machine.
func (p presence) SetIdle(ctx context.Context, userID int64, since time.Time) error {
	return p.notify.SetIdle(ctx, userID, since)
}

// chatFileViews describes files of messages to applications, with signed addresses.
type chatFileViews struct{ p *Portal }

var _ imrest.Files = chatFileViews{}

// datedFile is a file with the date of its upload, which not every page has.
type datedFile struct {
	filerest.ChatFile

	Date string `json:"date"`
}

// Views describes files of a chat.
func (c chatFileViews) Views(ctx context.Context, viewer, chatID int64, ids []int64, zone *time.Location) ([]any, error) {
	nodes, err := c.p.Files.Many(ctx, ids)
	if err != nil {
		return nil, err
	}
	var authors []int64
	for _, n := range nodes {
		authors = append(authors, n.CreatedBy)
	}
	users, err := c.p.Users.Many(ctx, authors)
	if err != nil {
		return nil, err
	}
	signer := filerest.Signer{Files: c.p.Files, PublicURL: c.p.publicURL}
	out := []any{}
	for _, id := range ids {
		n, there := nodes[id]
		if !there {
			continue
		}
		v := signer.ChatFile(file.Actor{UserID: viewer}, n, chatID, users[n.CreatedBy].DisplayName(), true)
		out = append(out, datedFile{v, n.Created.In(zone).Format("2006-01-02T15:04:05-07:00")})
	}
	return out, nil
}

// Folder returns the folder for the files of a chat.
func (c chatFileViews) Folder(ctx context.Context, chatID int64) (int64, error) {
	return c.p.Files.ChatFolderID(ctx, chatID)
}

// messageTasks makes tasks of messages.
type messageTasks struct{ p *Portal }

var _ imrest.Tasks = messageTasks{}

// FromMessage makes a task that actor is to do, which says what the message says and leads to it.
func (t messageTasks) FromMessage(ctx context.Context, actor int64, title string, m im.Message) error {
	users, err := t.p.Users.Many(ctx, []int64{actor})
	if err != nil {
		return err
	}
	ref, err := t.p.Users.RefOf(ctx, users[actor])
	if err != nil {
		return err
	}
	link := t.p.publicURL("/online/chat" + strconv.FormatInt(m.ChatID, 10) + "?m=" + strconv.FormatInt(m.ID, 10))
	text := strings.TrimSpace(m.Text + "\n\n[URL=" + link + "]Message[/URL]")
	_, err = t.p.Tasks.Create(ctx, ref, task.Task{Title: title, Description: text, CreatedBy: actor, ResponsibleID: actor})
	return err
}
