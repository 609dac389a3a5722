package livechat

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
)

// Caller is who asks, before anything is known of them.
type Caller struct {
	Code    string // of the widget
	Token   string // of their browser
	Address string // that they come from
}

// Profile is what visitors say of themselves.
type Profile struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Signed is who a visitor is, as the site says.
type Signed struct {
	ID   string `json:"id"`   // of the site's user
	Hash string `json:"hash"` // HMAC-SHA256 of ID with the widget's secret, hexadecimal
	Profile
}

// visitor is somebody who writes on a site.
type visitor struct {
	id       int64
	widgetID int64
	name     string // in the channel
	proved   string // the site's id of the user, where the site has signed it
	profile  Profile
	consent  string // what they agreed to, as a hash
	userID   int64  // in the portal; 0: they have not written yet
	chatID   int64
}

const (
	tokenDays  = 180            // a token is forgotten so long after it was last used
	touchEvery = 24 * time.Hour // how exactly it is known when one was used
	maxDevices = 20             // tokens of a visitor
	maxProfile = 255            // characters of a name, an address …
	maxUserID  = 200            // characters of a site's id
)

// tokenForm is that of tokens: 32 bytes of chance, which the browser makes itself, so that a first message that is sent twice is one.
var tokenForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

func hashOf(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

const visitorColumns = "v.id, v.widget_id, v.name, v.proved, v.profile, v.consent, v.user_id, v.chat_id FROM livechat_visitor v "

func oneVisitor(ctx context.Context, tx *db.Tx, where string, args ...any) (v visitor, err error) {
	var profile string
	err = tx.QueryRow(ctx, "SELECT "+visitorColumns+where, args...).Scan(&v.id, &v.widgetID, &v.name, &v.proved, &profile, &v.consent, &v.userID, &v.chatID)
	if errors.Is(err, db.ErrNoRows) {
		return v, ErrNoVisitor
	}
	if err == nil {
		err = json.Unmarshal([]byte(profile), &v.profile)
	}
	if err != nil {
		return v, fmt.Errorf("read visitor: %w", err)
	}
	return v, nil
}

// visitorTx returns who a token belongs to. ErrToken, ErrNoVisitor.
func (s *Service) visitorTx(ctx context.Context, tx *db.Tx, w Widget, token string) (visitor, error) {
	if !tokenForm.MatchString(token) {
		return visitor{}, ErrToken
	}
	oldest := db.Micro(s.now().AddDate(0, 0, -tokenDays))
	return oneVisitor(ctx, tx, "JOIN livechat_token t ON t.visitor_id = v.id WHERE t.hash = ? AND v.widget_id = ? AND t.used > ?", hashOf(token), w.ID, oldest)
}

// callerTx returns the widget and the visitor of a request. Faults: ErrNoWidget, ErrToken, ErrNoVisitor.
func (s *Service) callerTx(ctx context.Context, tx *db.Tx, c Caller) (w Widget, l line.Line, v visitor, err error) {
	if w, l, err = s.byCodeTx(ctx, tx, c.Code); err == nil {
		v, err = s.visitorTx(ctx, tx, w, c.Token)
	}
	return w, l, v, err
}

// caller is callerTx outside a transaction.
func (s *Service) caller(ctx context.Context, c Caller) (w Widget, l line.Line, v visitor, err error) {
	if !codeForm.MatchString(c.Code) {
		return w, l, v, ErrNoWidget
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		w, l, v, err = s.callerTx(ctx, tx, c)
		return err
	})
	return w, l, v, err
}

// addVisitorTx makes a visitor whom nobody knows yet.
func (s *Service) addVisitorTx(ctx context.Context, tx *db.Tx, w Widget, token, proved string) (v visitor, err error) {
	v = visitor{widgetID: w.ID, name: strings.ToLower(rand.Text()), proved: proved}
	const q = `INSERT INTO livechat_visitor (widget_id, name, proved, profile, consent, consent_at, user_id, chat_id, version, created)
		VALUES (?, ?, ?, '{}', '', 0, 0, 0, 0, ?)`
	if v.id, err = tx.Insert(ctx, q, w.ID, v.name, proved, db.Micro(s.now())); err != nil {
		return v, fmt.Errorf("insert visitor: %w", err)
	}
	return v, s.addTokenTx(ctx, tx, v, token)
}

