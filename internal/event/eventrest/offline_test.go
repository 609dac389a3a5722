package eventrest_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/event/eventrest"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// office is a portal with one method that changes something: test.change of a task.
type office struct {
	t       *testing.T
	clock   *clock.Manual
	service *event.Service
	handler http.Handler
}

// changeParams are the parameters of test.change.
type changeParams struct {
	ID int64 `b24:"id"`
}

func newOffice(t *testing.T, d *db.DB) *office {
	t.Helper()
	o := &office{t: t, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))}
	o.service = event.New(d, o.clock, append(catalog, event.Def{Name: "ONTASKUPDATE", Scope: "task"}))
	o.service.SetOrigin(func(ctx context.Context) event.Origin { return event.Origin(rest.OriginOf(ctx)) })
	registry := rest.NewRegistry()
	eventrest.Register(registry, o.service, "en")
	registry.Add(rest.M("test.change", rest.Basic, rest.Everyone, "Changes.", func(ctx context.Context, c *rest.Call, p changeParams) (bool, error) {
		return true, o.service.Emit(ctx, change("ONTASKUPDATE", p.ID))
	}))
	o.handler = rest.NewHandler(registry, who, o.clock, slog.New(slog.DiscardHandler))
	return o
}

// change is an event of a task.
func change(name string, id int64) event.Event {
	return event.Event{Name: name, UserID: 1, Data: phpform.ArrayOf(phpform.Entry{Key: "FIELDS_AFTER", Value: phpform.ArrayOf(
		phpform.Entry{Key: "ID", Value: phpform.IntOf(id)})})}
}

var notStable = regexp.MustCompile(`,"time":\{[^}]*\}`)

// call returns the answer of a method, without the time it took.
func (o *office) call(caller, method, params string) string {
	o.t.Helper()
	body := params + "&auth=" + url.QueryEscape(caller)
	r := httptest.NewRequestWithContext(o.t.Context(), http.MethodPost, "/rest/"+method, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, r)
	return notStable.ReplaceAllString(w.Body.String(), "")
}

func (o *office) want(caller, method, params, want string) {
	o.t.Helper()
	if got := o.call(caller, method, params); got != want {
		o.t.Errorf("%s %s %s:\n%s, want\n%s", caller, method, params, got, want)
	}
}

const yes = `{"result":true}`

// row is a record as event.offline.get answers it.
func row(id, stamp, name, task, message string) string {
	return `{"ID":"` + id + `","TIMESTAMP_X":"2026-11-23T` + stamp + `+00:00","EVENT_NAME":"` + name + `","EVENT_DATA":{"FIELDS_AFTER":{"ID":` +
		task + `}},"EVENT_ADDITIONAL":false,"MESSAGE_ID":"` + message + `"}`
}

var messageID = regexp.MustCompile(`"MESSAGE_ID":"([0-9a-f]{32})"`)

