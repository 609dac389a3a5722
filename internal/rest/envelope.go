package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// outcome is what a method answered, encoded.
type outcome struct {
	result json.RawMessage
	total  *int64
	next   int64 // 0: no further page

	raw  bool         // result is the whole body
	keep func([]byte) // takes the body before it is sent
}

func newOutcome(result any) (*outcome, error) {
	o := &outcome{}
	if p, ok := result.(paged); ok {
		items, total, next := p.page()
		if result, o.next = items, next; total != uncounted {
			o.total = &total
		}
	}
	var err error
	o.result, err = encode(result)
	return o, err
}

// encode writes a result as JSON, without the HTML escapes of package json.
func encode(v any) (json.RawMessage, error) {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case bool:
		return strconv.AppendBool(nil, v), nil
	case phpform.Value:
		return phpform.AppendJSON(nil, v), nil
	case json.RawMessage:
		return v, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode result: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// answer is the envelope of an answer or of an error.
type answer struct {
	status int
	body   []byte // as JSON
	fault  *fault.Fault
}

// answer makes the envelope of an answer or of an error.
func (h *Handler) answer(ctx context.Context, c *Call, o *outcome, err error) answer {
	if err != nil {
		f := fault.Of(err)
		if f.Kind == fault.Internal && ctx.Err() == nil { // else the caller has gone, which ended the work
			h.log.ErrorContext(ctx, "call failed", "method", c.asked.name, "request", c.asked.id, "error", err)
		}
		if c.V3 {
			status, body := errorV3(f)
			return answer{status, body, f}
		}
		return answer{statusOf(f), appendError(nil, f), f}
	}
	body := h.envelope(c, o)
	if o.keep != nil {
		o.keep(body)
	}
	return answer{http.StatusOK, body, nil}
}

// envelope is the body of an answer.
func (h *Handler) envelope(c *Call, o *outcome) []byte {
	if o.raw {
		return o.result
	}
	body := append(make([]byte, 0, len(o.result)+320), `{"result":`...)
	body = o.append(body)
	body = append(body, `,"time":`...)
	body = h.appendTime(body, c)
	return append(body, '}')
}

// write sends an answer, as XML where the address asks for it.
func (h *Handler) write(w http.ResponseWriter, r *http.Request, c *Call, a answer) {
	header, body := w.Header(), a.body
	c.announce(header)
	c.warn(header)
	header["Content-Type"] = contentType
	if wantsXML(r.URL.Path) {
		header["Content-Type"], body = xmlContentType, toXML(body)
	}
	header[RequestIDHeader] = []string{c.asked.id}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // the caller has gone; there is nobody to tell
}

var contentType = []string{"application/json; charset=utf-8"}

// append writes the result with its total and next.
func (o *outcome) append(b []byte) []byte {
	b = append(b, o.result...)
	if o.next > 0 {
		b = strconv.AppendInt(append(b, `,"next":`...), o.next, 10)
	}
	if o.total != nil {
		b = strconv.AppendInt(append(b, `,"total":`...), *o.total, 10)
	}
	return b
}

func appendError(b []byte, f *fault.Fault) []byte {
	b = phpform.AppendJSON(append(b, `{"error":`...), phpform.StringOf(f.Code))
	b = phpform.AppendJSON(append(b, `,"error_description":`...), phpform.StringOf(f.Text))
	if f.Field != "" {
		b = phpform.AppendJSON(append(b, `,"argument":`...), phpform.StringOf(f.Field))
	}
	return append(b, '}')
}

// appendTime writes the timing of a call: seconds since 1970 with a fraction, and the same as dates.
func (h *Handler) appendTime(b []byte, c *Call) []byte {
	finish := h.clock.Now()
	took := finish.Sub(c.Start).Seconds()
	operating, resetAt := h.meter.add(c, finish, took)
	c.gauge.used, c.gauge.resetAt = operating, resetAt
	b = appendSeconds(append(b, `{"start":`...), c.Start)
	b = appendSeconds(append(b, `,"finish":`...), finish)
	b = strconv.AppendFloat(append(b, `,"duration":`...), took, 'f', -1, 64)
	b = strconv.AppendFloat(append(b, `,"processing":`...), took, 'f', -1, 64)
	b = c.Start.AppendFormat(append(b, `,"date_start":"`...), atom)
	b = finish.AppendFormat(append(b, `","date_finish":"`...), atom)
	b = strconv.AppendInt(append(b, `","operating_reset_at":`...), resetAt, 10)
	b = strconv.AppendFloat(append(b, `,"operating":`...), operating, 'f', -1, 64)
	return append(b, '}')
}

// atom is ISO 8601 with the offset in digits: UTC is +00:00, never Z.
const atom = "2006-01-02T15:04:05-07:00"

func appendSeconds(b []byte, t time.Time) []byte {
	return strconv.AppendFloat(b, float64(t.UnixMicro())/1e6, 'f', -1, 64)
}

// maskPath hides the secret of an inbound webhook from logs.
func maskPath(path string) string {
	a, err := parseAddress(path)
	if err != nil || a.code == "" {
		return path
	}
	root := "/rest/"
	if a.v3 {
		root = "/rest/api/"
	}
	return root + strconv.FormatInt(a.userID, 10) + "/***/" + a.method
}
