// Package notifyrest holds the REST methods of notifications: im.notify.*.
package notifyrest

import (
	"context"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// Users tells who people are; *user.Service is one.
type Users interface {
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
}

// Config is what the methods need beside the notifications.
type Config struct {
	Users Users
	// Views returns people as the messenger's methods answer them.
	Views func(ctx context.Context, ids []int64, zone *time.Location) (map[int64]any, error)
}

type handlers struct {
	notify *notify.Service
	cfg    Config
}

// Register adds the methods of notifications to r.
func Register(r *rest.Registry, s *notify.Service, c Config) {
	h := handlers{s, c}
	const pages = "api-reference/chats/notifications/im-notify"
	r.Add(
		rest.M("im.notify", "im", rest.Everyone, "Sends a notification to a person.", h.add, rest.Doc(pages+".md")),
		rest.M("im.notify.personal.add", "im", rest.Everyone, "Sends a notification from the user to a person.", h.personalAdd,
			rest.Doc(pages+"-personal-add.md")),
		rest.M("im.notify.system.add", "im", rest.Everyone, "Sends a notification from nobody to a person.", h.systemAdd,
			rest.Doc(pages+"-system-add.md")),
		rest.M("im.notify.get", "im", rest.Everyone, "Lists the user's notifications.", h.get, rest.Doc(pages+"-get.md")),
		rest.M("im.notify.history.search", "im", rest.Everyone, "Searches the user's notifications.", h.search,
			rest.Doc(pages+"-history-search.md")),
		rest.M("im.notify.schema.get", "im", rest.Everyone, "Lists the kinds of notifications.", h.schema, rest.Doc(pages+"-schema-get.md")),
		rest.M("im.notify.read", "im", rest.Everyone, "Marks notifications as read or unread.", h.read, rest.Doc(pages+"-read.md")),
		rest.M("im.notify.read.list", "im", rest.Everyone, "Marks several notifications as read or unread.", h.readList,
			rest.Doc(pages+"-read-list.md")),
		rest.M("im.notify.read.all", "im", rest.Everyone, "Marks all notifications as read.", h.readAll, rest.Doc(pages+"-read-all.md")),
		rest.M("im.notify.answer", "im", rest.Everyone, "Answers a notification.", h.answer, rest.Doc(pages+"-answer.md")),
		rest.M("im.notify.confirm", "im", rest.Everyone, "Presses a button of a notification.", h.confirm, rest.Doc(pages+"-confirm.md")),
		rest.M("im.notify.delete", "im", rest.Everyone, "Removes notifications.", h.remove, rest.Doc(pages+"-delete.md")),
	)
}

// yes reads a Y/N parameter: anything but Y, in any case, is no.
func yes(text string) bool { return strings.EqualFold(strings.TrimSpace(text), "Y") }
