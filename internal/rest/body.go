package rest

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/portico-hq/portico/internal/fault"
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
