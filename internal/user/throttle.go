package user

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// How many failed sign-ins are taken within attemptWindow. The limit on a login from everywhere is wide, so that a
// stranger cannot easily lock somebody out.
const (
	attemptWindow   = 15 * time.Minute
	maxPairAttempts = 10  // of one login from one address
	maxFromAddress  = 50  // from one address
	maxOfLogin      = 200 // of one login
	maxCodes        = 10  // codes of the second factor of one person
)

// attempt is a try to sign in, by the subjects whose tries are counted.
type attempt struct {
	subjects []string
	limits   []int64
}

func newAttempt(login, address string) attempt {
	sum := sha256.Sum256([]byte(fold(login))) // of any length, and nothing typed by mistake is kept
	l, a := hex.EncodeToString(sum[:16]), network(address)
	return attempt{
		subjects: []string{"pair " + l + " " + a, "address " + a, "login " + l},
		limits:   []int64{maxPairAttempts, maxFromAddress, maxOfLogin},
	}
}

// CountCode counts a try at the second factor of the user id. Fault: TOO_MANY_ATTEMPTS.
func (s *Service) CountCode(ctx context.Context, id int64) error {
	return s.countAttempt(ctx, codeAttempt(id))
}

// ForgetCodesTx takes back the tries at the second factor of the user id, after a right one.
func (s *Service) ForgetCodesTx(ctx context.Context, tx *db.Tx, id int64) error {
	return codeAttempt(id).forget(ctx, tx)
}

func codeAttempt(id int64) attempt {
	return attempt{subjects: []string{"code " + strconv.FormatInt(id, 10)}, limits: []int64{maxCodes}}
}

// network returns the address, or the /64 of an IPv6 one: that much belongs to a single customer.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return clean(address)
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	p, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return ip.String()
	}
	return p.String()
}

// countAttempt counts the try before the password is looked at, so that tries made at once count too. Fault:
// TOO_MANY_ATTEMPTS.
func (s *Service) countAttempt(ctx context.Context, a attempt) error {
	now := s.clock.Now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Later(ctx, "DELETE FROM sign_in_attempt WHERE since <= ?", db.Micro(now.Add(-attemptWindow))); err != nil {
			return fmt.Errorf("forget attempts: %w", err)
		}
		for i, subject := range a.subjects {
			n, since, err := a.read(ctx, tx, subject)
			if err != nil {
				return err
			}
			if n >= a.limits[i] {
				return tooMany(since.Add(attemptWindow).Sub(now))
			}
		}
		for _, subject := range a.subjects {
			err := tx.Later(ctx, `INSERT INTO sign_in_attempt (subject, attempts, since) VALUES (?, 1, ?)
				ON CONFLICT (subject) DO UPDATE SET attempts = sign_in_attempt.attempts + 1`, subject, db.Micro(now))
			if err != nil {
				return fmt.Errorf("count attempt: %w", err)
			}
		}
		return nil
	})
}

func (attempt) read(ctx context.Context, tx *db.Tx, subject string) (n int64, since time.Time, err error) {
	err = each(ctx, tx, "SELECT attempts, since FROM sign_in_attempt WHERE subject = ?", []any{subject}, func(rows *sql.Rows) error {
		var micro int64
		err := rows.Scan(&n, &micro)
		since = db.Time(micro)
		return err
	})
	if err != nil {
		return 0, since, fmt.Errorf("read attempts: %w", err)
	}
	return n, since, nil
}

func tooMany(wait time.Duration) error {
	minutes := max(1, int(math.Ceil(wait.Minutes())))
	unit := "minutes"
	if minutes == 1 {
		unit = "minute"
	}
	return fault.Newf(fault.Denied, "TOO_MANY_ATTEMPTS", "Too many attempts. Try again in %d %s.", minutes, unit)
}

// forget takes back what a successful sign-in counted, and the failures of the login from this address before it.
func (a attempt) forget(ctx context.Context, tx *db.Tx) error {
	if err := tx.Later(ctx, "DELETE FROM sign_in_attempt WHERE subject = ?", a.subjects[0]); err != nil {
		return fmt.Errorf("forget attempts: %w", err)
	}
	for _, subject := range a.subjects[1:] {
		err := tx.Later(ctx, "UPDATE sign_in_attempt SET attempts = attempts - 1 WHERE subject = ? AND attempts > 0", subject)
		if err != nil {
			return fmt.Errorf("forget attempt: %w", err)
		}
	}
	return nil
}
