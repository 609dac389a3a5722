package mailtest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
)

// What the provider knows the portal as.
const (
	ClientID     = "portal-client"
	ClientSecret = "the client's secret"
)

// Provider is an authorization server (OAuth 2.0) that lets people into their mailboxes: a page on which they consent, tokens that end and
// are renewed, and permissions that are taken back.
type Provider struct {
	URL string

	server *httptest.Server
	clock  clock.Clock

	mu       sync.Mutex
	login    string        // who consents
	life     time.Duration // of access tokens
	rotates  bool
	noLast   bool // gives no refresh tokens
	inForm   bool // knows the secret in the form alone
	down     int  // the status with which it answers instead
	hold     chan struct{}
	codes    map[string]permission
	refresh  map[string]string // the login, by token
	access   map[string]access
	renewals int
	at, most int // renewals at once
	asked    url.Values
	revoked  []string
}

type permission struct{ login, challenge, redirect string }

type access struct {
	login string
	ends  time.Time
}

// NewProvider runs a provider until the end of the test. Login consents there.
func NewProvider(t testing.TB, clk clock.Clock) *Provider {
	t.Helper()
	p := &Provider{
		clock: clk, login: Login, life: time.Hour, codes: map[string]permission{}, refresh: map[string]string{}, access: map[string]access{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", p.consentPage)
	mux.HandleFunc("POST /consent", p.consent)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("POST /revoke", p.revoke)
	p.server = httptest.NewServer(mux)
	p.URL = p.server.URL
	t.Cleanup(p.server.Close)
	return p
}

// set changes how the provider behaves.
func (p *Provider) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// SignsIn names who consents from now on.
func (p *Provider) SignsIn(login string) { p.set(func() { p.login = login }) }

// Rotate has each renewal give another refresh token, and end the one before.
func (p *Provider) Rotate() { p.set(func() { p.rotates = true }) }

// GiveForAMoment has the provider give no refresh tokens.
func (p *Provider) GiveForAMoment() { p.set(func() { p.noLast = true }) }

// SecretInForm has the provider know clients by the form alone.
func (p *Provider) SecretInForm() { p.set(func() { p.inForm = true }) }

// Down has the provider answer with a status; 0: it works again.
func (p *Provider) Down(status int) { p.set(func() { p.down = status }) }

// Hold has renewals wait until it is called again, which lets them go.
func (p *Provider) Hold() {
	p.set(func() {
		if p.hold == nil {
			p.hold = make(chan struct{})
			return
		}
		close(p.hold)
		p.hold = nil
	})
}

// TakeBack ends all permissions, and the access tokens too.
func (p *Provider) TakeBack() {
	p.set(func() {
		clear(p.refresh)
		clear(p.access)
	})
}

// EndAccess ends the access tokens before their time.
func (p *Provider) EndAccess() { p.set(func() { clear(p.access) }) }

// Renewals returns how often tokens were renewed, and how often at most at the same time.
func (p *Provider) Renewals() (all, atOnce int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.renewals, p.most
}

// Revoked returns the logins whose permissions were given back.
func (p *Provider) Revoked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.revoked)
}

// Asked returns what the browser asked for last.
func (p *Provider) Asked() url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// Accepts reports whether a token lets into the mailbox of a login.
func (p *Provider) Accepts(login, token string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, ok := p.access[token]
	return ok && a.login == login && p.clock.Now().Before(a.ends)
}

var consentPage = template.Must(template.New("").Parse(`<!doctype html><title>Example Mail</title><h1>Example Mail</h1>
<p>Portico wants to read and send mail as {{.Login}}.</p><form action="/consent" method="post">{{range $k, $v := .Asked}}<input type="hidden" name="{{$k}}" value="{{index $v 0}}">{{end}}
<button id="allow" name="answer" value="allow">Allow</button> <button id="deny" name="answer" value="deny">Deny</button></form>`))

func (p *Provider) consentPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != ClientID || q.Get("code_challenge_method") != "S256" || q.Get("state") == "" || q.Get("scope") == "" {
		http.Error(w, "this is no way to ask: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	p.asked = q
	login := p.login
	p.mu.Unlock()
	_ = consentPage.Execute(w, map[string]any{"Login": login, "Asked": q})
}

func (p *Provider) consent(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, p.answer(r.PostForm, r.PostFormValue("answer") == "allow"), http.StatusSeeOther)
}

