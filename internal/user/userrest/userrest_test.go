package userrest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/user/userrest"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// tokens lets in "<user id> <scopes>", user 1 as the administrator.
type tokens struct{}

func (tokens) Authorize(_ context.Context, c rest.Credentials) (rest.Principal, error) {
	var p rest.Principal
	var scopes string
	if _, err := fmt.Sscanf(c.Token, "%d %s", &p.UserID, &scopes); err != nil {
		return p, rest.ErrNoAuth
	}
	p.Kind, p.AppID, p.Admin, p.Scopes = rest.ByToken, 1, p.UserID == 1, strings.Split(scopes, ",")
	for _, s := range p.Scopes {
		if permission, ok := access.Named(strings.TrimPrefix(s, "+")); ok { // what the user's roles allow
			p.Access |= permission.Set
		}
	}
	return p, nil
}

// newHandler serves a portal of four: 1 the administrator, 2 Ben who is dismissed, 3 an outsider, 4 a mail user; and a bot.
func newHandler(t *testing.T, d *db.DB) *rest.Handler {
	t.Helper()
	ctx, c := t.Context(), clock.NewManual(noon)
	s := user.New(d, c)
	fatal := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, dep := range []user.Department{{ID: 1, Name: "Company", Sort: 100}, {ID: 4, Name: "Marketing", ParentID: 1}, {ID: 2, Name: "Accounting", ParentID: 1}} {
		_, err := s.CreateDepartment(ctx, dep)
		fatal(err)
	}
	for _, n := range []user.NewUser{
		{
			Login: "admin", Email: "anna@example.com", FirstName: "Anna", LastName: "Berg", Gender: "F", Position: "Head", Admin: true,
			Birthday: "1990-12-31", InnerPhone: "101", City: "Kiel", DepartmentIDs: []int64{1, 4}, Password: "correct horse",
			TimeZone: "Europe/Berlin", Mobile: "+4912", Details: user.Details{"uf_skills": "Go", "personal_fax": "77"},
		},
		{Login: "ben", Email: "ben@example.com", FirstName: "Ben", LastName: "O'Hara"},
		{Login: "out", Kind: user.Extranet, FirstName: "Olga"},
		{Login: "mail", Kind: user.Email, Email: "mail@example.com"},
	} {
		_, err := s.Create(ctx, n)
		fatal(err)
	}
	off := false
	_, err := s.Update(ctx, 2, user.Change{Active: &off})
	fatal(err)
	_, err = s.SignIn(ctx, "admin", "correct horse", "", "")
	fatal(err)
	fatal(s.SetHead(ctx, 4, 1))
	var pic bytes.Buffer
	fatal(png.Encode(&pic, image.NewGray(image.Rect(0, 0, 2, 2))))
	fatal(s.SetAvatar(ctx, 3, pic.Bytes()))
	fatal(d.Write(ctx, func(tx *db.Tx) error {
		_, err := s.AddBotTx(ctx, tx, user.BotProfile{FirstName: "Bot"})
		return err
	}))
	r := rest.NewRegistry()
	userrest.Register(r, s, func(path string) string { return "https://portal.example" + path })
	return rest.NewHandler(r, tokens{}, c, slog.New(slog.DiscardHandler))
}

// call returns the answer without its time.
func call(t *testing.T, h *rest.Handler, method, token, params string) string {
	t.Helper()
	body := strings.TrimSuffix(params, "}")
	if body != "{" {
		body += ","
	}
	body += `"auth":"` + token + `"}`
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/rest/"+method, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	answer, _, _ := strings.Cut(w.Body.String(), `,"time":`)
	if answer != w.Body.String() {
		answer += "}"
	}
	return strings.ReplaceAll(answer, hash, "<hash>")
}

const hash = "ef7a8c1ebef145fe385aa79d3c3a2406"

