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
	ErrNoChange = fault.New(fault.Invalid, "WRONG_REQUEST", "Update fields can't be empty")

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
