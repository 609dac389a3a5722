package phpform

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
)

// ParseMultipart reads a multipart/form-data body into the tree that ParseForm makes of the same names and values. A part
// with a file name becomes a String with the content in base64, which is how REST methods take files; the file name and the
// type are dropped. Parts without a name are ignored, as in PHP.
//
// It reads the whole body into memory, so the caller bounds r. It returns faults as ParseForm does and an Invalid one for a
// body that is not what boundary promises; what r itself returns, e.g. a *http.MaxBytesError, comes back wrapped.
func ParseMultipart(r io.Reader, boundary string, limits Limits) (Value, error) {
	if boundary == "" {
		return Value{}, fault.New(fault.Invalid, codeInvalid, "The multipart request body has no boundary.")
	}
	t := newFormTree(limits, false)
	source := &failingReader{r: r}
	parts := multipart.NewReader(source, boundary)
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF { //nolint:errorlint // a wrapped EOF is a body that was cut short
			return t.value(), nil
		}
		if err != nil {
			return Value{}, source.explain(err)
		}
		text, err := partText(part)
		if err != nil {
			return Value{}, source.explain(err)
		}
		if err := t.put(part.FormName(), StringOf(text)); err != nil {
			return Value{}, err
		}
	}
}

// partText returns the content of a field as it is and the content of a file in base64.
func partText(part *multipart.Part) (string, error) {
	var text strings.Builder
	if part.FileName() == "" {
		_, err := io.Copy(&text, part)
		return text.String(), err
	}
	encoder := base64.NewEncoder(base64.StdEncoding, &text)
	if _, err := io.Copy(encoder, part); err != nil {
		return "", err
	}
	err := encoder.Close()
	return text.String(), err
}

// failingReader remembers the error of its reader, to tell a broken connection from a broken body.
type failingReader struct {
	r   io.Reader
	err error
}

func (f *failingReader) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

func (f *failingReader) explain(err error) error {
	if f.err != nil {
		return fmt.Errorf("read multipart body: %w", f.err)
	}
	return fault.New(fault.Invalid, codeInvalid, "The request body is not valid multipart/form-data.").Because(err)
}
