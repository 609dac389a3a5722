package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline"
)

// updateDays is for how long it is known what came in: longer than Telegram keeps anything.
const updateDays = 3

// take takes in an update, once. What cannot be taken in, whatever is tried, is passed over; a line that is switched off is a fault.
func (s *Service) take(ctx context.Context, botID int64, raw []byte) error {
	u, err := parseUpdate(raw)
	if err != nil {
		s.Log.WarnContext(ctx, "an update of Telegram cannot be read", "bot", botID, "update", u.ID, "error", err)
		if u.ID <= 0 {
			return nil
		}
		u = update{ID: u.ID}
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error { return s.takeTx(ctx, tx, botID, u) })
	kind := fault.KindOf(err)
	if err == nil || kind == fault.Internal || kind == fault.Unavailable || errors.Is(err, ErrNoBot) {
		return err
	}
	s.Log.WarnContext(ctx, "an update of Telegram is passed over", "bot", botID, "update", u.ID, "error", err)
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.takeTx(ctx, tx, botID, update{ID: u.ID}) })
}

// takeTx takes in an update and notes its number.
func (s *Service) takeTx(ctx context.Context, tx *db.Tx, botID int64, u update) error {
	b, err := connectedTx(ctx, tx, botID)
	if err != nil {
		return err
	}
	now := s.now()
	n, err := tx.Exec(ctx, "INSERT INTO telegram_update (bot_id, update_id, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", b.ID, u.ID, db.Micro(now))
	if err != nil {
		return fmt.Errorf("note update: %w", err)
	}
	if n > 0 || b.next <= u.ID { // numbers may begin anew: see Bot.offset
		const next = "UPDATE telegram_bot SET next_update = ?, update_at = ? WHERE id = ?"
		if _, err := tx.Exec(ctx, next, u.ID+1, db.Micro(now), b.ID); err != nil {
			return fmt.Errorf("note update: %w", err)
		}
	}
	if n == 0 {
		return nil
	}
	switch {
	case u.Message != nil:
		return s.messageTx(ctx, tx, b, u.Message, now)
	case u.Edited != nil:
		return s.editedTx(ctx, tx, b, u.Edited)
	case u.Callback != nil:
		return s.pressedTx(ctx, tx, b, u.Callback)
	case u.Member != nil:
		return s.memberTx(ctx, tx, b, u.Member)
	}
	return nil
}

// messageTx takes in what somebody wrote.
func (s *Service) messageTx(ctx context.Context, tx *db.Tx, b Bot, m *message, now time.Time) error {
	switch {
	case m.Chat.Type == "group" || m.Chat.Type == "supergroup":
		return s.leaveTx(ctx, tx, b, m.Chat.ID)
	case m.Chat.Type != private || m.From == nil || m.From.Bot:
		return nil
	}
	got, text, files, err := s.receiveTx(ctx, tx, b, m)
	if err != nil {
		return err
	}
	unique := ""
	if a, ok := m.attached(); ok {
		unique = a.unique
	}
	if err := noteMessageTx(ctx, tx, b.ID, m.Chat.ID, m.Number, row{messageID: got.MessageID, kind: kindIn, file: unique, changed: m.EditDate}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE telegram_bot SET last_in = ? WHERE id = ?", db.Micro(now), b.ID); err != nil {
		return fmt.Errorf("note message: %w", err)
	}
	if err := s.fetchLaterTx(ctx, tx, b.ID, got, text, files); err != nil {
		return err
	}
	if err := chatTx(ctx, tx, b.ID, m.Chat.ID, got); err != nil {
		return err
	}
	if err := s.faceLaterTx(ctx, tx, b.ID, m.From.ID, got.VisitorID); err != nil {
		return err
	}
	if payload := m.started(); payload != "" {
		return s.Messenger.NoteTx(ctx, tx, got.ChatID, "The client came by a link to the bot that carries “"+safe(payload)+"”.")
	}
	return nil
}

// receiveTx hands a message over to the conversations. It returns the text without files, and the files that are to be fetched.
func (s *Service) receiveTx(ctx context.Context, tx *db.Tx, b Bot, m *message) (got openline.Received, text string, files []attachment, err error) {
	text = m.body()
	if a, ok := m.attached(); ok {
		files = []attachment{a.checked()}
	}
	in := b.incoming(*m.From, m.Chat.ID)
	in.Text, in.Written = withFiles(text, files), unix(m.Date)
	if m.Contact != nil && m.Contact.UserID == m.From.ID {
		in.Client.Phone = "+" + trimPlus(m.Contact.Phone)
	}
	if payload := m.started(); payload != "" {
		in.ChatURL, in.Moves = b.Link()+"?start="+payload, true
	}
	got, err = s.Conversations.ReceiveTx(ctx, tx, in)
	if errors.Is(err, openline.ErrNoLine) {
		err = errClosed.Because(err)
	}
	return got, text, files, err
}

