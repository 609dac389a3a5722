package imrest

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
)

// The faults that several methods document.
var (
	errChatIDEmpty    = fault.New(fault.Invalid, "CHAT_ID_EMPTY", "Chat ID can't be empty")
	errMessageIDEmpty = fault.New(fault.Invalid, "MESSAGE_ID_ERROR", "Message ID can't be empty")
	errIDFormat       = fault.New(fault.Invalid, "INVALID_FORMAT", "A wrong format for the ID field is passed")
	errFindShort      = fault.New(fault.Invalid, "FIND_SHORT", "Too short a search phrase.")
	errUnavailable    = im.ErrAccess
)

// selectChat reads the two ways in which methods name a group.
func selectChat(chatID, dialogID string) (int64, error) {
	if strings.TrimSpace(dialogID) != "" {
		d, ok := im.ParseDialog(dialogID)
		if !ok || d.ChatID == 0 {
			return 0, errDialogEmpty
		}
		return d.ChatID, nil
	}
	id, ok := number(chatID)
	if !ok || id <= 0 {
		return 0, errChatIDEmpty
	}
	return id, nil
}

// group returns a group of which the caller is a member. It returns ACCESS_ERROR for any other chat.
func (h handlers) group(ctx context.Context, viewer, chatID int64) (im.Chat, error) {
	c, err := h.im.Get(ctx, viewer, chatID)
	if errors.Is(err, im.ErrNoChat) || err == nil && c.Type == im.Private {
		return im.Chat{}, errUnavailable.Because(err)
	}
	return c, err
}

// messageID reads the id of a message.
func messageID(text string) (int64, error) {
	id, ok := number(text)
	if !ok || id <= 0 {
		return 0, errMessageIDEmpty
	}
	return id, nil
}

// idList reads ids: a list, one number, or a JSON list in a text. It reports false for anything else and for none.
func idList(v phpform.Value) ([]int64, bool) {
	if text := strings.TrimSpace(v.Text()); !v.IsArray() && strings.HasPrefix(text, "[") {
		var list phpform.Value
		if err := list.UnmarshalJSON([]byte(text)); err != nil {
			return nil, false
		}
		v = list
	}
	if !v.IsArray() {
		id, ok := v.Int()
		return []int64{id}, ok && id > 0
	}
	var ids []int64
	for _, e := range v.Entries() {
		id, ok := e.Value.Int()
		if !ok || id <= 0 {
			return nil, false
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, len(ids) > 0
}

const (
	defaultWindow = 10
	maxWindow     = 50
)

// window is a page that offset and limit ask for: ten items, fifty at most. The end of a page is still a number.
func window(offset, limit int64) (from, size int64) {
	if limit <= 0 {
		limit = defaultWindow
	}
	return min(max(offset, 0), math.MaxInt64-maxWindow), min(limit, maxWindow)
}

// next returns where the next page begins; 0 where there is none.
func next(offset, shown, total int64) int64 {
	if shown == 0 || offset+shown >= total {
		return 0
	}
	return offset + shown
}

func keyed[T any](list []T, key func(T) int64) any {
	if len(list) == 0 {
		return []struct{}{}
	}
	out := make(map[string]T, len(list))
	for _, v := range list {
		out[strconv.FormatInt(key(v), 10)] = v
	}
	return out
}
