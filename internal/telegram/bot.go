package telegram

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// Way is how messages come in.
type Way string

// The ways.
const (
	Poll Way = "poll" // the portal fetches them
	Hook Way = "hook" // Telegram brings them
)

// Bot is a bot of Telegram that is, or was, joined to a line.
type Bot struct {
	ID       int64
	Number   int64 // at Telegram
	Name     string
	Username string // without @
	Pictured bool
	LineID   int64
	Way      Way
	Signed   bool // clients see who answers them
	Gone     bool // it was disconnected: its conversations can still be read

	Problem          string // why messages do not go through; empty: they do
	ProblemAt        time.Time
	LastIn, LastOut  time.Time // zero: never
	Waiting, Failing int64     // messages for clients; only of Get

	Created time.Time

	token  string // sealed
	code   string // in the address of the hook
	secret string // SHA-256, hexadecimal
	next   int64  // the first update that was not fetched
	heard  time.Time
}

// Connector is the id of the bot's channel.
func (b Bot) Connector() string { return connectorOf(b.Number) }

// Link is where clients find the bot.
func (b Bot) Link() string { return "https://t.me/" + b.Username }

// Shown names the bot's channel.
func (b Bot) Shown() string {
	if b.Username == "" {
		return "Telegram"
	}
	return "Telegram @" + b.Username
}

// Server is the setting of which server answers for Telegram.
type Server struct {
	URL string `json:"url"` // without a slash at the end
}

// ServerKey names the setting.
var ServerKey = setting.Key[Server]{Name: "telegram.server", Default: Server{URL: "https://api.telegram.org"}, Check: func(s Server) error {
	u, err := url.Parse(s.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || len(s.URL) > 300 {
		return ErrServer
	}
	return nil
}}

// May reports whether somebody may connect bots.
func May(actor user.Ref) bool { return actor.May(access.ManageConnectors) }

const botColumns = `SELECT id, number, name, username, length(picture), line_id, token, way, signed, code, secret, next_update, update_at, problem, problem_at,
	last_in, last_out, created FROM telegram_bot `

func queryBots(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Bot, err error) {
	rows, err := tx.Query(ctx, botColumns+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read bots: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var b Bot
		var picture, signed, heard, problemAt, in, sent, created int64
		err := rows.Scan(&b.ID, &b.Number, &b.Name, &b.Username, &picture, &b.LineID, &b.token, &b.Way, &signed, &b.code, &b.secret, &b.next, &heard,
			&b.Problem, &problemAt, &in, &sent, &created)
		if err != nil {
			return nil, fmt.Errorf("read bots: %w", err)
		}
		b.Pictured, b.Signed, b.Gone = picture > 0, signed != 0, b.token == ""
		b.heard, b.ProblemAt, b.LastIn, b.LastOut, b.Created = db.Time(heard), db.Time(problemAt), db.Time(in), db.Time(sent), db.Time(created)
		out = append(out, b)
	}
	return out, rows.Err()
}

func oneBot(ctx context.Context, tx *db.Tx, where string, arg any) (Bot, error) {
	all, err := queryBots(ctx, tx, where, arg)
	if err == nil && len(all) == 0 {
		err = ErrNoBot
	}
	if err != nil {
		return Bot{}, err
	}
	return all[0], nil
}

// All returns the bots that are connected, in the order in which they were. Fault: ErrDenied.
func (s *Service) All(ctx context.Context, actor user.Ref) (out []Bot, err error) {
	if !May(actor) {
		return nil, ErrDenied
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = queryBots(ctx, tx, "WHERE token <> '' ORDER BY id")
		return err
	})
	return out, err
}

// Names returns the names of the channels by their ids, those of bots that were disconnected among them.
func (s *Service) Names(ctx context.Context) (map[string]string, error) {
	var all []Bot
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		all, err = queryBots(ctx, tx, "ORDER BY id")
		return err
	})
	out := make(map[string]string, len(all))
	for _, b := range all {
		out[b.Connector()] = b.Shown()
	}
	return out, err
}

