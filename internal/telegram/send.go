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
