package taskrest

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
)

// chatType is what the chats of tasks belong to, as the messenger tells it (api-reference/tasks/tasks-new.md).
const chatType = "TASKS_TASK"

// openChats gives the tasks ids, of which rows hold fields, their chats where these are asked for: clients write to them at once.
func (h handlers) openChats(ctx context.Context, fields []*record.Field, ids []int64, rows [][]any) error {
	at := slices.IndexFunc(fields, func(f *record.Field) bool { return f.Name == "CHAT_ID" })
	if at < 0 {
		return nil
	}
	var without []int64
	for i, row := range rows {
		if row[at] == int64(0) {
			without = append(without, ids[i])
		}
	}
	chats, err := h.chatsOf(ctx, without)
	for i, row := range rows {
		if chat, made := chats[ids[i]]; made {
			row[at] = chat
		}
	}
	return err
}

// openChatsV3 is openChats for REST 3.0.
func (h handlers) openChatsV3(ctx context.Context, s dto.Selection, tasks map[int64]task.Task) error {
	if !s.Has("chatId") && !s.Has("chat") {
		return nil
	}
	var without []int64
	for id, t := range tasks {
		if t.ChatID == 0 {
			without = append(without, id)
		}
	}
	chats, err := h.chatsOf(ctx, without)
	for id, chat := range chats {
		t := tasks[id]
		t.ChatID = chat
		tasks[id] = t
	}
	return err
}

func (h handlers) chatsOf(ctx context.Context, ids []int64) (map[int64]int64, error) {
	if h.Chats == nil || len(ids) == 0 {
		return nil, nil
	}
	chats, err := h.Chats.ChatIDs(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("chats of tasks: %w", err)
	}
	return chats, nil
}
