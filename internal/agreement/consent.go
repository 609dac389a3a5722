package agreement

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// Consent is that somebody agreed. Page: api-reference/user-consent/user-consent-consent-add.md.
type Consent struct {
	ID          int64
	AgreementID int64
	VersionID   int64 // to what; of a new one 0: to the newest version
	Number      int64 // of the version
	At          time.Time
	UserID      int64  // of the portal; 0: nobody it knows
	Who         string // the name by which they were known then
	IP          string
	URL         string // of the page
	OriginID    string // the source, e.g. a form
	Originator  string // what of the source, e.g. an e-mail address
}

// The limits of a consent's texts, in characters.
const (
	MaxURL    = 2000
	MaxOrigin = 255
)

// The faults of consents. Page: api-reference/user-consent/user-consent-consent-add.md.
var (
	ErrIP     = fault.Argument("IP", "Parameter `IP` must be an IP address such as 192.0.2.1 or 2001:db8::1.")
	errURL    = fault.Argument("URL", "Parameter `URL` has at most "+strconv.Itoa(MaxURL)+" characters.")
	errOrigin = fault.Argument("ORIGIN_ID", "Parameter `ORIGIN_ID` has at most "+strconv.Itoa(MaxOrigin)+" characters.")
	errSource = fault.Argument("ORIGINATOR_ID", "Parameter `ORIGINATOR_ID` has at most "+strconv.Itoa(MaxOrigin)+" characters.")
)

// ErrNoUser returns the fault of a user who does not exist.
func ErrNoUser(id int64) error {
	return fault.Argument("USER_ID", "User with id `"+strconv.FormatInt(id, 10)+"` not found.")
}

// Consent keeps that somebody agreed, and returns its id. It is kept of an agreement that is switched off as well: it was given.
// Faults: AGREEMENT_NOT_FOUND, ERROR_ARGUMENT.
func (s *Service) Consent(ctx context.Context, c Consent) (id int64, err error) {
	if strings.TrimSpace(c.IP) == "" {
		return 0, ErrIP
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		id, err = s.ConsentTx(ctx, tx, c)
		return err
	})
	return id, err
}

// ConsentTx is Consent inside a transaction. The IP address may be empty where nobody knows it.
func (s *Service) ConsentTx(ctx context.Context, tx *db.Tx, c Consent) (int64, error) {
	if err := c.clean(); err != nil {
		return 0, err
	}
	a, err := s.GetTx(ctx, tx, c.AgreementID)
	if err != nil {
		return 0, err
	}
	if c.VersionID == 0 {
		c.VersionID = a.Version.ID
	}
	if c.UserID != 0 {
		known, err := s.Users.ManyTx(ctx, tx, []int64{c.UserID})
		if err != nil {
			return 0, err
		}
		u, ok := known[c.UserID]
		if !ok {
			return 0, ErrNoUser(c.UserID)
		}
		if c.Who == "" {
			c.Who = u.DisplayName()
		}
	}
	c.At = s.Clock.Now().UTC()
	id, err := tx.Insert(ctx, `INSERT INTO agreement_consent (agreement_id, version_id, at, user_id, who, ip, url, origin_id, originator_id, needle)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, c.AgreementID, c.VersionID, db.Micro(c.At), c.UserID, c.Who, c.IP, c.URL, c.OriginID, c.Originator, c.needle())
	if err != nil {
		return 0, fmt.Errorf("insert consent: %w", err)
	}
	return id, nil
}

// clean puts c into the form in which it is kept.
func (c *Consent) clean() error {
	if c.IP != "" {
		ip, err := netip.ParseAddr(strings.TrimSpace(c.IP))
		if err != nil || ip.Zone() != "" {
			return ErrIP
		}
		c.IP = ip.Unmap().String()
	}
	switch {
	case !plain(c.URL, MaxURL):
		return errURL
	case !plain(c.OriginID, MaxOrigin):
		return errOrigin
	case !plain(c.Originator, MaxOrigin):
		return errSource
	}
	return nil
}

// needle is what a consent is found by.
func (c *Consent) needle() string {
	return strings.ToLower(strings.Join([]string{c.Who, c.IP, c.URL, c.OriginID, c.Originator}, "\n"))
}

// Query says which consents are shown, the newest first.
type Query struct {
	AgreementID int64
	Text        string // part of who, the address, the page or the source, in any case
	Before      int64  // older than this one; 0: from the newest
	Limit       int    // 0 is 50
}

const (
	defaultPage = 50
	exportPart  = 1000
)

func (q Query) where() (string, []any) {
	where, args := "c.agreement_id = ?", []any{q.AgreementID}
	if text := strings.ToLower(strings.TrimSpace(q.Text)); text != "" {
		where += ` AND c.needle LIKE ? ESCAPE '\'`
		args = append(args, "%"+db.Like(text)+"%")
	}
	return where, args
}

// Consents returns a page of consents and whether there are more.
func (s *Service) Consents(ctx context.Context, q Query) (out []Consent, more bool, err error) {
	if q.Limit <= 0 {
		q.Limit = defaultPage
	}
	where, args := q.where()
	if q.Before > 0 {
		where += " AND c.id < ?"
		args = append(args, q.Before)
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = consentsTx(ctx, tx, "WHERE "+where+" ORDER BY c.id DESC LIMIT ?", append(args, q.Limit+1)...)
		return err
	})
	if err != nil || len(out) <= q.Limit {
		return out, false, err
	}
	return out[:q.Limit], true, nil
}

// Count returns how many consents q lets through, whatever page it asks for.
func (s *Service) Count(ctx context.Context, q Query) (n int64, err error) {
	where, args := q.where()
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM agreement_consent c WHERE "+where, args...).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count consents: %w", err)
	}
	return n, nil
}

// Counts returns how many consents each agreement has.
func (s *Service) Counts(ctx context.Context) (out map[int64]int64, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = map[int64]int64{}
		rows, err := tx.Query(ctx, "SELECT agreement_id, COUNT(*) FROM agreement_consent GROUP BY agreement_id")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, n int64
			if err := rows.Scan(&id, &n); err != nil {
				return err
			}
			out[id] = n
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("count consents: %w", err)
	}
	return out, nil
}

// Each calls f for every consent of q, in parts, so that no transaction lasts as long as somebody reads the export.
func (s *Service) Each(ctx context.Context, q Query, f func(Consent) error) error {
	q.Limit = exportPart
	for {
		page, more, err := s.Consents(ctx, q)
		if err != nil {
			return err
		}
		for _, c := range page {
			if err := f(c); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		q.Before = page[len(page)-1].ID
	}
}

func consentsTx(ctx context.Context, tx *db.Tx, rest string, args ...any) (out []Consent, err error) {
	rows, err := tx.Query(ctx, `SELECT c.id, c.agreement_id, c.version_id, v.number, c.at, c.user_id, c.who, c.ip, c.url, c.origin_id, c.originator_id
		FROM agreement_consent c JOIN agreement_version v ON v.id = c.version_id `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("read consents: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var c Consent
		var at int64
		if err := rows.Scan(&c.ID, &c.AgreementID, &c.VersionID, &c.Number, &at, &c.UserID, &c.Who, &c.IP, &c.URL, &c.OriginID, &c.Originator); err != nil {
			return nil, fmt.Errorf("read consents: %w", err)
		}
		c.At = db.Time(at)
		out = append(out, c)
	}
	return out, rows.Err()
}
