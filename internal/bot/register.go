package bot

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// maxCode is the longest code of a bot in characters.
const maxCode = 255

// Registration describes a bot to be registered.
type Registration struct {
	Owner    Owner
	Code     string
	Type     Type // Standard when empty
	OpenLine bool // always so for an OpenLine bot
	Handlers Handlers
	Profile  user.BotChange // FirstName or LastName is needed
}

// Register makes a bot and announces it in the chat of all employees, unless it is for open channels only. It returns the
// bot's id.
//
// Codes are unique in the portal, and the bots of an owner share the handlers that they must have: a further one names those of the
// first. An owner that registers a code again gets the bot that is there: an application that is installed anew goes on with its
// bot, its type, its handlers and what the profile says are brought up to date, and nothing is announced.
//
// Faults: EVENT_MESSAGE_ADD_ERROR, EVENT_MESSAGE_UPDATE_ERROR, EVENT_MESSAGE_DELETE_ERROR, EVENT_WELCOME_MESSAGE_ERROR,
// EVENT_BOT_DELETE_ERROR, CODE_ERROR, NAME_ERROR, MAX_COUNT_ERROR, WRONG_REQUEST.
// Page: api-reference/chat-bots/outdated/bots/imbot-register.md.
func (s *Service) Register(ctx context.Context, r Registration) (int64, error) {
	if err := r.complete(); err != nil {
		return 0, err
	}
	var id int64
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		id, err = s.registerTx(ctx, tx, r)
		return err
	})
	return id, err
}

// lockCodes makes the rest of a transaction the only one that gives bots codes, which are unique in the portal.
func lockCodes(ctx context.Context, tx *db.Tx) error { return tx.Lock(ctx, "bot codes") }

func (s *Service) registerTx(ctx context.Context, tx *db.Tx, r Registration) (int64, error) {
	if err := lockCodes(ctx, tx); err != nil {
		return 0, err
	}
	if err := r.Owner.lock(ctx, tx); err != nil {
		return 0, err
	}
	owned, err := queryBots(ctx, tx, "WHERE owner = ? ORDER BY user_id", r.Owner.key())
	if err != nil {
		return 0, err
	}
	var first []Bot // of the first generation
	for _, b := range owned {
		if b.Code == r.Code {
			return b.ID, s.registerAgainTx(ctx, tx, b, r)
		}
		if b.Second == nil {
			first = append(first, b)
		}
	}
	if len(first) >= MaxBots {
		return 0, ErrTooMany
	}
	if len(first) > 0 {
		if err := r.Handlers.shared(first[0].Handlers); err != nil {
			return 0, err
		}
	}
	if taken, err := codeTakenTx(ctx, tx, r.Code); err != nil || taken {
		if err == nil {
			err = ErrCreate.At("CODE")
		}
		return 0, err
	}
	return s.createTx(ctx, tx, r)
}

// codeTakenTx reports whether a bot, whosever it is, has a code.
func codeTakenTx(ctx context.Context, tx *db.Tx, code string) (bool, error) {
	var n int64
	err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM bot WHERE code = ?", code).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("count bots with a code: %w", err)
	}
	return n > 0, nil
}

// shared returns the documented fault of the first address that is another than that of the owner's first bot: the bots of an
// application share the handlers that each of them must have.
func (h Handlers) shared(first Handlers) error {
	for _, a := range []struct{ url, first, code string }{
		{h.MessageAdd, first.MessageAdd, "EVENT_MESSAGE_ADD_ERROR"},
		{h.Join, first.Join, "EVENT_WELCOME_MESSAGE_ERROR"},
		{h.Delete, first.Delete, "EVENT_BOT_DELETE_ERROR"},
	} {
		if a.url != a.first {
			return fault.New(fault.Invalid, a.code, wrongHandler)
		}
	}
	return nil
}

// wrongHandler is what is said of an address that cannot be a handler.
const wrongHandler = "Wrong handler URL"

