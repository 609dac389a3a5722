package imrest

import (
	"context"
	"time"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/rest"
)

// UserViews returns people as the messenger's methods answer them, by their ids, with times in zone. Those who are not there are
// missing.
func UserViews(ctx context.Context, c Config, ids []int64, zone *time.Location) (map[int64]any, error) {
	found, err := handlers{cfg: c}.userViews(ctx, ids, zone)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]any, len(found))
	for id, v := range found {
		out[id] = v
	}
	return out, nil
}

// DialogView describes a chat to the caller as im.dialog.get does, whether they are in it or not: who may see it is for the methods that
// use it to say.
func DialogView(ctx context.Context, s *im.Service, cfg Config, c *rest.Call, chatID int64) (any, error) {
	ctx = im.Overseeing(ctx)
	h := handlers{s, cfg}
	chat, err := s.Get(ctx, c.UserID, chatID)
	if err != nil {
		return nil, err
	}
	return h.describe(ctx, c, chat)
}

// ParamsView returns what a message carries beside its text as im.dialog.messages.get answers it; likes are who reacted to it.
func ParamsView(m im.Message, likes []int64) any {
	if p := paramsOf(m, likes); !p.empty() {
		return p
	}
	return []struct{}{}
}
