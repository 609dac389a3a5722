package console

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Hidden stands in the place of a secret.
const Hidden = "***"

// keptString is how many bytes of one text are kept where the whole is longer than the log keeps.
const keptString = 512

// kept is a JSON document as the log keeps it.
type kept struct {
	text   string // masked, and cut where it was too long
	size   int64  // bytes before it was cut
	masked int64  // values that were hidden
}

// keep masks the secrets of a JSON document and keeps at most limit bytes of it. Where it is longer, its long texts are
// shortened first, so that its structure stays.
func keep(doc []byte, limit int) kept {
	k := kept{size: int64(len(doc))}
	if len(doc) <= limit && !suspicious(doc) {
		k.text = clean(doc)
		return k
	}
	m := masker{src: doc, limit: 4 * limit}
	if len(doc) > limit {
		m.maxString = keptString
	}
	out := m.run()
	if len(doc) <= limit {
		k.size = int64(len(out)) // what masking made shorter is not missing
	}
	if len(out) > limit {
		out = out[:limit]
	}
	k.text, k.masked = clean(out), m.hidden
	if len(doc) > limit && k.size <= int64(len(k.text)) {
		k.size = int64(len(k.text)) + 1
	}
	return k
}

// clean makes text that every database takes of the beginning of a document.
func clean(b []byte) string {
	if !utf8.Valid(b) {
		b = bytes.ToValidUTF8(b, nil)
	}
	return strings.ReplaceAll(string(b), "\x00", "")
}

// marks are in lower case what a document must hold somewhere to hold a secret that is recognised.
var marks = [][]byte{
	[]byte("auth"), []byte("token"), []byte("secret"), []byte("pass"), []byte("pwd"), []byte("key"), []byte("rest/"), []byte("refresh"),
	[]byte("sid"), []byte("sessid"), []byte("cookie"), []byte("bearer"), []byte("credential"), []byte("otp"), []byte("rest\\/"),
}

func suspicious(doc []byte) bool {
	lower := bytes.ToLower(doc)
	return slices.ContainsFunc(marks, func(m []byte) bool { return bytes.Contains(lower, m) })
}

// secretWords are parts of the names of secrets; secretNames are whole names. Both in lower case, without _ and -.
var (
	secretWords = words("token", "secret", "password", "passwd", "passphrase", "apikey", "privatekey", "accesskey", "credential", "cookie", "sessid")
	secretNames = words("auth", "authid", "refreshid", "appsid", "authorization", "otp", "totp", "pwd", "pass", "webhookcode")
)

func words(list ...string) [][]byte {
	out := make([][]byte, len(list))
	for i, w := range list {
		out[i] = []byte(w)
	}
	return out
}

