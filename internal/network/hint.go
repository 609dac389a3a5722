package network

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// Shown says what leaves the portal in conversations of the network besides what is said. Each side decides for its own people.
type Shown struct {
	Typing bool `json:"typing"` // that somebody is writing
	Read   bool `json:"read"`   // how far they have read
}

// ShownKey is the setting.
var ShownKey = setting.Key[Shown]{Name: "network.shown", Default: Shown{Typing: true, Read: true}}

// Shown returns what the other sides see.
func (s *Service) Shown(ctx context.Context) (Shown, error) {
	return setting.Load(ctx, s.Settings, ShownKey)
}

// SetShown decides what the other sides see. Fault: ACCESS_DENIED.
func (s *Service) SetShown(ctx context.Context, actor user.Ref, to Shown) error {
	if !may(actor) {
		return ErrDenied
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		was, err := setting.LoadTx(ctx, tx, ShownKey)
		if err != nil || was == to {
			return err
		}
		if err := setting.SaveTx(ctx, tx, s.Settings, ShownKey, to); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "NETWORK_SHOWN", 0, "Other portals see that somebody is writing: "+yesNo(to.Typing)+", what was read: "+yesNo(to.Read)+".")
	})
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// Hint is what somebody does in a chat besides saying something. It is passed on at once or not at all: nothing of it is kept.
type Hint struct {
	Kind   Kind // KindTyping or KindRead
	ChatID int64
	UserID int64 // who does it
	BotID  int64 // the bot whose private chat it is; 0: it is the chat with a client of a line of ours
	UpTo   int64 // of KindRead: the last message that they have read

	at time.Time
}

const (
	hintTime    = 5 * time.Second // for one attempt; an older hint says nothing any more
	keptHints   = 256             // that wait to be passed on; more are dropped
	hintsAtOnce = 4
)

// Notice passes a hint on to the other side of its conversation, soon and in the background. It never waits: where too many are under way
// the hint is dropped.
func (s *Service) Notice(h Hint) {
	h.at = s.now()
	select {
	case s.hints <- h:
	default:
	}
}

// PassHints passes on what Notice was told, until nothing waits, and returns how much the other sides took.
func (s *Service) PassHints(ctx context.Context) (taken int, err error) {
	for {
		select {
		case h := <-s.hints:
			ok, one := s.passHint(ctx, h)
			if ok {
				taken++
			}
			err = errors.Join(err, one)
		default:
			return taken, err
		}
	}
}

// runHints passes hints on until ctx ends.
func (s *Service) runHints(ctx context.Context) {
	var all sync.WaitGroup
	for range hintsAtOnce {
		all.Go(func() {
			for {
				select {
				case h := <-s.hints:
					if _, err := s.passHint(ctx, h); err != nil && ctx.Err() == nil {
						s.Log.DebugContext(ctx, "pass a hint to the network", "kind", string(h.Kind), "error", err)
					}
				case <-ctx.Done():
					return
				}
			}
		})
	}
	all.Wait()
}

// passHint makes the one attempt. It reports false for a hint that is for nobody, too old, or not to be seen.
func (s *Service) passHint(ctx context.Context, h Hint) (bool, error) {
	if s.now().Sub(h.at) > hintTime || h.UserID == h.BotID {
		return false, nil
	}
	seen, err := s.Shown(ctx)
	if err != nil || h.Kind == KindTyping && !seen.Typing || h.Kind == KindRead && !seen.Read {
		return false, err
	}
	if s.Invisible != nil {
		hidden, err := s.Invisible(ctx, []int64{h.UserID})
		if err != nil || hidden[h.UserID] {
			return false, err
		}
	}
	peer, p, ok, err := s.addressed(ctx, h)
	if err != nil || !ok {
		return false, err
	}
	r, err := requestOf(h.Kind, p)
	if err != nil {
		return false, err
	}
	within, cancel := context.WithTimeout(ctx, hintTime)
	defer cancel()
	_, err = s.call(within, peer, r)
	return err == nil, err
}

// addressed returns to whom a hint goes, and as what. It reports false for one that is for nobody.
func (s *Service) addressed(ctx context.Context, h Hint) (peer string, p packet, ok bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if h.BotID != 0 {
			peer, p, ok, err = s.toLineTx(ctx, tx, h)
		} else {
			peer, p, ok, err = s.toClientTx(ctx, tx, h)
		}
		if err != nil || !ok || h.Kind != KindRead {
			return err
		}
		p.ID, err = originTx(ctx, tx, peer, p, h.UpTo)
		ok = p.ID != 0 // else they have read nothing of the other side
		return err
	})
	return peer, p, ok, err
}