// unix returns a time of Telegram's: seconds since 1970, 0 where it is not said.
func unix(seconds int64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

func trimPlus(phone string) string {
	if phone != "" && phone[0] == '+' {
		return phone[1:]
	}
	return phone
}

// incoming describes who writes to a bot. Somebody is the same client with every bot: Telegram has proved who they are.
func (b Bot) incoming(p person, chatID int64) openline.Incoming {
	in := openline.Incoming{
		Connector: b.Connector(), LineID: b.LineID, ChatID: decimal(chatID), ChatURL: b.Link(),
		Client: openline.Client{ID: decimal(p.ID), FirstName: p.FirstName, LastName: p.LastName, Key: "telegram:" + decimal(p.ID)},
	}
	if p.Username != "" {
		in.Client.URL = "https://t.me/" + p.Username
		if p.name() == "" {
			in.Client.FirstName = p.Username
		}
	}
	return in
}

// The kinds of rows of messages.
const (
	kindIn      = "in"      // a client wrote it
	kindText    = "text"    // of the portal
	kindCaption = "caption" // a file with a text of the portal
	kindFile    = "file"    // a file without
)

// row is a message at Telegram, as the portal knows it.
type row struct {
	number, messageID, part int64

	kind    string
	buttons string // JSON, see button
	file    string // the lasting id of its file
	changed int64  // seconds since 1970
}

func noteMessageTx(ctx context.Context, tx *db.Tx, botID, chatID, number int64, r row) error {
	_, err := tx.Exec(ctx, `INSERT INTO telegram_message (bot_id, chat, number, message_id, part, kind, buttons, file, changed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, botID, chatID, number, r.messageID, r.part, r.kind, r.buttons, r.file, r.changed)
	if err != nil {
		return fmt.Errorf("note message of Telegram: %w", err)
	}
	return nil
}

// rowTx returns what is known of a message; db.ErrNoRows: nothing.
func rowTx(ctx context.Context, tx *db.Tx, botID, chatID, number int64) (r row, err error) {
	err = tx.QueryRow(ctx, "SELECT number, message_id, part, kind, buttons, file, changed FROM telegram_message WHERE bot_id = ? AND chat = ? AND number = ?",
		botID, chatID, number).Scan(&r.number, &r.messageID, &r.part, &r.kind, &r.buttons, &r.file, &r.changed)
	return r, err
}

// editedTx changes what a client wrote. One that came before the bot was connected is none.
func (s *Service) editedTx(ctx context.Context, tx *db.Tx, b Bot, m *message) error {
	if m.Chat.Type != private {
		return nil
	}
	r, err := rowTx(ctx, tx, b.ID, m.Chat.ID, m.Number)
	if errors.Is(err, db.ErrNoRows) || err == nil && (r.kind != kindIn || r.changed > m.EditDate) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find message that was changed: %w", err)
	}
	text := m.body()
	files, err := waitingTx(ctx, tx, r.messageID)
	if err != nil {
		return err
	}
	var kept *[]int64 // nil: it keeps the files that it has
	unique := r.file
	if a, ok := m.attached(); ok && a.unique != r.file {
		files, kept, unique = []attachment{a.checked()}, &[]int64{}, a.unique
	}
	const note = "UPDATE telegram_message SET file = ?, changed = ? WHERE bot_id = ? AND chat = ? AND number = ?"
	if _, err := tx.Exec(ctx, note, unique, m.EditDate, b.ID, m.Chat.ID, m.Number); err != nil {
		return fmt.Errorf("note change: %w", err)
	}
	if err := s.refetchTx(ctx, tx, b.ID, r.messageID, text, files); err != nil {
		return err
	}
	err = s.Conversations.ChangeIncomingTx(ctx, tx, openline.Rewriting{MessageID: r.messageID, Text: withFiles(text, files), Files: kept, At: unix(m.EditDate)})
	if err != nil && fault.KindOf(err) != fault.Internal {
		return nil // somebody has removed it here
	}
	return err
}

// memberTx notes that a client has blocked the bot or let it write again, and leaves groups.
func (s *Service) memberTx(ctx context.Context, tx *db.Tx, b Bot, m *member) error {
	switch m.Chat.Type {
	case "group", "supergroup":
		if m.Now.Status == "member" || m.Now.Status == "administrator" {
			return s.leaveTx(ctx, tx, b, m.Chat.ID)
		}
		return nil
	case private:
	default:
		return nil
	}
	blocked := m.Now.Status == "kicked"
	var chatID int64
	err := tx.QueryRow(ctx, "SELECT chat_id FROM telegram_chat WHERE bot_id = ? AND chat = ? AND blocked <> ?", b.ID, m.Chat.ID, db.Bit(blocked)).Scan(&chatID)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err == nil {
		_, err = tx.Exec(ctx, "UPDATE telegram_chat SET blocked = ? WHERE bot_id = ? AND chat = ?", db.Bit(blocked), b.ID, m.Chat.ID)
	}
	if err != nil {
		return fmt.Errorf("note whether a bot is blocked: %w", err)
	}
	text := "The client lets the bot write to them again."
	if blocked {
		text = "The client has blocked the bot: what is written here does not reach them."
	}
	return s.Messenger.NoteTx(ctx, tx, chatID, text)
}

// pressedTx takes in that a client pressed a button.
func (s *Service) pressedTx(ctx context.Context, tx *db.Tx, b Bot, c *callback) error {
	j := job{bot: b.ID, kind: jobPress}
	press := pressBody{ID: c.ID}
	if c.Message == nil || c.Message.Chat.Type != private {
		return nil
	}
	j.chat = c.Message.Chat.ID
	r, err := rowTx(ctx, tx, b.ID, j.chat, c.Message.Number)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return fmt.Errorf("find message with button: %w", err)
	}
	found, ok := buttonOf(r.buttons, c.Data)
	switch {
	case !ok:
		press.Say = deadButton
	case found.Send != "":
		in := b.incoming(c.From, j.chat)
		in.Text = found.Send
		if _, err := s.Conversations.ReceiveTx(ctx, tx, in); err != nil {
			if errors.Is(err, openline.ErrNoLine) {
				err = errClosed.Because(err)
			}
			return err
		}
	default:
		press.Button, press.MessageID, press.Number = &found, r.messageID, c.Message.Number
		if err := s.pressableTx(ctx, tx, j, &press); err != nil {
			return err
		}
	}
	return s.queueTx(ctx, tx, j, press)
}

// chatTx notes which chat of the portal belongs to one there.
func chatTx(ctx context.Context, tx *db.Tx, botID, chatID int64, got openline.Received) error {
	_, err := tx.Exec(ctx, `INSERT INTO telegram_chat (bot_id, chat, chat_id, visitor_id) VALUES (?, ?, ?, ?)
		ON CONFLICT (bot_id, chat) DO UPDATE SET chat_id = excluded.chat_id, visitor_id = excluded.visitor_id, blocked = 0`, botID, chatID, got.ChatID, got.VisitorID)
	if err != nil {
		return fmt.Errorf("note chat of Telegram: %w", err)
	}
	return nil
}

// pressableTx completes what is known of the press of a button. A bot hears of it while it leads the conversation.
func (s *Service) pressableTx(ctx context.Context, tx *db.Tx, j job, p *pressBody) error {
	var chatID int64
	err := tx.QueryRow(ctx, "SELECT chat_id, visitor_id FROM telegram_chat WHERE bot_id = ? AND chat = ?", j.bot, j.chat).Scan(&chatID, &p.VisitorID)
	if errors.Is(err, db.ErrNoRows) {
		p.Button, p.Say = nil, deadButton
		return nil
	}
	if err != nil || p.Button.Press == nil {
		return err
	}
	v, err := s.Conversations.LastTx(ctx, tx, chatID)
	if errors.Is(err, openline.ErrNoSession) || err == nil && !v.Led() {
		p.Button, p.Say = nil, "The assistant does not answer here any more. Please write your message."
		return nil
	}
	return err
}

// deadButton is what a client is told of a button without a meaning.
const deadButton = "This button does nothing any more."

// leaveTx has the bot say why it does not answer in a group, and leave it, once.
func (s *Service) leaveTx(ctx context.Context, tx *db.Tx, b Bot, chatID int64) error {
	var n int64
	err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM telegram_out WHERE bot_id = ? AND chat = ? AND kind = ? AND state = 0", b.ID, chatID, jobLeave).Scan(&n)
	if err != nil || n > 0 {
		return err
	}
	return s.queueTx(ctx, tx, job{bot: b.ID, chat: chatID, kind: jobLeave}, struct{}{})
}

func buttonOf(buttons, data string) (b button, ok bool) {
	var all []button
	if buttons == "" || json.Unmarshal([]byte(buttons), &all) != nil {
		return b, false
	}
	for i, one := range all {
		if data == callbackData(i) {
			return one, true
		}
	}
	return b, false
}
