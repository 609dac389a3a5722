package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
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