// complete checks r and fills in what follows from the rest.
func (r *Registration) complete() error {
	if err := r.Handlers.check(true); err != nil {
		return err
	}
	if r.Code = strings.TrimSpace(r.Code); r.Code == "" {
		return ErrCode
	}
	if blank(r.Profile.FirstName) && blank(r.Profile.LastName) {
		return ErrName
	}
	if r.Type == "" {
		r.Type = Standard
	}
	if !r.Type.Valid() {
		return ErrCreate.At("TYPE")
	}
	if utf8.RuneCountInString(r.Code) > maxCode {
		return ErrCreate.At("CODE")
	}
	r.OpenLine = r.OpenLine || r.Type == OpenLine
	if !r.OpenLine && (r.Type == Standard || r.Type == Human) {
		r.Handlers.MessageUpdate, r.Handlers.MessageDelete = "", "" // such a bot binds them with imbot.update
	}
	return nil
}

func blank(s *string) bool { return s == nil || strings.TrimSpace(*s) == "" }

// check returns the documented fault of the first address that is none or, with all, of one that is needed and missing.
func (h Handlers) check(all bool) error {
	for _, a := range []struct {
		url, code, name string
		needed          bool
	}{
		{h.MessageAdd, "EVENT_MESSAGE_ADD_ERROR", "Message add", true},
		{h.MessageUpdate, "EVENT_MESSAGE_UPDATE_ERROR", "", false},
		{h.MessageDelete, "EVENT_MESSAGE_DELETE_ERROR", "", false},
		{h.Join, "EVENT_WELCOME_MESSAGE_ERROR", "Welcome message", true},
		{h.Delete, "EVENT_BOT_DELETE_ERROR", "Bot delete", true},
	} {
		if a.url == "" && all && a.needed {
			return fault.New(fault.Invalid, a.code, `Handler for "`+a.name+`" event isn't specified`)
		}
		if a.url != "" && !event.CheckURL(a.url) {
			return fault.New(fault.Invalid, a.code, wrongHandler)
		}
	}
	return nil
}

func (s *Service) createTx(ctx context.Context, tx *db.Tx, r Registration) (int64, error) {
	id, err := s.users.AddBotTx(ctx, tx, s.profile(r.Profile))
	if err != nil {
		return 0, because(ErrCreate, err)
	}
	b := Bot{
		ID: id, Owner: r.Owner, Code: r.Code, Type: r.Type, OpenLine: r.OpenLine, Handlers: r.Handlers, Created: s.clock.Now(),
	}
	if err := s.storeTx(ctx, tx, b); err != nil {
		return 0, err
	}
	if b.Type == OpenLine { // nobody to talk with outside the open channels
		return id, s.users.HideBotTx(ctx, tx, id, true)
	}
	return id, s.messenger.AnnounceTx(ctx, tx, announcement(id, r.Profile))
}

// profile fills in a new bot's profile.
func (s *Service) profile(c user.BotChange) user.BotProfile {
	text := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	p := user.BotProfile{
		FirstName: text(c.FirstName), LastName: text(c.LastName), Position: text(c.Position), Email: text(c.Email),
		Gender: text(c.Gender), Birthday: text(c.Birthday), WWW: text(c.WWW), ColorCode: text(c.ColorCode),
		Language: s.language,
	}
	if c.Avatar != nil {
		p.Avatar = *c.Avatar
	}
	return p
}

// announcement is what everybody reads about a new bot. The bot's name leads to it.
func announcement(id int64, p user.BotChange) string {
	var name []string
	for _, part := range []*string{p.FirstName, p.LastName} {
		if part != nil {
			name = append(name, plain(*part))
		}
	}
	text := "A new chatbot has joined: [USER=" + strconv.FormatInt(id, 10) + "]" + plain(strings.Join(name, " ")) + "[/USER]"
	if !blank(p.Position) {
		text += ", " + plain(*p.Position)
	}
	return text
}

// plain makes of a text from outside one line without marks.
func plain(text string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("[", "(", "]", ")").Replace(text)), " ")
}

