package localca_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/localca"
)

func open(t *testing.T, c localca.Config) *localca.CA {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	ca, err := localca.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func trust(ca *localca.CA) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca.PEM())
	return pool
}

// serve starts a TLS server on address whose certificates come from ca, and returns where it listens.
func serve(t *testing.T, ca *localca.CA, address string) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Skip("cannot listen on " + address + ": " + err.Error())
	}
	hello := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }
	s := &http.Server{
		Handler: http.HandlerFunc(hello), ReadHeaderTimeout: time.Minute,
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: ca.GetCertificate},
	}
	go func() { _ = s.ServeTLS(l, "", "") }()
	t.Cleanup(func() { _ = s.Close() })
	return l.Addr().String()
}

func TestClientReachesNamesAndAddresses(t *testing.T) {
	t.Parallel()
	ca := open(t, localca.Config{})
	at4 := serve(t, ca, "127.0.0.1:0")
	for _, host := range []string{"localhost", "127.0.0.1", "portal.example.com", "OAuth.Bitrix.Info", "my_app", "xn--e1afmkfd.test"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			get(t, ca, host, at4)
		})
	}
	t.Run("::1", func(t *testing.T) {
		t.Parallel()
		get(t, ca, "[::1]", serve(t, ca, "[::1]:0"))
	})
	t.Run("127.0.0.2", func(t *testing.T) {
		t.Parallel()
		get(t, ca, "127.0.0.2", serve(t, ca, "127.0.0.2:0"))
	})
}

// get asks https://host, verifying the certificate for host, though the server listens elsewhere.
func get(t *testing.T, ca *localca.CA, host, listening string) {
	t.Helper()
	c := http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: trust(ca), MinVersion: tls.VersionTLS12},
		DialContext:     dialTo(listening), DisableKeepAlives: true,
	}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+host+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || string(body) != "hello" {
		t.Fatalf("got %q, %v", body, err)
	}
}

// dialTo connects to address, whatever host was asked for.
func dialTo(address string) func(ctx context.Context, network, _ string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
}

func TestCertificateWithoutNameCoversConfiguredHosts(t *testing.T) {
	t.Parallel()
	ca := open(t, localca.Config{Hosts: []string{"192.0.2.7", "portal.example.com"}})
	leaf := certificate(t, ca, "")
	for _, host := range []string{"127.0.0.1", "::1", "localhost", "192.0.2.7", "portal.example.com"} {
		if err := leaf.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
}

func TestAbsurdNamesAreRefused(t *testing.T) {
	t.Parallel()
	ca := open(t, localca.Config{})
	for _, name := range []string{
		"*.example.com", "a b", "a..b", ".", "-a.example", "a-.example", "exa\x00mple", "привет.рф", "a/b", "user@host",
		strings.Repeat("a", 64) + ".com", strings.Repeat("abc.", 64) + "com",
	} {
		if c, err := ca.GetCertificate(&tls.ClientHelloInfo{ServerName: name}); err == nil {
			t.Errorf("%q got a certificate for %q", name, c.Leaf.DNSNames)
		}
	}
}

func TestCertificateIsKeptAndRenewedInTime(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC))
	ca := open(t, localca.Config{Clock: clk})
	first := certificate(t, ca, "portal.example.com")
	if life := first.NotAfter.Sub(first.NotBefore); life > 398*24*time.Hour {
		t.Errorf("certificate lives %v, browsers refuse more than 398 days", life)
	}
	clk.Advance(360 * 24 * time.Hour)
	if again := certificate(t, ca, "PORTAL.example.com"); !again.Equal(first) {
		t.Error("certificate was replaced too early")
	}
	clk.Advance(10 * 24 * time.Hour)
	renewed := certificate(t, ca, "portal.example.com")
	if renewed.Equal(first) {
		t.Fatal("certificate was not replaced in its last month")
	}
	verify(t, ca, renewed, clk.Now())
	clk.Set(first.NotBefore.Add(-time.Hour))
	if early := certificate(t, ca, "portal.example.com"); early.NotBefore.After(clk.Now()) {
		t.Error("after the clock was set back, a certificate from the future is served")
	}
}

