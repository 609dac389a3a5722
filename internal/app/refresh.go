package app

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
)

// refreshGrace is how long after its use a refresh token still leads to the pair that it was exchanged for.
const refreshGrace = time.Minute

// maxSuccession bounds how many exchanges within one grace are followed.
const maxSuccession = 16

// errStale is a refresh token that was used before, longer ago than refreshGrace.
var errStale = errors.New("refresh token was used before")

// refreshTx exchanges a refresh token, or finds what it was exchanged for a moment ago. Errors: ErrGrant, errStale.
func (s *Service) refreshTx(ctx context.Context, tx *db.Tx, c client, token string) (pair, int64, error) {
	spent, err := s.spendTx(ctx, tx, c.id, token)
	if errors.Is(err, db.ErrNoRows) {
		return s.repeatTx(ctx, tx, c, token)
	}
	if err != nil {
		return pair{}, 0, fmt.Errorf("spend refresh token: %w", err)
	}
	if err := s.mayActTx(ctx, tx, spent.userID); err != nil {
		return pair{}, 0, err
	}
	p, err := s.renewTx(ctx, tx, c.id, spent.userID, pair{codeID: spent.codeID})
	if err != nil {
		return pair{}, 0, err
	}
	s.changedTx(tx)
	sealed, err := seal(token, p)
	if err == nil {
		_, err = tx.Exec(ctx, "UPDATE app_token SET successor = ? WHERE id = ?", sealed, spent.id)
	}
	return p, spent.userID, err
}

// spentToken is the row of a refresh token that was used.
type spentToken struct {
	id, userID, codeID int64
}

// spendTx makes a refresh token of an application useless. It fails with db.ErrNoRows where there is none to spend.
func (s *Service) spendTx(ctx context.Context, tx *db.Tx, appID int64, token string) (t spentToken, err error) {
	now, hash := s.clock.Now(), hashOf(token)
	err = tx.QueryRow(ctx, `UPDATE app_token SET refresh_hash = NULL, spent_hash = ?, spent_at = ?, purge_at = ?
		WHERE refresh_hash = ? AND app_id = ? AND refresh_until > ? RETURNING id, user_id, code_id`,
		hash, db.Micro(now), db.Micro(now.Add(keepSpent)), hash, appID, db.Micro(now)).Scan(&t.id, &t.userID, &t.codeID)
	return t, err
}

func (s *Service) mayActTx(ctx context.Context, tx *db.Tx, userID int64) error {
	who, err := s.users.AccessTx(ctx, tx, userID)
	if err != nil {
		return fmt.Errorf("access of user %d: %w", userID, err)
	}
	if !who.Active {
		return ErrGrant
	}
	return nil
}

// repeatTx answers a refresh token that was used before. Within the grace it leads to the newest pair that came of it, unless
// that was revoked. Errors: ErrGrant, errStale.
func (s *Service) repeatTx(ctx context.Context, tx *db.Tx, c client, token string) (pair, int64, error) {
	now := s.clock.Now()
	var p pair
	var userID int64
	for range maxSuccession {
		var spentAt int64
		var sealed []byte
		err := tx.QueryRow(ctx, "SELECT user_id, spent_at, successor FROM app_token WHERE spent_hash = ? AND app_id = ?",
			hashOf(token), c.id).Scan(&userID, &spentAt, &sealed)
		if errors.Is(err, db.ErrNoRows) {
			break
		}
		if err != nil {
			return pair{}, 0, fmt.Errorf("find used refresh token: %w", err)
		}
		if now.Sub(db.Time(spentAt)) > refreshGrace {
			if err := s.noteRaceTx(ctx, tx, c, userID, Late); err != nil {
				return pair{}, 0, err
			}
			return pair{}, 0, errStale
		}
		if p, err = unseal(token, sealed); err != nil {
			return pair{}, 0, err
		}
		token = p.refresh
	}
	if p.access == "" {
		return pair{}, 0, ErrGrant
	}
	if err := s.stillGoodTx(ctx, tx, p, userID); err != nil {
		return pair{}, 0, err
	}
	return p, userID, s.noteRaceTx(ctx, tx, c, userID, AtOnce)
}

