package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline"
)

// The bounds of files, in bytes.
const (
	maxUpload = 50 << 20
	maxPhoto  = 10 << 20
)

// Why a message does not go out.
var (
	errFileGone  = fault.New(fault.Invalid, "FILE_GONE", "The file is not there any more.")
	errFileLarge = fault.New(fault.TooLarge, "FILE_TOO_LARGE", "Telegram takes files of at most 50 MB.")
)

// attempt does a job.
func (s *Service) attempt(ctx context.Context, j job) error {
	var b Bot
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		b, err = connectedTx(ctx, tx, j.bot)
		return err
	})
	if err != nil {
		return err
	}
	a, err := s.account(ctx, b)
	if err != nil {
		return err
	}
	switch j.kind {
	case jobSend:
		var p part
		if err := json.Unmarshal([]byte(j.body), &p); err != nil {
			return fmt.Errorf("job %d: %w", j.id, err)
		}
		return s.sendPart(ctx, a, j, p)
	case jobEdit:
		var e editBody
		if err := json.Unmarshal([]byte(j.body), &e); err != nil {
			return fmt.Errorf("job %d: %w", j.id, err)
		}
		return s.edit(ctx, a, j, e)
	case jobRemove:
		return s.remove(ctx, a, j)
	case jobPress:
		var p pressBody
		if err := json.Unmarshal([]byte(j.body), &p); err != nil {
			return fmt.Errorf("job %d: %w", j.id, err)
		}
		return s.press(ctx, a, j, p)
	case jobLeave:
		return s.leave(ctx, a, j)
	}
	return fmt.Errorf("job %d is of the unknown kind %q", j.id, j.kind)
}

// sent is a message that Telegram has taken.
type sent struct {
	Number int64 `json:"message_id"`
}

// post sends a part and returns the row to note.
func (s *Service) post(ctx context.Context, a account, j job, n int64, p part) (r row, err error) {
	r = row{messageID: j.messageID, part: n, kind: p.kind(), file: fileName(p.File)}
	if len(p.Buttons) > 0 {
		raw, err := json.Marshal(p.Buttons)
		if err != nil {
			return r, fmt.Errorf("encode buttons: %w", err)
		}
		r.buttons = string(raw)
	}
	var got sent
	if p.File == 0 {
		params := map[string]any{"chat_id": j.chat, "text": p.Text, "parse_mode": "HTML"}
		if k := keyboard(p.Buttons); k != "" {
			params["reply_markup"] = json.RawMessage(k)
		}
		err = a.call(ctx, "sendMessage", params, &got)
	} else {
		err = s.postFile(ctx, a, j.chat, p, &got)
	}
	r.number = got.Number
	return r, err
}

func fileName(id int64) string {
	if id == 0 {
		return ""
	}
	return decimal(id)
}

// postFile sends a file: as a photo where it is one.
func (s *Service) postFile(ctx context.Context, a account, chat int64, p part, got *sent) error {
	params := map[string]string{"chat_id": decimal(chat)}
	if p.Text != "" {
		params["caption"], params["parse_mode"] = p.Text, "HTML"
	}
	if k := keyboard(p.Buttons); k != "" {
		params["reply_markup"] = k
	}
	upload := func(method, field string) (photo bool, err error) {
		f, ok, err := s.Files.Open(ctx, p.File)
		if err != nil {
			return false, err
		}
		if !ok {
			return false, errFileGone
		}
		defer func() { _ = f.Body.Close() }()
		photo = f.Size <= maxPhoto && slices.Contains([]string{"image/jpeg", "image/png", "image/webp"}, f.Type)
		switch {
		case f.Size > maxUpload:
			return false, errFileLarge
		case method == "" && photo:
			method, field = "sendPhoto", "photo"
		case method == "":
			method, field = "sendDocument", "document"
		}
		return photo, a.api.Upload(ctx, a.server, a.token, method, params, field, f, got)
	}
	photo, err := upload("", "")
	if r, ok := errors.AsType[*Refusal](err); ok && photo && r.Code == 400 && !strings.Contains(r.Text, "chat not found") {
		_, err = upload("sendDocument", "document") // its sides may be too long for a photo
	}
	return err
}

// sendPart sends a part of a message that is new.
func (s *Service) sendPart(ctx context.Context, a account, j job, p part) error {
	r, err := s.post(ctx, a, j, j.part, p)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := noteMessageTx(ctx, tx, j.bot, j.chat, r.number, r); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE telegram_bot SET last_out = ? WHERE id = ?", db.Micro(s.now()), j.bot); err != nil {
			return fmt.Errorf("note message: %w", err)
		}
		s.changedTx(tx, j)
		return dropTx(ctx, tx, j.id)
	})
}

