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
			f.Entity, f.EditInList = user.Entity, true
			b.must(fields.Add(t.Context(), f, 0))
		}
		b.shows("/company/personal/user/2/", `href="/company/personal/user/2/more" data-slider`, "Nothing is filled in yet.")
		b.shows("/company/personal/user/2/more", "Badge &lt;1&gt;", `type="datetime-local"`, `type="number"`, "Low", "data-several")
		form := url.Values{
			"UF_USR_BADGE": {"77"}, "UF_USR_SINCE": {"2026-03-01T09:30"}, "UF_USR_PAY": {"12.50 EUR"}, "UF_USR_MENTOR": {"ada\r\nnobody"},
			"UF_USR_SITE": {"javascript:alert(1)"}, "UF_USR_KEYS": {"1"}, "UF_USR_LEVEL": {"1", "2"},
		}
		b.refuses(form, "Nobody is found by that.", `value="ada"`, `value="nobody"`, `value="12.50 EUR"`, "javascript:alert(1)")
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
		b.shows("/company/personal/user/2/", "<dd><span class=\"field-text\">No</span></dd>", "!High")
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

// choiceOf returns a field with a few options and the settings of its type as JSON.
func choiceOf(t *testing.T, name, settings string, multiple bool) userfield.Field {
	t.Helper()
	f := userfield.Field{Name: name, Type: userfield.Choice, Multiple: multiple, Choices: []userfield.Option{{Value: "Red"}, {Value: "Blue", Sort: 10}}}
	if err := f.Settings.UnmarshalJSON([]byte(settings)); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFieldsAreShownAsTheirSettingsSay(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema(), userfield.Schema()}, func(t *testing.T, d *db.DB) {
		b, fields := customBench(t, d)
		b.signIn("bo")
		flag := userfield.Field{Name: "UF_USR_FLAG", Type: userfield.Boolean}
		_ = flag.Settings.UnmarshalJSON([]byte(`{"DISPLAY":"RADIO"}`))
		long := userfield.Field{Name: "UF_USR_LONG", Type: userfield.String, Multiple: true}
		_ = long.Settings.UnmarshalJSON([]byte(`{"ROWS":4}`))
		narrow := userfield.Field{Name: "UF_USR_PLATE", Type: userfield.String}
		_ = narrow.Settings.UnmarshalJSON([]byte(`{"SIZE":8}`))
		fixed := userfield.Field{Name: "UF_USR_GRADE", Type: userfield.Integer, Mandatory: true}
		for _, f := range []userfield.Field{
			choiceOf(t, "UF_USR_A", `{"DISPLAY":"LIST","LIST_HEIGHT":3,"CAPTION_NO_VALUE":"No colour"}`, false),
			choiceOf(t, "UF_USR_B", `{"DISPLAY":"LIST","SHOW_NO_VALUE":"N"}`, false),
			choiceOf(t, "UF_USR_C", `{"DISPLAY":"CHECKBOX"}`, false),
			choiceOf(t, "UF_USR_D", `{"DISPLAY":"CHECKBOX"}`, true),
			choiceOf(t, "UF_USR_E", `{"DISPLAY":"UI"}`, true),
			choiceOf(t, "UF_USR_F", `{"DISPLAY":"UI","LIST_HEIGHT":5}`, false),
			choiceOf(t, "UF_USR_G", `{"DISPLAY":"DIALOG"}`, false),
			flag, long, fixed, narrow,
		} {
			f.Entity, f.EditInList = user.Entity, f.Name != "UF_USR_GRADE"
			b.must(fields.Add(t.Context(), f, 0))
		}
		b.must(b.users.Update(t.Context(), 2, user.Change{Custom: userfield.Values{"UF_USR_GRADE": {"7"}, "UF_USR_LONG": {"one\ntwo"}}}))
		b.shows("/company/personal/user/2/more",
			`name="UF_USR_A" size="3"`, "No colour", `class="sized" style="--characters:8"><div class="field" data-field="UF_USR_PLATE">`, `<select class="input" id="f-UF_USR_B" name="UF_USR_B" aria-describedby="f-UF_USR_B-note"><option value="3">Red`,
			`type="radio" name="UF_USR_C" value="" checked`, `type="checkbox" name="UF_USR_D" value="7"`,
			`<details class="pick-fold">`, `type="checkbox" name="UF_USR_E"`, `pick-fixed" style="--lines:5"`, `popovertarget="f-UF_USR_G-dialog"`,
			`type="radio" name="UF_USR_FLAG" value="0" checked`, "<textarea class=\"input\" name=\"UF_USR_LONG\" rows=\"4\"", "\none\ntwo</textarea>",
			"UF_USR_GRADE</dt><dd><span class=\"field-text\">7<", `!name="UF_USR_GRADE"`)
		form := url.Values{"UF_USR_C": {"6"}, "UF_USR_E": {"9", "10"}, "UF_USR_LONG": {"one\r\ntwo", "", "three"}, "UF_USR_FLAG": {"1"}, "UF_USR_GRADE": {"9"}}
		if w := b.post("/company/personal/user/2/more", form); w.Code != http.StatusSeeOther {
			t.Fatalf("saving answers %d %s", w.Code, w.Body)
		}
		values, err := b.users.CustomValues(t.Context(), []int64{2})
		got := values[2]
		if err != nil || strings.Join(got["UF_USR_LONG"], "|") != "one\ntwo|three" || got["UF_USR_GRADE"][0] != "7" || len(got["UF_USR_E"]) != 2 || got["UF_USR_C"][0] != "6" {
			t.Errorf("stored %q, %v; Bo may not change his grade", got, err)
		}
		b.signIn("ada") // who manages people may
		b.shows("/company/personal/user/2/more", `name="UF_USR_GRADE"`)
	})
}

