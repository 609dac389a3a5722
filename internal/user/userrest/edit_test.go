package userrest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/user/userrest"
)

// told keeps the data of events.
type told struct{ data []string }

func (e *told) UserAddedTx(_ context.Context, tx *db.Tx, u user.User) error {
	text := string(phpform.AppendJSON(nil, userrest.AddedData(u)))
	tx.AfterCommit(func() { e.data = append(e.data, text) })
	return nil
}

// step is a call with its answer.
type step struct{ method, token, params, want string }

func steps(t *testing.T, h *rest.Handler, list []step) {
	t.Helper()
	for _, c := range list {
		if got := call(t, h, c.method, c.token, c.params); got != c.want {
			t.Errorf("%s %s\n%s\nwant\n%s", c.method, c.params, got, c.want)
		}
	}
}

func refusal(code, text string) string {
	return `{"error":"` + code + `","error_description":"` + text + `"}`
}

func argument(name, text string) string {
	return `{"error":"ERROR_ARGUMENT","error_description":"` + text + `","argument":"` + name + `"}`
}

func TestUserAddAndUpdate(t *testing.T) {
	t.Parallel()
	const gif = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
	const selected = `"select":["EMAIL","NAME","WORK_POSITION","PERSONAL_PHOTO","UF_SKILLS","UF_DEPARTMENT","ACTIVE","UF_EMPLOYMENT_DATE"]}`
	dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
		h := newHandler(t, d)
		steps(t, h, []step{
			{"user.add", "2 user", `{"EMAIL":"new@example.com","UF_DEPARTMENT":[4]}`, refusal("ERROR_CORE", "access_denied")},
			{"user.add", "1 user_basic", `{"EMAIL":"new@example.com","UF_DEPARTMENT":[4]}`, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token"}`},
			{"user.add", "1 user", `{"UF_DEPARTMENT":[4]}`, refusal("ERROR_ARGUMENT", "wrong_email")},
			{"user.add", "1 user", `{"EMAIL":"no address","UF_DEPARTMENT":[4]}`, refusal("ERROR_ARGUMENT", "wrong_email")},
			{"user.add", "1 user", `{"EMAIL":"ANNA@example.com","UF_DEPARTMENT":[4]}`, refusal("ERROR_ARGUMENT", "A user with this email already exists")},
			{"user.add", "1 user", `{"EMAIL":"new@example.com"}`, refusal("ERROR_ARGUMENT", "no_extranet_field")},
			{"user.add", "1 user", `{"EMAIL":"new@example.com","EXTRANET":"Y"}`, refusal("ERROR_GROUPID", "Group code not specified")},
			{"user.add", "1 user", `{"EMAIL":"new@example.com","EXTRANET":"Y","SONET_GROUP_ID":[7]}`, refusal("ERROR_NO_GROUP", "Group is specified incorrectly")},
			{"user.add", "1 user", `{"EMAIL":"new@example.com","UF_DEPARTMENT":[77]}`, refusal("ERROR_CORE", "Department not found")},
			{"user.add", "1 user", `{"EMAIL":"new@example.com","UF_DEPARTMENT":["x"]}`, argument("UF_DEPARTMENT", "Argument 'UF_DEPARTMENT' must be a list of integers")},
			{"user.add", "1 user", `{"EMAIL":"new@example.com","UF_DEPARTMENT":[4],"PERSONAL_BIRTHDAY":"soon"}`, refusal("ERROR_CORE", "Write the date as 1990-12-31.")},
			{"user.add", "1 user", `{"EMAIL":"new@example.com","UF_DEPARTMENT":[4],"NAME":["x"]}`, argument("NAME", "Argument 'NAME' must be a string")},
			{"user.add", "1 user", `{"EMAIL":"new@example.com","UF_DEPARTMENT":[4],"WORK_LOGO":["a","b"]}`, argument("WORK_LOGO", "Argument 'WORK_LOGO' cannot be stored on this portal")},
			{
				"user.add", "1 user", `{"EMAIL":"new@example.com","UF_DEPARTMENT":[4],"PERSONAL_PHOTO":"x"}`,
				argument("PERSONAL_PHOTO", "Argument 'PERSONAL_PHOTO' must be a file name and its content in Base64"),
			},
			{
				"user.add", "1 user", `{"EMAIL":"new@example.com","UF_DEPARTMENT":[4],"PERSONAL_PHOTO":["a.gif","` + base64.StdEncoding.EncodeToString([]byte("no picture")) + `"]}`,
				refusal("ERROR_CORE", "The picture must be PNG, JPEG, GIF or WebP."),
			},
			{
				"user.add", "1 user", `{"EMAIL":"new@example.com","NAME":"Nora","WORK_POSITION":"Driver","UF_SKILLS":"Go","UF_DEPARTMENT":4,` +
					`"UF_EMPLOYMENT_DATE":"2026-01-31","PERSONAL_PHOTO":["a.gif","` + gif + `"]}`, `{"result":6}`,
			},
		})
		got := call(t, h, "user.get", "1 user", `{"FILTER":{"ID":6},`+selected)
		const want = `{"result":[{"ACTIVE":true,"NAME":"Nora","EMAIL":"new@example.com","PERSONAL_PHOTO":"https://portal.example/avatar/6/`
		if !strings.HasPrefix(got, want) || !strings.Contains(got, `"WORK_POSITION":"Driver","UF_EMPLOYMENT_DATE":"2026-01-31T00:00:00+00:00","UF_DEPARTMENT":[4],"UF_SKILLS":"Go"`) {
			t.Errorf("the new one is %s", got)
		}
		steps(t, h, []step{
			{"user.update", "2 user", `{"ID":6,"NAME":"x"}`, refusal("ERROR_CORE", "access_denied")},
			{"user.update", "1 user", `{"ID":99,"NAME":"x"}`, refusal("ERROR_CORE", "access_denied")},
			{"user.update", "1 user", `{"ID":5,"NAME":"a bot"}`, refusal("ERROR_CORE", "access_denied")},
			{"user.update", "1 user", `{"NAME":"x"}`, refusal("ERROR_CORE", "access_denied")},
			{"user.update", "1 user", `{"ID":6,"EMAIL":"ben@example.com"}`, refusal("ERROR_CORE", "Somebody else has this e-mail address.")},
			{"user.update", "1 user", `{"ID":1,"ACTIVE":"N"}`, refusal("ERROR_CORE", "The portal needs at least one active administrator.")},
			{"user.update", "1 user", `{"ID":6,"ACTIVE":"N","WORK_POSITION":"","PERSONAL_PHOTO":"","uf_skills":"","UF_DEPARTMENT":[2]}`, `{"result":true}`},
			{
				"user.get", "1 user", `{"FILTER":{"ID":6},` + selected,
				`{"result":[{"ACTIVE":false,"NAME":"Nora","EMAIL":"new@example.com","WORK_POSITION":"","UF_EMPLOYMENT_DATE":"2026-01-31T00:00:00+00:00","UF_DEPARTMENT":[2]}],"total":1}`,
			},
		})
	})
}

