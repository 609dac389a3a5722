package portal

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"sync"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/connector/connectorweb"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/livechat/livechatweb"
	"github.com/portico-hq/portico/internal/mailbox/mailboxweb"
	"github.com/portico-hq/portico/internal/network/networkweb"
	"github.com/portico-hq/portico/internal/web"
)

// newLiveChat makes the chat of sites. It is a channel of the conversations, which it needs itself: those are set when they are made.
func (p *Portal) newLiveChat() *livechat.Service {
	return livechat.New(livechat.Config{
		DB: p.DB, Clock: p.config.Clock, Lines: p.Lines, Presence: operators{p}, Messenger: visitorMessenger{p}, Files: visitorFiles{p.Files},
		Apps: visitorApps{p}, Agreements: visitorAgreements{p}, Audit: p.Audit, Box: p.box, Letters: visitorLetters{p}, PublicURL: p.publicURL, Log: p.config.Log,
	})
}

// visitorApps are the applications of bots as visitors of sites meet them.
type visitorApps struct{ p *Portal }

var _ livechat.Apps = visitorApps{}

// Button returns what a visitor gets in the place of a button that opens an application.
func (a visitorApps) Button(ctx context.Context, v livechat.Visiting, b attach.Button) (attach.Button, bool, error) {
	return a.p.Bots.VisitorButton(ctx, b, bot.Opening{
		Portal: a.p.publicURL(""), User: bot.AppUser{ID: v.UserID}, DialogID: "chat" + strconv.FormatInt(v.ChatID, 10), Language: language, Message: v.MessageID,
	})
}

// visitorMessenger is the messenger as visitors of sites meet it.
type visitorMessenger struct{ p *Portal }

var _ livechat.Messenger = visitorMessenger{}

// ReadUpTo returns how far others than a visitor have read.
func (m visitorMessenger) ReadUpTo(ctx context.Context, chatID, userID int64) (int64, error) {
	r, err := m.p.IM.Readers(ctx, chatID)
	return r.UpTo(userID), err
}

// Read notes how far a visitor has read.
func (m visitorMessenger) Read(ctx context.Context, userID, chatID, messageID int64) error {
	_, err := m.p.IM.Read(ctx, userID, chatID, messageID)
	return err
}

// Typing tells the operators that a visitor writes, and what: in the messenger, and where conversations are shown.
func (m visitorMessenger) Typing(ctx context.Context, userID, chatID int64, draft string) error {
	if err := m.p.IM.Typing(ctx, userID, chatID); err != nil {
		return err
	}
	return m.p.Conversations.ClientTyping(ctx, chatID, draft)
}

// Press tells a bot of a button that a visitor pressed.
func (m visitorMessenger) Press(ctx context.Context, p livechat.Press) error {
	v := bot.Invocation{
		UserID: p.UserID, MessageID: p.MessageID, BotID: p.BotID, Command: p.Command, Params: p.Params, Context: bot.FromKeyboard, Platform: "web",
	}
	if p.Mobile {
		v.Platform = "mobile"
	}
	err := m.p.Bots.Invoke(ctx, v)
	if k := fault.KindOf(err); err != nil && k != fault.Internal && k != fault.Unavailable {
		err = livechat.ErrNoButton.Because(err)
	}
	return err
}

// visitorHints are the events of the messenger that a visitor's stream hears of. What they carry stays here: it may be of messages
// that are not for them.
var visitorHints = map[string]livechat.Hint{im.LiveTyping: livechat.HintTyping, im.LiveRead: livechat.HintRead}

// Hear passes on that something happened in the chats of a visitor.
func (m visitorMessenger) Hear(userID int64) (<-chan livechat.Hint, func()) {
	events, cancel := m.p.Live.Subscribe(userID)
	out, stop := make(chan livechat.Hint), make(chan struct{})
	go func() {
		defer close(out)
		for e := range events {
			first, _, _ := bytes.Cut(e, []byte("\n"))
			h, ok := visitorHints[string(bytes.TrimPrefix(first, []byte("event: ")))]
			if !ok {
				continue
			}
			select {
			case out <- h:
			case <-stop:
				return
			}
		}
	}()
	return out, sync.OnceFunc(func() {
		close(stop)
		cancel()
	})
}

// visitorFiles are the files of conversations as visitors meet them.
type visitorFiles struct{ files *file.Service }

var _ livechat.Files = visitorFiles{}

func visitorFile(n file.Node) livechat.File {
	return livechat.File{ID: n.ID, Name: n.Name, Size: n.Size, Picture: n.Previewable()}
}

// Upload stores a file of a visitor in their chat.
func (v visitorFiles) Upload(ctx context.Context, userID, chatID int64, name string, r io.Reader) (livechat.File, error) {
	n, err := v.files.Upload(ctx, file.Actor{UserID: userID}, chatID, name, r)
	return visitorFile(n), err
}

// Describe returns what is shown of files.
func (v visitorFiles) Describe(ctx context.Context, ids []int64) (map[int64]livechat.File, error) {
	nodes, err := v.files.Many(ctx, ids)
	out := make(map[int64]livechat.File, len(nodes))
	for id, n := range nodes {
		out[id] = visitorFile(n)
	}
	return out, err
}

// Open opens a file, or a preview of it.
func (v visitorFiles) Open(ctx context.Context, id int64, preview bool) (livechat.Content, error) {
	nodes, err := v.files.Many(ctx, []int64{id})
	if err != nil {
		return livechat.Content{}, err
	}
	n, ok := nodes[id]
	if !ok {
		return livechat.Content{}, livechat.ErrNoFile
	}
	var o blob.Object
	kind := n.Type
	if preview {
		o, kind, err = v.files.Preview(ctx, n, file.MediumPreview)
	} else {
		o, err = v.files.Open(ctx, n)
	}
	return livechat.Content{Name: n.Name, Type: kind, Body: o}, err
}

// liveChatPages is what the pages of the chat of sites need.
func (p *Portal) liveChatPages() livechatweb.Config {
	return livechatweb.Config{Chats: p.LiveChat, Lines: p.liveChatLines, PublicURL: p.publicURL, Mails: p.visitorMails}
}

func (p *Portal) liveChatLines(ctx context.Context) ([]livechatweb.Line, error) {
	all, err := connectorLines{p.Lines}.Lines(ctx)
	out := make([]livechatweb.Line, 0, len(all))
	for _, l := range all {
		out = append(out, livechatweb.Line{ID: l.ID, Name: l.Name})
	}
	return out, err
}

// ownTiles are the channels of the Contact Center that the portal brings itself.
func (p *Portal) ownTiles(ctx context.Context, v web.Viewer) ([]connectorweb.Tile, error) {
	all, err := p.LiveChat.All(ctx, v.Ref())
	t := connectorweb.Tile{Title: "Live chat", Text: "A chat for your sites", URL: livechatweb.URL, Icon: "messenger"}
	for _, w := range all {
		t.Connected = t.Connected || w.Active
	}
	if err != nil {
		return nil, err
	}
	m, err := mailboxweb.Tile(ctx, p.Mailboxes, v)
	if err != nil {
		return nil, err
	}
	bots, err := p.telegramTile(ctx, v)
	if err != nil {
		return nil, err
	}
	n, err := networkweb.Tile(ctx, p.Network)
	return []connectorweb.Tile{t, m, bots, n}, err
}
