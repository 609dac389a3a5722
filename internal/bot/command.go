package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
)

// The limits of commands.
const (
	maxCommand  = 100  // characters of a command's name
	maxHelp     = 1000 // characters of a title or of the hint of parameters
	maxLangs    = 50   // languages of one command
	maxCommands = 200  // of one bot
)

// Command is a word that people write with a slash before it, or that stands behind a button, and that is told to the bot
// apart from what is said to it.
// Page: api-reference/chat-bots/outdated/commands/imbot-command-register.md.
type Command struct {
	ID       int64
	BotID    int64
	Name     string // without the slash, as it was registered; it is found in any case
	Handler  string // where ONIMCOMMANDADD goes
	Common   bool   // works in every chat, not only where the bot is
	Hidden   bool   // is not offered to those who write
	Extranet bool   // works for people from outside the company
	Help     []Help // by language
	Created  time.Time
}

// Help is what people read of a command in one language.
type Help struct {
	Language string `json:"LANGUAGE_ID"` // e.g. "en"
	Title    string `json:"TITLE"`
	Params   string `json:"PARAMS,omitempty"` // what may stand behind the command
}

// In returns the help in a language; where there is none, in English, or in the first language that there is.
func (c Command) In(language string) Help {
	for _, want := range []string{language, baseLanguage(language), "en"} {
		for _, h := range c.Help {
			if strings.EqualFold(h.Language, want) {
				return h
			}
		}
	}
	if len(c.Help) > 0 {
		return c.Help[0]
	}
	return Help{}
}

// baseLanguage returns "pt" of "pt-BR".
func baseLanguage(tag string) string {
	base, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	return base
}

// NewCommand describes a command to be registered.
type NewCommand struct {
	BotID    int64
	Name     string
	Handler  string
	Common   bool
	Hidden   bool
	Extranet bool
	Help     []Help
}

// RegisterCommand adds a command to a bot of an owner and returns its id. A bot that registers a command again gets the one
// that is there, brought up to date: an application that is installed anew goes on with its commands.
//
// Faults: EVENT_COMMAND_ADD_ERROR, COMMAND_ERROR, BOT_ID_ERROR, APP_ID_ERROR, LANG_ERROR, WRONG_REQUEST.
// Page: api-reference/chat-bots/outdated/commands/imbot-command-register.md.
func (s *Service) RegisterCommand(ctx context.Context, o Owner, n NewCommand) (int64, error) {
	n.Name = commandName(n.Name)
	switch {
	case n.Handler == "":
		return 0, ErrNoCommandHandler
	case !event.CheckURL(n.Handler):
		return 0, ErrCommandHandler
	case n.Name == "":
		return 0, ErrCommandName
	}
	if _, err := s.Owned(ctx, o, n.BotID); err != nil {
		return 0, err
	}
	switch {
	case len(n.Help) == 0:
		return 0, ErrLang
	case !validCommand(n.Name) || !validHelp(n.Help):
		return 0, ErrCommandCreate
	}
	var id int64
	err := s.changeTx(ctx, o, n.BotID, func(tx *db.Tx, b *Bot) (err error) {
		id, err = s.addCommandTx(ctx, tx, b, n)
		return err
	})
	return id, err
}

