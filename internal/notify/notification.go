package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/db"
)

// Type is what a notification is. The numbers are those of the wire.
type Type int64

// The types.
const (
	Confirm  Type = 1 // it has buttons and waits for a decision
	Personal Type = 2 // somebody says something
	System   Type = 4 // the portal, or an application as itself
)

// The stages in which notifications are listed: those that wait for a decision come before the others.
const (
	StageConfirm int64 = 1
	StageOther   int64 = 3
)

// Button is a choice under a notification.
type Button struct {
	Title string `json:"TITLE"`
	Value string `json:"VALUE"`
	Kind  string `json:"TYPE"` // "accept" or "cancel"
}

// Scope says which notifications with the same tag a new one replaces.
type Scope uint8

// The scopes.
const (
	Here       Scope = iota // those of the same person
	Everywhere              // those of everybody: the tags of an application are unique in it
)

// Notice is something to tell a person.
type Notice struct {
	UserID, AuthorID int64 // AuthorID 0: nobody
	Type             Type  // 0 is System without an author, else Personal; Confirm where there are buttons
	Module, Event    string
	Title            string
	Text             string // BB code
	Out              string // what a push says instead of Text; may be empty
	URL              string // where it leads: a path of the portal; may be empty
	Tag, SubTag      string
	Replaces         Scope
	Attach           attach.Attach
	Buttons          []Button // pressed through Kind.PressTx
	Answers          bool     // takes a quick answer, through Kind.AnswerTx
	Ref              int64    // what it is about, for who handles presses and answers
	NoPush           bool     // somebody is told by other means
}

// Notification is a notice as it is kept.
type Notification struct {
	ID               int64
	UserID, AuthorID int64
	Type             Type
	Module, Event    string
	Tag, SubTag      string
	Title, Text, URL string
	Attach           attach.Attach
	Buttons          []Button // none any more once one was pressed
	Answers          bool
	Result           string // what the person was told after a press or an answer
	Ref              int64
	Created          time.Time
	Read             bool
}

// Kind returns the kind's name on the wire.
func (n Notification) Kind() string { return n.Module + "|" + n.Event }

// Stage returns in which part of the list the notification stands.
func (n Notification) Stage() int64 {
	if n.Type == Confirm {
		return StageConfirm
	}
	return StageOther
}

// Limits of a notification. They are in docs/limits.md.
const (
	maxText   = 20_000 // bytes
	maxTag    = 255    // bytes of a tag
	maxTitle  = 255    // bytes
	maxKept   = 2_000  // notifications of a person; the oldest that are read are forgotten
	keepFor   = 180 * 24 * time.Hour
	sweepSize = 500
)

// LiveNotice is the name of the hint that a person's notifications changed, with a Hint.
const LiveNotice = "notify"

// Hint tells a person's open pages of a change.
type Hint struct {
	ID       int64  `json:"id,omitempty"` // of a new notification
	Title    string `json:"title,omitempty"`
	Text     string `json:"text,omitempty"` // plain, cut
	URL      string `json:"url,omitempty"`
	Sound    bool   `json:"sound,omitempty"`
	Unread   int64  `json:"unread"`
	MutedAll bool   `json:"quiet,omitempty"` // they want to be left alone now: count, and say nothing
}

// TellTx tells a person of n, in the ways that they chose for its kind. id is 0 where they do not want it in the centre.
// Faults: USER_ID_EMPTY for somebody who is not there, MESSAGE_EMPTY.
func (s *Service) TellTx(ctx context.Context, tx *db.Tx, n Notice) (id int64, err error) {
	if n.Text = strings.TrimSpace(n.Text); n.Text == "" {
		return 0, ErrNoText
	}
	if n.UserID <= 0 {
		return 0, ErrNoUser
	}
	n.cut()
	p, err := s.personTx(ctx, tx, n.UserID)
	if err != nil {
		return 0, err
	}
	way := p.Way(n.Module + "|" + n.Event)
	if way.Page {
		if id, err = s.insertTx(ctx, tx, n); err != nil {
			return 0, err
		}
		if err := s.announceTx(ctx, tx, n, id, p); err != nil {
			return 0, err
		}
	}
	if way.Push && !n.NoPush {
		err = s.queueTx(ctx, tx, p, s.pushOf(n, id))
	}
	return id, err
}

// Tell is TellTx in a transaction of its own.
func (s *Service) Tell(ctx context.Context, n Notice) (id int64, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		id, err = s.TellTx(ctx, tx, n)
		return err
	})
	return id, err
}

func (n *Notice) cut() {
	n.Text, n.Title = cutBytes(n.Text, maxText), cutBytes(strings.TrimSpace(n.Title), maxTitle)
	n.Tag, n.SubTag = cutBytes(n.Tag, maxTag), cutBytes(n.SubTag, maxTag)
	switch {
	case len(n.Buttons) > 0:
		n.Type = Confirm
	case n.Type == 0 && n.AuthorID == 0:
		n.Type = System
	case n.Type == 0:
		n.Type = Personal
	}
}

// cutBytes returns at most limit bytes of text, without a broken letter.
func cutBytes(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "")
}