// editBody is what a message is to be.
type editBody struct {
	Parts []part `json:"parts"`
}

// rowsOf returns the messages of Telegram that one of the portal has become, in their order.
func (s *Service) rowsOf(ctx context.Context, botID, messageID int64) (out []row, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = rowsOfTx(ctx, tx, botID, messageID)
		return err
	})
	return out, err
}

func rowsOfTx(ctx context.Context, tx *db.Tx, botID, messageID int64) (out []row, err error) {
	rows, err := tx.Query(ctx, `SELECT number, message_id, part, kind, buttons, file, changed FROM telegram_message
		WHERE message_id = ? AND bot_id = ? AND kind <> ? ORDER BY part, number`, messageID, botID, kindIn)
	if err != nil {
		return nil, fmt.Errorf("read messages of Telegram: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.number, &r.messageID, &r.part, &r.kind, &r.buttons, &r.file, &r.changed); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// edit brings the messages of Telegram to what one of the portal has become: those that are there are changed, those that are too many
// deleted, and those that are missing sent. Each step is kept, so that it can be gone on with.
func (s *Service) edit(ctx context.Context, a account, j job, e editBody) error {
	there, err := s.rowsOf(ctx, j.bot, j.messageID)
	if err != nil {
		return err
	}
	var missing []part
	next := int64(0)
	for _, r := range there {
		next = max(next, r.part+1)
	}
	for _, p := range e.Parts {
		i := slices.IndexFunc(there, func(r row) bool { return (r.kind == kindText) == (p.File == 0) && r.file == fileName(p.File) })
		if i < 0 {
			missing = append(missing, p)
			continue
		}
		if err := s.rewrite(ctx, a, j, there[i], p); err != nil {
			return err
		}
		there = slices.Delete(there, i, i+1)
	}
	for _, r := range there {
		if err := s.unsend(ctx, a, j, r); err != nil {
			return err
		}
	}
	return s.complete(ctx, a, j, missing, next)
}

// complete sends what a changed message has more than before. Where it did not go out before, it waits to be sent again instead.
func (s *Service) complete(ctx context.Context, a account, j job, missing []part, next int64) error {
	var why string
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, "SELECT COALESCE(MAX(why), '') FROM telegram_out WHERE message_id = ? AND bot_id = ? AND state = 1", j.messageID, j.bot).Scan(&why)
		if err != nil || why == "" {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM telegram_out WHERE message_id = ? AND bot_id = ? AND state = 1", j.messageID, j.bot); err != nil {
			return err
		}
		again := j
		again.kind = jobSend
		for i, p := range missing {
			again.part = next + int64(i)
			if err := s.insertTx(ctx, tx, again, p, stateFailed, why); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("change what failed: %w", err)
	}
	if why != "" {
		return s.done(ctx, j)
	}
	for i, p := range missing {
		r, err := s.post(ctx, a, j, next+int64(i), p)
		if err != nil {
			return err
		}
		err = s.DB.Write(ctx, func(tx *db.Tx) error { return noteMessageTx(ctx, tx, j.bot, j.chat, r.number, r) })
		if err != nil {
			return err
		}
	}
	return s.done(ctx, j)
}

// rewrite changes a message of Telegram.
func (s *Service) rewrite(ctx context.Context, a account, j job, r row, p part) error {
	if r.kind == kindFile && p.Text == "" {
		return nil
	}
	method, params := "editMessageText", map[string]any{"chat_id": j.chat, "message_id": r.number, "parse_mode": "HTML"}
	if p.File == 0 {
		params["text"] = p.Text
	} else {
		method, params["caption"] = "editMessageCaption", p.Text
	}
	if k := keyboard(p.Buttons); k != "" {
		params["reply_markup"] = json.RawMessage(k)
	}
	err := a.call(ctx, method, params, nil)
	if refusal, ok := errors.AsType[*Refusal](err); ok && strings.Contains(refusal.Text, "message is not modified") {
		err = nil
	}
	if err != nil {
		return err
	}
	buttons := ""
	if len(p.Buttons) > 0 {
		raw, err := json.Marshal(p.Buttons)
		if err != nil {
			return fmt.Errorf("encode buttons: %w", err)
		}
		buttons = string(raw)
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE telegram_message SET kind = ?, buttons = ? WHERE bot_id = ? AND chat = ? AND number = ?", p.kind(), buttons, j.bot, j.chat, r.number)
		return err
	})
}

// unsend deletes a message of Telegram. One that is gone already is gone.
func (s *Service) unsend(ctx context.Context, a account, j job, r row) error {
	err := a.call(ctx, "deleteMessage", map[string]any{"chat_id": j.chat, "message_id": r.number}, nil)
	if refusal, ok := errors.AsType[*Refusal](err); ok && strings.Contains(refusal.Text, "not found") && refusal.Code == 400 {
		err = nil
	}
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM telegram_message WHERE bot_id = ? AND chat = ? AND number = ?", j.bot, j.chat, r.number)
		return err
	})
}

