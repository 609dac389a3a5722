package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
	if err := tx.Lock(ctx, "bot codes"); err != nil { // of all owners
		return Bot{}, err
	}
	if err := r.Owner.lock(ctx, tx); err != nil {
		return Bot{}, err
	}
	same, err := queryBots(ctx, tx, "WHERE code = ? AND (generation = 2 OR owner = ?) ORDER BY user_id", r.Code, r.Owner.key())
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
	if r.Second.Hidden {
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

// SecondUpdate is what of a bot of the second generation to change; nil leaves it as it is.
type SecondUpdate struct {
	BotID      int64
	Mode       *Mode
	WebhookURL *string
	Hidden     *bool
	Reactions  *bool
	OpenLine   *bool
	Background *string // an unknown one is none
	Token      string  // a new botToken; empty: as it is
	Profile    user.BotChange
}

// UpdateSecond changes a bot of an owner. An application has no botToken: a new one for its bot is refused as a rotation that
// failed.
//
// Faults: BOT_NOT_FOUND, BOT_OWNERSHIP_ERROR, BOT_INVALID_EVENT_MODE, BOT_INVALID_CALLBACK, BOT_WEBHOOK_URL_REQUIRED,
// BOT_PROPERTIES_REQUIRED, BOT_TOKEN_ROTATION_FAILED, and those of a picture.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/bots/bot-update.md.
func (s *Service) UpdateSecond(ctx context.Context, o Owner, u SecondUpdate) (b Bot, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		b, err = s.updateSecondTx(ctx, tx, o, u)
		return err
	})
	return b, err
}

func (s *Service) updateSecondTx(ctx context.Context, tx *db.Tx, o Owner, u SecondUpdate) (Bot, error) {
	if err := o.lock(ctx, tx); err != nil {
		return Bot{}, err
	}
	b, err := ownedTx(ctx, tx, o, u.BotID)
	if err == nil && b.Second == nil {
		err = ErrNoBot
	}
	if err != nil {
		return Bot{}, secondOwner(err)
	}
	second := *b.Second
	set(&second.Mode, u.Mode)
	set(&second.WebhookURL, u.WebhookURL)
	set(&second.Hidden, u.Hidden)
	set(&second.Reactions, u.Reactions)
	set(&second.Background, u.Background)
	if err := second.complete(); err != nil {
		return Bot{}, err
	}
	if second.Hidden != b.Second.Hidden {
		if err := s.users.HideBotTx(ctx, tx, b.ID, second.Hidden); err != nil {
			return Bot{}, err
		}
	}
	b.Second = &second
	if set(&b.OpenLine, u.OpenLine); b.Type == OpenLine {
		b.OpenLine = true
	}
	if u.Token != "" {
		if err := rotateTx(ctx, tx, &b, u.Token); err != nil {
			return Bot{}, err
		}
	}
	if u.Profile != (user.BotChange{}) {
		if err := s.changeProfileTx(ctx, tx, b.ID, u.Profile); err != nil {
			return Bot{}, pictureOr(ErrSecondUpdate, err)
		}
	}
	return b, s.storeTx(ctx, tx, b)
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// rotateTx makes another botToken open b. Why it cannot is not said, so that nobody learns of others' tokens.
func rotateTx(ctx context.Context, tx *db.Tx, b *Bot, token string) error {
	if b.Owner.AppID != 0 || utf8.RuneCountInString(token) > MaxToken {
		return ErrSecondRotation
	}
	next := Owner{TokenHash: TokenHash(token)}
	if next == b.Owner {
		return nil
	}
	if err := next.lock(ctx, tx); err != nil {
		return err
	}
	taken, err := queryBots(ctx, tx, "WHERE owner = ?", next.key())
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		return ErrSecondRotation
	}
	b.Owner = next
	return nil
}

// OwnedSecond returns a bot of the second generation of an owner. Faults: BOT_NOT_FOUND, BOT_OWNERSHIP_ERROR.
func (s *Service) OwnedSecond(ctx context.Context, o Owner, id int64) (Bot, error) {
	b, err := s.FindSecond(ctx, id, "")
	if err != nil {
		return Bot{}, err
	}
	if b.Owner.key() != o.key() {
		return Bot{}, ErrOwnership
	}
	return b, nil
}

