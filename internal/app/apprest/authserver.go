package apprest

import (
	"context"
	"net"
	"strings"
)

// IsAuthServer reports whether host, with or without a port, is a name that applications call the authorization server by
// literally. Whichever portal a token belongs to, they ask there.
func IsAuthServer(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	switch strings.ToLower(strings.TrimSuffix(host, ".")) {
	case "oauth.bitrix.info", "oauth.bitrix24.tech":
		return true
	}
	return false
}

type authServerKey struct{}

// AtAuthServer returns ctx for a call that came to the authorization server and not to the portal by its own name.
func AtAuthServer(ctx context.Context) context.Context {
	return context.WithValue(ctx, authServerKey{}, true)
}

func atAuthServer(ctx context.Context) bool {
	at, _ := ctx.Value(authServerKey{}).(bool)
	return at
}
