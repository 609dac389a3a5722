package im

import (
	"encoding/hex"
	"strings"
)

// uuid returns the name of a message: the sender's, or a random one (RFC 9562, version 4). System messages have none.
func (s *Service) uuid(given string, system bool) (string, bool) {
	if system {
		return "", true
	}
	if given != "" {
		return strings.ToLower(given), IsUUID(given)
	}
	var b [16]byte
	s.random(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var text [36]byte
	hex.Encode(text[:8], b[:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:]), true
}

// IsUUID reports whether s may be the UUID of a message.
func IsUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hexDigit := '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
		if dash != (c == '-') || !dash && !hexDigit {
			return false
		}
	}
	return true
}
