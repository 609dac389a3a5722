// Package oidctest is an identity provider for tests: real keys, real tokens, and lies where a test asks for them.
package oidctest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
)

// What the provider knows the portal as.
const (
	ClientID = "portal"
	Secret   = "the client's secret"
)

// Alg is the name of a claim that changes how the token is signed: "none", "HS256", "foreign" (another key) or "missing".
const Alg = "-alg"

// Claims are what the provider says of who signs in. Those that it sets by itself may be overwritten; nil removes one.
type Claims map[string]any

// Issuer is a running provider.
type Issuer struct {
	URL string

	server *httptest.Server
	clock  clock.Clock
	mu     sync.Mutex
	key    *rsa.PrivateKey
	id     int
	codes  map[string]grant
	scope  string
}

type grant struct {
	claims    Claims
	challenge string
	redirect  string
	nonce     string
}

// firstKey and foreignKey are made once for all tests of a package: that is slow.
var firstKey, foreignKey = sync.OnceValue(newKey), sync.OnceValue(newKey)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("oidctest: " + err.Error()) // the machine has no random numbers
	}
	return key
}

// New starts a provider that the test's end stops.
func New(t testing.TB, clk clock.Clock) *Issuer {
	t.Helper()
	i := &Issuer{clock: clk, codes: map[string]grant{}, key: firstKey()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.describe)
	mux.HandleFunc("GET /liar/.well-known/openid-configuration", i.describe) // names another issuer than it was asked for
	mux.HandleFunc("GET /endless/.well-known/openid-configuration", endless)
	mux.HandleFunc("GET /keys", i.keys)
	mux.HandleFunc("POST /token", i.token)
	i.server = httptest.NewServer(mux)
	i.URL = i.server.URL
	t.Cleanup(i.server.Close)
	return i
}

// Client returns a client that reaches the provider.
func (i *Issuer) Client() *http.Client { return i.server.Client() }

// RotateKey makes the provider sign with another key.
func (i *Issuer) RotateKey() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.key = newKey()
	i.id++
}

// Scope returns what the last sign-in asked for.
func (i *Issuer) Scope() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.scope
}

// Authorize signs somebody in at address, where the portal sent the browser, and returns what it brings back.
func (i *Issuer) Authorize(t testing.TB, address string, claims Claims) (state, code string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, i.URL+"/authorize?") {
		t.Fatalf("the portal sends the browser to %q, %v", address, err)
	}
	q := u.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != ClientID || q.Get("code_challenge_method") != "S256" ||
		q.Get("nonce") == "" || q.Get("state") == "" {
		t.Fatalf("the portal asks for %v", q)
	}
	code = rand.Text()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.scope = q.Get("scope")
	i.codes[code] = grant{claims, q.Get("code_challenge"), q.Get("redirect_uri"), q.Get("nonce")}
	return q.Get("state"), code
}

func (i *Issuer) describe(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256", "none", "HS256"},
	})
}

// endless never stops to describe itself.
func endless(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, `{"issuer": "`)
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
			return
		}
	}
}

func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]string{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": i.kid(), "n": b64(i.key.N.Bytes()),
		"e": b64(big.NewInt(int64(i.key.E)).Bytes()),
	}}})
}

func (i *Issuer) kid() string { return "key-" + strconv.Itoa(i.id) }

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	g, ok := i.codes[r.PostFormValue("code")]
	delete(i.codes, r.PostFormValue("code"))
	id, secret, basic := r.BasicAuth()
	if basic {
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || id != ClientID || secret != Secret || b64(sum[:]) != g.challenge || r.PostFormValue("redirect_uri") != g.redirect {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	now := i.clock.Now()
	claims := Claims{
		"iss": i.URL, "aud": ClientID, "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(), "nonce": g.nonce,
	}
	maps.Copy(claims, g.claims)
	out := map[string]any{"access_token": rand.Text(), "token_type": "Bearer"}
	if claims[Alg] != "missing" {
		out["id_token"] = i.sign(claims)
	}
	writeJSON(w, http.StatusOK, out)
}

func (i *Issuer) sign(claims Claims) string {
	alg, _ := claims[Alg].(string)
	delete(claims, Alg)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	key, name := i.key, "RS256"
	switch alg {
	case "none", "HS256":
		name = alg
	case "foreign":
		key = foreignKey()
	}
	head, _ := json.Marshal(map[string]string{"alg": name, "kid": i.kid(), "typ": "JWT"})
	body, _ := json.Marshal(claims)
	text := b64(head) + "." + b64(body)
	sum := sha256.Sum256([]byte(text))
	var signature []byte
	switch name {
	case "RS256":
		signature, _ = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	case "HS256": // with what everybody may read as the secret
		mac := hmac.New(sha256.New, i.key.N.Bytes())
		mac.Write([]byte(text))
		signature = mac.Sum(nil)
	}
	return text + "." + b64(signature)
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v)
}
