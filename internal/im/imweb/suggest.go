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
	Answers  []CannedAnswer // beside the commands
}

// offered is a command with the bot that understands it.
type offered struct {
	Command

	Bot person
}

// suggestFragment answers /online/suggest?kind=&dialog=&q=: people whose name fits; or commands
// that begin so and, in a chat with a client, canned answers.
func (h pages) suggestFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	var v suggestions
	var err error
	q := strings.TrimSpace(r.FormValue("q"))
	switch r.FormValue("kind") {
	case "people":
		v, err = h.suggestPeople(ctx, r, q)
	case "commands":
		v, err = h.suggestCommands(ctx, r, q)
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

// suggestCommands returns what can stand behind a slash.
func (h pages) suggestCommands(ctx context.Context, r *web.Request, q string) (v suggestions, err error) {
	if h.commands == nil && h.answers == nil {
		return v, nil
	}
	c, err := h.im.Resolve(ctx, r.FormValue("dialog"), r.Viewer.ID)
	if err != nil {
		return v, hide(err)
	}
	if v.Answers, err = h.suggestAnswers(ctx, r, c, q); err != nil || h.commands == nil {
		return v, err
	}
	all, err := h.commands.Offered(ctx, r.Viewer, c)
	if err != nil {
		return v, err
	}
	p := h.people(ctx, r)
	for _, cmd := range all {
		if len(cmd.Name) >= len(q) && strings.EqualFold(cmd.Name[:len(q)], q) && len(v.Commands) < commandLimit {
			v.Commands = append(v.Commands, offered{cmd, p.get(cmd.BotID)})
		}
	}
	return v, p.failed
}
