package imrest

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// messagesSearchParams are the parameters of im.dialog.messages.search.
type messagesSearchParams struct {
	ChatID   string        `b24:"CHAT_ID,needed"`
	Text     string        `b24:"SEARCH_MESSAGE"`
	DateFrom string        `b24:"DATE_FROM"`
	DateTo   string        `b24:"DATE_TO"`
	Date     string        `b24:"DATE"`
	Order    phpform.Value `b24:"ORDER"`
	Limit    int64         `b24:"LIMIT"`
	LastID   int64         `b24:"LAST_ID"`
}

// foundView is the answer of im.dialog.messages.search. There are no stickers, and no plan that cuts history.
type foundView struct {
	Users        []foundUser    `json:"users"`
	Files        []any          `json:"files"`
	Additional   []foundMessage `json:"additionalMessages"`
	Copilot      *struct{}      `json:"copilot"`
	Stickers     []struct{}     `json:"stickers"`
	Reactions    []foundReacted `json:"reactions"`
	Restrictions historyLimit   `json:"tariffRestrictions"`
	UsersShort   []shortUser    `json:"usersShort"`
	Messages     []foundMessage `json:"messages"`
}

type historyLimit struct {
	Exceeded bool `json:"isHistoryLimitExceeded"`
}

type shortUser struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Avatar string `json:"avatar"`
}

type foundReacted struct {
	MessageID int64              `json:"messageId"`
	Counters  map[string]int64   `json:"reactionCounters"`
	Users     map[string][]int64 `json:"reactionUsers"`
	Own       []string           `json:"ownReactions"`
}

// foundMessage is a message in the spelling of that answer.
type foundMessage struct {
	ID             int64     `json:"id"`
	ChatID         int64     `json:"chatId"`
	ChatIDOld      int64     `json:"chat_id"`
	AuthorID       int64     `json:"authorId"`
	AuthorIDOld    int64     `json:"author_id"`
	Date           string    `json:"date"`
	Text           string    `json:"text"`
	System         bool      `json:"isSystem"`
	UUID           *string   `json:"uuid"`
	Forward        any       `json:"forward"`
	Params         any       `json:"params"`
	ViewedByOthers bool      `json:"viewedByOthers"`
	Block          *struct{} `json:"block"`
	Unread         bool      `json:"unread"`
	Viewed         bool      `json:"viewed"`
	ViewedCount    int64     `json:"viewedCount"`
}

type forwardView struct {
	ID     string `json:"id"`
	UserID int64  `json:"userId"`
	ChatID int64  `json:"chatId"`
	Date   string `json:"date"`
}

func (p messagesSearchParams) query() (q im.SearchQuery, err error) {
	q.ChatID, err = selectChat(p.ChatID, "")
	if err != nil {
		return q, err
	}
	if text := strings.TrimSpace(p.Text); utf8.RuneCountInString(text) > minFind {
		q.Text = text
	}
	for _, f := range []struct {
		name, text string
		to         *time.Time
	}{{"DATE_FROM", p.DateFrom, &q.From}, {"DATE_TO", p.DateTo, &q.Until}, {"DATE", p.Date, &q.From}} {
		if strings.TrimSpace(f.text) == "" {
			continue
		}
		t, ok := parseDate(f.text)
		if !ok {
			return q, fault.Argument(f.name, "Argument '"+f.name+"' must be a date")
		}
		*f.to = t
		if f.name == "DATE" {
			q.Until = t.Add(24 * time.Hour)
		}
	}
	var ok bool
	if q.Oldest, ok = oldestFirst(p.Order); !ok {
		return q, fault.Argument("ORDER", "Argument 'ORDER[ID]' must be ASC or DESC")
	}
	q.Limit = min(max(p.Limit, 0), 200)
	if q.Oldest {
		q.After = max(p.LastID, 0)
	} else {
		q.Before = max(p.LastID, 0)
	}
	return q, nil
}

