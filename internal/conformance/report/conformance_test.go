package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/conformance"
	"github.com/portico-hq/portico/internal/conformance/report"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// TestEveryMethodIsAsItsPageSays holds the registry to the facts. A difference that is meant goes into exceptions.txt with its
// reason; documented errors that nothing provokes are gaps of docs/compatibility.md and no failure here.
func TestEveryMethodIsAsItsPageSays(t *testing.T) {
	t.Parallel()
	standings, unused, err := report.Standings(methods())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range standings {
		for _, d := range s.Gaps {
			if d.Kind != conformance.ErrorCode {
				t.Errorf("%s: %s %s", d.Method, d.Kind, d.What)
			}
		}
	}
	for _, e := range unused {
		t.Errorf("exceptions.txt: %s %s %s is no difference any more", e.Method, e.Kind, e.What)
	}
}

// methods returns those of both forms.
func methods() []*rest.Method { return slices.Concat(portal.Methods(), portal.MethodsV3()) }

// TestEveryEventIsDocumented holds the catalogue of events to the facts.
func TestEveryEventIsDocumented(t *testing.T) {
	t.Parallel()
	for _, def := range portal.Catalog() {
		i := slices.IndexFunc(conformance.Events(), func(e conformance.Event) bool { return e.Code == def.Name })
		if i < 0 {
			t.Errorf("%s has no page", def.Name)
			continue
		}
		if e := conformance.Events()[i]; e.Scope != "" && e.Scope != def.Scope {
			t.Errorf("%s needs the scope %s, its page says %s", def.Name, def.Scope, e.Scope)
		}
	}
}

// TestFacts keeps the facts whole and free of text.
func TestFacts(t *testing.T) {
	t.Parallel()
	if m, e, p := len(conformance.Methods()), len(conformance.Events()), placementPages(); m != 1671 || e != 202 || p != 42 {
		t.Errorf("%d methods, %d events, %d placements", m, e, p)
	}
	name := regexp.MustCompile(`^[=<>!%@]*[A-Za-z0-9_.]+$`)
	for _, m := range conformance.Methods() {
		for _, s := range slices.Concat(m.ParamNames(), m.Errors, m.Scopes, []string{m.Name}) {
			if !name.MatchString(s) && !strings.Contains(s, ".") {
				t.Errorf("%s: %q is no name", m.Name, s)
			}
		}
		if !strings.HasSuffix(m.Page, ".md") || conformance.Find(strings.ToUpper(m.Name), m.API) == nil {
			t.Errorf("%s: page %q", m.Name, m.Page)
		}
	}
}

func placementPages() int {
	pages := map[string]bool{}
	for _, p := range conformance.Placements() {
		pages[p.Page] = true
	}
	return len(pages)
}

// caller calls methods of one portal.
type caller struct {
	t      *testing.T
	portal http.Handler
	tokens map[string]string // by who
}

// TestProofs makes every call of the proofs and looks for the error that it is there to provoke.
func TestProofs(t *testing.T) {
	t.Parallel()
	proofs, err := report.Proofs()
	if err != nil {
		t.Fatal(err)
	}
	c := open(t)
	kept := map[string]string{"long": `"` + strings.Repeat("x", 40_000) + `"`}
	for _, p := range proofs {
		where := fmt.Sprintf("%s:%d %s", p.File, p.Line, p.Method)
		status, a := c.call(p.Method, p.As, substitute(string(p.Params), kept))
		if a.Error != p.Code {
			t.Errorf("%s: %d %s %q (%s), want %q", where, status, a.Error, a.Text, a.Result, p.Code)
		}
		if p.Code != "" && (status < 400 && !a.Inside || a.Text == "") {
			t.Errorf("%s: status %d with text %q", where, status, a.Text)
		}
		if p.Save != "" {
			kept[p.Save] = part(t, a.Result, p.Part)
			var fields map[string]json.RawMessage
			if json.Unmarshal(a.Result, &fields) == nil { // "$name.ID" is a field of an object
				for k, v := range fields {
					kept[p.Save+"."+k] = string(v)
				}
			}
		}
	}
}

// part returns what of a result is under keys with dots between them.
func part(t *testing.T, result json.RawMessage, path string) string {
	t.Helper()
	for path != "" {
		key, rest, _ := strings.Cut(path, ".")
		var object map[string]json.RawMessage
		if err := json.Unmarshal(result, &object); err != nil {
			t.Fatalf("%s of %s: %v", path, result, err)
		}
		result, path = object[key], rest
	}
	return string(result)
}

// TestRequiredParametersAreRefusedWhenAbsent calls each method that needs a parameter without any.
func TestRequiredParametersAreRefusedWhenAbsent(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, m := range methods() {
		needs := false
		for _, p := range m.Params {
			needs = needs || p.Required && !strings.Contains(p.Name, ".")
		}
		if !needs {
			continue
		}
		status, a := c.call(conformance.Address(m), "app", "{}")
		if !a.Inside && (status < 400 || status >= 500) || a.Error == "" && a.Text == "" { // some pages document errors without a code
			t.Errorf("%s without parameters: %d %s %s", m.Name, status, a.Error, a.Result)
		}
	}
}

