package livechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

// Message is what a visitor sees of one.
type Message struct {
	Number  int64  // in the visitor's own count, in the order in which they are shown
	Version int64  // of its last change, in the same count
	UUID    string // of the visitor's browser; empty where it is not theirs
	Own     bool
	Author  string // empty: the line itself
	Avatar  string // an address; empty: none
	Bot     bool   // a bot wrote it
	Text    string // BB code
	Files   []File
	Attach  attach.Attach
	// Keyboard holds the buttons that a visitor can use.
	Keyboard attach.Keyboard
	Vote     bool // it asks for a rating
	Sent     time.Time
	Edited   bool
	Removed  bool

	fileIDs []int64
}

// NewMessage is a message of a visitor.
type NewMessage struct {
	UUID    string   `json:"uuid"` // made by the browser: the same is taken once
	Text    string   `json:"text"`
	Files   []int64  `json:"files"`
	Consent bool     `json:"consent"` // they have agreed
	Version int64    `json:"version"` // to this version of an agreement, which they saw; 0: to a text of the line
	Form    bool     `json:"form"`    // it was left because nobody is there
	Profile *Profile `json:"profile"`
	Page    string   `json:"page"` // of the site, on which they are
	// Signed says that the browser was known as a user of the site: where it is not any more, it is not taken for somebody new.
	Signed bool `json:"signed"`
}

const (
	maxMessage = 5000 // characters
	maxFiles   = 10
	pageSize   = 50
	maxPage    = 2000 // bytes of the address of a page
)

var uuidForm = regexp.MustCompile(`^[A-Za-z0-9-]{8,64}$`)

// tidy checks a message.
func (n *NewMessage) tidy() error {
	n.Text = clean(n.Text)
	if !uuidForm.MatchString(n.UUID) {
		return ErrUUID
	}
	if n.Text == "" && len(n.Files) == 0 || utf8.RuneCountInString(n.Text) > maxMessage {
		return ErrText
	}
	if len(n.Files) > maxFiles {
		return ErrFile
	}
	n.Page = pageOf(n.Page)
	return nil
}

// pageOf returns the address of a page of a site; empty for what is none.
func pageOf(address string) string {
	if len(address) > maxPage || !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		return ""
	}
	return clean(address)
}

// incoming is what the conversations are told of a visitor.
func incoming(w Widget, v visitor) openline.Incoming {
	in := openline.Incoming{
		Connector: Connector, LineID: w.LineID, ChatID: v.name,
		Client: openline.Client{ID: v.name, FirstName: v.profile.Name, Email: v.profile.Email, Phone: v.profile.Phone},
	}
	if v.proved != "" {
		in.Client.Key = fmt.Sprintf("livechat:%d:%s", w.ID, v.proved)
	}
	return in
}

// Send takes in a message of a visitor and returns it as they see it: the first time, and every time that it is sent again. Faults:
// ErrNoWidget, ErrToken, ErrNoVisitor for a user who is signed and not known, ErrUUID, ErrText, ErrFile, ErrConsent, ErrTooMany, and ErrName, ErrEmail or ErrPhone for what is missing.
func (s *Service) Send(ctx context.Context, c Caller, n NewMessage) (m Message, err error) {
	if err := n.tidy(); err != nil {
		return m, err
	}
	if !codeForm.MatchString(c.Code) {
		return m, ErrNoWidget
	}
	if !s.limits.take(addressRate, network(c.Address)) {
		return m, ErrTooMany
	}
	counted := false // db.Write may run its function again
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		w, l, v, err := s.writerTx(ctx, tx, c, n.Signed, &counted)
		if err != nil {
			return err
		}
		m, err = s.sendTx(ctx, tx, w, l, v, c, n)
		return err
	})
	if err == nil && len(m.fileIDs) > 0 {
		err = s.describe(ctx, []*Message{&m})
	}
	return m, err
}

// writerTx returns who writes: somebody new where the token is, unless the site has signed who they are.
func (s *Service) writerTx(ctx context.Context, tx *db.Tx, c Caller, signed bool, counted *bool) (w Widget, l line.Line, v visitor, err error) {
	if err := tx.Lock(ctx, "livechat token "+hashOf(c.Token)); err != nil {
		return w, l, v, err
	}
	w, l, v, err = s.callerTx(ctx, tx, c)
	fresh := errors.Is(err, ErrNoVisitor) && !signed
	if err != nil && !fresh {
		return w, l, v, err
	}
	r, key := visitorRate, v.name
	if fresh {
		r, key = beginRate, network(c.Address)
	}
	if !*counted && !s.limits.take(r, key) {
		return w, l, v, ErrTooMany
	}
	*counted = true
	if fresh {
		v, err = s.addVisitorTx(ctx, tx, w, c.Token, "")
	}
	return w, l, v, err
}

