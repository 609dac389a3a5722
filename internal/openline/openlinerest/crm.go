package openlinerest

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// registerCRM adds the methods that start from an object of the CRM. As long as a portal keeps none, each call is checked as its page
// says and then told the truth: there is no such object, and no chat belongs to one.
func (h sessions) registerCRM(r *rest.Registry) {
	const chats = docs + "chats/imopenlines-crm-chat-"
	row := rest.Everyone
	r.Add(
		rest.M("imopenlines.crm.chat.get", ownScope, row, "Lists the chats of an object of the CRM.", h.crmChats, rest.Doc(chats+"get.md")),
		rest.M("imopenlines.crm.chat.getLastId", ownScope, row, "Finds the last chat of an object of the CRM.", h.crmLast,
			rest.Doc(chats+"get-last-id.md")),
		rest.M("imopenlines.crm.chat.user.add", ownScope, row, "Adds somebody to a chat of an object of the CRM.", h.crmUserAdd,
			rest.Doc(chats+"user-add.md")),
		rest.M("imopenlines.crm.chat.user.delete", ownScope, row, "Takes somebody out of a chat of an object of the CRM.",
			h.crmUserDelete, rest.Doc(chats+"user-delete.md")),
		rest.M("imopenlines.crm.message.add", ownScope, row, "Writes in a chat of an object of the CRM.", h.crmMessage,
			rest.Doc(docs+"messages/imopenlines-crm-message-add.md")),
	)
}

// object are the parameters that name an object of the CRM.
type object struct {
	Type phpform.Value
	ID   phpform.Value
}

// known reports whether the type is one that the pages name.
func (o object) known() bool {
	switch strings.ToLower(strings.TrimSpace(o.Type.Text())) {
	case "lead", "deal", "company", "contact":
		return !o.Type.IsArray()
	}
	return false
}

func blank(v phpform.Value) bool {
	return !v.IsArray() && strings.TrimSpace(v.Text()) == "" || v.IsArray() && v.Len() == 0
}

// wrongType reports whether the id is no number.
func (o object) wrongType() bool {
	_, ok := o.ID.Int()
	return !ok || o.ID.IsArray()
}

func argument(text string) *fault.Fault { return fault.New(fault.Invalid, "ERROR_ARGUMENT", text) }

func missing(name string) *fault.Fault {
	return argument("Argument '" + name + "' is null or empty").At(name)
}

// The faults of objects of the CRM.
var (
	errEntityType    = argument("The value of an argument 'CRM_ENTITY' has an invalid type").At("CRM_ENTITY")
	errNoCRMData     = fault.New(fault.Invalid, "CRM_CHAT_EMPTY_CRM_DATA", "Empty CRM data")
	errNoCRMObject   = fault.New(fault.Invalid, "CRM_CHAT_EMPTY_CRM_DATA", "Could not find CRM object")
	errCRMAction     = fault.New(fault.Denied, "ACCESS_DENIED", "Access denied! You don't have access to this action")
	errCRMJoin       = fault.New(fault.Denied, "ACCESS_DENIED", "Access denied! You don't have access to join user to chat")
	errCRMUser       = fault.New(fault.Invalid, "CRM_CHAT_EMPTY_USER", "Empty User ID")
	errCRMInactive   = fault.New(fault.Invalid, "CRM_CHAT_USER_NOT_ACTIVE", "User not active")
	errChatNotInCRM  = fault.New(fault.Invalid, "CHAT_NOT_IN_CRM", "Chat does not belong to the CRM object being checked")
	errEntityNotChat = fault.New(fault.Invalid, "CHAT_NOT_IN_CRM", "Chat does not belong to the CRM entity being checked")
)

// complete finds what is missing of an object, in the words of the pages that name each parameter.
func (o object) complete() error {
	switch {
	case blank(o.Type):
		return missing("CRM_ENTITY_TYPE")
	case blank(o.ID):
		return missing("CRM_ENTITY")
	case o.wrongType():
		return errEntityType
	}
	return nil
}

// crmChatsParams are the parameters of imopenlines.crm.chat.get.
type crmChatsParams struct {
	Type   phpform.Value `b24:"CRM_ENTITY_TYPE,needed"`
	ID     phpform.Value `b24:"CRM_ENTITY,needed"`
	Active *bool         `b24:"ACTIVE_ONLY"` // of no chats none is active
}