// stillGoodTx reports with ErrGrant that a pair was revoked meanwhile, or its user dismissed.
func (s *Service) stillGoodTx(ctx context.Context, tx *db.Tx, p pair, userID int64) error {
	var there bool
	err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM app_token WHERE access_hash = ? AND refresh_hash = ?)",
		hashOf(p.access), hashOf(p.refresh)).Scan(&there)
	if err != nil {
		return fmt.Errorf("find pair: %w", err)
	}
	if !there {
		return ErrGrant
	}
	return s.mayActTx(ctx, tx, userID)
}

// seal hides a pair so that only who has the refresh token that it was given for can read it: tokens are not stored readable.
func seal(refreshToken string, p pair) ([]byte, error) {
	box, err := boxOf(refreshToken)
	if err != nil {
		return nil, err
	}
	text := strings.Join([]string{p.access, p.refresh, strconv.FormatInt(db.Micro(p.until), 10)}, " ")
	return box.Seal(nil, nil, []byte(text), nil), nil
}

func unseal(refreshToken string, sealed []byte) (pair, error) {
	box, err := boxOf(refreshToken)
	if err != nil {
		return pair{}, err
	}
	text, err := box.Open(nil, nil, sealed, nil)
	if err != nil {
		return pair{}, fmt.Errorf("open the successor of a refresh token: %w", err)
	}
	parts := strings.Fields(string(text))
	if len(parts) != 3 {
		return pair{}, errors.New("the successor of a refresh token is broken")
	}
	until, err := strconv.ParseInt(parts[2], 10, 64)
	return pair{access: parts[0], refresh: parts[1], until: db.Time(until)}, err
}

// boxOf returns what seals with a refresh token, which is random and long, as the key.
func boxOf(refreshToken string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(refreshToken), nil, "portico refresh successor", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// RaceKind says how a refresh token came a second time.
type RaceKind string

// The kinds of races.
const (
	AtOnce RaceKind = "at_once" // within refreshGrace: several processes refresh at once; all got the same pair
	Late   RaceKind = "late"    // later: a process works with tokens that another one has replaced; it was refused
)

// Race tells of refresh tokens of a person that an application used more than once.
type Race struct {
	UserID int64
	Kind   RaceKind
	Times  int64
	Last   time.Time
}

// tellEvery is how often a race that goes on is written into the audit log.
const tellEvery = 24 * time.Hour

// noteRaceTx counts a race, and writes it into the audit log at the first time and once a day.
func (s *Service) noteRaceTx(ctx context.Context, tx *db.Tx, c client, userID int64, kind RaceKind) error {
	now := s.clock.Now()
	var told int64
	err := tx.QueryRow(ctx, `INSERT INTO app_race (app_id, user_id, kind, times, last_at, told_at) VALUES (?, ?, ?, 1, ?, 0)
		ON CONFLICT (app_id, user_id, kind) DO UPDATE SET times = app_race.times + 1, last_at = excluded.last_at RETURNING told_at`,
		c.id, userID, string(kind), db.Micro(now)).Scan(&told)
	if err != nil {
		return fmt.Errorf("note race of tokens: %w", err)
	}
	if told != 0 && now.Sub(db.Time(told)) < tellEvery {
		return nil
	}
	if _, err := tx.Exec(ctx, "UPDATE app_race SET told_at = ? WHERE app_id = ? AND user_id = ? AND kind = ?",
		db.Micro(now), c.id, userID, string(kind)); err != nil {
		return fmt.Errorf("note race of tokens: %w", err)
	}
	text := fmt.Sprintf("%s refreshed one token twice within a minute. Both calls got the same new tokens.", c.name)
	if kind == Late {
		text = fmt.Sprintf("%s came again with a refresh token that it had used before, and was refused. A part of it works with old tokens.", c.name)
	}
	return s.recordTx(ctx, tx, entry{"APP_TOKEN_RACE", c.id, audit.Warning, text})
}

// raceShown is for how long after its last time a race is told of.
const raceShown = 30 * 24 * time.Hour

// Races returns the races of an application's tokens in the last 30 days, the latest first.
func (s *Service) Races(ctx context.Context, appID int64) (out []Race, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT user_id, kind, times, last_at FROM app_race WHERE app_id = ? AND last_at > ?
			ORDER BY last_at DESC, user_id`, appID, db.Micro(s.clock.Now().Add(-raceShown)))
		out, err = collect(rows, err, func(r scanner) (race Race, err error) {
			var last int64
			err = r.Scan(&race.UserID, &race.Kind, &race.Times, &last)
			race.Last = db.Time(last)
			return race, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("races of application %d: %w", appID, err)
	}
	return out, nil
}
