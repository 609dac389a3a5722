// Package botrest holds the REST methods of chat bots, imbot.*.
package botrest

import (
	"errors"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/rest"
)

const pages = "api-reference/chat-bots/outdated/"

// Register adds the methods of this package.
func Register(r *rest.Registry, s *bot.Service, users Users) {
	h := handlers{bots: s, users: users}
	h.registerChats(r)
	h.registerApps(r)
	r.Add(
		rest.M("imbot.register", "imbot", rest.Everyone, "Registers a chat bot.", h.register,
			rest.Doc(pages+"bots/imbot-register.md")),
		rest.M("imbot.update", "imbot", rest.Everyone, "Changes a chat bot.", h.update,
			rest.Doc(pages+"bots/imbot-update.md")),
		rest.M("imbot.unregister", "imbot", rest.Everyone, "Removes a chat bot.", h.unregister,
			rest.Doc(pages+"bots/imbot-unregister.md")),
		rest.M("imbot.bot.list", "imbot", rest.Everyone, "Lists the chat bots of the portal.", h.list,
			rest.Doc(pages+"bots/imbot-bot-list.md")),
		rest.M("imbot.message.add", "imbot", rest.Everyone, "Sends a message from a chat bot.", h.messageAdd,
			rest.Doc(pages+"messages/imbot-message-add.md")),
		rest.M("imbot.message.update", "imbot", rest.Everyone, "Changes a message of a chat bot.", h.messageUpdate,
			rest.Doc(pages+"messages/imbot-message-update.md")),
		rest.M("imbot.message.delete", "imbot", rest.Everyone, "Removes a message of a chat bot.", h.messageDelete,
			rest.Doc(pages+"messages/imbot-message-delete.md")),
		rest.M("imbot.chat.sendTyping", "imbot", rest.Everyone, "Shows that a chat bot is typing.", h.sendTyping,
			rest.Doc(pages+"chats/imbot-chat-send-typing.md")),
		rest.M("imbot.command.register", "imbot", rest.Everyone, "Adds a command to a chat bot.", h.commandRegister,
			rest.Doc(pages+"commands/imbot-command-register.md"), rest.Reads(langParams("LANG.")...)),
		rest.M("imbot.command.update", "imbot", rest.Everyone, "Changes a command of a chat bot.", h.commandUpdate,
			rest.Doc(pages+"commands/imbot-command-update.md"), rest.Reads(langParams("FIELDS.LANG.")...)),
		rest.M("imbot.command.unregister", "imbot", rest.Everyone, "Removes a command of a chat bot.", h.commandUnregister,
			rest.Doc(pages+"commands/imbot-command-unregister.md")),
		rest.M("imbot.command.answer", "imbot", rest.Everyone, "Answers a command.", h.commandAnswer,
			rest.Doc(pages+"commands/imbot-command-answer.md")),
		rest.M("im.message.command", "im", rest.Everyone, "Invokes a command of a chat bot under a message.", h.messageCommand,
			rest.Doc("api-reference/chats/messages/im-message-command.md")),
	)
}

// langParams are the fields of a language of a command's help.
func langParams(prefix string) []string {
	return []string{prefix + "LANGUAGE_ID*", prefix + "TITLE*", prefix + "PARAMS"}
}

type handlers struct {
	bots  *bot.Service
	users Users
}

var (
	errSession = fault.New(fault.Denied, "WRONG_AUTH_TYPE", "Access for this method not allowed by session authorization.")
	errClient  = fault.New(fault.Denied, "ACCESS_DENIED", "Access denied! Client ID not specified")
)

// Some pages spell the texts of their faults in another way than the rest.
const (
	foreignCommand = "Command was installed by another rest application"
	foreignBot     = "Bot was installed by another rest application"
)

// said gives a fault the text that the page of a method has for it.
func said(err error, is *fault.Fault, text string) error {
	if !errors.Is(err, is) {
		return err
	}
	return fault.New(is.Kind, is.Code, text).Because(err)
}

// owner returns whose bots a caller may work with: those of their application or, through a webhook, those of the CLIENT_ID
// that it names.
func owner(c *rest.Call, clientID string) (bot.Owner, error) {
	switch {
	case c.Kind == rest.BySession:
		return bot.Owner{}, errSession
	case c.AppID != 0:
		return bot.Owner{AppID: c.AppID, ClientID: c.ClientID}, nil
	case clientID == "":
		return bot.Owner{}, errClient
	}
	return bot.Owner{ClientID: clientID}, nil
}
