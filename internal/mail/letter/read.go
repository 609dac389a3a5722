package letter

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // the charsets in which mails are written
	lettermail "github.com/emersion/go-message/mail"
	"golang.org/x/text/encoding/charmap"
)

// The bounds of a mail that is read.
const (
	MaxBytes   = 30 << 20  // of the whole mail
	MaxHeader  = 256 << 10 // bytes of its header
	MaxFiles   = 20        // files that are kept
	maxText    = 1 << 20   // bytes of a text
	maxParts   = 200
	maxDepth   = 12
	maxSubject = 250 // characters
	maxIDs     = 100 // ids that are looked at
	maxID      = 250 // bytes of one
	tinyInline = 4 << 10
)

// ErrHeader is returned for a mail whose header is larger than MaxHeader, or none.
var ErrHeader = errors.New("its header cannot be read")

// Mail is a mail that came in.
type Mail struct {
	From       Address // who gets the answer: Reply-To, else From
	Sender     Address // From
	ID         string  // empty: it has none
	InReplyTo  []string
	References []string
	Subject    string
	Date       time.Time // zero: it does not say
	Text       string
	Files      []File
	// Left says in words what of the mail was not taken; empty: nothing.
	Left []string
	// Auto says in words why no person wrote it to us; empty: a person did, or it does not say.
	Auto string
	// Failed are the ids of mails that the mail says could not be delivered, with the reason in Why.
	Failed []string
	Why    string
}

// File is a file of a Mail.
type File struct {
	Name, Type string
	Content    []byte
}

// Answers returns the ids of the mails that this one answers, the nearest first.
func (m Mail) Answers() []string {
	var out []string
	add := func(ids []string) {
		for _, id := range slices.Backward(ids) {
			out = append(out, id)
		}
	}
	add(m.InReplyTo)
	add(m.References)
	return out[:min(len(out), maxIDs)]
}

// Read reads a mail. ErrHeader: it is none.
func Read(r io.Reader) (Mail, error) {
	e, err := message.ReadWithOptions(io.LimitReader(r, MaxBytes), &message.ReadOptions{MaxHeaderBytes: MaxHeader})
	if e == nil {
		return Mail{}, fmt.Errorf("%w: %w", ErrHeader, err)
	}
	m := head(e)
	b := &body{mail: &m, report: &report{}}
	b.entity(e, 0, err)
	m.Why = b.report.why
	if !b.report.failed() {
		m.Failed, m.Why = nil, ""
	}
	m.Text = tidy(b.chosen())
	return m, nil
}

// ReadHead reads the header of a mail alone.
func ReadHead(header []byte) (Mail, error) {
	e, err := message.ReadWithOptions(bytes.NewReader(header), &message.ReadOptions{MaxHeaderBytes: MaxHeader})
	if e == nil {
		return Mail{}, fmt.Errorf("%w: %w", ErrHeader, err)
	}
	return head(e), nil
}

func head(e *message.Entity) Mail {
	h := lettermail.Header{Header: e.Header}
	m := Mail{Sender: addressOf(h, "From"), Subject: cutTo(OneLine(headerText(e.Header, "Subject")), maxSubject)}
	if m.From = addressOf(h, "Reply-To"); m.From.Email == "" {
		m.From = m.Sender
	}
	if m.From.Name == "" && m.From.Email == m.Sender.Email {
		m.From.Name = m.Sender.Name
	}
	m.InReplyTo, m.References = idsOf(e.Header.Get("In-Reply-To")), idsOf(e.Header.Get("References"))
	if ids := idsOf(e.Header.Get("Message-Id")); len(ids) > 0 {
		m.ID = ids[0]
	}
	if d, err := h.Date(); err == nil {
		m.Date = d
	}
	m.Auto = automatic(e.Header, m.Sender)
	return m
}

// headerText returns a header with its encoded words decoded; what is encoded wrongly stays as it is.
func headerText(h message.Header, key string) string {
	text, err := h.Text(key)
	if err != nil || !utf8.ValidString(text) {
		text = toUTF8([]byte(h.Get(key)))
	}
	return text
}