func TestTheQueueHoldsOneRecordForAnObject(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{event.Schema()}, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.want("admin", "event.bind", "event=onTaskUpdate&event_type=offline", yes)
		o.want("admin", "event.bind", "event=onTaskUpdate&event_type=offline",
			`{"error":"ERROR_CORE","error_description":"Unable to set event handler: Handler already bound"}`)
		o.want("admin", "event.bind", "event=onTaskAdd&event_type=OFFLINE&auth_type=5", yes)
		o.want("admin", "event.get", "", `{"result":[{"event":"ONTASKUPDATE","handler":"","auth_type":"0","offline":1},`+
			`{"event":"ONTASKADD","handler":"","auth_type":"5","offline":1}]}`)
		o.want("person", "event.get", "", `{"result":[]}`)
		for range 3 {
			o.want("admin", "test.change", "id=1", yes)
			o.clock.Advance(time.Minute)
		}
		o.want("webhook2", "test.change", "id=2", `{"error":"NO_AUTH_FOUND","error_description":"Wrong authorization data"}`)
		o.want("narrow", "test.change", "id=2", yes)
		if err := o.service.Emit(t.Context(), change("ONTASKADD", 1)); err != nil {
			t.Fatal(err)
		}
		all := o.call("admin", "event.offline.list", "")
		ids := messageID.FindAllStringSubmatch(all, -1)
		if len(ids) != 3 || ids[0][1] == ids[1][1] || ids[0][1] == ids[2][1] || ids[1][1] == ids[2][1] {
			t.Fatalf("the queue is %s", all)
		}
		m1, m2, m3 := ids[0][1], ids[1][1], ids[2][1]
		first := row("1", "09:02:00", "ONTASKUPDATE", "1", m1)
		second, third := row("2", "09:03:00", "ONTASKUPDATE", "2", m2), row("3", "09:03:00", "ONTASKADD", "1", m3)
		if strings.Contains(all, `"ID":"4"`) { // an upsert may use up a number
			second = row("4", "09:03:00", "ONTASKUPDATE", "2", m2)
			third = row("5", "09:03:00", "ONTASKADD", "1", m3)
		}
		more := func(r string) string { return strings.TrimSuffix(r, "}") + `,"PROCESS_ID":"","ERROR":"0"}` }
		if want := `{"result":[` + more(first) + "," + more(second) + "," + more(third) + `],"total":3}`; all != want {
			t.Errorf("the queue is\n%s, want\n%s", all, want)
		}
		o.want("narrow", "event.offline.list", "", `{"result":[],"total":0}`) // of another application
		o.want("admin", "event.offline.list", "filter[%3DEVENT_NAME]=onTaskAdd", `{"result":[`+more(third)+`],"total":1}`)
		o.want("admin", "event.offline.list", "filter[>TIMESTAMP_X]=2026-11-23T11:02:00%2B02:00&order[ID]=DESC", `{"result":[`+more(third)+","+more(second)+`],"total":2}`)
		o.want("admin", "event.offline.list", "filter[MESSAGE_ID][]="+m1+"&filter[MESSAGE_ID][]="+m3+"&filter[ERROR]=N", `{"result":[`+more(first)+","+more(third)+`],"total":2}`)
		o.want("admin", "event.offline.list", "filter[!MESSAGE_ID][]="+m1, `{"result":[`+more(second)+","+more(third)+`],"total":2}`)
		o.want("admin", "event.offline.list", "filter[%25EVENT_NAME]=taskadd", `{"result":[`+more(third)+`],"total":1}`)
		o.want("admin", "event.offline.get", "limit=1", `{"result":{"process_id":null,"events":[`+first+`]}}`)
		o.want("admin", "event.offline.get", "order[EVENT_NAME]=ASC", `{"result":{"process_id":null,"events":[`+third+","+second+`]}}`)
		o.want("admin", "event.offline.get", "", `{"result":{"process_id":null,"events":[]}}`)
		o.want("admin", "event.unbind", "event=onTaskUpdate&event_type=offline", `{"result":{"count":1}}`)
		o.want("admin", "test.change", "id=1", yes)
		o.want("admin", "event.offline.get", "", `{"result":{"process_id":null,"events":[]}}`)
	})
}

var process = regexp.MustCompile(`"process_id":"([0-9a-z]{32})"`)

