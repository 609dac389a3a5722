package imrest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imrest"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// byID lets in the user whose id is the token.
type byID struct{}

func (byID) Authorize(_ context.Context, c rest.Credentials) (rest.Principal, error) {
	id, err := strconv.ParseInt(c.Token, 10, 64)
	if err != nil {
		return rest.Principal{}, rest.ErrNoAuth
	}
	return rest.Principal{Kind: rest.ByToken, UserID: id, Scopes: []string{"im"}}, nil
}

type oneBot struct{ id int64 }

func (b oneBot) Describe(_ context.Context, ids []int64) (map[int64]imrest.Bot, error) {
	out := map[int64]imrest.Bot{}
	for _, id := range ids {
		if id == b.id {
			out[id] = imrest.Bot{Code: "ReportBot", Type: "bot", AppID: "local.1"}
		}
	}
	return out, nil
}

// statuses keeps what people say of themselves.
type statuses struct {
	mu  sync.Mutex
	all map[int64]imrest.Status
}

func (s *statuses) Statuses(_ context.Context, ids []int64) (map[int64]imrest.Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[int64]imrest.Status{}
	for _, id := range ids {
		if st, ok := s.all[id]; ok {
			out[id] = st
		}
	}
	return out, nil
}

func (s *statuses) SetStatus(_ context.Context, id int64, status string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[id] = imrest.Status{Chosen: status, Idle: s.all[id].Idle}
	return nil
}

func (s *statuses) SetIdle(_ context.Context, id int64, since time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[id] = imrest.Status{Chosen: s.all[id].Chosen, Idle: since}
	return nil
}

type bundle struct {
	db                      *db.DB
	im                      *im.Service
	users                   *user.Service
	clock                   *clock.Manual
	handler                 http.Handler
	anna, boris, clara, bot int64
}

func both(t *testing.T, test func(t *testing.T, b *bundle)) {
	t.Helper()
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema(), im.Schema()}, func(t *testing.T, d *db.DB) { test(t, setup(t, d)) })
}

func setup(t *testing.T, d *db.DB) *bundle {
	t.Helper()
	b := &bundle{db: d, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("", 3600)))}
	users := user.New(d, b.clock)
	b.users = users
	b.im = im.New(im.Config{DB: d, Clock: b.clock, Users: users, GeneralTitle: "General chat"})
	person := func(n user.NewUser) int64 {
		n.Email = n.FirstName + "@example.com"
		u, err := users.Create(t.Context(), n)
		must(t, err)
		return u.ID
	}
	b.anna = person(user.NewUser{
		FirstName: "Anna", LastName: "Weber", Position: "Manager", Gender: "F", Birthday: "1990-02-28", ColorCode: "AZURE",
		WorkPhone: "+49 30 1", InnerPhone: "21", WWW: "https://example.com",
	})
	b.boris = person(user.NewUser{FirstName: "Boris", ColorCode: "RED"})
	b.clara = person(user.NewUser{FirstName: "Clara"})
	must(t, d.Write(t.Context(), func(tx *db.Tx) (err error) {
		b.bot, err = users.AddBotTx(t.Context(), tx, user.BotProfile{FirstName: "ReportBot", ColorCode: "GREEN"})
		return err
	}))
	r := rest.NewRegistry()
	imrest.Register(r, b.im, imrest.Config{
		Users: narrow{users, t}, Presence: &statuses{all: map[int64]imrest.Status{}}, Bots: oneBot{b.bot}, BaseURL: func() string { return "https://portal.example.com" },
	})
	b.handler = rest.NewHandler(r, byID{}, b.clock, slog.New(slog.DiscardHandler))
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// call posts a JSON body as a user and returns the status and the answer without its times.
// narrow are people of whose departments never all are read: a company may have thousands.
type narrow struct {
	*user.Service

	t *testing.T
}

func (n narrow) Departments(ctx context.Context, q user.DepartmentQuery) ([]user.Department, int64, error) {
	if q.IDs == nil && q.HeadIDs == nil && q.Limit == 0 {
		n.t.Errorf("all departments are read for %+v", q)
	}
	return n.Service.Departments(ctx, q)
}

func (b *bundle) call(t *testing.T, as int64, method, body string) (status int, answer string) {
	t.Helper()
	status, envelope := b.post(t, as, method, body)
	if e, bad := envelope["error"]; bad {
		return status, string(e) + " " + string(envelope["error_description"])
	}
	return status, string(envelope["result"])
}

// envelope is the whole answer of a call.
func (b *bundle) envelope(t *testing.T, as int64, method, body string) map[string]json.RawMessage {
	t.Helper()
	_, envelope := b.post(t, as, method, body)
	return envelope
}

func (b *bundle) post(t *testing.T, as int64, method, body string) (status int, envelope map[string]json.RawMessage) {
	t.Helper()
	url := fmt.Sprintf("/rest/%s.json?auth=%d", method, as)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &envelope); err != nil {
		t.Fatalf("%s answered %q", method, w.Body)
	}
	return w.Code, envelope
}

func (b *bundle) result(t *testing.T, as int64, method, body string) string {
	t.Helper()
	status, answer := b.call(t, as, method, body)
	if status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, body, status, answer)
	}
	return answer
}

// into decodes an answer's result.
func into[T any](t *testing.T, answer string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(answer), &v); err != nil {
		t.Fatalf("%v in %s", err, answer)
	}
	return v
}
