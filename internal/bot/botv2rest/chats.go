package botv2rest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

func (h handlers) registerChats(r *rest.Registry) {
	const page = pages + "imbot.v2/chats/"
	r.Add(
		rest.M("imbot.v2.Chat.add", "imbot", rest.Everyone, "Creates a group chat as a bot.", h.chatAdd, rest.Doc(page+"chat-add.md")),
		rest.M("imbot.v2.Chat.get", "imbot", rest.Everyone, "Returns a chat that a bot is in.", h.chatGet, rest.Doc(page+"chat-get.md")),
		rest.M("imbot.v2.Chat.update", "imbot", rest.Everyone, "Changes a chat as a bot.", h.chatUpdate, rest.Doc(page+"chat-update.md")),
		rest.M("imbot.v2.Chat.leave", "imbot", rest.Everyone, "Takes a bot out of a chat.", h.chatLeave, rest.Doc(page+"chat-leave.md")),
		rest.M("imbot.v2.Chat.setOwner", "imbot", rest.Everyone, "Gives a bot's chat to another owner.", h.chatOwner, rest.Doc(page+"chat-set-owner.md")),
		rest.M("imbot.v2.Chat.Manager.add", "imbot", rest.Everyone, "Makes members managers of a bot's chat.", h.managerAdd, rest.Doc(page+"chat-manager-add.md")),
		rest.M("imbot.v2.Chat.Manager.delete", "imbot", rest.Everyone, "Takes the role of managers away.", h.managerDelete,
			rest.Doc(page+"chat-manager-delete.md")),
		rest.M("imbot.v2.Chat.User.add", "imbot", rest.Everyone, "Adds people to a chat as a bot.", h.userAdd, rest.Doc(page+"chat-user-add.md")),
		rest.M("imbot.v2.Chat.User.delete", "imbot", rest.Everyone, "Removes somebody from a chat as a bot.", h.userDelete, rest.Doc(page+"chat-user-delete.md")),
		rest.M("imbot.v2.Chat.User.list", "imbot", rest.Everyone, "Lists who is in a chat.", h.userList, rest.Doc(page+"chat-user-list.md"),
			rest.Reads("order.id", "order.userId", "order.lastSendMessageId")),
		rest.M("imbot.v2.Chat.InputAction.notify", "imbot", rest.Everyone, "Shows what a bot is doing.", h.inputAction,
			rest.Doc(pages+"imbot.v2/ui/chat-input-action-notify.md")),
		rest.M("imbot.v2.Chat.TextField.enabled", "imbot", rest.Everyone, "Opens or closes the field for messages of a chat.", h.textField,
			rest.Doc(pages+"imbot.v2/ui/chat-text-field-enabled.md")),
	)
}

// chatFields describe a chat.
type chatFields struct {
	Title       *string        `b24:"title"`
	Description *string        `b24:"description"`
	Color       *string        `b24:"color"`
	Avatar      *phpform.Value `b24:"avatar"`
}

func (f chatFields) change() im.ChatChange {
	ch := im.ChatChange{Title: f.Title, Description: f.Description}
	if f.Color != nil {
		if code := colorCode(*f.Color); user.ColorOf(code) != "" { // an unknown colour changes nothing
			ch.ColorCode = &code
		}
	}
	return ch
}

var errAvatar = fault.New(fault.Invalid, "AVATAR_ERROR", "The avatar is no base64")

// newTitle is what a chat is called that gets no title.
const newTitle = "New chat"

// chatAddParams are the parameters of imbot.v2.Chat.add.
type chatAddParams struct {
	BotID  int64         `b24:"botId,needed"`
	Token  string        `b24:"botToken"`
	Fields chatAddFields `b24:"fields"`
}

type chatAddFields struct {
	Title       *string        `b24:"title"`
	Description *string        `b24:"description"`
	Color       *string        `b24:"color"`
	Avatar      *phpform.Value `b24:"avatar"`
	UserIDs     []int64        `b24:"userIds"`
	OwnerID     int64          `b24:"ownerId"`
	Message     string         `b24:"message"`
}