func TestWhatIsFetchedWithoutClearingIsReservedUntilItIsConfirmed(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{event.Schema()}, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.want("admin", "event.bind", "event=onTaskUpdate&event_type=offline", yes)
		for _, id := range []string{"1", "2", "3"} {
			o.want("admin", "test.change", "id="+id, yes)
		}
		tasks := func(params string) (string, string) {
			t.Helper()
			got := o.call("admin", "event.offline.get", params)
			p := ""
			if m := process.FindStringSubmatch(got); m != nil {
				p = m[1]
			}
			var out []string
			for _, m := range regexp.MustCompile(`"FIELDS_AFTER":\{"ID":(\d+)\}`).FindAllStringSubmatch(got, -1) {
				out = append(out, m[1])
			}
			return p, strings.Join(out, " ")
		}
		first, got := tasks("clear=0&limit=2")
		if first == "" || got != "1 2" {
			t.Fatalf("fetched %s under %q", got, first)
		}
		second, got := tasks("clear=0")
		if second == "" || second == first || got != "3" {
			t.Fatalf("another one fetched %s under %q", got, second)
		}
		o.want("admin", "test.change", "id=1", yes) // changes again while it is being processed
		if _, got := tasks("clear=0&process_id=" + first); got != "1 2" {
			t.Errorf("the process fetches %s again", got)
		}
		all := o.call("admin", "event.offline.list", "filter[PROCESS_ID]="+first)
		ids := messageID.FindAllStringSubmatch(all, -1)
		if len(ids) != 2 || !strings.HasSuffix(all, `"total":2}`) {
			t.Fatalf("reserved: %s", all)
		}
		o.want("admin", "event.offline.error", "process_id="+first+"&message_id[]="+ids[1][1], yes)
		if _, got := tasks("clear=0&process_id=" + first); got != "1" {
			t.Errorf("without the erroneous ones the process has %s", got)
		}
		if _, got := tasks("clear=0&error=1&process_id=" + first); got != "1 2" {
			t.Errorf("with the erroneous ones the process has %s", got)
		}
		o.want("narrow", "event.offline.clear", "process_id="+first, yes) // another application clears nothing
		o.want("admin", "event.offline.clear", "process_id="+first+"&message_id[]="+ids[0][1], yes)
		if _, got := tasks("clear=0&process_id=" + first); got != "" {
			t.Errorf("after the confirmation the process has %s", got)
		}
		o.want("admin", "event.offline.clear", "process_id=unknown", yes)
		third, got := tasks("clear=0&error=1")
		if got != "2 1" && got != "1 2" {
			t.Errorf("who asks for erroneous ones gets %s", got)
		}
		o.want("admin", "event.offline.clear", "process_id="+third+"&id[]=99999", yes)
		if _, got := tasks("clear=0&error=1&process_id=" + third); len(got) != 3 {
			t.Errorf("a foreign number clears something: %s", got)
		}
		o.want("admin", "event.offline.clear", "process_id="+third, yes)
		o.want("admin", "event.offline.error", "process_id="+second, yes)
		if _, got := tasks("process_id=" + second + "&error=1"); got != "3" {
			t.Errorf("fetched for good: %s", got)
		}
		o.want("admin", "event.offline.list", "", `{"result":[],"total":0}`)
	})
}

func TestTwoWhoFetchAtOnceNeverGetTheSame(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{event.Schema()}, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.want("admin", "event.bind", "event=onTaskUpdate&event_type=offline", yes)
		for id := range 40 {
			if err := o.service.Emit(t.Context(), change("ONTASKUPDATE", int64(id))); err != nil {
				t.Fatal(err)
			}
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		seen := map[string]int{}
		for range 8 {
			wg.Go(func() {
				got := o.call("admin", "event.offline.get", "clear=0&limit=5")
				mu.Lock()
				defer mu.Unlock()
				for _, m := range messageID.FindAllStringSubmatch(got, -1) {
					seen[m[1]]++
				}
			})
		}
		wg.Wait()
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s was fetched %d times", id, n)
			}
		}
		if len(seen) != 40 {
			t.Errorf("%d of 40 were fetched", len(seen))
		}
	})
}

