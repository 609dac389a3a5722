// Package linkpreviewhttp reads over HTTP what the links in messages lead to.
package linkpreviewhttp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/linkpreview"
)

// maxRedirects is how many redirects are followed. It stands in docs/limits.md.
const maxRedirects = 5

// Client makes requests without anything that tells who reads: no cookies, no address of a page that it came from.
type Client struct {
	// Clients gives the client for a request. It must go only where the portal may reach, look at each address when it is dialled, and
	// follow no redirect by itself.
	Clients func(ctx context.Context) (*http.Client, error)
	// Agent says who asks, so that the people of a site know.
	Agent func() string
	// Refuse reports whether an address must not be asked, such as pages of the portal's own; nil: none.
	Refuse func(u *url.URL) bool
	// Refused reports whether an error says that the portal may not reach an address, which lasts; nil: none does.
	Refused func(err error) bool
}

var _ linkpreview.Fetcher = Client{}

// The faults of what cannot be read.
var (
	errRefused   = fault.New(fault.Invalid, "NOT_ASKED", "This address is not asked.")
	errAnswer    = fault.New(fault.Invalid, "NO_PAGE", "There is no page at this address.")
	errEndless   = fault.New(fault.Invalid, "ENDLESS", "The address leads to others again and again.")
	errNotThere  = fault.New(fault.Unavailable, "NOT_THERE", "The address cannot be reached.")
	errNotNow    = fault.New(fault.Unavailable, "NOT_NOW", "The site does not answer now.")
	errBrokenOff = fault.New(fault.Unavailable, "BROKEN_OFF", "The connection broke off.")
)

// Fetch returns the first limit bytes at an address. Redirects are followed, each like an address of its own.
func (c Client) Fetch(ctx context.Context, address string, limit int64) (linkpreview.Answer, error) {
	client, err := c.Clients(ctx)
	if err != nil {
		return linkpreview.Answer{}, err
	}
	for range maxRedirects + 1 {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || c.Refuse != nil && c.Refuse(u) {
			return linkpreview.Answer{}, errRefused.Because(err)
		}
		a, next, err := c.once(ctx, client, u, limit)
		if err != nil || next == "" {
			return a, err
		}
		address = next
	}
	return linkpreview.Answer{}, errEndless
}

// once makes one request. next is the address that the answer leads to, where it does.
func (c Client) once(ctx context.Context, client *http.Client, u *url.URL, limit int64) (a linkpreview.Answer, next string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return a, "", errRefused.Because(err)
	}
	r.Header.Set("User-Agent", c.Agent())
	r.Header.Set("Accept", "text/html, application/xhtml+xml, image/png, image/jpeg, image/webp, image/gif;q=0.9, */*;q=0.1")
	r.Header.Set("Accept-Language", "en, *;q=0.5")
	r.Header.Set("Accept-Encoding", "identity")
	answer, err := client.Do(r)
	if err != nil && c.Refused != nil && c.Refused(err) {
		return a, "", errRefused.Because(err)
	}
	if err != nil {
		return a, "", errNotThere.Because(err)
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	switch code := answer.StatusCode; {
	case code >= 300 && code < 400:
		to, err := answer.Location()
		if err != nil {
			return a, "", errAnswer.Because(err)
		}
		return a, to.String(), nil
	case code >= 500 || code == http.StatusTooManyRequests:
		return a, "", errNotNow
	case code != http.StatusOK:
		return a, "", errAnswer
	}
	if packed := answer.Header.Get("Content-Encoding"); packed != "" && !strings.EqualFold(packed, "identity") {
		return a, "", errAnswer // it was asked for plain
	}
	a.Address, a.Type = u.String(), answer.Header.Get("Content-Type")
	if a.Body, err = io.ReadAll(io.LimitReader(answer.Body, limit)); err != nil {
		return a, "", errBrokenOff.Because(err)
	}
	return a, "", nil
}
