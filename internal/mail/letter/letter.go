// Package letter turns mails into bytes and bytes into mails. What it reads comes from strangers: every size is bounded, nothing in it is
// opened or fetched, and what cannot be read is said in words instead of failing the whole.
package letter

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
)

// Letter is a mail that goes out.
type Letter struct {
	From       Address
	To         Address
	ReplyTo    Address // empty: answers go to From
	Subject    string
	Text       string // plain
	HTML       string // the same for those who see HTML; empty: the text alone
	ID         string // of the mail, without its angle brackets; see NewID
	InReplyTo  string // the id of the mail that it answers; empty: none
	References []string
	Date       time.Time
	// Auto says that no person wrote it, so that other machines do not answer.
	Auto bool
	// Unsubscribe is an address that ends such letters with one request; empty: there is none.
	Unsubscribe string
}

// Attachment is a file of a Letter.
type Attachment struct {
	Name, Type string
	Body       io.Reader
}

// maxReferences is how many ids a References header names: the first, which began the thread, and the last.
const maxReferences = 20

// Write writes a letter with its files. Nothing in it can begin a header of its own.
func (l Letter) Write(w io.Writer, files []Attachment) error {
	m, err := mail.CreateWriter(w, l.header())
	if err != nil {
		return fmt.Errorf("write the header: %w", err)
	}
	if err := l.writeTexts(m); err != nil {
		return fmt.Errorf("write the text: %w", err)
	}
	for _, f := range files {
		if err := writeFile(m, f); err != nil {
			return fmt.Errorf("write the file %q: %w", f.Name, err)
		}
	}
	return m.Close()
}

func (l Letter) header() mail.Header {
	var h mail.Header
	h.SetDate(l.Date)
	h.SetAddressList("From", []*mail.Address{l.From.header()})
	h.SetAddressList("To", []*mail.Address{l.To.header()})
	if l.ReplyTo.Email != "" {
		h.SetAddressList("Reply-To", []*mail.Address{l.ReplyTo.header()})
	}
	h.SetSubject(OneLine(l.Subject))
	h.SetMessageID(l.ID)
	if l.InReplyTo != "" {
		h.SetMsgIDList("In-Reply-To", []string{l.InReplyTo})
	}
	if refs := shortened(l.References); len(refs) > 0 {
		h.SetMsgIDList("References", refs)
	}
	if l.Auto {
		h.Set("Auto-Submitted", "auto-replied")
		h.Set("X-Auto-Response-Suppress", "All")
	}
	if l.Unsubscribe != "" {
		h.Set("List-Unsubscribe", "<"+strings.NewReplacer(">", "%3E", "<", "%3C").Replace(OneLine(l.Unsubscribe))+">")
		h.Set("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	return h
}

func shortened(refs []string) []string {
	if len(refs) <= maxReferences {
		return refs
	}
	return append([]string{refs[0]}, refs[len(refs)-maxReferences+1:]...)
}

func (l Letter) writeTexts(m *mail.Writer) error {
	in, err := m.CreateInline()
	if err != nil {
		return err
	}
	texts := [][2]string{{"text/plain", l.Text}}
	if l.HTML != "" {
		texts = append(texts, [2]string{"text/html", l.HTML})
	}
	for _, t := range texts {
		var h mail.InlineHeader
		h.SetContentType(t[0], map[string]string{"charset": "utf-8"})
		h.Set("Content-Transfer-Encoding", "quoted-printable")
		p, err := in.CreatePart(h)
		if err != nil {
			return err
		}
		_, err = io.WriteString(p, strings.ReplaceAll(strings.ReplaceAll(t[1], "\r\n", "\n"), "\n", "\r\n"))
		if err := errors.Join(err, p.Close()); err != nil {
			return err
		}
	}
	return in.Close()
}

func writeFile(m *mail.Writer, f Attachment) error {
	var h mail.AttachmentHeader
	kind := f.Type
	if kind == "" {
		kind = "application/octet-stream"
	}
	h.SetContentType(kind, nil)
	h.SetFilename(OneLine(f.Name))
	h.Set("Content-Transfer-Encoding", "base64")
	p, err := m.CreateAttachment(h)
	if err != nil {
		return err
	}
	_, err = io.Copy(p, f.Body)
	return errors.Join(err, p.Close())
}
