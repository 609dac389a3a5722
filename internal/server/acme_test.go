package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// fakeACME is an issuer that speaks as much of RFC 8555 as one order needs. It asks its question, one of http-01 and
// tls-alpn-01, of the server under test and refuses when the answer is wrong. It does not check signatures.
type fakeACME struct {
	t        *testing.T
	issuer   *issuer
	server   *httptest.Server
	rootFile string // the authority of the issuer's own server
	question string
	asked    atomic.Int32

	mu    sync.Mutex
	r     *running
	names []string
	ready bool
	cert  []byte
}

const acmeToken = "a-token-of-the-issuer"

func newACME(t *testing.T, question string) *fakeACME {
	t.Helper()
	a := &fakeACME{t: t, issuer: newIssuer(t), question: question}
	a.server = httptest.NewTLSServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.server.Close)
	a.rootFile = filepath.Join(t.TempDir(), "root.pem")
	raw := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.server.Certificate().Raw})
	if err := os.WriteFile(a.rootFile, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// ask names the server that is asked.
func (a *fakeACME) ask(r *running) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.r = r
}

func (a *fakeACME) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	url := func(path string) string { return a.server.URL + path }
	w.Header().Set("Replay-Nonce", "nonce")
	payload := readJWS(r)
	answer := func(status int, v map[string]any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	switch r.URL.Path {
	case "/directory":
		answer(200, map[string]any{
			"newNonce": url("/nonce"), "newAccount": url("/account"), "newOrder": url("/new-order"), "revokeCert": url("/revoke"), "keyChange": url("/key"),
		})
	case "/nonce":
	case "/account":
		w.Header().Set("Location", url("/account/1"))
		answer(201, map[string]any{"status": "valid"})
	case "/new-order":
		var order struct{ Identifiers []struct{ Value string } }
		_ = json.Unmarshal(payload, &order)
		for _, i := range order.Identifiers {
			a.names = append(a.names, i.Value)
		}
		w.Header().Set("Location", url("/order"))
		answer(201, a.order(url))
	case "/order":
		answer(200, a.order(url))
	case "/authorization":
		answer(200, a.authorization(url))
	case "/question":
		a.asked.Add(1)
		a.ready = a.check()
		answer(200, a.challenge(url))
	case "/finalize":
		a.finalize(payload)
		answer(200, a.order(url))
	case "/certificate":
		w.Header().Set("Content-Type", "application/pem-certificate-chain")
		_ = pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: a.cert})
	default:
		answer(404, map[string]any{"type": "urn:ietf:params:acme:error:malformed", "detail": r.URL.Path})
	}
}

func readJWS(r *http.Request) []byte {
	var jws struct{ Payload string }
	_ = json.NewDecoder(r.Body).Decode(&jws)
	payload, _ := base64.RawURLEncoding.DecodeString(jws.Payload)
	return payload
}

func (a *fakeACME) status(done string) string {
	if a.ready {
		return done
	}
	return "pending"
}

func (a *fakeACME) order(url func(string) string) map[string]any {
	out := map[string]any{
		"status": a.status("ready"), "authorizations": []string{url("/authorization")}, "finalize": url("/finalize"),
		"identifiers": []map[string]string{{"type": "dns", "value": a.names[0]}},
	}
	if a.cert != nil {
		out["status"], out["certificate"] = "valid", url("/certificate")
	}
	return out
}

func (a *fakeACME) authorization(url func(string) string) map[string]any {
	return map[string]any{
		"status": a.status("valid"), "identifier": map[string]string{"type": "dns", "value": a.names[0]},
		"challenges": []any{a.challenge(url)},
	}
}

func (a *fakeACME) challenge(url func(string) string) map[string]any {
	return map[string]any{"type": a.question, "url": url("/question"), "token": acmeToken, "status": a.status("valid")}
}

// check asks the server under test.
func (a *fakeACME) check() bool {
	secure, plain := a.r.addresses()
	if a.question == "http-01" {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+plain+"/.well-known/acme-challenge/"+acmeToken, nil)
		if err != nil {
			return false
		}
		req.Host = a.names[0]
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		defer func() { _ = res.Body.Close() }()
		body, _ := io.ReadAll(res.Body)
		return strings.HasPrefix(string(body), acmeToken+".")
	}
	d := &tls.Dialer{Config: &tls.Config{ServerName: a.names[0], InsecureSkipVerify: true, NextProtos: []string{"acme-tls/1"}}}
	c, err := d.DialContext(context.Background(), "tcp", secure)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	shown := c.(*tls.Conn).ConnectionState().PeerCertificates[0]
	for _, e := range shown.Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}) && e.Critical {
			return shown.VerifyHostname(a.names[0]) == nil
		}
	}
	return false
}

func (a *fakeACME) finalize(payload []byte) {
	var f struct{ CSR string }
	_ = json.Unmarshal(payload, &f)
	der, _ := base64.RawURLEncoding.DecodeString(f.CSR)
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil || fmt.Sprint(csr.DNSNames) != fmt.Sprint(a.names) {
		a.t.Errorf("asked for %v, ordered %v (%v)", csr, a.names, err)
		return
	}
	a.cert = a.issuer.sign(42, csr.PublicKey, a.names...)
}
