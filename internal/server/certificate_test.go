package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/server"
)

// issuer is a certificate authority of a company.
type issuer struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Company"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{t, cert, key}
}

func (i *issuer) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(i.cert)
	return pool
}

// sign returns a certificate of a public key for names.
func (i *issuer) sign(serial int64, public any, names ...string) []byte {
	i.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: names,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, i.cert, public, i.key)
	if err != nil {
		i.t.Fatal(err)
	}
	return der
}

// write puts a new certificate for names, and its key, into two files.
func (i *issuer) write(dir string, serial int64, names ...string) (cert, key string) {
	i.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		i.t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "own.pem"), filepath.Join(dir, "own.key")
	signed := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.sign(serial, &private.PublicKey, names...)})
	err = errors.Join(os.WriteFile(cert, signed, 0o600), os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600))
	if err != nil {
		i.t.Fatal(err)
	}
	return cert, key
}

// shown returns the certificate that the server shows under a name, which must be trusted through pool.
func (r *running) shown(name string, pool *x509.CertPool, protocols ...string) (*x509.Certificate, error) {
	r.t.Helper()
	secure, _ := r.addresses()
	d := &tls.Dialer{Config: &tls.Config{RootCAs: pool, ServerName: name, MinVersion: tls.VersionTLS12, NextProtos: protocols}}
	c, err := d.DialContext(r.t.Context(), "tcp", secure)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	return c.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

// authority returns the server's own.
func (r *running) authority() *x509.CertPool {
	r.t.Helper()
	raw, err := os.ReadFile(r.started.CA)
	if err != nil {
		r.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(raw)
	return pool
}

func TestOwnCertificateCoversItsNamesAndIsReadAgain(t *testing.T) {
	t.Parallel()
	company, dir := newIssuer(t), t.TempDir()
	cert, key := company.write(dir, 7, "portal.example.com", "*.shops.example.com")
	clk := clock.NewManual(time.Now())
	r := start(t, server.Config{Clock: clk, TLS: server.TLS{Certificate: cert, Key: key}}, nil)
	for name, pool := range map[string]*x509.CertPool{
		"portal.example.com": company.pool(), "a.shops.example.com": company.pool(),
		// What applications call literally, and every other name, is certified by the server itself.
		"oauth.bitrix.info": r.authority(), "api.bitrix24.com": r.authority(), "other.example.com": r.authority(),
	} {
		if _, err := r.shown(name, pool); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.shown("127.0.0.1", r.authority()); err == nil { // no name is sent for an address
		t.Error("a client that names no host was shown the server's own authority")
	}

	serial := func() int64 {
		c, err := r.shown("portal.example.com", company.pool())
		if err != nil {
			t.Fatal(err)
		}
		return c.SerialNumber.Int64()
	}
	company.write(dir, 8, "portal.example.com")
	clk.Advance(2 * time.Second)
	if got := serial(); got != 8 {
		t.Errorf("shows certificate %d after it was replaced, want 8", got)
	}
	if err := os.WriteFile(cert, []byte("half of a certif"), 0o600); err != nil {
		t.Fatal(err)
	}
	clk.Advance(2 * time.Second)
	if got := serial(); got != 8 {
		t.Errorf("shows certificate %d while the file is broken, want 8", got)
	}
	if text := r.log.text(); strings.Count(text, "the one before stays") != 1 {
		t.Errorf("the log does not say once that the file is broken: %s", text)
	}
	company.write(dir, 9, "portal.example.com")
	clk.Advance(2 * time.Second)
	if got := serial(); got != 9 {
		t.Errorf("shows certificate %d when the file is whole again, want 9", got)
	}
}

func (b *lockedBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.String()
}

func TestCertificateThatCannotBeUsedStopsTheStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := newIssuer(t).write(dir, 1, "portal.example.com")
	otherCert, _ := newIssuer(t).write(t.TempDir(), 1, "portal.example.com")
	for name, c := range map[string]server.TLS{
		"missing":     {Certificate: filepath.Join(dir, "none.pem"), Key: key},
		"another key": {Certificate: otherCert, Key: key},
		"no key":      {Certificate: cert},
		"no host":     {ACME: server.ACME{Hosts: []string{"not a host"}}},
		"no CA":       {ACME: server.ACME{Hosts: []string{"a.example.com"}, CA: key}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := server.Run(t.Context(), server.Config{Data: t.TempDir(), HTTPS: "127.0.0.1:0", TLS: c})
			if err == nil {
				t.Error("the server started")
			}
		})
	}
}

func TestACMEAnswersBothQuestions(t *testing.T) {
	t.Parallel()
	for _, question := range []string{"http-01", "tls-alpn-01"} {
		t.Run(question, func(t *testing.T) {
			t.Parallel()
			a := newACME(t, question)
			r := start(t, server.Config{TLS: server.TLS{ACME: server.ACME{
				Hosts: []string{"portal.example.com"}, Email: "you@example.com", Directory: a.server.URL + "/directory", CA: a.rootFile,
			}}}, nil)
			a.ask(r)
			c, err := r.shown("portal.example.com", a.issuer.pool())
			if err != nil {
				t.Fatalf("%v\n%s", err, r.log.text())
			}
			if again, err := r.shown("portal.example.com", a.issuer.pool()); err != nil || again.SerialNumber.Cmp(c.SerialNumber) != 0 {
				t.Errorf("a second connection is shown another certificate (%v)", err)
			}
			if got := a.asked.Load(); got != 1 {
				t.Errorf("the issuer asked %d times, want once", got)
			}
			// Names that were not given to ACME are the server's own business.
			if _, err := r.shown("oauth.bitrix.info", r.authority()); err != nil {
				t.Error(err)
			}
			status, body := r.get("http://portal.example.com/.well-known/other")
			expect(t, "another path", status, body, 200, "/.well-known/other")
			if _, err := os.Stat(filepath.Join(r.config.Data, "acme", "portal.example.com")); err != nil {
				t.Errorf("the certificate is not kept: %v", err)
			}
		})
	}
}

func TestACMEThatFailsLeavesTheOwnAuthority(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "https://" + l.Addr().String()
	_ = l.Close()
	r := start(t, server.Config{TLS: server.TLS{ACME: server.ACME{Hosts: []string{"portal.example.com"}, Directory: nobody}}}, nil)
	if _, err := r.shown("portal.example.com", r.authority()); err != nil {
		t.Error(err)
	}
	if text := r.log.text(); !strings.Contains(text, "no certificate by ACME") {
		t.Errorf("the log does not tell: %s", text)
	}
}
