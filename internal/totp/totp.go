// Package totp computes and checks the codes of authenticator apps (RFC 6238, over HOTP of RFC 4226): six digits of
// HMAC-SHA-1 that change every 30 seconds, which is what every such app understands.
package totp

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what the apps compute; HMAC does not need it to be free of collisions
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

const (
	// Period is how long a code is shown.
	Period = 30 * time.Second
	// Skew is how many periods a clock may be wrong, to either side.
	Skew = 1
	// Digits is how long a code is.
	Digits = 6
	// SecretSize is how many bytes NewSecret returns: the length that RFC 4226 recommends.
	SecretSize = 20
)

// NewSecret returns the secret of a new second factor.
func NewSecret() []byte {
	secret := make([]byte, SecretSize)
	_, _ = rand.Read(secret) // never fails
	return secret
}

// Text returns a secret as people type it: Base32 in groups of four.
func Text(secret []byte) string {
	text := plain(secret)
	var groups []string
	for len(text) > 4 {
		groups, text = append(groups, text[:4]), text[4:]
	}
	return strings.Join(append(groups, text), " ")
}

func plain(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// URI returns the address that the picture for the app holds. issuer is the portal, account whose factor it is.
func URI(secret []byte, issuer, account string) string {
	q := url.Values{"secret": {plain(secret)}, "issuer": {issuer}}
	// Apps show a plus for what url.Values writes for a space.
	return "otpauth://totp/" + url.PathEscape(issuer+":"+account) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// Step returns the number of the period in which t is.
func Step(t time.Time) int64 { return t.Unix() / int64(Period/time.Second) }

// Code returns the code of a period.
func Code(secret []byte, step int64) string {
	var message [8]byte
	binary.BigEndian.PutUint64(message[:], uint64(step)) //nolint:gosec // a time after 1970
	mac := hmac.New(sha1.New, secret)
	mac.Write(message[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%0*d", Digits, (binary.BigEndian.Uint32(sum[offset:])&0x7fffffff)%1_000_000)
}

// Check returns the period whose code is typed, where it is at most Skew periods away from now and after the period last:
// a code counts once. ok is false for every other text.
func Check(secret []byte, typed string, now time.Time, last int64) (step int64, ok bool) {
	typed = Clean(typed)
	if len(typed) != Digits {
		return 0, false
	}
	for at := Step(now) - Skew; at <= Step(now)+Skew; at++ { // all of them, however early one fits
		fits := subtle.ConstantTimeCompare([]byte(Code(secret, at)), []byte(typed)) == 1
		if fits && at > last && !ok {
			step, ok = at, true
		}
	}
	return step, ok
}

// Clean returns what was typed without the spaces and dashes that people and apps put between the digits.
func Clean(typed string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' || r == '\t' {
			return -1
		}
		return r
	}, typed)
}
