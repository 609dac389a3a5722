package userfieldweb_test

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/userfield/userfieldweb"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

type sessions struct{ web.Sessions }

func (sessions) Lookup(_ context.Context, token string) (web.Viewer, error) {
	return map[string]web.Viewer{"admin": {ID: 1, Name: "Ada Admin", Admin: true}, "bo": {ID: 2, Name: "Bo"}}[token], nil
}

type bench struct {
	*testing.T
	fields *userfield.Service
	log    *audit.Service
	shell  http.Handler
}

func run(t *testing.T, test func(b *bench)) {
	t.Helper()
	dbtest.Run(t, []db.Schema{audit.Schema(), userfield.Schema()}, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
		b := &bench{T: t, log: audit.New(d, clk)}
		b.fields = userfield.New(userfield.Config{DB: d, Clock: clk, Audit: b.log})
		shell := web.New(web.Config{PortalName: "Portico", Sessions: sessions{}, Clock: clk})
		userfieldweb.Register(shell, userfieldweb.Config{
			Fields: b.fields, Languages: []ui.Option{{Value: "en", Title: "English"}, {Value: "de", Title: "Deutsch"}},
			Sets: []userfieldweb.Set{{Entity: "USER", Title: "People", Prefix: "UF_USR_", Where: "the profiles of people"}},
		})
		b.shell = shell.Handler()
		test(b)
	})
}

func (b *bench) do(as, target string, form url.Values) (int, string) {
	b.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r := httptest.NewRequestWithContext(b.Context(), method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "portico_session", Value: as})
	w := httptest.NewRecorder()
	b.shell.ServeHTTP(w, r)
	return w.Code, html.UnescapeString(w.Body.String())
}

// want sends a request; parts that begin with ! must not be in the answer.
func (b *bench) want(as, target string, form url.Values, status int, parts ...string) {
	b.Helper()
	got, body := b.do(as, target, form)
	if got != status {
		b.Errorf("%s as %s: %d, want %d: %.2000s", target, as, got, status, body)
	}
	for _, p := range parts {
		text, absent := strings.CutPrefix(p, "!")
		if strings.Contains(body, text) == absent {
			b.Errorf("%s as %s: %q there: %t in %s", target, as, text, absent, body)
		}
	}
}

// order returns the names of the fields in the order of the form.
func (b *bench) order() string {
	b.Helper()
	fields, err := b.fields.Fields(b.Context(), "USER")
	if err != nil {
		b.Fatal(err)
	}
	var names []string
	for _, f := range fields {
		names = append(names, strings.TrimPrefix(f.Name, "UF_USR_"))
	}
	return strings.Join(names, " ")
}

const label = "label.EDIT_FORM_LABEL."

