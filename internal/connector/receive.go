package connector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline"
)

// Result says what became of a Message.
type Result struct {
	VisitorID int64 // the client, as a user of the portal
	ChatID    int64
	MessageID int64
	SessionID int64  // 0: no conversation was begun, the client is blocked
	Problem   string // why it was not taken in; empty: it was
}

// groupSize is how many messages are taken in in one transaction.
const groupSize = 50

// Receive takes in what clients wrote, in order. One that was taken in before is not taken in again: its result is the same.
// One that cannot be taken in keeps none of the others away.
// Faults, for all of them: IMCONNECTOR_NO_CORRECT_PROVIDER, NOT_ACTIVE_LINE.
// Page: api-reference/imopenlines/imconnector/imconnector-send-messages.md.
func (s *Service) Receive(ctx context.Context, appID int64, code string, lineID int64, messages []Message) ([]Result, error) {
	return s.each(ctx, appID, code, lineID, messages, s.receiveTx)
}

// Change changes what clients wrote. Faults: those of Receive.
// Page: api-reference/imopenlines/imconnector/imconnector-update-messages.md.
func (s *Service) Change(ctx context.Context, appID int64, code string, lineID int64, messages []Message) ([]Result, error) {
	return s.each(ctx, appID, code, lineID, messages, s.changeMessageTx)
}

// Delete removes what clients wrote. Faults: those of Receive.
// Page: api-reference/imopenlines/imconnector/imconnector-delete-messages.md.
func (s *Service) Delete(ctx context.Context, appID int64, code string, lineID int64, messages []Message) ([]Result, error) {
	return s.each(ctx, appID, code, lineID, messages, s.deleteTx)
}

// doing is what is done with a message.
type doing func(ctx context.Context, tx *db.Tx, c Connector, lineID int64, m Message) (Result, error)

// each does something with every message, many in a transaction. A group in which one fails is done again one by one, so that only that
// one fails.
func (s *Service) each(ctx context.Context, appID int64, code string, lineID int64, messages []Message, do doing) ([]Result, error) {
	out := make([]Result, 0, len(messages))
	for group := range slices.Chunk(messages, groupSize) {
		results, err := s.together(ctx, appID, code, lineID, group, do)
		if isFault(err) && len(group) > 1 && !isOfAll(err) {
			results, err = s.oneByOne(ctx, appID, code, lineID, group, do)
		} else if isFault(err) && !isOfAll(err) {
			results, err = []Result{{Problem: fault.Of(err).Text}}, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, results...)
	}
	return out, nil
}

// isOfAll reports whether a fault is that of the call, not of a message.
func isOfAll(err error) bool { return errors.Is(err, ErrNoLine) || errors.Is(err, ErrNoConnector) }

func isFault(err error) bool {
	f, ok := errors.AsType[*fault.Fault](err)
	return ok && f.Kind != fault.Internal
}

func (s *Service) oneByOne(ctx context.Context, appID int64, code string, lineID int64, group []Message, do doing) (out []Result, err error) {
	for _, m := range group {
		results, err := s.together(ctx, appID, code, lineID, []Message{m}, do)
		switch {
		case isFault(err) && !isOfAll(err):
			results = []Result{{Problem: fault.Of(err).Text}}
		case err != nil:
			return nil, err
		}
		out = append(out, results...)
	}
	return out, nil
}

