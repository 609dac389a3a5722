package portal

import (
	"context"
	"time"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imrest"
	"github.com/portico-hq/portico/internal/network"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/notify/notifyrest"
	"github.com/portico-hq/portico/internal/notify/notifyweb"
	"github.com/portico-hq/portico/internal/notify/webpush"
	"github.com/portico-hq/portico/internal/push"
	"github.com/portico-hq/portico/internal/web"
)

// newNotify makes the notifications. What it tells of is declared here: areas know no other's kinds.
func (p *Portal) newNotify() *notify.Service {
	return notify.New(notify.Config{
		DB: p.DB, Clock: p.config.Clock, Users: p.Users, Live: p.Live, Chats: notifyChats{p}, Kinds: p.notifyKinds(), Box: p.box, Log: p.config.Log,
		Pusher: webpush.Sender{Client: event.Clients(p.Events, p.config.Reach), Subject: func() string { return p.publicURL("/") }},
	})
}

// notifyKinds are what people can be told of.
func (p *Portal) notifyKinds() []notify.Kind {
	kinds := notify.Kinds()
	for i, k := range kinds {
		if k.Module == notify.ModuleIM && k.Event == notify.EventMention {
			kinds[i].AnswerTx = p.answerMentionTx
		}
	}
	const tasks, name = "tasks", "Tasks"
	return append(append(kinds,
		notify.Kind{Module: tasks, ModuleName: name, Event: "task_assigned", Name: "Tasks given to you"},
		notify.Kind{Module: tasks, ModuleName: name, Event: "task_update", Name: "Changes of your tasks"},
		notify.Kind{Module: tasks, ModuleName: name, Event: "reminder", Name: "Reminders of tasks"},
	), lineKinds()...)
}

// notifyChats connects notifications with the messenger, which is made after them.
type notifyChats struct{ p *Portal }

var _ notify.Chats = notifyChats{}

// NotifyChatTx makes the chat of a person's notifications.
func (c notifyChats) NotifyChatTx(ctx context.Context, tx *db.Tx, userID int64) (int64, error) {
	return c.p.IM.NotifyChatTx(ctx, tx, userID)
}

// HearersTx returns people in a chat.
func (c notifyChats) HearersTx(ctx context.Context, tx *db.Tx, chatID int64, among []int64, after int64, limit int) ([]notify.Hearer, error) {
	found, err := c.p.IM.HearersTx(ctx, tx, chatID, among, after, limit)
	out := make([]notify.Hearer, len(found))
	for i, h := range found {
		out[i] = notify.Hearer(h)
	}
	return out, err
}

// messageNotices has the notifications tell of messages.
type messageNotices struct{ p *Portal }

var _ im.Teller = messageNotices{}

// MessageSentTx queues a message with its transaction.
func (n messageNotices) MessageSentTx(ctx context.Context, tx *db.Tx, m im.LiveMessage, members []int64) error {
	told, err := n.p.chatMessageTx(ctx, tx, m)
	if err != nil {
		return err
	}
	return n.p.Notify.MessageTx(ctx, tx, told, members)
}

// liveMessages passes the hints of the messenger on to open pages, those of reading to the notifications, and to the network what concerns
// other portals.
type liveMessages struct {
	*push.Hub
	p *Portal
}

var _ im.Live = liveMessages{}

// Publish sends a hint.
func (l liveMessages) Publish(userIDs []int64, name string, data any) {
	l.Hub.Publish(userIDs, name, data)
	switch d := data.(type) {
	case im.LiveReader:
		l.p.Notify.MessagesRead(d.UserID, d.ChatID, d.MessageID)
		l.p.passHint(network.Hint{Kind: network.KindRead, ChatID: d.ChatID, UserID: d.UserID, UpTo: d.MessageID})
	case im.LiveTyper:
		l.p.passHint(network.Hint{Kind: network.KindTyping, ChatID: d.ChatID, UserID: d.UserID})
	}
}

// chatMessageTx is what people are told of a message.
func (p *Portal) chatMessageTx(ctx context.Context, tx *db.Tx, m im.LiveMessage) (notify.ChatMessage, error) {
	told := notify.ChatMessage{
		ID: m.ID, ChatID: m.ChatID, AuthorID: m.AuthorID, Text: m.Text, Attach: m.Attach || m.Files > 0, Title: m.Title,
		Group: m.Type != im.Private, Silent: m.Silent, System: m.System || m.AuthorID == 0, Mentions: m.Mentions, All: m.All,
	}
	if m.Files == 0 {
		return told, nil
	}
	ties, err := p.Files.TiesOfTx(ctx, tx, file.Message, []int64{m.ID})
	if err != nil {
		return told, err
	}
	files := make([]im.File, len(ties))
	for i, t := range ties {
		files[i] = imFile(t.File)
	}
	told.Carries = im.FilesLine(bbcode.Plain(m.Text), files)
	return told, nil
}

// answerMentionTx sends a quick answer to the chat in which somebody was mentioned.
func (p *Portal) answerMentionTx(ctx context.Context, tx *db.Tx, n notify.Notification, text string) (string, error) {
	chatID, ok := notify.MentionChat(n)
	if !ok {
		return "", notify.ErrNoAnswer
	}
	_, err := p.IM.SendTx(ctx, tx, im.NewMessage{ChatID: chatID, AuthorID: n.UserID, Text: text, ReplyID: n.Ref})
	return "Your answer was sent.", err
}

// notifyMethods is what the methods of notifications need.
func (p *Portal) notifyMethods() notifyrest.Config {
	return notifyrest.Config{
		Users: p.Users,
		Views: func(ctx context.Context, ids []int64, zone *time.Location) (map[int64]any, error) {
			return imrest.UserViews(ctx, p.messengerMethods(), ids, zone)
		},
	}
}

// leaveDevicesTx forgets the devices of who leaves: they are told of nothing any more.
func (p *Portal) leaveDevicesTx(ctx context.Context, tx *db.Tx, userID int64) error {
	return p.Notify.LeaveTx(ctx, tx, userID)
}

// bell is the bell of the shell.
func (p *Portal) bell(ctx context.Context, v web.Viewer) (web.Bell, error) {
	return notifyweb.Bell(ctx, p.Notify, v)
}

// invisible returns those of ids who do not want to look as if they were there.
func (p *Portal) invisible(ctx context.Context, ids []int64) (map[int64]bool, error) {
	all, err := p.Notify.Presence(ctx, ids)
	out := map[int64]bool{}
	for id, one := range all {
		out[id] = one.Status == notify.Invisible
	}
	return out, err
}
