package portal_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// TestWhoMayCallEveryMethodOfREST3 calls every method of REST 3.0, without parameters, in the ways in which a caller can lack
// something, and holds the refusals against the rows.
func TestWhoMayCallEveryMethodOfREST3(t *testing.T) {
	t.Parallel()
	p := open(t, false)
	admin, _, err := p.EnsureAdmin(t.Context(), user.NewUser{Login: "admin", FirstName: "A", Admin: true, Password: "a long password"})
	if err != nil {
		t.Fatal(err)
	}
	person, err := p.CreateUser(t.Context(), user.NewUser{Login: "person", FirstName: "P", Password: "a long password"})
	if err != nil {
		t.Fatal(err)
	}
	hook := func(u user.User, scopes ...string) string {
		_, code, err := p.Apps.CreateWebhook(t.Context(), user.Ref{ID: u.ID, Admin: true}, app.WebhookForm{Title: "x", Scopes: scopes})
		if err != nil {
			t.Fatal(err)
		}
		return strconv.FormatInt(u.ID, 10) + "/" + code + "/"
	}
	const prefix = "BITRIX_REST_V3_EXCEPTION_"
	for name, c := range map[string]struct {
		path  string
		admin bool
		stops string // the code of who is not let in at all
		scope string // what the caller has
	}{
		"nobody":             {stops: "NO_AUTH_FOUND"},
		"an unknown webhook": {path: "1/wrong/", stops: "INVALID_CREDENTIALS"},
		"another scope":      {hook(admin, "task"), true, "", "task"},
		"an employee":        {hook(person, "main"), false, "", "main"},
		"an administrator":   {hook(admin, "main"), true, "", "main"},
	} {
		for _, m := range p.MethodsV3() {
			want := ""
			switch {
			case c.stops != "":
				want = c.stops
			case !slices.Contains(m.Scopes, rest.Basic) && !slices.Contains(m.Scopes, c.scope):
				want = prefix + "INSUFFICIENTSCOPEEXCEPTION"
			case m.Access&rest.AdminOnly != 0 && !c.admin:
				want = prefix + "ACCESSDENIEDEXCEPTION"
			}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/rest/api/"+c.path+m.Name, strings.NewReader("{}"))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			p.Handler().ServeHTTP(w, r)
			var got struct{ Error struct{ Code string } }
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%s, %s: %v %s", m.Name, name, err, w.Body)
			}
			status := http.StatusForbidden
			if c.stops != "" {
				status = http.StatusUnauthorized
			}
			refused := w.Code == 401 || w.Code == 403 || w.Code >= 500
			if want != "" && (got.Error.Code != want || w.Code != status) || want == "" && refused {
				t.Errorf("%s, %s: %d %s, want %d %q", m.Name, name, w.Code, w.Body, status, want)
			}
		}
	}
	if len(portal.MethodsV3()) != len(p.MethodsV3()) || len(portal.Methods()) != len(p.Methods()) {
		t.Error("an open portal has other methods than one that is not")
	}
}