func TestAConnectorKeepsAQueueOfItsOwnWithoutItsChanges(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{event.Schema()}, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		o.want("admin", "event.bind", "event=onTaskUpdate&event_type=offline&auth_connector=mine", yes)
		o.want("admin", "event.bind", "event=onTaskUpdate&event_type=offline", yes)
		o.want("admin", "test.change", "id=1&auth_connector=mine", yes)
		o.want("admin", "test.change", "id=2&auth_connector=other", yes)
		o.want("narrow", "test.change", "id=3&auth_connector=mine", yes) // the same word of another application
		done := o.call("admin", "batch", "auth_connector=mine&cmd[a]=test.change%3Fid%3D4&cmd[b]=test.change%3Fid%3D5%26auth_connector%3Dother")
		if !strings.HasPrefix(done, `{"result":{"result":{"a":true,"b":true},"result_error":[],`) {
			t.Fatal(done)
		}
		tasks := func(params string) string {
			got := o.call("admin", "event.offline.get", "order[ID]=ASC&"+params)
			var out []string
			for _, m := range regexp.MustCompile(`"FIELDS_AFTER":\{"ID":(\d+)\}`).FindAllStringSubmatch(got, -1) {
				out = append(out, m[1])
			}
			return strings.Join(out, " ")
		}
		if got := tasks("auth_connector=mine"); got != "2 3 5" {
			t.Errorf("the queue of the source has %s", got)
		}
		if got := tasks(""); got != "1 2 3 4 5" {
			t.Errorf("the queue without a source has %s", got)
		}
	})
}

func TestONOFFLINEEVENTTellsThatTheQueueHasGrown(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{event.Schema()}, func(t *testing.T, d *db.DB) {
		o := newOffice(t, d)
		arrived := make(chan url.Values, 10)
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			raw, _ := io.ReadAll(r.Body)
			form, _ := url.ParseQuery(string(raw))
			form.Set("path", r.URL.Path)
			arrived <- form
		}))
		t.Cleanup(server.Close)
		dispatcher := event.NewDispatcher(o.service, anonymous{}, nil, slog.New(slog.DiscardHandler))
		dispatcher.Start()
		t.Cleanup(dispatcher.Close)
		next := func(path string) {
			t.Helper()
			form := <-arrived
			for key := range form {
				if strings.HasPrefix(key, "data") {
					t.Errorf("the event carries %s", key)
				}
			}
			if form.Get("path") != path || form.Get("event") != "ONOFFLINEEVENT" {
				t.Errorf("got %v, want one at %s", form, path)
			}
		}
		o.want("admin", "event.bind", "event=onTaskUpdate&event_type=offline", yes)
		o.want("admin", "event.bind", "event=onOfflineEvent&options[minTimeout]=60&handler="+server.URL+"/slow", yes)
		o.want("admin", "test.change", "id=1", yes)
		next("/slow") // the first one at once
		o.want("admin", "test.change", "id=1", yes)
		o.want("admin", "test.change", "id=2", yes)
		if due, err := o.service.Due(t.Context()); err != nil || due.IsZero() {
			t.Errorf("nothing is due: %v, %v", due, err)
		}
		for len(arrived) == 0 && o.clock.Now().Before(time.Date(2026, 11, 23, 9, 0, 59, 0, time.UTC)) {
			o.clock.Advance(time.Second)
		}
		if len(arrived) != 0 {
			t.Errorf("told again before the time is over: %v", <-arrived)
		}
		for len(arrived) == 0 {
			o.clock.Advance(time.Second)
		}
		next("/slow") // both changes with one
		o.want("admin", "event.unbind", "event=onOfflineEvent&handler="+server.URL+"/slow", `{"result":{"count":1}}`)
		o.want("admin", "event.bind", "event=onOfflineEvent&options[minTimeout]=0&handler="+server.URL+"/each", yes)
		o.call("admin", "batch", "cmd[a]=test.change%3Fid%3D4&cmd[b]=test.change%3Fid%3D5")
		next("/each") // once in a request
		o.want("admin", "test.change", "id=6", yes)
		next("/each")
		if len(arrived) != 0 {
			t.Errorf("one too many: %v", <-arrived)
		}
	})
}
