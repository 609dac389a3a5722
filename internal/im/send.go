package im

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
)

const (
	maxText = 20_000   // characters
	cutMark = " (...)" // at the end of a longer text, which is cut
)

// outgoing is a message made ready outside the transaction.
type outgoing struct {
	Message

	extra     string // Extra as it is stored
	mentions  mentioned
	named     bool  // by its sender: it may have been sent before
	forwardID int64 // what is to be forwarded; 0: nothing
	platform  string
	unheard   bool
}

// sent is a stored message and what its hint needs.
type sent struct {
	message  Message
	state    *state
	mentions mentioned
	own      bool // who changes it sent it, and may still change it
}

// Send stores a message and tells the chat's members. It returns ErrMessageEmpty without a text and an attachment, ErrNoChat,
// ErrAccess for an author who is no member or may not post, ErrReplyAccess and ErrReplyForeign for a ReplyID that is
// unknown or of another chat, ErrForward and ErrFile for what the author may not pass on, ErrParams for a UUID that is none.
// A longer text than 20,000 characters is cut. What the author sent to the chat under the same UUID is not sent again.
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
	err = s.db.WriteInTurns(ctx, func(tx *db.Tx) (err error) {
		done, err = s.store(ctx, tx, out, st)
		return err
	})
	if err != nil {
		return Message{}, err
	}
	if !done.message.Repeated {
		s.tell(st, done) // by the caller, not by the database's one writer
	}
	return done.message, nil
}

// SendTx is Send as part of a transaction; the members are told after it.
func (s *Service) SendTx(ctx context.Context, tx *db.Tx, n NewMessage) (Message, error) {
	return s.sendTx(ctx, tx, n, nil)
}

// sendTx is SendTx with the state of the chat where the caller has it.
func (s *Service) sendTx(ctx context.Context, tx *db.Tx, n NewMessage, st *state) (Message, error) {
	out, err := s.prepare(n)
	if err != nil {
		return Message{}, err
	}
	if st == nil {
		if st, err = s.stateTx(ctx, tx, n.ChatID); err != nil {
			return Message{}, err
		}
	}
	done, err := s.store(ctx, tx, out, st)
	if err != nil {
		return Message{}, err
	}
	if !done.message.Repeated {
		tx.AfterCommit(func() { s.tell(st, done) })
	}
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
	if st.mayPost(author) {
		return st, nil
	}
	if st.chat.General() && st.has(author) {
		users, err := s.users.Many(ctx, []int64{author})
		if err != nil || users[author].Admin {
			return st, err
		}
	}
	return nil, ErrAccess
}

// mayPostTx is whether the author may post after all, in a chat that changed: in the general one every administrator may.
func (s *Service) mayPostTx(ctx context.Context, tx *db.Tx, st *state, author int64) (bool, error) {
	if st.mayPost(author) || !st.chat.General() || !st.has(author) {
		return st.mayPost(author), nil
	}
	users, err := s.users.ManyTx(ctx, tx, []int64{author})
	return users[author].Admin, err
}

// prepare checks n and does what needs no database.
func (s *Service) prepare(n NewMessage) (outgoing, error) {
	out := outgoing{platform: n.Platform, unheard: n.Unheard, Message: Message{
		ChatID: n.ChatID, AuthorID: n.AuthorID, SenderID: n.AuthorID, Date: s.clock.Now().UTC(), Text: cleanText(n.Text),
		ReplyID: n.ReplyID, System: n.System || n.AuthorID == 0, NoPreview: n.NoPreview, Silent: n.Silent,
		Inner: n.Inner,
	}}
	if out.Text == "" && len(n.Attach) == 0 && len(n.Files) == 0 && n.ForwardID == 0 {
		return outgoing{}, ErrMessageEmpty
	}
	if out.System {
		out.AuthorID = 0
	}
	out.forwardID = n.ForwardID
	if err := out.setExtra(n); err != nil {
		return outgoing{}, err
	}
	out.mentions = mentionsIn(out.Text)
	if n.UUID != "" && !out.System {
		out.named, out.flags = true, flagNamed
	}
	var ok bool
	if out.UUID, ok = s.uuid(n.UUID, out.System); !ok {
		return outgoing{}, ErrParams
	}
	return out, nil
}

