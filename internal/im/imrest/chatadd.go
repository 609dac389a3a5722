package imrest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// chatAddParams are the parameters of im.chat.add.
type chatAddParams struct {
	Users       phpform.Value `b24:"USERS"`
	Type        string        `b24:"TYPE"`
	Title       string        `b24:"TITLE"`
	Description string        `b24:"DESCRIPTION"`
	Color       string        `b24:"COLOR"`
	Message     string        `b24:"MESSAGE"`
	Avatar      phpform.Value `b24:"AVATAR"`
	EntityType  string        `b24:"ENTITY_TYPE"`
	EntityID    string        `b24:"ENTITY_ID"`
}

// The faults of pictures (api-reference/chats/chat-update/im-chat-update-avatar.md).
var (
	errAvatarType = fault.New(fault.Invalid, "AVATAR_ERROR", "Avatar incorrect type")
	errAvatarSize = fault.New(fault.Invalid, "AVATAR_ERROR", "Avatar incorrect size (max 5000x5000)")
)

// avatarFault returns the documented fault of a picture that cannot be taken.
func avatarFault(err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err
	}
	switch f.Code {
	case "AVATAR_TYPE":
		return errAvatarType.Because(err)
	case "AVATAR_SIZE", "AVATAR_DIMENSIONS":
		return errAvatarSize.Because(err)
	}
	return err
}

// chatAdd creates a group with the caller as its owner and answers its id.
func (h handlers) chatAdd(ctx context.Context, c *rest.Call, p chatAddParams) (int64, error) {
	g := im.NewGroup{
		OwnerID: c.UserID, Title: p.Title, Type: im.Closed, ColorCode: p.Color, EntityType: strings.ToUpper(strings.TrimSpace(p.EntityType)),
		EntityID: strings.TrimSpace(p.EntityID), Description: p.Description,
	}
	switch strings.ToUpper(strings.TrimSpace(p.Type)) {
	case "", "CHAT":
	case "OPEN":
		g.Type = im.Open
	default:
		return 0, fault.Argument("TYPE", "Argument 'TYPE' must be OPEN or CHAT")
	}
	if g.EntityType == im.EntityGeneral {
		return 0, fault.Argument("ENTITY_TYPE", "Argument 'ENTITY_TYPE' names the general chat, which exists")
	}
	var ok bool
	if !p.Users.Empty() {
		if g.MemberIDs, ok = idList(p.Users); !ok {
			return 0, fault.Argument("USERS", "Argument 'USERS' must be a list of user ids")
		}
	}
	var err error
	if _, g.Avatar, err = rest.File(p.Avatar); err != nil {
		return 0, errAvatarType.Because(err)
	}
	if strings.TrimSpace(g.Title) == "" {
		title, err := h.chatTitle(ctx, &g)
		if err != nil {
			return 0, err
		}
		g.Title = title
	}
	chat, err := h.im.CreateGroup(ctx, g)
	if err != nil {
		return 0, avatarFault(err)
	}
	if strings.TrimSpace(p.Message) == "" {
		return chat.ID, nil
	}
	_, err = h.im.Send(ctx, im.NewMessage{ChatID: chat.ID, AuthorID: c.UserID, Text: p.Message})
	return chat.ID, err
}

// namedMembers is with how many members a chat without a title is called by their names.
const namedMembers = 3

// chatTitle makes a title: of the names of few members, else of the chat's colour.
func (h handlers) chatTitle(ctx context.Context, g *im.NewGroup) (string, error) {
	others := slices.DeleteFunc(slices.Clone(g.MemberIDs), func(id int64) bool { return id == g.OwnerID })
	if len(others) == 0 || len(others) > namedMembers {
		code, number, err := h.im.NextColor(ctx, g.ColorCode)
		g.ColorCode = code
		return fmt.Sprintf("%s chat №%d", colorName(code), number), err
	}
	users, err := h.cfg.Users.Many(ctx, others)
	if err != nil {
		return "", err
	}
	names := make([]string, 0, len(others))
	for _, id := range others {
		if u, known := users[id]; known {
			names = append(names, u.DisplayName())
		}
	}
	return "Chat with " + strings.Join(names, ", "), nil
}

// colorName writes the name of a colour for people: "Light blue".
func colorName(code string) string {
	name := strings.ToLower(strings.ReplaceAll(code, "_", " "))
	return strings.ToUpper(name[:1]) + name[1:]
}

// chatGetParams are the parameters of im.chat.get.
type chatGetParams struct {
	EntityType string `b24:"ENTITY_TYPE"`
	EntityID   string `b24:"ENTITY_ID"`
}

type chatIDView struct {
	ID int64 `json:"ID"`
}

// chatGet answers the id of the chat that belongs to something, null where there is none.
func (h handlers) chatGet(ctx context.Context, c *rest.Call, p chatGetParams) (*chatIDView, error) {
	if strings.TrimSpace(p.EntityType) == "" || strings.TrimSpace(p.EntityID) == "" {
		return nil, nil //nolint:nilnil // documented: the answer is null
	}
	id, err := h.im.FindEntity(ctx, c.UserID, strings.ToUpper(strings.TrimSpace(p.EntityType)), strings.TrimSpace(p.EntityID))
	if errors.Is(err, im.ErrNoChat) {
		return nil, nil //nolint:nilnil // documented: the answer is null
	}
	if err != nil {
		return nil, err
	}
	return &chatIDView{id}, nil
}

// isEmployee makes sure that the caller belongs to the company. It returns ACCESS_ERROR.
func (h handlers) isEmployee(ctx context.Context, c *rest.Call) error {
	users, err := h.cfg.Users.Many(ctx, []int64{c.UserID})
	if err != nil {
		return err
	}
	if users[c.UserID].Kind != user.Employee {
		return errIntranet
	}
	return nil
}

var errIntranet = fault.New(fault.Denied, "ACCESS_ERROR", "Only intranet users have access to this method.")
