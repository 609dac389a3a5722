package user

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// What a password hash costs: argon2id with these takes about 30 ms of one core.
const (
	hashMemory  = 19 * 1024 // KiB
	hashPasses  = 2
	hashThreads = 1
	hashBytes   = 32
	saltBytes   = 16
	maxHashing  = 2 // hashes computed at once, so that a flood of sign-ins takes no more than 38 MB
)

// The bounds of a password, in characters and bytes.
const (
	MinPassword = 8
	maxPassword = 1024
)

var (
	// ErrCurrent is returned by ChangePassword for a wrong current password.
	ErrCurrent = fault.New(fault.Invalid, "PASSWORD_CURRENT", "This is not your current password.").At("current")
	errSame    = fault.New(fault.Invalid, "PASSWORD_SAME", "The new password is the old one.").At("password")
	errLogin   = fault.New(fault.Invalid, "PASSWORD_LOGIN", "The password must not be the login or the e-mail address.").At("password")
	errLong    = fault.New(fault.Invalid, "PASSWORD_LONG", "The password is longer than 1024 bytes.").At("password")
)

// SetPassword sets the password of a person who may sign in and ends all their sessions. Faults: PASSWORD_SHORT,
// PASSWORD_LONG, USER_NOT_FOUND.
func (s *Service) SetPassword(ctx context.Context, id int64, password string) error {
	hash, err := s.newHash(ctx, password)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := storePassword(ctx, tx, id, hash); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "USER_PASSWORD_CHANGED", id, "Set a new password.")
	})
}

// ChangePassword sets the password of the user id, who knows the current one. Their sessions end, except the one that key
// names, which gets another token. Faults: PASSWORD_CURRENT, PASSWORD_SAME, PASSWORD_LOGIN, PASSWORD_SHORT, PASSWORD_LONG,
// TOO_MANY_ATTEMPTS, USER_NOT_FOUND.
func (s *Service) ChangePassword(ctx context.Context, id int64, current, password, key string) error {
	u, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	if err := s.countAttempt(ctx, codeAttempt(id)); err != nil {
		return err
	}
	ok, err := s.isPassword(ctx, id, current)
	switch {
	case err != nil:
		return err
	case !ok:
		return ErrCurrent
	case current == password:
		return errSame
	}
	hash, err := s.newHashFor(ctx, u, password)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.ForgetCodesTx(ctx, tx, id); err != nil {
			return err
		}
		return s.changePasswordTx(ctx, tx, id, hash, key)
	})
}

// changePasswordTx stores a password's hash and keeps the session that key names, under another token.
func (s *Service) changePasswordTx(ctx context.Context, tx *db.Tx, id int64, hash, key string) error {
	if err := writePassword(ctx, tx, id, hash); err != nil {
		return err
	}
	if _, err := s.endOthersTx(ctx, tx, id, key); err != nil {
		return err
	}
	if err := renewTx(ctx, tx, id); err != nil {
		return err
	}
	return s.noteTx(ctx, tx, "USER_PASSWORD_CHANGED", id, "Changed the password.")
}

// ReplacePassword sets the password of the user id, who has just proved who they are and must not keep the old one. Their
// sessions end. Faults: PASSWORD_SAME, PASSWORD_LOGIN, PASSWORD_SHORT, PASSWORD_LONG, USER_NOT_FOUND.
func (s *Service) ReplacePassword(ctx context.Context, id int64, password string) error {
	u, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	same, err := s.isPassword(ctx, id, password)
	if err == nil && same {
		err = errSame
	}
	if err != nil {
		return err
	}
	hash, err := s.newHashFor(ctx, u, password)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.changePasswordTx(ctx, tx, id, hash, "") })
}

// isPassword reports whether the user id has the password.
func (s *Service) isPassword(ctx context.Context, id int64, password string) (bool, error) {
	var stored string
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT password FROM portal_user WHERE id = ?", id).Scan(&stored)
	})
	if err != nil {
		return false, fmt.Errorf("read password: %w", err)
	}
	return s.verify(ctx, password, stored)
}

// newHashFor is newHash, which also refuses what everybody would try first.
func (s *Service) newHashFor(ctx context.Context, u User, password string) (string, error) {
	if f := fold(password); f == fold(u.Login) || u.Email != "" && f == fold(u.Email) {
		return "", errLogin
	}
	return s.newHash(ctx, password)
}

