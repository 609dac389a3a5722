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
func newToken() string { return random(lower, 32) }

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
