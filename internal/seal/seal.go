// Package seal encrypts the few secrets that a portal must be able to read again: the keys of second factors and the
// client secret of the identity provider. Their key is kept apart from the database, so that a copy of the database alone,
// a backup on a shelf or a dump sent to somebody, opens none of them.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KeySize is how many bytes a key has.
const KeySize = 32

// version begins what Seal returns, so that another way can follow.
const version = "s1."

var (
	// ErrNoKey is returned by a nil Box: the server was given no key.
	ErrNoKey = errors.New("there is no key for secrets")
	// ErrBroken is returned for what was not sealed with this key, or was changed since.
	ErrBroken = errors.New("the secret cannot be opened with this key")
	errKey    = errors.New("a key for secrets is 64 hexadecimal digits")
)

// Box seals and opens with one key. It is safe for use by several goroutines. A nil Box has no key.
type Box struct{ aead cipher.AEAD }

// New returns a box with a key of KeySize bytes.
func New(key []byte) (*Box, error) {
	if len(key) != KeySize {
		return nil, errKey
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Box{aead}, err
}

// Seal returns secret as a text that Open turns back with the same about: what it is and whose, e.g. "totp 12". A sealed
// text that is moved to somebody else's row does not open.
func (b *Box) Seal(secret []byte, about string) (string, error) {
	if b == nil {
		return "", ErrNoKey
	}
	nonce := make([]byte, b.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return version + base64.RawURLEncoding.EncodeToString(b.aead.Seal(nonce, nonce, secret, []byte(about))), nil
}

// Open returns what was sealed. Errors: ErrNoKey, ErrBroken.
func (b *Box) Open(sealed, about string) ([]byte, error) {
	if b == nil {
		return nil, ErrNoKey
	}
	text, ok := strings.CutPrefix(sealed, version)
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if n := b.aead.NonceSize(); ok && err == nil && len(raw) >= n {
		if secret, err := b.aead.Open(nil, raw[:n], raw[n:], []byte(about)); err == nil {
			return secret, nil
		}
	}
	return nil, ErrBroken
}

// ParseKey reads a key of 64 hexadecimal digits.
func ParseKey(text string) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != KeySize {
		return nil, errKey
	}
	return key, nil
}

// KeyFile returns the key in the file at path. Where there is none it makes one that its owner alone can read. Two processes
// that begin at once get the same.
func KeyFile(path string) ([]byte, error) {
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*")
	if err != nil {
		return nil, fmt.Errorf("make the key for secrets: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	fresh := make([]byte, KeySize)
	_, _ = rand.Read(fresh) // never fails
	_, err = f.WriteString(hex.EncodeToString(fresh) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("write the key for secrets: %w", err)
	}
	// A link, unlike a rename, fails where another process was faster: its key must not be lost.
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("keep the key for secrets: %w", err)
	}
	return readKey(path)
}

func readKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator's own data folder
	if err != nil {
		return nil, err
	}
	key, err := ParseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}
