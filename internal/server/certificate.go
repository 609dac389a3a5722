package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/localca"
)

// TLS says with which certificates the server answers besides those of its own authority, which covers every other name.
type TLS struct {
	// Certificate and Key are files in PEM form, the certificate with those of its issuers behind it. They are read again when
	// they have changed.
	Certificate, Key string
	ACME             ACME
}

// ACME names the hosts for which the server gets certificates by itself.
type ACME struct {
	Hosts     []string
	Email     string // where the issuer writes to; may be empty
	Directory string // the issuer's address; empty is Let's Encrypt's
	CA        string // a file with the authority of the issuer's own certificate, for one inside the company; may be empty
}

// certificates chooses the certificate of a connection.
type certificates struct {
	own  *ownCertificate   // nil: none was given
	acme *autocert.Manager // nil: no hosts were named
	name []string          // those of acme
	ca   *localca.CA
	log  *slog.Logger
}

func newCertificates(c TLS, data string, ca *localca.CA, clk clock.Clock, log *slog.Logger) (*certificates, error) {
	out := &certificates{ca: ca, log: log}
	if (c.Certificate == "") != (c.Key == "") {
		return nil, errors.New("a certificate needs its key and the other way round")
	}
	if c.Certificate != "" {
		out.own = &ownCertificate{certFile: c.Certificate, keyFile: c.Key, clock: clk, log: log}
		if err := out.own.load(); err != nil {
			return nil, err
		}
	}
	if len(c.ACME.Hosts) == 0 {
		return out, nil
	}
	for _, h := range c.ACME.Hosts {
		host, err := checkHost(h)
		if err != nil {
			return nil, err
		}
		out.name = append(out.name, host)
	}
	client := &acme.Client{DirectoryURL: c.ACME.Directory, UserAgent: "portico"}
	if c.ACME.Directory == "" {
		client.DirectoryURL = autocert.DefaultACMEDirectory
	}
	if c.ACME.CA != "" {
		pool, err := readPool(c.ACME.CA)
		if err != nil {
			return nil, err
		}
		client.HTTPClient = &http.Client{
			Timeout: time.Minute, Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
			},
		}
	}
	out.acme = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(filepath.Join(data, "acme")), Email: c.ACME.Email, Client: client,
		HostPolicy: autocert.HostWhitelist(out.name...),
	}
	return out, nil
}

func readPool(path string) (*x509.CertPool, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", path)
	}
	return pool, nil
}

// get returns the certificate for a connection: the operator's where it covers the name, or no name is asked for; a public one for
// the names of ACME; and else one of the server's own authority.
func (c *certificates) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c.own != nil {
		if cert := c.own.current(); hello.ServerName == "" || cert.Leaf.VerifyHostname(hello.ServerName) == nil {
			return cert, nil
		}
	}
	if c.acme != nil && slices.Contains(c.name, canonicalHost(hello.ServerName)) {
		cert, err := c.acme.GetCertificate(hello)
		if err == nil {
			return cert, nil
		}
		if slices.Contains(hello.SupportedProtos, acme.ALPNProto) {
			return nil, err // the issuer's question, which nothing else answers
		}
		c.log.Error("no certificate by ACME; the own authority stands in", "host", hello.ServerName, "error", err)
	}
	return c.ca.GetCertificate(hello)
}

// config is the server's side of TLS.
func (c *certificates) config() *tls.Config {
	protocols := []string{"h2", "http/1.1"}
	if c.acme != nil {
		protocols = append(protocols, acme.ALPNProto)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: protocols}
}

// challenges answers the issuer's questions over HTTP in front of h.
func (c *certificates) challenges(h http.Handler) http.Handler {
	if c == nil || c.acme == nil {
		return h
	}
	answers := c.acme.HTTPHandler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(c.name, canonicalHost(r.Host)) {
			h.ServeHTTP(w, r)
			return
		}
		answers.ServeHTTP(w, r)
	})
}

// ownCertificate is the operator's certificate. It looks at its files no more than once a second.
type ownCertificate struct {
	certFile, keyFile string
	clock             clock.Clock
	log               *slog.Logger

	mu     sync.Mutex
	cert   *tls.Certificate
	looked time.Time
	seen   [2]fileState
}

// fileState changes when a file does.
type fileState struct {
	size     int64
	modified time.Time
}

// lookEvery is how long a changed certificate may be unnoticed.
const lookEvery = time.Second

// current returns the certificate, read again where its files have changed. One that cannot be read is told of in the log, and
// the one before stays.
func (o *ownCertificate) current() *tls.Certificate {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.clock.Now()
	if now.Sub(o.looked) < lookEvery && !now.Before(o.looked) {
		return o.cert
	}
	o.looked = now
	if state, err := o.state(); err == nil && state == o.seen {
		return o.cert
	}
	if err := o.load(); err != nil {
		o.log.Error("the certificate cannot be read; the one before stays", "error", err)
	} else {
		o.log.Info("the certificate was read again", "file", o.certFile, "until", o.cert.Leaf.NotAfter)
	}
	return o.cert
}

func (o *ownCertificate) state() (out [2]fileState, err error) {
	for i, path := range []string{o.certFile, o.keyFile} {
		info, err := os.Stat(path)
		if err != nil {
			return out, err
		}
		out[i] = fileState{info.Size(), info.ModTime()}
	}
	return out, nil
}

// load reads the files. What it saw is remembered even when they cannot be used, so that it is said once.
func (o *ownCertificate) load() error {
	state, err := o.state()
	if err != nil {
		return err
	}
	o.seen = state
	cert, err := tls.LoadX509KeyPair(o.certFile, o.keyFile)
	if err != nil {
		return fmt.Errorf("read %s and %s: %w", o.certFile, o.keyFile, err)
	}
	if o.clock.Now().After(cert.Leaf.NotAfter) {
		o.log.Warn("the certificate has ended", "file", o.certFile, "until", cert.Leaf.NotAfter)
	}
	o.cert = &cert
	return nil
}
