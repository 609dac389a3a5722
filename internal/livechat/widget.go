package livechat

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// Ask says when visitors are asked for something about them.
type Ask string

// When visitors are asked.
const (
	AskNo     Ask = "no"
	AskBefore Ask = "before" // they cannot write without it
	AskLater  Ask = "later"  // after their first message, if they like
)

// Offline says when the form for an answer later takes the place of the conversation.
type Offline string

// When the form is shown.
const (
	OfflineNever  Offline = "never"
	OfflineHours  Offline = "hours"  // outside the working hours of the line
	OfflineAbsent Offline = "absent" // then, and when no operator is there
)

// Settings are what an administrator decides about a widget.
type Settings struct {
	Active      bool     `json:"active"`
	Title       string   `json:"title"`
	Greeting    string   `json:"greeting"` // shown before the first message; plain text
	Color       string   `json:"color"`    // "#rrggbb"
	Position    string   `json:"position"` // "right" or "left"
	Theme       string   `json:"theme"`    // "auto", "light" or "dark"
	Name        Ask      `json:"name"`
	Email       Ask      `json:"email"`
	Phone       Ask      `json:"phone"`
	Offline     Offline  `json:"offline"`
	OfflineText string   `json:"offline_text"`
	Sites       []string `json:"sites"`  // origins on which it is shown, "https://*.example.com" among them; none: everywhere
	Public      bool     `json:"public"` // there is a page with the chat alone
	// Continue says that visitors who left an address are written to by mail when they were not there for ContinueAfter minutes.
	Continue      bool  `json:"continue"`
	ContinueAfter int64 `json:"continue_after"`
}

// Widget is a chat for sites. Its conversations come to one line.
type Widget struct {
	Settings

	ID       int64
	Code     string // in its addresses; not to be guessed
	LineID   int64
	SecretAt time.Time // when the secret for signatures was made; zero: there is none
	Created  time.Time

	secret string // sealed
}

// The bounds of settings.
const (
	maxTitle  = 60
	maxText   = 1000
	maxSites  = 50
	maxWidget = 200 // of a portal
	maxAfter  = 24 * 60
)

// Defaults returns the settings of a new widget.
func Defaults() Settings {
	return Settings{
		Active: true, Title: "Chat with us", Greeting: "Hello! How can we help you?", Color: "#2563eb", Position: "right", Theme: "auto",
		Name: AskLater, Email: AskLater, Phone: AskNo, Offline: OfflineHours,
		OfflineText: "Nobody is here right now. Leave your question, and we answer by e-mail or here as soon as we can.", Public: true,
		Continue: true, ContinueAfter: 10,
	}
}

var colorForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// tidy checks settings and brings them into their usual form. The faults name the field.
func (w *Settings) tidy() error {
	wrong := func(field, text string) error { return fault.New(fault.Invalid, "SETTING_WRONG", text).At(field) }
	w.Title, w.Greeting, w.OfflineText = clean(w.Title), clean(w.Greeting), clean(w.OfflineText)
	asks := []Ask{AskNo, AskBefore, AskLater}
	switch {
	case w.Title == "" || utf8.RuneCountInString(w.Title) > maxTitle:
		return wrong("title", "A title has 1 to 60 characters.")
	case utf8.RuneCountInString(w.Greeting) > maxText:
		return wrong("greeting", "A greeting has at most 1,000 characters.")
	case utf8.RuneCountInString(w.OfflineText) > maxText:
		return wrong("offline_text", "The text has at most 1,000 characters.")
	case !colorForm.MatchString(w.Color):
		return wrong("color", "Write a colour as #rrggbb.")
	case w.Position != "right" && w.Position != "left":
		return wrong("position", "Choose left or right.")
	case w.Theme != "auto" && w.Theme != "light" && w.Theme != "dark":
		return wrong("theme", "Choose one of the three.")
	case !slices.Contains(asks, w.Name):
		return wrong("name", "Choose when visitors are asked for their name.")
	case !slices.Contains(asks, w.Email):
		return wrong("email", "Choose when visitors are asked for their e-mail address.")
	case !slices.Contains(asks, w.Phone):
		return wrong("phone", "Choose when visitors are asked for their telephone number.")
	case w.ContinueAfter < 1 || w.ContinueAfter > maxAfter:
		return wrong("continue_after", "Enter 1 to 1,440 minutes.")
	case w.Offline != OfflineNever && w.Offline != OfflineHours && w.Offline != OfflineAbsent:
		return wrong("offline", "Choose when the form is shown.")
	}
	return w.tidySites(wrong)
}

func (w *Settings) tidySites(wrong func(field, text string) error) error {
	var out []string
	for _, raw := range w.Sites {
		raw = strings.TrimSpace(raw)
		if raw == "" {
			continue
		}
		site, ok := siteOf(raw)
		if !ok {
			return wrong("sites", fmt.Sprintf("%q is no site: write it as https://www.example.com, or https://*.example.com for all below it.", raw))
		}
		if !slices.Contains(out, site) {
			out = append(out, site)
		}
	}
	if len(out) > maxSites {
		return wrong("sites", "At most 50 sites can be named.")
	}
	w.Sites = out
	return nil
}