func TestCertificateEndsWithItsAuthority(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC))
	dir := t.TempDir()
	ca := open(t, localca.Config{Dir: dir, Clock: clk})
	if years := ca.Certificate().NotAfter.Sub(clk.Now()).Hours() / 24 / 365; years < 9.9 || years > 10.1 {
		t.Errorf("authority lives %.1f years", years)
	}
	clk.Set(ca.Certificate().NotAfter.Add(-24 * time.Hour))
	leaf := certificate(t, ca, "portal.example.com")
	verify(t, ca, leaf, clk.Now())
	if !certificate(t, ca, "portal.example.com").Equal(leaf) {
		t.Error("a certificate that cannot be bettered is made anew for every handshake")
	}
	clk.Advance(25 * time.Hour)
	if _, err := localca.Open(localca.Config{Dir: dir, Clock: clk}); err == nil || !strings.Contains(err.Error(), "ended on 2036-") {
		t.Errorf("ended authority: got %v", err)
	}
}

func certificate(t *testing.T, ca *localca.CA, name string) *x509.Certificate {
	t.Helper()
	c, err := ca.GetCertificate(&tls.ClientHelloInfo{ServerName: name})
	if err != nil {
		t.Fatal(err)
	}
	return c.Leaf
}

func verify(t *testing.T, ca *localca.CA, leaf *x509.Certificate, now time.Time) {
	t.Helper()
	_, err := leaf.Verify(x509.VerifyOptions{Roots: trust(ca), CurrentTime: now, DNSName: leaf.DNSNames[0]})
	if err != nil {
		t.Error(err)
	}
}

func TestManyNamesKeepMemoryBounded(t *testing.T) {
	t.Parallel()
	ca := open(t, localca.Config{})
	for i := range 1200 {
		certificate(t, ca, fmt.Sprintf("host%d.example.com", i))
	}
	if n := ca.Cached(); n > 512 {
		t.Errorf("%d certificates are kept", n)
	}
}

func TestProcessesStartingAtOnceShareOneAuthority(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cas := make([]*localca.CA, 16)
	var wg sync.WaitGroup
	for i := range cas {
		wg.Go(func() {
			ca, err := localca.Open(localca.Config{Dir: dir})
			if err != nil {
				t.Error(err)
				return
			}
			cas[i] = ca
		})
	}
	wg.Wait()
	for _, ca := range cas {
		if ca == nil || !ca.Certificate().Equal(cas[0].Certificate()) {
			t.Fatal("two authorities came out")
		}
	}
	verify(t, cas[0], certificate(t, cas[15], "portal.example.com"), time.Now())
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestFilesArePrivateAndSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before := open(t, localca.Config{Dir: dir})
	for name, want := range map[string]os.FileMode{localca.CertificateFile: 0o644, localca.KeyFile: 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", name, got, want)
		}
	}
	if got, err := os.ReadFile(before.Path()); err != nil || string(got) != string(before.PEM()) {
		t.Errorf("the file differs from PEM: %v", err)
	}
	if after := open(t, localca.Config{Dir: dir}); !after.Certificate().Equal(before.Certificate()) {
		t.Error("a second start made another authority")
	}
	if key, ok := before.Certificate().PublicKey.(*ecdsa.PublicKey); !ok || key.Params().Name != "P-256" {
		t.Error("the key is not ECDSA P-256")
	}
}

func TestDamagedFilesAreNamed(t *testing.T) {
	t.Parallel()
	other := open(t, localca.Config{})
	for name, damage := range map[string][]byte{
		localca.CertificateFile: other.PEM(),
		localca.KeyFile:         pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte("nonsense")}),
	} {
		dir := t.TempDir()
		open(t, localca.Config{Dir: dir})
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, damage, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := localca.Open(localca.Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("damaged %s: got %v", name, err)
		}
	}
}

// TestAuthorityForSomeHostsIsRefusedForOthers shows what a client makes of an authority that was made for a few names.
func TestAuthorityForSomeHostsIsRefusedForOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca, err := localca.Open(localca.Config{Dir: dir, Only: []string{"portal.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca.Certificate())
	for name, trusted := range map[string]bool{
		"portal.example.com": true, "a.portal.example.com": true, "localhost": true, "bank.example.com": false, "example.com": false,
	} {
		cert, err := ca.GetCertificate(&tls.ClientHelloInfo{ServerName: name})
		if err != nil {
			t.Fatal(err)
		}
		_, err = cert.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name})
		if (err == nil) != trusted {
			t.Errorf("%s: %v, trusted should be %t", name, err, trusted)
		}
	}
	cert, err := ca.GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: "127.0.0.1"}); err != nil {
		t.Error(err)
	}
}