// addTokenTx lets a browser be known as a visitor. The oldest of too many are forgotten.
func (s *Service) addTokenTx(ctx context.Context, tx *db.Tx, v visitor, token string) error {
	const add = "INSERT INTO livechat_token (hash, visitor_id, used) VALUES (?, ?, ?)"
	if _, err := tx.Exec(ctx, add, hashOf(token), v.id, db.Micro(s.now())); err != nil {
		return fmt.Errorf("insert token: %w", err)
	}
	if _, err := tx.Exec(ctx, "DELETE FROM livechat_token WHERE used < ?", db.Micro(s.now().AddDate(0, 0, -tokenDays))); err != nil {
		return fmt.Errorf("forget tokens: %w", err)
	}
	const drop = `DELETE FROM livechat_token WHERE visitor_id = ? AND hash NOT IN
		(SELECT hash FROM livechat_token WHERE visitor_id = ? ORDER BY used DESC, hash LIMIT ?)`
	if _, err := tx.Exec(ctx, drop, v.id, v.id, maxDevices); err != nil {
		return fmt.Errorf("drop tokens: %w", err)
	}
	return nil
}

// touch keeps a token that is used from being forgotten.
func (s *Service) touch(ctx context.Context, token string) error {
	now := s.now()
	due := db.Micro(now.Add(-touchEvery))
	var n int64
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM livechat_token WHERE hash = ? AND used < ?", hashOf(token), due).Scan(&n)
	})
	if err != nil || n == 0 {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE livechat_token SET used = ? WHERE hash = ?", db.Micro(now), hashOf(token))
		return err
	})
}

// proves reports whether a site has signed who its user is.
func (s *Service) proves(w Widget, u Signed) bool {
	if u.ID == "" || utf8.RuneCountInString(u.ID) > maxUserID || w.secret == "" {
		return false
	}
	secret, err := s.Box.Open(w.secret, secretAbout(w.ID))
	if err != nil {
		return false
	}
	given, err := hex.DecodeString(strings.TrimSpace(u.Hash))
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(u.ID))
	return err == nil && hmac.Equal(given, m.Sum(nil))
}

// Identify lets a browser be known as a user of the site, who is the same on every device. Without a signature that fits nobody is taken
// for somebody else: ErrSignature, and the browser stays who it was. A conversation that was begun without a name is not joined to theirs.
// Faults: ErrNoWidget, ErrToken, ErrTooMany.
func (s *Service) Identify(ctx context.Context, c Caller, u Signed) error {
	if !codeForm.MatchString(c.Code) {
		return ErrNoWidget
	}
	if !tokenForm.MatchString(c.Token) {
		return ErrToken
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		w, _, err := s.byCodeTx(ctx, tx, c.Code)
		if err != nil {
			return err
		}
		if !s.proves(w, u) {
			if !s.limits.take(signatureRate, network(c.Address)) {
				return ErrTooMany
			}
			return ErrSignature
		}
		if err := tx.Lock(ctx, "livechat user "+strconv.FormatInt(w.ID, 10)+" "+u.ID); err != nil {
			return err
		}
		v, err := s.bindTx(ctx, tx, w, c.Token, u.ID)
		if err != nil {
			return err
		}
		return s.knowTx(ctx, tx, w, &v, u.Profile)
	})
}