func (s *Service) together(ctx context.Context, appID int64, code string, lineID int64, group []Message, do doing) (out []Result, err error) {
	err = s.DB.WriteInTurns(ctx, func(tx *db.Tx) error {
		out = make([]Result, 0, len(group)) // it may run again
		c, err := s.openTx(ctx, tx, appID, code, lineID)
		if err != nil {
			return err
		}
		for _, m := range group {
			r := Result{Problem: m.problem()}
			if r.Problem == "" {
				if r, err = do(ctx, tx, c, lineID, m); err != nil {
					return err
				}
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

// openTx returns a connector of an application that is switched on on a line.
func (s *Service) openTx(ctx context.Context, tx *db.Tx, appID int64, code string, lineID int64) (Connector, error) {
	at, err := onLineTx(ctx, tx, Code(code), lineID)
	c := at.Connector
	switch {
	case err != nil:
		return c, err
	case !at.known || c.AppID != appID:
		return c, ErrNoConnector
	case !at.on:
		return c, ErrNoLine
	}
	line, found, err := s.Lines.LineTx(ctx, tx, lineID)
	if err == nil && (!found || !line.Active) {
		err = ErrNoLine
	}
	return c, err
}

// key names a message outside. Clients share a chat where an application gives all of them the same id, and their ids of messages may
// begin anew with each.
func (m Message) key(c Connector, lineID int64) []any {
	client := m.User.ID
	if c.Group {
		client = ""
	}
	return []any{c.ID, lineID, m.ChatID, client, m.ID}
}

const whereKey = " WHERE connector_id = ? AND line_id = ? AND chat = ? AND client = ? AND message = ?"

// receiveTx takes in a message.
func (s *Service) receiveTx(ctx context.Context, tx *db.Tx, c Connector, lineID int64, m Message) (Result, error) {
	if m.ID != "" {
		r, fresh, err := s.claimTx(ctx, tx, c, lineID, m)
		if err != nil || !fresh {
			return r, err
		}
	}
	if why := m.contentProblem(); why != "" {
		return Result{}, fault.New(fault.Invalid, "ERROR_ARGUMENT", why)
	}
	in := m.incoming(c, lineID)
	in.Text, in.AuthorID, in.Written = withFiles(m.Text, m.Files), m.UserID, m.Written
	got, err := s.Talks.ReceiveTx(ctx, tx, in)
	if err != nil {
		return Result{}, err
	}
	r := Result{VisitorID: got.VisitorID, ChatID: got.ChatID, MessageID: got.MessageID, SessionID: got.SessionID}
	if m.ID != "" {
		if err := s.noteResultTx(ctx, tx, c, lineID, m, r); err != nil {
			return r, err
		}
	}
	if err := s.fetchLaterTx(ctx, tx, r.MessageID, r.ChatID, author(m.UserID, r.VisitorID), m); err != nil {
		return r, err
	}
	if err := s.pictureLaterTx(ctx, tx, r.VisitorID, m.User.Picture); err != nil {
		return r, err
	}
	return r, s.tellAddedTx(ctx, tx, c, lineID, m, r)
}

// incoming is what a message says of who wrote it, and where.
func (m Message) incoming(c Connector, lineID int64) openline.Incoming {
	in := openline.Incoming{Connector: c.Code, LineID: lineID, ChatID: m.ChatID, ChatName: m.ChatName, Client: m.User.client(), Group: c.Group, Moves: true}
	if isAddress(m.ChatURL) {
		in.ChatURL = m.ChatURL
	}
	return in
}

func author(employee, visitor int64) int64 {
	if employee != 0 {
		return employee
	}
	return visitor
}

// claimTx notes that a message is being taken in. It is false, with the result of the first time, where that was done before.
func (s *Service) claimTx(ctx context.Context, tx *db.Tx, c Connector, lineID int64, m Message) (Result, bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO connector_in (connector_id, line_id, chat, client, message, at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, append(m.key(c, lineID), db.Micro(s.Clock.Now()))...)
	if err != nil || n > 0 {
		return Result{}, n > 0, err
	}
	k, err := knownTx(ctx, tx, c, lineID, m)
	return k.Result, false, err
}

// noteResultTx keeps what became of a message that was claimed. It changes the row by way of its key: of a table that grows quickly
// PostgreSQL knows too little to look there for an UPDATE.
func (s *Service) noteResultTx(ctx context.Context, tx *db.Tx, c Connector, lineID int64, m Message, r Result) error {
	const q = `INSERT INTO connector_in (connector_id, line_id, chat, client, message, at, author_id, visitor_id, chat_id, message_id, session_id)
		VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?) ON CONFLICT (connector_id, line_id, chat, client, message) DO UPDATE SET author_id = excluded.author_id,
		visitor_id = excluded.visitor_id, chat_id = excluded.chat_id, message_id = excluded.message_id, session_id = excluded.session_id`
	err := tx.Later(ctx, q, append(m.key(c, lineID), m.UserID, r.VisitorID, r.ChatID, r.MessageID, r.SessionID)...)
	if err != nil {
		return fmt.Errorf("note message: %w", err)
	}
	return nil
}

// known is a message that was taken in.
type known struct {
	Result

	authorID int64
	gone     bool
}

var errNoMessage = fault.New(fault.NotFound, "MESSAGE_NOT_FOUND", "There is no such message: none with these ids was sent through the connector on this line.")

// knownTx returns a message that was taken in. Fault: MESSAGE_NOT_FOUND.
func knownTx(ctx context.Context, tx *db.Tx, c Connector, lineID int64, m Message) (k known, err error) {
	err = tx.QueryRow(ctx, "SELECT author_id, visitor_id, chat_id, message_id, session_id, gone FROM connector_in"+whereKey, m.key(c, lineID)...).
		Scan(&k.authorID, &k.VisitorID, &k.ChatID, &k.MessageID, &k.SessionID, &k.gone)
	if errors.Is(err, db.ErrNoRows) {
		return k, errNoMessage
	}
	return k, err
}

// changeMessageTx changes a message that was taken in.
func (s *Service) changeMessageTx(ctx context.Context, tx *db.Tx, c Connector, lineID int64, m Message) (Result, error) {
	k, err := knownTx(ctx, tx, c, lineID, m)
	switch {
	case err != nil:
		return k.Result, err
	case k.gone:
		return k.Result, errNoMessage
	case m.UserID != 0 && m.UserID != k.authorID:
		return k.Result, fault.New(fault.Denied, "ACCESS_DENIED", "The message was not written in the name of this employee.")
	}
	if why := m.contentProblem(); why != "" {
		return k.Result, fault.New(fault.Invalid, "ERROR_ARGUMENT", why)
	}
	var files *[]int64 // nil: it keeps those that it has
	if len(m.Files) > 0 {
		files = &[]int64{}
	} else if m.Files, err = waitingTx(ctx, tx, k.MessageID); err != nil {
		return k.Result, err
	}
	if err := s.fetchLaterTx(ctx, tx, k.MessageID, k.ChatID, author(k.authorID, k.VisitorID), m); err != nil {
		return k.Result, err
	}
	rewriting := openline.Rewriting{MessageID: k.MessageID, Text: withFiles(m.Text, m.Files), Files: files, At: m.Written}
	visitor, err := s.Talks.ReviseTx(ctx, tx, m.incoming(c, lineID), rewriting)
	if err == nil && visitor != 0 {
		err = s.pictureLaterTx(ctx, tx, visitor, m.User.Picture)
	}
	if err != nil {
		return k.Result, err
	}
	return k.Result, s.tellMovedTx(ctx, tx, c, lineID, messageUpdated, k.ChatID, k.MessageID)
}

// deleteTx removes a message that was taken in.
func (s *Service) deleteTx(ctx context.Context, tx *db.Tx, c Connector, lineID int64, m Message) (Result, error) {
	if !c.DeleteIncoming {
		return Result{}, fault.New(fault.Denied, "ACCESS_DENIED", "The connector was registered without the right to delete messages (DEL_EXTERNAL_MESSAGES).")
	}
	k, err := knownTx(ctx, tx, c, lineID, m)
	switch {
	case err != nil:
		return k.Result, err
	case k.gone:
		return k.Result, errNoMessage
	}
	if err := tx.Later(ctx, "UPDATE connector_in SET gone = 1"+whereKey, m.key(c, lineID)...); err != nil {
		return k.Result, fmt.Errorf("note removal: %w", err)
	}
	if err := tx.Later(ctx, "DELETE FROM connector_fetch WHERE message_id = ?", k.MessageID); err != nil {
		return k.Result, fmt.Errorf("forget files: %w", err)
	}
	if err := s.Talks.RemoveIncomingTx(ctx, tx, k.MessageID); err != nil {
		return k.Result, err
	}
	return k.Result, s.tellMovedTx(ctx, tx, c, lineID, messageDeleted, k.ChatID, k.MessageID)
}

// errRename is the fault of a chat that cannot be renamed.
var errRename = fault.New(fault.Invalid, "CHAT_RENAMING_FAILED", "Failed to rename the chat")

// MaxTitle is how many characters the name of a chat may have.
const MaxTitle = 255

// Rename gives the chat with a client another name. userID is who writes outside; it may be empty where a chat is shared.
// Faults: IMCONNECTOR_NO_CORRECT_PROVIDER, NOT_ACTIVE_LINE, ERROR_ARGUMENT, CHAT_RENAMING_FAILED.
// Page: api-reference/imopenlines/imconnector/imconnector-chat-name-set.md.
func (s *Service) Rename(ctx context.Context, appID int64, code string, lineID int64, chatID, userID, title string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		c, err := s.openTx(ctx, tx, appID, code, lineID)
		switch {
		case err != nil:
			return err
		case c.Group:
			userID = ""
		case userID == "":
			return fault.Argument("USER_ID", "Argument 'USER_ID' is null or empty")
		case utf8.RuneCountInString(title) > MaxTitle:
			return errRename
		}
		err = s.Talks.RenameTx(ctx, tx, c.Code, lineID, chatID, userID, title)
		if isFault(err) {
			return errRename.Because(err)
		}
		return err
	})
}