// isSecret reports whether a value under this name is hidden. It runs for every name of every call, so it allocates nothing
// for names of a usual length.
func isSecret(name []byte) bool {
	var buffer [64]byte
	plain := buffer[:0]
	for _, c := range name {
		switch {
		case c == '_' || c == '-' || c == ' ':
			continue
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		plain = append(plain, c)
	}
	return slices.ContainsFunc(secretNames, func(n []byte) bool { return bytes.Equal(plain, n) }) ||
		slices.ContainsFunc(secretWords, func(w []byte) bool { return bytes.Contains(plain, w) })
}

// The secrets inside texts: the code of a webhook in an address, a parameter of an address or a form, a property of JSON
// inside JSON, and what follows Bearer.
var (
	webhookCode = regexp.MustCompile(`(?i)(rest\\?/(?:api\\?/)?\d+\\?/+)[A-Za-z0-9]{6,}`)
	secretPair  = regexp.MustCompile(`(?i)((?:[\w-]*(?:token|secret|passw(?:or)?d|passphrase|api_?key|private_?key|sessid)[\w-]*|\bauth(?:_id)?|\brefresh_id|\bapp_sid)(?:%5D|\])*(?:=|%3D))[^&\s"\\]+`)
	secretField = regexp.MustCompile(`(?i)([\w-]*(?:token|secret|passw(?:or)?d|passphrase|api_?key|private_?key|sessid)[\w-]*\\+"\s*:\s*\\+")[^"\\]+`)
	bearer      = regexp.MustCompile(`(?i)(\bbearer\s+)[\w.~+/-]{6,}=*`)
)

// maySecret reports whether a text has something that one of them begins with. It runs for every text of every call.
func maySecret(b []byte) bool {
	for i, c := range b {
		switch c {
		case '=', '%':
			return true
		case '"': // a quote inside a text is an escaped one
			return true
		case 'e', 'E': // rest/, bearer
			if i > 0 && i+1 < len(b) {
				if before, after := b[i-1]|0x20, b[i+1]|0x20; before == 'r' && after == 's' || before == 'b' && after == 'a' {
					return true
				}
			}
		}
	}
	return false
}

// maskText hides the secrets inside a text and returns how many there were.
func maskText(b []byte) ([]byte, int64) {
	if !maySecret(b) {
		return b, 0
	}
	var n int64
	for _, re := range [...]*regexp.Regexp{webhookCode, secretPair, secretField, bearer} {
		if found := re.FindAllIndex(b, -1); found != nil {
			n += int64(len(found))
			b = re.ReplaceAll(b, []byte("${1}"+Hidden))
		}
	}
	return b, n
}

// masker copies a JSON document without its secrets. What is no JSON it copies as text; it never fails.
type masker struct {
	src       []byte
	limit     int // stop after so many bytes
	maxString int // shorten longer texts; 0: none

	out    []byte
	hidden int64
	open   []byte // the brackets around the current position
	key    bool   // the next string is a name
	secret int    // > 0: at this depth a secret began, and everything below it is hidden
	next   bool   // the next value is a secret
}

func (m *masker) run() []byte {
	m.out = make([]byte, 0, min(len(m.src), m.limit)+64)
	for i := 0; i < len(m.src) && len(m.out) < m.limit; {
		switch c := m.src[i]; c {
		case '"':
			i = m.text(i)
		case '{', '[':
			m.enter(c)
			i++
		case '}', ']':
			m.leave(c)
			i++
		case ',':
			m.key, m.next = m.inObject(), false
			m.out = append(m.out, c)
			i++
		case ':', ' ', '\t', '\n', '\r':
			m.out = append(m.out, c)
			i++
		default:
			i = m.scalar(i)
		}
	}
	return m.out
}

func (m *masker) inObject() bool { return len(m.open) > 0 && m.open[len(m.open)-1] == '{' }

func (m *masker) enter(c byte) {
	if m.next && m.secret == 0 {
		m.secret = len(m.open) + 1
	}
	m.open = append(m.open, c)
	m.key, m.next = c == '{', false
	m.out = append(m.out, c)
}

func (m *masker) leave(c byte) {
	if len(m.open) > 0 {
		m.open = m.open[:len(m.open)-1]
	}
	if len(m.open) < m.secret {
		m.secret = 0
	}
	m.key, m.next = false, false
	m.out = append(m.out, c)
}

// text copies the string that begins at i and returns where it ends.
func (m *masker) text(i int) int {
	end := i + 1
	for end < len(m.src) && m.src[end] != '"' {
		if m.src[end] == '\\' {
			end++
		}
		end++
	}
	inner := m.src[i+1 : min(end, len(m.src))]
	end = min(end+1, len(m.src))
	if m.key {
		m.key = false
		m.next = isSecret(inner)
		m.out = append(m.out, m.src[i:end]...)
		return end
	}
	m.value(inner)
	return end
}

// value writes the inside of a string, masked.
func (m *masker) value(inner []byte) {
	m.out = append(m.out, '"')
	if (m.next || m.secret > 0) && len(inner) > 0 {
		m.hidden++
		m.out = append(append(m.out, Hidden...), '"')
		return
	}
	short := m.maxString > 0 && len(inner) > m.maxString
	if short { // before it is masked: a file of megabytes is not searched
		inner = whole(inner, m.maxString)
	}
	masked, n := maskText(inner)
	m.hidden += n
	m.out = append(m.out, masked...)
	if short {
		m.out = append(m.out, "…"...)
	}
	m.out = append(m.out, '"')
}

// whole returns about the first n bytes of the inside of a JSON string, without cutting an escape or a character in two.
func whole(s []byte, n int) []byte {
	i := 0
	for i < n {
		step := 1
		if s[i] == '\\' && i+1 < len(s) {
			step = 2
			if s[i+1] == 'u' {
				step = 6
			}
		} else if s[i] >= utf8.RuneSelf {
			_, step = utf8.DecodeRune(s[i:])
		}
		if i+step > n {
			break
		}
		i += step
	}
	return s[:i]
}

// scalar copies a number or a word that begins at i and returns where it ends.
func (m *masker) scalar(i int) int {
	end := i
	for end < len(m.src) && !strings.ContainsRune(`,:{}[]" `+"\t\n\r", rune(m.src[end])) {
		end++
	}
	word := m.src[i:end]
	if (m.next || m.secret > 0) && string(word) != "null" && string(word) != "true" && string(word) != "false" {
		m.hidden++
		m.out = append(append(append(m.out, '"'), Hidden...), '"')
		return end
	}
	m.out = append(m.out, word...)
	return end
}
