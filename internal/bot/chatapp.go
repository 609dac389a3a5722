package bot

import (
	"bytes"
	"image/png"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/fault"
)

// The limits of the applications of bots.
const (
	MaxChatApps  = 50        // of one bot
	MaxAppIcon   = 100 << 10 // bytes of an icon
	maxIconSide  = 1024      // pixels
	maxAppParam  = 1000      // characters of what a command does
	maxAppSecret = 32        // characters
	minAppWidth  = 250       // pixels
	minAppHeight = 50        // pixels
	maxAppSide   = 10_000    // pixels
)

// AppMethod says what choosing an application of a bot does; empty: it opens the application's page.
type AppMethod string

// The methods.
const (
	AppPut     AppMethod = "PUT"     // puts a command into the field for messages
	AppSend    AppMethod = "SEND"    // sends a command
	AppCall    AppMethod = "CALL"    // calls a number
	AppSupport AppMethod = "SUPPORT" // opens the chat with an open channel of the Network, by its code
)

// AppPlace says in which chats an application of a bot shows.
type AppPlace string

// The places.
const (
	AppEverywhere AppPlace = "ALL"
	AppWithPeople AppPlace = "USER"  // private chats of two people
	AppInGroups   AppPlace = "CHAT"  // group chats
	AppWithBot    AppPlace = "BOT"   // the private chat with the bot itself
	AppInLines    AppPlace = "LINES" // open channel conversations
	AppInCalls    AppPlace = "CALL"  // chats that telephony made
)

// adminsOnly ends the word of a place where only administrators see the application.
const adminsOnly = "-ADMIN"

// ChatApp is an application of a bot: an icon above the field for messages, or what a button under a message opens. It does
// something in the chat, or shows a page of its own.
// Page: api-reference/chats/outdated/chat-apps.md.
type ChatApp struct {
	ID     int64
	BotID  int64
	Code   string // unique among the applications of the bot
	Method AppMethod
	Param  string // the command, the number, or the code of the open channel
	URL    string // of the page, where Method is empty
	// Width and Height are how large the page wants to be, in pixels; 0: it does not say.
	Width, Height int64
	Popup         bool     // its window can be moved, and stays while conversations change
	Icon          string   // names the picture; empty: none
	IconPair      bool     // the left half of the picture is the icon at rest, the right half the chosen one
	Place         AppPlace // where it shows
	Admins        bool     // to administrators only
	Hidden        bool     // not above the field: only buttons open it
	Extranet      bool     // to people from outside the company too
	LiveChat      bool     // buttons open it for visitors in the chat of a site too
	Words         []AppWords
	Created       time.Time

	secret string // as it is stored; see Service.secretOf
}

// AppWords is what people read of an application in one language.
type AppWords struct {
	Language    string `json:"LANGUAGE_ID"`
	Title       string `json:"TITLE"`
	Description string `json:"DESCRIPTION,omitempty"`
	Copyright   string `json:"COPYRIGHT,omitempty"`
}

// In returns the words in a language; where there are none, in English, or in the first language that there is. Without any, the
// code is the title.
func (a ChatApp) In(language string) AppWords {
	for _, want := range []string{language, baseLanguage(language), "en"} {
		for _, w := range a.Words {
			if strings.EqualFold(w.Language, want) {
				return w
			}
		}
	}
	if len(a.Words) > 0 {
		return a.Words[0]
	}
	return AppWords{Title: a.Code}
}

// The faults of imbot.app.*, as their pages list them.
var (
	ErrNoChatApp      = fault.New(fault.Invalid, "CHAT_APP_ID_ERROR", "Application not found")
	ErrForeignChatApp = fault.New(fault.Invalid, "APP_ID_ERROR", "Application was installed by another REST application")
	ErrFrameHTTPS     = fault.New(fault.Invalid, "IFRAME_HTTPS", "The address of IFRAME must begin with https://")
	ErrFrameHash      = fault.New(fault.Invalid, "HASH_ERROR", "HASH must be 1 to 32 characters")
	ErrAppParams      = fault.New(fault.Invalid, "PARAMS_ERROR", "Incorrect parameters of the JS command or the IFRAME")
	ErrAppCreate      = fault.New(fault.Invalid, "WRONG_REQUEST", "Application can't be created")
	ErrAppUpdate      = fault.New(fault.Invalid, "WRONG_REQUEST", "Application can't be updated")
)