// dialogMessagesSearch finds messages of a chat by their words and their dates.
func (h handlers) dialogMessagesSearch(ctx context.Context, c *rest.Call, p messagesSearchParams) (foundView, error) {
	v := foundView{
		Users: []foundUser{}, Files: []any{}, Additional: []foundMessage{}, Stickers: []struct{}{}, Reactions: []foundReacted{},
		UsersShort: []shortUser{}, Messages: []foundMessage{},
	}
	q, err := p.query()
	if err != nil {
		return v, err
	}
	found, err := h.im.SearchMessages(ctx, c.UserID, q)
	if err != nil {
		return v, pick(err, dialogFaults)
	}
	zone := c.Start.Location()
	if err := h.addMessages(ctx, &v, c.UserID, q.ChatID, found.Messages, zone); err != nil {
		return v, err
	}
	if v.Files, err = h.fileViews(ctx, c.UserID, q.ChatID, found.Messages, zone); err != nil {
		return v, err
	}
	users, err := h.listedIDs(ctx, people(found.Messages), zone)
	for _, u := range users {
		v.Users = append(v.Users, foundUserOf(u))
	}
	if err != nil {
		return v, err
	}
	return v, h.addReactions(ctx, &v, found.Messages, zone)
}

// oldestFirst reads an order, which has the key ID alone; false for any other.
func oldestFirst(order phpform.Value) (oldest, ok bool) {
	if order.Empty() {
		return false, true
	}
	direction, ok := order.GetFold("ID")
	if !ok || direction.IsArray() || order.Len() > 1 {
		return false, false
	}
	switch strings.ToUpper(strings.TrimSpace(direction.Text())) {
	case "ASC":
		return true, true
	case "DESC", "":
		return false, true
	}
	return false, false
}

// addMessages describes the messages that were found, and those that they answer: who has read them is read for all of them at once.
func (h handlers) addMessages(ctx context.Context, v *foundView, viewer, chatID int64, messages []im.Message, zone *time.Location) error {
	readers, err := h.im.Readers(ctx, chatID)
	if err != nil {
		return err
	}
	var replies []int64
	for _, m := range messages {
		if m.ReplyID != 0 && !slices.Contains(replies, m.ReplyID) {
			replies = append(replies, m.ReplyID)
		}
	}
	answered, err := h.im.Some(ctx, viewer, chatID, replies)
	if err != nil {
		return err
	}
	seen, err := h.im.SeenCounts(ctx, viewer, chatID, slices.Concat(messages, answered))
	for _, m := range messages {
		v.Messages = append(v.Messages, foundMessageOf(m, seen[m.ID], readers.Seen(m), zone))
	}
	for _, m := range answered {
		v.Additional = append(v.Additional, foundMessageOf(m, seen[m.ID], readers.Seen(m), zone))
	}
	return err
}

func foundMessageOf(m im.Message, seen int64, byOthers bool, zone *time.Location) foundMessage {
	old := messageOf(m, nil, zone)
	v := foundMessage{
		ID: m.ID, ChatID: m.ChatID, ChatIDOld: m.ChatID, AuthorID: m.AuthorID, AuthorIDOld: m.AuthorID, Date: old.Date, Text: m.Text,
		System: m.System, UUID: old.UUID, Params: old.Params, ViewedByOthers: byOthers, Unread: m.Unread, Viewed: !m.Unread, ViewedCount: seen,
	}
	if f := m.Extra.Forward; f != nil {
		v.Forward = forwardView{
			ID: idText(f.ChatID) + "/" + idText(f.MessageID), UserID: f.AuthorID, ChatID: f.ChatID, Date: atom(f.Date, zone),
		}
	}
	return v
}

// addReactions tells who reacted to the messages.
func (h handlers) addReactions(ctx context.Context, v *foundView, messages []im.Message, zone *time.Location) error {
	var ids []int64
	for _, m := range messages {
		if len(m.Reactions) == 0 {
			continue
		}
		r := foundReacted{MessageID: m.ID, Counters: map[string]int64{}, Users: map[string][]int64{}, Own: []string{}}
		for _, one := range m.Reactions {
			r.Counters[one.Code], r.Users[one.Code] = one.Count, one.UserIDs
			ids = append(ids, one.UserIDs...)
			if one.Mine {
				r.Own = append(r.Own, one.Code)
			}
		}
		v.Reactions = append(v.Reactions, r)
	}
	users, err := h.userViews(ctx, ids, zone)
	for _, id := range sortedIDs(ids) {
		if u, ok := users[id]; ok {
			v.UsersShort = append(v.UsersShort, shortUser{ID: id, Name: u.Name, Avatar: u.Avatar})
		}
	}
	return err
}

func sortedIDs(ids []int64) []int64 {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// plainLine is a message as a line of text.
func plainLine(m im.Message) string {
	text := strings.Join(strings.Fields(bbcode.Plain(m.Text)), " ")
	if text == "" {
		text = m.Extra.Cards().Plain()
	}
	return text
}
