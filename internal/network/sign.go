package network

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// Skew is how far the clocks of two servers may be apart.
const Skew = 5 * time.Minute

// keepNonces is how long a nonce is remembered: longer than its time is believed.
const keepNonces = 3 * Skew

// Signed is what a request between servers is signed over.
type Signed struct {
	Method string
	To     string // the address of the portal that it is for, so that it means nothing elsewhere
	Path   string // with the query
	From   string // the address of the portal that it is from
	SHA256 string // of the body, hexadecimal
	Time   int64  // seconds since 1970
	Nonce  string // 32 hexadecimal digits, used once
}

// NewSigned returns what a request is signed over, with a nonce of its own.
func NewSigned(method, to, path, from, sum string, now time.Time) Signed {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return Signed{Method: method, To: to, Path: path, From: from, SHA256: sum, Time: now.Unix(), Nonce: hex.EncodeToString(b[:])}
}

func (g Signed) text() []byte {
	return []byte(strings.Join([]string{
		"portico-network-1", g.Method, g.To, g.Path, g.From, g.SHA256, strconv.FormatInt(g.Time, 10), g.Nonce,
	}, "\n"))
}

// Sign returns the signature of g.
func (g Signed) Sign(k Key) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(k, g.text()))
}

// Faults of requests between servers.
var (
	ErrSignature = fault.New(fault.Denied, "NETWORK_SIGNATURE", "The signature of the request is wrong.")
	// ErrSkew and ErrReplay are of requests that may be right when they are made again.
	ErrSkew   = fault.New(fault.Unavailable, "NETWORK_CLOCK", "The clocks of the servers are more than 5 minutes apart.")
	ErrReplay = fault.New(fault.Unavailable, "NETWORK_REPLAY", "The request was made before.")
)

// Verify finds out which peer made a request to this portal; g.To is its own address, whatever the request says. Faults: NETWORK_NOT_TRUSTED, NETWORK_SIGNATURE, NETWORK_CLOCK, NETWORK_REPLAY.
func (s *Service) Verify(ctx context.Context, g Signed, signature string) (peer string, err error) {
	if g.To, err = cleanURL(s.URL()); err != nil {
		return "", ErrSignature // nobody knows the portal by an address that can be signed
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := trustedTx(ctx, tx, "url = ?", g.From)
		if errors.Is(err, errNoTrust) {
			return ErrStranger
		}
		if err != nil {
			return err
		}
		raw, err := base64.StdEncoding.DecodeString(signature)
		if err != nil || len(g.Nonce) != 32 || !ed25519.Verify(t.Key, g.text(), raw) {
			return ErrSignature
		}
		now := s.now()
		if d := now.Sub(time.Unix(g.Time, 0)); d > Skew || d < -Skew {
			return ErrSkew
		}
		const use = "INSERT INTO network_nonce (trust_id, nonce, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
		n, err := tx.Exec(ctx, use, t.ID, g.Nonce, db.Micro(now))
		if err != nil {
			return fmt.Errorf("use nonce: %w", err)
		}
		if n == 0 {
			return ErrReplay
		}
		peer = t.peer()
		return nil
	})
	return peer, err
}