func (s *Service) sendTx(ctx context.Context, tx *db.Tx, w Widget, l line.Line, v visitor, c Caller, n NewMessage) (m Message, err error) {
	if err := s.lockTx(ctx, tx, v); err != nil {
		return m, err
	}
	number, err := nextTx(ctx, tx, v.id)
	if err != nil {
		return m, err
	}
	if m, err = s.repeatedTx(ctx, tx, v, n.UUID); err == nil || !errors.Is(err, db.ErrNoRows) {
		return m, err
	}
	agreed, err := s.agreeTx(ctx, tx, l, &v, Given{Yes: n.Consent, Version: n.Version})
	if err != nil {
		return m, err
	}
	if n.Profile != nil {
		if err := s.knowTx(ctx, tx, w, &v, *n.Profile); err != nil {
			return m, err
		}
	}
	if err := v.profile.lacks(w.Settings, n.Form); err != nil {
		return m, err
	}
	if err := ownFilesTx(ctx, tx, v, n.Files); err != nil {
		return m, err
	}
	m = Message{Number: number, Version: number, UUID: n.UUID, Own: true, Text: n.Text, Sent: s.now(), fileIDs: n.Files}
	id, err := insertTx(ctx, tx, v.id, 0, m) // before the line greets
	if err != nil {
		return m, err
	}
	if err := s.seenTx(ctx, tx, v, n.Page); err != nil {
		return m, err
	}
	in := incoming(w, v)
	in.Text, in.Files, in.ChatURL, in.Moves = n.Text, n.Files, n.Page, true
	got, err := s.Conversations.ReceiveTx(ctx, tx, in)
	if err != nil {
		return m, err
	}
	if _, err := tx.Exec(ctx, "UPDATE livechat_message SET message_id = ? WHERE id = ?", got.MessageID, id); err != nil {
		return m, fmt.Errorf("note message: %w", err)
	}
	if err := placeTx(ctx, tx, &v, got); err != nil {
		return m, err
	}
	if err := s.consentTx(ctx, tx, agreed, v, c, n.Page); err != nil {
		return m, err
	}
	tx.AfterCommit(func() { s.wakes.wake(v.id) })
	return m, nil
}

// placeTx keeps where a visitor's conversation is in the portal.
func placeTx(ctx context.Context, tx *db.Tx, v *visitor, got openline.Received) error {
	if v.userID == got.VisitorID && v.chatID == got.ChatID {
		return nil
	}
	v.userID, v.chatID = got.VisitorID, got.ChatID
	_, err := tx.Exec(ctx, "UPDATE livechat_visitor SET user_id = ?, chat_id = ? WHERE id = ?", v.userID, v.chatID, v.id)
	if err != nil {
		return fmt.Errorf("note chat of visitor: %w", err)
	}
	return nil
}

// nextTx counts one more change for a visitor, whose row nobody else changes until the transaction ends: their changes become visible
// in the order of the numbers.
func nextTx(ctx context.Context, tx *db.Tx, visitorID int64) (n int64, err error) {
	err = tx.QueryRow(ctx, "UPDATE livechat_visitor SET version = version + 1 WHERE id = ? RETURNING version", visitorID).Scan(&n)
	if errors.Is(err, db.ErrNoRows) {
		return 0, ErrNoVisitor
	}
	if err != nil {
		return 0, fmt.Errorf("count change: %w", err)
	}
	return n, nil
}

func insertTx(ctx context.Context, tx *db.Tx, visitorID, messageID int64, m Message) (int64, error) {
	files, err := json.Marshal(m.fileIDs)
	if err != nil {
		return 0, err
	}
	cards, buttons, err := encodeParts(m.Attach, m.Keyboard)
	if err != nil {
		return 0, err
	}
	const q = `INSERT INTO livechat_message
		(visitor_id, number, version, message_id, uuid, own, author, avatar, content, files, vote, sent, edited, removed, attach, keyboard, bot)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?)`
	id, err := tx.Insert(ctx, q, visitorID, m.Number, m.Version, messageID, m.UUID, db.Bit(m.Own), m.Author, m.Avatar, m.Text, string(files),
		db.Bit(m.Vote), db.Micro(m.Sent), cards, buttons, db.Bit(m.Bot))
	if err != nil {
		return 0, fmt.Errorf("insert message of visitor: %w", err)
	}
	return id, nil
}

