package eventrest_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/event/eventrest"
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
	"admin":   {Kind: rest.ByToken, UserID: 1, Admin: true, AppID: 3, Scopes: []string{"task"}},
	"person":  {Kind: rest.ByToken, UserID: 5, AppID: 3, Scopes: []string{"task"}},
	"narrow":  {Kind: rest.ByToken, UserID: 1, Admin: true, AppID: 4},
	"webhook": {Kind: rest.ByWebhook, UserID: 1, Admin: true, Scopes: []string{"*"}},
}

var catalog = []event.Def{
	{Name: "ONTASKADD", Scope: "task"}, {Name: "ONAPPINSTALL", Scope: rest.Basic}, {Name: "ONAPPUNINSTALL", Scope: rest.Basic},
}

// step is a call and the beginning of its answer.
type step struct {
	caller, method, params string
	status                 int
	want                   string
}

func run(t *testing.T, steps []step) {
	t.Helper()
	dbtest.Run(t, []db.Schema{event.Schema()}, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
		registry := rest.NewRegistry()
		eventrest.Register(registry, event.New(d, clk, catalog), "en")
		h := rest.NewHandler(registry, who, clk, slog.New(slog.DiscardHandler))
		for _, s := range steps {
			target := "/rest/" + s.method
			if s.caller == "webhook" {
				target = "/rest/1/webhook/" + s.method
			}
			body := s.params + "&auth=" + url.QueryEscape(s.caller)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != s.status || !strings.HasPrefix(w.Body.String(), s.want) {
				t.Errorf("%s, %s %s: %d %s, want %d %s", s.caller, s.method, s.params, w.Code, w.Body, s.status, s.want)
			}
		}
	})
}

const (
	handler = "handler=http://127.0.0.1:9100/x.php%3Fa%3D1"
	denied  = `{"error":"ACCESS_DENIED","error_description":"Access denied! `
)

