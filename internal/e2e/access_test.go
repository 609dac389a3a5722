package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/rest"
)

// refusal is what a method's row says to a caller: the documented status, code and the beginning of the text.
type refusal struct {
	status     int
	code, text string
}

var (
	admitted     = refusal{}
	noAuth       = refusal{http.StatusUnauthorized, "NO_AUTH_FOUND", "Wrong authorization data"}
	expired      = refusal{http.StatusUnauthorized, "expired_token", "The access token provided has expired."}
	unknownToken = refusal{http.StatusUnauthorized, "invalid_token", "Unable to get application by token"}
	noScope      = refusal{http.StatusForbidden, "insufficient_scope", "The request requires higher privileges than provided by the access token"}
	noScopeHook  = refusal{http.StatusForbidden, "insufficient_scope", "The request requires higher privileges than provided by the webhook token"}
	noWebhook    = refusal{http.StatusForbidden, "WRONG_AUTH_TYPE", "Current authorization type is denied for this method"}
	appOnly      = refusal{http.StatusBadRequest, "ACCESS_DENIED", "Access denied! Application context required"}
	adminOnly    = refusal{http.StatusForbidden, "ACCESS_DENIED", "Access denied! Administrator rights required"}
)

// credential is a way to call, and what each row says to it.
type credential struct {
	name   string
	caller caller
	verify func(m *rest.Method) refusal
}

// TestWhoMayCallEveryMethod calls every method of the registry, without parameters, with every kind of authorization.
func TestWhoMayCallEveryMethod(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *site) {
		for _, c := range s.credentials() {
			for _, m := range s.portal.Methods() {
				a := c.caller.call(m.Name, nil)
				want := c.verify(m)
				if want == admitted {
					if isRefusal(a) || a.Status >= http.StatusInternalServerError {
						t.Errorf("%s, %s: %d %s, want it to be let in", m.Name, c.name, a.Status, a.Raw)
					}
					continue
				}
				if a.Error != want.code || !strings.HasPrefix(a.Text, want.text) || a.Status != want.status {
					t.Errorf("%s, %s: %d %s, want %v", m.Name, c.name, a.Status, a.Raw, want)
				}
			}
		}
	})
}

// credentials makes every kind of caller. That of the expired token moves the clock, so it comes first.
func (s *site) credentials() []credential {
	all, none := s.application("all", everything...), s.application("none")
	late := s.token(all.ID, s.bob.ID)
	s.clock.Advance(61 * time.Minute)
	always := func(r refusal) func(*rest.Method) refusal { return func(*rest.Method) refusal { return r } }
	byToken := func(admin bool, scopes []string) func(*rest.Method) refusal {
		return func(m *rest.Method) refusal {
			switch {
			case !opens(m, scopes):
				return noScope
			case m.Access&rest.AdminOnly != 0 && !admin:
				return adminOnly
			}
			return admitted
		}
	}
	byWebhook := func(admin bool, scopes []string) func(*rest.Method) refusal {
		return func(m *rest.Method) refusal {
			switch {
			case !opens(m, scopes):
				return noScopeHook
			case m.Access&rest.NoWebhook != 0:
				return noWebhook
			case m.Access&rest.AppOnly != 0:
				return appOnly
			case m.Access&rest.AdminOnly != 0 && !admin:
				return adminOnly
			}
			return admitted
		}
	}
	return []credential{
		{"expired token", s.as(late), always(expired)},
		{"no token", s.as(""), always(noAuth)},
		{"token of nobody", s.as("0123456789abcdef0123456789abcdef"), always(unknownToken)},
		{"application with all scopes, employee", s.as(s.token(all.ID, s.bob.ID)), byToken(false, everything)},
		{"application with all scopes, administrator", s.as(s.token(all.ID, s.admin.ID)), byToken(true, everything)},
		{"application without scopes, administrator", s.as(s.token(none.ID, s.admin.ID)), byToken(true, nil)},
		{"webhook with all scopes, employee", s.webhook(s.bob, app.AllScopes), byWebhook(false, everything)},
		{"webhook with all scopes, administrator", s.webhook(s.admin, app.AllScopes), byWebhook(true, everything)},
		{"webhook with one scope", s.webhook(s.carol, "user_basic"), byWebhook(false, []string{"user_basic"})},
	}
}

// opens reports whether scopes open a method.
func opens(m *rest.Method, scopes []string) bool {
	return slices.ContainsFunc(m.Scopes, func(scope string) bool { return scope == rest.Basic || slices.Contains(scopes, scope) })
}

// isRefusal reports whether an answer is one of those that a row gives, whatever the method itself says.
func isRefusal(a answer) bool {
	for _, r := range []refusal{noAuth, expired, unknownToken, noScope, noScopeHook, noWebhook, appOnly, adminOnly} {
		if a.Error == r.code && a.Text == r.text {
			return true
		}
	}
	return false
}

// TestEveryMethodInBatch calls every method inside batch: the rows hold there too.
func TestEveryMethodInBatch(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *site) {
		none := s.as(s.token(s.application("none").ID, s.bob.ID))
		methods := s.portal.Methods()
		for chunk := range slices.Chunk(methods, 50) {
			cmd := params{}
			for _, m := range chunk {
				cmd[m.Name] = m.Name
			}
			var out struct {
				Errors json.RawMessage `json:"result_error"`
			}
			none.must("batch", params{"cmd": cmd, "halt": 0}, &out)
			refused := map[string]struct {
				Code string `json:"error"`
			}{}
			if err := json.Unmarshal(out.Errors, &refused); err != nil {
				t.Fatalf("%v in %s", err, out.Errors)
			}
			for _, m := range chunk {
				want := ""
				switch {
				case m.Access&rest.NoBatch != 0:
					want = "ERROR_BATCH_METHOD_NOT_ALLOWED"
				case !opens(m, nil):
					want = "insufficient_scope"
				case m.Access&rest.AdminOnly != 0:
					want = "ACCESS_DENIED"
				default:
					continue // it answers in its own words
				}
				if got := refused[m.Name].Code; got != want {
					t.Errorf("%s in batch: %q, want %q", m.Name, got, want)
				}
			}
		}
	})
}
