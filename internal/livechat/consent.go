package livechat

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
)

// Given is that a visitor says they agree.
type Given struct {
	Yes     bool
	Version int64  // of the Terms that they saw; 0: they saw a text of the line
	Page    string // of the site, on which they are
}

// wanted is what visitors of a line have to agree to.
type wanted struct {
	key   string // under which it is kept that somebody did; empty: nothing is wanted
	text  string
	terms *Terms // nil: text is the line's own
}

// versionKey begins the key of an agreement; the hash of a text has no such letter.
const versionKey = "v"

func (s *Service) wantedTx(ctx context.Context, tx *db.Tx, l line.Line) (wanted, error) {
	if !l.Agreement {
		return wanted{}, nil
	}
	if l.AgreementID != 0 && s.Agreements != nil {
		t, ok, err := s.Agreements.TermsTx(ctx, tx, l.AgreementID)
		if err != nil {
			return wanted{}, fmt.Errorf("agreement of line %d: %w", l.ID, err)
		}
		if ok {
			return wanted{key: versionKey + strconv.FormatInt(t.Version, 10), text: t.Label, terms: &t}, nil
		}
	}
	if strings.TrimSpace(l.AgreementText) == "" {
		return wanted{}, nil
	}
	return wanted{key: hashOf(l.AgreementText)[:32], text: l.AgreementText}, nil
}

// agreeTx checks that a visitor has agreed to what their line wants, or does so now. It returns the terms to which they agreed just now, of
// which consentTx keeps a consent.
func (s *Service) agreeTx(ctx context.Context, tx *db.Tx, l line.Line, v *visitor, now Given) (*Terms, error) {
	want, err := s.wantedTx(ctx, tx, l)
	if err != nil || want.key == "" || v.consent == want.key {
		return nil, err
	}
	if !now.Yes || want.terms != nil && want.terms.Version != now.Version {
		return nil, ErrConsent
	}
	v.consent = want.key
	_, err = tx.Exec(ctx, "UPDATE livechat_visitor SET consent = ?, consent_at = ? WHERE id = ?", want.key, db.Micro(s.now()), v.id)
	if err != nil {
		return nil, fmt.Errorf("keep consent: %w", err)
	}
	return want.terms, nil
}

// consentTx keeps that a visitor, who has a place in the portal by now, agreed to t; nil: they did not just now.
func (s *Service) consentTx(ctx context.Context, tx *db.Tx, t *Terms, v visitor, c Caller, page string) error {
	if t == nil {
		return nil
	}
	who := v.profile.Email
	if who == "" {
		who = v.name
	}
	if err := s.Agreements.ConsentTx(ctx, tx, Consent{Terms: *t, UserID: v.userID, Address: c.Address, Page: page, VisitorID: who}); err != nil {
		return fmt.Errorf("keep consent: %w", err)
	}
	return nil
}

// Agreed is to what a client agreed last.
type Agreed struct {
	At      time.Time // zero: they never did
	Current bool      // it is still what visitors have to agree to
	Name    string    // of an agreement; empty: it was a text of the line
	URL     string    // where it is read
}

// Agreed returns to what a client of a line agreed last, of what visitors of it have to agree to.
func (s *Service) Agreed(ctx context.Context, userID, lineID int64) (a Agreed, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err = s.agreedTx(ctx, tx, userID, lineID)
		return err
	})
	return a, err
}

func (s *Service) agreedTx(ctx context.Context, tx *db.Tx, userID, lineID int64) (a Agreed, err error) {
	var to string
	var when int64
	err = tx.QueryRow(ctx, `SELECT v.consent, v.consent_at FROM livechat_visitor v JOIN livechat_widget w ON w.id = v.widget_id
		WHERE v.user_id <> 0 AND v.user_id = ? AND w.line_id = ? AND v.consent_at > 0 ORDER BY v.consent_at DESC LIMIT 1`, userID, lineID).Scan(&to, &when)
	if errors.Is(err, db.ErrNoRows) {
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("read consent: %w", err)
	}
	a.At = db.Time(when)
	if version, ok := strings.CutPrefix(to, versionKey); ok && s.Agreements != nil {
		id, err := strconv.ParseInt(version, 10, 64)
		if err != nil {
			return a, fmt.Errorf("consent %q: %w", to, err)
		}
		t, _, err := s.Agreements.VersionTx(ctx, tx, id)
		if err != nil {
			return a, err
		}
		a.Name, a.URL = t.Name, t.URL
	}
	l, err := s.Lines.GetTx(ctx, tx, lineID)
	if fault.KindOf(err) == fault.NotFound {
		return a, nil
	}
	if err != nil {
		return a, err
	}
	want, err := s.wantedTx(ctx, tx, l)
	a.Current = want.key == to
	return a, err
}