// TestMethodsForAdministratorsRefuseEmployees holds those that look for themselves, which exceptions.txt lists, to a proof.
func TestMethodsForAdministratorsRefuseEmployees(t *testing.T) {
	t.Parallel()
	proofs, err := report.Proofs()
	if err != nil {
		t.Fatal(err)
	}
	exceptions, err := report.Exceptions()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range exceptions {
		if e.Kind != conformance.Access || e.What != "administrators" {
			continue
		}
		if !slices.ContainsFunc(proofs, func(p report.Proof) bool { return p.Method == e.Method && p.As == "employee" && p.Code != "" }) {
			t.Errorf("no proof has an employee refused by %s", e.Method)
		}
	}
}

func open(t *testing.T) caller {
	t.Helper()
	ctx := t.Context()
	p, err := portal.Open(ctx, portal.Config{
		DB: dbtest.SQLiteConfig(t, portal.Schemas()...), PublicURL: func() string { return "https://portal.example" },
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(ctx) })
	var scopes []string
	for _, s := range app.Scopes() {
		scopes = append(scopes, s.Code)
	}
	admin := person(t, p, user.NewUser{Login: "admin", Email: "admin@example.com", FirstName: "Ann", Admin: true})
	employee := person(t, p, user.NewUser{Login: "bob", Email: "bob@example.com", FirstName: "Bob"})
	outsider := person(t, p, user.NewUser{Login: "eve", Email: "eve@example.com", FirstName: "Eve", Kind: user.Extranet})
	c := caller{t: t, portal: p.Handler()}
	one := application(t, p, admin, "one", scopes)
	other := application(t, p, admin, "other", scopes)
	c.tokens = map[string]string{
		"app": token(t, p, one, admin), "employee": token(t, p, one, employee), "other": token(t, p, other, admin),
		"outsider": token(t, p, one, outsider),
	}
	_, code, err := p.Apps.CreateWebhook(ctx, admin.Ref(), app.WebhookForm{Scopes: []string{app.AllScopes}})
	if err != nil {
		t.Fatal(err)
	}
	c.tokens["webhook"] = fmt.Sprintf("%d/%s/", admin.ID, code)
	if err := p.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return c
}

func person(t *testing.T, p *portal.Portal, n user.NewUser) user.User {
	t.Helper()
	u, err := p.CreateUser(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func application(t *testing.T, p *portal.Portal, u user.User, name string, scopes []string) int64 {
	t.Helper()
	a, err := p.Apps.Create(t.Context(), u.Ref(), app.Form{Name: name, APIOnly: true, HandlerURL: "http://127.0.0.1:9/", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	return a.ID
}

func token(t *testing.T, p *portal.Portal, appID int64, u user.User) string {
	t.Helper()
	g, err := p.Apps.Issue(t.Context(), appID, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return g.AccessToken
}

// answer is an answer of either form: REST 3.0 has the code and the text of an error in an object.
type answer struct {
	Result json.RawMessage
	Error  string
	Text   string
	Inside bool // the error is inside of the result, as the pages of some methods have it
}

// refusal is a result that says what went wrong.
type refusal struct {
	Result *bool  `json:"result"`
	Error  string `json:"error"`
	Text   string `json:"error_description"`
}

func (a *answer) UnmarshalJSON(raw []byte) error {
	var old struct {
		Result json.RawMessage `json:"result"`
		Error  json.RawMessage `json:"error"`
		Text   string          `json:"error_description"`
	}
	if err := json.Unmarshal(raw, &old); err != nil || old.Error == nil {
		a.Result = old.Result
		var r refusal
		if json.Unmarshal(old.Result, &r) == nil && r.Result != nil && !*r.Result {
			a.Error, a.Text, a.Inside = r.Error, r.Text, true
		}
		return err
	}
	var v3 struct{ Code, Message string }
	if json.Unmarshal(old.Error, &v3) == nil {
		a.Error, a.Text = v3.Code, v3.Message
		return nil
	}
	a.Text = old.Text
	return json.Unmarshal(old.Error, &a.Error)
}

func (c caller) call(method, who, params string) (int, answer) {
	c.t.Helper()
	credential, ok := c.tokens[who]
	if !ok {
		c.t.Fatalf("%s: nobody is called %q", method, who)
	}
	target := "/rest/" + method + "?auth=" + credential
	if strings.HasSuffix(credential, "/") {
		target = "/rest/" + credential + method
		if name, v3 := strings.CutPrefix(method, "api/"); v3 {
			target = "/rest/api/" + credential + name
		}
	}
	r := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, target, strings.NewReader(params))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	c.portal.ServeHTTP(w, r)
	raw, _ := io.ReadAll(w.Result().Body)
	var a answer
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&a); err != nil {
		c.t.Fatalf("%s: %v in %s", method, err, raw)
	}
	return w.Code, a
}

var reference = regexp.MustCompile(`"\$([\w.]+)"|\$\{([\w.]+)\}`)

// substitute puts kept results in the place of "$name", and of ${name} inside texts.
func substitute(params string, kept map[string]string) string {
	return reference.ReplaceAllStringFunc(params, func(ref string) string {
		if v, ok := kept[ref[2:len(ref)-1]]; ok {
			return v
		}
		return ref
	})
}
