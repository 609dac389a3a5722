package bot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// The faults of imbot.v2.Command.*, as their pages list them.
var (
	ErrSecondCommandNeeded   = fault.New(fault.Invalid, "COMMAND_REQUIRED", "Command is required")
	ErrSecondCommandName     = fault.New(fault.Invalid, "COMMAND_NAME_INVALID", "Command name is invalid")
	ErrSecondCommandEmpty    = fault.New(fault.Invalid, "COMMAND_NAME_EMPTY", "Command name is empty")
	ErrSecondCommandTitle    = fault.New(fault.Invalid, "COMMAND_TITLE_REQUIRED", "Command title is required")
	ErrSecondCommandExists   = fault.New(fault.Invalid, "COMMAND_ALREADY_EXISTS", "Command already exists")
	ErrSecondCommandRegister = fault.New(fault.Invalid, "COMMAND_REGISTER_FAILED", "Command registration failed")
	ErrSecondCommandUnknown  = fault.New(fault.Invalid, "COMMAND_NOT_FOUND", "Command not found")
	ErrSecondAnswer          = fault.New(fault.Invalid, "COMMAND_ANSWER_FAILED", "Command answer failed")
)

// RegisterSecondCommand adds a command to a bot of the second generation, which hears of it as of everything else. A command
// that is there is returned as it is. Faults: BOT_NOT_FOUND, BOT_OWNERSHIP_ERROR, COMMAND_REQUIRED, COMMAND_NAME_INVALID,
// COMMAND_TITLE_REQUIRED, COMMAND_REGISTER_FAILED.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/commands/command-register.md.
func (s *Service) RegisterSecondCommand(ctx context.Context, o Owner, n NewCommand) (Command, error) {
	n.Name = commandName(n.Name)
	switch {
	case n.Name == "":
		return Command{}, ErrSecondCommandNeeded
	case !validCommand(n.Name):
		return Command{}, ErrSecondCommandName
	case !n.Hidden && !slices.ContainsFunc(n.Help, func(h Help) bool { return h.Title != "" }):
		return Command{}, ErrSecondCommandTitle
	case !validHelp(n.Help):
		return Command{}, ErrSecondCommandRegister
	}
	if b, err := s.OwnedSecond(ctx, o, n.BotID); err != nil {
		return Command{}, err
	} else if c, ok := b.command(n.Name); ok {
		return c, nil
	} else if b.Second == nil {
		return Command{}, ErrSecondCommandRegister // it would hear of the command at a handler that it does not name here
	}
	var id int64
	err := s.changeTx(ctx, o, n.BotID, func(tx *db.Tx, b *Bot) error {
		if c, ok := b.command(n.Name); ok { // somebody was faster
			id = c.ID
			return nil
		}
		var err error
		id, err = s.addCommandTx(ctx, tx, b, n)
		if errors.Is(err, ErrCommandCreate) {
			return ErrSecondCommandRegister.Because(err)
		}
		return err
	})
	if err != nil {
		return Command{}, secondOwner(err)
	}
	return s.SecondCommand(ctx, o, n.BotID, id)
}

// SecondCommand returns a command of a bot of an owner. Faults: BOT_NOT_FOUND, BOT_OWNERSHIP_ERROR, COMMAND_NOT_FOUND.
func (s *Service) SecondCommand(ctx context.Context, o Owner, botID, id int64) (Command, error) {
	b, err := s.OwnedSecond(ctx, o, botID)
	if err != nil {
		return Command{}, err
	}
	i := slices.IndexFunc(b.Commands, func(c Command) bool { return c.ID == id })
	if i < 0 {
		return Command{}, ErrSecondCommandUnknown
	}
	return b.Commands[i], nil
}

// SecondCommandChange is what of a command to change; nil leaves it as it is.
type SecondCommandChange struct {
	Name     *string
	Common   *bool
	Hidden   *bool
	Extranet *bool
	// Titles are the titles in the languages that are to be changed; nil removes a language. Params are the hints of those of
	// them that are.
	Titles map[string]*string
	Params map[string]string
}

// UpdateSecondCommand changes a command. Faults: BOT_NOT_FOUND, BOT_OWNERSHIP_ERROR, COMMAND_NOT_FOUND, COMMAND_NAME_EMPTY,
// COMMAND_NAME_INVALID, COMMAND_ALREADY_EXISTS.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/commands/command-update.md.
func (s *Service) UpdateSecondCommand(ctx context.Context, o Owner, botID, id int64, ch SecondCommandChange) (Command, error) {
	if _, err := s.SecondCommand(ctx, o, botID, id); err != nil {
		return Command{}, err
	}
	err := s.changeTx(ctx, o, botID, func(tx *db.Tx, b *Bot) error {
		i := slices.IndexFunc(b.Commands, func(c Command) bool { return c.ID == id })
		if i < 0 {
			return ErrSecondCommandUnknown
		}
		c := b.Commands[i]
		if err := ch.apply(b, &c); err != nil {
			return err
		}
		return storeCommandTx(ctx, tx, c)
	})
	if err != nil {
		return Command{}, secondOwner(err)
	}
	return s.SecondCommand(ctx, o, botID, id)
}

func (ch SecondCommandChange) apply(b *Bot, c *Command) error {
	if ch.Name != nil {
		name := commandName(*ch.Name)
		switch other, taken := b.command(name); {
		case name == "":
			return ErrSecondCommandEmpty
		case !validCommand(name):
			return ErrSecondCommandName
		case taken && other.ID != c.ID:
			return ErrSecondCommandExists
		}
		c.Name = name
	}
	set(&c.Common, ch.Common)
	set(&c.Hidden, ch.Hidden)
	set(&c.Extranet, ch.Extranet)
	c.Help = ch.translate(c.Help)
	if !validHelp(c.Help) {
		return ErrSecondCommandRegister
	}
	return nil
}

// translate returns help with the changed languages.
func (ch SecondCommandChange) translate(help []Help) []Help {
	out := slices.Clone(help)
	for language, title := range ch.Titles {
		same := func(h Help) bool { return strings.EqualFold(h.Language, language) }
		i := slices.IndexFunc(out, same)
		switch {
		case title == nil:
			out = slices.DeleteFunc(out, same)
			continue
		case i < 0:
			out = append(out, Help{Language: language})
			i = len(out) - 1
		}
		out[i].Title = *title
		if params, ok := ch.Params[language]; ok {
			out[i].Params = params
		}
	}
	slices.SortStableFunc(out, func(a, b Help) int { return strings.Compare(a.Language, b.Language) })
	return out
}

// UnregisterSecondCommand removes a command. Faults: BOT_NOT_FOUND, BOT_OWNERSHIP_ERROR, COMMAND_NOT_FOUND.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/commands/command-unregister.md.
func (s *Service) UnregisterSecondCommand(ctx context.Context, o Owner, botID, id int64) error {
	if _, err := s.SecondCommand(ctx, o, botID, id); err != nil {
		return err
	}
	return s.UnregisterCommand(ctx, o, id)
}
