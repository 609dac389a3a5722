package connector

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/openline"
)

// Message is what an application says that a client wrote.
// Page: api-reference/imopenlines/imconnector/imconnector-send-messages.md.
type Message struct {
	User Person

	ID     string // outside; empty: it has none, and is taken in as often as it comes
	Text   string // BB code
	Files  []Attachment
	UserID int64 // an employee in whose name the channel writes; 0: the client
	// Written is when it was written, or changed, by the clock of the channel; zero: it is not said. One that lies ahead counts as now.
	Written time.Time
	BadDate bool // what was said of it is no time
	NoFiles bool // what stands in the place of the files is no list of them

	ChatID, ChatName, ChatURL string
}

// Person is who wrote.
type Person struct {
	ID                  string
	FirstName, LastName string
	Picture             string // an address
	URL                 string
	Gender              string // "male", "female" or empty
	Email, Phone        string
	AnyPhone            bool // the number is kept even if it does not look like one
}

// Attachment is a file at an address.
type Attachment struct {
	URL  string `json:"url"`
	Name string `json:"name"`

	// Once it was fetched:
	FileID  int64  `json:"file,omitempty"`
	Problem string `json:"problem,omitempty"` // why it cannot be
}

// The limits of messages.
const (
	MaxMessages = 1000 // in a call
	maxText     = 20_000
	maxID       = 255 // characters of an id outside
	maxFiles    = 20  // of a message
	maxPerson   = 25  // characters of a name
)

// problem returns why a message cannot be taken in; empty: it can. known says that it was taken in before, so that it may lack
// what only a new one needs.
func (m Message) problem() string {
	switch {
	case m.User.ID == "":
		return "The user has no id."
	case m.ChatID == "":
		return "The chat has no id."
	case tooLong(m.User.ID) || tooLong(m.ChatID) || tooLong(m.ID):
		return "An id is longer than " + strconv.Itoa(maxID) + " characters, or no text."
	}
	return ""
}

// contentProblem returns why what a message says cannot be shown.
func (m Message) contentProblem() string {
	switch {
	case m.BadDate:
		return "The date is no Unix time in seconds."
	case m.NoFiles:
		return "The files are no list of objects with a url and a name."
	case m.Text == "" && len(m.Files) == 0:
		return "Pass a text or files."
	case utf8.RuneCountInString(m.Text) > maxText:
		return "The text is longer than " + strconv.Itoa(maxText) + " characters."
	case !utf8.ValidString(m.Text):
		return "The text is not in UTF-8."
	case len(m.Files) > maxFiles:
		return "A message carries at most " + strconv.Itoa(maxFiles) + " files."
	}
	for _, f := range m.Files {
		if !isAddress(f.URL) {
			return "A file needs an http or https address."
		}
	}
	return ""
}

func tooLong(id string) bool {
	return utf8.RuneCountInString(id) > maxID || strings.ContainsRune(id, 0) || !utf8.ValidString(id)
}

// Plain returns a text as people are to see it: applications escape what they pass on for HTML, as pages of PHP do.
func Plain(text string) string {
	if !strings.Contains(text, "&") {
		return text
	}
	return entities.ReplaceAllStringFunc(text, html.UnescapeString)
}

// entities are what htmlspecialchars makes, and no others: a text may speak of &nbsp; or &copy=1.
var entities = regexp.MustCompile(`&(amp|lt|gt|quot|apos|#0?39|#x27);`)

// phones are numbers as people write them.
var phones = regexp.MustCompile(`^\+?[0-9][0-9 ().\-/]{2,38}$`)

// client returns the person as conversations have them. What a name cannot have is left out of it.
func (p Person) client() openline.Client {
	c := openline.Client{
		ID: p.ID, FirstName: name(p.FirstName), LastName: name(p.LastName), Email: strings.TrimSpace(p.Email), Phone: strings.TrimSpace(p.Phone),
	}
	if isAddress(p.URL) {
		c.URL = p.URL
	}
	switch strings.ToLower(p.Gender) {
	case "male":
		c.Gender = "M"
	case "female":
		c.Gender = "F"
	}
	if !p.AnyPhone && !phones.MatchString(c.Phone) {
		c.Phone = ""
	}
	return c
}

// name keeps of a name what the documentation lets in: letters, spaces, hyphens and apostrophes, 25 characters.
func name(text string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsMark(r) || r == ' ' || r == '-' || r == '\'' || r == '’' {
			return r
		}
		return -1
	}, Plain(strings.ToValidUTF8(text, "")))
	r := []rune(strings.Join(strings.Fields(clean), " "))
	return strings.TrimSpace(string(r[:min(len(r), maxPerson)]))
}

// withFiles returns a text with the files that are not there yet: people see at once that there is something, and where.
func withFiles(text string, files []Attachment) string {
	var b strings.Builder
	b.WriteString(text)
	for _, f := range files {
		if f.FileID != 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("[url=" + f.URL + "]" + strings.NewReplacer("[", "(", "]", ")").Replace(f.Name) + "[/url]")
		if f.Problem != "" {
			b.WriteString(" [i]The file could not be fetched: " + f.Problem + "[/i]")
		}
	}
	return b.String()
}
