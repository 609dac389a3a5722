package im

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/db"
)

const (
	maxText = 20_000   // characters
	cutMark = " (...)" // at the end of a longer text, which is cut
)

// outgoing is a message made ready outside the transaction.
type outgoing struct {
	Message

	extra    string // Extra as it is stored
	mentions []int64
}

// sent is a stored message and what its hint needs.
type sent struct {
	message Message
	state   *state
}

// Send stores a message and tells the chat's members. It returns ErrMessageEmpty without a text and an attachment, ErrNoChat,
// ErrAccess for an author who is no member or may not post, ErrReplyAccess and ErrReplyForeign for a ReplyID that is
// unknown or of another chat, ErrParams for a UUID that is none. A longer text than 20,000 characters is cut.
func (s *Service) Send(ctx context.Context, n NewMessage) (Message, error) {
	out, err := s.prepare(n)
	if err != nil {
		return Message{}, err
	}
	st, err := s.posting(ctx, n.ChatID, n.AuthorID)
	if err != nil {
		return Message{}, err
	}
	var done sent
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		done, err = s.store(ctx, tx, out, st)
		return err
	})
	if err != nil {
		return Message{}, err
	}
	s.tell(st, done) // by the caller, not by the database's one writer
	return done.message, nil
}

// SendTx is Send as part of a transaction; the members are told after it.
func (s *Service) SendTx(ctx context.Context, tx *db.Tx, n NewMessage) (Message, error) {
	out, err := s.prepare(n)
	if err != nil {
		return Message{}, err
	}
	st, err := s.stateTx(ctx, tx, n.ChatID)
	if err != nil {
		return Message{}, err
	}
	done, err := s.store(ctx, tx, out, st)
	if err != nil {
		return Message{}, err
	}
	tx.AfterCommit(func() { s.tell(st, done) })
	return done.message, nil
}

// posting returns the state of a chat in which author may post. What is remembered may say no too long, never yes.
func (s *Service) posting(ctx context.Context, chatID, author int64) (*state, error) {
	st, err := s.state(ctx, chatID)
	if err != nil || st.mayPost(author) {
		return st, err
	}
	if st, err = s.reload(ctx, chatID); err != nil {
		return nil, err
	}
	if !st.mayPost(author) {
		return nil, ErrAccess
	}
	return st, nil
}

// prepare checks n and does what needs no database.
func (s *Service) prepare(n NewMessage) (outgoing, error) {
	out := outgoing{Message: Message{
		ChatID: n.ChatID, AuthorID: n.AuthorID, SenderID: n.AuthorID, Date: s.clock.Now().UTC(), Text: cleanText(n.Text),
		ReplyID: n.ReplyID, System: n.System || n.AuthorID == 0, NoPreview: n.NoPreview, Silent: n.Silent,
	}}
	if out.Text == "" && len(n.Attach) == 0 {
		return outgoing{}, ErrMessageEmpty
	}
	if out.System {
		out.AuthorID = 0
	}
	if err := out.setExtra(n.Attach.Stamp(out.Date), n.Keyboard, n.Menu, n.Code); err != nil {
		return outgoing{}, err
	}
	if strings.Contains(out.Text, "[") {
		out.mentions, _ = bbcode.Mentions(out.Text)
	}
	var ok bool
	if out.UUID, ok = s.uuid(n.UUID, out.System); !ok {
		return outgoing{}, ErrParams
	}
	return out, nil
}

func (out *outgoing) setExtra(a attach.Attach, k attach.Keyboard, m attach.Menu, code string) (err error) {
	e := Extra{Code: code}
	if e.Attach, err = normal(len(a), a); err != nil {
		return err
	}
	if e.Keyboard, err = normal(len(k), k); err != nil {
		return err
	}
	if e.Menu, err = normal(len(m), m); err != nil {
		return err
	}
	out.Extra = e
	out.extra, err = e.stored()
	return err
}

// normal encodes a part of a message; an empty one is none.
func normal(n int, part any) (json.RawMessage, error) {
	if n == 0 {
		return nil, nil
	}
	raw, err := json.Marshal(part)
	if err != nil {
		return nil, fmt.Errorf("encode part of message: %w", err)
	}
	return raw, nil
}

func (e Extra) stored() (string, error) {
	if e.Empty() {
		return "", nil
	}
	b, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("encode parts of message: %w", err)
	}
	return storable(string(b)), nil
}

// cleanText trims a text and cuts it where it is too long.
func cleanText(text string) string {
	text = strings.TrimSpace(storable(text))
	if len(text) <= maxText || utf8.RuneCountInString(text) <= maxText {
		return text
	}
	n := 0
	for i := range text {
		if n == maxText-len(cutMark) {
			return text[:i] + cutMark
		}
		n++
	}
	return text
}