var hostForm = regexp.MustCompile(`^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$`)

// siteOf returns the origin that a text names.
func siteOf(raw string) (string, bool) {
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", false
	}
	host := strings.ToLower(u.Host)
	return u.Scheme + "://" + host, hostForm.MatchString(host) && len(host) <= 255
}

// Allows reports whether the widget is shown on a site, which is an origin such as "https://www.example.com".
func (w *Settings) Allows(origin string) bool {
	if len(w.Sites) == 0 {
		return true
	}
	origin = strings.ToLower(origin)
	return slices.ContainsFunc(w.Sites, func(site string) bool {
		scheme, host, _ := strings.Cut(site, "://")
		if suffix, all := strings.CutPrefix(host, "*"); all {
			rest, fits := strings.CutPrefix(origin, scheme+"://")
			return fits && strings.HasSuffix(rest, suffix) && len(rest) > len(suffix)
		}
		return origin == site
	})
}

// clean takes out of a text what no person wrote.
func clean(text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, text))
}

// May reports whether somebody may change widgets.
func May(actor user.Ref) bool { return actor.May(access.ManageConnectors) }

const widgetColumns = "SELECT id, code, line_id, settings, secret, secret_at, created FROM livechat_widget "

func queryWidgets(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Widget, err error) {
	rows, err := tx.Query(ctx, widgetColumns+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read widgets: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		w, settings := Widget{Settings: Defaults()}, ""
		var secretAt, created int64
		if err := rows.Scan(&w.ID, &w.Code, &w.LineID, &settings, &w.secret, &secretAt, &created); err != nil {
			return nil, fmt.Errorf("read widgets: %w", err)
		}
		if err := json.Unmarshal([]byte(settings), &w.Settings); err != nil {
			return nil, fmt.Errorf("settings of widget %d: %w", w.ID, err)
		}
		w.SecretAt, w.Created = db.Time(secretAt), db.Time(created)
		out = append(out, w)
	}
	return out, rows.Err()
}

func oneWidget(ctx context.Context, tx *db.Tx, where string, arg any) (Widget, error) {
	all, err := queryWidgets(ctx, tx, where, arg)
	if err == nil && len(all) == 0 {
		err = ErrNoWidget
	}
	if err != nil {
		return Widget{}, err
	}
	return all[0], nil
}

// All returns the widgets in the order in which they were added. Fault: ErrDenied.
func (s *Service) All(ctx context.Context, actor user.Ref) (out []Widget, err error) {
	if !May(actor) {
		return nil, ErrDenied
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = queryWidgets(ctx, tx, "ORDER BY id")
		return err
	})
	return out, err
}

// Get returns a widget for who may change it. Faults: ErrNoWidget, ErrDenied.
func (s *Service) Get(ctx context.Context, actor user.Ref, id int64) (w Widget, err error) {
	if !May(actor) {
		return w, ErrDenied
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		w, err = oneWidget(ctx, tx, "WHERE id = ?", id)
		return err
	})
	return w, err
}

// codeForm is that of a code: a text that is none needs no look at the database.
var codeForm = regexp.MustCompile(`^[a-z2-7]{26}$`)

// ByCode returns the widget that a site names. ErrNoWidget: there is none, it is switched off, or its line is.
func (s *Service) ByCode(ctx context.Context, code string) (w Widget, l line.Line, err error) {
	if !codeForm.MatchString(code) {
		return w, l, ErrNoWidget
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		w, l, err = s.byCodeTx(ctx, tx, code)
		return err
	})
	return w, l, err
}

func (s *Service) byCodeTx(ctx context.Context, tx *db.Tx, code string) (Widget, line.Line, error) {
	w, err := oneWidget(ctx, tx, "WHERE code = ?", code)
	if err != nil {
		return w, line.Line{}, err
	}
	l, err := s.Lines.GetTx(ctx, tx, w.LineID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return w, l, err
	}
	if err != nil || !l.Active || !w.Active {
		return w, l, ErrNoWidget
	}
	return w, l, nil
}

// Add makes a widget whose conversations come to a line. Faults: ErrDenied, of a line that is not there, of a setting with its field.
func (s *Service) Add(ctx context.Context, actor user.Ref, lineID int64, set Settings) (w Widget, err error) {
	if !May(actor) {
		return w, ErrDenied
	}
	if err := set.tidy(); err != nil {
		return w, err
	}
	w = Widget{Settings: set, Code: strings.ToLower(rand.Text()), LineID: lineID, Created: s.now()}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		l, err := s.Lines.GetTx(ctx, tx, lineID)
		if err != nil {
			return fault.New(fault.Invalid, "LINE_REQUIRED", "Choose an open line.").At("line").Because(err)
		}
		var n int64
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM livechat_widget").Scan(&n); err != nil {
			return fmt.Errorf("count widgets: %w", err)
		}
		if n >= maxWidget {
			return fault.New(fault.TooLarge, "TOO_MANY_WIDGETS", "A portal has at most 200 chats of sites.")
		}
		text, err := json.Marshal(set)
		if err != nil {
			return err
		}
		const q = "INSERT INTO livechat_widget (code, line_id, settings, secret, secret_at, created, creator_id) VALUES (?, ?, ?, '', 0, ?, ?)"
		if w.ID, err = tx.Insert(ctx, q, w.Code, lineID, string(text), db.Micro(w.Created), actor.ID); err != nil {
			return fmt.Errorf("insert widget: %w", err)
		}
		return s.noteTx(ctx, tx, "LIVECHAT_ADDED", w.ID, "Added the live chat "+w.Title+" to the open channel "+l.Name+".")
	})
	return w, err
}

