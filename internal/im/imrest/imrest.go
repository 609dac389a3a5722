// Package imrest holds the messenger's REST methods.
package imrest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// Users tells who people are; *user.Service is one.
type Users interface {
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
}

// Bot is what answers say of a bot beside its being a user.
type Bot struct {
	Code     string `json:"code"`
	Type     string `json:"type"` // "bot", "network", "openline" or "supervisor"
	AppID    string `json:"app_id"`
	OpenLine bool   `json:"is_support_openline"`
	Hidden   bool   `json:"is_hidden"`
}

// Bots tells what bots are; those of ids that are none are missing.
type Bots interface {
	Describe(ctx context.Context, ids []int64) (map[int64]Bot, error)
}

// Config is what the methods need beside the messenger.
type Config struct {
	Users   Users
	Bots    Bots          // nil: nothing is said of bots
	BaseURL func() string // the portal's address, e.g. "https://portal.example.com"
}

type handlers struct {
	im  *im.Service
	cfg Config
}

// Register adds the messenger's methods to r.
func Register(r *rest.Registry, s *im.Service, c Config) {
	h := handlers{s, c}
	r.Add(
		rest.M("im.message.add", "im", rest.Everyone, "Sends a message to a chat.", h.messageAdd,
			rest.Doc("api-reference/chats/messages/im-message-add.md")),
		rest.M("im.dialog.messages.get", "im", rest.Everyone, "Lists messages of a chat.", h.dialogMessagesGet,
			rest.Doc("api-reference/chats/messages/im-dialog-messages-get.md")),
		rest.M("im.recent.list", "im", rest.Everyone, "Lists the user's chats, those with the latest message first.", h.recentList,
			rest.Doc("api-reference/chats/im-recent-list.md")),
	)
}

// flag reads a Y/N parameter that may be left out.
func flag(text string, fallback bool) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "":
		return fallback, true
	case "y", "1", "true":
		return true, true
	case "n", "0", "false":
		return false, true
	}
	return false, false
}

// pick returns the fault that a method documents for err; err itself where it documents none.
func pick(err error, table map[*fault.Fault]*fault.Fault) error {
	for from, to := range table {
		if errors.Is(err, from) {
			return to.Because(err)
		}
	}
	return err
}

// atom writes a time as the documentation does, in the zone of the answer's own time.
func atom(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02T15:04:05-07:00")
}
