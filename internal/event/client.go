package event

import (
	"net"
	"net/http"
	"time"
)

// The times of a connection to a handler.
const (
	dialTimeout = 10 * time.Second // until it stands
	keepAlive   = 30 * time.Second // between two signs of life on one that is idle
)

// maxAnswerHeader is how large the headers of an answer may be, in bytes; with larger ones there is no answer.
const maxAnswerHeader = 64 << 10

// NewClient returns the client for deliveries: it goes where policy lets it, keeps connections to busy handlers, follows no
// redirect, unpacks nothing and takes no endless header.
func NewClient(policy Policy) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive, Control: policy.control}).DialContext
	t.MaxIdleConnsPerHost = 16
	t.MaxResponseHeaderBytes = maxAnswerHeader
	t.DisableCompression = true
	t.ForceAttemptHTTP2 = false
	t.Proxy = nil // handlers are reached directly; the environment of the server is not theirs
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
