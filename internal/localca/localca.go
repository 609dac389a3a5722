// Package localca is a certificate authority of one's own: it lives in the data folder and certifies every name and address under
// which the server is reached, so that HTTPS works without the outside world once its certificate is trusted.
//
// Whoever holds the key can pose as any host to those who trust the certificate. The key never leaves the data folder.
package localca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/clock"
)

// The files in the data folder.
const (
	CertificateFile = "ca.pem"     // readable by all: clients are told to trust it
	KeyFile         = "ca-key.pem" // readable by the owner only
)

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	// leafLife keeps under the 398 days that browsers accept at most.
	leafLife = 397 * 24 * time.Hour
	// leafRenewal is how long before its end a certificate is replaced.
	leafRenewal = 30 * 24 * time.Hour
	// backdate lets clients whose clock is behind accept a certificate made just now.
	backdate = time.Hour
	// maxCached bounds the certificates kept in memory. Making one takes less than a handshake.
	maxCached = 512
)

// Config says where the authority lives.
type Config struct {
	Dir   string      // the data folder; it must exist
	Clock clock.Clock // nil is the machine's clock
	// Hosts are names and addresses that certificates for a connection without a server name cover besides the address
	// that was connected to: behind a port mapping the two differ.
	Hosts []string
	// Only is for an authority that does not exist yet: it may certify these names, and those below them, and addresses of
	// one's own network, and clients refuse everything else that it signs. None is every name.
	Only []string
}

// CA certifies names on demand. It is safe for use by several goroutines.
type CA struct {
	dir   string
	clock clock.Clock
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	hosts []string

	mu      sync.Mutex
	leafKey *ecdsa.PrivateKey // made at the first handshake, shared by the certificates of this process
	cached  map[string]*tls.Certificate
}

// Open reads the authority in c.Dir and creates it when there is none. Processes that do so at once end up with the
// same one.
func Open(c Config) (*CA, error) {
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	key, err := ensureKey(filepath.Join(c.Dir, KeyFile))
	if err != nil {
		return nil, err
	}
	cert, err := ensureCertificate(filepath.Join(c.Dir, CertificateFile), key, c.Clock.Now(), c.Only)
	if err != nil {
		return nil, err
	}
	return &CA{
		dir: c.Dir, clock: c.Clock, cert: cert, key: key, hosts: c.Hosts, cached: map[string]*tls.Certificate{},
	}, nil
}

// Path returns where the authority's certificate is kept, in PEM form.
func (a *CA) Path() string { return filepath.Join(a.dir, CertificateFile) }

// Certificate returns the authority's own certificate, the one to trust.
func (a *CA) Certificate() *x509.Certificate { return a.cert }

// PEM returns the authority's own certificate in PEM form.
func (a *CA) PEM() []byte { return encodeCertificate(a.cert.Raw) }

// GetCertificate returns a certificate for the name that the client asks for or, when it names none, for the address that
// it connected to. It is made for tls.Config.GetCertificate. Names that no host can have are refused.
func (a *CA) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if hello.ServerName == "" {
		return a.forAddress(hello.Conn)
	}
	name, err := HostName(hello.ServerName) // an address here is against the rules and does no harm
	if err != nil {
		return nil, err
	}
	return a.certificate(name, []string{name})
}

// forAddress covers the loopback addresses too: the address that a container sees is not the one that its user typed.
func (a *CA) forAddress(conn net.Conn) (*tls.Certificate, error) {
	hosts := append([]string{"127.0.0.1", "::1", "localhost"}, a.hosts...)
	key := ""
	if conn != nil {
		if local, ok := conn.LocalAddr().(*net.TCPAddr); ok {
			key = local.IP.String()
			hosts = append(hosts, key)
		}
	}
	return a.certificate("address "+key, hosts)
}

// certificate returns the certificate kept under key, or makes one for hosts.
func (a *CA) certificate(key string, hosts []string) (*tls.Certificate, error) {
	now := a.clock.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.cached[key]; c != nil && a.fresh(c.Leaf, now) {
		return c, nil
	}
	c, err := a.issue(hosts, now)
	if err != nil {
		return nil, fmt.Errorf("certificate for %s: %w", key, err)
	}
	if len(a.cached) >= maxCached {
		clear(a.cached) // what is in use comes back at once
	}
	a.cached[key] = c
	return c, nil
}

// fresh reports whether leaf need not be replaced yet. One that ends with the authority itself cannot be bettered.
func (a *CA) fresh(leaf *x509.Certificate, now time.Time) bool {
	if now.Before(leaf.NotBefore) {
		return false // the clock was set back
	}
	return now.Add(leafRenewal).Before(leaf.NotAfter) || leaf.NotAfter.Equal(a.cert.NotAfter)
}

func (a *CA) issue(hosts []string, now time.Time) (*tls.Certificate, error) {
	if a.leafKey == nil {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		a.leafKey = key
	}
	template := leafTemplate(hosts, now, a.cert.NotAfter)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &a.leafKey.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.leafKey, Leaf: leaf}, nil
}

// keyID names a key: authorities of several data folders must not share a subject, or clients that trust both mix them up.
func keyID(key *ecdsa.PublicKey) (id []byte, short string, err error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(der)
	return sum[:20], hex.EncodeToString(sum[:4]), nil
}