func TestUserSearch(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
		h := newHandler(t, d)
		for params, want := range map[string]string{
			`{"FILTER":{"NAME":"an"}}`:                              "1",
			`{"FILTER":{"NAME":"nn"}}`:                              "",
			`{"FILTER":{"NAME":"a_"}}`:                              "",
			`{"FILTER":{"LAST_NAME":"o'h"}}`:                        "2",
			`{"FILTER":{"UF_DEPARTMENT_NAME":"mark"}}`:              "1",
			`{"FILTER":{"WORK_POSITION":"he","USER_TYPE":"email"}}`: "",
			`{"FILTER":{"USER_TYPE":"email"}}`:                      "4",
			`{"FILTER":{"FIND":"ann mark"}}`:                        "1",
			`{"FILTER":{"FIND":"head","NAME":"Ben"}}`:               "1",
			`{"FILTER":{"FIND":"ark"}}`:                             "",
			`{"FILTER":{"FIND":"o","ACTIVE":false}}`:                "2",
			`{"FIND":"be","sort":"ID","order":"desc"}`:              "2 1",
			`{"FILTER":{"FIND":" ","NAME":"olga"}}`:                 "3",
		} {
			var answer struct{ Result []struct{ ID string } }
			if err := json.Unmarshal([]byte(call(t, h, "user.search", "1 user_brief", params)), &answer); err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, u := range answer.Result {
				ids = append(ids, u.ID)
			}
			if got := strings.Join(ids, " "); got != want {
				t.Errorf("%s finds %q, want %q", params, got, want)
			}
		}
	})
}

