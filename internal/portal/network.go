package portal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botim"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/network"
	"github.com/portico-hq/portico/internal/network/networkhttp"
	"github.com/portico-hq/portico/internal/network/networkweb"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// wireNetwork makes the network. It comes before the conversations, which send through it.
func (p *Portal) wireNetwork() {
	p.Network = network.New(network.Config{
		DB: p.DB, Clock: p.config.Clock, Users: p.Users, Audit: p.Audit, Settings: p.Settings, Box: p.box, Log: p.config.Log,
		Lines: networkLines{p.Lines}, Conversations: networkTalks{p}, Messenger: networkMessenger{p.IM}, Bots: networkBots{p.Bots},
		Files: networkFiles{p.Files}, Remote: networkhttp.Remote{Client: p.outside(), Clock: p.config.Clock},
		Invisible: p.invisible, Name: func(context.Context) string { return p.name() }, URL: func() string { return p.publicURL("") },
	})
}

// passHint lets the network know what somebody did in a chat whose other side is in another portal.
func (p *Portal) passHint(h network.Hint) {
	chat, bots, ok := p.IM.Known(h.ChatID) // whoever publishes a hint has looked at the chat just now
	switch {
	case !ok:
		return
	case chat.Type == im.Private && len(bots) == 1:
		h.BotID = bots[0]
	case chat.Type == im.Lines && strings.HasPrefix(chat.EntityID, network.Connector+"|"):
	default:
		return
	}
	p.Network.Notice(h)
}

// outside returns what makes requests of other servers: that of the deliveries, with their rules.
func (p *Portal) outside() func(ctx context.Context) (*http.Client, error) {
	if c := p.config.Handlers; c != nil {
		return func(context.Context) (*http.Client, error) { return c, nil }
	}
	return event.Clients(p.Events, p.config.Reach)
}

// SetNeighbours names the other portals of the server. It must be called before Start.
func (p *Portal) SetNeighbours(n network.Neighbours) { p.Network.SetNeighbours(n) }

// ServeNetwork answers a request of the portal of the same server that is called from.
func (p *Portal) ServeNetwork(ctx context.Context, from string, r network.Request) ([]byte, error) {
	return p.Network.Serve(ctx, network.PortalPeer(from), r)
}

// networkPages is what the pages of the network need.
func (p *Portal) networkPages() networkweb.Config {
	return networkweb.Config{Network: p.Network, Lines: connectorLines{p.Lines}.Lines, URL: func() string { return p.publicURL("") }}
}

// networkLines tells the network which open lines there are.
type networkLines struct{ lines *line.Service }

// NameTx returns the name of a line.
func (n networkLines) NameTx(ctx context.Context, tx *db.Tx, id int64) (string, bool, error) {
	l, err := n.lines.GetTx(ctx, tx, id)
	if errors.Is(err, line.ErrNotFound) {
		return "", false, nil
	}
	return l.Name, err == nil, err
}

// networkTalks leads what comes in through the network to the conversations, which are made after it.
type networkTalks struct{ p *Portal }

var _ network.Conversations = networkTalks{}

// RoomTx returns the client and the chat with them.
func (t networkTalks) RoomTx(ctx context.Context, tx *db.Tx, in openline.Incoming) (visitorID, chatID int64, err error) {
	return t.p.Conversations.RoomTx(ctx, tx, in)
}

// ReceiveTx takes in a message of a client.
func (t networkTalks) ReceiveTx(ctx context.Context, tx *db.Tx, in openline.Incoming) (openline.Received, error) {
	return t.p.Conversations.ReceiveTx(ctx, tx, in)
}

// ChangeIncomingTx changes what a client wrote.
func (t networkTalks) ChangeIncomingTx(ctx context.Context, tx *db.Tx, r openline.Rewriting) error {
	return t.p.Conversations.ChangeIncomingTx(ctx, tx, r)
}

// RemoveIncomingTx removes what a client wrote.
func (t networkTalks) RemoveIncomingTx(ctx context.Context, tx *db.Tx, messageID int64) error {
	return t.p.Conversations.RemoveIncomingTx(ctx, tx, messageID)
}

// LastTx returns the newest conversation of a chat.
func (t networkTalks) LastTx(ctx context.Context, tx *db.Tx, chatID int64) (openline.Session, error) {
	return t.p.Conversations.LastTx(ctx, tx, chatID)
}