func (out *outgoing) setExtra(n NewMessage) (err error) {
	e := Extra{Code: n.Code, Files: without(n.Files, nil), Written: outside(n.Written, out.Date)}
	a, k, m := n.Attach.Stamp(out.Date), n.Keyboard, n.Menu
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

// outside returns when something happened outside of the portal, in seconds since 1970; clocks there may be fast. 0: nobody says.
func outside(at, now time.Time) int64 {
	return max(min(at.Unix(), now.Unix()), 0)
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
	return cutText(strings.TrimSpace(storable(text)))
}

// cutText cuts a text where it is too long for a message.
func cutText(text string) string {
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

// store writes the message, moves the sender's reading mark and tells the bots.
func (s *Service) store(ctx context.Context, tx *db.Tx, out outgoing, st *state) (sent, error) {
	if m, found, err := sentBefore(ctx, tx, out); err != nil || found {
		return sent{message: m, state: st}, err
	}
	if len(out.Extra.Files) > 0 || out.forwardID != 0 {
		if err := tx.Alone(); err != nil {
			return sent{}, err
		}
	}
	if err := s.checkParts(ctx, tx, &out); err != nil {
		return sent{}, err
	}
	m := out.Message
	version, err := insert(ctx, tx, &m, out.extra)
	if err != nil {
		return sent{}, err
	}
	if version != st.version {
		if st, err = s.loadState(ctx, tx, m.ChatID); err != nil {
			return sent{}, err
		}
	}
	if ok, err := s.mayPostTx(ctx, tx, st, m.SenderID); err != nil || !ok {
		return sent{}, cmp.Or(err, error(ErrAccess))
	}
	if err := s.attachTx(ctx, tx, m); err != nil {
		return sent{}, err
	}
	if err := keepMentions(ctx, tx, m, out.mentions, st); err != nil {
		return sent{}, err
	}
	if err := s.askTx(ctx, tx, m); err != nil {
		return sent{}, err
	}
	done := sent{message: m, state: st, mentions: out.mentions}
	if s.teller != nil {
		if err := s.teller.MessageSentTx(ctx, tx, liveMessage(done), st.members); err != nil {
			return sent{}, fmt.Errorf("tell of message: %w", err)
		}
	}
	if err := s.tellEntity(ctx, tx, Written, done, m.SenderID); err != nil {
		return sent{}, err
	}
	if s.listener == nil || out.unheard || len(st.bots) == 0 && !mayCommand(m) && !s.follows() {
		return done, nil
	}
	if err := tx.Alone(); err != nil { // what bots do about it may be anything
		return sent{}, err
	}
	return done, s.tellBots(ctx, tx, done, out)
}

// sentBefore finds what the author sent to the chat under the same name.
func sentBefore(ctx context.Context, tx *db.Tx, out outgoing) (m Message, found bool, err error) {
	if !out.named {
		return m, false, nil
	}
	sender := strconv.FormatInt(out.SenderID, 10)
	if err := tx.Lock(ctx, "im message "+sender+" "+out.UUID); err != nil { // a retry may race its original
		return m, false, err
	}
	const q = "SELECT " + messageColumns + ` FROM message m
		WHERE m.sender_id = ? AND m.chat_id = ? AND m.uuid = ? AND m.flags & 8 <> 0`
	var row messageRow
	err = tx.QueryRow(ctx, q, out.SenderID, out.ChatID, out.UUID).Scan(row.dest()...)
	if errors.Is(err, db.ErrNoRows) {
		return m, false, nil
	}
	if err != nil {
		return m, false, fmt.Errorf("find message by its name: %w", err)
	}
	m, err = row.message()
	m.Repeated = true
	return m, true, err
}

// checkParts makes sure that the author may answer and forward what the message says.
func (s *Service) checkParts(ctx context.Context, tx *db.Tx, out *outgoing) error {
	if out.ReplyID != 0 {
		if err := checkReply(ctx, tx, *out); err != nil {
			return err
		}
	}
	if out.forwardID != 0 {
		if err := takeForward(ctx, tx, out); err != nil {
			return err
		}
	}
	return nil
}

// mayCommand reports whether a line of a message begins as commands do. Some commands work in every chat, so the listener
// hears of such a message also where no bot is.
func mayCommand(m Message) bool {
	return !m.System && (strings.HasPrefix(m.Text, "/") || strings.Contains(m.Text, "\n/"))
}

// tellBots passes an added message to the listener.
func (s *Service) tellBots(ctx context.Context, tx *db.Tx, d sent, out outgoing) error {
	e := d.event(out.mentions.ids, d.message.SenderID)
	e.Platform = out.platform
	if e.Chat.Type != Private && (len(e.BotIDs) > 0 || mayCommand(d.message)) {
		const before = "SELECT COALESCE(MAX(id), 0) FROM message WHERE chat_id = ? AND id < ?"
		if err := tx.QueryRow(ctx, before, d.message.ChatID, d.message.ID).Scan(&e.PrevMessageID); err != nil {
			return fmt.Errorf("read previous message: %w", err)
		}
	}
	return s.listener.MessageAddedTx(ctx, tx, e)
}

// event describes d to the listener.
func (d sent) event(mentions []int64, actor int64) MessageEvent {
	e := MessageEvent{
		Chat: d.state.chat, Message: d.message, MemberIDs: d.state.members, ManagerIDs: d.state.managers, Mentioned: mentions, ActorID: actor,
	}
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
	s.noteSent(d.state, d.message)
	s.live.Publish(d.state.members, LiveAdded, liveMessage(d))
	s.hintIndex()
}

func liveMessage(d sent) LiveMessage {
	m := d.message
	return LiveMessage{
		ID: m.ID, ChatID: m.ChatID, Seq: m.Seq, AuthorID: m.AuthorID, SenderID: m.SenderID, Date: m.Date.UnixMilli(),
		Text: prefix(m.Text, liveText), UUID: m.UUID, Type: d.state.chat.Type, Title: d.state.chat.Title,
		System: m.System, Silent: m.Silent, Attach: len(m.Extra.Attach) > 0, Files: len(m.Extra.Files),
		Forward: m.Extra.Forward != nil, Mentions: d.mentions.ids, All: d.mentions.all,
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
