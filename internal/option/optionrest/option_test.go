package optionrest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/option"
	"github.com/portico-hq/portico/internal/option/optionrest"
	"github.com/portico-hq/portico/internal/rest"
)

// callers are the tokens of a test.
type callers map[string]rest.Principal

func (c callers) Authorize(_ context.Context, given rest.Credentials) (rest.Principal, error) {
	p, ok := c[given.Token+given.WebhookCode]
	if !ok {
		return p, rest.ErrNoAuth
	}
	return p, nil
}

var who = callers{
	"admin":   {Kind: rest.ByToken, UserID: 1, Admin: true, AppID: 3},
	"person":  {Kind: rest.ByToken, UserID: 5, AppID: 3},
	"other":   {Kind: rest.ByToken, UserID: 1, Admin: true, AppID: 4},
	"webhook": {Kind: rest.ByWebhook, UserID: 1, Admin: true, Scopes: []string{"*"}},
}

// step is a call and its answer up to its time.
type step struct{ caller, method, params, want string }

func run(t *testing.T, test func(t *testing.T, s *option.Service, d *db.DB, steps func([]step))) {
	t.Helper()
	dbtest.Run(t, []db.Schema{option.Schema()}, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
		s := option.New(d, clk)
		registry := rest.NewRegistry()
		optionrest.Register(registry, s)
		h := rest.NewHandler(registry, who, clk, slog.New(slog.DiscardHandler))
		test(t, s, d, func(steps []step) {
			t.Helper()
			for _, c := range steps {
				target := "/rest/" + c.method + "?auth=" + c.caller
				if c.caller == "webhook" {
					target = "/rest/1/webhook/" + c.method
				}
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(c.params))
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				answer, _, _ := strings.Cut(w.Body.String(), `,"time":`)
				if got := fmt.Sprintf("%d %s", w.Code, answer); got != c.want {
					t.Errorf("%s, %s %.200s:\n got %s\nwant %s", c.caller, c.method, c.params, got, c.want)
				}
			}
		})
	})
}

func refused(text string) string {
	return `400 {"error":"AccessException","error_description":"` + text + `"}`
}

func TestOptionsOfAnApplicationAndOfItsUsers(t *testing.T) {
	t.Parallel()
	run(t, func(_ *testing.T, _ *option.Service, _ *db.DB, steps func([]step)) {
		steps([]step{
			{"person", "app.option.get", `{}`, `200 {"result":{}`},
			{"admin", "app.option.set", `{"options":{"data":"value","data2":{"a":[1,"x"],"b":null}}}`, `200 {"result":true`},
			{"admin", "app.option.set", `{"options":{"data":"new","n":1.50}}`, `200 {"result":true`},
			{"person", "app.option.get", ``, `200 {"result":{"data":"new","data2":{"a":[1,"x"],"b":null},"n":1.50}`},
			{"person", "app.option.get", `{"option":"data"}`, `200 {"result":"new"`},
			{"person", "app.option.get", `{"option":"none"}`, `200 {"result":null`},
			{"other", "app.option.get", `{}`, `200 {"result":{}`},
			{"person", "user.option.get", `{}`, `200 {"result":{}`},
			{"person", "user.option.set", `{"options":{"data":"mine"}}`, `200 {"result":true`},
			{"person", "user.option.set", `{"options":["first"]}`, `200 {"result":true`},
			{"person", "user.option.get", `{}`, `200 {"result":{"0":"first","data":"mine"}`},
			{"person", "user.option.get", `{"option":"data"}`, `200 {"result":"mine"`},
			{"admin", "user.option.get", `{"option":"data"}`, `200 {"result":null`},
		})
	})
}

func TestOptionsThatCannotBeSet(t *testing.T) {
	t.Parallel()
	const empty = `400 {"error":"ArgumentNullException","error_description":"options is empty"}`
	argument := func(text string) string {
		return `400 {"error":"ERROR_ARGUMENT","error_description":"` + text + `","argument":"options"}`
	}
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"o%d":%d`, i, i)
		}
		return `{"options":{` + b.String()[1:] + `}}`
	}
	run(t, func(_ *testing.T, _ *option.Service, _ *db.DB, steps func([]step)) {
		steps([]step{
			{"person", "app.option.set", `{"options":{"a":1}}`, refused("Administrator authorization required")},
			{"webhook", "app.option.set", `{"options":{"a":1}}`, refused("Application context required")},
			{"webhook", "app.option.get", `{}`, refused("Application context required")},
			{"webhook", "user.option.set", `{"options":{"a":1}}`, refused("Application context required")},
			{"webhook", "user.option.get", `{}`, refused("Application context required")},
			{"admin", "app.option.set", `{}`, empty},
			{"admin", "app.option.set", `{"options":{}}`, empty},
			{"person", "user.option.set", `{"options":""}`, empty},
			{"person", "user.option.set", `{"options":"x"}`, argument("Argument 'options' must be an object")},
			{"person", "user.option.set", `{"options":{"":1}}`, argument("The name of an option must have 1 to 255 bytes")},
			{"person", "user.option.set", `{"options":{"` + strings.Repeat("n", 256) + `":1}}`, argument("The name of an option must have 1 to 255 bytes")},
			{"person", "user.option.set", `{"options":{"a":1,"b":"` + strings.Repeat("x", option.MaxValue) + `"}}`, argument("The value of the option b must not be larger than 64 KB")},
			{"person", "user.option.get", `{}`, `200 {"result":{}`}, // all or nothing
			{"person", "user.option.set", many(option.MaxCount + 1), argument("There may be 1000 options")},
			{"person", "user.option.set", many(option.MaxCount), `200 {"result":true`},
			{"person", "user.option.set", `{"options":{"one more":1}}`, argument("There may be 1000 options")},
			{"person", "user.option.set", `{"options":{"o1":"changed"}}`, `200 {"result":true`},
		})
		big := `"` + strings.Repeat("x", option.MaxValue-2) + `"`
		for i := range option.MaxTotal / option.MaxValue {
			steps([]step{{"admin", "app.option.set", fmt.Sprintf(`{"options":{"b%d":%s}}`, i, big), `200 {"result":true`}})
		}
		steps([]step{
			{"admin", "app.option.set", `{"options":{"one more":""}}`, argument("The values of all options must not be larger than 1 MB together")},
			{"admin", "app.option.set", `{"options":{"b0":""}}`, `200 {"result":true`},
		})
	})
}

func TestOptionsGoWithTheApplication(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *option.Service, d *db.DB, steps func([]step)) {
		steps([]step{
			{"admin", "app.option.set", `{"options":{"a":1}}`, `200 {"result":true`},
			{"admin", "user.option.set", `{"options":{"a":1}}`, `200 {"result":true`},
			{"other", "user.option.set", `{"options":{"a":1}}`, `200 {"result":true`},
		})
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return s.RemoveAppTx(t.Context(), tx, 3) }); err != nil {
			t.Fatal(err)
		}
		steps([]step{
			{"admin", "app.option.get", `{}`, `200 {"result":{}`},
			{"admin", "user.option.get", `{}`, `200 {"result":{}`},
			{"other", "user.option.get", `{}`, `200 {"result":{"a":1}`},
		})
	})
}
