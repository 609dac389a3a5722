package rest

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// errSlowBody is the fault of a body that pauses or takes too long.
var errSlowBody = fault.New(fault.Invalid, "INVALID_REQUEST", "The request body came too slowly")

// patient is a body that is given up when nothing of it arrives for a while, or when all of it takes too long: a client that
// drips its bytes must not hold its place for ever.
type patient struct {
	io.ReadCloser

	control *http.ResponseController
	idle    time.Duration
	until   time.Time
}

// withPatience makes the body of r a patient one. The deadlines are those of the connection, so they are of the machine's
// clock.
func (g *guard) withPatience(c *Call, w http.ResponseWriter, r *http.Request) {
	if g == nil || c.policy.Unprotected || g.BodyIdle <= 0 || r.Body == nil || r.Body == http.NoBody {
		return
	}
	r.Body = &patient{r.Body, http.NewResponseController(w), g.BodyIdle, time.Now().Add(g.BodyTotal)}
}

// Read reads what has come.
func (p *patient) Read(b []byte) (int, error) {
	deadline := time.Now().Add(p.idle)
	if deadline.After(p.until) {
		deadline = p.until
	}
	if p.control.SetReadDeadline(deadline) != nil { // no connection that knows deadlines
		return p.ReadCloser.Read(b)
	}
	n, err := p.ReadCloser.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return n, errSlowBody
	}
	if err != nil { // the end, or a broken body: what follows on the connection has its own time
		_ = p.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// readParams merges the parameters of address and body; those of the body win. REST 3.0 has only those of the body.
func readParams(r *http.Request, v3 bool, limit int64) (phpform.Value, error) {
	if v3 {
		return readV3(r)
	}
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil || r.Method != http.MethodPost {
		return query, err
	}
	if err := unpack(r); err != nil {
		return query, err
	}
	body, err := readBody(r, limit)
	if err != nil || query.Len() == 0 {
		return body, err
	}
	return phpform.ArrayOf(append(append([]phpform.Entry{}, query.Entries()...), body.Entries()...)...), nil
}

func readBody(r *http.Request, limit int64) (phpform.Value, error) {
	if r.ContentLength > limit {
		return phpform.Value{}, tooLarge(limit)
	}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		v, err := phpform.ParseMultipart(http.MaxBytesReader(nil, r.Body, limit), params["boundary"], phpform.Limits{})
		return v, readFault(err, limit)
	}
	raw, err := readText(r, limit)
	if err != nil {
		return phpform.Value{}, err
	}
	if strings.IndexByte(raw, 0) >= 0 || strings.Contains(raw, "%00") || strings.Contains(raw, `\u0000`) {
		return phpform.Value{}, errNUL
	}
	if kind == "application/json" || kind != "application/x-www-form-urlencoded" && looksLikeJSON(raw) {
		return parseJSON(raw)
	}
	return phpform.ParseForm(raw, phpform.Limits{})
}

// readText reads a body, without the mark that some clients put before UTF-8.
func readText(r *http.Request, limit int64) (string, error) {
	if limit > MaxBody {
		text, err := spool(r.Body, limit)
		return strings.TrimPrefix(text, string(byteOrderMark)), err
	}
	raw, err := readAll(r)
	return string(bytes.TrimPrefix(raw, byteOrderMark)), err
}

// errNUL refuses the one character that PostgreSQL cannot store in a text.
var errNUL = fault.New(fault.Invalid, "INVALID_REQUEST", "The request contains the character NUL")

func parseQuery(raw string) (phpform.Value, error) {
	if strings.Contains(raw, "%00") {
		return phpform.Value{}, errNUL
	}
	return phpform.ParseForm(raw, phpform.Limits{})
}

func looksLikeJSON(raw string) bool {
	raw = strings.TrimLeft(raw, " \t\r\n")
	return len(raw) > 0 && (raw[0] == '{' || raw[0] == '[')
}

// byteOrderMark is what some clients put before UTF-8.
var byteOrderMark = []byte("\xef\xbb\xbf")

func parseJSON(raw string) (phpform.Value, error) {
	if len(raw) == 0 {
		return phpform.ListOf(), nil
	}
	v, err := phpform.ParseJSONText(raw, phpform.Limits{})
	if err != nil {
		return v, err
	}
	if !v.IsArray() {
		return v, fault.New(fault.Invalid, "INVALID_REQUEST", "The body must be a JSON object")
	}
	return v, nil
}

func readAll(r *http.Request) ([]byte, error) {
	size := firstRead
	if r.ContentLength >= 0 {
		size = int(min(r.ContentLength+1, firstRead)) // what is announced and never comes takes no room
	}
	raw, body := make([]byte, 0, size), http.MaxBytesReader(nil, r.Body, MaxBody)
	for {
		n, err := body.Read(raw[len(raw):cap(raw)])
		raw = raw[:len(raw)+n]
		if errors.Is(err, io.EOF) {
			return raw, nil
		}
		if err != nil {
			return nil, readFault(err, MaxBody)
		}
		if len(raw) == cap(raw) {
			raw = append(raw, 0)[:len(raw)]
		}
	}
}

// firstRead is how much room a body has before any of it has come.
const firstRead = 64 << 10

// unpack has the body of r read as what it was before it was compressed.
func unpack(r *http.Request) error {
	switch encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
		return nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return errPacked.Because(err)
		}
		r.Body, r.ContentLength = &packed{z, r.Body}, -1
		return nil
	}
	return fault.New(fault.Invalid, "INVALID_REQUEST", "Send the request body as it is or with Content-Encoding: gzip")
}

var errPacked = fault.New(fault.Invalid, "INVALID_REQUEST", "The request body is not what its Content-Encoding says")

// packed is a body in gzip.
type packed struct {
	*gzip.Reader

	body io.ReadCloser
}

// Read reads what the body was.
func (p *packed) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, new(flate.CorruptInputError)) {
		err = errPacked.Because(err)
	}
	return n, err
}

// Close closes the body itself.
func (p *packed) Close() error { return p.body.Close() }

// readFault turns what went wrong while reading a body into a fault.
func readFault(err error, limit int64) error {
	var over *http.MaxBytesError
	var f *fault.Fault
	switch {
	case err == nil || errors.As(err, &f):
		return err
	case errors.As(err, &over):
		return tooLarge(limit)
	}
	return fault.New(fault.Invalid, "INVALID_REQUEST", "The request body did not arrive whole").Because(err)
}
