package imrest

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/rest"
)

// countersView is the answer of im.counters.get. What is empty is an empty list.
type countersView struct {
	Type         countersByType `json:"TYPE"`
	Chat         any            `json:"CHAT"`
	ChatMuted    any            `json:"CHAT_MUTED"`
	ChatUnread   []int64        `json:"CHAT_UNREAD"`
	Lines        any            `json:"LINES"`
	Dialog       any            `json:"DIALOG"`
	DialogUnread []int64        `json:"DIALOG_UNREAD"`
}

type countersByType struct {
	All       int64 `json:"ALL"`
	Notify    int64 `json:"NOTIFY"`
	Chat      int64 `json:"CHAT"`
	Lines     int64 `json:"LINES"`
	Dialog    int64 `json:"DIALOG"`
	Messenger int64 `json:"MESSENGER"`
}

// counts is a table of counters by id.
type counts map[string]int64

func (c counts) add(id, n int64) {
	if n > 0 {
		c[strconv.FormatInt(id, 10)] = n
	}
}

func (c counts) view() any {
	if len(c) == 0 {
		return []struct{}{}
	}
	return c
}

// countersGet answers what the caller has not read. Chats whose notifications are off do not count in the totals.
func (h handlers) countersGet(ctx context.Context, c *rest.Call, _ rest.None) (countersView, error) {
	list, err := h.im.Counters(ctx, c.UserID)
	if err != nil {
		return countersView{}, err
	}
	v := countersView{ChatUnread: []int64{}, DialogUnread: []int64{}}
	chat, muted, lines, dialog := counts{}, counts{}, counts{}, counts{}
	for _, n := range list {
		switch {
		case n.Muted:
			muted.add(n.ChatID, n.Unread)
		case n.Type == im.Private:
			dialog.add(n.Peer, n.Unread)
			v.Type.Dialog += n.Unread
		case n.Type == im.Lines:
			lines.add(n.ChatID, n.Unread)
			v.Type.Lines += n.Unread
		default:
			chat.add(n.ChatID, n.Unread)
			v.Type.Chat += n.Unread
		}
		switch {
		case n.Marked && n.Type == im.Private:
			v.DialogUnread = append(v.DialogUnread, n.Peer)
		case n.Marked:
			v.ChatUnread = append(v.ChatUnread, n.ChatID)
		}
	}
	v.Chat, v.ChatMuted, v.Lines, v.Dialog = chat.view(), muted.view(), lines.view(), dialog.view()
	if h.cfg.Notifications != nil {
		if v.Type.Notify, err = h.cfg.Notifications.Unread(ctx, c.UserID); err != nil {
			return countersView{}, err
		}
	}
	v.Type.Messenger = v.Type.Chat + v.Type.Lines + v.Type.Dialog
	v.Type.All = v.Type.Messenger + v.Type.Notify
	return v, nil
}

// revisionView is the answer of im.revision.get: the documented revisions, whose methods these are.
type revisionView struct {
	Rest     int64 `json:"rest"`
	Web      int64 `json:"web"`
	Mobile   int64 `json:"mobile"`
	Desktop  int64 `json:"desktop"`
	IMMobile int64 `json:"im_revision_mobile"`
}

func (handlers) revisionGet(context.Context, *rest.Call, rest.None) (revisionView, error) {
	return revisionView{Rest: 32, Web: 130, Mobile: 22, Desktop: 6, IMMobile: 22}, nil
}