// remove deletes all that a message has become.
func (s *Service) remove(ctx context.Context, a account, j job) error {
	there, err := s.rowsOf(ctx, j.bot, j.messageID)
	if err != nil {
		return err
	}
	for _, r := range there {
		if err := s.unsend(ctx, a, j, r); err != nil {
			return err
		}
	}
	return s.done(ctx, j)
}

// pressBody is a button that a client has pressed.
type pressBody struct {
	ID        string  `json:"id"`            // of the press
	Say       string  `json:"say,omitempty"` // to the client
	Button    *button `json:"button,omitempty"`
	MessageID int64   `json:"message,omitempty"`
	Number    int64   `json:"number,omitempty"` // of the message at Telegram
	VisitorID int64   `json:"visitor,omitempty"`
}

// press does what a button does, and tells Telegram that it is done: until then the button of the client turns.
func (s *Service) press(ctx context.Context, a account, j job, p pressBody) error {
	if b := p.Button; b != nil {
		say, err := s.act(ctx, p.VisitorID, p.MessageID, *b)
		if err != nil {
			return err
		}
		p.Say = say
		if b.Vote != 0 {
			err := a.call(ctx, "editMessageReplyMarkup", map[string]any{"chat_id": j.chat, "message_id": p.Number}, nil)
			if err != nil && !isGone(err) {
				return err
			}
		}
	}
	params := map[string]any{"callback_query_id": p.ID}
	if p.Say != "" {
		params["text"] = p.Say
	}
	if err := a.call(ctx, "answerCallbackQuery", params, nil); err != nil && !isGone(err) {
		return err
	}
	return s.done(ctx, j)
}

// isGone reports whether an error says that there is nothing to be changed any more.
func isGone(err error) bool {
	r, ok := errors.AsType[*Refusal](err)
	return ok && r.Code == 400
}

// act does what a button does, and returns what the client is told.
func (s *Service) act(ctx context.Context, visitorID, messageID int64, b button) (say string, err error) {
	switch {
	case b.Vote != 0:
		vote := openline.VoteLike
		if !b.Like {
			vote = openline.VoteDislike
		}
		err = s.Conversations.Rate(ctx, b.Vote, vote)
		if errors.Is(err, openline.ErrNoSession) || errors.Is(err, openline.ErrWrongState) {
			return "Nobody asks for a rating now.", nil
		}
		return "Thank you!", err
	case b.Press != nil:
		err = s.Messenger.Press(ctx, visitorID, messageID, *b.Press)
		if kind := fault.KindOf(err); err != nil && kind != fault.Internal && kind != fault.Unavailable {
			return fault.Of(err).Text, nil
		}
	}
	return "", err
}

// groupText is what a bot says in a group.
const groupText = "I answer in private chats only. Write to me there, and somebody will answer you."

func (s *Service) leave(ctx context.Context, a account, j job) error {
	_ = a.call(ctx, "sendMessage", map[string]any{"chat_id": j.chat, "text": groupText}, nil) // it may not be allowed to write there
	err := a.call(ctx, "leaveChat", map[string]any{"chat_id": j.chat}, nil)
	if r, ok := errors.AsType[*Refusal](err); ok && (r.Code == 400 || r.Code == 403) {
		err = nil // it is out already
	}
	if err != nil {
		return err
	}
	return s.done(ctx, j)
}

// whyNot says in words why something was not done.
func whyNot(err error) string {
	r, ok := errors.AsType[*Refusal](err)
	switch {
	case errors.Is(err, ErrNoBot):
		return goneWhy
	case !ok && fault.KindOf(err) == fault.Internal:
		return "Something went wrong again and again. The portal's log says what."
	case !ok && fault.KindOf(err) == fault.Unavailable:
		return "Telegram could not be reached for a day."
	case !ok:
		return fault.Of(err).Text
	case r.Code == 403 && strings.Contains(r.Text, "blocked"):
		return "The client has blocked the bot."
	case r.Code == 403 && strings.Contains(r.Text, "deactivated"):
		return "The client's account at Telegram does not exist any more."
	case strings.Contains(r.Text, "chat not found"):
		return "Telegram does not let the bot write to this client: they have not written to it."
	case r.Code == 401 || r.Code == 404:
		return "Telegram does not know the bot's token any more."
	case r.Code >= 500:
		return "Telegram failed for a day: " + r.Text
	}
	return "Telegram refused it: " + r.Text
}