// group is the chat to be created; those of its people who do not exist or have left are left out.
func (h handlers) group(ctx context.Context, f chatAddFields, b bot.Bot) (im.NewGroup, error) {
	g := im.NewGroup{OwnerID: f.OwnerID, Title: newTitle}
	if f.Title != nil && strings.TrimSpace(*f.Title) != "" {
		g.Title = *f.Title
	}
	if f.Description != nil {
		g.Description = *f.Description
	}
	if f.Color != nil {
		g.ColorCode = colorCode(*f.Color)
	}
	if g.OwnerID == 0 {
		g.OwnerID = b.ID
	}
	raw, err := picture(f.Avatar)
	if err != nil {
		return g, errAvatar.Because(err).At("fields.avatar")
	}
	if raw != nil {
		g.Avatar = *raw
	}
	g.MemberIDs, err = h.active(ctx, f.UserIDs)
	return g, err
}

// active returns those of ids who exist and have not left.
func (h handlers) active(ctx context.Context, ids []int64) ([]int64, error) {
	users, err := h.Users.Many(ctx, ids)
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !users[id].Active }), err
}

func (h handlers) chatAdd(ctx context.Context, c *rest.Call, p chatAddParams) (phpform.Value, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return phpform.Value{}, err
	}
	g, err := h.group(ctx, p.Fields, b)
	if err != nil {
		return phpform.Value{}, err
	}
	chat, err := h.Second.NewChat(ctx, b.ID, g, strings.TrimSpace(p.Fields.Message))
	if err != nil {
		return phpform.Value{}, err
	}
	about, err := h.chat(ctx, c, b, chat.ID)
	if err != nil {
		return phpform.Value{}, err
	}
	members, err := h.IM.Members(ctx, b.ID, chat.ID)
	if err != nil {
		return phpform.Value{}, err
	}
	ids := make([]int64, 0, len(members))
	for _, m := range members {
		if m.UserID != b.ID {
			ids = append(ids, m.UserID)
		}
	}
	users, err := h.people(ctx, h.view(c), ids)
	return phpform.ArrayOf(entry("chat", about), entry("users", phpform.ListOf(users...))), err
}

// chat is a chat as a bot sees it now.
func (h handlers) chat(ctx context.Context, c *rest.Call, b bot.Bot, chatID int64) (phpform.Value, error) {
	page, err := h.IM.Messages(ctx, b.ID, im.History{ChatID: chatID, Limit: 1})
	if err != nil {
		return phpform.Value{}, denied(err)
	}
	managers, err := h.IM.Managers(ctx, chatID)
	if err != nil {
		return phpform.Value{}, denied(err)
	}
	muted, err := h.IM.MutedBy(ctx, []int64{chatID})
	if err != nil {
		return phpform.Value{}, err
	}
	marks, err := h.IM.Marks(ctx, b.ID, chatID)
	if err != nil {
		return phpform.Value{}, err
	}
	chat := page.Chat
	role, err := h.IM.Role(ctx, b.ID, chatID)
	if err != nil {
		return phpform.Value{}, err
	}
	folder, err := h.Second.Folder(ctx, chatID)
	if err != nil {
		return phpform.Value{}, err
	}
	marked := int64(0)
	if page.Member.Marked {
		marked = max(marks.FirstUnread, page.Member.ReadMessageID)
	}
	views, err := h.lastViews(ctx, b.ID, page.Messages)
	if err != nil {
		return phpform.Value{}, err
	}
	out := append(h.view(c).Chat(chat, b.ID, b.AsSecond().Background, folder),
		text("role", strings.ToLower(role)), entry("muteList", idList(muted[chatID])), text("dateCreate", atom(chat.Created, c)),
		idOrNull("lastMessageId", chat.LastMessageID), text("lastMessageViews", views), idOrNull("lastId", page.Member.ReadMessageID),
		entry("managerList", idList(managers)), idOrNull("markedId", marked), number("messageCount", chat.LastSeq),
		text("public", ""), idOrNull("unreadId", marks.FirstUnread), number("userCounter", chat.MemberCount))
	return phpform.ArrayOf(out...), nil
}

