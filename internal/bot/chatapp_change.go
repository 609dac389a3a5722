package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/seal"
)

// NewChatApp describes an application of a bot to be registered.
type NewChatApp struct {
	ChatApp

	Secret string // by which the page knows that the portal opened it
	Icon   []byte // a picture; empty: none
}

// RegisterChatApp adds an application to a bot of an owner and returns its id. A bot that registers a code again gets the
// application that is there, brought up to date: an application that is installed anew goes on with it.
//
// Faults: BOT_ID_ERROR, APP_ID_ERROR, IFRAME_HTTPS, HASH_ERROR, PARAMS_ERROR, LANG_ERROR, WRONG_REQUEST where the bot has too many.
// Page: api-reference/chats/outdated/create-app/imbot-app-register.md.
func (s *Service) RegisterChatApp(ctx context.Context, o Owner, n NewChatApp) (int64, error) {
	if _, err := s.Owned(ctx, o, n.BotID); err != nil {
		return 0, err
	}
	a := n.ChatApp
	a.Code = strings.TrimSpace(a.Code)
	if utf8.RuneCountInString(n.Secret) > maxAppSecret {
		return 0, ErrFrameHash
	}
	if err := a.complete(n.Secret != ""); err != nil {
		return 0, err
	}
	if err := a.setIcon(n.Icon); err != nil {
		return 0, err
	}
	var id int64
	err := s.changeTx(ctx, o, n.BotID, func(tx *db.Tx, b *Bot) (err error) {
		i := slices.IndexFunc(b.Apps, func(known ChatApp) bool { return strings.EqualFold(known.Code, a.Code) })
		switch {
		case i >= 0:
			a.ID = b.Apps[i].ID
		case len(b.Apps) >= MaxChatApps:
			return ErrAppCreate
		default:
			if a.ID, err = s.insertChatAppTx(ctx, tx, a); err != nil {
				return err
			}
		}
		id = a.ID
		return s.storeChatAppTx(ctx, tx, a, n.Secret, &n.Icon)
	})
	return id, err
}

func (a *ChatApp) setIcon(picture []byte) error {
	a.Icon, a.IconPair = "", false
	if len(picture) == 0 {
		return nil
	}
	pair, err := icon(picture)
	sum := sha256.Sum256(picture)
	a.Icon, a.IconPair = hex.EncodeToString(sum[:8]), pair
	return err
}

// ChatAppChange is what of an application to change; nil leaves a part as it is.
type ChatAppChange struct {
	Method   *AppMethod
	Param    *string
	URL      *string
	Width    *int64
	Height   *int64
	Secret   *string
	Icon     *[]byte // empty removes it
	Context  *string // the word of the wire
	Extranet *bool
	LiveChat *bool
	Popup    *bool
	Words    []AppWords // empty: as they are
}

func (c *ChatAppChange) empty() bool {
	return c.Method == nil && c.Param == nil && c.URL == nil && c.Width == nil && c.Height == nil && c.Secret == nil && c.Icon == nil &&
		c.Context == nil && c.Extranet == nil && c.LiveChat == nil && c.Popup == nil && len(c.Words) == 0
}

// UpdateChatApp changes an application of an owner's bot. One that does something becomes one with a page where only the page
// is given, and the other way round. Faults: CHAT_APP_ID_ERROR, APP_ID_ERROR, IFRAME_HTTPS, WRONG_REQUEST where nothing is to
// be changed or a part is refused.
// Page: api-reference/chats/outdated/create-app/imbot-app-update.md.
func (s *Service) UpdateChatApp(ctx context.Context, o Owner, id int64, c ChatAppChange) error {
	known, err := s.OwnedChatApp(ctx, o, id)
	switch {
	case err != nil:
		return err
	case c.empty():
		return ErrNoChange
	case c.Secret != nil && (*c.Secret == "" || utf8.RuneCountInString(*c.Secret) > maxAppSecret):
		return ErrAppUpdate.At("HASH")
	}
	return s.changeTx(ctx, o, known.BotID, func(tx *db.Tx, b *Bot) error {
		i := slices.IndexFunc(b.Apps, func(a ChatApp) bool { return a.ID == id })
		if i < 0 {
			return ErrNoChatApp
		}
		a, secret := b.Apps[i], ""
		if c.Secret != nil {
			secret = *c.Secret
		}
		if err := c.apply(&a); err != nil {
			return refusedChange(err)
		}
		return s.storeChatAppTx(ctx, tx, a, secret, c.Icon)
	})
}

