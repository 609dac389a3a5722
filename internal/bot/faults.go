package bot

import "github.com/portico-hq/portico/internal/fault"

// The faults of the bots' methods, as their pages list them.
var (
	ErrNoBot      = fault.New(fault.Invalid, "BOT_ID_ERROR", "Bot not found")
	ErrForeignBot = fault.New(fault.Invalid, "APP_ID_ERROR", "Bot was installed by another REST application")

	ErrCode     = fault.New(fault.Invalid, "CODE_ERROR", "Bot code isn't specified")
	ErrName     = fault.New(fault.Invalid, "NAME_ERROR", "Bot name isn't specified")
	ErrTooMany  = fault.Newf(fault.Invalid, "MAX_COUNT_ERROR", "Has reached the maximum number of bots for application (max: %d)", MaxBots)
	ErrCreate   = fault.New(fault.Invalid, "WRONG_REQUEST", "Bot can't be created")
	ErrUpdate   = fault.New(fault.Invalid, "WRONG_REQUEST", "Bot can't be updated")
	ErrDelete   = fault.New(fault.Invalid, "WRONG_REQUEST", "Bot can't be deleted")
	ErrNoChange = fault.New(fault.Invalid, "WRONG_REQUEST", "Update fields can't be empty")

	ErrNoCommandHandler = fault.New(fault.Invalid, "EVENT_COMMAND_ADD_ERROR", `Handler for "Command add" event isn't specified`)
	ErrCommandHandler   = fault.New(fault.Invalid, "EVENT_COMMAND_ADD_ERROR", "Wrong handler URL")
	ErrCommandName      = fault.New(fault.Invalid, "COMMAND_ERROR", "Command isn't specified")
	ErrLang             = fault.New(fault.Invalid, "LANG_ERROR", "Lang set can't be empty")
	ErrCommandCreate    = fault.New(fault.Invalid, "WRONG_REQUEST", "Command can't be created")
	ErrCommandUpdate    = fault.New(fault.Invalid, "WRONG_REQUEST", "Command can't be updated")
	ErrNoCommand        = fault.New(fault.Invalid, "COMMAND_ID_ERROR", "Command not found")
	ErrForeignCommand   = fault.New(fault.Invalid, "APP_ID_ERROR", "Command was installed by another REST application")
	ErrDeadline         = fault.New(fault.Invalid, "DEADLINE_ERROR", "A deadline is between 0 seconds and 24 hours.").At("deadline")
	ErrNoMessageID      = fault.New(fault.Invalid, "MESSAGE_ID_EMPTY", "Message ID can't be empty")

	// Of api-reference/chats/messages/im-message-command.md.
	ErrInvokeMessage = fault.New(fault.Invalid, "MESSAGE_ID_ERROR", "Message ID can't be empty")
	ErrInvokeBot     = fault.New(fault.Invalid, "BOT_ID_ERROR", "Bot ID can't be empty")
	ErrInvokeEmpty   = fault.New(fault.Invalid, "COMMAND_ERROR", "Command can't be empty")
	ErrInvokeCommand = fault.New(fault.Invalid, "PARAMS_ERROR", "Incorrect params")

	ErrDialog    = fault.New(fault.Invalid, "DIALOG_ID_EMPTY", "Dialog ID can't be empty")
	ErrEmpty     = fault.New(fault.Invalid, "MESSAGE_EMPTY", "Message can't be empty")
	ErrMessageID = fault.New(fault.Invalid, "MESSAGE_ID_ERROR", "Message ID can't be empty")
	ErrNotSent   = fault.New(fault.Invalid, "WRONG_REQUEST", "Message isn't added")
	ErrNoEdit    = fault.New(fault.Denied, "CANT_EDIT_MESSAGE", "Time has expired for modification or you don't have access")
)

// because gives what a neighbour refused the code that this area documents for it; what is nobody's mistake stays.
func because(f *fault.Fault, err error) error {
	inner := fault.Of(err)
	if inner.Kind == fault.Internal || inner.Kind == fault.Unavailable {
		return err
	}
	return f.Because(err).At(inner.Field)
}
