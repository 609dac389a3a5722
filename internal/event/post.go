package event

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	// answerTimeout is how long a handler may take, from the connection to the end of its answer.
	answerTimeout = 30 * time.Second
	// maxAnswer is how much of an answer is read; of more the connection is closed.
	maxAnswer = 64 << 10
	// keptAnswer is how much of an answer is kept for the people who look for what went wrong.
	keptAnswer = 4 << 10
)

// answer is what a handler said.
type answer struct {
	status int    // 0 when there was none
	text   string // the beginning of the body, or why there was no answer
}

// ok reports whether the handler took the event.
func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

// The times of a connection to a handler.
const (
	dialTimeout = 10 * time.Second // until it stands
	keepAlive   = 30 * time.Second // between two signs of life on one that is idle
)

// NewClient returns the client for deliveries: it goes where policy lets it, keeps connections to busy handlers, follows no
// redirect and takes no endless header.
func NewClient(policy Policy) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive, Control: policy.control}).DialContext
	t.MaxIdleConnsPerHost = 16
	t.MaxResponseHeaderBytes = 64 << 10
	t.DisableCompression = true
	t.ForceAttemptHTTP2 = false
	t.Proxy = nil // handlers are reached directly; the environment of the server is not theirs
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (d *Dispatcher) post(url string, body []byte) answer {
	ctx, cancel := context.WithTimeout(d.ctx, answerTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return answer{text: err.Error()}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", "Portico")
	res, err := d.client.Do(req)
	if err != nil {
		return answer{text: err.Error()}
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return answer{text: "the answer broke off: " + err.Error()}
	}
	return answer{res.StatusCode, keep(text)}
}

// keep makes text of the beginning of an answer, whatever it holds.
func keep(raw []byte) string {
	s := strings.ToValidUTF8(string(raw[:min(len(raw), keptAnswer)]), "�")
	return strings.ReplaceAll(s, "\x00", "�")
}
