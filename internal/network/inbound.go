package network

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
)

// Serve answers a request of a peer; the caller knows that it is from there. Faults: NETWORK_REQUEST, NOT_FOUND, INACTIVE and others,
// which end the attempts of the peer.
func (s *Service) Serve(ctx context.Context, from string, r Request) ([]byte, error) {
	switch r.Kind {
	case KindCard:
		return s.serveCard(ctx, r.Body)
	case KindFile:
		return s.serveFile(ctx, from, r)
	case KindTyping, KindRead:
		return []byte("{}"), s.serveHint(ctx, from, r)
	case KindLeave:
		return []byte("{}"), s.serveLeave(ctx, from, r.Body)
	case KindMessage, KindChange, KindRemove:
	default:
		return nil, ErrRequest
	}
	p, err := readPacket(r.Body)
	if err != nil {
		return nil, err
	}
	var version int64
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.backTx(ctx, tx, from); err != nil {
			return err
		}
		if p.Side == byLine {
			return s.fromLineTx(ctx, tx, from, r.Kind, p)
		}
		version, err = s.fromClientTx(ctx, tx, from, r.Kind, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]int64{"version": version})
}

func (s *Service) serveCard(ctx context.Context, body io.Reader) ([]byte, error) {
	var asked struct{ Code string }
	if err := decode(body, &asked); err != nil {
		return nil, err
	}
	var p Published
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		p, err = publishedTx(ctx, tx, "code = ?", asked.Code)
		return err
	})
	if errors.Is(err, ErrNoLine) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(card{Name: p.Name, Description: p.Description, Welcome: p.Welcome, Avatar: p.Avatar, Active: p.Active, Version: p.version})
}

// receivedTx returns what was made of something that came in before; 0: it is new.
func receivedTx(ctx context.Context, tx *db.Tx, from string, p packet, kind string, origin int64) (local int64, err error) {
	err = tx.QueryRow(ctx, `SELECT local_id FROM network_received
		WHERE side = ? AND peer = ? AND code = ? AND user_id = ? AND kind = ? AND origin_id = ?`,
		string(p.Side), from, p.Code, p.User.ID, kind, origin).Scan(&local)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find what came in: %w", err)
	}
	return local, nil
}

func (s *Service) receiveTx(ctx context.Context, tx *db.Tx, from string, p packet, kind string, origin, local int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO network_received (side, peer, code, user_id, kind, origin_id, local_id, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		string(p.Side), from, p.Code, p.User.ID, kind, origin, local, db.Micro(s.now()))
	if err != nil {
		return fmt.Errorf("note what came in: %w", err)
	}
	return nil
}

// The kinds of what came in.
const (
	inMessage = "message"
	inFile    = "file"
)

// filesTx returns the files that came in for a message, as they are known here.
func filesTx(ctx context.Context, tx *db.Tx, from string, p packet) (out []int64, err error) {
	for _, origin := range p.Files {
		id, err := receivedTx(ctx, tx, from, p, inFile, origin)
		if err != nil {
			return nil, err
		}
		if id == 0 {
			return nil, ErrRequest
		}
		out = append(out, id)
	}
	return out, nil
}

// incoming describes a client to the conversations.
func incoming(lineID int64, from string, who person) openline.Incoming {
	id := client(from, who.ID)
	position := who.Position
	if who.Portal != "" {
		if position != "" {
			position += ", "
		}
		position += who.Portal
	}
	return openline.Incoming{
		Connector: Connector, LineID: lineID, ChatID: id, ChatURL: who.URL,
		Client: openline.Client{ID: id, FirstName: who.FirstName, LastName: who.LastName, Position: position, URL: who.URL, Avatar: who.Avatar},
	}
}

// fromClientTx takes in what an employee of a peer did, and returns the version of what the line says of itself.
func (s *Service) fromClientTx(ctx context.Context, tx *db.Tx, from string, kind Kind, p packet) (int64, error) {
	l, err := publishedTx(ctx, tx, "code = ?", p.Code)
	if errors.Is(err, ErrNoLine) {
		err = ErrNotFound
	}
	if err != nil {
		return 0, err
	}
	if err := tx.Lock(ctx, "network in "+p.lane(from)); err != nil { // a repeated attempt may race the one before
		return 0, err
	}
	known, err := receivedTx(ctx, tx, from, p, inMessage, p.ID)
	if err != nil {
		return 0, err
	}
	if kind != KindMessage {
		if known == 0 {
			return l.version, nil // the message itself was refused
		}
		return l.version, s.clientChangedTx(ctx, tx, from, kind, p, known)
	}
	if known != 0 {
		return l.version, nil
	}
	if !l.Active {
		return 0, ErrInactive
	}
	in := incoming(l.LineID, from, p.User)
	in.Text, in.Written = p.Text, p.written(s.now())
	if in.Files, err = filesTx(ctx, tx, from, p); err != nil {
		return 0, err
	}
	got, err := s.Conversations.ReceiveTx(ctx, tx, in)
	if errors.Is(err, openline.ErrNoLine) {
		err = ErrInactive
	}
	if err != nil {
		return 0, err
	}
	return l.version, s.receiveTx(ctx, tx, from, p, inMessage, p.ID, got.MessageID)
}

func (s *Service) clientChangedTx(ctx context.Context, tx *db.Tx, from string, kind Kind, p packet, messageID int64) error {
	if kind == KindRemove {
		return s.Conversations.RemoveIncomingTx(ctx, tx, messageID)
	}
	files, err := filesTx(ctx, tx, from, p)
	if err != nil {
		return err
	}
	return s.Conversations.ChangeIncomingTx(ctx, tx, openline.Rewriting{MessageID: messageID, Text: p.Text, Files: &files})
}