// namedViewers is how many of those who have seen the last message of a chat are named.
const namedViewers = 20

// viewer is somebody who has seen a message. When is not known.
type viewer struct {
	UserID   int64   `json:"userId"`
	UserName string  `json:"userName"`
	Date     *string `json:"date"`
}

// lastViews says, as a text of JSON, who of the people in a chat has seen its last message; "{}" where nobody has. It has the facts of
// last_message_views of api-reference/chats/im-dialog-get.md in the spelling of imbot.v2.
func (h handlers) lastViews(ctx context.Context, botID int64, last []im.Message) (string, error) {
	if len(last) == 0 {
		return "{}", nil
	}
	by, err := h.IM.ReadBy(ctx, botID, last[0], namedViewers)
	if err != nil || by.Count == 0 {
		return "{}", err
	}
	users, err := h.Users.Many(ctx, by.First)
	if err != nil {
		return "", err
	}
	v := struct {
		MessageID int64    `json:"messageId"`
		First     []viewer `json:"firstViewers"`
		Count     int64    `json:"countOfViewers"`
	}{last[0].ID, []viewer{}, by.Count}
	for _, id := range by.First {
		v.First = append(v.First, viewer{UserID: id, UserName: users[id].DisplayName()})
	}
	out, err := json.Marshal(v)
	return string(out), err
}

func text(key, value string) phpform.Entry { return entry(key, phpform.StringOf(value)) }

func number(key string, value int64) phpform.Entry { return entry(key, phpform.IntOf(value)) }

func idOrNull(key string, id int64) phpform.Entry {
	if id == 0 {
		return entry(key, phpform.NullValue())
	}
	return number(key, id)
}

func idList(ids []int64) phpform.Value {
	out := make([]phpform.Value, len(ids))
	for i, id := range ids {
		out[i] = phpform.IntOf(id)
	}
	return phpform.ListOf(out...)
}

// dialogParams are the parameters of methods about one dialog.
type dialogParams struct {
	BotID    int64  `b24:"botId,needed"`
	Token    string `b24:"botToken"`
	DialogID string `b24:"dialogId,required"`
}

func (p dialogParams) bot() botParams { return botParams{p.BotID, p.Token} }

// place returns a bot and a chat that it is in.
func (h handlers) place(ctx context.Context, c *rest.Call, p botParams, dialogID string) (bot.Bot, im.Chat, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return b, im.Chat{}, err
	}
	chat, err := h.dialog(ctx, b, dialogID)
	return b, chat, err
}

func (h handlers) chatGet(ctx context.Context, c *rest.Call, p dialogParams) (phpform.Value, error) {
	b, chat, err := h.place(ctx, c, p.bot(), p.DialogID)
	if err != nil {
		return phpform.Value{}, err
	}
	about, err := h.chat(ctx, c, b, chat.ID)
	return phpform.ArrayOf(entry("chat", about)), err
}

// chatUpdateParams are the parameters of imbot.v2.Chat.update.
type chatUpdateParams struct {
	BotID    int64      `b24:"botId,needed"`
	Token    string     `b24:"botToken"`
	DialogID string     `b24:"dialogId,required"`
	Fields   chatFields `b24:"fields,required"`
}

func (h handlers) chatUpdate(ctx context.Context, c *rest.Call, p chatUpdateParams) (done, error) {
	b, chat, err := h.place(ctx, c, botParams{p.BotID, p.Token}, p.DialogID)
	if err != nil {
		return done{}, err
	}
	raw, err := picture(p.Fields.Avatar)
	if err != nil {
		return done{}, errAvatar.Because(err).At("fields.avatar")
	}
	if err := h.IM.UpdateChat(ctx, b.ID, chat.ID, p.Fields.change()); err != nil || raw == nil {
		return answer(chatRefused(err))
	}
	return answer(chatRefused(h.IM.SetAvatar(ctx, b.ID, chat.ID, *raw)))
}

// chatRefused gives a lack of rights its documented code; what is wrong with a field keeps its own.
func chatRefused(err error) error {
	if k := fault.KindOf(err); k == fault.Denied || k == fault.NotFound {
		return errDenied.Because(err)
	}
	return err
}

