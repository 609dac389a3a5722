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
	errShort = fault.New(fault.Invalid, "PASSWORD_SHORT", "The password needs at least 8 characters.").At("password")
	errLong  = fault.New(fault.Invalid, "PASSWORD_LONG", "The password is longer than 1024 bytes.").At("password")
)

// SetPassword sets the password of a person who may sign in and ends all their sessions. Faults: PASSWORD_SHORT,
// PASSWORD_LONG, USER_NOT_FOUND.
func (s *Service) SetPassword(ctx context.Context, id int64, password string) error {
	hash, err := s.newHash(ctx, password)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return storePassword(ctx, tx, id, hash) })
}

// storePassword stores a password's hash and ends what was opened without it: sessions, and a link to set one.
func storePassword(ctx context.Context, tx *db.Tx, id int64, hash string) error {
	n, err := tx.Exec(ctx, "UPDATE portal_user SET password = ? WHERE id = ? AND kind IN ('employee', 'extranet')", hash, id)
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	if err := dropLink(ctx, tx, id); err != nil {
		return err
	}
	return endSessions(ctx, tx, id)
}

// newHash checks a new password and returns its hash in the PHC form, "$argon2id$v=19$m=…,t=…,p=…$salt$hash".
func (s *Service) newHash(ctx context.Context, password string) (string, error) {
	if utf8.RuneCountInString(password) < MinPassword {
		return "", errShort
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
