package network

import "github.com/portico-hq/portico/internal/fault"

// Faults of the documented methods. Pages: api-reference/imopenlines/openlines/.
var (
	ErrCode         = fault.New(fault.Invalid, "CODE", "You entered an invalid code")
	ErrNotFound     = fault.New(fault.Invalid, "NOT_FOUND", "Line not found")
	ErrInactive     = fault.New(fault.Invalid, "INACTIVE", "Openline is inactive")
	ErrUserEmpty    = fault.New(fault.Invalid, "USER_ID_EMPTY", "User ID can't be empty")
	ErrLimit        = fault.New(fault.Invalid, "USER_MESSAGE_LIMIT", "You can't send more than one message per week to each user")
	ErrMessageEmpty = fault.New(fault.Invalid, "MESSAGE_EMPTY", "Message can't be empty")
	ErrNotAdded     = fault.New(fault.Invalid, "WRONG_REQUEST", "Message isn't added")
)

// Faults of the pages.
var (
	ErrNoLine      = fault.New(fault.NotFound, "LINE_NOT_FOUND", "There is no such open channel.")
	errName        = fault.New(fault.Invalid, "NAME", "Enter a name of at most 100 characters: clients see it.").At("name")
	errDescription = fault.New(fault.Invalid, "DESCRIPTION", "Enter a short description of at most 250 characters: it helps clients find you.").At("description")
	errWelcome     = fault.New(fault.Invalid, "WELCOME", "The welcome message has at most 2,000 characters.").At("welcome")
	errAvatar      = fault.New(fault.Invalid, "AVATAR", "The picture must be PNG, JPEG, GIF or WebP, of at most 1 MB and 5,000 pixels a side.").At("avatar")
)

// Faults between portals. What is of kind Unavailable is tried again; everything else is final.
var (
	ErrRequest  = fault.New(fault.Invalid, "NETWORK_REQUEST", "The request cannot be read.")
	ErrAway     = fault.New(fault.Unavailable, "NETWORK_AWAY", "The other side cannot be reached.")
	ErrStranger = fault.New(fault.Denied, "NETWORK_NOT_TRUSTED", "The servers do not trust each other any more.")
	errNoTalk   = fault.New(fault.NotFound, "NETWORK_NO_TALK", "There is no such conversation.")
)
