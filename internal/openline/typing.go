package openline

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
)

// LiveTyping is the name of the hint that a client is writing.
const LiveTyping = "line:typing"

// maxDraft is how many characters of what a client is writing are shown.
const maxDraft = 1000

// Typing is what pages are told of a client who is writing.
type Typing struct {
	SessionID int64  `json:"session"`
	ChatID    int64  `json:"chat"`
	Draft     string `json:"draft"` // empty where the line does not want it to be seen, or they have deleted it
}

// ClientTyping tells those who have a conversation that the client is writing, and with Settings.WatchTyping what. A client who does
// not talk to anybody is not noticed.
func (s *Service) ClientTyping(ctx context.Context, chatID int64, draft string) error {
	if s.live == nil {
		return nil
	}
	var v Session
	var to []int64
	watched := false
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		if v, err = s.LastTx(ctx, tx, chatID); err != nil || !v.State.Open() {
			return err
		}
		l, err := s.lineOfTx(ctx, tx, v)
		if err != nil {
			return err
		}
		watched = l.WatchTyping
		to, err = s.holdersTx(ctx, tx, v)
		return err
	})
	if errors.Is(err, ErrNoSession) || err == nil && !v.State.Open() {
		return nil
	}
	if err != nil {
		return err
	}
	t := Typing{SessionID: v.ID, ChatID: chatID}
	if watched {
		t.Draft = shorten(draft)
	}
	s.live.Publish(s.andWatchers(to), LiveTyping, t)
	return nil
}

func shorten(text string) string {
	text = strings.ToValidUTF8(strings.TrimSpace(text), "")
	if utf8.RuneCountInString(text) <= maxDraft {
		return text
	}
	return "…" + string([]rune(text)[utf8.RuneCountInString(text)-maxDraft:])
}
