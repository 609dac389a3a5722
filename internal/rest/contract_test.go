package rest_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// someone lets everybody in who brings a token.
type someone struct{}

func (someone) Authorize(_ context.Context, c rest.Credentials) (rest.Principal, error) {
	if c.Token == "" {
		return rest.Principal{}, rest.ErrNoAuth
	}
	return rest.Principal{Kind: rest.ByToken, UserID: 1, AppID: 1, Scopes: []string{"*"}}, nil
}

func TestWarningsAreHeadersWhereThePolicyWantsThem(t *testing.T) {
	t.Parallel()
	registry := rest.NewRegistry()
	registry.Add(rest.M("test.say", "im", rest.Everyone, "Says.", func(context.Context, *rest.Call, rest.None) (bool, error) { return true, nil }))
	var policy rest.Policy
	h := rest.NewHandler(registry, someone{}, clock.System{}, slog.New(slog.DiscardHandler),
		rest.WithPolicy(func(context.Context) rest.Policy { return policy }),
		rest.WithContract(func(_ *rest.Method, _ rest.AuthKind, params phpform.Value) (out []string) {
			for _, e := range params.Entries() {
				out = append(out, "There is no parameter "+e.Key+".")
			}
			return out
		}))
	call := func(target string) (int, []string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody))
		return w.Code, w.Header().Values(rest.WarningHeader)
	}
	if _, got := call("/rest/test.say?auth=x&A=1"); got != nil {
		t.Errorf("warnings by default: %q", got)
	}
	policy.Warnings = true
	if code, got := call("/rest/test.say?auth=x&A=1&B%0d%0aX%C3%9F=1"); code != http.StatusOK || !slices.Equal(got, []string{
		"There is no parameter A.", "There is no parameter B??X?.",
	}) {
		t.Errorf("%d %q", code, got)
	}
	if code, got := call("/rest/test.say?A=1"); code != http.StatusUnauthorized || got != nil {
		t.Errorf("somebody unknown: %d %q", code, got)
	}
	if _, got := call("/rest/test.say?auth=x&a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1&l=1"); len(got) != 10 {
		t.Errorf("%d warnings, want 10", len(got))
	}
}
