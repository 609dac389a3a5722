package consoleweb_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// handler is a handler of an application that does as it is told.
type handler struct {
	*httptest.Server

	mu     sync.Mutex
	status int
	got    []string // the titles in the data
}

func (b *bench) handler(status int) *handler {
	h := &handler{status: status}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.got = append(h.got, r.FormValue("data[TITLE]"))
		w.WriteHeader(h.status)
		_, _ = fmt.Fprint(w, "said the handler")
	}))
	b.t.Cleanup(h.Close)
	return h
}

func (h *handler) answers(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
}

func (h *handler) titles() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.got, " ")
}

// application adds an application whose events go to url.
func (b *bench) application(url string) app.App {
	b.t.Helper()
	admin := user.Ref{ID: b.anna.id, Admin: true}
	a, err := b.Apps.Create(b.t.Context(), admin, app.Form{Name: "Listener", Kind: app.Server, APIOnly: true, HandlerURL: url, Scopes: []string{"task"}})
	if err != nil {
		b.t.Fatal(err)
	}
	err = b.Events.Bind(b.t.Context(), admin, event.Binding{AppID: a.ID, Event: "ONTASKADD", Handler: url}, func(string) bool { return true })
	if err != nil {
		b.t.Fatal(err)
	}
	return a.App
}

func (b *bench) emit(title string) {
	b.t.Helper()
	data := phpform.ArrayOf(phpform.Entry{Key: "TITLE", Value: phpform.StringOf(title)}, phpform.Entry{Key: "access_token", Value: phpform.StringOf("a-secret-of-the-data")})
	if err := b.Events.Emit(b.t.Context(), event.Event{Name: "ONTASKADD", UserID: b.anna.id, Data: data}); err != nil {
		b.t.Fatal(err)
	}
}

// until waits until something holds.
func (b *bench) until(what string, holds func() bool) {
	b.t.Helper()
	late := time.After(browsertest.Patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			b.t.Fatalf("it never came true that %s", what)
		}
	}
}

// state waits until the newest delivery is in a state and returns its number.
func (b *bench) state(want event.State) (id int64) {
	b.t.Helper()
	b.until("the newest delivery is "+want.String(), func() bool {
		p, err := b.Events.Deliveries(b.t.Context(), event.DeliveryQuery{Limit: 1})
		if err != nil || len(p.Items) == 0 {
			return false
		}
		id = p.Items[0].ID
		return p.Items[0].State == want && (want != event.Pending || p.Items[0].Attempts > 0)
	})
	return id
}

func TestDeliveriesAreShownReplayedAndEdited(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	h := b.handler(http.StatusOK)
	b.application(h.URL + "/hook")
	b.emit("first")
	id := b.state(event.Sent)
	path := "/devops/console/delivery/" + strconv.FormatInt(id, 10) + "/"

	b.anna.get("/devops/console/").is(http.StatusOK).has("ONTASKADD", "Listener", "200")
	b.anna.get("/devops/console/deliveries/").is(http.StatusOK).has("ONTASKADD", h.URL+"/hook", "1 attempt")
	b.anna.get("/devops/console/deliveries/?state=dead").has("Nothing like that")
	b.anna.get("/devops/console/deliveries/?q=first").has("ONTASKADD")
	b.anna.get(path).is(http.StatusOK).has("said the handler", "application/x-www-form-urlencoded", "&#34;TITLE&#34;: &#34;first&#34;").lacks("a-secret-of-the-data")
	for _, p := range []string{"/devops/console/deliveries/", "/devops/console/handlers/", path} {
		b.ben.get(p).is(http.StatusForbidden)
	}
	b.ben.post(path + "retry").is(http.StatusForbidden)
	b.ben.post("/devops/console/deliveries/replay", "id", strconv.FormatInt(id, 10)).is(http.StatusForbidden)
	b.ben.get("/devops/console/").lacks("ONTASKADD")

	b.anna.post("/devops/console/deliveries/replay", "id", strconv.FormatInt(id, 10)).is(http.StatusSeeOther)
	b.until("the handler got it twice", func() bool { return h.titles() == "first first" })
	b.state(event.Sent)
	b.anna.get(path + "edit/").is(http.StatusOK).has("a-secret-of-the-data") // what is sent again must be whole
	b.anna.post(path+"resend", "event", "ONTASKADD", "url", "ftp://x", "data", `{"TITLE":"x"}`).is(http.StatusUnprocessableEntity).has("http or https address", "ftp://x")
	b.anna.post(path+"resend", "event", "ONTASKADD", "url", h.URL, "data", `{`).is(http.StatusUnprocessableEntity).has("This is no JSON.")
	to := b.anna.post(path+"resend", "event", "ONTASKADD", "url", h.URL+"/hook", "data", `{"TITLE":"edited"}`).is(http.StatusSeeOther).header.Get("Location")
	b.until("the handler got the edited one", func() bool { return h.titles() == "first first edited" })
	b.state(event.Sent)
	b.anna.get(to).is(http.StatusOK).has("edited", "Repeats")
	b.anna.post("/devops/console/deliveries/replay", "id", "999").is(http.StatusNotFound)
	b.anna.post(path + "retry").is(http.StatusConflict)
}

func TestHandlersArePausedAndResumed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	h := b.handler(http.StatusInternalServerError)
	b.application(h.URL)
	b.emit("lost")
	id := b.state(event.Pending)
	b.anna.get("/devops/console/handlers/?show=troubled").is(http.StatusOK).has("Failing", h.URL, ">1</a>")
	b.anna.get("/devops/console/delivery/"+strconv.FormatInt(id, 10)+"/").is(http.StatusOK).has("failed 1×", "The handler failed; the next attempt is in", "said the handler")

	b.anna.post("/devops/console/handler/1/pause").is(http.StatusSeeOther)
	b.anna.get("/devops/console/handlers/").has("Paused", "by Anna Berger", "Resume")
	b.anna.get("/devops/console/delivery/" + strconv.FormatInt(id, 10) + "/").has("Somebody paused the handler.")
	b.ben.post("/devops/console/handler/1/resume").is(http.StatusForbidden)
	h.answers(http.StatusOK)
	b.anna.post("/devops/console/handler/1/resume").is(http.StatusSeeOther)
	if b.state(event.Sent) != id || h.titles() != "lost lost" {
		t.Errorf("the handler got %q", h.titles())
	}
	b.anna.get("/devops/console/handlers/").has("Does well")
	b.anna.get("/devops/console/handlers/?show=troubled").has("No handler is in trouble")
	b.anna.post("/devops/console/handler/99/pause").is(http.StatusNotFound)
}

func TestAnOpenTimelineIsToldOfDeliveries(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.application(b.handler(http.StatusOK).URL)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.server.URL+"/devops/console/live", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.anna.client.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", res, err)
	}
	defer func() { _ = res.Body.Close() }()
	hints := make(chan struct{}, 100)
	lines := bufio.NewScanner(res.Body)
	lines.Scan() // the stream is open
	go func() {
		for lines.Scan() {
			if lines.Text() == "event: console" {
				hints <- struct{}{}
			}
		}
	}()
	b.emit("Water the plants")
	row := regexp.MustCompile(`(?s)<tr id="d\d+"(.*?)</tr>`)
	newest := func() string { return row.FindString(b.anna.get("/devops/console/rows?after=c0.d0").body) }
	for late := time.After(browsertest.Patience); !strings.Contains(newest(), "ONTASKADD") || !strings.Contains(newest(), ">200<"); {
		select {
		case <-hints:
		case <-late:
			t.Fatalf("the newest delivery is %s", newest())
		}
	}
}
