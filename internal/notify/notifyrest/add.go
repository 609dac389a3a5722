package notifyrest

import (
	"context"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// addParams are the parameters of im.notify.personal.add and im.notify.system.add.
type addParams struct {
	UserID     int64         `b24:"USER_ID,needed"`
	Message    string        `b24:"MESSAGE,needed"`
	MessageOut string        `b24:"MESSAGE_OUT"`
	Tag        string        `b24:"TAG"`
	SubTag     string        `b24:"SUB_TAG"`
	Attach     phpform.Value `b24:"ATTACH"`
	ClientID   string        `b24:"CLIENT_ID"`
}

// notifyParams are those of im.notify.
type notifyParams struct {
	UserID     int64         `b24:"USER_ID,needed"`
	Type       string        `b24:"TYPE"`
	Message    string        `b24:"MESSAGE,needed"`
	MessageOut string        `b24:"MESSAGE_OUT"`
	Tag        string        `b24:"TAG"`
	SubTag     string        `b24:"SUB_TAG"`
	Attach     phpform.Value `b24:"ATTACH"`
	ClientID   string        `b24:"CLIENT_ID"`
}

// errSession is the refusal of a page that calls what applications and webhooks are for.
var errSession = fault.New(fault.Denied, rest.ErrAuthType.Code, "Access for this method not allowed by session authorization.")

func (h handlers) add(ctx context.Context, c *rest.Call, p notifyParams) (any, error) {
	a := addParams{p.UserID, p.Message, p.MessageOut, p.Tag, p.SubTag, p.Attach, p.ClientID}
	switch strings.ToUpper(strings.TrimSpace(p.Type)) {
	case "", "USER":
		return h.send(ctx, c, a, c.UserID)
	case "SYSTEM":
		return h.send(ctx, c, a, 0)
	}
	return nil, fault.Argument("TYPE", "The type of a notification is USER or SYSTEM")
}

func (h handlers) personalAdd(ctx context.Context, c *rest.Call, p addParams) (any, error) {
	return h.send(ctx, c, p, c.UserID)
}

func (h handlers) systemAdd(ctx context.Context, c *rest.Call, p addParams) (any, error) {
	return h.send(ctx, c, p, 0)
}

// send tells a person and answers the id of the notification; false where they do not want such ones, or are not there.
func (h handlers) send(ctx context.Context, c *rest.Call, p addParams, author int64) (any, error) {
	switch {
	case c.Kind == rest.BySession:
		return nil, errSession
	case p.UserID <= 0:
		return nil, notify.ErrNoUser
	case strings.TrimSpace(p.Message) == "":
		return nil, notify.ErrNoText
	}
	att, err := attach.ParseWideAttach(p.Attach)
	if err != nil {
		f := fault.Of(err)
		return nil, fault.New(fault.Invalid, f.Code, f.Text)
	}
	people, err := h.cfg.Users.Many(ctx, []int64{p.UserID, author})
	if err != nil || !people[p.UserID].Active {
		return false, err
	}
	title := "" // the system's have none: it is nobody
	if author != 0 {
		title = people[author].DisplayName()
	}
	key, _ := clientOf(c, p.ClientID)
	id, err := h.notify.Tell(ctx, notify.Notice{
		UserID: p.UserID, AuthorID: author, Module: notify.ModuleRest, Event: notify.EventRest, Text: p.Message, Out: strings.TrimSpace(p.MessageOut),
		Tag: tagOf(key, p.Tag), SubTag: tagOf(key, p.SubTag), Replaces: notify.Everywhere, Attach: att.Stamp(c.Start),
		Title: title,
	})
	if err != nil || id == 0 {
		return false, err
	}
	return id, nil
}

// clientOf returns under which name a caller's tags are kept: an application's by its number, a webhook's by the CLIENT_ID that it
// chose. sure is false for a webhook that names none.
func clientOf(c *rest.Call, clientID string) (key string, sure bool) {
	switch {
	case c.AppID != 0:
		return strconv.FormatInt(c.AppID, 10), true
	case clientID != "":
		return "custom" + clientID, true
	}
	return "webhook" + strconv.FormatInt(c.WebhookID, 10), false
}

// tagOf returns a tag as it is kept: those of two applications never meet.
func tagOf(client, tag string) string {
	if tag = strings.TrimSpace(tag); tag == "" {
		return ""
	}
	return "MP|" + client + "|" + tag
}

// removeParams are the parameters of im.notify.delete.
type removeParams struct {
	ID       int64  `b24:"ID"`
	Tag      string `b24:"TAG"`
	SubTag   string `b24:"SUB_TAG"`
	ClientID string `b24:"CLIENT_ID"`
}

var (
	errParams   = fault.New(fault.Invalid, "PARAMS_ERROR", "Incorrect params")
	errNoClient = fault.New(fault.Denied, "ACCESS_DENIED", "Access denied! Client ID not specified")
)

func (h handlers) remove(ctx context.Context, c *rest.Call, p removeParams) (bool, error) {
	if p.ID > 0 {
		return h.notify.Delete(ctx, c.UserID, p.ID)
	}
	tagged := strings.TrimSpace(p.Tag) != "" || strings.TrimSpace(p.SubTag) != ""
	if !tagged || c.Kind == rest.BySession {
		return false, errParams
	}
	key, sure := clientOf(c, p.ClientID)
	if !sure {
		return false, errNoClient
	}
	return h.notify.DeleteTagged(ctx, tagOf(key, p.Tag), tagOf(key, p.SubTag))
}