func TestAnswers(t *testing.T) {
	t.Parallel()
	const anna = `"ID":"1","ACTIVE":true,"NAME":"Anna","LAST_NAME":"Berg","SECOND_NAME":"",`
	for _, c := range []struct{ name, method, token, params, want string }{
		{
			"everything of scope user", "user.current", "1 user", `{}`,
			`{"result":{` + anna + `"EMAIL":"anna@example.com","LAST_LOGIN":"2026-03-10T12:00:00+00:00",` +
				`"DATE_REGISTER":"2026-03-10T00:00:00+00:00","TIME_ZONE":"Europe/Berlin","IS_ONLINE":"Y",` +
				`"TIMESTAMP_X":"2026-03-10T12:00:00+00:00","LAST_ACTIVITY_DATE":"2026-03-10 12:00:00","PERSONAL_GENDER":"F",` +
				`"PERSONAL_WWW":"","PERSONAL_BIRTHDAY":"1990-12-31T00:00:00+00:00","PERSONAL_FAX":"77","PERSONAL_MOBILE":"+4912",` +
				`"PERSONAL_CITY":"Kiel","WORK_PHONE":"","WORK_POSITION":"Head","UF_EMPLOYMENT_DATE":"","UF_DEPARTMENT":[1,4],` +
				`"UF_SKILLS":"Go","UF_PHONE_INNER":"101"}}`,
		},
		{
			"user_basic has contacts, no sign-in", "user.current", "1 user_basic", `{}`,
			`{"result":{` + anna + `"EMAIL":"anna@example.com",` +
				`"DATE_REGISTER":"2026-03-10T00:00:00+00:00","TIME_ZONE":"Europe/Berlin","IS_ONLINE":"Y",` +
				`"TIMESTAMP_X":"2026-03-10T12:00:00+00:00","LAST_ACTIVITY_DATE":"2026-03-10 12:00:00","PERSONAL_GENDER":"F",` +
				`"PERSONAL_BIRTHDAY":"1990-12-31T00:00:00+00:00","PERSONAL_FAX":"77","PERSONAL_MOBILE":"+4912",` +
				`"PERSONAL_CITY":"Kiel","WORK_PHONE":"","WORK_POSITION":"Head","UF_EMPLOYMENT_DATE":"","UF_DEPARTMENT":[1,4],` +
				`"UF_SKILLS":"Go","UF_PHONE_INNER":"101"}}`,
		},
		{
			"user_brief has no contacts", "user.current", "1 user_brief", `{}`,
			`{"result":{` + anna +
				`"DATE_REGISTER":"2026-03-10T00:00:00+00:00","TIME_ZONE":"Europe/Berlin","IS_ONLINE":"Y",` +
				`"TIMESTAMP_X":"2026-03-10T12:00:00+00:00","LAST_ACTIVITY_DATE":"2026-03-10 12:00:00","PERSONAL_GENDER":"F",` +
				`"PERSONAL_BIRTHDAY":"1990-12-31T00:00:00+00:00",` +
				`"PERSONAL_CITY":"Kiel","WORK_POSITION":"Head","UF_EMPLOYMENT_DATE":"","UF_DEPARTMENT":[1,4],` +
				`"UF_SKILLS":"Go","UF_PHONE_INNER":"101"}}`,
		},
		{
			"another scope", "user.current", "1 im", `{}`,
			`{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token"}`,
		},
		{
			"profile", "profile", "1 im", `{}`,
			`{"result":{"ID":"1","ADMIN":true,"NAME":"Anna","LAST_NAME":"Berg","PERSONAL_GENDER":"F","TIME_ZONE":"Europe/Berlin"}}`,
		},
		{
			"profile with a photo", "profile", "3 im", `{}`,
			`{"result":{"ID":"3","ADMIN":false,"NAME":"Olga","LAST_NAME":"","PERSONAL_GENDER":"","TIME_ZONE":"",` +
				`"PERSONAL_PHOTO":"https://portal.example/avatar/3/<hash>"}}`,
		},
		{"profile of who was dismissed", "profile", "2 im", `{}`, `{"result":{}}`},
		{
			"select and resize", "user.get", "1 user", `{"FILTER":{"ID":3},"select":["personal_photo","ID","NOPE","USER_TYPE"],"IMAGE_RESIZE":"small"}`,
			`{"result":[{"ID":"3","PERSONAL_PHOTO":"https://portal.example/avatar/3/<hash>?size=150","USER_TYPE":"extranet"}],"total":1}`,
		},
		{
			"the mask of custom fields", "user.get", "1 user", `{"filter":{"ID":1},"select":["UF_*"]}`,
			`{"result":[{"UF_EMPLOYMENT_DATE":"","UF_DEPARTMENT":[1,4],"UF_SKILLS":"Go","UF_PHONE_INNER":"101"}],"total":1}`,
		},
		{
			"a field beyond the scope is neither shown nor found by", "user.get", "1 user_brief",
			`{"FILTER":{"EMAIL":"nobody@example.com","ID":1},"sort":"EMAIL","select":["ID","EMAIL"]}`,
			`{"result":[{"ID":"1"}],"total":1}`,
		},
		{"never active", "user.get", "1 user", `{"FILTER":{"ID":3},"select":["LAST_ACTIVITY_DATE","LAST_LOGIN","IS_ONLINE"]}`, `{"result":[{"LAST_LOGIN":"","IS_ONLINE":"N","LAST_ACTIVITY_DATE":null}],"total":1}`},
		{
			"departments", "department.get", "1 department", `{"sort":"NAME","order":"DESC","PARENT":1}`,
			`{"result":[{"ID":"4","NAME":"Marketing","SORT":500,"PARENT":"1","UF_HEAD":"1"},{"ID":"2","NAME":"Accounting","SORT":500,"PARENT":"1"}],"total":2}`,
		},
		{
			"departments by their sort number", "department.get", "1 department", `{"SORT":100,"sort":"ID"}`,
			`{"result":[{"ID":"1","NAME":"Company","SORT":100}],"total":1}`,
		},
		{"departments by name and head", "department.get", "1 department", `{"NAME":"marketing","UF_HEAD":"1","ID":["4",5]}`, `{"result":[{"ID":"4","NAME":"Marketing","SORT":500,"PARENT":"1","UF_HEAD":"1"}],"total":1}`},
		{"no such department", "department.get", "1 department", `{"ID":99}`, `{"result":[],"total":0}`},
		{
			"mistyped id", "department.get", "1 department", `{"ID":"x"}`,
			`{"error":"ERROR_ARGUMENT","error_description":"Argument 'ID[0]' must be an integer","argument":"ID[0]"}`,
		},
		{
			"mistyped start", "user.get", "1 user", `{"start":"many"}`,
			`{"error":"ERROR_ARGUMENT","error_description":"Argument 'start' must be an integer","argument":"start"}`,
		},
		{
			"nested value", "user.get", "1 user", `{"FILTER":{"@ID":[[1]]}}`,
			`{"error":"ERROR_ARGUMENT","error_description":"Argument 'FILTER[@ID]' must be a value or a list of values","argument":"FILTER[@ID]"}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
				if got := call(t, newHandler(t, d), c.method, c.token, c.params); got != c.want {
					t.Errorf("answer\n%s\nwant\n%s", got, c.want)
				}
			})
		})
	}
}

func TestWhoIsFound(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
		h := newHandler(t, d)
		for _, c := range []struct {
			token, params string
			want          []string
		}{
			{"1 user", `{}`, []string{"1", "2", "3"}},
			{"1 user", `{"ADMIN_MODE":"True"}`, []string{"1", "2", "3", "4"}},
			{"2 user", `{"ADMIN_MODE":true}`, []string{"1", "2", "3"}},
			{"3 user", `{}`, []string{"3"}},
			{"3 user", `{"FILTER":{"ID":1}}`, nil},
			{"1 user", `{"FILTER":{"USER_TYPE":["extranet","email","bot"]}}`, []string{"3", "4"}},
			{"1 user_brief", `{"FILTER":{"USER_TYPE":"employee"}}`, []string{"1", "2"}},
			{"1 user", `{"FILTER":{"ACTIVE":true}}`, []string{"1", "3"}},
			{"1 user", `{"FILTER":{"ACTIVE":false}}`, []string{"2"}},
			{"1 user", `{"FILTER":{"NAME":"an%"}}`, []string{"1"}},
			{"1 user", `{"FILTER":{"=NAME":"an%"}}`, nil},
			{"1 user", `{"FILTER":{"%LAST_NAME":"'"}}`, []string{"2"}},
			{"1 user", `{"FILTER":{"!%LAST_NAME":"'"}}`, []string{"1", "3"}},
			{"1 user", `{"FILTER":{"=%NAME":"%n"}}`, []string{"2"}},
			{"1 user", `{"FILTER":{"%=NAME":"b%"}}`, []string{"2"}},
			{"1 user", `{"FILTER":{"!=%NAME":"b%"}}`, []string{"1", "3"}},
			{"1 user", `{"FILTER":{"!%=NAME":"b%"}}`, []string{"1", "3"}},
			{"1 user", `{"FILTER":{"@PERSONAL_CITY":["Kiel","Rome"]}}`, []string{"1"}},
			{"1 user", `{"FILTER":{"!@ID":[1,2]}}`, []string{"3"}},
			{"1 user", `{"FILTER":{"!ID":"1"}}`, []string{"2", "3"}},
			{"1 user", `{"FILTER":{"!=ID":"1"}}`, []string{"2", "3"}},
			{"1 user", `{"FILTER":{">=ID":2,"<ID":3}}`, []string{"2"}},
			{"1 user", `{"FILTER":{">ID":1,"<=ID":"2"}}`, []string{"2"}},
			{"1 user", `{"FILTER":{"IS_ONLINE":"Y"}}`, []string{"1"}},
			{"1 user", `{"FILTER":{"NAME_SEARCH":"ber"}}`, []string{"1"}},
			{"1 user", `{"FILTER":{"UF_PHONE_INNER":"101"}}`, []string{"1"}},
			{"1 user", `{"UF_DEPARTMENT":4,"SORT":"ID","ORDER":"asc","start":10}`, []string{"1"}},
			{"1 user", `{"sort":"NAME","order":"DESC"}`, []string{"3", "2", "1"}},
			{"1 user", `{"sort":{"ID":"DESC"}}`, []string{"3", "2", "1"}},
			{"1 user", `{"order":{"ID":"desc"},"start":-1}`, []string{"3", "2", "1"}},
			{"1 user", `{"FILTER":{"DATE_REGISTER":"2026-03-10T00:00:00+00:00","!LAST_LOGIN":"when?"}}`, nil},
			{"1 user", `{"FILTER":{"NOPE":"x","PASSWORD":"x","ID":"1"}}`, []string{"1"}},
		} {
			var answer struct {
				Result []struct{ ID string }
				Total  *int64
			}
			text := call(t, h, "user.get", c.token, c.params)
			if err := json.Unmarshal([]byte(text), &answer); err != nil {
				t.Fatalf("%s: %v in %s", c.params, err, text)
			}
			var got []string
			for _, u := range answer.Result {
				got = append(got, u.ID)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s %s finds %v, want %v", c.token, c.params, got, c.want)
			}
			if counted := answer.Total != nil; counted == strings.Contains(c.params, `"start":-1`) || counted && *answer.Total != int64(len(c.want)) {
				t.Errorf("%s: total in %s", c.params, text)
			}
		}
	})
}

func TestUserGetPages(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, user.Schema())
	h := newHandler(t, d)
	s := user.New(d, clock.NewManual(noon))
	for i := range 60 {
		if _, err := s.Create(t.Context(), user.NewUser{Login: fmt.Sprintf("u%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	for start, want := range map[string]string{
		"0": `50 "next":50,"total":63`, "50": `13 "total":63`, "100": `0 "total":63`, "49": `50 "next":50,"total":63`, "-1": `50 `,
	} {
		got := call(t, h, "user.get", "1 user", `{"select":["ID"],"start":`+start+`}`)
		_, tail, _ := strings.Cut(got, "],")
		if text := fmt.Sprint(strings.Count(got, `"ID"`), " ", strings.TrimSuffix(tail, "}")); text != want {
			t.Errorf("start %s: %s, want %s", start, text, want)
		}
	}
}

func TestFieldsFollowTheScope(t *testing.T) {
	t.Parallel()
	h := newHandler(t, dbtest.SQLite(t, user.Schema()))
	for scope, want := range map[string]int{"user": 62, "user_basic": 58, "user_brief": 29} {
		var answer struct{ Result map[string]string }
		if err := json.Unmarshal([]byte(call(t, h, "user.fields", "1 "+scope, `{}`)), &answer); err != nil {
			t.Fatal(err)
		}
		if len(answer.Result) != want || answer.Result["NAME"] != "First Name" {
			t.Errorf("%s has %d fields, want %d", scope, len(answer.Result), want)
		}
	}
}

func FuzzFilter(f *testing.F) {
	d := dbtest.SQLite(f, user.Schema())
	s := user.New(d, clock.NewManual(noon))
	if _, err := s.Create(f.Context(), user.NewUser{Login: "anna", FirstName: "Anna", Admin: true}); err != nil {
		f.Fatal(err)
	}
	r := rest.NewRegistry()
	userrest.Register(r, s, func(path string) string { return path })
	h := rest.NewHandler(r, tokens{}, clock.NewManual(noon), slog.New(slog.DiscardHandler))
	for _, key := range []string{"!=%NAME", ">=ID", "@UF_DEPARTMENT", "<LAST_LOGIN", "%ID", "!NAME_SEARCH", "IS_ONLINE", "=%PERSONAL_BIRTHDAY", "!@USER_TYPE", "UF_DEPARTMENT_NAME"} {
		for _, value := range []string{"1", "%", "a'b\"\\_", "2020-01-01", "", "\x00"} {
			f.Add(key, value, "NAME")
		}
	}
	f.Fuzz(func(t *testing.T, key, value, sort string) {
		body, err := json.Marshal(map[string]any{
			"FILTER": map[string]any{key: []string{value}}, "sort": sort, "auth": "1 user",
		})
		if err != nil {
			t.Skip()
		}
		req := httptest.NewRequestWithContext(t.Context(), "POST", "/rest/user.get", bytes.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if w.Code >= 500 {
			t.Errorf("FILTER[%q]=%q sort %q: %d %s", key, value, sort, w.Code, w.Body)
		}
	})
}
