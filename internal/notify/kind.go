package notify

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
)

// Kind is something that people can be told of, and for which they choose how.
type Kind struct {
	Module, ModuleName string
	Event, Name        string
	// PushOnly marks what has a place of its own in the portal, such as messages: there is nothing to list in the centre.
	PushOnly bool
	// PressTx does what a button of such a notification stands for, and AnswerTx what a quick answer does. They return what the
	// person is told. nil: such notifications have none.
	PressTx, AnswerTx Handler
}

// Handler does what somebody chose under a notification, inside the transaction that records their choice.
type Handler func(ctx context.Context, tx *db.Tx, n Notification, value string) (told string, err error)

// ID returns how the kind is called on the wire: MODULE|EVENT.
func (k Kind) ID() string { return k.Module + "|" + k.Event }

// The kinds whose notifications this package makes itself.
const (
	ModuleIM     = "im"
	EventMessage = "message" // a private message
	EventGroup   = "chat"    // a message in a group
	EventMention = "mention"

	ModuleRest = "rest"
	EventRest  = "rest_notify" // of an application
)

// Kinds returns what every portal can tell people of, without what other areas add.
func Kinds() []Kind {
	const im, rest = "Messenger", "Applications"
	return []Kind{
		{Module: ModuleIM, ModuleName: im, Event: EventMessage, Name: "Private messages", PushOnly: true},
		{Module: ModuleIM, ModuleName: im, Event: EventGroup, Name: "Messages in group chats", PushOnly: true},
		{Module: ModuleIM, ModuleName: im, Event: EventMention, Name: "Mentions of you"},
		{Module: ModuleRest, ModuleName: rest, Event: EventRest, Name: "Notifications of applications"},
	}
}

// Module is the kinds of one module, in the order in which they were declared.
type Module struct {
	ID, Name string
	Kinds    []Kind
}

// Modules returns all kinds by their modules.
func (s *Service) Modules() []Module {
	var out []Module
	at := map[string]int{}
	for _, k := range s.cfg.Kinds {
		i, ok := at[k.Module]
		if !ok {
			i = len(out)
			at[k.Module], out = i, append(out, Module{ID: k.Module, Name: k.ModuleName})
		}
		out[i].Kinds = append(out[i].Kinds, k)
	}
	return out
}
