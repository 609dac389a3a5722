package letter

import (
	"crypto/rand"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	message "github.com/emersion/go-message/mail"
)

// Address is somebody who writes mails or gets them.
type Address struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email"`
}

// The bounds of addresses, as of RFC 5321.
const (
	maxAddress = 254
	maxName    = 200 // characters
)

// ParseEmail returns an address alone, such as "anna@example.com", in small letters. It reports false for what is none.
func ParseEmail(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxAddress || !utf8.ValidString(text) || strings.ContainsFunc(text, refused) {
		return "", false
	}
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || a.Name != "" {
		return "", false
	}
	local, host, _ := strings.Cut(text, "@")
	if local == "" || strings.Contains(host, "@") || strings.HasPrefix(host, "[") {
		return "", false
	}
	return strings.ToLower(text), true
}

// refused reports a rune that an address cannot have: those that could end a line, a command or the address itself.
func refused(r rune) bool {
	return unicode.IsControl(r) || unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`<>"(),;:\`, r)
}

// header is the address as headers carry it.
func (a Address) header() *message.Address {
	return &message.Address{Name: OneLine(a.Name), Address: a.Email}
}

// Host returns the part of the address after the @.
func (a Address) Host() string {
	return a.Email[strings.LastIndexByte(a.Email, '@')+1:]
}

// Split returns the name in two parts; both are empty where there is no name.
func (a Address) Split() (first, last string) {
	if last, first, comma := strings.Cut(a.Name, ","); comma && !strings.Contains(first, ",") && strings.TrimSpace(first) != "" {
		return strings.TrimSpace(first), strings.TrimSpace(last)
	}
	words := strings.Fields(a.Name)
	if len(words) < 2 {
		return strings.Join(words, " "), ""
	}
	return strings.Join(words[:len(words)-1], " "), words[len(words)-1]
}

// OneLine returns a text as one line without characters that cannot be shown.
func OneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == utf8.RuneError, isInvisible(r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// isInvisible reports characters that turn the direction of text or have no width: they make one name look like another.
func isInvisible(r rune) bool {
	return r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff || r == 0xad
}

// cutTo returns the first n characters of a text.
func cutTo(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n])
}

// NewID returns an id for a mail of a host, without its angle brackets. It cannot be guessed, so that who names it has seen the mail.
func NewID(host string) string {
	return strings.ToLower(rand.Text()) + "@" + host
}

// reference prefixes stand before the subjects of answers and of what is passed on, in the languages of common programs.
var prefixes = []string{"re", "aw", "antw", "antwort", "sv", "vs", "ref", "rif", "r", "odp", "ynt", "fwd", "fw", "wg", "tr", "rv", "enc", "i", "pd", "ha", "отв", "на", "пересл"}

// Bare returns a subject without the prefixes of answers, by which those of one thread are the same.
func Bare(subject string) string {
	subject = OneLine(subject)
	for {
		head, rest, ok := strings.Cut(subject, ":")
		if !ok {
			return subject
		}
		head, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(head)), "[")
		found := false
		for _, p := range prefixes {
			found = found || head == p
		}
		if !found {
			return subject
		}
		subject = strings.TrimSpace(rest)
	}
}

// Reply returns the subject of an answer.
func Reply(subject string) string {
	if s := Bare(subject); s != "" {
		return "Re: " + s
	}
	return "Re: your message"
}
