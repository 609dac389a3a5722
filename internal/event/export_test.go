package event

import (
	"net"
	"net/http"
)

// NewClientResolving is NewClient with a resolver of names.
func NewClientResolving(r *net.Resolver, policies ...Policy) *http.Client {
	c := NewClient(policies...)
	c.Transport.(*http.Transport).DialContext = guard{policies, r}.dial
	return c
}
