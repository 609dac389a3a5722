// Package doctext reads the words out of documents, so that a search finds them: plain text, Markdown, CSV, HTML, the documents of
// office programs (docx, xlsx, pptx, odt, ods, odp) and PDF.
//
// # Trust
//
// What is read comes from anybody. Everything is streamed and bounded: how much text is taken, how much is unpacked, how many parts a
// document may have, and how long it may take. Nothing recurses deeper than a fixed bound, and a document that is broken yields what
// could be read of it, or an error.
package doctext

import (
	"context"
	"errors"
	"io"
	"strings"
)

// The bounds of a document.
const (
	MaxSize     = 100 << 20 // bytes of the document itself
	MaxText     = 2 << 20   // bytes of text; what comes behind is left out
	MaxUnpacked = 64 << 20  // bytes that are unpacked of it
	MaxParts    = 10_000    // parts of an office document
	MaxObjects  = 200_000   // objects of a PDF
	MaxPages    = 5_000     // pages of a PDF; later ones are left out
)

// Why nothing was read.
var (
	ErrNoText    = errors.New("it is of no kind that has text")
	ErrBroken    = errors.New("it is broken")
	ErrTooLarge  = errors.New("it is larger than what is read")
	ErrEncrypted = errors.New("it is locked with a password")
)

// Readable reports whether a document of a media type may have text. Of an archive only its parts tell.
func Readable(mediaType string) bool {
	base, _, _ := strings.Cut(mediaType, ";")
	return strings.HasPrefix(base, "text/") || base == "application/json" || base == "application/xml" || base == "application/pdf" || isArchive(base)
}

func isArchive(mediaType string) bool {
	return mediaType == "application/zip" || strings.HasPrefix(mediaType, "application/vnd.openxmlformats-officedocument.") ||
		strings.HasPrefix(mediaType, "application/vnd.oasis.opendocument.")
}

// Read returns the text of a document of size bytes. Its words are in their order where the document says which that is; what stands
// between them is any space. Where it ends early because a bound is reached, that is no error. Errors: ErrNoText, ErrBroken, ErrTooLarge,
// ErrEncrypted, that of ctx, and those of r.
func Read(ctx context.Context, r io.ReaderAt, size int64, mediaType string) (string, error) {
	if size > MaxSize {
		return "", ErrTooLarge
	}
	s := &sink{ctx: ctx}
	base, _, _ := strings.Cut(mediaType, ";")
	var err error
	switch body := io.NewSectionReader(r, 0, size); {
	case base == "text/html", base == "application/xhtml+xml":
		err = readHTML(body, s)
	case base == "text/xml", base == "application/xml", base == "image/svg+xml":
		err = markup(s.reader(body), markupFormat{}, s)
	case strings.HasPrefix(base, "text/"), base == "application/json":
		err = readPlain(body, s)
	case base == "application/pdf":
		err = readPDF(s.reader(body), s)
	case isArchive(base):
		err = readArchive(r, size, s)
	default:
		err = ErrNoText
	}
	if errors.Is(err, errFull) {
		err = nil
	}
	if cause := ctx.Err(); cause != nil {
		return "", cause
	}
	return s.text(), err
}

// errFull ends the reading when there is enough text.
var errFull = errors.New("enough text")

// sink takes text up to MaxText.
type sink struct {
	ctx      context.Context
	b        []byte
	unpacked int64
}

// write adds a text; errFull when there is enough, the error of the context when the time is over.
func (s *sink) write(text string) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if room := MaxText - len(s.b); len(text) > room {
		s.b = append(s.b, text[:room]...)
		return errFull
	}
	s.b = append(s.b, text...)
	return nil
}

// gap separates words.
func (s *sink) gap() {
	if n := len(s.b); n > 0 && n < MaxText && s.b[n-1] != ' ' {
		s.b = append(s.b, ' ')
	}
}

func (s *sink) text() string {
	return strings.TrimSpace(strings.TrimPrefix(strings.ToValidUTF8(string(s.b), " "), "\ufeff"))
}

// reader bounds what is read of r by what all that is unpacked may be, and by the context.
func (s *sink) reader(r io.Reader) io.Reader { return bounded{r, s} }

type bounded struct {
	r io.Reader
	s *sink
}

func (b bounded) Read(p []byte) (int, error) {
	if err := b.s.ctx.Err(); err != nil {
		return 0, err
	}
	if b.s.unpacked > MaxUnpacked {
		return 0, ErrTooLarge
	}
	n, err := b.r.Read(p)
	b.s.unpacked += int64(n)
	return n, err
}
