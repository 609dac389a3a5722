package imrest

import (
	"context"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/im"
)

// Files describes files of messages (api-reference/chats/messages/im-dialog-messages-get.md).
type Files interface {
	// Views describes files of a chat for who may see it, in the order of ids, with times in zone. Those that are gone are missing.
	Views(ctx context.Context, viewer, chatID int64, ids []int64, zone *time.Location) ([]any, error)
	// Folder returns the number of the folder for the files of a chat, 0 before there is one.
	Folder(ctx context.Context, chatID int64) (int64, error)
}

// fileViews describes the files of messages of a chat, each once.
func (h handlers) fileViews(ctx context.Context, viewer, chatID int64, messages []im.Message, zone *time.Location) ([]any, error) {
	var ids []int64
	for _, m := range messages {
		for _, id := range m.Extra.Files {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 || h.cfg.Files == nil {
		return []any{}, nil
	}
	return h.cfg.Files.Views(ctx, viewer, chatID, ids, zone)
}
