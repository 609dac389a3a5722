package signin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// Code is what somebody answers to the question for a code.
type Code struct {
	Code     string // of the app; or
	Recovery string // a recovery code
	Trust    bool   // do not ask on this device for a while
}

// EnterCode goes on with a step that asks for a code. Faults: SIGN_IN_OVER, CODE_WRONG, RECOVERY_WRONG, TOO_MANY_ATTEMPTS,
// NO_SECRET_KEY.
func (s *Service) EnterCode(ctx context.Context, token string, c Code, b Browser) (Outcome, error) {
	p, err := s.at(ctx, token, NeedCode)
	if err != nil {
		return Outcome{}, err
	}
	if c.Recovery != "" {
		err = s.useRecovery(ctx, p.user, c.Recovery)
	} else {
		err = s.checkCode(ctx, p.user.ID, c.Code)
	}
	if err != nil {
		return Outcome{}, err
	}
	p.passed = true
	out, err := s.goOn(ctx, p, token, b)
	if err != nil || !c.Trust {
		return out, err
	}
	out.Device, out.DeviceLife, err = s.trust(ctx, p.user, b)
	return out, err
}

// EnterFactor sets up the second factor that a step asks for and goes on. Faults: SIGN_IN_OVER, and those of Enrol.
func (s *Service) EnterFactor(ctx context.Context, token, code string, b Browser) (Outcome, error) {
	p, err := s.at(ctx, token, NeedFactor)
	if err != nil {
		return Outcome{}, err
	}
	codes, err := s.Enrol(ctx, p.user, code)
	if err != nil {
		return Outcome{}, err
	}
	p.passed = true
	out, err := s.goOn(ctx, p, token, b)
	out.Recovery = codes
	return out, err
}

// Device is a browser that is not asked for codes.
type Device struct {
	Key              string // names it to Distrust
	UserAgent        string
	Address          string
	Created, Expires time.Time
}

// Name returns the browser and the system in words.
func (d Device) Name() string { return user.Device(d.UserAgent) }

// trust makes the browser one that is not asked for codes, where the policy lets it.
func (s *Service) trust(ctx context.Context, u user.User, b Browser) (token string, life time.Duration, err error) {
	p, err := s.Policy(ctx)
	if err != nil || p.TrustDays == 0 {
		return "", 0, err
	}
	token, life = rand.Text(), time.Duration(p.TrustDays)*24*time.Hour
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		now := s.clock.Now()
		if _, err := tx.Exec(ctx, "DELETE FROM trusted_device WHERE expires <= ?", db.Micro(now)); err != nil {
			return fmt.Errorf("forget devices: %w", err)
		}
		_, err := tx.Exec(ctx, "INSERT INTO trusted_device (token, user_id, user_agent, address, created, expires) VALUES (?, ?, ?, ?, ?, ?)",
			hash(token), u.ID, cut(b.UserAgent), cut(b.Address), db.Micro(now), db.Micro(now.Add(life)))
		if err != nil {
			return fmt.Errorf("trust device: %w", err)
		}
		return s.noteTx(ctx, tx, "DEVICE_TRUSTED", u.ID, u.ID, u.DisplayName()+" trusts "+user.Device(b.UserAgent)+".")
	})
	return token, life, err
}

// cut bounds what a browser says of itself, as text that every database takes.
func cut(text string) string { return user.CleanText(text, 400) }

// trusted reports whether the user id trusts the device of token. A policy that shortens the trust holds for those that
// are trusted already.
func (s *Service) trusted(ctx context.Context, id int64, token string) (bool, error) {
	if token == "" {
		return false, nil
	}
	p, err := s.Policy(ctx)
	if err != nil {
		return false, err
	}
	now := s.clock.Now()
	var n int64
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM trusted_device WHERE token = ? AND user_id = ? AND expires > ? AND created > ?",
			hash(token), id, db.Micro(now), db.Micro(now.AddDate(0, 0, -int(p.TrustDays)))).Scan(&n)
	})
	if err != nil {
		return false, fmt.Errorf("look for device: %w", err)
	}
	return n > 0, nil
}

// Devices returns the browsers that the user id trusts, the newest first.
func (s *Service) Devices(ctx context.Context, id int64) (out []Device, err error) {
	p, err := s.Policy(ctx)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		out = nil
		rows, err := tx.Query(ctx, `SELECT token, user_agent, address, created, expires FROM trusted_device
			WHERE user_id = ? AND expires > ? AND created > ? ORDER BY created DESC, token`, id, db.Micro(now),
			db.Micro(now.AddDate(0, 0, -int(p.TrustDays))))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var d Device
			var created, expires int64
			if err := rows.Scan(&d.Key, &d.UserAgent, &d.Address, &created, &expires); err != nil {
				return err
			}
			d.Created, d.Expires = db.Time(created), db.Time(expires)
			out = append(out, d)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read devices: %w", err)
	}
	return out, nil
}

// Distrust has the device that key names be asked for codes again; an empty key means all of the user id.
func (s *Service) Distrust(ctx context.Context, id int64, key string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM trusted_device WHERE user_id = ? AND (token = ? OR ? = '')", id, key, key)
		if err != nil {
			return fmt.Errorf("distrust: %w", err)
		}
		if n == 0 {
			return nil
		}
		return s.noteTx(ctx, tx, "DEVICE_DISTRUSTED", id, id, "Does not trust a device any more.")
	})
}