// MustChange reports whether the user id is to choose a new password at the next sign-in.
func (s *Service) MustChange(ctx context.Context, id int64) (must bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT must_change FROM portal_user WHERE id = ?", id).Scan(&must)
	})
	if err != nil {
		return false, fmt.Errorf("read password: %w", err)
	}
	return must, nil
}

// AskForPassword has the user id choose a new password at the next sign-in. Fault: USER_NOT_FOUND.
func (s *Service) AskForPassword(ctx context.Context, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE portal_user SET must_change = 1 WHERE id = ? AND kind IN ('employee', 'extranet')", id)
		if err != nil {
			return fmt.Errorf("ask for a password: %w", err)
		}
		if n == 0 {
			return ErrNotFound
		}
		return nil
	})
}

// HasPassword reports whether the user id can sign in with a password.
func (s *Service) HasPassword(ctx context.Context, id int64) (has bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT CASE WHEN password = '' THEN 0 ELSE 1 END FROM portal_user WHERE id = ?", id).Scan(&has)
	})
	if err != nil {
		return false, fmt.Errorf("read password: %w", err)
	}
	return has, nil
}

// storePassword stores a password's hash and ends what was opened without it: sessions, and a link to set one.
func storePassword(ctx context.Context, tx *db.Tx, id int64, hash string) error {
	if err := writePassword(ctx, tx, id, hash); err != nil {
		return err
	}
	return endSessions(ctx, tx, id)
}

// writePassword stores a password's hash; a link to set one is over, and nobody asks for another.
func writePassword(ctx context.Context, tx *db.Tx, id int64, hash string) error {
	n, err := tx.Exec(ctx, "UPDATE portal_user SET password = ?, must_change = 0 WHERE id = ? AND kind IN ('employee', 'extranet')", hash, id)
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	return dropLink(ctx, tx, id)
}

// newHash checks a new password and returns its hash in the PHC form, "$argon2id$v=19$m=…,t=…,p=…$salt$hash".
func (s *Service) newHash(ctx context.Context, password string) (string, error) {
	rules, err := s.rules(ctx)
	if err != nil {
		return "", err
	}
	if least := max(MinPassword, rules.MinPassword); utf8.RuneCountInString(password) < least {
		return "", fault.Newf(fault.Invalid, "PASSWORD_SHORT", "The password needs at least %d characters.", least).At("password")
	}
	if len(password) > maxPassword {
		return "", errLong
	}
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	p := passwordHash{memory: hashMemory, passes: hashPasses, threads: hashThreads, salt: salt}
	key, err := s.derive(ctx, password, p, hashBytes)
	p.key = key
	return p.String(), err
}

// passwordHash is a hash with what it was made with.
type passwordHash struct {
	memory, passes uint32
	threads        uint8
	salt, key      []byte
}

// nobody is compared with where there is no password, so that an unknown login takes as long as a known one.
var nobody = passwordHash{
	memory: hashMemory, passes: hashPasses, threads: hashThreads, salt: make([]byte, saltBytes), key: make([]byte, hashBytes),
}

// String returns the hash in the PHC form.
func (p passwordHash) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.threads,
		b64.EncodeToString(p.salt), b64.EncodeToString(p.key))
}

func parseHash(text string) (passwordHash, bool) {
	var p passwordHash
	var version int
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return p, false
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return p, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.threads); err != nil {
		return p, false
	}
	var err error
	if p.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return p, false
	}
	if p.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(p.key) == 0 {
		return p, false
	}
	return p, p.passes > 0 && p.threads > 0
}

// verify reports whether password belongs to stored. It takes the same time whether there is a hash or not.
func (s *Service) verify(ctx context.Context, password, stored string) (bool, error) {
	p, known := parseHash(stored)
	if !known {
		p = nobody
	}
	if len(password) > maxPassword {
		password, known = password[:maxPassword], false
	}
	key, err := s.derive(ctx, password, p, uint32(len(p.key))) //nolint:gosec // 32, or what was stored
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, p.key) == 1 && known, nil
}

// derive waits for its turn: each computation takes hashMemory.
func (s *Service) derive(ctx context.Context, password string, p passwordHash, size uint32) ([]byte, error) {
	select {
	case s.hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.hashing }()
	return argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.threads, size), nil
}