// answer is the address to which the browser goes with the answer.
func (p *Provider) answer(asked url.Values, allow bool) string {
	to, back := asked.Get("redirect_uri")+"?", url.Values{"state": {asked.Get("state")}}
	if strings.Contains(asked.Get("redirect_uri"), "?") {
		to = asked.Get("redirect_uri") + "&"
	}
	if !allow {
		back.Set("error", "access_denied")
		back.Set("error_description", "The user said no.")
		return to + back.Encode()
	}
	code := rand.Text()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes[code] = permission{p.login, asked.Get("code_challenge"), asked.Get("redirect_uri")}
	back.Set("code", code)
	return to + back.Encode()
}

// Consent answers at an address to which the portal sent a browser, and returns with what it comes back.
func (p *Provider) Consent(t testing.TB, address string, allow bool) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, p.URL+"/authorize?") {
		t.Fatalf("the portal sends the browser to %q, %v", address, err)
	}
	p.set(func() { p.asked = u.Query() })
	back, err := url.Parse(p.answer(u.Query(), allow))
	if err != nil {
		t.Fatal(err)
	}
	return back.Query()
}

func say(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func refuseWith(w http.ResponseWriter, status int, code, text string) {
	say(w, status, map[string]string{"error": code, "error_description": text})
}

// knows reports whether it is the portal that asks.
func (p *Provider) knows(r *http.Request) bool {
	id, secret, basic := r.BasicAuth()
	if basic {
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	return id == ClientID && secret == ClientSecret && basic != p.inForm
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	renews := r.PostFormValue("grant_type") == "refresh_token"
	p.mu.Lock()
	hold := p.hold
	if renews {
		p.at++
		p.most = max(p.most, p.at)
	}
	p.mu.Unlock()
	if renews && hold != nil {
		<-hold
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if renews {
		p.at--
	}
	switch {
	case p.down != 0:
		http.Error(w, "<html>out of order</html>", p.down)
	case !p.knows(r):
		refuseWith(w, http.StatusUnauthorized, "invalid_client", "The client secret is wrong.")
	case renews:
		p.renew(w, r.PostFormValue("refresh_token"))
	default:
		p.exchange(w, r)
	}
}

func (p *Provider) exchange(w http.ResponseWriter, r *http.Request) {
	c, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge || r.PostFormValue("redirect_uri") != c.redirect {
		refuseWith(w, http.StatusBadRequest, "invalid_grant", "The code is unknown.")
		return
	}
	last := rand.Text()
	if p.noLast {
		last = ""
	} else {
		p.refresh[last] = c.login
	}
	p.give(w, c.login, last)
}

func (p *Provider) renew(w http.ResponseWriter, last string) {
	login, ok := p.refresh[last]
	if !ok {
		refuseWith(w, http.StatusBadRequest, "invalid_grant", "Token has been expired or revoked.")
		return
	}
	p.renewals++
	next := ""
	if p.rotates {
		delete(p.refresh, last)
		next = rand.Text()
		p.refresh[next] = login
	}
	p.give(w, login, next)
}

// give answers with tokens; last is a refresh token, empty: none.
func (p *Provider) give(w http.ResponseWriter, login, last string) {
	token := rand.Text()
	p.access[token] = access{login, p.clock.Now().Add(p.life)}
	out := map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(p.life / time.Second)}
	if last != "" {
		out["refresh_token"] = last
	}
	say(w, http.StatusOK, out)
}

func (p *Provider) revoke(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	token := r.PostFormValue("token")
	login, ok := p.refresh[token]
	switch {
	case p.down != 0:
		http.Error(w, "out of order", p.down)
	case !p.knows(r):
		refuseWith(w, http.StatusUnauthorized, "invalid_client", "The client secret is wrong.")
	case !ok:
		refuseWith(w, http.StatusBadRequest, "invalid_token", "Unknown token.")
	default:
		delete(p.refresh, token)
		p.revoked = append(p.revoked, login)
		w.WriteHeader(http.StatusOK)
	}
}
