package portal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/network"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/openlineim"
	"github.com/portico-hq/portico/internal/openline/openlineweb"
	"github.com/portico-hq/portico/internal/telegram"
)

// wireConversations connects the conversations of open channels with the messenger, the bots, the notifications and the channels.
func (p *Portal) wireConversations() {
	p.LiveChat = p.newLiveChat()
	p.Telegram = p.newTelegram()
	p.Conversations = openline.New(openline.Config{
		DB: p.DB, Clock: p.config.Clock, Lines: p.Lines, Users: p.Users, Chats: openlineim.Chats{IM: p.IM}, Presence: operators{p},
		Bots: lineBots{p}, Channel: p.channels(), Agreements: lineAgreements{p}, Categories: p.Categories, Notices: lineNotices{p}, Numbers: p.LineStats, Live: p.Live, Audit: p.Audit, Log: p.config.Log,
	})
	p.LiveChat.Conversations = p.Conversations
	p.Telegram.Conversations = p.Conversations
	p.Mailboxes.Conversations = p.Conversations
	p.IM.SetEntityListener(openline.EntityType, openlineim.Listener{Lines: p.Conversations})
}

// channels are the ways to clients.
func (p *Portal) channels() openline.Routes {
	return openline.Routes{
		Own: map[string]openline.Channel{
			livechat.Connector: p.LiveChat, network.Connector: network.Channel{Service: p.Network}, telegram.Connector: p.Telegram,
			mailbox.Connector: p.Mailboxes,
		},
		Other: connector.Outlet{Service: p.Connectors},
	}
}

// lineChangedTx tells the conversations that a line is another one now.
func (p *Portal) lineChangedTx(ctx context.Context, tx *db.Tx, before, after line.Line) error {
	return p.Conversations.LineChangedTx(ctx, tx, before, after)
}

// endConversationsTx ends the conversations of a line that is deleted.
func (p *Portal) endConversationsTx(ctx context.Context, tx *db.Tx, l line.Line) error {
	return p.Conversations.CloseLineTx(ctx, tx, l.ID, 0)
}

// operators tells which operators are there and take conversations.
type operators struct{ p *Portal }

// OnlineTx reports who has the portal open, or did a moment ago, and did not ask to be left alone.
func (o operators) OnlineTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]bool, error) {
	users, err := o.p.Users.ManyTx(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	wishes, err := o.p.Notify.PresenceTx(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	now := o.p.config.Clock.Now()
	out := make(map[int64]bool, len(ids))
	for _, id := range ids {
		out[id] = (o.p.Live.Online(id) || users[id].Online(now)) && wishes[id].Status != notify.Busy
	}
	return out, nil
}

// lineNotices tells people of conversations.
type lineNotices struct{ p *Portal }

var _ openline.Notices = lineNotices{}

// The kinds of notices about conversations.
const (
	moduleLines = "imopenlines"
	eventOffer  = "offer"
	eventLate   = "late"
	eventNobody = "nobody"
	eventShut   = "mailbox"
)

// lineKinds are what people can be told of conversations.
func lineKinds() []notify.Kind {
	const name = "Open channels"
	return []notify.Kind{
		{Module: moduleLines, ModuleName: name, Event: eventOffer, Name: "Conversations given to you"},
		{Module: moduleLines, ModuleName: name, Event: eventLate, Name: "Late answers"},
		{Module: moduleLines, ModuleName: name, Event: eventNobody, Name: "Clients whom nobody can answer"},
		{Module: moduleLines, ModuleName: name, Event: eventShut, Name: "Mailboxes that lost their access"},
	}
}

// OfferedTx tells operators that a client waits for them. The chat shows it already: only their devices are told.
func (n lineNotices) OfferedTx(ctx context.Context, tx *db.Tx, l line.Line, s openline.Session, to []int64) error {
	return n.tellTx(ctx, tx, to, notify.Notice{Event: eventOffer, Title: l.Name, Text: "A client waits for your answer."}, s)
}

// LateTx tells people that an answer takes too long.
func (n lineNotices) LateTx(ctx context.Context, tx *db.Tx, s openline.Session, to []int64, text string) error {
	return n.tellTx(ctx, tx, to, notify.Notice{Event: eventLate, Title: "Late answer", Text: text}, s)
}

// managersTold bounds how many of those who manage lines are told that a client waits.
const managersTold = 50

// NobodyTx tells the operators of a line, who are not there, that a client waits, and those who manage lines: a queue may be empty.
func (n lineNotices) NobodyTx(ctx context.Context, tx *db.Tx, l line.Line, s openline.Session) error {
	to, err := n.p.Lines.OperatorsTx(ctx, tx, l)
	if err != nil {
		return err
	}
	managers, err := n.p.Users.WhoMayTx(ctx, tx, access.ManageLines, managersTold)
	if err != nil {
		return err
	}
	to = slices.Concat(to, managers)
	slices.Sort(to)
	to = slices.Compact(to)
	return n.tellTx(ctx, tx, to, notify.Notice{Event: eventNobody, Title: l.Name, Text: "A client waits, and nobody can answer."}, s)
}

func (n lineNotices) tellTx(ctx context.Context, tx *db.Tx, to []int64, x notify.Notice, s openline.Session) error {
	for _, id := range to {
		x.UserID, x.Module, x.Ref = id, moduleLines, s.ID
		x.Tag = "LINES|" + x.Event + "|" + strconv.FormatInt(s.ID, 10)
		x.URL = "/online/chat" + strconv.FormatInt(s.ChatID, 10)
		if x.Event != eventOffer { // who is not in the chat finds it among the conversations
			x.URL = openlineweb.URL + strconv.FormatInt(s.ID, 10)
		}
		if _, err := n.p.Notify.TellTx(ctx, tx, x); err != nil && !errors.Is(err, notify.ErrNoUser) {
			return fmt.Errorf("tell of a conversation: %w", err)
		}
	}
	return nil
}
