package app

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
)

const (
	hexDigits = "0123456789abcdef"
	digits    = "0123456789"
	lower     = "abcdefghijklmnopqrstuvwxyz0123456789"
	alphabet  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// Some clients refuse a token with anything but letters, digits and dots, and a webhook code with anything but letters
// and digits. 32 of these 36 characters are 165 bits.
const (
	tokenRandom = 32 // characters of a token that are random
	tokenTag    = 6  // characters behind them that lead to the portal
)

func (s *Service) newToken() string { return NewToken(s.cfg.Place) }

// NewToken returns a token, or an authorization code, that Tagged recognises as one of the portal that is kept at place, unless that
// is empty.
func NewToken(place string) string {
	token := random(lower, tokenRandom)
	if place == "" {
		return token
	}
	return token + tag(place, token)
}

// Tagged reports whether a token or an authorization code was most likely issued by the portal that is kept at place, without opening
// it: one of another portal passes once in 2 billion. Those of portals that have moved, and old ones, do not pass.
func Tagged(token, place string) bool {
	return len(token) == tokenRandom+tokenTag && token[tokenRandom:] == tag(place, token[:tokenRandom])
}

// tag depends on the whole token, so that tokens do not show that they are of the same portal.
func tag(place, token string) string {
	sum := sha256.Sum256([]byte("portico place " + token + " " + place))
	out := make([]byte, tokenTag)
	for i := range out {
		out[i] = lower[(int(sum[2*i])<<8|int(sum[2*i+1]))%len(lower)]
	}
	return string(out)
}

func newWebhookCode() string { return random(lower, 24) }

func newClientSecret() string { return random(alphabet, 50) }

func newHex(n int) string { return random(hexDigits, n) }

func newClientID() string { return "local." + newHex(14) + "." + random(digits, 8) }

// random returns n characters of an alphabet, each as likely as the others.
func random(from string, n int) string {
	limit := 256 - 256%len(from) // bytes from here on would favour the first characters
	out, buf := make([]byte, 0, n), make([]byte, n)
	for {
		_, _ = rand.Read(buf) // never fails
		for _, b := range buf {
			if int(b) >= limit {
				continue
			}
			if out = append(out, from[int(b)%len(from)]); len(out) == n {
				return string(out)
			}
		}
	}
}

// hashOf is the form in which a secret is stored. A secret is random and long, so that a plain hash is enough.
func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func matches(hash []byte, secret string) bool {
	return subtle.ConstantTimeCompare(hash, hashOf(secret)) == 1
}
