package livechat

import "github.com/portico-hq/portico/internal/fault"

// Faults of widgets and their visitors.
var (
	ErrNoWidget  = fault.New(fault.NotFound, "WIDGET_NOT_FOUND", "There is no such chat.")
	ErrDenied    = fault.New(fault.Denied, "ACCESS_DENIED", "You may not change the chats of sites.")
	ErrNoVisitor = fault.New(fault.Unauthorized, "VISITOR_UNKNOWN", "This conversation is not known here.")
	ErrNoMails   = fault.New(fault.NotFound, "MAILS_NOT_FOUND", "This link is not, or no longer, one of our mails.")
	ErrToken     = fault.New(fault.Unauthorized, "TOKEN_WRONG", "The token is none.")
	ErrSignature = fault.New(fault.Denied, "SIGNATURE_WRONG", "The signature of the user does not fit.")
	ErrConsent   = fault.New(fault.Denied, "CONSENT_REQUIRED", "Please agree to the terms first.")
	ErrText      = fault.New(fault.Invalid, "TEXT_WRONG", "A message has 1 to 5,000 characters, or files.").At("text")
	ErrUUID      = fault.New(fault.Invalid, "UUID_WRONG", "The message needs an id of 8 to 64 letters, digits or dashes.").At("uuid")
	ErrName      = fault.New(fault.Invalid, "NAME_REQUIRED", "Please tell us your name.").At("name")
	ErrEmail     = fault.New(fault.Invalid, "EMAIL_REQUIRED", "Please give an e-mail address that we can answer to.").At("email")
	ErrPhone     = fault.New(fault.Invalid, "PHONE_REQUIRED", "Please give a telephone number.").At("phone")
	ErrFile      = fault.New(fault.Invalid, "FILE_WRONG", "The file is not one of yours.").At("files")
	ErrNoFile    = fault.New(fault.NotFound, "FILE_NOT_FOUND", "There is no such file.")
	ErrTooMany   = fault.New(fault.Unavailable, "TOO_MANY", "That was a lot at once. Please wait a moment.")
	ErrNoButton  = fault.New(fault.NotFound, "BUTTON_NOT_FOUND", "This button does not work any more.")
	ErrBotGone   = fault.New(fault.Conflict, "BOT_GONE", "The assistant does not answer here any more. Please write your message.")
	ErrVote      = fault.New(fault.Conflict, "VOTE_OVER", "Nobody asks for a rating now.")
	ErrNoKey     = fault.New(fault.Conflict, "NO_KEY", "This server has no key for secrets, so users cannot be signed.")
)