// crmChats answers an empty list for an object that does not exist.
func (h sessions) crmChats(_ context.Context, _ *rest.Call, p crmChatsParams) ([]struct{}, error) {
	o := object{p.Type, p.ID}
	if err := o.complete(); err != nil {
		return nil, err
	}
	if !o.known() {
		return nil, errCRMAction
	}
	return []struct{}{}, nil
}

// crmLastParams are the parameters of imopenlines.crm.chat.getLastId.
type crmLastParams struct {
	Type phpform.Value `b24:"CRM_ENTITY_TYPE,needed"`
	ID   phpform.Value `b24:"CRM_ENTITY,needed"`
}

func (h sessions) crmLast(_ context.Context, _ *rest.Call, p crmLastParams) (int64, error) {
	switch o := object(p); {
	case blank(o.Type) || blank(o.ID):
		return 0, errNoCRMData
	case o.wrongType():
		return 0, argument("The value of an argument CRM_ENTITY has an invalid type").At("CRM_ENTITY")
	}
	return 0, errNoCRMObject
}

// crmUserParams are the parameters of imopenlines.crm.chat.user.add and .delete.
type crmUserParams struct {
	Type   phpform.Value  `b24:"CRM_ENTITY_TYPE,needed"`
	ID     phpform.Value  `b24:"CRM_ENTITY,needed"`
	UserID phpform.Value  `b24:"USER_ID,needed"`
	ChatID *phpform.Value `b24:"CHAT_ID"`
}

// crmUserAdd answers 0 where no chat is named and the object has none.
func (h sessions) crmUserAdd(ctx context.Context, _ *rest.Call, p crmUserParams) (int64, error) {
	o := object{p.Type, p.ID}
	if err := o.complete(); err != nil {
		return 0, err
	}
	user, ok := positive(p.UserID)
	if !ok {
		return 0, argument("Argument 'Empty USER_ID' is null or empty").At("USER_ID")
	}
	if !o.known() {
		return 0, errCRMJoin
	}
	return h.crmChat(ctx, user, p.ChatID)
}

// crmChat finds the chat of an object, of which there is none.
func (h sessions) crmChat(ctx context.Context, userID int64, chat *phpform.Value) (int64, error) {
	users, err := h.Users.Many(ctx, []int64{userID})
	if err != nil {
		return 0, err
	}
	if u, ok := users[userID]; !ok || !u.Active {
		return 0, errCRMInactive
	}
	if chat != nil && !blank(*chat) {
		return 0, errChatNotInCRM
	}
	return 0, nil
}

// crmUserDelete answers 0 where no chat is named and the object has none.
func (h sessions) crmUserDelete(ctx context.Context, _ *rest.Call, p crmUserParams) (int64, error) {
	o := object{p.Type, p.ID}
	user, ok := positive(p.UserID)
	switch {
	case !ok:
		return 0, errCRMUser
	case blank(o.Type) || blank(o.ID):
		return 0, errNoCRMData
	case o.wrongType():
		return 0, errEntityType
	case !o.known():
		return 0, errCRMJoin
	}
	return h.crmChat(ctx, user, p.ChatID)
}

// crmMessageParams are the parameters of imopenlines.crm.message.add.
type crmMessageParams struct {
	Type    phpform.Value `b24:"CRM_ENTITY_TYPE,needed"`
	ID      phpform.Value `b24:"CRM_ENTITY,needed"`
	UserID  phpform.Value `b24:"USER_ID,needed"`
	ChatID  phpform.Value `b24:"CHAT_ID,needed"`
	Message string        `b24:"MESSAGE,needed"`
}

// crmMessage refuses every chat: none belongs to an object.
func (h sessions) crmMessage(_ context.Context, _ *rest.Call, p crmMessageParams) (int64, error) {
	o := object{p.Type, p.ID}
	_, user := positive(p.UserID)
	_, chat := positive(p.ChatID)
	id, _ := positive(o.ID)
	switch {
	case !o.known():
		return 0, missing("CRM_ENTITY_TYPE")
	case id == 0:
		return 0, missing("CRM_ENTITY")
	case !user:
		return 0, missing("USER_ID")
	case !chat:
		return 0, missing("CHAT_ID")
	case strings.TrimSpace(p.Message) == "":
		return 0, missing("MESSAGE")
	}
	return 0, errEntityNotChat
}
