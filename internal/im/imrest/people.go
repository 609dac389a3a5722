package imrest

import (
	"context"
	"time"
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