// talkTx returns the line that an answer comes from. Only who wrote to it first gets answers.
func (s *Service) talkTx(ctx context.Context, tx *db.Tx, from, code string, userID int64) (joined, error) {
	j, err := joinedTx(ctx, tx, "code = ?", code)
	if errors.Is(err, errNotJoined) || err == nil && j.Peer != from {
		return j, ErrNotFound
	}
	if err != nil {
		return j, err
	}
	if !j.Left.IsZero() {
		return j, errNoTalk
	}
	if begun, err := begunTx(ctx, tx, j.BotID, userID); err != nil || !begun {
		return j, cmpErr(err, errNoTalk)
	}
	users, err := s.Users.ManyTx(ctx, tx, []int64{userID})
	if err == nil && !users[userID].Active {
		err = errNoTalk
	}
	return j, err
}

// begunTx reports whether somebody has written to the bot of a line.
func begunTx(ctx context.Context, tx *db.Tx, botID, userID int64) (bool, error) {
	var begun int64
	const q = "SELECT COALESCE(MAX(begun), 0) FROM network_talk WHERE bot_id = ? AND user_id = ?"
	if err := tx.QueryRow(ctx, q, botID, userID).Scan(&begun); err != nil {
		return false, fmt.Errorf("find conversation: %w", err)
	}
	return begun != 0, nil
}

// fromLineTx takes in what operators of a peer did.
func (s *Service) fromLineTx(ctx context.Context, tx *db.Tx, from string, kind Kind, p packet) error {
	j, err := s.talkTx(ctx, tx, from, p.Code, p.User.ID)
	if err != nil {
		return err
	}
	if err := tx.Lock(ctx, "network in "+p.lane(from)); err != nil {
		return err
	}
	known, err := receivedTx(ctx, tx, from, p, inMessage, p.ID)
	if err != nil || kind == KindMessage && known != 0 || kind != KindMessage && known == 0 {
		return err
	}
	if kind == KindRemove {
		return s.Messenger.RemoveTx(ctx, tx, j.BotID, known)
	}
	files, err := filesTx(ctx, tx, from, p)
	if err != nil {
		return err
	}
	cards, buttons := p.parts()
	if kind == KindChange {
		return s.Messenger.RewriteTx(ctx, tx, Rewritten{
			ActorID: j.BotID, MessageID: known, Text: p.signed(len(cards) > 0), Files: files, Attach: cards, Keyboard: buttons,
		})
	}
	chatID, err := s.Messenger.PrivateTx(ctx, tx, j.BotID, p.User.ID)
	if err != nil {
		return err
	}
	id, err := s.Messenger.SendTx(ctx, tx, NewMessage{
		ChatID: chatID, AuthorID: j.BotID, Written: p.written(s.now()), Text: p.signed(len(cards) > 0), Files: files, Attach: cards, Keyboard: buttons,
	})
	if err != nil {
		return err
	}
	return s.receiveTx(ctx, tx, from, p, inMessage, p.ID, id)
}

// signed returns the text with who wrote it, where it was not the line itself. What has no words and something else to show needs none.
func (p packet) signed(shows bool) string {
	if p.Author == "" || p.Text == "" && shows {
		return p.Text
	}
	return "[b]" + p.Author + ":[/b]\n" + p.Text
}

// serveFile takes in the content of a file. Who sends it again gets no second one.
func (s *Service) serveFile(ctx context.Context, from string, r Request) ([]byte, error) {
	m, err := readFileMeta(r.Meta)
	if err != nil {
		return nil, err
	}
	p := packet{Code: m.Code, Side: m.Side, User: m.User}
	var author, chatID, known int64
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if author, chatID, err = s.placeTx(ctx, tx, from, p); err != nil {
			return err
		}
		known, err = receivedTx(ctx, tx, from, p, inFile, m.ID)
		return err
	})
	if err != nil || known != 0 {
		return []byte("{}"), err
	}
	id, err := s.Files.Keep(ctx, author, chatID, m.Name, r.Body)
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "network in "+p.lane(from)); err != nil {
			return err
		}
		if known, err = receivedTx(ctx, tx, from, p, inFile, m.ID); err != nil || known != 0 {
			return err // the file of this attempt belongs to nothing
		}
		return s.receiveTx(ctx, tx, from, p, inFile, m.ID, id)
	})
	return []byte("{}"), err
}

// placeTx returns the chat that a file is for, and in whose name it is kept there.
func (s *Service) placeTx(ctx context.Context, tx *db.Tx, from string, p packet) (author, chatID int64, err error) {
	if p.Side == byLine {
		j, err := s.talkTx(ctx, tx, from, p.Code, p.User.ID)
		if err != nil {
			return 0, 0, err
		}
		chatID, err = s.Messenger.PrivateTx(ctx, tx, j.BotID, p.User.ID)
		return j.BotID, chatID, err
	}
	l, err := publishedTx(ctx, tx, "code = ?", p.Code)
	switch {
	case errors.Is(err, ErrNoLine):
		return 0, 0, ErrNotFound
	case err != nil:
		return 0, 0, err
	case !l.Active:
		return 0, 0, ErrInactive
	}
	visitor, chatID, err := s.Conversations.RoomTx(ctx, tx, incoming(l.LineID, from, p.User))
	if errors.Is(err, openline.ErrNoLine) {
		err = ErrInactive
	}
	return visitor, chatID, err
}
