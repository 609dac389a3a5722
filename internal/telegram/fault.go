package telegram

import (
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/fault"
)

// Faults of connecting bots.
var (
	ErrDenied = fault.New(fault.Denied, "ACCESS_DENIED", "You may not connect channels. Ask an administrator.")
	ErrNoBot  = fault.New(fault.NotFound, "BOT_NOT_FOUND", "There is no such bot.")
	ErrNoKey  = fault.New(fault.Conflict, "NO_KEY", "This server has no key for secrets, so it cannot keep the token of a bot.")
	ErrToken  = fault.New(fault.Invalid, "TOKEN_WRONG", "Telegram does not know this token. Copy it whole from @BotFather: digits, a colon and 35 characters.").At("token")
	ErrTaken  = fault.New(fault.Conflict, "BOT_CONNECTED", "This bot is connected already.").At("token")
	ErrOther  = fault.New(fault.Invalid, "BOT_OTHER", "This is the token of another bot.").At("token")
	ErrLine   = fault.New(fault.Invalid, "LINE_REQUIRED", "Choose an open channel.").At("line")
	ErrWay    = fault.New(fault.Invalid, "WAY_WRONG", "Choose how messages come in.").At("way")
	ErrHTTPS  = fault.New(fault.Invalid, "HTTPS_REQUIRED", "Telegram brings messages only to an address with https, on port 443, 80, 88 or 8443. The portal's is another: let the portal fetch them.").At("way")
	ErrServer = fault.New(fault.Invalid, "SERVER_WRONG", "Write the address as https://api.telegram.org, without a path at its end.").At("server")
	ErrNobody = fault.New(fault.Unavailable, "TELEGRAM_AWAY", "Telegram cannot be reached from here. Look at the address of the Bot API server and at which addresses the portal may reach, then try again.")
)

// ErrSecret is returned for a request that does not come from Telegram.
var ErrSecret = fault.New(fault.Denied, "SECRET_WRONG", "The request does not carry the secret of this bot.")

// errClosed is returned while the line of a bot takes no messages: Telegram keeps them and brings them again.
var errClosed = fault.New(fault.Unavailable, "LINE_CLOSED", "The open channel is switched off.")

// ErrAway is returned where a server gave no answer that makes sense.
var ErrAway = fault.New(fault.Unavailable, "TELEGRAM_AWAY", "Telegram could not be reached.")

// ErrLarge is returned for a file that is larger than it may be.
var ErrLarge = fault.New(fault.TooLarge, "FILE_TOO_LARGE", "it is larger than 20 MB.")

// Refusal is what a server said instead of doing something.
type Refusal struct { //nolint:errname // it is what the server says
	Code       int    // as of HTTP
	Text       string // in English, for people
	RetryAfter time.Duration
}

// Error returns the code and the text.
func (r *Refusal) Error() string { return fmt.Sprintf("the bot API answered %d: %s", r.Code, r.Text) }
