package bbcode

import (
	"net/url"
	"strings"
)

// maxURL is the longest address, in bytes, that becomes a link.
const maxURL = 4096

// SafeURL returns raw as an address that may stand in a link: absolute with http or https, mailto, tel, or a path of the
// portal that starts with one slash. It reports false for every other, above all for javascript:, data: and //host.
func SafeURL(raw string) (string, bool) {
	raw = strings.TrimSpace(raw)
	if raw == "" || len(raw) > maxURL || strings.IndexFunc(raw, unsafeInURL) >= 0 {
		return "", false
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		if u.Hostname() == "" {
			return "", false
		}
	case "mailto", "tel":
		if u.Opaque == "" {
			return "", false
		}
	case "":
		if raw[0] != '/' || strings.HasPrefix(raw, "//") {
			return "", false
		}
	default:
		return "", false
	}
	return strings.ReplaceAll(raw, " ", "%20"), true
}

// SafeHTTP is SafeURL without mailto and tel: what a picture may have, and a link of an attachment or a button.
func SafeHTTP(raw string) (string, bool) {
	address, ok := SafeURL(raw)
	if !ok || address[0] != '/' && !hasHTTP(address) {
		return "", false
	}
	return address, true
}

// External reports whether address, one that SafeURL returned, leads away from the portal at host.
func External(address, host string) bool {
	if !hasHTTP(address) {
		return false
	}
	u, err := url.Parse(address)
	return err != nil || host == "" || !strings.EqualFold(u.Host, host)
}

// unsafeInURL reports whether r may make a browser read an address in another way than net/url does.
func unsafeInURL(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\\' || r == '<' || r == '>' || r == '"' || r == '\uFFFD' ||
		r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// hasHTTP reports whether s starts with http:// or https://, in any case.
func hasHTTP(s string) bool {
	return len(s) > 7 && strings.EqualFold(s[:7], "http://") || len(s) > 8 && strings.EqualFold(s[:8], "https://")
}

// nextLink returns where the first bare address in s starts and ends; ok is false where there is none. An address starts
// with http:// or https:// at the start of a word and ends before a blank or the punctuation of the sentence around it.
func nextLink(s string) (start, end int, ok bool) {
	for from := 0; ; {
		i := strings.Index(s[from:], "://")
		if i < 0 {
			return 0, 0, false
		}
		at := from + i
		from = at + 3
		if start = schemeStart(s, at); start < 0 {
			continue
		}
		end = from + linkLength(s[from:])
		if end > from {
			return start, end, true
		}
	}
}

// schemeStart returns where "http" or "https" before s[at:] starts, -1 where neither stands there as a word.
func schemeStart(s string, at int) int {
	for _, scheme := range [...]string{"https", "http"} {
		start := at - len(scheme)
		if start >= 0 && strings.EqualFold(s[start:at], scheme) && (start == 0 || !wordByte(s[start-1])) {
			return start
		}
	}
	return -1
}

func wordByte(b byte) bool {
	return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b == '_' || b >= 0x80
}

// linkLength returns how much of s, the text after "://", belongs to an address.
func linkLength(s string) int {
	n := strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r == '[' || r == ']' || r == '|' || r == '`' || r == '\u00a0' || unsafeInURL(r)
	})
	if n < 0 {
		n = len(s)
	}
	s = s[:n]
	unclosed := strings.Count(s, ")") - strings.Count(s, "(")
	for s != "" {
		switch s[len(s)-1] {
		case '.', ',', ';', ':', '!', '?', '\'', '*', '~', '}':
		case ')':
			if unclosed <= 0 {
				return len(s)
			}
			unclosed--
		default:
			return len(s)
		}
		s = s[:len(s)-1]
	}
	return 0
}