// OfClientTx returns the newest conversation with a client.
func (t networkTalks) OfClientTx(ctx context.Context, tx *db.Tx, a openline.Address) (openline.Session, error) {
	return t.p.Conversations.OfClientTx(ctx, tx, a)
}

// ClientLeftTx ends what goes on with a client who gets no answers any more.
func (t networkTalks) ClientLeftTx(ctx context.Context, tx *db.Tx, a openline.Address) error {
	return t.p.Conversations.ClientLeftTx(ctx, tx, a)
}

// ClientTyping tells the operators that a client is writing.
func (t networkTalks) ClientTyping(ctx context.Context, chatID int64, draft string) error {
	return t.p.Conversations.ClientTyping(ctx, chatID, draft)
}

// networkMessenger is the messenger as the network knows it.
type networkMessenger struct{ im *im.Service }

var _ network.Messenger = networkMessenger{}

// PrivateTx returns the private chat of two users.
func (m networkMessenger) PrivateTx(ctx context.Context, tx *db.Tx, opener, other int64) (int64, error) {
	c, err := m.im.OpenPrivateTx(ctx, tx, opener, other)
	return c.ID, err
}

// SendTx sends a message of the bot of a line.
func (m networkMessenger) SendTx(ctx context.Context, tx *db.Tx, n network.NewMessage) (int64, error) {
	sent, err := m.im.SendTx(ctx, tx, im.NewMessage{
		ChatID: n.ChatID, AuthorID: n.AuthorID, Written: n.Written, Text: n.Text, Files: n.Files, Attach: n.Attach, Keyboard: n.Keyboard, NoPreview: n.NoPreview,
	})
	return sent.ID, err
}

// RewriteTx changes a message of the bot of a line.
func (m networkMessenger) RewriteTx(ctx context.Context, tx *db.Tx, r network.Rewritten) error {
	change := im.Change{Text: &r.Text, Attach: &r.Attach, Keyboard: &r.Keyboard}
	return passOverGone(m.im.ReworkTx(ctx, tx, r.ActorID, r.MessageID, change, &r.Files))
}

// RemoveTx removes a message of the bot of a line.
func (m networkMessenger) RemoveTx(ctx context.Context, tx *db.Tx, actor, messageID int64) error {
	return passOverGone(m.im.RemoveTx(ctx, tx, actor, messageID))
}

// passOverGone makes nothing of a message that is gone already.
func passOverGone(err error) error {
	if errors.Is(err, im.ErrNoMessage) {
		return nil
	}
	return err
}

// NoteTx tells the people in a chat something that goes no further.
func (m networkMessenger) NoteTx(ctx context.Context, tx *db.Tx, chatID int64, text string) error {
	_, err := m.im.SendTx(ctx, tx, im.NewMessage{ChatID: chatID, Text: text, System: true, Inner: true, Unheard: true})
	if errors.Is(err, im.ErrNoChat) {
		return nil
	}
	return err
}

// PrivateID returns the private chat of two users.
func (m networkMessenger) PrivateID(ctx context.Context, userID, other int64) (int64, error) {
	return m.im.ChatID(ctx, strconv.FormatInt(other, 10), userID)
}

// Typing tells the others in a chat that somebody writes.
func (m networkMessenger) Typing(ctx context.Context, userID, chatID int64) error {
	return m.im.Typing(ctx, userID, chatID)
}

// Read notes how far somebody has read.
func (m networkMessenger) Read(ctx context.Context, userID, chatID, messageID int64) error {
	_, err := m.im.Read(ctx, userID, chatID, messageID)
	return err
}

// networkBots keeps the bots for joined lines.
type networkBots struct{ bots *bot.Service }

var _ network.Bots = networkBots{}

func botLook(l network.Look) user.BotChange {
	avatar := l.Avatar
	if avatar == nil {
		avatar = []byte{}
	}
	first, last := nameParts(l.Name)
	return user.BotChange{FirstName: &first, LastName: &last, Position: &l.Description, Avatar: &avatar}
}

// nameParts parts the name of a line, which may be longer than the first name of a user: at a space, where there is a fitting one.
func nameParts(name string) (first, last string) {
	const longest = network.MaxName / 2 // of each, in characters
	r := []rune(name)
	if len(r) <= longest {
		return name, ""
	}
	for i := longest; i > 0 && len(r)-i-1 <= longest; i-- {
		if r[i] == ' ' {
			return string(r[:i]), strings.TrimSpace(string(r[i:]))
		}
	}
	return string(r[:longest]), strings.TrimSpace(string(r[longest:]))
}