func TestAnAdministratorAddsChangesOrdersAndRemovesFields(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		const fields = "/settings/fields/"
		b.want("bo", fields, nil, 403)
		b.want("bo", fields+"USER/new", url.Values{"type": {"string"}}, 403)
		b.want("admin", fields, nil, 200, "No fields yet", "/settings/fields/USER/new")
		b.want("admin", fields+"CRM_DEAL/new", nil, 404)
		b.want("admin", fields+"USER/new", nil, 200, "?type=enumeration", "Yes or no")
		b.want("admin", fields+"USER/new?type=enumeration", nil, 200, `name="setting.LIST_HEIGHT"`, `name="choice.2.value"`, "Deutsch", `name="label.HELP_MESSAGE.de"`)
		b.want("admin", fields+"USER/new?type=string", nil, 200, `name="setting.ROWS"`, `name="setting.REGEXP"`, `name="setting.MAX_LENGTH"`, "!choice.0")
		b.want("admin", fields+"USER/new?type=integer", nil, 200, `name="setting.MIN_VALUE"`, `name="setting.SIZE"`)
		b.want("admin", fields+"USER/new", url.Values{"type": {"string"}, label: {"Plate"}, "setting.REGEXP": {"/(/"}}, 422, "Must be a regular expression", `value="/(/"`)
		level := url.Values{
			"type": {"enumeration"}, label: {"Level of skill!"}, label + "de": {"Stufe"}, "label.HELP_MESSAGE.": {"As agreed"}, "multiple": {"1"},
			"mandatory": {"1"}, "show_filter": {"S"}, "show_in_list": {"1"}, "searchable": {"1"}, "setting.DISPLAY": {"DIALOG"}, "setting.LIST_HEIGHT": {"4"},
			"choice.0.id": {"0"}, "choice.0.value": {"Low"}, "choice.1.value": {"High"}, "choice.1.default": {"1"}, "choice.2.value": {""},
		}
		b.want("admin", fields+"USER/new", level, 303)
		b.want("admin", fields+"USER/new", level, 422, "There is a field with this code already.", "Stufe", `value="Low"`)
		b.want("admin", fields+"USER/new", url.Values{"type": {"double"}, label: {"Score"}, "setting.PRECISION": {"99"}}, 422, "Must be a whole number from 0 to 12.", `value="99"`)
		b.want("admin", fields+"USER/new", url.Values{"type": {"string"}, label: {" "}, "code": {"é!"}}, 422, "Give the field a name.", "Give the field a code")
		b.want("admin", fields+"USER/new", url.Values{"type": {"enumeration"}, label: {"Empty"}, "choice.0.value": {""}}, 422, "Give the list at least one value.")
		b.want("admin", fields+"USER/new", url.Values{"type": {"crm"}, label: {"Deal"}}, 422, "Invalid user type specified")
		b.want("admin", fields+"USER/new", url.Values{"type": {"datetime"}, label: {"Since"}, "code": {"start"}, "setting.DEFAULT_VALUE.TYPE": {"NOW"}, "edit_in_list": {"1"}}, 303)
		b.want("admin", fields+"USER/new", url.Values{"type": {"money"}, label: {"Pay"}, "setting.DEFAULT_VALUE": {"12.50 EUR"}}, 303)
		got, err := b.fields.Get(t.Context(), "USER", 1)
		if err != nil || got.Name != "UF_USR_LEVEL_OF_SKILL" || !got.Multiple || !got.Mandatory || got.ShowFilter != userfield.ByPart || got.EditInList ||
			got.Labels.In(userfield.EditLabel, "de") != "Stufe" || got.Help("pl") != "As agreed" || len(got.Choices) != 2 || !got.Choices[1].Default {
			t.Errorf("stored %+v, %v", got, err)
		}
		pay, _ := b.fields.Get(t.Context(), "USER", 3)
		if text := string(phpform.AppendJSON(nil, pay.Settings)); text != `{"DEFAULT_VALUE":"12.50|EUR"}` {
			t.Errorf("settings %s", text)
		}
		b.want("admin", fields, nil, 200, "Level of skill!", "Managers only", "Required", "UF_USR_START", "Date and time", "Filter")
		change := url.Values{
			label: {"Level"}, "show_filter": {"N"}, "edit_in_list": {"1"}, "setting.DISPLAY": {"LIST"}, "choice.0.id": {"1"}, "choice.0.value": {"Low"}, "choice.0.remove": {"1"},
			"choice.1.id": {"2"}, "choice.1.value": {"Top"}, "choice.1.sort": {"900"}, "choice.2.value": {"New"},
		}
		b.want("admin", fields+"USER/1/", nil, 200, `value="Low"`, "List, several values.", `name="label.EDIT_FORM_LABEL.de"`)
		b.want("admin", fields+"USER/1/save", change, 303)
		got, _ = b.fields.Get(t.Context(), "USER", 1)
		if got.Title("de") != "Level" || !got.EditInList || got.ShowFilter != userfield.NoFilter || len(got.Choices) != 2 || got.Choices[0].Value != "Top" ||
			got.Choices[0].ID != 2 || got.Choices[1].Value != "New" || got.Choices[1].Sort != 1000 {
			t.Errorf("changed to %+v", got)
		}
		for _, m := range []struct{ target, next, want string }{
			{"3", "1", "PAY LEVEL_OF_SKILL START"}, {"3", "0", "LEVEL_OF_SKILL START PAY"}, {"1", "3", "START LEVEL_OF_SKILL PAY"},
		} {
			b.want("admin", fields+"USER/"+m.target+"/move", url.Values{"next": {m.next}}, 303)
			if got := b.order(); got != m.want {
				t.Errorf("%s before %s: %s, want %s", m.target, m.next, got, m.want)
			}
		}
		b.want("admin", fields+"USER/9/move", url.Values{"next": {"0"}}, 404)
		b.want("admin", fields+"USER/1/move", url.Values{"next": {"9"}}, 404)
		b.want("bo", fields+"USER/1/delete", url.Values{}, 403)
		b.want("admin", fields+"USER/1/delete", url.Values{}, 303)
		b.want("admin", fields+"USER/1/", nil, 404)
		rows, _, err := b.log.Search(t.Context(), audit.Query{})
		var log []string
		for _, r := range rows {
			log = append(log, r.Type+" "+strings.TrimPrefix(r.Item, "USER UF_USR_"))
		}
		want := "USERFIELD_DELETE LEVEL_OF_SKILL|USERFIELD_UPDATE LEVEL_OF_SKILL|USERFIELD_UPDATE PAY|USERFIELD_UPDATE PAY|USERFIELD_UPDATE LEVEL_OF_SKILL|USERFIELD_ADD PAY|USERFIELD_ADD START|USERFIELD_ADD LEVEL_OF_SKILL"
		if err != nil || strings.Join(log, "|") != want {
			t.Errorf("recorded %s, %v", strings.Join(log, "|"), err)
		}
	})
}
