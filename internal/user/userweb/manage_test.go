package userweb_test

import (
	"encoding/csv"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/user"
)

// manager makes Ben one who manages people and departments.
func (b *bench) manager() {
	b.Helper()
	r, err := b.users.RoleByName(b.Context(), user.RoleManager)
	b.must(nil, err)
	b.must(nil, b.users.GiveRole(b.Context(), user.Ref{ID: 1, Admin: true}, r.ID, 2, true))
	b.must(nil, b.users.SetPassword(b.Context(), 2, "correct horse"))
}

func TestPeopleAreManagedByWhoHasTheRole(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must(b.users.Create(t.Context(), user.NewUser{Login: "cleo", FirstName: "Cleo", LastName: "=1+1", DepartmentIDs: []int64{1}}))
	b.must(b.users.Create(t.Context(), user.NewUser{Login: "dan", FirstName: "Dan", Password: "correct horse"}))
	b.manager()
	b.as("ben", "correct horse")
	b.shows("/company/manage/", "Cleo =1&#43;1", "Out of your reach", `aria-label="Select Dan"`, `!aria-label="Select Anna Berg"`, "Never signed in")
	b.shows("/company/manage/?role=administrator", "Anna Berg", "!Cleo")
	b.shows("/company/manage/?role=1&department=2", "Ben", "!Cleo", "1 person")
	b.shows("/company/manage/?q=cle", "Cleo", "!Dan")
	b.shows("/company/manage/?state=uninvited", "Cleo", "Dan", `!aria-label="Select Ben`)
	b.shows("/company/manage/?state=dismissed", "Nobody like that")
	bulk := func(do string, more url.Values, ids ...string) string {
		form := url.Values{"do": {do}, "id": ids, "back": {"/company/manage/?q=x"}}
		maps.Copy(form, more)
		w := b.post("/company/manage/bulk", form)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/company/manage/?q=x" {
			return "refused"
		}
		return b.toast(w)
	}
	for _, c := range []struct{ got, want string }{
		{bulk("role", url.Values{"give_role": {"1"}}, "3", "4"), "2 people got the role Manager."},
		{bulk("unrole", url.Values{"give_role": {"1"}}, "3"), "1 person lost the role Manager."},
		{bulk("role", url.Values{"give_role": {"4"}}, "3"), "0 people got the role Developer. Cleo =1+1: This goes beyond what your own roles allow."},
		{bulk("department", url.Values{"put_into": {"2"}}, "3", "4"), "2 people moved to Shops & stalls."},
		{bulk("end", nil, "4"), "1 person signed out everywhere."},
		{bulk("dismiss", nil, "1", "4"), "1 person dismissed. Anna Berg: This goes beyond what your own roles allow."},
		{bulk("dismiss", nil), "refused"},
		{bulk("explode", nil, "3"), "refused"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	b.shows("/company/manage/?state=dismissed", "Dan", "Take back")
	rows, err := csv.NewReader(b.get("/company/manage/export?state=all").Body).ReadAll()
	if err != nil || len(rows) != 5 || !slices.Equal(rows[3], []string{"3", "cleo", "", "Cleo", "'=1+1", "", "Shops & stalls", "", "no", "Never signed in", ""}) {
		t.Errorf("%q, %v", rows, err)
	}
	b.says(b.get("/company/personal/user/1/edit"), http.StatusForbidden)
	b.shows("/company/personal/user/1/", "!/edit", "!/dismiss")
	form := url.Values{"login": {"cleo"}, "first_name": {"Cleo"}, "last_name": {"Ott"}, "department": {"1", "2"}, "role": {"1", "4"}, "admin": {"1"}}
	b.says(b.post("/company/personal/user/3/edit", form), http.StatusSeeOther)
	u, _ := b.users.Get(t.Context(), 3)
	held, _ := b.users.RolesOf(t.Context(), []user.User{u})
	if u.Admin || u.LastName != "Ott" || !slices.Equal(u.DepartmentIDs, []int64{2, 1}) || !slices.Equal(held[3], []user.Held{{RoleID: 1}}) {
		t.Errorf("%+v with %v", u, held)
	}
	form.Set("email", "anna@example.com")
	b.says(b.post("/company/personal/user/3/edit", form), http.StatusUnprocessableEntity, "Somebody else has this e-mail address.", `value="anna@example.com"`)
}

// toast returns what an answer says on the next page.
func (b *bench) toast(w *httptest.ResponseRecorder) string {
	b.Helper()
	for _, c := range w.Result().Cookies() {
		if c.Name == "portico_toast" {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/profile/", nil)
			r.AddCookie(&http.Cookie{Name: "portico_toast", Value: c.Value})
			page := b.do(r).Body.String()
			_, page, _ = strings.Cut(page, `<div class="toast">`)
			_, page, _ = strings.Cut(page, "<span>")
			page, _, _ = strings.Cut(page, "</span>")
			return strings.NewReplacer("&#43;", "+", "&amp;", "&").Replace(page)
		}
	}
	return ""
}

func TestSeveralPeopleAreInvited(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.says(b.post("/company/invite/many", nil), http.StatusUnprocessableEntity, "Enter at least one e-mail address")
	list := "eve@example.com; Eve\nanna@example.com; Anna\nfay@; Fay\n"
	b.says(b.post("/company/invite/many", url.Values{"list": {list}}), http.StatusUnprocessableEntity, "eve@example.com; Eve",
		"Line 2 (anna@example.com): Somebody else has this", "Line 3 (fay@): This is not an e-mail address.")
	w := b.post("/company/invite/many", url.Values{"list": {"eve@example.com; Eve\nfay@example.com"}, "department": {"2"}, "role": {"1"}})
	b.says(w, http.StatusOK, "2 invitations are ready.")
	links := linkOf.FindAllStringSubmatch(w.Body.String(), -1)
	b.shows("/company/manage/?state=invited&role=1", "Eve", "fay@example.com", "Invited")
	b.shows("/company/personal/user/3/", "Revoke the link")
	b.says(b.post("/company/personal/user/3/revoke", nil), http.StatusSeeOther)
	b.shows("/company/personal/user/3/", "!Revoke the link")
	b.says(b.get(links[0][1]), http.StatusNotFound)
	b.shows(links[len(links)-1][1], "Set your password")
}

func TestDepartmentsAreArranged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.manager()
	b.must(b.users.Create(t.Context(), user.NewUser{Login: "cleo", FirstName: "Cleo", Password: "correct horse"}))
	b.as("cleo", "correct horse")
	b.shows("/company/structure/", "Sales", "Shops &amp; stalls", "!/edit", "!data-slider>"+"New")
	b.says(b.get("/company/structure/1/"), http.StatusForbidden)
	b.says(b.post("/company/structure/new", url.Values{"name": {"x"}}), http.StatusForbidden)
	b.as("ben", "correct horse")
	b.says(b.post("/company/structure/new", url.Values{"name": {""}}), http.StatusUnprocessableEntity, "Enter a name")
	b.says(b.post("/company/structure/new", url.Values{"name": {"IT"}, "head": {"nobody"}, "parent": {"1"}}), http.StatusUnprocessableEntity,
		"Nobody is found by that.", `value="nobody"`)
	b.says(b.post("/company/structure/new", url.Values{"name": {"IT"}, "head": {"cleo"}, "parent": {"1"}}), http.StatusSeeOther)
	b.says(b.post("/company/structure/3/member", url.Values{"person": {"Cleo"}}), http.StatusSeeOther)
	b.says(b.post("/company/structure/3/member", url.Values{"person": {""}}), http.StatusUnprocessableEntity, "Type whom you mean.")
	b.shows("/company/structure/3/", `value="cleo"`, "Take out Cleo", "Delete IT", `!<option value="3"`)
	b.shows("/company/structure/", "Cleo")
	b.says(b.post("/company/structure/1/move", url.Values{"parent": {"3"}}), http.StatusConflict, "A department cannot be below itself.")
	b.says(b.post("/company/structure/3/move", url.Values{"parent": {"2"}}), http.StatusSeeOther)
	if d, _ := b.users.Department(t.Context(), 3); d.ParentID != 2 || d.HeadID != 3 || d.Name != "IT" {
		t.Errorf("%+v", d)
	}
	b.says(b.post("/company/structure/2/delete", url.Values{"into": {"1"}}), http.StatusSeeOther)
	u, _ := b.users.Get(t.Context(), 2)
	d, _ := b.users.Department(t.Context(), 3)
	if !slices.Equal(u.DepartmentIDs, []int64{1}) || d.ParentID != 1 {
		t.Errorf("Ben in %v, IT below %d", u.DepartmentIDs, d.ParentID)
	}
	b.says(b.post("/company/structure/3/member", url.Values{"user": {"3"}, "out": {"1"}}), http.StatusSeeOther)
	if u, _ = b.users.Get(t.Context(), 3); len(u.DepartmentIDs) != 0 {
		t.Errorf("Cleo in %v", u.DepartmentIDs)
	}
}
