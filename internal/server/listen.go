package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/portico-hq/portico/internal/localca"
)

// listener is an address that the server listens on.
type listener struct {
	net.Listener

	scheme string
	port   int
}

func (l listener) url() string { return l.scheme + "://" + l.Addr().String() }

// listen opens the listeners, HTTPS first, and works out the public address.
func (s *server) listen(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			s.closeListeners()
		}
	}()
	if s.config.HTTP == "" && s.config.HTTPS == "" {
		return errors.New("nothing to listen on: give --http or --https an address")
	}
	if s.config.HTTPS != "" {
		if err := s.listenTLS(ctx); err != nil {
			return err
		}
	}
	if s.config.HTTP != "" {
		if err := s.listenOn(ctx, "http", s.config.HTTP); err != nil {
			return err
		}
	}
	s.address = Address{URL: s.config.URL, Scheme: s.listeners[0].scheme, Port: s.listeners[0].port}
	return nil
}

func (s *server) listenTLS(ctx context.Context) error {
	hosts := []string{DefaultHost}
	if host := s.config.host(); host != "" {
		hosts = append(hosts, host)
	}
	ca, err := localca.Open(localca.Config{Dir: s.config.Data, Clock: s.clock, Hosts: hosts})
	if err != nil {
		return fmt.Errorf("local certificate authority: %w", err)
	}
	s.ca = ca
	if s.certificates, err = newCertificates(s.config.TLS, s.config.Data, ca, s.clock, s.log); err != nil {
		return err
	}
	if err := s.listenOn(ctx, "https", s.config.HTTPS); err != nil {
		return err
	}
	l := &s.listeners[len(s.listeners)-1]
	l.Listener = tls.NewListener(l.Listener, s.certificates.config())
	return nil
}

// host returns the host of the operator's public address.
func (c Config) host() string { return Address{URL: c.URL}.host() }

func (s *server) listenOn(ctx context.Context, scheme, address string) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen for %s: %w", scheme, err)
	}
	port := 0
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		port = a.Port
	}
	s.listeners = append(s.listeners, listener{l, scheme, port})
	return nil
}

// closeListeners closes those that are still open.
func (s *server) closeListeners() {
	for _, l := range s.listeners {
		_ = l.Close()
	}
}
