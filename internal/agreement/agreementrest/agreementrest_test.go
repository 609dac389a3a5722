package agreementrest_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/agreement"
	"github.com/portico-hq/portico/internal/agreement/agreementrest"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/openline/openlinetest"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// TestMethods calls the three methods, with the parameters of their pages' examples and with bad ones.
func TestMethods(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, setting.Schema(), audit.Schema(), user.Schema(), agreement.Schema())
	clk := clock.NewManual(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC))
	users := user.New(d, clk)
	openlinetest.People(t, users, "Shop", []string{"Ann"}, func(int, *user.NewUser) {})
	s := agreement.New(agreement.Config{DB: d, Clock: clk, Audit: audit.New(d, clk), Users: users})
	registry := rest.NewRegistry()
	agreementrest.Register(registry, s)
	h := rest.NewHandler(registry, openlinetest.Callers{
		"webhook": {Kind: rest.ByWebhook, UserID: 1, Scopes: []string{"userconsent"}}, "other": {Kind: rest.ByWebhook, UserID: 1, Scopes: []string{"user"}},
	}, clk, slog.New(slog.DiscardHandler))
	want := func(method, params, want string) {
		t.Helper()
		if got := openlinetest.Call(t, h, "webhook", "userconsent."+method, params); got != want {
			t.Errorf("%s %s:\n got %s\nwant %s", method, params, got, want)
		}
	}
	want("agreement.list", `{}`, `200 {"result":[]`)
	boss := user.Ref{ID: 1, Access: access.ChangeSettings}
	for _, w := range []agreement.Words{
		{Kind: agreement.Standard, Name: "Privacy", Language: "de", Fields: agreement.Fields{Company: "Beispiel GmbH", Email: "info@example.com"}},
		{Kind: agreement.Custom, Name: "Terms", HTML: "<p>Be kind.</p>", Button: "OK"},
	} {
		if _, _, err := s.Save(t.Context(), boss, 0, w); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Switch(t.Context(), boss, 2, false); err != nil {
		t.Fatal(err)
	}
	want("agreement.list", `{}`, `200 {"result":[{"ID":"2","NAME":"Terms","ACTIVE":"N","LANGUAGE_ID":""},{"ID":"1","NAME":"Privacy","ACTIVE":"Y","LANGUAGE_ID":"de"}]`)
	want("agreement.text", `{"id":2,"replace":{"button_caption":"Yes","fields":{"COMPANY_NAME":"X"}}}`,
		`200 {"result":{"LABEL":"By pressing “OK” I agree to “Terms”.","TEXT":"<p>Be kind.</p>"}`)
	got := openlinetest.Call(t, h, "webhook", "userconsent.agreement.text", `id=1&replace[button_caption]=Ja&replace[fields][COMPANY_NAME]=Example Ltd.&replace[fields][PURPOSES]=Spa%C3%9F`)
	for _, part := range []string{`"LABEL":"Mit „Ja“ willige ich ein, dass Example Ltd. meine`, `\n\n2. Die Daten werden zu diesen Zwecken verarbeitet: Spaß.\n\n3. `, "info@example.com"} {
		if !strings.HasPrefix(got, "200 ") || !strings.Contains(got, part) {
			t.Errorf("%q is missing in %s", part, got)
		}
	}
	bad := func(method, params, text, argument string) {
		t.Helper()
		if argument != "" {
			argument = `,"argument":"` + argument + `"`
		}
		want(method, params, `400 {"error":"ERROR_ARGUMENT","error_description":"`+text+`"`+argument+`}`)
	}
	const required, missing = "Parameter `Agreement ID` required.", "Agreement with id `999` not found."
	bad("agreement.text", `{}`, required, "")
	bad("agreement.text", `{"id":0}`, required, "")
	bad("agreement.text", `{"id":999}`, missing, "")
	bad("agreement.text", `{"id":"x"}`, "Argument 'id' must be an integer", "id")
	bad("agreement.text", `{"id":1,"replace":{"fields":{"EMAIL":"`+strings.Repeat("x", 5001)+`"}}}`, "Parameter `EMAIL` has at most 5000 characters.", "EMAIL")
	const whole = `{"AGREEMENT_ID":1,"USER_ID":1,"IP":"192.168.1.100","URL":"https://example.com/contact-form","ORIGIN_ID":"my_contact_form","ORIGINATOR_ID":"user@example.com"}`
	want("consent.add", whole, `200 {"result":1`)
	want("consent.add", `{"AGREEMENT_ID":"2","IP":"2001:db8::1"}`, `200 {"result":2`)
	bad("consent.add", `{"IP":"192.0.2.1"}`, required, "")
	bad("consent.add", `{"AGREEMENT_ID":999,"IP":"192.0.2.1"}`, missing, "")
	bad("consent.add", `{"AGREEMENT_ID":1}`, "Parameter `IP` must be an IP address such as 192.0.2.1 or 2001:db8::1.", "IP")
	bad("consent.add", `{"AGREEMENT_ID":1,"IP":"192.0.2.300"}`, "Parameter `IP` must be an IP address such as 192.0.2.1 or 2001:db8::1.", "IP")
	bad("consent.add", `{"AGREEMENT_ID":1,"IP":"192.0.2.1","USER_ID":77}`, "User with id `77` not found.", "USER_ID")
	bad("consent.add", `{"AGREEMENT_ID":1,"IP":"192.0.2.1","USER_ID":-1}`, "User with id `-1` not found.", "USER_ID")
	kept, _, err := s.Consents(t.Context(), agreement.Query{AgreementID: 1})
	if err != nil || len(kept) != 1 || kept[0].Who != "Ann" || kept[0].IP != "192.168.1.100" || kept[0].URL != "https://example.com/contact-form" ||
		kept[0].OriginID != "my_contact_form" || kept[0].Originator != "user@example.com" || kept[0].UserID != 1 {
		t.Errorf("kept is %+v, %v", kept, err)
	}
	if got := openlinetest.Call(t, h, "other", "userconsent.agreement.list", `{}`); !strings.Contains(got, `"error":"insufficient_scope"`) {
		t.Errorf("without the scope: %s", got)
	}
}