// addressOf returns the first address of a header that is one.
func addressOf(h lettermail.Header, key string) Address {
	if all, err := h.AddressList(key); err == nil {
		for _, a := range all {
			if email, ok := ParseEmail(a.Address); ok {
				return Address{cutTo(OneLine(a.Name), maxName), email}
			}
		}
	}
	// Programs write names with characters that they should have quoted: the address stands between the last angle brackets.
	text := headerText(h.Header, key)
	name, rest, ok := cutLast(text, "<")
	if !ok {
		email, _ := ParseEmail(text)
		return Address{"", email}
	}
	inside, _, _ := strings.Cut(rest, ">")
	email, ok := ParseEmail(inside)
	if !ok {
		return Address{}
	}
	return Address{cutTo(OneLine(strings.Trim(strings.TrimSpace(name), `"`)), maxName), email}
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// idsOf returns the ids that stand between angle brackets.
func idsOf(text string) (out []string) {
	for len(out) < maxIDs {
		_, rest, ok := strings.Cut(text, "<")
		if !ok {
			return out
		}
		id, after, ok := strings.Cut(rest, ">")
		if !ok {
			return out
		}
		if id = OneLine(id); id != "" && len(id) <= maxID && utf8.ValidString(id) && !strings.ContainsAny(id, "< ") {
			out = append(out, id)
		}
		text = after
	}
	return out
}

// automatic says why no person wrote a mail to us.
func automatic(h message.Header, from Address) string {
	low := func(key string) string { return strings.ToLower(strings.TrimSpace(h.Get(key))) }
	kind, params, _ := h.ContentType()
	local, _, _ := strings.Cut(from.Email, "@")
	switch submitted, _, _ := strings.Cut(low("Auto-Submitted"), ";"); {
	case kind == "multipart/report" && params["report-type"] == "disposition-notification":
		return "a receipt"
	case kind == "multipart/report", low("Return-Path") == "<>", local == "mailer-daemon":
		return "a report of a mail server"
	case submitted != "" && strings.TrimSpace(submitted) != "no", low("X-Autoreply") != "", low("X-Autorespond") != "", low("X-Autogenerated") != "":
		return "an automatic answer"
	case low("List-Id") != "", low("List-Post") != "", low("Precedence") == "list":
		return "a mail of a list"
	case low("Precedence") == "bulk", low("Precedence") == "junk", low("List-Unsubscribe") != "":
		return "a mailing"
	case low("Precedence") == "auto_reply":
		return "an automatic answer"
	}
	return ""
}

// body gathers the parts of a mail.
type body struct {
	mail        *Mail
	plain, html strings.Builder
	parts       int
	inline      bool // the parts belong to an HTML text
	report      *report
}

// chosen returns the text that people read: what was written as plain text, else the HTML without its looks.
func (b *body) chosen() string {
	if strings.TrimSpace(b.plain.String()) != "" {
		return b.plain.String()
	}
	return FromHTML(b.html.String())
}

func (b *body) left(format string, args ...any) {
	if len(b.mail.Left) < MaxFiles {
		b.mail.Left = append(b.mail.Left, fmt.Sprintf(format, args...))
	}
}

// entity takes in a part, whose decoder said err.
func (b *body) entity(e *message.Entity, depth int, err error) {
	if b.parts++; b.parts > maxParts || depth > maxDepth {
		if b.parts == maxParts+1 || depth == maxDepth+1 {
			b.left("parts of the mail, which has too many")
		}
		return
	}
	kind, params, _ := e.Header.ContentType()
	parts := e.MultipartReader()
	switch {
	case parts != nil && kind == "multipart/alternative":
		b.alternative(parts, depth)
	case parts != nil:
		was := b.inline
		b.inline = b.inline || kind == "multipart/related"
		b.each(parts, func(p *message.Entity, err error) { b.entity(p, depth+1, err) })
		b.inline = was
	default:
		b.leaf(e, kind, params, err)
	}
}

// each calls f for each part, as far as they can be read.
func (b *body) each(parts message.MultipartReader, f func(p *message.Entity, err error)) {
	for range maxParts {
		p, err := parts.NextPart()
		if p == nil {
			if !errors.Is(err, io.EOF) {
				b.left("the end of the mail, which is broken")
			}
			return
		}
		f(p, err)
	}
}

// alternative takes the plain text of several that say the same, else the HTML, and the files of all.
func (b *body) alternative(parts message.MultipartReader, depth int) {
	sub := &body{mail: b.mail, parts: b.parts, inline: b.inline, report: b.report}
	b.each(parts, func(p *message.Entity, err error) { sub.entity(p, depth+1, err) })
	b.parts = sub.parts
	b.plain.WriteString(sub.plain.String())
	if strings.TrimSpace(sub.plain.String()) == "" {
		b.html.WriteString(sub.html.String())
	}
}

// leaf takes in a part that holds something.
func (b *body) leaf(e *message.Entity, kind string, params map[string]string, broken error) {
	disposition, dparams, _ := e.Header.ContentDisposition()
	name := dparams["filename"]
	if name == "" {
		name = params["name"]
	}
	switch {
	case kind == "message/delivery-status" || kind == "message/global-delivery-status":
		b.report.read(e.Body)
	case kind == "text/rfc822-headers" || kind == "message/global-headers" || kind == "message/rfc822" && b.mail.Auto == "a report of a mail server":
		b.mail.Failed = append(b.mail.Failed, returned(e.Body)...)
		b.mail.Failed = b.mail.Failed[:min(len(b.mail.Failed), maxIDs)]
	case strings.HasPrefix(kind, "text/") && disposition != "attachment" && name == "" && (kind == "text/plain" || kind == "text/html" || kind == "text/enriched"):
		b.text(e.Body, kind == "text/html")
	case kind == "" && disposition != "attachment" && name == "":
		b.text(e.Body, false)
	case kind == "application/pgp-signature", kind == "application/pkcs7-signature", kind == "application/x-pkcs7-signature":
	default:
		b.file(e, kind, name, disposition != "attachment", broken)
	}
}

func (b *body) text(r io.Reader, isHTML bool) {
	raw, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if len(raw) > maxText {
		raw = raw[:maxText]
		b.left("the end of the text, which is longer than 1 MB")
	} else if err != nil {
		b.left("a part of the text, which is broken")
	}
	to := &b.plain
	if isHTML {
		to = &b.html
	}
	if to.Len() > 0 {
		to.WriteString("\n\n")
	}
	if to.Len() < 2*maxText {
		to.WriteString(toUTF8(raw))
	}
}

func (b *body) file(e *message.Entity, kind, name string, inline bool, broken error) {
	raw, err := io.ReadAll(e.Body)
	if inline && b.inline && len(raw) < tinyInline && strings.HasPrefix(kind, "image/") {
		return // the dot or the logo of a signature
	}
	name = fileName(name, kind, e.Header)
	if message.IsUnknownEncoding(broken) || err != nil {
		b.left("the file %s, which is broken", name)
		return
	}
	if len(raw) == 0 {
		return
	}
	if len(b.mail.Files) == MaxFiles {
		b.left("the file %s: a mail has at most %d", name, MaxFiles)
		return
	}
	b.mail.Files = append(b.mail.Files, File{Name: name, Type: kind, Content: raw})
}

// fileName returns the name of a file, without a path.
func fileName(name, kind string, h message.Header) string {
	if decoded, err := (&lettermail.AttachmentHeader{Header: h}).Filename(); err == nil && decoded != "" {
		name = decoded
	}
	name = OneLine(toUTF8([]byte(name)))
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if name == "" || name == "." || name == "/" || name == ".." {
		name = "file"
		switch {
		case kind == "message/rfc822":
			name = "mail.eml"
		case kind == "text/calendar":
			name = "invitation.ics"
		case strings.HasPrefix(kind, "image/"):
			name = "picture." + strings.TrimPrefix(kind, "image/")
		}
	}
	if r := []rune(name); len(r) > 150 {
		name = string(r[len(r)-150:])
	}
	return name
}

// toUTF8 returns a text whose encoding nobody knows.
func toUTF8(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	if err != nil {
		return strings.ToValidUTF8(string(raw), "")
	}
	return string(out)
}

// tidy takes out of a text what cannot be shown, and more than one empty line in a row.
func tidy(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u2028", "\n", "\u2029", "\n").Replace(strings.ToValidUTF8(text, ""))
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || isInvisible(r) {
			return -1
		}
		return r
	}, text)
	var out []string
	empty := 0
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(line, " \t")
		if line == "" {
			if empty++; empty > 1 {
				continue
			}
		} else {
			empty = 0
		}
		out = append(out, line)
	}
	return strings.Trim(strings.Join(out, "\n"), "\n")
}