func (h handlers) chatLeave(ctx context.Context, c *rest.Call, p dialogParams) (done, error) {
	b, chat, err := h.place(ctx, c, p.bot(), p.DialogID)
	if err != nil {
		return done{}, err
	}
	return answer(denied(h.IM.Leave(ctx, b.ID, chat.ID)))
}

// memberParams are the parameters of methods about one member of a chat.
type memberParams struct {
	BotID    int64  `b24:"botId,needed"`
	Token    string `b24:"botToken"`
	DialogID string `b24:"dialogId,required"`
	UserID   int64  `b24:"userId,required"`
}

func (h handlers) chatOwner(ctx context.Context, c *rest.Call, p memberParams) (done, error) {
	b, chat, err := h.place(ctx, c, botParams{p.BotID, p.Token}, p.DialogID)
	if err != nil {
		return done{}, err
	}
	return answer(denied(h.IM.SetOwner(ctx, b.ID, chat.ID, p.UserID)))
}

// membersParams are the parameters of methods about members of a chat.
type membersParams struct {
	BotID    int64   `b24:"botId,needed"`
	Token    string  `b24:"botToken"`
	DialogID string  `b24:"dialogId,required"`
	UserIDs  []int64 `b24:"userIds,needed"`
}

var errNobody = fault.New(fault.Invalid, "EMPTY_USER_IDS", "Empty user IDs")

func (h handlers) managerAdd(ctx context.Context, c *rest.Call, p membersParams) (done, error) {
	return h.setManagers(ctx, c, p, true)
}

func (h handlers) managerDelete(ctx context.Context, c *rest.Call, p membersParams) (done, error) {
	return h.setManagers(ctx, c, p, false)
}

func (h handlers) setManagers(ctx context.Context, c *rest.Call, p membersParams, on bool) (done, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return done{}, err
	}
	if len(p.UserIDs) == 0 {
		return done{}, errNobody
	}
	chat, err := h.dialog(ctx, b, p.DialogID)
	if err != nil {
		return done{}, err
	}
	members, err := h.IM.MembersOf(ctx, chat.ID, p.UserIDs)
	if err != nil {
		return done{}, err
	}
	return answer(denied(h.IM.SetManager(ctx, b.ID, chat.ID, members, on)))
}

// userAdd leaves out who does not exist or has left.
func (h handlers) userAdd(ctx context.Context, c *rest.Call, p membersParams) (done, error) {
	b, chat, err := h.place(ctx, c, botParams{p.BotID, p.Token}, p.DialogID)
	if err != nil {
		return done{}, err
	}
	ids, err := h.active(ctx, p.UserIDs)
	if err != nil {
		return done{}, err
	}
	return answer(denied(h.IM.AddMembers(ctx, b.ID, chat.ID, ids, false)))
}

// userDelete answers true also where the user is no member.
func (h handlers) userDelete(ctx context.Context, c *rest.Call, p memberParams) (done, error) {
	b, chat, err := h.place(ctx, c, botParams{p.BotID, p.Token}, p.DialogID)
	if err != nil {
		return done{}, err
	}
	in, err := h.IM.IsMember(ctx, p.UserID, chat.ID)
	if err != nil || !in {
		return answer(err)
	}
	return answer(denied(h.IM.RemoveMember(ctx, b.ID, chat.ID, p.UserID)))
}

// userListParams are the parameters of imbot.v2.Chat.User.list.
type userListParams struct {
	BotID    int64         `b24:"botId,needed"`
	Token    string        `b24:"botToken"`
	DialogID string        `b24:"dialogId,required"`
	Order    phpform.Value `b24:"order"`
	Limit    int64         `b24:"limit"`
}

// memberSorts are the keys of an order, in small letters.
var memberSorts = map[string]im.MemberSort{"id": im.ByJoined, "userid": im.ByUserID, "lastsendmessageid": im.ByLastSent}