// registerAgainTx brings a bot up to date that its owner registers once more. Handlers for changed and deleted messages
// that were bound since stay.
func (s *Service) registerAgainTx(ctx context.Context, tx *db.Tx, b Bot, r Registration) error {
	if b.Second != nil {
		return ErrCreate.At("CODE")
	}
	if err := s.users.UpdateBotTx(ctx, tx, b.ID, r.Profile); err != nil {
		return because(ErrCreate, err)
	}
	b.Owner, b.Type, b.OpenLine, b.Handlers = r.Owner, r.Type, r.OpenLine, r.Handlers.over(b.Handlers)
	if err := s.users.HideBotTx(ctx, tx, b.ID, b.Type == OpenLine); err != nil {
		return err
	}
	return s.storeTx(ctx, tx, b)
}

// Update is what of a bot to change.
type Update struct {
	BotID    int64
	Code     string         // empty: as it is
	Handlers Handlers       // empty ones: as they are
	Profile  user.BotChange // nil fields: as they are
}

// Update changes a bot of an owner. Its type cannot be changed.
//
// Faults: BOT_ID_ERROR, APP_ID_ERROR, those of a wrong address as of Register, NAME_ERROR, WRONG_REQUEST where nothing is to be
// changed, the code is another bot's or the profile is refused.
// Page: api-reference/chat-bots/outdated/bots/imbot-update.md.
func (s *Service) Update(ctx context.Context, o Owner, u Update) error {
	if u.BotID <= 0 {
		return ErrNoBot
	}
	if _, err := s.Owned(ctx, o, u.BotID); err != nil {
		return err
	}
	if err := u.check(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := lockCodes(ctx, tx); err != nil {
			return err
		}
		if err := o.lock(ctx, tx); err != nil {
			return err
		}
		return s.updateTx(ctx, tx, o, u)
	})
}

func (u *Update) check() error {
	u.Code = strings.TrimSpace(u.Code)
	if u.Code == "" && u.Handlers == (Handlers{}) && u.Profile == (user.BotChange{}) {
		return ErrNoChange
	}
	if utf8.RuneCountInString(u.Code) > maxCode {
		return ErrUpdate.At("CODE")
	}
	return u.Handlers.check(false)
}

func (s *Service) updateTx(ctx context.Context, tx *db.Tx, o Owner, u Update) error {
	b, err := ownedTx(ctx, tx, o, u.BotID)
	if err != nil {
		return err
	}
	if u.Code != "" && u.Code != b.Code {
		if taken, err := codeTakenTx(ctx, tx, u.Code); err != nil || taken {
			if err == nil {
				err = ErrUpdate.At("CODE")
			}
			return err
		}
		b.Code = u.Code
	}
	if u.Profile != (user.BotChange{}) {
		if err := s.changeProfileTx(ctx, tx, b.ID, u.Profile); err != nil {
			return err
		}
	}
	b.Handlers = u.Handlers.over(b.Handlers)
	return s.storeTx(ctx, tx, b)
}

// changeProfileTx changes a profile, which must keep a name.
func (s *Service) changeProfileTx(ctx context.Context, tx *db.Tx, id int64, c user.BotChange) error {
	now, err := s.users.GetTx(ctx, tx, id)
	if err != nil {
		return err
	}
	if c.FirstName != nil {
		now.FirstName = *c.FirstName
	}
	if c.LastName != nil {
		now.LastName = *c.LastName
	}
	if blank(&now.FirstName) && blank(&now.LastName) {
		return ErrName
	}
	if err := s.users.UpdateBotTx(ctx, tx, id, c); err != nil {
		return because(ErrUpdate, err)
	}
	return nil
}

// ownedTx reads a bot that is to be changed.
func ownedTx(ctx context.Context, tx *db.Tx, o Owner, id int64) (Bot, error) {
	bots, err := queryBots(ctx, tx, "WHERE user_id = ?", id)
	switch {
	case err != nil:
		return Bot{}, err
	case len(bots) == 0:
		return Bot{}, ErrNoBot
	case bots[0].Owner.key() != o.key():
		return Bot{}, ErrForeignBot
	}
	return bots[0], nil
}

// storeTx writes b, to be remembered once it is durable.
func (s *Service) storeTx(ctx context.Context, tx *db.Tx, b Bot) error {
	if err := store(ctx, tx, &b); err != nil {
		return err
	}
	tx.OnCommit(func() { s.memory.put(b) })
	return nil
}
