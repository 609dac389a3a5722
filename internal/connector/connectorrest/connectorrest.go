// Package connectorrest is the wire side of connectors: imconnector.*.
package connectorrest

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// Register adds the methods.
func Register(r *rest.Registry, s *connector.Service) {
	h := handlers{s}
	const (
		scope = "imopenlines"
		apps  = rest.Everyone | rest.NoWebhook | rest.AppOnly
		pages = "api-reference/imopenlines/imconnector/imconnector-"
	)
	// The pages have one code for all callers that are no applications.
	refuses := rest.Refuses(rest.ErrAuthType, nil)
	r.Add(
		rest.M("imconnector.register", scope, apps, "Registers a connector of the application, or changes it.", h.register,
			rest.Doc(pages+"register.md"), refuses, rest.Reads("ICON.DATA_IMAGE*", "ICON.COLOR", "ICON.SIZE", "ICON.POSITION",
				"ICON_DISABLED.DATA_IMAGE", "ICON_DISABLED.COLOR", "ICON_DISABLED.SIZE", "ICON_DISABLED.POSITION")),
		rest.M("imconnector.unregister", scope, apps, "Removes a connector of the application.", h.unregister,
			rest.Doc(pages+"unregister.md"), refuses),
		rest.M("imconnector.list", scope, apps, "Lists the channels that open lines may be connected to.", h.list,
			rest.Doc(pages+"list.md"), refuses),
		rest.M("imconnector.status", scope, apps, "Tells how a connector of the application stands on a line.", h.status,
			rest.Doc(pages+"status.md"), refuses),
		rest.M("imconnector.activate", scope, apps, "Switches a connector of the application on or off on a line.", h.activate,
			rest.Doc(pages+"activate.md"), refuses),
		rest.M("imconnector.connector.data.set", scope, apps, "Keeps what a connector's channel is on a line.", h.setData,
			rest.Doc(pages+"connector-data-set.md"), refuses),
		rest.M("imconnector.send.messages", scope, apps, "Takes in what clients wrote.", h.sendMessages,
			rest.Doc(pages+"send-messages.md"), refuses, rest.Reads(messageFields()...)),
		rest.M("imconnector.update.messages", scope, apps, "Changes what clients wrote.", h.updateMessages,
			rest.Doc(pages+"update-messages.md"), refuses, rest.Reads(messageFields()...)),
		rest.M("imconnector.delete.messages", scope, apps, "Removes what clients wrote.", h.deleteMessages,
			rest.Doc(pages+"delete-messages.md"), refuses, rest.Reads("MESSAGES.user", "MESSAGES.message", "MESSAGES.chat", "MESSAGES.user.id*",
				"MESSAGES.message.id*", "MESSAGES.chat.id*")),
		rest.M("imconnector.send.status.delivery", scope, apps, "Notes that messages reached their clients.", h.delivered,
			rest.Doc(pages+"send-status-delivery.md"), refuses, rest.Reads("MESSAGES.im", "MESSAGES.message", "MESSAGES.chat", "MESSAGES.im.chat_id",
				"MESSAGES.im.message_id", "MESSAGES.message.id", "MESSAGES.message.date", "MESSAGES.chat.id")),
		rest.M("imconnector.send.status.reading", scope, apps, "Notes that clients have read messages.", h.read,
			rest.Doc(pages+"send-status-reading.md"), refuses, rest.Reads("MESSAGES.im", "MESSAGES.message", "MESSAGES.chat", "MESSAGES.im.chat_id",
				"MESSAGES.im.message_id", "MESSAGES.message.id", "MESSAGES.chat.id")),
		rest.M("imconnector.chat.name.set", "imconnector", apps, "Gives the chat with a client another name.", h.rename,
			rest.Doc(pages+"chat-name-set.md"), refuses),
	)
}

// messageFields are those of a message that a client wrote.
func messageFields() []string {
	out := []string{"MESSAGES.user", "MESSAGES.message", "MESSAGES.chat", "MESSAGES.user.id*", "MESSAGES.chat.id*"}
	for _, name := range []string{"last_name", "name", "picture", "url", "gender", "email", "phone", "skip_phone_validate"} {
		out = append(out, "MESSAGES.user."+name)
	}
	for _, name := range []string{"id", "date", "text", "files", "disable_crm", "user_id"} {
		out = append(out, "MESSAGES.message."+name)
	}
	return append(out, "MESSAGES.chat.name", "MESSAGES.chat.url")
}