// memberOrder reads an order; false for one that is none. Its first key is enough: each is unique, or followed by the id.
func memberOrder(v phpform.Value) (by im.MemberSort, descending, ok bool) {
	if v.Empty() {
		return by, false, true
	}
	for i, e := range v.Entries() {
		sort, known := memberSorts[strings.ToLower(e.Key)]
		direction := strings.ToUpper(strings.TrimSpace(e.Value.Text()))
		if !known || direction != "ASC" && direction != "DESC" {
			return by, false, false
		}
		if i == 0 {
			by, descending = sort, direction == "DESC"
		}
	}
	return by, descending, v.IsArray()
}

func (h handlers) userList(ctx context.Context, c *rest.Call, p userListParams) (phpform.Value, error) {
	b, chat, err := h.place(ctx, c, botParams{p.BotID, p.Token}, p.DialogID)
	if err != nil {
		return phpform.Value{}, err
	}
	q := im.MemberQuery{ChatID: chat.ID, Limit: p.Limit}
	var ok bool
	if q.Sort, q.Descending, ok = memberOrder(p.Order); !ok {
		return phpform.Value{}, fault.Argument("order", "Argument 'order' must name id, userId or lastSendMessageId with ASC or DESC")
	}
	members, err := h.IM.SortedMembers(ctx, b.ID, q)
	if err != nil {
		return phpform.Value{}, denied(err)
	}
	ids := make([]int64, len(members))
	for i, m := range members {
		ids[i] = m.UserID
	}
	users, err := h.people(ctx, h.view(c), ids)
	return phpform.ListOf(users...), err
}

// inputActionParams are the parameters of imbot.v2.Chat.InputAction.notify.
type inputActionParams struct {
	BotID    int64  `b24:"botId,needed"`
	Token    string `b24:"botToken"`
	DialogID string `b24:"dialogId,required"`
	Status   string `b24:"statusMessageCode"`
	Duration int64  `b24:"duration"`
}

// maxAction is how long an indicator is shown at most, in seconds.
const maxAction = 600

// actions are the texts of what a bot does, by their codes.
var actions = map[string]string{
	"IMBOT_AGENT_ACTION_THINKING":     "is thinking…",
	"IMBOT_AGENT_ACTION_SEARCHING":    "is searching for information…",
	"IMBOT_AGENT_ACTION_GENERATING":   "is preparing an answer…",
	"IMBOT_AGENT_ACTION_ANALYZING":    "is analysing the request…",
	"IMBOT_AGENT_ACTION_PROCESSING":   "is processing data…",
	"IMBOT_AGENT_ACTION_TRANSLATING":  "is translating…",
	"IMBOT_AGENT_ACTION_CONNECTING":   "is connecting to a service…",
	"IMBOT_AGENT_ACTION_CHECKING":     "is checking data…",
	"IMBOT_AGENT_ACTION_CALCULATING":  "is calculating…",
	"IMBOT_AGENT_ACTION_READING_DOCS": "is reading documents…",
	"IMBOT_AGENT_ACTION_COMPOSING":    "is writing an answer…",
}

// inputAction shows the usual words for a code that it does not know.
func (h handlers) inputAction(ctx context.Context, c *rest.Call, p inputActionParams) (done, error) {
	b, chat, err := h.place(ctx, c, botParams{p.BotID, p.Token}, p.DialogID)
	if err != nil {
		return done{}, err
	}
	length := time.Duration(min(max(p.Duration, 0), maxAction)) * time.Second
	return answer(denied(h.IM.Acting(ctx, b.ID, chat.ID, actions[strings.TrimSpace(p.Status)], length)))
}

// textFieldParams are the parameters of imbot.v2.Chat.TextField.enabled.
type textFieldParams struct {
	BotID    int64  `b24:"botId,needed"`
	Token    string `b24:"botToken"`
	DialogID string `b24:"dialogId,required"`
	Enabled  *bool  `b24:"enabled"`
}

func (h handlers) textField(ctx context.Context, c *rest.Call, p textFieldParams) (done, error) {
	_, chat, err := h.place(ctx, c, botParams{p.BotID, p.Token}, p.DialogID)
	if err != nil {
		return done{}, err
	}
	return answer(denied(h.IM.SetTextField(ctx, chat.ID, p.Enabled == nil || *p.Enabled)))
}