func (s *Service) addCommandTx(ctx context.Context, tx *db.Tx, b *Bot, n NewCommand) (int64, error) {
	c := Command{Name: n.Name, Handler: n.Handler, Common: n.Common, Hidden: n.Hidden, Extranet: n.Extranet, Help: n.Help}
	if known, ok := b.command(n.Name); ok {
		c.ID = known.ID
		return c.ID, storeCommandTx(ctx, tx, c)
	}
	if len(b.Commands) >= maxCommands {
		return 0, ErrCommandCreate
	}
	help, err := json.Marshal(c.Help)
	if err != nil {
		return 0, fmt.Errorf("encode help of command: %w", err)
	}
	const q = `INSERT INTO bot_command (bot_id, command, handler, common, hidden, extranet, lang, created)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	id, err := tx.Insert(ctx, q, b.ID, c.Name, c.Handler, db.Bit(c.Common), db.Bit(c.Hidden), db.Bit(c.Extranet), string(help),
		db.Micro(s.clock.Now()))
	if err != nil {
		return 0, fmt.Errorf("insert command: %w", err)
	}
	return id, nil
}

// storeCommandTx writes a command over what there was.
func storeCommandTx(ctx context.Context, tx *db.Tx, c Command) error {
	help, err := json.Marshal(c.Help)
	if err != nil {
		return fmt.Errorf("encode help of command: %w", err)
	}
	const q = "UPDATE bot_command SET command = ?, handler = ?, common = ?, hidden = ?, extranet = ?, lang = ? WHERE id = ?"
	err = tx.Later(ctx, q, c.Name, c.Handler, db.Bit(c.Common), db.Bit(c.Hidden), db.Bit(c.Extranet), string(help), c.ID)
	if err != nil {
		return fmt.Errorf("change command: %w", err)
	}
	return nil
}

// CommandChange is what of a command to change; nil leaves a part as it is.
type CommandChange struct {
	Name     string // empty: as it is
	Handler  string // empty: as it is
	Hidden   *bool
	Extranet *bool
	Help     []Help // empty: as it is
}

// UpdateCommand changes a command of an owner. Faults: COMMAND_ID_ERROR, APP_ID_ERROR, EVENT_COMMAND_ADD_ERROR, WRONG_REQUEST
// where nothing is to be changed, the name is another command's or a part is refused.
// Page: api-reference/chat-bots/outdated/commands/imbot-command-update.md.
func (s *Service) UpdateCommand(ctx context.Context, o Owner, id int64, ch CommandChange) error {
	c, err := s.OwnedCommand(ctx, o, id)
	if err != nil {
		return err
	}
	ch.Name = commandName(ch.Name)
	switch {
	case ch.Handler != "" && !event.CheckURL(ch.Handler):
		return ErrCommandHandler
	case ch.Name == "" && ch.Handler == "" && ch.Hidden == nil && ch.Extranet == nil && len(ch.Help) == 0:
		return ErrNoChange
	case ch.Name != "" && !validCommand(ch.Name), !validHelp(ch.Help):
		return ErrCommandUpdate
	}
	return s.changeTx(ctx, o, c.BotID, func(tx *db.Tx, b *Bot) error { return updateCommandTx(ctx, tx, b, id, ch) })
}

func updateCommandTx(ctx context.Context, tx *db.Tx, b *Bot, id int64, ch CommandChange) error {
	i := slices.IndexFunc(b.Commands, func(c Command) bool { return c.ID == id })
	if i < 0 {
		return ErrNoCommand
	}
	c := b.Commands[i]
	if ch.Name != "" {
		taken := func(other Command) bool { return other.ID != id && strings.EqualFold(other.Name, ch.Name) }
		if slices.ContainsFunc(b.Commands, taken) {
			return ErrCommandUpdate.At("COMMAND")
		}
		c.Name = ch.Name
	}
	if ch.Handler != "" {
		c.Handler = ch.Handler
	}
	set(&c.Hidden, ch.Hidden)
	set(&c.Extranet, ch.Extranet)
	if len(ch.Help) > 0 {
		c.Help = ch.Help
	}
	return storeCommandTx(ctx, tx, c)
}

// UnregisterCommand removes a command of an owner. Faults: COMMAND_ID_ERROR, APP_ID_ERROR.
// Page: api-reference/chat-bots/outdated/commands/imbot-command-unregister.md.
func (s *Service) UnregisterCommand(ctx context.Context, o Owner, id int64) error {
	c, err := s.OwnedCommand(ctx, o, id)
	if err != nil {
		return err
	}
	return s.changeTx(ctx, o, c.BotID, func(tx *db.Tx, _ *Bot) error {
		n, err := tx.Exec(ctx, "DELETE FROM bot_command WHERE id = ?", id)
		switch {
		case err != nil:
			return fmt.Errorf("remove command: %w", err)
		case n == 0:
			return ErrNoCommand
		}
		return nil
	})
}

// OwnedCommand returns a command of an owner's bot. Faults: COMMAND_ID_ERROR, APP_ID_ERROR.
func (s *Service) OwnedCommand(ctx context.Context, o Owner, id int64) (Command, error) {
	r, err := s.roster(ctx)
	if err != nil {
		return Command{}, err
	}
	for _, b := range r.all {
		for _, c := range b.Commands {
			switch {
			case c.ID != id:
			case b.Owner.key() != o.key():
				return Command{}, ErrForeignCommand
			default:
				return c, nil
			}
		}
	}
	return Command{}, ErrNoCommand
}

// CommandNamed returns the command of an owner with a name, of the first of its bots that has it. Fault: COMMAND_ID_ERROR.
func (s *Service) CommandNamed(ctx context.Context, o Owner, name string) (Command, error) {
	r, err := s.roster(ctx)
	if err != nil {
		return Command{}, err
	}
	name = commandName(name)
	for _, b := range r.all {
		if b.Owner.key() != o.key() {
			continue
		}
		if c, ok := b.command(name); ok {
			return c, nil
		}
	}
	return Command{}, ErrNoCommand
}

// changeTx changes the commands or the applications of a bot of an owner as the only one who does, and what is remembered of it.
func (s *Service) changeTx(ctx context.Context, o Owner, botID int64, f func(tx *db.Tx, b *Bot) error) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := o.lock(ctx, tx); err != nil {
			return err
		}
		b, err := ownedTx(ctx, tx, o, botID)
		if err != nil {
			return err
		}
		if err := f(tx, &b); err != nil {
			return err
		}
		if b, err = ownedTx(ctx, tx, o, botID); err != nil { // as it is now
			return err
		}
		return s.storeTx(ctx, tx, b)
	})
}

// command returns the bot's command with a name, in any case.
func (b *Bot) command(name string) (Command, bool) {
	for _, c := range b.Commands {
		if strings.EqualFold(c.Name, name) {
			return c, true
		}
	}
	return Command{}, false
}

// commandName returns a command's name without the slash and blanks around it.
func commandName(name string) string {
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "/"))
}

// validCommand reports whether a name may be a command's: letters, digits, and the signs that words are joined with. The page
// speaks of Latin letters and digits only; commands with a hyphen, an underline or letters of other languages exist.
func validCommand(name string) bool {
	return utf8.RuneCountInString(name) <= maxCommand && isCommandName(name)
}

func validHelp(list []Help) bool {
	if len(list) > maxLangs {
		return false
	}
	for _, h := range list {
		if strings.TrimSpace(h.Language) == "" || strings.TrimSpace(h.Title) == "" || len(h.Language) > 35 ||
			utf8.RuneCountInString(h.Title) > maxHelp || utf8.RuneCountInString(h.Params) > maxHelp {
			return false
		}
	}
	return true
}

// withCommands reads the commands of bots, which are in the order of their ids or one only.
func withCommands(ctx context.Context, tx *db.Tx, bots []Bot) error {
	if len(bots) == 0 {
		return nil
	}
	q, args := "SELECT id, bot_id, command, handler, common, hidden, extranet, lang, created FROM bot_command", []any(nil)
	if len(bots) == 1 {
		q, args = q+" WHERE bot_id = ?", []any{bots[0].ID}
	}
	rows, err := tx.Query(ctx, q+" ORDER BY id", args...)
	if err != nil {
		return fmt.Errorf("read commands: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var c Command
		var common, hidden, extranet, created int64
		var help string
		if err := rows.Scan(&c.ID, &c.BotID, &c.Name, &c.Handler, &common, &hidden, &extranet, &help, &created); err != nil {
			return fmt.Errorf("read command: %w", err)
		}
		if err := json.Unmarshal([]byte(help), &c.Help); err != nil {
			return fmt.Errorf("help of command %d: %w", c.ID, err)
		}
		c.Common, c.Hidden, c.Extranet, c.Created = common != 0, hidden != 0, extranet != 0, db.Time(created)
		i := slices.IndexFunc(bots, func(b Bot) bool { return b.ID == c.BotID })
		if i >= 0 {
			bots[i].Commands = append(bots[i].Commands, c)
		}
	}
	return rows.Err()
}