// AddNetworkTx makes the bot for a line.
func (n networkBots) AddNetworkTx(ctx context.Context, tx *db.Tx, code string, l network.Look) (int64, error) {
	return n.bots.AddNetworkTx(ctx, tx, code, botLook(l))
}

// ChangeNetworkTx changes what it shows.
func (n networkBots) ChangeNetworkTx(ctx context.Context, tx *db.Tx, id int64, l network.Look) error {
	return n.bots.ChangeNetworkTx(ctx, tx, id, botLook(l))
}

// RestNetworkTx has it found and written to no more, or again.
func (n networkBots) RestNetworkTx(ctx context.Context, tx *db.Tx, id int64, rest bool) error {
	return n.bots.RestNetworkTx(ctx, tx, id, rest)
}

// networkFiles keeps the files of messages.
type networkFiles struct{ files *file.Service }

var _ network.Files = networkFiles{}

// Open returns a file of a message.
func (n networkFiles) Open(ctx context.Context, id int64) (network.File, bool, error) {
	nodes, err := n.files.Many(ctx, []int64{id})
	node, ok := nodes[id]
	if err != nil || !ok || node.Folder {
		return network.File{}, false, err
	}
	o, err := n.files.Open(ctx, node)
	if err != nil {
		return network.File{}, false, fmt.Errorf("open file %d: %w", id, err)
	}
	return network.File{Name: node.Name, Size: node.Size, SHA256: node.Sum, Body: o}, true, nil
}

// Keep stores a file of a chat.
func (n networkFiles) Keep(ctx context.Context, userID, chatID int64, name string, r io.Reader) (int64, error) {
	clean, err := file.CleanName(name)
	if err != nil {
		clean = "file"
	}
	node, err := n.files.Upload(ctx, file.Actor{UserID: userID}, chatID, clean, r)
	return node.ID, err
}

// networkListener tells the network what is written to the bots of its lines, beside all that is told of bots.
type networkListener struct {
	botim.Listener

	network *network.Service
}

var (
	_ im.Listener         = networkListener{}
	_ im.Follower         = networkListener{}
	_ im.ReactionListener = networkListener{}
)

// MessageAddedTx tells of a new message.
func (l networkListener) MessageAddedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	if err := l.Listener.MessageAddedTx(ctx, tx, e); err != nil {
		return err
	}
	return l.heardTx(ctx, tx, network.KindMessage, e)
}

// MessageUpdatedTx tells of a changed message.
func (l networkListener) MessageUpdatedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	if err := l.Listener.MessageUpdatedTx(ctx, tx, e); err != nil {
		return err
	}
	return l.heardTx(ctx, tx, network.KindChange, e)
}

// MessageDeletedTx tells of a deleted message.
func (l networkListener) MessageDeletedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	if err := l.Listener.MessageDeletedTx(ctx, tx, e); err != nil {
		return err
	}
	return l.heardTx(ctx, tx, network.KindRemove, e)
}

func (l networkListener) heardTx(ctx context.Context, tx *db.Tx, kind network.Kind, e im.MessageEvent) error {
	if e.Chat.Type != im.Private || e.Message.System || len(e.BotIDs) != 1 {
		return nil
	}
	m := e.Message
	return l.network.HeardTx(ctx, tx, network.Heard{
		Kind: kind, BotID: e.BotIDs[0], UserID: m.SenderID, ChatID: e.Chat.ID, MessageID: m.ID, Text: m.Text, Files: slices.Clone(m.Extra.Files),
	})
}

// ChatJoinedTx tells a bot that it is a member now; that of a line greets who opened its chat.
func (l networkListener) ChatJoinedTx(ctx context.Context, tx *db.Tx, e im.JoinEvent) error {
	if err := l.Listener.ChatJoinedTx(ctx, tx, e); err != nil {
		return err
	}
	if e.BotID == 0 || e.Chat.Type != im.Private || e.ActorID == 0 || e.ActorID == e.BotID {
		return nil
	}
	return l.network.OpenedTx(ctx, tx, e.BotID, e.ActorID, e.Chat.ID)
}
