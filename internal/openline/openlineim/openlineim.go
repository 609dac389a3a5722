// Package openlineim connects the conversations of open channels with the messenger, in whose chats they are led. Both sides know each other
// only by interfaces of their own, so what stands here is words of one said in those of the other.
package openlineim

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
)

// Chats is the messenger as the conversations know it.
type Chats struct{ IM *im.Service }

var _ openline.Chats = Chats{}

// CreateTx makes the chat of a client.
func (c Chats) CreateTx(ctx context.Context, tx *db.Tx, n openline.NewChat) (int64, error) {
	chat, err := c.IM.CreateGroupTx(ctx, tx, im.NewGroup{
		Title: n.Title, Type: im.Lines, MemberIDs: []int64{n.VisitorID}, EntityType: openline.EntityType, EntityID: n.EntityID,
	})
	return chat.ID, err
}

// SendTx writes a message. What the line itself says is not told to bots: they would answer it.
func (c Chats) SendTx(ctx context.Context, tx *db.Tx, m openline.NewMessage) (int64, error) {
	sent, err := c.IM.SendTx(ctx, tx, im.NewMessage{
		ChatID: m.ChatID, AuthorID: m.AuthorID, Text: m.Text, Files: m.Files, Inner: m.Inner, Silent: m.Silent,
		Written: m.Written, Unheard: m.AuthorID == 0 || m.Inner,
	})
	return sent.ID, err
}

// RewriteTx changes a message.
func (c Chats) RewriteTx(ctx context.Context, tx *db.Tx, actor int64, r openline.Rewriting) error {
	return c.IM.ReworkTx(ctx, tx, actor, r.MessageID, im.Change{Text: &r.Text, ChangedAt: r.At, Arrived: r.Arrived}, r.Files)
}

// RemoveTx removes a message.
func (c Chats) RemoveTx(ctx context.Context, tx *db.Tx, actor, messageID int64) error {
	return c.IM.RemoveTx(ctx, tx, actor, messageID)
}

// JoinTx makes users members.
func (c Chats) JoinTx(ctx context.Context, tx *db.Tx, chatID, actor int64, ids []int64) error {
	return c.IM.JoinTx(ctx, tx, chatID, actor, ids)
}

// DropMembersTx takes members out.
func (c Chats) DropMembersTx(ctx context.Context, tx *db.Tx, chatID int64, ids []int64) error {
	return c.IM.SetMembersTx(ctx, tx, chatID, nil, ids)
}

// MembersTx returns who is in a chat.
func (c Chats) MembersTx(ctx context.Context, tx *db.Tx, chatID int64) (members, bots []int64, err error) {
	return c.IM.MembersTx(ctx, tx, chatID)
}

// SetOwnerTx gives a chat to a member.
func (c Chats) SetOwnerTx(ctx context.Context, tx *db.Tx, chatID, userID int64) error {
	return c.IM.SetOwnerTx(ctx, tx, chatID, userID)
}

// SetDataTx keeps what REST shows of a conversation with its chat.
func (c Chats) SetDataTx(ctx context.Context, tx *db.Tx, chatID int64, data [3]string) error {
	return c.IM.SetEntityDataTx(ctx, tx, chatID, data)
}

// RetitleTx gives a chat another title.
func (c Chats) RetitleTx(ctx context.Context, tx *db.Tx, chatID int64, title string) error {
	return c.IM.RetitleTx(ctx, tx, chatID, title)
}

// TitleTx returns the title of a chat.
func (c Chats) TitleTx(ctx context.Context, tx *db.Tx, chatID int64) (string, error) {
	chat, err := c.IM.ChatTx(ctx, tx, chatID)
	return chat.Title, err
}

// LockTx keeps others from changing a chat.
func (c Chats) LockTx(ctx context.Context, tx *db.Tx, chatID int64) error {
	return c.IM.LockTx(ctx, tx, chatID)
}

// NoteTx reads chats at once of which the transaction then asks one by one.
func (c Chats) NoteTx(ctx context.Context, tx *db.Tx, chatIDs []int64) error {
	return c.IM.NoteTx(ctx, tx, chatIDs)
}

// AmongTx returns in which of the chats a user is.
func (c Chats) AmongTx(ctx context.Context, tx *db.Tx, userID int64, chatIDs []int64) (map[int64]bool, error) {
	return c.IM.AmongTx(ctx, tx, userID, chatIDs)
}

// LastTx returns the newest message of a chat.
func (c Chats) LastTx(ctx context.Context, tx *db.Tx, chatID int64) (int64, error) {
	return c.IM.LastTx(ctx, tx, chatID)
}

// TextTx returns what a message says.
func (c Chats) TextTx(ctx context.Context, tx *db.Tx, messageID int64) (openline.Said, error) {
	m, _, err := c.IM.LookTx(ctx, tx, messageID)
	return openline.Said{ChatID: m.ChatID, AuthorID: m.AuthorID, Text: m.Text, Files: m.Extra.Files, Inner: m.Inner}, err
}

// Listener tells the conversations what happens in their chats.
type Listener struct{ Lines *openline.Service }

var (
	_ im.EntityListener = Listener{}
	_ im.EntityMembers  = Listener{}
)

// EntityMessageTx passes on what became of a message.
func (l Listener) EntityMessageTx(ctx context.Context, tx *db.Tx, e im.EntityMessage) error {
	kinds := map[im.Happened]openline.Happened{im.Written: openline.Written, im.Rewritten: openline.Rewritten, im.Removed: openline.Removed}
	m := e.Message
	return l.Lines.MessageTx(ctx, tx, openline.Message{
		Happened: kinds[e.Happened], ChatID: e.Chat.ID, ID: m.ID, AuthorID: m.AuthorID, Text: m.Text, Files: m.Extra.Files,
		Attach: m.Extra.Cards(), Keyboard: m.Extra.Buttons(), Inner: m.Inner, Date: m.Date,
	})
}

// EntityMembersTx passes on who came and who left.
func (l Listener) EntityMembersTx(ctx context.Context, tx *db.Tx, e im.MembersEvent) error {
	return l.Lines.MembersTx(ctx, tx, openline.Members{ChatID: e.Chat.ID, Added: e.Added, Removed: e.Removed, ActorID: e.ActorID})
}