// Get returns a connected bot for who may change it. Faults: ErrDenied, ErrNoBot.
func (s *Service) Get(ctx context.Context, actor user.Ref, id int64) (b Bot, err error) {
	if !May(actor) {
		return b, ErrDenied
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if b, err = connectedTx(ctx, tx, id); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT (SELECT COUNT(DISTINCT message_id) FROM telegram_out WHERE bot_id = ? AND state = 0 AND kind = 'send'),
			(SELECT COUNT(DISTINCT message_id) FROM telegram_out WHERE bot_id = ? AND state = 1)`, id, id).Scan(&b.Waiting, &b.Failing)
	})
	return b, err
}

func connectedTx(ctx context.Context, tx *db.Tx, id int64) (Bot, error) {
	b, err := oneBot(ctx, tx, "WHERE id = ?", id)
	if err == nil && b.Gone {
		err = ErrNoBot
	}
	return b, err
}

// Picture returns the picture of a bot. Faults: ErrDenied, ErrNoBot where there is none.
func (s *Service) Picture(ctx context.Context, actor user.Ref, id int64) (content []byte, err error) {
	if !May(actor) {
		return nil, ErrDenied
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, "SELECT picture FROM telegram_bot WHERE id = ?", id).Scan(&content)
		if errors.Is(err, db.ErrNoRows) || err == nil && len(content) == 0 {
			return ErrNoBot
		}
		return err
	})
	return content, err
}

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

func (s *Service) noteTx(ctx context.Context, tx *db.Tx, kind string, id int64, text string) error {
	return s.Audit.RecordTx(ctx, tx, audit.Entry{Type: kind, Module: Connector, Item: decimal(id), Description: text})
}

// account returns what speaks for a bot.
func (s *Service) account(ctx context.Context, b Bot) (account, error) {
	token, err := s.Box.Open(b.token, tokenAbout(b.Number))
	if err != nil {
		return account{}, ErrNoKey.Because(err)
	}
	server, err := setting.Load(ctx, s.Settings, ServerKey)
	return account{api: s.API, server: server.URL, token: string(token)}, err
}

// route tells Telegram where the messages of a bot go. A bot whose hook could not be set keeps the reason as its problem.
func (s *Service) route(ctx context.Context, a account, b Bot) error {
	if b.Way == Poll {
		err := a.call(ctx, "deleteWebhook", nil, nil)
		return s.problem(ctx, b.ID, problemOf(err))
	}
	secret := rand.Text()
	sum := sha256.Sum256([]byte(secret))
	err := s.DB.Write(ctx, func(tx *db.Tx) error { // before Telegram knows it
		_, err := tx.Exec(ctx, "UPDATE telegram_bot SET secret = ?, hook_url = '' WHERE id = ?", hex.EncodeToString(sum[:]), b.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep secret of bot: %w", err)
	}
	to := s.PublicURL(HookPath + b.code)
	err = a.call(ctx, "setWebhook", map[string]any{"url": to, "secret_token": secret, "allowed_updates": allowed, "max_connections": 1}, nil)
	if err != nil {
		return s.problem(ctx, b.ID, problemOf(err))
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE telegram_bot SET hook_url = ? WHERE id = ?", to, b.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("note hook of bot: %w", err)
	}
	return s.problem(ctx, b.ID, "")
}

// Route tells Telegram anew where the messages go of bots to which it brings them, where the portal has another address since, or could
// not tell it before.
func (s *Service) Route(ctx context.Context) error {
	var bots []Bot
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		bots, err = queryBots(ctx, tx, "WHERE token <> '' AND way = ? AND hook_url <> ? || code ORDER BY id", string(Hook), s.PublicURL(HookPath))
		return err
	})
	for _, b := range bots {
		if err := s.rehook(ctx, b); err != nil {
			return err
		}
	}
	return err
}

// rehook is route for a bot that no other process routes now: the secret of one is not that of another.
func (s *Service) rehook(ctx context.Context, b Bot) error {
	a, err := s.account(ctx, b)
	if err != nil {
		return s.problem(ctx, b.ID, problemOf(err))
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error { return s.leaseTx(ctx, tx, b.ID) })
	if errors.Is(err, errHeld) {
		return nil
	}
	if err != nil {
		return err
	}
	defer s.release(context.WithoutCancel(ctx), b.ID)
	return s.route(ctx, a, b)
}

// HookPath is where Telegram brings messages: the code of the bot follows.
const HookPath = "/telegram/"

// problem notes why messages of a bot do not go through; empty: they do.
func (s *Service) problem(ctx context.Context, botID int64, text string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		at := int64(0)
		if text != "" {
			at = db.Micro(s.now())
		}
		_, err := tx.Exec(ctx, "UPDATE telegram_bot SET problem = ?, problem_at = ? WHERE id = ? AND problem <> ?", text, at, botID, text)
		if err != nil {
			return fmt.Errorf("note problem of bot: %w", err)
		}
		return nil
	})
}

// problemOf says in words what an error of the API means for a bot; empty: nothing.
func problemOf(err error) string {
	r, ok := errors.AsType[*Refusal](err)
	switch {
	case err == nil:
		return ""
	case !ok:
		return fault.Of(err).Text
	case r.Code == 401 || r.Code == 404:
		return "Telegram does not know the bot's token any more. Give it the new one."
	case r.Code == 409:
		return "Another program fetches the messages of this bot. Stop it, or make a new token with @BotFather and give it here."
	case r.Code == 429:
		return "Telegram asks to wait: too much was sent at once."
	}
	return "Telegram answered: " + r.Text
}
