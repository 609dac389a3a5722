// Package networkhttp carries the requests of the network between servers: signed by the one, verified by the other.
//
// A request is a POST to /network/v1/<kind>. Its body is a document, or the content of a file; what the file is stands in the query.
// Headers say from whom it is, when it was made, its nonce and the SHA-256 of its body, and sign all of it with Ed25519
// (network.Signed). An answer is a document, or a fault as {"code", "text"} with the status of its kind.
package networkhttp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/network"
)

// Root is the first part of the paths of requests.
const Root = "network"

const prefix = "/" + Root + "/v1/"

// The headers of a request.
const (
	headFrom      = "X-Portico-From"
	headTime      = "X-Portico-Time"
	headNonce     = "X-Portico-Nonce"
	headSHA256    = "X-Portico-Body"
	headSignature = "X-Portico-Signature"
)

const (
	answerTime = 20 * time.Second // for a request whose body is a document
	fileTime   = 10 * time.Minute
	maxAnswer  = 2 << 20 // bytes: a card has a picture
)

// statuses are those of the kinds of faults, both ways.
var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusBadRequest, fault.Denied: http.StatusForbidden, fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict,
	fault.TooLarge: http.StatusRequestEntityTooLarge, fault.Unavailable: http.StatusServiceUnavailable,
}

// problem is a fault as it is answered.
type problem struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Remote makes requests of trusted servers.
type Remote struct {
	// Client returns what makes the requests: it goes where the portal's settings let it.
	Client func(ctx context.Context) (*http.Client, error)
	Clock  clock.Clock
}

var _ network.Remote = Remote{}

// Call sends a request. Faults: those of the other side, NETWORK_AWAY where it does not answer as it should.
func (c Remote) Call(ctx context.Context, to network.Trusted, from string, k network.Key, r network.Request) (answer []byte, err error) {
	client, err := c.Client(ctx)
	if err != nil {
		return nil, err
	}
	limit := answerTime
	if r.Kind == network.KindFile {
		limit = fileTime
	}
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	path := prefix + string(r.Kind)
	if r.Meta != "" {
		path += "?" + url.Values{"meta": {r.Meta}}.Encode()
	}
	q, err := http.NewRequestWithContext(within, http.MethodPost, to.URL+path, r.Body)
	if err != nil {
		return nil, network.ErrAway.Because(err)
	}
	q.ContentLength = r.Size
	if r.Size == 0 {
		q.Body = http.NoBody
	}
	g := network.NewSigned(http.MethodPost, to.URL, path, from, r.SHA256, c.Clock.Now())
	q.Header.Set("Content-Type", "application/octet-stream")
	for name, value := range map[string]string{
		headFrom: g.From, headTime: strconv.FormatInt(g.Time, 10), headNonce: g.Nonce, headSHA256: g.SHA256, headSignature: g.Sign(k),
	} {
		q.Header.Set(name, value)
	}
	got, err := client.Do(q)
	if err != nil {
		return nil, network.ErrAway.Because(err)
	}
	defer func() { err = errors.Join(err, got.Body.Close()) }()
	b, err := io.ReadAll(io.LimitReader(got.Body, maxAnswer+1))
	if err != nil || len(b) > maxAnswer {
		return nil, network.ErrAway.Because(errors.Join(err, errAnswer))
	}
	if got.StatusCode == http.StatusOK {
		return b, nil
	}
	return nil, faultOf(got, b)
}

var errAnswer = errors.New("the answer is not that of a portal")

// faultOf reads a fault. What is none of a portal's, e.g. of a proxy before it, is as if the portal did not answer.
func faultOf(got *http.Response, body []byte) error {
	var p problem
	if json.Unmarshal(body, &p) != nil || p.Code == "" || len(p.Code) > 100 || len(p.Text) > 1000 {
		return network.ErrAway.Because(errAnswer)
	}
	for kind, status := range statuses {
		if status == got.StatusCode {
			return fault.New(kind, p.Code, p.Text)
		}
	}
	return network.ErrAway.Because(errAnswer)
}

// Handler answers requests of trusted servers.
type Handler struct {
	network *network.Service
	log     *slog.Logger
}

// NewHandler returns what answers requests of trusted servers.
func NewHandler(n *network.Service, log *slog.Logger) Handler { return Handler{n, log} }

// ServeHTTP answers a request.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := h.serve(w, r)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(answer)
}

func (h Handler) serve(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	kind, ok := strings.CutPrefix(r.URL.Path, prefix)
	if !ok || r.Method != http.MethodPost {
		return nil, network.ErrRequest
	}
	g, err := signedOf(r)
	if err != nil {
		return nil, err
	}
	peer, err := h.network.Verify(r.Context(), g, r.Header.Get(headSignature))
	if err != nil {
		return nil, err
	}
	body := &checkedBody{r: r.Body, sum: sha256.New(), want: g.SHA256}
	q := network.Request{Kind: network.Kind(kind), Meta: r.URL.Query().Get("meta"), Body: body, Size: r.ContentLength, SHA256: g.SHA256}
	if q.Kind == network.KindFile {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // as long as it takes; the other side gives up
		return h.network.Serve(r.Context(), peer, q)
	}
	b, err := io.ReadAll(io.LimitReader(body, network.MaxBody+1)) // whole, so that nothing is done of a body that was changed
	if err != nil {
		return nil, err
	}
	q.Body = bytes.NewReader(b)
	return h.network.Serve(r.Context(), peer, q)
}

// signedOf reads what a request is signed over. Fault: NETWORK_SIGNATURE.
func signedOf(r *http.Request) (g network.Signed, err error) {
	at, err := strconv.ParseInt(r.Header.Get(headTime), 10, 64)
	if err != nil {
		return g, network.ErrSignature
	}
	return network.Signed{
		Method: r.Method, Path: r.URL.RequestURI(), From: r.Header.Get(headFrom), SHA256: r.Header.Get(headSHA256),
		Time: at, Nonce: r.Header.Get(headNonce),
	}, nil
}

// checkedBody reads a body whose SHA-256 was signed. At its end it fails with NETWORK_SIGNATURE where it is another one.
type checkedBody struct {
	r    io.Reader
	sum  hash.Hash
	want string
}

// Read reads a part.
func (c *checkedBody) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.sum.Write(p[:n])
	if errors.Is(err, io.EOF) && hex.EncodeToString(c.sum.Sum(nil)) != c.want {
		return n, network.ErrSignature
	}
	return n, err
}

func (h Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.Of(err)
	status, ok := statuses[f.Kind]
	if !ok {
		h.log.ErrorContext(r.Context(), "answer the network", "error", err)
		f, status = fault.New(fault.Unavailable, "NETWORK_FAILED", "The other side could not do it."), http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{f.Code, f.Text})
}