func (c *ChatAppChange) apply(a *ChatApp) error {
	if c.Method == nil && c.URL != nil {
		a.Method = "" // it has a page from now on
	}
	set(&a.Method, c.Method)
	set(&a.Param, c.Param)
	set(&a.URL, c.URL)
	set(&a.Width, c.Width)
	set(&a.Height, c.Height)
	set(&a.Extranet, c.Extranet)
	set(&a.LiveChat, c.LiveChat)
	set(&a.Popup, c.Popup)
	if c.Context != nil {
		a.SetPlace(*c.Context)
	}
	if len(c.Words) > 0 {
		a.Words = c.Words
	}
	if c.Icon != nil {
		if err := a.setIcon(*c.Icon); err != nil {
			return err
		}
	}
	return a.complete(a.secret != "" || c.Secret != nil)
}

// refusedChange gives what an application may not be the one code that its update documents for it.
func refusedChange(err error) error {
	f := fault.Of(err)
	if f.Code == ErrFrameHTTPS.Code || f.Kind != fault.Invalid {
		return err
	}
	return fault.New(fault.Invalid, ErrAppUpdate.Code, f.Text).At(f.Field).Because(err)
}

// UnregisterChatApp removes an application of an owner's bot. Faults: CHAT_APP_ID_ERROR, APP_ID_ERROR.
// Page: api-reference/chats/outdated/create-app/imbot-app-unregister.md.
func (s *Service) UnregisterChatApp(ctx context.Context, o Owner, id int64) error {
	a, err := s.OwnedChatApp(ctx, o, id)
	if err != nil {
		return err
	}
	return s.changeTx(ctx, o, a.BotID, func(tx *db.Tx, _ *Bot) error {
		n, err := tx.Exec(ctx, "DELETE FROM bot_chatapp WHERE id = ?", id)
		if err == nil {
			err = tx.Later(ctx, "DELETE FROM bot_chatapp_icon WHERE chatapp_id = ?", id)
		}
		switch {
		case err != nil:
			return fmt.Errorf("remove application of bot: %w", err)
		case n == 0:
			return ErrNoChatApp
		}
		return nil
	})
}

// OwnedChatApp returns an application of an owner's bot. Faults: CHAT_APP_ID_ERROR, APP_ID_ERROR.
func (s *Service) OwnedChatApp(ctx context.Context, o Owner, id int64) (ChatApp, error) {
	a, b, err := s.chatApp(ctx, id)
	switch {
	case err != nil:
		return ChatApp{}, err
	case b.Owner.key() != o.key():
		return ChatApp{}, ErrForeignChatApp
	}
	return a, nil
}

// ChatApp returns an application. Fault: CHAT_APP_ID_ERROR.
func (s *Service) ChatApp(ctx context.Context, id int64) (ChatApp, error) {
	a, _, err := s.chatApp(ctx, id)
	return a, err
}

// chatApp returns an application with its bot. Fault: CHAT_APP_ID_ERROR.
func (s *Service) chatApp(ctx context.Context, id int64) (ChatApp, *Bot, error) {
	r, err := s.roster(ctx)
	if err != nil {
		return ChatApp{}, nil, err
	}
	for i := range r.all {
		for _, a := range r.all[i].Apps {
			if a.ID == id {
				return a, &r.all[i], nil
			}
		}
	}
	return ChatApp{}, nil, ErrNoChatApp
}

// sealed returns a secret as it is stored: sealed, where the portal has a key for that.
func (s *Service) sealed(secret string, id int64) (string, error) {
	text, err := s.box.Seal([]byte(secret), secretOf(id))
	if errors.Is(err, seal.ErrNoKey) {
		return "plain." + secret, nil
	}
	return text, err
}

// secret returns the secret of an application.
func (s *Service) secret(a ChatApp) (string, error) {
	if plain, ok := strings.CutPrefix(a.secret, "plain."); ok {
		return plain, nil
	}
	raw, err := s.box.Open(a.secret, secretOf(a.ID))
	return string(raw), err
}

// secretOf says what a sealed secret is.
func secretOf(id int64) string { return "bot app " + strconv.FormatInt(id, 10) }
