package rest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// The headers of repeated calls; api-reference/rest-v3.md, "Repeated calls without duplicates".
const (
	keyHeader      = "Idempotency-Key"
	replayedHeader = "Idempotent-Replayed"
	maxKey         = 255 // characters of a key
)

// ReplayKey names a call that a client may repeat. It is the client's own within an application or webhook, a user and a
// method.
type ReplayKey struct {
	Caller string // the application or webhook
	UserID int64
	Method string // in lower case
	Key    string
}

// Replay is the answer of a call.
type Replay struct {
	Hash string // of the parameters
	Body []byte // the whole answer
}

// Replays keeps the answers of calls for 24 hours.
type Replays interface {
	// Find returns the answer that was kept for key; false where there is none or it is too old.
	Find(ctx context.Context, key ReplayKey) (Replay, bool, error)
	// Keep stores an answer for key.
	Keep(ctx context.Context, key ReplayKey, r Replay) error
}

// WithReplays makes a handler remember the answers of calls that carry an Idempotency-Key. Without it such a call is
// refused: a client that asks for protection must not believe that it has it.
func WithReplays(r Replays) HandlerOption { return func(h *Handler) { h.replays = r } }

var (
	errKey = fault.New(fault.Invalid, dto.CodeKey,
		"The Idempotency-Key must be 1 to 255 printable ASCII characters")
	errKeyReused = fault.New(fault.Conflict, dto.CodeKeyReused,
		"The Idempotency-Key was already used with a different request body")
	errNoReplays = fault.New(fault.Unavailable, "OVERLOAD_LIMIT", "Idempotency-Key is not available")
)

// once calls a method that changes something, unless a call with the same key did it already: then the answer is the same.
// An answer is kept when the call succeeded.
func (h *Handler) once(ctx context.Context, c *Call, m *Method, params phpform.Value, keys []string) (*outcome, error) {
	if len(keys) == 0 {
		return h.invoke(ctx, c, m, params)
	}
	if len(keys) > 1 || !validKey(keys[0]) {
		return nil, errKey
	}
	if h.replays == nil {
		return nil, errNoReplays
	}
	c.Method, c.key = m, keys[0]
	if err := c.permitted(); err != nil {
		return nil, err
	}
	key, hash := c.replayKey(m), hashOf(params)
	kept, found, err := h.replays.Find(ctx, key)
	switch {
	case err != nil:
		return nil, err
	case found && kept.Hash != hash:
		return nil, errKeyReused
	case found:
		c.replayed = true
		return &outcome{result: kept.Body, raw: true}, nil
	}
	out, err := h.invoke(ctx, c, m, params)
	if err != nil {
		return nil, err
	}
	out.keep = func(body []byte) {
		// The caller may have gone; their next attempt must find the answer.
		if err := h.replays.Keep(context.WithoutCancel(ctx), key, Replay{hash, body}); err != nil {
			h.log.ErrorContext(ctx, "keep an answer for its Idempotency-Key", "method", m.Name, "error", err)
		}
	}
	return out, nil
}

func (c *Call) replayKey(m *Method) ReplayKey {
	return ReplayKey{Caller: c.ClientID, UserID: c.UserID, Method: strings.ToLower(m.Name), Key: c.key}
}

func validKey(key string) bool {
	for _, b := range []byte(key) {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return key != "" && len(key) <= maxKey
}

// hashOf tells parameters apart; the token is not among them any more, which may be a new one in a repeated call.
func hashOf(params phpform.Value) string {
	sum := sha256.Sum256(phpform.AppendJSON(nil, params))
	return hex.EncodeToString(sum[:])
}

// announce sets the headers that tell of the limits and of an Idempotency-Key.
func (c *Call) announce(h http.Header) {
	c.gauge.write(h)
	if c.key == "" {
		return
	}
	h.Set(keyHeader, c.key)
	if c.replayed {
		h.Set(replayedHeader, "true")
	}
}
