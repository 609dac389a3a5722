package imweb

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

const (
	suggestLimit = 8
	commandLimit = 30
)

// suggestions are what the field for a message offers while somebody writes.
type suggestions struct {
	People   []person
	All      bool // "everybody" is offered too
	Commands []offered
}

// offered is a command with the bot that understands it.
type offered struct {
	Command

	Bot person
}

// suggestFragment answers /online/suggest?kind=&dialog=&q=: people whose name fits, or commands that begin so.
func (h pages) suggestFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	var v suggestions
	var err error
	q := strings.TrimSpace(r.FormValue("q"))
	switch r.FormValue("kind") {
	case "people":
		v, err = h.suggestPeople(ctx, r, q)
	case "commands":
		v.Commands, err = h.suggestCommands(ctx, r, q)
	}
	if err != nil {
		return nil, err
	}
	return web.HTML{Template: "im/suggest", Body: v}, nil
}

// suggestPeople returns people by their names, and in a group everybody.
func (h pages) suggestPeople(ctx context.Context, r *web.Request, q string) (suggestions, error) {
	found, err := h.findPeople(ctx, r, q, suggestLimit)
	d, _ := im.ParseDialog(r.FormValue("dialog"))
	v := suggestions{People: found, All: d.UserID == 0 && len(q) <= len(everybody) && strings.EqualFold(everybody[:len(q)], q)}
	return v, err
}

// everybody is the name by which a message speaks to all in a chat.
const everybody = "everybody"

func (h pages) suggestCommands(ctx context.Context, r *web.Request, q string) ([]offered, error) {
	if h.commands == nil {
		return nil, nil
	}
	c, err := h.im.Resolve(ctx, r.FormValue("dialog"), r.Viewer.ID)
	if err != nil {
		return nil, hide(err)
	}
	all, err := h.commands.Offered(ctx, r.Viewer, c)
	if err != nil {
		return nil, err
	}
	p := h.people(ctx, r)
	var out []offered
	for _, cmd := range all {
		if len(cmd.Name) >= len(q) && strings.EqualFold(cmd.Name[:len(q)], q) && len(out) < commandLimit {
			out = append(out, offered{cmd, p.get(cmd.BotID)})
		}
	}
	return out, p.failed
}
