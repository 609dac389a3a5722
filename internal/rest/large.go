package rest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// FileBody is how large the bodies of methods are that take files: a file of 100 MB as Base64 in a form is 142 MB.
const FileBody = 150 << 20

// Body lets the bodies of a method have n bytes instead of MaxBody. Those beyond MaxBody wait on the disk until they are whole, and only
// few of them are taken at once, see Protection.Large.
func Body(n int64) Option { return func(m *Method) { m.body = n } }

// isLarge reports whether the body of r may be larger than MaxBody, where the method allows that: it says so, or does not say.
func (m *Method) isLarge(r *http.Request) bool {
	if m == nil || m.body <= MaxBody || r.Method != http.MethodPost {
		return false
	}
	return r.ContentLength > MaxBody || r.ContentLength < 0 || r.Header.Get("Content-Encoding") != ""
}

// admitLarge takes one of the places for large bodies; leave gives it back. Who says who they are in front of the body is looked at
// first, so that nobody unknown makes the server read one.
func (h *Handler) admitLarge(ctx context.Context, c *Call, m *Method, r *http.Request, a address) (leave func(), err error) {
	given := Credentials{WebhookUserID: a.userID, WebhookCode: a.code, Remote: c.Remote}
	if a.code == "" {
		query, err := parseQuery(r.URL.RawQuery)
		if err != nil {
			return nil, err
		}
		given.Token, _ = takeToken(r, query)
	}
	if given.Token != "" || given.WebhookCode != "" {
		if err := h.authorize(ctx, c, given); err != nil {
			return nil, err
		}
		c.Method = m
		if err := c.permitted(); err != nil {
			return nil, err
		}
	}
	if h.guard == nil || c.policy.Unprotected || h.guard.large == nil {
		return func() {}, nil
	}
	select {
	case h.guard.large <- struct{}{}:
		return func() { <-h.guard.large }, nil
	default:
		c.gauge.retryAfter = largeRetry
		return nil, ErrQueryLimit
	}
}

// largeRetry is after how many seconds a client may try again to send a large body.
const largeRetry = 5

// tooLarge is the fault of a body over limit.
func tooLarge(limit int64) error {
	if limit <= MaxBody {
		return ErrBodySize
	}
	return fault.New(fault.TooLarge, ErrBodySize.Code, "The request body is larger than "+strconv.FormatInt(limit>>20, 10)+" MB")
}

// spool reads a body that takes its time into a file, and then into memory once. The file has no name any more while it is written.
func spool(body io.Reader, limit int64) (text string, err error) {
	f, err := os.CreateTemp("", "portico-body-")
	if err != nil {
		return "", err
	}
	err = os.Remove(f.Name())
	defer func() { err = errors.Join(err, f.Close()) }()
	if err != nil {
		return "", err
	}
	n, err := io.Copy(f, http.MaxBytesReader(nil, io.NopCloser(body), limit))
	if err != nil {
		return "", readFault(err, limit)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	var b strings.Builder
	b.Grow(int(n))
	if _, err := io.Copy(&b, f); err != nil {
		return "", err
	}
	return b.String(), nil
}

// logged is how much of a text of a large body the log of requests gets to see: more than it keeps of a call.
const logged = 32 << 10

// shortened returns tree with its long texts cut, for the log: a file in it is not to be held any longer.
func shortened(tree phpform.Value) phpform.Value {
	if !tree.IsArray() {
		if text := tree.Text(); tree.Kind() == phpform.String && len(text) > logged {
			return phpform.StringOf(strings.ToValidUTF8(strings.Clone(text[:logged]), ""))
		} else if tree.Kind() == phpform.String {
			return phpform.StringOf(strings.Clone(text)) // the strings of a tree share the memory of its body
		}
		return tree
	}
	entries := make([]phpform.Entry, 0, tree.Len())
	for _, e := range tree.Entries() {
		entries = append(entries, phpform.Entry{Key: strings.Clone(e.Key), Value: shortened(e.Value)})
	}
	return phpform.ArrayOf(entries...)
}