func TestBindGetAndUnbind(t *testing.T) {
	t.Parallel()
	run(t, []step{
		{"admin", "event.bind", "EVENT=OnTaskAdd&" + handler, 200, `{"result":true,`},
		{"admin", "event.bind", "event=OnTaskAdd&" + handler, 400, `{"error":"ERROR_CORE","error_description":"Unable to set event handler: Handler already bound"}`},
		{"admin", "event.bind", "event=ONTASKADD&auth_type=5&event_type=online&" + handler, 200, `{"result":true,`},
		{"person", "event.bind", "event=ONAPPINSTALL&" + handler, 200, `{"result":true,`},
		{
			"admin", "event.get", "", 200, `{"result":[` +
				`{"event":"ONTASKADD","handler":"http://127.0.0.1:9100/x.php?a=1","auth_type":"0","offline":0},` +
				`{"event":"ONTASKADD","handler":"http://127.0.0.1:9100/x.php?a=1","auth_type":"5","offline":0},` +
				`{"event":"ONAPPINSTALL","handler":"http://127.0.0.1:9100/x.php?a=1","auth_type":"5","offline":0}],`,
		},
		{
			"person", "event.get", "", 200, `{"result":[` +
				`{"event":"ONTASKADD","handler":"http://127.0.0.1:9100/x.php?a=1","auth_type":"5","offline":0},` +
				`{"event":"ONAPPINSTALL","handler":"http://127.0.0.1:9100/x.php?a=1","auth_type":"5","offline":0}],`,
		},
		{"admin", "event.unbind", "event=ontaskadd&auth_type=&" + handler, 200, `{"result":{"count":1},`},
		{"admin", "event.unbind", "event=ONTASKADD&" + handler, 200, `{"result":{"count":1},`},
		{"admin", "event.unbind", "event=ONTASKADD&" + handler, 200, `{"result":{"count":0},`},
		{"admin", "event.unbind", "event=ONNOTHING&" + handler, 200, `{"result":{"count":0},`},
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	run(t, []step{
		{"admin", "event.bind", handler, 400, `{"error":"ERROR_ARGUMENT","error_description":"Argument 'event' is null or empty"`},
		{"admin", "event.bind", "event=ONTASKADD", 400, `{"error":"ERROR_ARGUMENT","error_description":"Argument 'handler' is null or empty"`},
		{"admin", "event.bind", "event=ONNOTHING&" + handler, 400, `{"error":"ERROR_EVENT_NOT_FOUND","error_description":"Event not found"}`},
		{"narrow", "event.bind", "event=ONTASKADD&" + handler, 400, `{"error":"ERROR_EVENT_NOT_FOUND","error_description":"Event not found"}`},
		{"person", "event.bind", "event=ONTASKADD&auth_type=1&" + handler, 403, denied + `Event binding with AUTH_TYPE requires administrator access rights"}`},
		{"person", "event.bind", "event=ONTASKADD&event_type=offline&" + handler, 403, denied + `Offline events binding requires administrator access rights"}`},
		{"person", "event.unbind", "event=ONTASKADD&auth_type=1&" + handler, 403, denied + `Event unbinding with AUTH_TYPE requires administrator access rights"}`},
		{"person", "event.unbind", "event=ONTASKADD&event_type=offline&" + handler, 403, denied + `Offline events unbinding requires administrator access rights"}`},
		{"admin", "event.bind", "event=ONTASKADD&event_type=sometimes&" + handler, 400, `{"error":"ERROR_ARGUMENT","error_description":"event_type must be online or offline"`},
		{"admin", "event.bind", "event=ONTASKADD&auth_connector=x&" + handler, 400, `{"error":"ERROR_ARGUMENT","error_description":"auth_connector belongs to offline events"`},
		{"admin", "event.bind", "event=ONTASKADD&event_type=offline&auth_connector=" + strings.Repeat("x", 101), 400, `{"error":"ERROR_ARGUMENT","error_description":"auth_connector must have at most 100 characters"`},
		{"admin", "event.bind", "event=ONTASKADD&event_type=offline&handler=nowhere", 400, `{"error":"ERROR_ARGUMENT"`},
		{"admin", "event.bind", "event=ONOFFLINEEVENT&event_type=offline", 400, `{"error":"ERROR_ARGUMENT","error_description":"ONOFFLINEEVENT is sent to a handler: bind it online"`},
		{"admin", "event.bind", "event=ONTASKADD&options[minTimeout]=5&" + handler, 400, `{"error":"ERROR_ARGUMENT","error_description":"The event has no options"`},
		{"admin", "event.bind", "event=ONOFFLINEEVENT&options[minTimeout]=-1&" + handler, 400, `{"error":"ERROR_ARGUMENT","error_description":"minTimeout must be`},
		{"admin", "event.bind", "event=ONOFFLINEEVENT&options[minTimeout]=x&" + handler, 400, `{"error":"ERROR_ARGUMENT","error_description":"Argument 'minTimeout' must be an integer"`},
		{"admin", "event.bind", "event=ONOFFLINEEVENT&options[other]=1&" + handler, 400, `{"error":"ERROR_ARGUMENT","error_description":"There is no option 'other'"`},
		{"admin", "event.unbind", "event=ONTASKADD", 400, `{"error":"ERROR_ARGUMENT","error_description":"Argument 'handler' is null or empty"`},
		{"person", "event.offline.get", "", 403, `{"error":"ACCESS_DENIED","error_description":"Access denied!"}`},
		{"person", "event.offline.list", "", 403, `{"error":"ACCESS_DENIED","error_description":"Access denied!"}`},
		{"person", "event.offline.clear", "process_id=x", 403, `{"error":"ACCESS_DENIED","error_description":"Access denied!"}`},
		{"person", "event.offline.error", "process_id=x", 403, `{"error":"ACCESS_DENIED","error_description":"Access denied!"}`},
		{"admin", "event.offline.clear", "", 400, `{"error":"ERROR_ARGUMENT","error_description":"Argument 'process_id' is null or empty"`},
		{"admin", "event.offline.error", "", 400, `{"error":"ERROR_ARGUMENT","error_description":"Argument 'process_id' is null or empty"`},
		{"admin", "event.offline.get", "limit=0", 400, `{"error":"ERROR_ARGUMENT","error_description":"Argument 'limit' must be 1 or more"`},
		{"admin", "event.offline.get", "filter[PROCESS_ID]=x", 400, `{"error":"ERROR_ARGUMENT","error_description":"The queue cannot be filtered by 'PROCESS_ID'"`},
		{"admin", "event.offline.get", "filter[>ID]=x", 400, `{"error":"ERROR_ARGUMENT","error_description":"'>ID' must be an integer"`},
		{"admin", "event.offline.get", "filter[>ID][]=1", 400, `{"error":"ERROR_ARGUMENT","error_description":"'>ID' takes a single value"`},
		{"admin", "event.offline.get", "filter[%25ID]=1", 400, `{"error":"ERROR_ARGUMENT","error_description":"'%ID' cannot be compared with a part of a text"`},
		{"admin", "event.offline.get", "filter[TIMESTAMP_X]=soon", 400, `{"error":"ERROR_ARGUMENT","error_description":"'TIMESTAMP_X' must be a date in ISO 8601"`},
		{"admin", "event.offline.get", "order[ID]=up", 400, `{"error":"ERROR_ARGUMENT","error_description":"The order of 'ID' must be ASC or DESC"`},
		{"admin", "event.offline.get", "order[NAME]=ASC", 400, `{"error":"ERROR_ARGUMENT","error_description":"The queue cannot be sorted by 'NAME'"`},
		{"admin", "event.offline.list", "start=-1", 400, `{"error":"ERROR_ARGUMENT","error_description":"Argument 'start' must be 0 or more"`},
		{"webhook", "event.offline.get", "", 403, `{"error":"WRONG_AUTH_TYPE"`},
		{"webhook", "event.offline.list", "", 403, `{"error":"WRONG_AUTH_TYPE"`},
		{"webhook", "event.bind", "event=ONTASKADD&" + handler, 403, `{"error":"WRONG_AUTH_TYPE"`},
		{"webhook", "event.test", "any=data", 403, `{"error":"WRONG_AUTH_TYPE"`},
		{"webhook", "events", "", 403, `{"error":"WRONG_AUTH_TYPE"`},
	})
}

func TestEvents(t *testing.T) {
	t.Parallel()
	const common = `"ONAPPINSTALL","ONAPPTEST","ONAPPUNINSTALL","ONOFFLINEEVENT"`
	const all = common + `,"ONTASKADD"`
	run(t, []step{
		{"admin", "events", "", 200, `{"result":[` + all + `],`},
		{"narrow", "events", "", 200, `{"result":[` + common + `],`},
		{"narrow", "events", "FULL=true", 200, `{"result":[` + all + `],`},
		{"narrow", "events", "FULL=true&SCOPE=task", 200, `{"result":["ONTASKADD"],`},
		{"admin", "events", "SCOPE=", 200, `{"result":[` + common + `],`},
	})
}