// toLineTx addresses what an employee does in their private chat with the bot of a line. Who never wrote to it is not told of.
func (s *Service) toLineTx(ctx context.Context, tx *db.Tx, h Hint) (peer string, p packet, ok bool, err error) {
	j, err := joinedTx(ctx, tx, "bot_id = ?", h.BotID)
	if errors.Is(err, errNotJoined) {
		return "", p, false, nil
	}
	if err != nil {
		return "", p, false, err
	}
	if !j.Left.IsZero() {
		return "", p, false, nil
	}
	begun, err := begunTx(ctx, tx, h.BotID, h.UserID)
	return j.Peer, packet{Code: j.Code, Side: byClient, User: person{ID: h.UserID}}, begun, err
}

// toClientTx addresses what operators and bots do in a conversation with a client. What is not passed on is not announced either.
func (s *Service) toClientTx(ctx context.Context, tx *db.Tx, h Hint) (peer string, p packet, ok bool, err error) {
	v, err := s.Conversations.LastTx(ctx, tx, h.ChatID)
	if errors.Is(err, openline.ErrNoSession) {
		return "", p, false, nil
	}
	if err != nil || v.Channel.Connector != Connector || v.Channel.VisitorID == h.UserID || v.Silent {
		return "", p, false, err
	}
	if h.Kind == KindTyping && (!v.State.Open() || h.UserID == v.BotID && !v.Led()) {
		return "", p, false, nil
	}
	peer, userID, ok := readClient(v.Channel.ClientID)
	l, err := publishedTx(ctx, tx, "line_id = ?", v.Channel.LineID)
	if errors.Is(err, ErrNoLine) {
		return "", p, false, nil
	}
	return peer, packet{Code: l.Code, Side: byLine, User: person{ID: userID}}, ok, err
}

// originTx returns the last message of the other side among those that came in up to one of ours, as it is known there; 0: there is none.
func originTx(ctx context.Context, tx *db.Tx, peer string, p packet, upTo int64) (id int64, err error) {
	from := byLine
	if p.Side == byLine {
		from = byClient
	}
	const q = `SELECT origin_id FROM network_received WHERE side = ? AND peer = ? AND code = ? AND user_id = ? AND kind = ? AND local_id <= ?
		ORDER BY origin_id DESC LIMIT 1`
	err = tx.QueryRow(ctx, q, string(from), peer, p.Code, p.User.ID, inMessage, upTo).Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find what was read: %w", err)
	}
	return id, nil
}

// serveHint takes in a hint of a peer. What it names is a message of ours.
func (s *Service) serveHint(ctx context.Context, from string, r Request) error {
	p, err := readHint(r.Kind, r.Body)
	if err != nil {
		return err
	}
	var who, chatID int64
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		who, chatID, err = s.seatTx(ctx, tx, from, p)
		return err
	})
	if err != nil {
		return err
	}
	if p.Side == byLine {
		if chatID, err = s.Messenger.PrivateID(ctx, who, p.User.ID); err != nil || chatID == 0 {
			return cmpErr(err, errNoTalk)
		}
	}
	switch {
	case r.Kind == KindRead:
		return s.Messenger.Read(ctx, who, chatID, p.ID)
	case p.Side == byLine:
		return s.Messenger.Typing(ctx, who, chatID)
	}
	if err := s.Messenger.Typing(ctx, who, chatID); err != nil {
		return err
	}
	return s.Conversations.ClientTyping(ctx, chatID, "") // what they write is theirs until they send it
}

// seatTx returns who does what a hint says, and where; the private chat of a bot is for the messenger to find.
func (s *Service) seatTx(ctx context.Context, tx *db.Tx, from string, p packet) (who, chatID int64, err error) {
	if p.Side == byLine {
		j, err := s.talkTx(ctx, tx, from, p.Code, p.User.ID)
		return j.BotID, 0, err
	}
	l, err := publishedTx(ctx, tx, "code = ?", p.Code)
	if errors.Is(err, ErrNoLine) {
		err = ErrNotFound
	}
	if err != nil {
		return 0, 0, err
	}
	id := client(from, p.User.ID)
	v, err := s.Conversations.OfClientTx(ctx, tx, openline.Address{Connector: Connector, LineID: l.LineID, ChatID: id, ClientID: id})
	if errors.Is(err, openline.ErrNoSession) {
		err = errNoTalk
	}
	return v.Channel.VisitorID, v.ChatID, err
}