// bindTx returns the visitor of a user of the site, and lets the token be theirs. A token that is another visitor's is refused: what it
// opens would be theirs from then on.
func (s *Service) bindTx(ctx context.Context, tx *db.Tx, w Widget, token, userID string) (visitor, error) {
	owner, err := oneVisitor(ctx, tx, "JOIN livechat_token t ON t.visitor_id = v.id WHERE t.hash = ?", hashOf(token))
	known := err == nil
	if err != nil && !errors.Is(err, ErrNoVisitor) {
		return owner, err
	}
	v, err := oneVisitor(ctx, tx, "WHERE v.widget_id = ? AND v.proved = ?", w.ID, userID)
	switch {
	case err != nil && !errors.Is(err, ErrNoVisitor):
		return v, err
	case known && (err != nil || owner.id != v.id):
		return v, ErrToken
	case known:
		return v, nil
	case err != nil:
		return s.addVisitorTx(ctx, tx, w, token, userID)
	}
	return v, s.addTokenTx(ctx, tx, v, token)
}

// tidy cuts a name that is too long and leaves out an address or a number that is none, or too long: without its end it is another one.
func (p Profile) tidy() Profile {
	line := func(text string) []rune { return []rune(strings.Join(strings.Fields(clean(text)), " ")) }
	whole := func(text string) string {
		r := line(text)
		if len(r) > maxProfile {
			return ""
		}
		return string(r)
	}
	name := line(p.Name)
	p.Name, p.Email, p.Phone = string(name[:min(len(name), maxProfile)]), whole(p.Email), whole(p.Phone)
	if a, err := mail.ParseAddress(p.Email); err != nil || a.Address != p.Email {
		p.Email = ""
	}
	if !strings.ContainsAny(p.Phone, "0123456789") {
		p.Phone = ""
	}
	return p
}

// over returns p with what is known already where it says nothing.
func (p Profile) over(known Profile) Profile {
	if p.Name == "" {
		p.Name = known.Name
	}
	if p.Email == "" {
		p.Email = known.Email
	}
	if p.Phone == "" {
		p.Phone = known.Phone
	}
	return p
}

// lacks returns the fault for what a visitor must tell before they write; form: it is the one for an answer later.
func (p Profile) lacks(set Settings, form bool) error {
	switch {
	case p.Name == "" && (set.Name == AskBefore || form):
		return ErrName
	case p.Email == "" && (set.Email == AskBefore || form):
		return ErrEmail
	case p.Phone == "" && set.Phone == AskBefore:
		return ErrPhone
	}
	return nil
}

// knowTx keeps what a visitor says of themselves. Who has a chat in the portal is renamed there too.
func (s *Service) knowTx(ctx context.Context, tx *db.Tx, w Widget, v *visitor, p Profile) error {
	next := p.tidy().over(v.profile)
	if next == v.profile {
		return nil
	}
	if err := s.lockTx(ctx, tx, *v); err != nil {
		return err
	}
	v.profile = next
	text, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE livechat_visitor SET profile = ? WHERE id = ?", string(text), v.id); err != nil {
		return fmt.Errorf("keep profile: %w", err)
	}
	if v.chatID == 0 {
		return nil
	}
	_, err = s.Conversations.OpenTx(ctx, tx, incoming(w, *v))
	return err
}

// lockTx locks the chat of a visitor. Whoever writes there locks the chat before the visitor's own row, and so does everything here.
func (s *Service) lockTx(ctx context.Context, tx *db.Tx, v visitor) error {
	if v.chatID == 0 {
		return nil
	}
	return s.Conversations.LockTx(ctx, tx, v.chatID)
}

// Tell keeps what a visitor says of themselves. Faults: ErrNoWidget, ErrToken, ErrNoVisitor; ErrEmail and ErrPhone for what is none.
func (s *Service) Tell(ctx context.Context, c Caller, p Profile) error {
	t := p.tidy()
	if strings.TrimSpace(p.Email) != "" && t.Email == "" {
		return ErrEmail
	}
	if strings.TrimSpace(p.Phone) != "" && t.Phone == "" {
		return ErrPhone
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		w, _, v, err := s.callerTx(ctx, tx, c)
		if err != nil {
			return err
		}
		if !s.limits.take(visitorRate, v.name) {
			return ErrTooMany
		}
		return s.knowTx(ctx, tx, w, &v, p)
	})
}
