package telegram

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// tokenForm is that of tokens: the bot's number, a colon and a secret.
var tokenForm = regexp.MustCompile(`^[0-9]{1,20}:[A-Za-z0-9_-]{20,100}$`)

// NewBot is a bot to connect.
type NewBot struct {
	Token  string
	LineID int64
	Way    Way
	Signed bool
	// Take takes a bot away from the program to which Telegram brings its messages now.
	Take bool
}

// Connect joins a bot to a line. Faults: ErrDenied, ErrNoKey, ErrToken, ErrTaken, ErrLine, ErrWay, ErrHTTPS, ErrNobody, and TOKEN_USED, with
// the field "take", where Telegram brings the bot's messages to somebody else.
func (s *Service) Connect(ctx context.Context, actor user.Ref, n NewBot) (b Bot, err error) {
	if !May(actor) {
		return b, ErrDenied
	}
	n.Token = strings.TrimSpace(n.Token)
	if !tokenForm.MatchString(n.Token) {
		return b, ErrToken
	}
	if err := s.checkWay(n.Way); err != nil {
		return b, err
	}
	if err := s.checkLine(ctx, n.LineID); err != nil {
		return b, err
	}
	server, err := setting.Load(ctx, s.Settings, ServerKey)
	if err != nil {
		return b, err
	}
	a := account{api: s.API, server: server.URL, token: n.Token}
	me, err := a.me(ctx)
	if err != nil {
		return b, err
	}
	if err := s.free(ctx, a, me, n.Take); err != nil {
		return b, err
	}
	b = Bot{Number: me.ID, Name: me.name(), Username: me.Username, LineID: n.LineID, Way: n.Way, Signed: n.Signed}
	picture, err := a.picture(ctx, me.ID)
	if err != nil {
		return b, err
	}
	if b, err = s.store(ctx, actor, b, n.Token, picture); err != nil {
		return b, err
	}
	return b, s.route(ctx, a, b)
}

// checkLine holds a line to be there.
func (s *Service) checkLine(ctx context.Context, id int64) error {
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := s.Lines.GetTx(ctx, tx, id)
		if fault.KindOf(err) == fault.NotFound {
			return ErrLine.Because(err)
		}
		return err
	})
}

func (s *Service) checkWay(w Way) error {
	switch w {
	case Poll:
		return nil
	case Hook:
		if !s.MayHook() {
			return ErrHTTPS
		}
		return nil
	}
	return ErrWay
}

// MayHook reports whether Telegram could bring messages to the portal's address.
func (s *Service) MayHook() bool {
	u, err := url.Parse(s.PublicURL("/"))
	return err == nil && u.Scheme == "https" && slices.Contains([]string{"", "443", "80", "88", "8443"}, u.Port())
}

// free holds a bot to be connected nowhere else.
func (s *Service) free(ctx context.Context, a account, me person, take bool) error {
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		known, err := oneBot(ctx, tx, "WHERE number = ?", me.ID)
		if errors.Is(err, ErrNoBot) || err == nil && known.Gone {
			return nil
		}
		if err == nil {
			err = ErrTaken
		}
		return err
	})
	if err != nil || take {
		return err
	}
	to, err := a.hook(ctx)
	if err != nil || to.URL == "" || strings.HasPrefix(to.URL, s.PublicURL("/")) {
		return err
	}
	host := to.URL
	if u, err := url.Parse(to.URL); err == nil {
		host = u.Host
	}
	return fault.New(fault.Conflict, "TOKEN_USED", "Telegram brings the messages of this bot to "+host+". Tick the box to let them come here instead; they do not come there any more then.").At("take")
}

// store keeps a bot that was not connected.
func (s *Service) store(ctx context.Context, actor user.Ref, b Bot, token string, picture []byte) (Bot, error) {
	sealed, err := s.Box.Seal([]byte(token), tokenAbout(b.Number))
	if err != nil {
		return b, ErrNoKey.Because(err)
	}
	b.token, b.code, b.Created = sealed, strings.ToLower(rand.Text()), s.now()
	if picture == nil {
		picture = []byte{}
	}
	return b, s.DB.Write(ctx, func(tx *db.Tx) error {
		l, err := s.Lines.GetTx(ctx, tx, b.LineID)
		if err != nil {
			return ErrLine.Because(err)
		}
		known, err := oneBot(ctx, tx, "WHERE number = ?", b.Number)
		switch {
		case errors.Is(err, ErrNoBot):
			const add = `INSERT INTO telegram_bot (number, name, username, picture, line_id, token, way, signed, code, secret, created, creator_id)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?)`
			b.ID, err = tx.Insert(ctx, add, b.Number, b.Name, b.Username, picture, b.LineID, b.token, string(b.Way), db.Bit(b.Signed), b.code,
				db.Micro(b.Created), actor.ID)
		case err == nil && !known.Gone:
			return ErrTaken
		case err == nil: // it comes back
			b.ID = known.ID
			const again = `UPDATE telegram_bot SET name = ?, username = ?, picture = ?, line_id = ?, token = ?, way = ?, signed = ?, code = ?, secret = '',
				problem = '', problem_at = 0, holder = '', held_until = 0, quiet_until = 0 WHERE id = ?`
			_, err = tx.Exec(ctx, again, b.Name, b.Username, picture, b.LineID, b.token, string(b.Way), db.Bit(b.Signed), b.code, b.ID)
		}
		if err != nil {
			return fmt.Errorf("keep bot: %w", err)
		}
		tx.AfterCommit(func() { wake(s.bots) })
		return s.noteTx(ctx, tx, "TELEGRAM_CONNECTED", b.ID, "Connected the Telegram bot "+b.Shown()+" to the open channel "+l.Name+".")
	})
}

func tokenAbout(number int64) string { return "telegram " + decimal(number) }