// Change changes the settings of a widget. Faults: ErrDenied, ErrNoWidget, of a setting with its field.
func (s *Service) Change(ctx context.Context, actor user.Ref, id int64, set Settings) error {
	if err := set.tidy(); err != nil {
		return err
	}
	text, err := json.Marshal(set)
	if err != nil {
		return err
	}
	return s.change(ctx, actor, id, func(tx *db.Tx, _ Widget) error {
		if _, err := tx.Exec(ctx, "UPDATE livechat_widget SET settings = ? WHERE id = ?", string(text), id); err != nil {
			return fmt.Errorf("change widget: %w", err)
		}
		return s.noteTx(ctx, tx, "LIVECHAT_CHANGED", id, "Changed the live chat "+set.Title+".")
	})
}

// NewSecret makes the secret with which a site signs who its visitors are, and returns it this once. What was signed with the one before
// is refused from then on. Faults: ErrDenied, ErrNoWidget, ErrNoKey.
func (s *Service) NewSecret(ctx context.Context, actor user.Ref, id int64) (secret string, err error) {
	secret = strings.ToLower(rand.Text() + rand.Text())
	sealed, err := s.Box.Seal([]byte(secret), secretAbout(id))
	if err != nil {
		return "", ErrNoKey.Because(err)
	}
	return secret, s.change(ctx, actor, id, func(tx *db.Tx, w Widget) error {
		if _, err := tx.Exec(ctx, "UPDATE livechat_widget SET secret = ?, secret_at = ? WHERE id = ?", sealed, db.Micro(s.now()), id); err != nil {
			return fmt.Errorf("keep secret: %w", err)
		}
		return s.noteTx(ctx, tx, "LIVECHAT_SECRET", id, "Made a new secret for the signatures of the live chat "+w.Title+".")
	})
}

func secretAbout(id int64) string { return "livechat " + strconv.FormatInt(id, 10) }

// Delete removes a widget. Its conversations stay with the line; visitors cannot go on. Faults: ErrDenied, ErrNoWidget.
func (s *Service) Delete(ctx context.Context, actor user.Ref, id int64) error {
	return s.change(ctx, actor, id, func(tx *db.Tx, w Widget) error {
		if err := removeTx(ctx, tx, id); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "LIVECHAT_DELETED", id, "Deleted the live chat "+w.Title+".")
	})
}

// removeTx removes a widget with what its visitors' browsers are known by and their copies of the conversations.
func removeTx(ctx context.Context, tx *db.Tx, id int64) error {
	const visitors = " WHERE visitor_id IN (SELECT id FROM livechat_visitor WHERE widget_id = ?)"
	for _, q := range []string{
		"DELETE FROM livechat_away" + visitors, "DELETE FROM livechat_token" + visitors, "DELETE FROM livechat_message" + visitors, "DELETE FROM livechat_file" + visitors,
		"DELETE FROM livechat_visitor WHERE widget_id = ?", "DELETE FROM livechat_widget WHERE id = ?",
	} {
		if _, err := tx.Exec(ctx, q, id); err != nil {
			return fmt.Errorf("delete widget: %w", err)
		}
	}
	return nil
}

// LineDeletedTx removes the widgets of a line that is deleted.
func (s *Service) LineDeletedTx(ctx context.Context, tx *db.Tx, lineID int64) error {
	all, err := queryWidgets(ctx, tx, "WHERE line_id = ?", lineID)
	if err != nil {
		return err
	}
	for _, w := range all {
		if err := errors.Join(removeTx(ctx, tx, w.ID), s.noteTx(ctx, tx, "LIVECHAT_DELETED", w.ID, "Deleted the live chat "+w.Title+" with its line.")); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) change(ctx context.Context, actor user.Ref, id int64, f func(tx *db.Tx, w Widget) error) error {
	if !May(actor) {
		return ErrDenied
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		w, err := oneWidget(ctx, tx, "WHERE id = ?", id)
		if err != nil {
			return err
		}
		return f(tx, w)
	})
}

func (s *Service) noteTx(ctx context.Context, tx *db.Tx, kind string, id int64, text string) error {
	return s.Audit.RecordTx(ctx, tx, audit.Entry{Type: kind, Module: Connector, Item: strconv.FormatInt(id, 10), Description: text})
}
