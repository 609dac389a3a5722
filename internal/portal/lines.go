package portal

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imrest"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/lineweb"
	"github.com/portico-hq/portico/internal/openline/openlinerest"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/web/ui"
)

// newLines returns the open channels.
func (p *Portal) newLines() *line.Service {
	return line.New(line.Config{
		DB: p.DB, Clock: p.config.Clock, Users: p.Users, Bots: lineBots{p}, Answers: p.Answers, Agreements: p.Agreements, Categories: p.Categories, Audit: p.Audit,
		OnChangeTx: []func(context.Context, *db.Tx, line.Line, line.Line) error{p.lineChangedTx},
		OnDeleteTx: []func(context.Context, *db.Tx, line.Line) error{p.endConversationsTx, p.lineDeletedTx, p.endLiveChatsTx, p.endTelegramTx},
	})
}

// newAnswers returns the canned answers.
func (p *Portal) newAnswers() *answer.Service {
	return answer.New(answer.Config{
		DB: p.DB, Clock: p.config.Clock, Audit: p.Audit,
		OnFolderTx: []func(context.Context, *db.Tx, int64) error{func(ctx context.Context, tx *db.Tx, id int64) error {
			return p.Lines.AnswersRemovedTx(ctx, tx, id)
		}},
	})
}

// quickMethods is what keeping a message as a canned answer needs.
func (p *Portal) quickMethods() openlinerest.QuickMethods {
	return openlinerest.QuickMethods{Lines: p.Lines, Answers: p.Answers, Chats: quickChats{p}}
}

// quickChats looks at chats for canned answers.
type quickChats struct{ p *Portal }

// Chat returns a chat, whoever may see it. The conversations say whether it is one of an open channel: what a chat says of itself
// could have been written by anybody.
func (q quickChats) Chat(ctx context.Context, viewer, chatID int64) (out openlinerest.QuickChat, err error) {
	_, err = q.p.IM.Get(ctx, viewer, chatID)
	if err != nil && !errors.Is(err, im.ErrAccess) {
		return out, err
	}
	out.Member = err == nil
	last, err := q.p.Conversations.Last(ctx, chatID)
	if errors.Is(err, openline.ErrNoSession) {
		return out, nil
	}
	out.LineID = last.LineID
	return out, err
}

// Text returns what a message of the chat says.
func (q quickChats) Text(ctx context.Context, chatID, messageID int64) (text string, err error) {
	err = q.p.DB.Read(ctx, func(tx *db.Tx) error {
		m, _, err := q.p.IM.LookTx(ctx, tx, messageID)
		if err == nil && m.ChatID != chatID {
			err = im.ErrNoMessage
		}
		text = m.Text
		return err
	})
	return text, err
}

// lineMethods is what the methods of open channels need.
func (p *Portal) lineMethods() openlinerest.ConfigMethods {
	return openlinerest.ConfigMethods{Lines: p.Lines, Users: p.Users, Clock: p.config.Clock, URL: func() string { return p.publicURL("") }, Picture: p.mayShowPicture}
}

// mayShowPicture reports whether a file is a picture that somebody may read.
func (p *Portal) mayShowPicture(ctx context.Context, userID, fileID int64) (bool, error) {
	n, err := p.Files.Get(ctx, file.Actor{UserID: userID}, fileID)
	if k := fault.KindOf(err); err != nil && k != fault.Internal && k != fault.Unavailable {
		return false, nil
	}
	return n.Previewable(), err
}

// linePicture opens a picture that a line shows to clients.
func (p *Portal) linePicture(ctx context.Context, fileID int64) (lineweb.Picture, bool, error) {
	nodes, err := p.Files.Many(ctx, []int64{fileID})
	n, ok := nodes[fileID]
	if err != nil || !ok || !n.Previewable() {
		return lineweb.Picture{}, false, err
	}
	body, kind, err := p.Files.Preview(ctx, n, file.SmallPreview)
	return lineweb.Picture{Type: kind, Body: body}, err == nil, err
}

// sessionMethods is what the methods of conversations need.
func (p *Portal) sessionMethods() openlinerest.SessionMethods {
	messenger := p.messengerMethods()
	return openlinerest.SessionMethods{
		Conversations: p.Conversations, IM: p.IM, Bots: botOwners{p}, Users: p.Users, Files: messenger.Files.Views, Params: imrest.ParamsView,
		View: func(ctx context.Context, c *rest.Call, chatID int64) (any, error) {
			return imrest.DialogView(ctx, p.IM, messenger, c, chatID)
		},
		Show: func(ctx context.Context, ids []int64, zone *time.Location) (map[int64]any, error) {
			return imrest.UserViews(ctx, messenger, ids, zone)
		},
	}
}

// botOwners tells the methods of conversations whose bots are whose.
type botOwners struct{ p *Portal }

// OwnedBy returns the bot id of an owner, or their first; 0 where there is none.
func (b botOwners) OwnedBy(ctx context.Context, appID int64, clientID string, id int64) (int64, error) {
	owners := []bot.Owner{{AppID: appID, ClientID: clientID}}
	if appID == 0 {
		owners = append(owners, bot.Owner{TokenHash: bot.TokenHash(clientID)})
	}
	for _, o := range owners {
		found, err := b.p.Bots.Owned(ctx, o, id)
		if err == nil || !errors.Is(err, bot.ErrNoBot) && !errors.Is(err, bot.ErrForeignBot) {
			return found.ID, err
		}
	}
	return 0, nil
}

// lineBots tells the open channels of bots.
type lineBots struct{ p *Portal }

// SpeaksInLinesTx reports whether a bot takes part in conversations of open channels.
func (b lineBots) SpeaksInLinesTx(ctx context.Context, tx *db.Tx, id int64) (bool, error) {
	return b.p.Bots.SpeaksInLinesTx(ctx, tx, id)
}

// botLeavesLinesTx takes a bot that was removed out of the settings of open channels.
func (p *Portal) botLeavesLinesTx(ctx context.Context, tx *db.Tx, botID int64) error {
	if err := p.Lines.BotRemovedTx(ctx, tx, botID); err != nil {
		return err
	}
	return p.Conversations.BotRemovedTx(ctx, tx, botID)
}

// linePages is what the pages of open channels need.
func (p *Portal) linePages() lineweb.Config {
	return lineweb.Config{Lines: p.Lines, Answers: p.Answers, Users: p.Users, Bots: p.lineBotOptions, Agreements: p.agreementOptions, Categories: p.Categories, Nav: "contact_center", Picture: p.linePicture}
}

// lineBotIDs returns the bots that take part in conversations of open channels.
func (p *Portal) lineBotIDs(ctx context.Context) (ids []int64, err error) {
	bots, err := p.Bots.List(ctx)
	for _, b := range bots {
		if b.OpenLine {
			ids = append(ids, b.ID)
		}
	}
	return ids, err
}

// lineBotOptions offers the bots that take part in conversations of open channels.
func (p *Portal) lineBotOptions(ctx context.Context) ([]ui.Option, error) {
	ids, err := p.lineBotIDs(ctx)
	if err != nil {
		return nil, err
	}
	users, err := p.Users.Many(ctx, ids)
	var out []ui.Option
	for _, id := range ids {
		out = append(out, ui.Option{Value: strconv.FormatInt(id, 10), Title: users[id].DisplayName()})
	}
	return out, err
}

// endLiveChatsTx removes the chats of sites that lead to a line that is deleted.
func (p *Portal) endLiveChatsTx(ctx context.Context, tx *db.Tx, l line.Line) error {
	return p.LiveChat.LineDeletedTx(ctx, tx, l.ID)
}
