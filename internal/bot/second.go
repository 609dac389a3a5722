package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// MaxSecondBots is how many bots an application may have through imbot.v2.
const MaxSecondBots = 100

// MaxToken is the longest botToken in characters.
const MaxToken = 40

// Mode says how the events of a bot of the second generation reach it.
type Mode string

// The modes.
const (
	Fetch   Mode = "fetch"   // the application asks for them with imbot.v2.Event.get
	Webhook Mode = "webhook" // they are posted to its address
)

// Second is what bots of the second generation, imbot.v2, have beside those of the first.
type Second struct {
	Mode       Mode
	WebhookURL string // the handler of all events; used with Webhook
	Hidden     bool   // not found among people
	Reactions  bool   // people may react to its messages
	Background string // of its private chats, one of Backgrounds; empty: each viewer's own
}

// Backgrounds are the names of the backgrounds of chats.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/bots/bot-register.md.
var Backgrounds = []string{"azure", "mint", "steel", "slate", "teal", "cornflower", "sky", "peach", "frost"}

// background returns name where it is one, else none.
func background(name string) string {
	if slices.Contains(Backgrounds, name) {
		return name
	}
	return ""
}

// TokenHash is by what a botToken is known: it is a secret, and not stored.
func TokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// The faults of imbot.v2.Bot.*, as their pages list them.
var (
	ErrSecondCode       = fault.New(fault.Invalid, "BOT_CODE_REQUIRED", "Bot code is required")
	ErrSecondProperties = fault.New(fault.Invalid, "BOT_PROPERTIES_REQUIRED", "Bot properties are required")
	ErrSecondTaken      = fault.New(fault.Invalid, "BOT_CODE_ALREADY_TAKEN", "Bot code is already taken")
	ErrSecondType       = fault.New(fault.Invalid, "BOT_INVALID_TYPE", "Invalid bot type")
	ErrSecondMode       = fault.New(fault.Invalid, "BOT_INVALID_EVENT_MODE", "Invalid event mode")
	ErrSecondNoURL      = fault.New(fault.Invalid, "BOT_WEBHOOK_URL_REQUIRED", "Webhook URL is required")
	ErrSecondURL        = fault.New(fault.Invalid, "BOT_INVALID_CALLBACK", "Invalid callback URL")
	ErrSecondLimit      = fault.New(fault.Invalid, "BOT_LIMIT_EXCEEDED", "Bot limit exceeded")
	ErrSecondRegister   = fault.New(fault.Invalid, "BOT_REGISTER_FAILED", "Bot registration failed")
	ErrSecondRotation   = fault.New(fault.Invalid, "BOT_TOKEN_ROTATION_FAILED", "Bot token rotation failed")
	ErrSecondToken      = fault.New(fault.Invalid, "BOT_TOKEN_INVALID_LENGTH", "Bot token is longer than 40 characters")
	ErrSecondPicture    = fault.New(fault.Invalid, "BOT_AVATAR_INCORRECT_TYPE", "Avatar must be an image")
	ErrSecondLarge      = fault.New(fault.Invalid, "BOT_AVATAR_INCORRECT_SIZE", "Avatar exceeds maximum size")
	ErrSecondUpdate     = fault.New(fault.Invalid, "BOT_UPDATE_FAILED", "Bot cannot be updated")
	ErrNotFound         = fault.New(fault.Invalid, "BOT_NOT_FOUND", "Bot not found")
	ErrOwnership        = fault.New(fault.Denied, "BOT_OWNERSHIP_ERROR", "Bot is registered by another application")
)

// SecondRegistration describes a bot of the second generation to be registered.
type SecondRegistration struct {
	Owner    Owner
	Code     string
	Type     Type // Standard when empty
	OpenLine bool // always so for an OpenLine bot
	Second   Second
	Profile  user.BotChange // FirstName is needed
}