// complete checks a, whose secret is known from outside, and fills in what follows from the rest. withSecret says whether
// there is one.
func (a *ChatApp) complete(withSecret bool) error {
	if a.Method != "" { // of both ways to act the command is taken
		a.URL, a.Width, a.Height, a.Popup = "", 0, 0, false
		if err := a.checkCommand(); err != nil {
			return err
		}
	} else if err := a.checkFrame(withSecret); err != nil {
		return err
	}
	if a.Place == "" {
		a.Place = AppEverywhere
	}
	switch a.Place {
	case AppEverywhere, AppWithPeople, AppInGroups, AppWithBot, AppInLines, AppInCalls:
	default:
		return ErrAppParams.At("CONTEXT")
	}
	switch {
	case a.Code == "" || utf8.RuneCountInString(a.Code) > maxCode:
		return ErrAppParams.At("CODE")
	case !a.Hidden && len(a.Words) == 0, !validWords(a.Words):
		return ErrLang
	}
	return nil
}

// commandText is what a command of an application may consist of.
var (
	commandText = regexp.MustCompile(`^[A-Za-z0-9+_/-][A-Za-z0-9+_/ -]*$`)
	numberText  = regexp.MustCompile(`^\+?[0-9][0-9 ()*#,;.-]*$`)
	supportCode = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

func (a *ChatApp) checkCommand() error {
	allowed := commandText
	switch a.Method {
	case AppPut, AppSend:
	case AppCall:
		allowed = numberText
	case AppSupport:
		allowed = supportCode
	default:
		return ErrAppParams.At("JS_METHOD")
	}
	if len(a.Param) > maxAppParam || !allowed.MatchString(a.Param) {
		return ErrAppParams.At("JS_PARAM")
	}
	return nil
}

func (a *ChatApp) checkFrame(withSecret bool) error {
	a.Param = ""
	if a.URL == "" {
		return ErrAppParams
	}
	u, err := url.Parse(a.URL)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(a.URL) > 2000:
		return ErrFrameHTTPS
	case !withSecret:
		return ErrFrameHash
	case a.Width != 0 && (a.Width < minAppWidth || a.Width > maxAppSide):
		return ErrAppParams.At("IFRAME_WIDTH")
	case a.Height != 0 && (a.Height < minAppHeight || a.Height > maxAppSide):
		return ErrAppParams.At("IFRAME_HEIGHT")
	}
	return nil
}

func validWords(list []AppWords) bool {
	if len(list) > maxLangs {
		return false
	}
	for _, w := range list {
		if strings.TrimSpace(w.Language) == "" || strings.TrimSpace(w.Title) == "" || len(w.Language) > 35 {
			return false
		}
		for _, text := range []string{w.Title, w.Description, w.Copyright} {
			if utf8.RuneCountInString(text) > maxHelp {
				return false
			}
		}
	}
	return true
}

// SetPlace sets the place by the word of the wire, e.g. "lines" or "CHAT-admin". A word that is none is refused with the rest.
func (a *ChatApp) SetPlace(word string) {
	word, a.Admins = strings.CutSuffix(strings.ToUpper(strings.TrimSpace(word)), adminsOnly)
	a.Place = AppPlace(word)
}

// icon reads a picture that is to be an icon: PNG, with both states of the icon beside each other or with one alone.
// Page: api-reference/chats/outdated/icon.md.
func icon(picture []byte) (pair bool, err error) {
	c, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil || len(picture) > MaxAppIcon || c.Width > maxIconSide || c.Height > maxIconSide {
		return false, ErrAppParams.Because(err).At("ICON_FILE")
	}
	return c.Width*2 >= c.Height*3, nil
}
