package imrest

import "github.com/portico-hq/portico/internal/im"

// chatView is a group chat as the messenger's methods answer it (api-reference/chats/im-recent-list.md).
type chatView struct {
	ID              int64           `json:"id"`
	ParentChatID    int64           `json:"parent_chat_id"`
	ParentMessageID int64           `json:"parent_message_id"`
	Name            string          `json:"name"`
	Owner           int64           `json:"owner"`
	Extranet        bool            `json:"extranet"`
	Collaber        bool            `json:"contains_collaber"`
	Avatar          string          `json:"avatar"`
	Color           string          `json:"color"`
	Type            string          `json:"type"`
	EntityType      string          `json:"entity_type"`
	EntityID        string          `json:"entity_id"`
	EntityData1     string          `json:"entity_data_1"`
	EntityData2     string          `json:"entity_data_2"`
	EntityData3     string          `json:"entity_data_3"`
	MuteList        any             `json:"mute_list"`
	ManagerList     []int64         `json:"manager_list"`
	Created         string          `json:"date_create"`
	MessageType     im.Type         `json:"message_type"`
	UserCounter     int64           `json:"user_counter"`
	Restrictions    restrictions    `json:"restrictions"`
	Role            string          `json:"role"`
	TextField       bool            `json:"text_field_enabled"`
	Background      *int64          `json:"background_id"`
	EntityLink      entityLink      `json:"entity_link"`
	Permissions     permissionsView `json:"permissions"`
	Public          string          `json:"public"`
}

// restrictions say what may be done in a chat.
type restrictions struct {
	Avatar     bool `json:"avatar"`
	Rename     bool `json:"rename"`
	Extend     bool `json:"extend"`
	Call       bool `json:"call"`
	Mute       bool `json:"mute"`
	Leave      bool `json:"leave"`
	LeaveOwner bool `json:"leave_owner"`
	Send       bool `json:"send"`
	UserList   bool `json:"user_list"`
}

type entityLink struct {
	Type string `json:"type"`
	URL  string `json:"url"`
	ID   string `json:"id"`
}

// permissionsView says who may do something: "member", "manager", "owner" or "none".
type permissionsView struct {
	UsersAdd    string `json:"manage_users_add"`
	UsersDelete string `json:"manage_users_delete"`
	UI          string `json:"manage_ui"`
	Settings    string `json:"manage_settings"`
	Messages    string `json:"manage_messages"`
	Post        string `json:"can_post"`
}

// chat describes a chat; a private one by the other person.
func (l looks) chat(c im.Chat, mutes any) chatView {
	free := !c.General() && c.Type != im.Private // the chat of all employees is what it is
	role := l.roles[c.ID]
	v := chatView{
		ID: c.ID, Name: c.Title, Owner: c.OwnerID, Extranet: c.Extranet, Color: c.Color(), Type: chatType(c),
		EntityType: c.EntityType, EntityID: c.EntityID, EntityData1: c.EntityData[0], EntityData2: c.EntityData[1], EntityData3: c.EntityData[2], MuteList: mutes, ManagerList: l.managers[c.ID], Created: atom(c.Created, l.zone),
		MessageType: c.Type, UserCounter: c.MemberCount, Role: role, TextField: c.TextField,
		EntityLink: l.link(c),
		Permissions: permissionsView{
			UsersAdd: string(c.CanAdd), UsersDelete: string(c.CanRemove), UI: string(c.CanDress), Settings: string(im.RightOwner),
			Messages: string(c.CanManage), Post: string(c.CanPost),
		},
		Restrictions: restrictions{
			Avatar: free, Rename: free, Extend: free, Mute: true, Leave: free, LeaveOwner: free, UserList: true,
			Send: may(role, c.CanPost) && c.TextField,
		},
	}
	if path := c.AvatarPath(); path != "" {
		v.Avatar = l.base + path
	}
	if v.ManagerList == nil {
		v.ManagerList = []int64{}
	}
	switch {
	case c.Type == im.Private:
		peer := l.peers[c.Peer(l.viewer)]
		v.Name, v.Avatar, v.Color, v.Role = peer.Name, peer.Avatar, peer.Color, "MEMBER"
		v.Restrictions.Send, v.Permissions = c.TextField, privatePermissions
	case c.General():
		v.Permissions.UsersAdd, v.Permissions.UsersDelete, v.Permissions.UI = "none", "none", "none"
	}
	v.TextField = v.Restrictions.Send
	return v
}

// link says what a chat belongs to.
func (l looks) link(c im.Chat) entityLink {
	e := c.EntityLink(l.viewer)
	return entityLink{Type: e.Type, URL: e.Path, ID: e.ID}
}

// privatePermissions are those of a private chat.
var privatePermissions = permissionsView{
	UsersAdd: "none", UsersDelete: "none", UI: "none", Settings: "none", Messages: "member", Post: "member",
}

// may reports whether a role is one of those whom a right lets.
func may(role string, right im.Right) bool {
	switch right {
	case im.RightNone:
		return false
	case im.RightOwner:
		return role == "OWNER"
	case im.RightManager:
		return role == "OWNER" || role == "MANAGER"
	}
	return role != "NONE"
}

// chatType is the word for what a chat is for.
func chatType(c im.Chat) string {
	switch {
	case c.EntityType != "" && c.EntityType != "THREAD":
		return c.EntityWord()
	case c.Type == im.Private:
		return "private"
	case c.Type == im.Open:
		return "open"
	case c.Type == im.Channel:
		return "channel"
	case c.Type == im.OpenChannel:
		return "openChannel"
	case c.Type == im.Lines:
		return "lines"
	default:
		return "chat"
	}
}
