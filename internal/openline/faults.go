package openline

import "github.com/portico-hq/portico/internal/fault"

// Faults of conversations. The documentation names their codes at each method; package openlinerest gives them those.
var (
	ErrNoLine     = fault.New(fault.NotFound, "NOT_ACTIVE_LINE", "The line with this ID is inactive or does not exist")
	ErrNoSession  = fault.New(fault.NotFound, "SESSION_NOT_FOUND", "There is no such conversation.")
	ErrNoAccess   = fault.New(fault.Denied, "ACCESS_DENIED", "You cannot open this conversation as you do not have sufficient permissions")
	ErrOver       = fault.New(fault.Conflict, "SESSION_CLOSED", "The conversation is over.")
	ErrTaken      = fault.New(fault.Conflict, "SESSION_TAKEN", "Somebody else has taken this conversation.")
	ErrAuthor     = fault.New(fault.Invalid, "AUTHOR_WRONG", "There is no such employee in whose name it could be written.")
	ErrOperator   = fault.New(fault.Invalid, "OPERATOR_WRONG", "You cannot redirect to this operator")
	ErrNotBot     = fault.New(fault.Invalid, "WRONG_CHAT", "Operator is not a bot")
	ErrBotSilent  = fault.New(fault.Denied, "ACCESS_ERROR", "The conversation has been handed over to people: the bot is not heard any more.")
	ErrClientID   = fault.New(fault.Invalid, "CLIENT_ID", "The client needs an id of at most 255 characters.")
	ErrSpam       = fault.New(fault.Conflict, "SESSION_SPAM", "The client is blocked. Unblock them to write.")
	ErrCategory   = fault.New(fault.Invalid, "CATEGORY", "There is no such category.").At("category")
	ErrRating     = fault.New(fault.Invalid, "RATING", "The rating is a number from 1 to 5.")
	ErrNotYours   = fault.New(fault.Denied, "SESSION_NOT_YOURS", "Another operator has this conversation.")
	ErrWrongState = fault.New(fault.Conflict, "SESSION_STATE", "This cannot be done with the conversation as it stands.")
)
