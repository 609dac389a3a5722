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
	ErrTitle        = fault.New(fault.Invalid, "TITLE_EMPTY", "Title can't be empty")
)