// Owns reports whether o is the owner of b.
func (o Owner) Owns(b Bot) bool { return b.Owner.key() == o.key() }

// FindSecond returns a bot of the second generation by its id or, where that is 0, by its code. Fault: BOT_NOT_FOUND.
func (s *Service) FindSecond(ctx context.Context, id int64, code string) (Bot, error) {
	r, err := s.roster(ctx)
	if err != nil {
		return Bot{}, err
	}
	if id != 0 {
		if b := r.byID[id]; b != nil && b.Second != nil {
			return *b, nil
		}
		return Bot{}, ErrNotFound
	}
	for i := range r.all {
		if b := &r.all[i]; b.Second != nil && b.Code == code {
			return *b, nil
		}
	}
	return Bot{}, ErrNotFound
}

// SecondOf returns up to limit bots of the second generation of an owner, by their ids, behind the first offset of them. An empty
// type is every type.
func (s *Service) SecondOf(ctx context.Context, o Owner, t Type, offset, limit int64) (out []Bot, err error) {
	r, err := s.roster(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range r.all {
		if b.Second == nil || !o.Owns(b) || t != "" && b.Type != t {
			continue
		}
		if offset--; offset < 0 && int64(len(out)) < limit {
			out = append(out, b)
		}
	}
	return out, nil
}

// Token is the application_token of deliveries to a bot that belongs to no application; an application has one of its own.
func (b Bot) Token() string { return b.Owner.token() }

// UnregisterSecond removes a bot of an owner on behalf of a user. Faults: BOT_NOT_FOUND, BOT_OWNERSHIP_ERROR.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/bots/bot-unregister.md.
func (s *Service) UnregisterSecond(ctx context.Context, o Owner, actorID, botID int64) error {
	return secondOwner(s.Unregister(ctx, o, actorID, botID))
}

// secondOwner gives what is wrong with a bot's id the codes of the second generation.
func secondOwner(err error) error {
	switch {
	case errors.Is(err, ErrNoBot):
		return ErrNotFound.Because(err)
	case errors.Is(err, ErrForeignBot):
		return ErrOwnership.Because(err)
	}
	return err
}

// pictureOr gives a refused picture its documented codes, and what else is refused f.
func pictureOr(f *fault.Fault, err error) error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		inner, ok := e.(*fault.Fault) //nolint:errorlint // each of the chain is looked at
		if !ok {
			continue
		}
		switch inner.Code {
		case "AVATAR_TYPE":
			return ErrSecondPicture.Because(err)
		case "AVATAR_DIMENSIONS", "AVATAR_SIZE":
			return ErrSecondLarge.Because(err)
		case ErrName.Code:
			return ErrSecondProperties.Because(err)
		}
	}
	return because(f, err)
}

// SecondListener is told of what happens to bots of the second generation.
type SecondListener interface {
	// MessageTx is called for each bot that hears of a message's being added, changed or deleted.
	MessageTx(ctx context.Context, tx *db.Tx, b Bot, c MessageChange, e MessageEvent) error
	// JoinedTx is called for a bot that became a member of a chat; person is who added it, or with whom it talks in private.
	JoinedTx(ctx context.Context, tx *db.Tx, b Bot, e JoinEvent, person int64) error
	// CommandTx is called for each command of a bot that somebody invoked.
	CommandTx(ctx context.Context, tx *db.Tx, b Bot, c Invoked) error
	// BotRemovedTx is called when a bot is removed, with the authorization of d.
	BotRemovedTx(ctx context.Context, tx *db.Tx, b Bot, d event.Delivery) error
}

// MessageChange says what became of a message.
type MessageChange uint8

// The changes of messages.
const (
	MessageAdded MessageChange = iota
	MessageUpdated
	MessageDeleted
)

// Invoked is a command that somebody invoked.
type Invoked struct {
	Command   Command
	Params    string
	Context   Context
	MessageID int64 // that it was written in, or under which it was pressed
	UserID    int64 // who invoked it
}

// SetSecondListener names who is told. It must be called before the service is used.
func (s *Service) SetSecondListener(l SecondListener) { s.second = l }