// RegisterSecond makes a bot of the second generation. An owner that registers a code again gets the bot that is there, as it is.
// Codes are known in the whole portal, since everybody may ask for a bot by its code.
//
// Faults: BOT_CODE_REQUIRED, BOT_PROPERTIES_REQUIRED, BOT_CODE_ALREADY_TAKEN, BOT_INVALID_TYPE, BOT_INVALID_EVENT_MODE,
// BOT_WEBHOOK_URL_REQUIRED, BOT_INVALID_CALLBACK, BOT_LIMIT_EXCEEDED, BOT_REGISTER_FAILED, and those of a picture.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/bots/bot-register.md.
func (s *Service) RegisterSecond(ctx context.Context, r SecondRegistration) (b Bot, err error) {
	if err := r.complete(); err != nil {
		return Bot{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		b, err = s.registerSecondTx(ctx, tx, r)
		return err
	})
	return b, err
}

func (s *Service) registerSecondTx(ctx context.Context, tx *db.Tx, r SecondRegistration) (Bot, error) {
	if err := lockCodes(ctx, tx); err != nil {
		return Bot{}, err
	}
	if err := r.Owner.lock(ctx, tx); err != nil {
		return Bot{}, err
	}
	same, err := queryBots(ctx, tx, "WHERE code = ? ORDER BY user_id", r.Code)
	if err != nil {
		return Bot{}, err
	}
	for _, b := range same {
		if b.Second != nil && b.Owner.key() == r.Owner.key() {
			return b, nil
		}
	}
	if len(same) > 0 {
		return Bot{}, ErrSecondTaken
	}
	owned, err := queryBots(ctx, tx, "WHERE owner = ?", r.Owner.key())
	if err != nil {
		return Bot{}, err
	}
	if len(owned) >= MaxSecondBots {
		return Bot{}, ErrSecondLimit
	}
	return s.createSecondTx(ctx, tx, r)
}

func (s *Service) createSecondTx(ctx context.Context, tx *db.Tx, r SecondRegistration) (Bot, error) {
	id, err := s.users.AddBotTx(ctx, tx, s.profile(r.Profile))
	if err != nil {
		return Bot{}, pictureOr(ErrSecondRegister, err)
	}
	if r.Second.Hidden || r.Type == OpenLine {
		if err := s.users.HideBotTx(ctx, tx, id, true); err != nil {
			return Bot{}, err
		}
	}
	b := Bot{ID: id, Owner: r.Owner, Code: r.Code, Type: r.Type, OpenLine: r.OpenLine, Created: s.clock.Now(), Second: &r.Second}
	if err := s.storeTx(ctx, tx, b); err != nil {
		return Bot{}, err
	}
	if b.Type == OpenLine || b.Type == Personal || b.Second.Hidden {
		return b, nil
	}
	return b, s.messenger.AnnounceTx(ctx, tx, announcement(id, r.Profile))
}

// complete checks r and fills in what follows from the rest.
func (r *SecondRegistration) complete() error {
	if r.Code = strings.TrimSpace(r.Code); r.Code == "" {
		return ErrSecondCode
	}
	if blank(r.Profile.FirstName) {
		return ErrSecondProperties
	}
	if r.Type == "" {
		r.Type = Standard
	}
	if r.Type == Human || !r.Type.Valid() && r.Type != Personal && r.Type != Network {
		return ErrSecondType
	}
	if utf8.RuneCountInString(r.Code) > maxCode {
		return ErrSecondRegister.At("fields.code")
	}
	r.OpenLine = r.OpenLine || r.Type == OpenLine
	if r.Second.Mode == "" {
		r.Second.Mode = Fetch
	}
	return r.Second.complete()
}

func (s *Second) complete() error {
	s.Background = background(s.Background)
	switch {
	case s.Mode != Fetch && s.Mode != Webhook:
		return ErrSecondMode
	case s.Mode == Webhook && s.WebhookURL == "":
		return ErrSecondNoURL
	case s.WebhookURL != "" && !event.CheckURL(s.WebhookURL):
		return ErrSecondURL
	}
	return nil
}
