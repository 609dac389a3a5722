package userweb_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/user"
)

// says holds an answer to a status and to what it says.
func (b *bench) says(w *httptest.ResponseRecorder, code int, want ...string) {
	b.Helper()
	if w.Code != code {
		b.Errorf("status %d, want %d: %s", w.Code, code, w.Body)
		return
	}
	for _, s := range want {
		if !strings.Contains(w.Body.String(), s) {
			b.Errorf("%q is missing in\n%s", s, w.Body)
		}
	}
}

// as signs somebody in who has a password.
func (b *bench) as(login, password string) {
	b.Helper()
	b.token = ""
	w := b.post("/login", url.Values{"login": {login}, "password": {password}})
	for _, c := range w.Result().Cookies() {
		if c.Name == "portico_session" {
			b.token = c.Value
		}
	}
	if b.token == "" {
		b.Fatalf("the sign-in of %s answers %d %s", login, w.Code, w.Body)
	}
}

func TestRolesAreMadeGivenAndObeyed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must(nil, b.users.SetPassword(t.Context(), 2, "correct horse"))
	b.shows("/settings/roles/", "Administrator", "1 person", "Manage local applications", "Nothing beyond what every employee may do.")
	b.says(b.post("/settings/roles/new", url.Values{"name": {"Manager"}, "permission": {"people.manage"}}), http.StatusUnprocessableEntity,
		"Another role has this name.", `value="people.manage" checked`)
	b.says(b.post("/settings/roles/new", url.Values{"name": {"x"}, "permission": {"everything"}}), http.StatusUnprocessableEntity)
	b.says(b.post("/settings/roles/new", url.Values{"name": {"Host"}, "about": {"Welcomes."}, "permission": {"people.manage"}}), http.StatusSeeOther)
	b.shows("/settings/roles/6/", "Welcomes.", `value="people.manage" checked`, "Delete Host")
	b.says(b.post("/settings/roles/6/give", url.Values{"person": {"nobody@example.com"}}), http.StatusUnprocessableEntity, "Nobody is found by that.", `value="nobody@example.com"`)
	b.says(b.post("/settings/roles/6/give", url.Values{"person": {"ben <b>ode</b>"}}), http.StatusSeeOther)
	b.says(b.post("/settings/roles/6/give", url.Values{"department": {"1"}}), http.StatusSeeOther)
	b.shows("/settings/roles/6/", "Take the role from Ben &lt;b&gt;Ode", "Take the role from Sales")
	b.shows("/company/pick?q=be", `"value":"ben"`)
	b.shows("/company/find?q=ben", `data-id="2" data-name="Ben &lt;b&gt;Ode`, `!data-id="1"`)
	b.shows("/company/find", `data-id="1"`, `data-id="2"`)
	b.shows("/company/find?q=ben&but=2", "Nobody is found.")
	anna := b.token
	b.as("ben", "correct horse")
	for _, path := range []string{"/settings/roles/", "/settings/roles/6/"} {
		b.says(b.get(path), http.StatusForbidden)
	}
	b.says(b.post("/settings/roles/6/save", url.Values{"name": {"Host"}, "permission": {"apps.manage"}}), http.StatusForbidden)
	b.token = anna
	u, err := b.users.Get(t.Context(), 2)
	b.must(u, err)
	if set, err := b.users.AccessOf(t.Context(), u); err != nil || set != access.ManagePeople|access.OwnWebhooks {
		t.Errorf("Ben may %q, %v", set, err)
	}
	b.says(b.post("/settings/roles/6/give", url.Values{"user": {"2"}, "take": {"1"}}), http.StatusSeeOther)
	b.says(b.post("/settings/roles/6/delete", nil), http.StatusSeeOther)
	b.says(b.get("/settings/roles/6/"), http.StatusNotFound)
	if roles, err := b.users.Roles(t.Context()); err != nil || len(roles) != 5 || roles[0].Code != user.RoleManager {
		t.Errorf("%+v, %v", roles, err)
	}
}