func TestTheListOfPeopleHasFiltersColumnsAndASearchOfFields(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema(), userfield.Schema()}, func(t *testing.T, d *db.DB) {
		b, fields := customBench(t, d)
		b.signIn("bo")
		colour := choiceOf(t, "UF_USR_COLOUR", `{}`, false)
		colour.ShowFilter, colour.Searchable = userfield.ByMask, true
		for _, f := range []userfield.Field{
			{Name: "UF_USR_BADGE", Type: userfield.String, ShowFilter: userfield.ByMask, ShowInList: true, Searchable: true, Labels: userfield.Labels{
				userfield.ListLabel: {"": "Badge no."}, userfield.FilterLabel: {"": "By badge"},
			}},
			{Name: "UF_USR_WHOLE", Type: userfield.String, ShowFilter: userfield.ByWhole},
			{Name: "UF_USR_PART", Type: userfield.Integer, ShowFilter: userfield.ByPart},
			{Name: "UF_USR_SEEN", Type: userfield.DateTime, ShowFilter: userfield.ByWhole, ShowInList: true},
			{Name: "UF_USR_MENTOR", Type: userfield.Employee, ShowFilter: userfield.ByWhole},
			{Name: "UF_USR_HIDDEN", Type: userfield.String},
			colour,
		} {
			f.Entity = user.Entity
			b.must(fields.Add(t.Context(), f, 0))
		}
		b.must(b.users.Update(t.Context(), 1, user.Change{Custom: userfield.Values{
			"UF_USR_BADGE": {"A-100_x"}, "UF_USR_WHOLE": {"abc"}, "UF_USR_PART": {"4711"}, "UF_USR_HIDDEN": {"secretive"},
			"UF_USR_SEEN": {"2026-03-01T23:30:00Z"}, "UF_USR_MENTOR": {"2"}, "UF_USR_COLOUR": {"2"},
		}}))
		b.must(b.users.Update(t.Context(), 2, user.Change{Custom: userfield.Values{"UF_USR_BADGE": {"B-100"}, "UF_USR_WHOLE": {"abcd"}}}))
		b.shows("/company/", "Badge no.", "By badge", "A-100_x", "2 March 2026, 00:30", `!name="UF_USR_HIDDEN"`, "!secretive", "Filters")
		const ada, bo = `href="/company/personal/user/1/"`, `href="/company/personal/user/2/"`
		for query, want := range map[string]string{
			"UF_USR_BADGE=100": "both", "UF_USR_BADGE=a*": "ada", "UF_USR_BADGE=*x": "ada", "UF_USR_BADGE=0_x": "ada", "UF_USR_BADGE=%25": "none",
			"UF_USR_WHOLE=abc": "ada", "UF_USR_WHOLE=ab": "none", "UF_USR_PART=71": "ada", "UF_USR_PART=8": "none",
			"UF_USR_SEEN=2026-03-02": "ada", "UF_USR_SEEN=2026-03-01": "none", "UF_USR_SEEN=soon": "none", // a day of Berlin's
			"UF_USR_MENTOR=bo": "ada", "UF_USR_MENTOR=nobody": "none", "UF_USR_COLOUR=2": "ada", "UF_USR_COLOUR=1": "none",
			"UF_USR_HIDDEN=nothing": "both", "q=b-1": "bo", "q=blue": "ada", "q=secretive": "none", "q=b-1&UF_USR_WHOLE=abc": "none",
		} {
			body := b.get("/company/list?" + query).Body.String()
			if strings.Contains(body, ada) != (want == "ada" || want == "both") || strings.Contains(body, bo) != (want == "bo" || want == "both") {
				t.Errorf("%s: want %s in %s", query, want, body)
			}
		}
		b.shows("/company/?UF_USR_MENTOR=nobody", "Nobody is found by that.", `value="nobody"`, "people-filter\" open")
	})
}

func TestTimesOfFieldsAreOnThePersonsClock(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema(), userfield.Schema()}, func(t *testing.T, d *db.DB) {
		b, fields := customBench(t, d)
		b.must(fields.Add(t.Context(), userfield.Field{Entity: user.Entity, Name: "UF_USR_AT", Type: userfield.DateTime}, 0))
		b.must(b.users.Update(t.Context(), 2, user.Change{Custom: userfield.Values{"UF_USR_AT": {"2026-03-01T13:05:00Z"}}}))
		b.must(b.users.UpdateOwn(t.Context(), 2, user.Change{}, user.Look{Theme: "system", Clock12: true}))
		b.signIn("ada")
		b.shows("/company/personal/user/2/", "1 March 2026, 13:05")
		b.signIn("bo")
		b.shows("/company/personal/user/2/", "1 March 2026, 2:05 pm")
	})
}