const messageColumns = "SELECT number, version, uuid, own, author, avatar, content, files, vote, sent, edited, removed, attach, keyboard, bot FROM livechat_message "

func scanMessage(r interface{ Scan(dest ...any) error }) (m Message, err error) {
	var files, cards, buttons string
	var own, vote, sent, edited, removed, bot int64
	err = r.Scan(&m.Number, &m.Version, &m.UUID, &own, &m.Author, &m.Avatar, &m.Text, &files, &vote, &sent, &edited, &removed, &cards, &buttons, &bot)
	if err != nil {
		return m, err
	}
	m.Own, m.Vote, m.Sent, m.Edited, m.Removed, m.Bot = own != 0, vote != 0, db.Time(sent), edited != 0, removed != 0, bot != 0
	if err := m.decodeParts(cards, buttons); err != nil {
		return m, err
	}
	return m, json.Unmarshal([]byte(files), &m.fileIDs)
}

func queryMessages(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Message, err error) {
	rows, err := tx.Query(ctx, messageColumns+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read messages of visitor: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		m, err := scanMessage(rows)
		if err != nil {
			return nil, fmt.Errorf("read messages of visitor: %w", err)
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

// repeatedTx returns the message that was sent under an id before; db.ErrNoRows: none was.
func (s *Service) repeatedTx(ctx context.Context, tx *db.Tx, v visitor, uuid string) (Message, error) {
	return scanMessage(tx.QueryRow(ctx, messageColumns+"WHERE visitor_id = ? AND uuid = ?", v.id, uuid))
}

// History is a part of what a visitor has seen.
type History struct {
	Messages []Message // the oldest first
	More     bool      // there are older ones
}

// Before returns the messages before a number, the newest where it is 0. Faults: ErrNoWidget, ErrToken, ErrNoVisitor.
func (s *Service) Before(ctx context.Context, c Caller, number int64) (h History, err error) {
	_, _, v, err := s.caller(ctx, c)
	if err != nil {
		return h, err
	}
	return s.before(ctx, v, number)
}

func (s *Service) before(ctx context.Context, v visitor, number int64) (h History, err error) {
	where, args := "WHERE visitor_id = ?", []any{v.id}
	if number > 0 {
		where, args = where+" AND number < ?", append(args, number)
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		h.Messages, err = queryMessages(ctx, tx, where+" ORDER BY number DESC LIMIT ?", append(args, pageSize+1)...)
		return err
	})
	if err != nil {
		return h, err
	}
	if h.More = len(h.Messages) > pageSize; h.More {
		h.Messages = h.Messages[:pageSize]
	}
	slices.Reverse(h.Messages)
	return h, s.describeAll(ctx, h.Messages)
}

// since returns what changed after a version, the oldest first, at most a page.
func (s *Service) since(ctx context.Context, v visitor, version int64) (out []Message, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = queryMessages(ctx, tx, "WHERE visitor_id = ? AND version > ? ORDER BY version LIMIT ?", v.id, version, pageSize)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, s.describeAll(ctx, out)
}

func (s *Service) describeAll(ctx context.Context, all []Message) error {
	var with []*Message
	for i := range all {
		if len(all[i].fileIDs) > 0 && !all[i].Removed {
			with = append(with, &all[i])
		}
	}
	return s.describe(ctx, with)
}

// describe adds what is shown of their files to messages.
func (s *Service) describe(ctx context.Context, all []*Message) error {
	var ids []int64
	for _, m := range all {
		ids = append(ids, m.fileIDs...)
	}
	if len(ids) == 0 {
		return nil
	}
	files, err := s.Files.Describe(ctx, ids)
	if err != nil {
		return err
	}
	for _, m := range all {
		m.Files = nil
		for _, id := range m.fileIDs {
			if f, ok := files[id]; ok {
				m.Files = append(m.Files, f)
			}
		}
	}
	return nil
}
