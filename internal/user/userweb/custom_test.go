package userweb_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/user/userweb"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/web"
)

// customBench is a portal of Ada, the administrator, and Bo, whose profiles have fields of their own.
func customBench(t *testing.T, d *db.DB) (b *bench, fields *userfield.Service) {
	t.Helper()
	ctx, c := t.Context(), clock.NewManual(noon)
	fields = userfield.New(userfield.Config{DB: d, Clock: c})
	b = &bench{T: t, users: user.NewService(user.Config{DB: d, Clock: c, Fields: fields})}
	for _, n := range []user.NewUser{
		{Login: "ada", FirstName: "Ada", Admin: true, Password: "correct horse"},
		{Login: "bo", FirstName: "Bo", TimeZone: "Europe/Berlin", Password: "correct horse"},
	} {
		b.must(b.users.Create(ctx, n))
	}
	shell := web.New(web.Config{PortalName: "Northwind", Sessions: userweb.NewSessions(b.users), Clock: c})
	userweb.Register(shell, b.users, func(path string) string { return path })
	b.portal = shell.Handler()
	return b, fields
}

// signIn makes the next requests those of a person.
func (b *bench) signIn(login string) {
	b.Helper()
	b.token = ""
	w := b.do(httptest.NewRequestWithContext(b.Context(), "POST", "/login", strings.NewReader(url.Values{
		"login": {login}, "password": {"correct horse"},
	}.Encode())))
	if len(w.Result().Cookies()) != 1 {
		b.Fatalf("sign-in answers %d %s", w.Code, w.Body)
	}
	b.token = w.Result().Cookies()[0].Value
}

func TestFieldsThatWereAddedAreOnTheCardAndInAForm(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema(), userfield.Schema()}, func(t *testing.T, d *db.DB) {
		b, fields := customBench(t, d)
		b.signIn("ada")
		b.shows("/company/personal/user/2/", "!2/more")
		for _, f := range []userfield.Field{
			{Name: "UF_USR_BADGE", Type: userfield.Integer, Mandatory: true, Labels: userfield.Labels{userfield.EditLabel: {"": "Badge <1>"}}},
			{Name: "UF_USR_SINCE", Type: userfield.DateTime},
			{Name: "UF_USR_PAY", Type: userfield.Money},
			{Name: "UF_USR_MENTOR", Type: userfield.Employee, Multiple: true},
			{Name: "UF_USR_SITE", Type: userfield.URL},
			{Name: "UF_USR_KEYS", Type: userfield.Boolean},
			{Name: "UF_USR_LEVEL", Type: userfield.Choice, Multiple: true, Choices: []userfield.Option{{Value: "Low"}, {Value: "High", Sort: 10}}},
		} {
			f.Entity = user.Entity
			b.must(fields.Add(t.Context(), f, 0))
		}
		b.shows("/company/personal/user/2/", `href="/company/personal/user/2/more" data-slider`, "Nothing is filled in yet.")
		b.shows("/company/personal/user/2/more", "Badge &lt;1&gt;", `type="datetime-local"`, `type="number"`, "Low", "One on each line.")
		form := url.Values{
			"UF_USR_BADGE": {"77"}, "UF_USR_SINCE": {"2026-03-01T09:30"}, "UF_USR_PAY": {"12.50 EUR"}, "UF_USR_MENTOR": {"ada\r\nnobody"},
			"UF_USR_SITE": {"javascript:alert(1)"}, "UF_USR_KEYS": {"1"}, "UF_USR_LEVEL": {"1", "2"},
		}
		b.refuses(form, "Nobody is found by that.", "\nada\nnobody</textarea>", `value="12.50 EUR"`, "javascript:alert(1)")
		form.Set("UF_USR_MENTOR", "ada\r\n\r\nbo")
		form.Set("UF_USR_PAY", "much")
		b.refuses(form, "write the amount with its currency as 12.50|EUR.", `value="much"`)
		form.Set("UF_USR_PAY", "12.50 EUR")
		form.Set("UF_USR_BADGE", "")
		b.refuses(form, "Badge &lt;1&gt; is required.")
		form.Set("UF_USR_BADGE", "77")
		b.signIn("bo") // his own profile, in his time
		if w := b.post("/company/personal/user/2/more", form); w.Code != http.StatusSeeOther {
			t.Fatalf("saving answers %d %s", w.Code, w.Body)
		}
		b.shows("/company/personal/user/2/", "1 March 2026, 09:30", "12.50 EUR", `href="/company/personal/user/1/"`, "Low", "High", "Yes", "!href=\"javascript:")
		if w := b.post("/company/personal/user/1/more", form); w.Code != http.StatusForbidden {
			t.Errorf("Bo changes Ada's profile: %d", w.Code)
		}
		b.shows("/company/personal/user/1/", "!1/more")
		values, err := b.users.CustomValues(t.Context(), []int64{2})
		if err != nil || values[2]["UF_USR_SINCE"][0] != "2026-03-01T08:30:00Z" || strings.Join(values[2]["UF_USR_MENTOR"], ",") != "1,2" {
			t.Errorf("stored %v, %v", values, err)
		}
		form.Del("UF_USR_KEYS")
		form.Del("UF_USR_LEVEL")
		if w := b.post("/company/personal/user/2/more", form); w.Code != http.StatusSeeOther {
			t.Fatalf("saving answers %d %s", w.Code, w.Body)
		}
		b.shows("/company/personal/user/2/", "<dd><span class=\"person-text\">No</span></dd>", "!High")
	})
}

// refuses posts the form of Bo's fields and looks for texts in it when it comes back.
func (b *bench) refuses(form url.Values, want ...string) {
	b.Helper()
	w := b.post("/company/personal/user/2/more", form)
	if w.Code != http.StatusUnprocessableEntity {
		b.Errorf("%v answers %d", form, w.Code)
	}
	for _, text := range want {
		if !strings.Contains(w.Body.String(), text) {
			b.Errorf("%v: no %q in %s", form, text, w.Body)
		}
	}
}
