package im

import "github.com/portico-hq/portico/internal/fault"

// The faults of the messenger.
var (
	ErrMessageEmpty = fault.New(fault.Invalid, "MESSAGE_EMPTY", "Message can't be empty")
	ErrNoChat       = fault.New(fault.NotFound, "CHAT_NOT_FOUND", "Chat not found")
	ErrNoMessage    = fault.New(fault.NotFound, "MESSAGE_ID_ERROR", "Message not found")
	ErrNoUser       = fault.New(fault.Invalid, "USER_NOT_FOUND", "User not found")
	ErrAccess       = fault.New(fault.Denied, "ACCESS_ERROR", "Action unavailable")
	ErrParams       = fault.New(fault.Invalid, "PARAMS_ERROR", "Incorrect params")
	ErrReplyAccess  = fault.New(fault.Invalid, "REPLY_ACCESS_ERROR", "Action unavailable")
	ErrReplyForeign = fault.New(fault.Invalid, "REPLY_FROM_OTHER_CHAT_ERROR", "You can only reply to a message within the same chat")
	ErrCannotEdit   = fault.New(fault.Denied, "CANT_EDIT_MESSAGE", "Time has expired for modification or you don't have access")
	ErrForward      = fault.New(fault.Invalid, "FORWARD_ERROR", "The message to forward does not exist or is not yours to read")
	ErrFile         = fault.New(fault.Invalid, "FILE_ERROR", "A file does not exist or is not yours to send")
	ErrReaction     = fault.New(fault.Invalid, "REACTION_NOT_FOUND", "Reaction not found")
	ErrPins         = fault.New(fault.Invalid, "PIN_LIMIT", "A chat has at most 20 pinned messages. Unpin one first.")
	ErrColor        = fault.New(fault.Invalid, "WRONG_COLOR", "This color isn't set in allowed list")
	ErrOwner        = fault.New(fault.Denied, "WRONG_REQUEST", "Change owner can only owner and user must be member in chat")
	ErrManager      = fault.New(fault.Denied, "WRONG_REQUEST", "Change manager can only owner and user must be member in chat")
	errEditTime     = fault.New(fault.Invalid, "INVALID_PERIOD", "The time is between 0 and 3,650 days.").At("edit")
	ErrTitle        = fault.New(fault.Invalid, "TITLE_EMPTY", "Title can't be empty")
)