type handlers struct{ connectors *connector.Service }

func actor(c *rest.Call) user.Ref { return user.Ref{ID: c.UserID, Admin: c.Admin, Access: c.Access} }

// outcome is the answer of registering: errors are inside of the result.
type outcome struct {
	Result bool   `json:"result"`
	Error  string `json:"error,omitempty"`
	Text   string `json:"error_description,omitempty"`
}

func outcomeOf(err error) (outcome, error) {
	f, ok := errors.AsType[*fault.Fault](err)
	switch {
	case err == nil:
		return outcome{Result: true}, nil
	case !ok || f.Kind == fault.Internal:
		return outcome{}, err
	}
	return outcome{Error: f.Code, Text: f.Text}, nil
}

// registerParams are the parameters of imconnector.register. What is wrong with them is answered inside of the result, so that they
// are taken as they come.
type registerParams struct {
	ID             phpform.Value `b24:"ID,needed"`
	Name           phpform.Value `b24:"NAME,needed"`
	Icon           phpform.Value `b24:"ICON,needed"`
	Handler        phpform.Value `b24:"PLACEMENT_HANDLER,needed"`
	Off            phpform.Value `b24:"ICON_DISABLED"`
	DeleteIncoming phpform.Value `b24:"DEL_EXTERNAL_MESSAGES"`
	EditOutgoing   phpform.Value `b24:"EDIT_INTERNAL_MESSAGES"`
	DeleteOutgoing phpform.Value `b24:"DEL_INTERNAL_MESSAGES"`
	Newsletter     phpform.Value `b24:"NEWSLETTER"`
	System         phpform.Value `b24:"NEED_SYSTEM_MESSAGES"`
	Signature      phpform.Value `b24:"NEED_SIGNATURE"`
	Group          phpform.Value `b24:"CHAT_GROUP"`
}

func (h handlers) register(ctx context.Context, c *rest.Call, p registerParams) (outcome, error) {
	n, err := p.connector(c.AppID)
	if err == nil {
		err = h.connectors.Register(ctx, c.UserID, n)
	}
	return outcomeOf(err)
}

// connector reads what is asked for.
func (p registerParams) connector(appID int64) (connector.Connector, error) {
	n := connector.Connector{
		AppID: appID, Code: stringOf(p.ID), Name: stringOf(p.Name), Handler: stringOf(p.Handler), Icon: iconOf(p.Icon), Off: iconOf(p.Off),
	}
	for _, f := range []struct {
		name  string
		value phpform.Value
		usual bool
		to    *bool
	}{
		{"DEL_EXTERNAL_MESSAGES", p.DeleteIncoming, true, &n.DeleteIncoming},
		{"EDIT_INTERNAL_MESSAGES", p.EditOutgoing, true, &n.EditOutgoing},
		{"DEL_INTERNAL_MESSAGES", p.DeleteOutgoing, true, &n.DeleteOutgoing},
		{"NEWSLETTER", p.Newsletter, true, &n.Newsletter},
		{"NEED_SYSTEM_MESSAGES", p.System, true, &n.SystemMessages},
		{"NEED_SIGNATURE", p.Signature, true, &n.Signature},
		{"CHAT_GROUP", p.Group, false, &n.Group},
	} {
		b, ok := yesNo(f.value, f.usual)
		if !ok {
			return n, connector.General(f.name + " must be true or false")
		}
		*f.to = b
	}
	return n, nil
}

// stringOf returns a text; "" for what is none.
func stringOf(v phpform.Value) string {
	if v.Kind() != phpform.String {
		return ""
	}
	return v.Text()
}

func iconOf(v phpform.Value) connector.Icon {
	get := func(name string) string {
		m, _ := v.GetFold(name)
		return stringOf(m)
	}
	return connector.Icon{Image: get("DATA_IMAGE"), Color: get("COLOR"), Size: get("SIZE"), Position: get("POSITION")}
}

// yesNo reads a flag: true and false, "Y" and "N", 1 and 0. Forms of PHP have "1" and "" or "0".
func yesNo(v phpform.Value, usual bool) (value, ok bool) {
	if v.IsNull() {
		return usual, true
	}
	switch strings.ToLower(strings.TrimSpace(v.Text())) {
	case "1", "y", "true":
		return true, !v.IsArray()
	case "", "0", "n", "false":
		return false, !v.IsArray()
	}
	return false, false
}