func (s *Service) insertTx(ctx context.Context, tx *db.Tx, n Notice) (int64, error) {
	if err := s.replaceTx(ctx, tx, n); err != nil {
		return 0, err
	}
	if err := s.chatTx(ctx, tx, n.UserID); err != nil {
		return 0, err
	}
	att, err := encode(n.Attach, len(n.Attach) == 0)
	if err != nil {
		return 0, err
	}
	buttons, err := encode(n.Buttons, len(n.Buttons) == 0)
	if err != nil {
		return 0, err
	}
	stage := Notification{Type: n.Type}.Stage()
	answers := int64(0)
	if n.Answers {
		answers = 1
	}
	id, err := tx.Insert(ctx, `INSERT INTO notification (user_id, author_id, stage, type, module, event, tag, sub_tag, title, text, folded, url,
		attach, buttons, answers, ref, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n.UserID, n.AuthorID, stage, int64(n.Type), n.Module, n.Event, n.Tag, n.SubTag, n.Title, n.Text,
		strings.ToLower(n.Title+" "+bbcode.Plain(n.Text)), n.URL, att, buttons, answers, n.Ref, db.Micro(s.clock.Now()))
	if err != nil {
		return 0, fmt.Errorf("insert notification: %w", err)
	}
	return id, nil
}

func encode(v any, empty bool) (string, error) {
	if empty {
		return "", nil
	}
	raw, err := json.Marshal(v)
	return string(raw), err
}

// replaceTx removes the notifications whose place n takes.
func (s *Service) replaceTx(ctx context.Context, tx *db.Tx, n Notice) error {
	if n.Tag == "" {
		return nil
	}
	where, args := tagged, []any{n.Tag}
	if n.Replaces == Here {
		where, args = where+" AND user_id = ?", append(args, n.UserID)
	}
	_, err := s.deleteTx(ctx, tx, n.UserID, where, args...)
	return err
}

// announceTx tells the pages of a person of a new notification once it is durable.
func (s *Service) announceTx(ctx context.Context, tx *db.Tx, n Notice, id int64, p person) error {
	unread, err := unreadTx(ctx, tx, n.UserID)
	if err != nil {
		return err
	}
	h := Hint{
		ID: id, Title: n.Title, Text: cutRunes(bbcode.Plain(n.Text), pushText), URL: n.URL, Unread: unread, Sound: p.Sound,
		MutedAll: p.quiet(s.clock.Now()),
	}
	tx.AfterCommit(func() { s.cfg.Live.Publish([]int64{n.UserID}, LiveNotice, h) })
	return nil
}

// cutRunes returns at most n letters of text, with a mark where there were more.
func cutRunes(text string, n int) string {
	r := []rune(text)
	if len(r) <= n {
		return text
	}
	return string(r[:n-1]) + "…"
}

// changedTx tells the pages of a person that their notifications changed once that is durable.
func (s *Service) changedTx(ctx context.Context, tx *db.Tx, userID int64) (unread int64, err error) {
	if unread, err = unreadTx(ctx, tx, userID); err != nil {
		return 0, err
	}
	tx.AfterCommit(func() { s.cfg.Live.Publish([]int64{userID}, LiveNotice, Hint{Unread: unread}) })
	return unread, nil
}

func unreadTx(ctx context.Context, tx *db.Tx, userID int64) (n int64, err error) {
	err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM notification WHERE user_id = ? AND read_at = 0", userID).Scan(&n)
	return n, err
}

// Unread returns how many notifications a person has not read.
func (s *Service) Unread(ctx context.Context, userID int64) (n int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		n, err = unreadTx(ctx, tx, userID)
		return err
	})
	return n, err
}

const columns = `id, user_id, author_id, type, module, event, tag, sub_tag, title, text, url, attach, buttons, answers, result, ref,
	created, read_at`

// scanner is a row of a result.
type scanner interface{ Scan(dest ...any) error }

func scan(r scanner) (n Notification, err error) {
	var att, buttons string
	var answers, created, read int64
	err = r.Scan(&n.ID, &n.UserID, &n.AuthorID, &n.Type, &n.Module, &n.Event, &n.Tag, &n.SubTag, &n.Title, &n.Text, &n.URL, &att, &buttons,
		&answers, &n.Result, &n.Ref, &created, &read)
	if err != nil {
		return n, err
	}
	n.Answers, n.Created, n.Read = answers != 0, db.Time(created), read != 0
	if att != "" {
		err = errors.Join(err, json.Unmarshal([]byte(att), &n.Attach))
	}
	if buttons != "" {
		err = errors.Join(err, json.Unmarshal([]byte(buttons), &n.Buttons))
	}
	if err != nil {
		return n, fmt.Errorf("notification %d: %w", n.ID, err)
	}
	return n, nil
}

// ofTx returns a notification of a person. Fault: NOTIFICATION_NOT_FOUND.
func ofTx(ctx context.Context, tx *db.Tx, userID, id int64) (Notification, error) {
	n, err := scan(tx.QueryRow(ctx, "SELECT "+columns+" FROM notification WHERE id = ? AND user_id = ?", id, userID))
	if errors.Is(err, db.ErrNoRows) {
		return n, ErrNotFound
	}
	return n, err
}