// uuid returns the name of a message: the sender's, or a random one (RFC 9562, version 4). System messages have none.
func (s *Service) uuid(given string, system bool) (string, bool) {
	if system {
		return "", true
	}
	if given != "" {
		return strings.ToLower(given), IsUUID(given)
	}
	var b [16]byte
	s.random(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var text [36]byte
	hex.Encode(text[:8], b[:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:]), true
}

// IsUUID reports whether s may be the UUID of a message.
func IsUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hexDigit := '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
		if dash != (c == '-') || !dash && !hexDigit {
			return false
		}
	}
	return true
}

// store writes the message, moves the sender's reading mark and tells the bots.
func (s *Service) store(ctx context.Context, tx *db.Tx, out outgoing, st *state) (sent, error) {
	if out.ReplyID != 0 {
		if err := checkReply(ctx, tx, out); err != nil {
			return sent{}, err
		}
	}
	m := out.Message
	version, err := insert(ctx, tx, &m, out.extra)
	if err != nil {
		return sent{}, err
	}
	if version != st.version {
		if st, err = loadState(ctx, tx, m.ChatID); err != nil {
			return sent{}, err
		}
	}
	if !st.mayPost(m.SenderID) {
		return sent{}, ErrAccess
	}
	done := sent{message: m, state: st}
	if len(st.bots) == 0 || s.listener == nil {
		return done, nil
	}
	return done, s.tellBots(ctx, tx, done, out.mentions)
}

// tellBots passes an added message to the listener, unless only its sender is a bot.
func (s *Service) tellBots(ctx context.Context, tx *db.Tx, d sent, mentions []int64) error {
	e := d.event(mentions, d.message.SenderID)
	if len(e.BotIDs) == 0 {
		return nil
	}
	if e.Chat.Type != Private {
		const before = "SELECT COALESCE(MAX(id), 0) FROM message WHERE chat_id = ? AND id < ?"
		if err := tx.QueryRow(ctx, before, d.message.ChatID, d.message.ID).Scan(&e.PrevMessageID); err != nil {
			return fmt.Errorf("read previous message: %w", err)
		}
	}
	return s.listener.MessageAddedTx(ctx, tx, e)
}

// event describes d to the listener.
func (d sent) event(mentions []int64, actor int64) MessageEvent {
	e := MessageEvent{Chat: d.state.chat, Message: d.message, Mentioned: mentions, ActorID: actor}
	e.Chat.MemberCount = int64(len(d.state.members))
	for _, id := range d.state.bots {
		if id != d.message.SenderID {
			e.BotIDs = append(e.BotIDs, id)
		}
	}
	return e
}

// checkReply makes sure that the answered message may be answered. Of one that the sender may not see they do not learn
// where it is.
func checkReply(ctx context.Context, tx *db.Tx, out outgoing) error {
	const q = `SELECT m.chat_id FROM message m JOIN chat_member b ON b.chat_id = m.chat_id AND b.user_id = ?
		WHERE m.id = ? AND m.id > b.history_from`
	var chatID int64
	err := tx.QueryRow(ctx, q, out.SenderID, out.ReplyID).Scan(&chatID)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return ErrReplyAccess
	case err != nil:
		return fmt.Errorf("read answered message: %w", err)
	case chatID != out.ChatID:
		return ErrReplyForeign
	}
	return nil
}

// CheckReply is for an answer in a private chat that nobody has opened: no message can be answered there, so it returns
// ErrReplyForeign, or ErrReplyAccess where sender may not see the message or it does not exist.
func (s *Service) CheckReply(ctx context.Context, sender, messageID int64) error {
	return s.db.Read(ctx, func(tx *db.Tx) error {
		return checkReply(ctx, tx, outgoing{Message: Message{SenderID: sender, ReplyID: messageID}})
	})
}

// tell keeps what was learned and passes the hint on.
func (s *Service) tell(known *state, d sent) {
	if d.state != known {
		s.keep(d.state)
	}
	s.live.Publish(d.state.members, LiveAdded, liveMessage(d))
}

func liveMessage(d sent) LiveMessage {
	m := d.message
	return LiveMessage{
		ID: m.ID, ChatID: m.ChatID, Seq: m.Seq, AuthorID: m.AuthorID, SenderID: m.SenderID, Date: m.Date.UnixMilli(),
		Text: prefix(m.Text, liveText), UUID: m.UUID, Type: d.state.chat.Type, Title: d.state.chat.Title,
		System: m.System, Silent: m.Silent, Attach: len(m.Extra.Attach) > 0,
	}
}

// prefix returns at most n bytes of s, without a broken character at the end.
func prefix(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
