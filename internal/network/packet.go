package network

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind says what a request is about.
type Kind string

// The kinds of requests.
const (
	KindCard    Kind = "card"    // what a published line says of itself
	KindMessage Kind = "message" // somebody wrote
	KindChange  Kind = "change"  // what they wrote reads otherwise
	KindRemove  Kind = "remove"  // it is gone
	KindFile    Kind = "file"    // the content of a file that the next message carries
	KindTyping  Kind = "typing"  // somebody is writing
	KindRead    Kind = "read"    // they have read all up to a message
	KindLeave   Kind = "leave"   // their portal has left the line: they get no answers any more
)

// MaxBody is how large a request may be that is no file, in bytes.
const MaxBody = 256 << 10

// Request is what one side asks the other.
type Request struct {
	Kind   Kind
	Meta   string // of a file: what it is, as JSON
	Body   io.Reader
	Size   int64  // of Body, in bytes
	SHA256 string // of Body, hexadecimal
}

// requestOf returns a request whose body is a document.
func requestOf(kind Kind, v any) (Request, error) {
	b, err := json.Marshal(v)
	sum := sha256.Sum256(b)
	return Request{Kind: kind, Body: bytes.NewReader(b), Size: int64(len(b)), SHA256: hex.EncodeToString(sum[:])}, err
}

// side is who wrote a message.
type side string

const (
	byClient side = "client" // an employee who joined the line
	byLine   side = "line"   // an operator, a bot, or the line itself
)

// person is an employee who writes to a line.
type person struct {
	ID        int64  `json:"id"` // in their portal
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Position  string `json:"position,omitempty"`
	Portal    string `json:"portal,omitempty"` // what their portal is called
	URL       string `json:"url,omitempty"`    // of their portal
	Avatar    []byte `json:"avatar,omitempty"`
}

// packet is a message on its way, or what became of it.
type packet struct {
	Code   string  `json:"code"`
	Side   side    `json:"side"`
	User   person  `json:"user"`          // whose conversation it is; all but the id only from the client's side
	ID     int64   `json:"id"`            // of the message, where it was written
	Age    int64   `json:"age,omitempty"` // how long it has been under way, in seconds: clocks differ
	Author string  `json:"author,omitempty"`
	Text   string  `json:"text,omitempty"`
	Files  []int64 `json:"files,omitempty"` // as they are known where it was written
	// Attach and Keyboard are what a bot adds, in the forms that package attach reads.
	Attach   json.RawMessage `json:"attach,omitempty"`
	Keyboard json.RawMessage `json:"keyboard,omitempty"`
}

// written returns when a message was written, by the receiver's clock.
func (p packet) written(now time.Time) time.Time { return now.Add(-time.Duration(p.Age) * time.Second) }

// fileMeta says what the body of a KindFile is.
type fileMeta struct {
	Code string `json:"code"`
	Side side   `json:"side"`
	User person `json:"user"`
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// card is what a published line says of itself.
type card struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Welcome     string `json:"welcome"`
	Avatar      []byte `json:"avatar,omitempty"`
	Active      bool   `json:"active"`
	Version     int64  `json:"version"`
}

// The limits of what another portal says, in characters and numbers.
const (
	maxText   = 20_000
	maxAuthor = 255
	maxFiles  = 50
	maxAge    = 10 * int64(keepTrying/time.Second)
)

// decode reads a document of another portal. Fault: NETWORK_REQUEST.
func decode(r io.Reader, v any) error {
	b, err := io.ReadAll(io.LimitReader(r, MaxBody+1))
	if err != nil {
		return ErrAway.Because(err)
	}
	if len(b) > MaxBody {
		return ErrRequest
	}
	if err := json.Unmarshal(b, v); err != nil {
		return ErrRequest.Because(err)
	}
	return nil
}

// readPacket reads a packet. Fault: NETWORK_REQUEST.
func readPacket(r io.Reader) (p packet, err error) {
	if err := decode(r, &p); err != nil {
		return p, err
	}
	if !IsCode(p.Code) || !p.Side.valid() || p.User.ID <= 0 || p.ID <= 0 || len(p.Files) > maxFiles ||
		p.Age < 0 || p.Age > maxAge || utf8.RuneCountInString(p.Text) > maxText || utf8.RuneCountInString(p.Author) > maxAuthor {
		return p, ErrRequest
	}
	return p, nil
}

// readHint reads a packet that says nothing: its ID is a message of the receiver's, or none where somebody is writing or has left.
// Fault: NETWORK_REQUEST.
func readHint(kind Kind, r io.Reader) (p packet, err error) {
	if err := decode(r, &p); err != nil {
		return p, err
	}
	if !IsCode(p.Code) || !p.Side.valid() || p.User.ID <= 0 || kind == KindRead && p.ID <= 0 {
		return p, ErrRequest
	}
	return p, nil
}

func readFileMeta(text string) (m fileMeta, err error) {
	if err := decode(strings.NewReader(text), &m); err != nil {
		return m, err
	}
	if !IsCode(m.Code) || !m.Side.valid() || m.User.ID <= 0 || m.ID <= 0 || m.Name == "" {
		return m, ErrRequest
	}
	return m, nil
}

func (s side) valid() bool { return s == byClient || s == byLine }

// IsCode reports whether code may be that of a published line: 32 hexadecimal digits in lower case.
func IsCode(code string) bool {
	if len(code) != 32 {
		return false
	}
	for _, c := range []byte(code) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// mention is a name in a text that leads to somebody or something of one portal.
var mention = regexp.MustCompile(`(?is)\[(?:USER|CHAT)=[^\]]*\](.*?)\[/(?:USER|CHAT)\]`)

// abroad returns a text as it is passed on: numbers of people and chats mean others on the other side.
func abroad(text string) string { return mention.ReplaceAllString(text, "$1") }

// client returns the id under which somebody of another portal is known as a client.
func client(peer string, userID int64) string { return peer + "|" + strconv.FormatInt(userID, 10) }

// readClient is the reverse of client.
func readClient(id string) (peer string, userID int64, ok bool) {
	i := strings.LastIndexByte(id, '|')
	if i < 0 {
		return "", 0, false
	}
	n, err := strconv.ParseInt(id[i+1:], 10, 64)
	return id[:i], n, err == nil && n > 0
}
