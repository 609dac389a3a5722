// Package webpush sends what is pushed to browsers to their push services: encrypted for the browser (RFC 8291), signed by the
// portal (RFC 8292).
package webpush

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	lib "github.com/SherClockHolmes/webpush-go"

	"github.com/portico-hq/portico/internal/notify"
)

// Sender sends pushes.
type Sender struct {
	// Client returns what reaches push services: it goes where the portal may go.
	Client func(ctx context.Context) (*http.Client, error)
	// Subject is how push services reach the operator: the portal's https address or an e-mail address.
	Subject func() string
}

var _ notify.Pusher = Sender{}

const (
	// sendTime bounds a request to a push service.
	sendTime = 30 * time.Second
	// recordSize is how large every push is made, so that its length tells nothing: some services take no more.
	recordSize = 3052
	// maxRetryAfter is the longest wait that a push service can ask for.
	maxRetryAfter = time.Hour
)

// NewKeys makes the keys by which push services know a portal.
func (Sender) NewKeys() (k notify.Keys, err error) {
	k.Private, k.Public, err = lib.GenerateVAPIDKeys()
	return k, err
}

// Post sends a push to the service of a device.
func (s Sender) Post(ctx context.Context, k notify.Keys, o notify.Outgoing) notify.Outcome {
	client, err := s.Client(ctx)
	if err != nil {
		return notify.Outcome{Problem: err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	urgency := lib.UrgencyNormal
	if o.Urgent {
		urgency = lib.UrgencyHigh
	}
	sub := &lib.Subscription{Endpoint: o.Endpoint, Keys: lib.Keys{Auth: o.Auth, P256dh: o.P256dh}}
	res, err := lib.SendNotificationWithContext(ctx, []byte(o.Payload), sub, &lib.Options{
		HTTPClient: client, Subscriber: s.Subject(), Topic: o.Topic, Urgency: urgency, RecordSize: recordSize, TTL: int(o.Life / time.Second),
		VAPIDPublicKey: k.Public, VAPIDPrivateKey: k.Private,
	})
	if err != nil {
		return notify.Outcome{Problem: problemOf(err, o.Endpoint)}
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	return outcomeOf(res, o.Endpoint)
}

func outcomeOf(res *http.Response, endpoint string) notify.Outcome {
	out := notify.Outcome{Wait: retryAfter(res.Header.Get("Retry-After"))}
	switch code := res.StatusCode; {
	case code >= 200 && code < 300:
		out.Sent = true
		return out
	case code == http.StatusNotFound || code == http.StatusGone:
		out.Gone = true
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
	default:
		out.Refused = true
	}
	out.Problem = fmt.Sprintf("%s answered %d", hostOf(endpoint), res.StatusCode)
	return out
}

// problemOf says what went wrong without the address, which is a secret.
func problemOf(err error, endpoint string) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return hostOf(endpoint) + ": " + err.Error()
}

func hostOf(endpoint string) string {
	if u, err := url.Parse(endpoint); err == nil {
		return u.Host
	}
	return "the push service"
}

func retryAfter(header string) time.Duration {
	seconds, err := strconv.ParseInt(header, 10, 32)
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}