// unregisterParams are the parameters of imconnector.unregister.
type unregisterParams struct {
	ID phpform.Value `b24:"ID,needed"`
}

func (h handlers) unregister(ctx context.Context, c *rest.Call, p unregisterParams) (outcome, error) {
	return outcomeOf(h.connectors.Unregister(ctx, c.UserID, c.AppID, stringOf(p.ID)))
}

// errList is the fault of imconnector.list, which its page answers with 400.
var errList = fault.New(fault.Invalid, "ACCESS_DENIED", "You don't have access to this action")

func (h handlers) list(ctx context.Context, c *rest.Call, _ rest.None) (phpform.Value, error) {
	if !connector.May(actor(c)) {
		return phpform.Value{}, errList
	}
	all, err := h.connectors.Names(ctx)
	b := &phpform.Builder{}
	for _, n := range all {
		b.Set(n.Code, phpform.StringOf(n.Name))
	}
	if b.Len() == 0 {
		return phpform.EmptyObject(), err
	}
	return b.Value(), err
}

// statusParams are the parameters of imconnector.status.
type statusParams struct {
	Connector string `b24:"CONNECTOR,required"`
	Line      int64  `b24:"LINE"`
}

// status is the answer of imconnector.status.
type status struct {
	Line       int64  `json:"LINE"`
	Connector  string `json:"CONNECTOR"`
	Error      bool   `json:"ERROR"`
	Configured bool   `json:"CONFIGURED"`
	Status     bool   `json:"STATUS"`
}

func (h handlers) status(ctx context.Context, c *rest.Call, p statusParams) (status, error) {
	s, err := h.connectors.Status(ctx, c.AppID, p.Connector, p.Line)
	return status{
		Line: p.Line, Connector: connector.Code(p.Connector), Error: s.Failing, Configured: s.Active && s.Configured, Status: s.Ready(),
	}, err
}

// activateParams are the parameters of imconnector.activate.
type activateParams struct {
	Connector string        `b24:"CONNECTOR,required"`
	Line      phpform.Value `b24:"LINE,needed"`
	Active    phpform.Value `b24:"ACTIVE,needed"`
}

func (h handlers) activate(ctx context.Context, c *rest.Call, p activateParams) (bool, error) {
	line, err := lineOf(p.Line)
	if err != nil {
		return false, err
	}
	if p.Active.IsNull() {
		return false, missing("ACTIVE")
	}
	err = h.connectors.Activate(ctx, c.UserID, c.AppID, p.Connector, line, on(p.Active))
	return err == nil, err
}

// on reads ACTIVE: whatever is not empty switches on, but for 0 and N.
func on(v phpform.Value) bool {
	switch strings.ToUpper(strings.TrimSpace(v.Text())) {
	case "", "0", "N":
		return v.IsArray() && v.Len() > 0
	}
	return v.Truthy() || v.Kind() == phpform.String || v.Kind() == phpform.Number
}

func missing(name string) error { return fault.Argument(name, "Argument '"+name+"' is null or empty") }

// lineOf reads the id of a line. One that cannot be an id is that of no line: applications send 0 before they were connected.
func lineOf(v phpform.Value) (int64, error) {
	if v.IsNull() || v.IsArray() && v.Len() == 0 || v.Kind() == phpform.String && strings.TrimSpace(v.Text()) == "" {
		return 0, missing("LINE")
	}
	n, err := strconv.ParseInt(strings.TrimSpace(v.Text()), 10, 64)
	if err != nil || v.IsArray() {
		return 0, fault.Argument("LINE", "Argument 'LINE' must be an integer")
	}
	return n, nil
}

// dataParams are the parameters of imconnector.connector.data.set.
type dataParams struct {
	Connector string        `b24:"CONNECTOR,required"`
	Line      phpform.Value `b24:"LINE,needed"`
	Data      channelParams `b24:"DATA,required"`
}

// channelParams say what a channel is.
type channelParams struct {
	ID    string `b24:"ID"`
	URL   string `b24:"URL"`
	URLIM string `b24:"URL_IM"`
	Name  string `b24:"NAME"`
}

func (h handlers) setData(ctx context.Context, c *rest.Call, p dataParams) (bool, error) {
	line, err := lineOf(p.Line)
	if err != nil {
		return false, err
	}
	err = h.connectors.SetChannel(ctx, c.UserID, c.AppID, p.Connector, line, connector.Channel(p.Data))
	return err == nil, err
}