func TestDepartmentsChange(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
		const oneTop = "There can only be one top-level department in the company structure"
		steps(t, newHandler(t, d), []step{
			{"department.fields", "2 department", `{}`, `{"result":{"ID":"ID","NAME":"Department Name","SORT":"Sort Order","PARENT":"Parent Department","UF_HEAD":"Manager"}}`},
			{"department.add", "2 department", `{"NAME":"Lab","PARENT":1}`, refusal("ERROR_CORE", "Access denied")},
			{"department.add", "1 department", `{"PARENT":1}`, refusal("ERROR_CORE", "Department name not provided.<br>")},
			{"department.add", "1 department", `{"NAME":"Lab"}`, refusal("ERROR_CORE", oneTop)},
			{"department.add", "1 department", `{"NAME":"Lab","PARENT":99}`, refusal("ERROR_CORE", oneTop)},
			{"department.add", "1 department", `{"NAME":"Lab","PARENT":1,"UF_HEAD":99}`, refusal("ERROR_CORE", "User not found")},
			{"department.add", "1 department", `{"NAME":"Lab","PARENT":2,"UF_HEAD":1,"SORT":50}`, `{"result":5}`},
			{"department.update", "2 department", `{"ID":5,"NAME":"Labs"}`, refusal("ERROR_CORE", "Access denied")},
			{"department.update", "1 department", `{"ID":99,"NAME":"Labs"}`, refusal("ERROR_CORE", "Department not found")},
			{"department.update", "1 department", `{"ID":5,"PARENT":99}`, refusal("ERROR_CORE", "Department not found")},
			{"department.update", "1 department", `{"ID":5,"PARENT":0}`, refusal("ERROR_CORE", oneTop)},
			{"department.update", "1 department", `{"ID":1,"PARENT":5}`, refusal("ERROR_CORE", "A department cannot be below itself.")},
			{"department.update", "1 department", `{"ID":5,"PARENT":5}`, refusal("ERROR_CORE", "A department cannot be below itself.")},
			{"department.update", "1 department", `{"ID":5,"NAME":"Labs","UF_HEAD":0,"PARENT":4}`, `{"result":true}`},
			{"department.get", "1 department", `{"ID":5}`, `{"result":[{"ID":"5","NAME":"Labs","SORT":50,"PARENT":"4"}],"total":1}`},
			{"department.delete", "2 department", `{"ID":5}`, refusal("ERROR_CORE", "Access denied")},
			{"department.delete", "1 department", `{"ID":99}`, refusal("ERROR_CORE", "Department not found")},
			{"department.delete", "1 department", `{"ID":4}`, refusal("ERROR_CORE", "The department still has people or departments in it. Move them first.")},
			{"user.update", "1 user", `{"ID":2,"UF_DEPARTMENT":[5,2]}`, `{"result":true}`},
			{"department.delete", "1 department", `{"ID":5}`, `{"result":true}`}, // Ben is dismissed
			{"user.get", "1 user", `{"FILTER":{"ID":2},"select":["UF_DEPARTMENT"]}`, `{"result":[{"UF_DEPARTMENT":[2]}],"total":1}`},
			{"department.get", "1 department", `{"ID":5}`, `{"result":[],"total":0}`},
		})
	})
}

func TestUserAddedIsToldOnceAtTheFirstSignIn(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
		ctx, events := t.Context(), &told{}
		s := user.NewService(user.Config{DB: d, Clock: clock.NewManual(noon), Events: events})
		r := rest.NewRegistry()
		userrest.Register(r, s, func(path string) string { return path })
		h := rest.NewHandler(r, tokens{}, clock.NewManual(noon), slog.New(slog.DiscardHandler))
		steps(t, h, []step{
			{"department.add", "1 department", `{"NAME":"Company"}`, `{"result":1}`},
			{"user.add", "1 user", `{"EMAIL":"klaus@example.com","NAME":"Klaus","UF_DEPARTMENT":[1],"UF_EMPLOYMENT_DATE":"2024-04-05"}`, `{"result":1}`},
		})
		if _, err := s.SignIn(ctx, "klaus@example.com", "", "", ""); err == nil {
			t.Error("who has no password signs in")
		}
		if err := s.SetPassword(ctx, 1, "correct horse"); err != nil {
			t.Fatal(err)
		}
		if len(events.data) > 0 {
			t.Errorf("told too early: %v", events.data)
		}
		for range 2 {
			if _, err := s.SignIn(ctx, "klaus@example.com", "correct horse", "", ""); err != nil {
				t.Fatal(err)
			}
		}
		const want = `{"ID":1,"ACTIVE":"Y","EMAIL":"klaus@example.com","NAME":"Klaus","LAST_NAME":"","PERSONAL_GENDER":"",` +
			`"PERSONAL_BIRTHDAY":"","UF_DEPARTMENT":[1],"DATE_REGISTER":"2026-03-10T12:00:00+00:00","WORK_POSITION":"",` +
			`"UF_EMPLOYMENT_DATE":"2024-04-05"}`
		if len(events.data) != 1 || events.data[0] != want {
			t.Errorf("told %q, want %s", events.data, want)
		}
	})
}
