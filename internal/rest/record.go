package rest

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// RequestIDHeader tells a client under which id its request is in the log of requests.
const RequestIDHeader = "X-Request-Id"

// Record is one call as it was answered: a request, refused ones too, or a call inside a batch.
type Record struct {
	RequestID string // as the client was told; the calls of a batch have that of their batch
	Command   string // the name of the call inside its batch; empty for a request
	Trace     string // the id that the client gave its request (X-Request-Id or bx24_request_id); may be empty
	Verb      string // of HTTP; empty for a call that no request made
	Agent     string // the client's User-Agent
	Name      string // the method as the caller spelt it, see Call.V3; empty where the address names none

	// Call is as much as was found out until it was answered: Kind is 0 where nobody was recognised, Method is nil where
	// there is no such method. Params are without the token.
	Call   *Call
	Finish time.Time
	Status int          // of HTTP, or what it would be for a call of its own
	Fault  *fault.Fault // why it was refused; nil where it was not
	// Warnings say in which respects the call departs from the documentation, where the policy has it looked at.
	Warnings []string
	// Answer is the answer as JSON: with the timing for a request, without it for a call inside a batch. It must not be
	// changed.
	Answer []byte
}

// Recorder keeps a log of calls.
type Recorder interface {
	// Record notes one call. It is called after the call was answered and must be quick: the next
	// request of the same connection waits for it.
	Record(r Record)
}

// WithRecorder makes a handler tell rec of every call.
func WithRecorder(rec Recorder) HandlerOption {
	return func(h *Handler) { h.recorder = rec }
}

// asked is what a request says of itself.
type asked struct {
	id, trace, verb, agent, name string
}

// maxTrace is the longest id of a client that is kept.
const maxTrace = 64

// askedBy returns what r says of itself, with an id of its own.
func askedBy(r *http.Request, id string) asked {
	trace := r.Header.Get(RequestIDHeader)
	if trace == "" && strings.Contains(r.URL.RawQuery, "bx24_request_id=") {
		trace = r.URL.Query().Get("bx24_request_id")
	}
	if len(trace) > maxTrace {
		trace = trace[:maxTrace]
	}
	return asked{id: id, trace: trace, verb: r.Method, agent: r.UserAgent()}
}

// record tells the recorder of a call.
func (h *Handler) record(c *Call, command string, status int, f *fault.Fault, answer []byte) {
	if h.recorder == nil {
		return
	}
	if command != "" {
		c.hold() // a request was held against it for its headers
	}
	h.recorder.Record(Record{
		RequestID: c.asked.id, Command: command, Trace: c.asked.trace, Verb: c.asked.verb, Agent: c.asked.agent,
		Name: c.asked.name, Call: c, Finish: h.clock.Now(), Status: status, Fault: f,
		Warnings: c.warnings, Answer: answer,
	})
}

// Answer is what a call that no request made was answered.
type Answer struct {
	RequestID string
	Status    int // of HTTP, as a request would have got it
	Body      []byte
	Took      time.Duration
}

// Execute calls a method as p, as if by a request from the address remote: it is checked, counted and recorded like one. A
// method of REST 3.0 is named as in its address, "api/" and its name. It is for the portal's own pages, which have made sure who p is.
func (h *Handler) Execute(ctx context.Context, p Principal, remote, name string, params phpform.Value) Answer {
	c := &Call{Principal: p, Start: h.clock.Now(), Remote: remote, Params: params, handler: h, policy: h.policy(ctx)}
	c.asked = asked{id: newRequestID(), name: name}
	var out *outcome
	err := error(ErrMethodNotFound)
	a := address{method: name}
	if a.method, c.V3 = strings.CutPrefix(name, "api/"); c.V3 {
		a.v3, c.asked.name = true, a.method
	}
	if m := h.registry.find(a); m != nil {
		out, err = h.invoke(ctx, c, m, params)
	}
	done := h.answer(ctx, c, out, err)
	c.hold()
	h.record(c, "", done.status, done.fault, done.body)
	return Answer{RequestID: c.asked.id, Status: done.status, Body: done.body, Took: h.clock.Now().Sub(c.Start)}
}

// newRequestID returns an id for a request: 26 letters and digits.
func newRequestID() string { return strings.ToLower(rand.Text()) }
