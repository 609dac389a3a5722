package taskrest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/elapsed"
	"github.com/portico-hq/portico/internal/task/link"
	"github.com/portico-hq/portico/internal/task/result"
	"github.com/portico-hq/portico/internal/task/stage"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/task/taskrest"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
)

// world stands in for what surrounds the tasks: users 1 to 8, 1 an administrator; the token is the user's id.
type world struct{}

func (world) Authorize(_ context.Context, c rest.Credentials) (rest.Principal, error) {
	id, ok := phpform.StringOf(c.Token).Int()
	if !ok {
		return rest.Principal{}, rest.ErrNoAuth
	}
	return rest.Principal{Kind: rest.ByToken, UserID: id, Admin: id == 1, AppID: 1, ClientID: "app", Scopes: []string{"task", "tasks"}}, nil
}

func (world) Get(_ context.Context, id int64) (user.User, error) {
	zones := map[int64]string{2: "Europe/Berlin", 3: "America/New_York", 4: "Nowhere/Land"}
	return user.User{ID: id, TimeZone: zones[id]}, nil
}

func (w world) Many(ctx context.Context, ids []int64) (map[int64]user.User, error) {
	return w.ManyTx(ctx, nil, ids)
}

func (world) RefOf(_ context.Context, u user.User) (user.Ref, error) {
	return user.Ref{ID: u.ID, Admin: u.ID == 1}, nil
}

func (world) ManyTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]user.User, error) {
	out := map[int64]user.User{}
	for _, id := range ids {
		if id < 50 {
			out[id] = user.User{ID: id, Kind: user.Employee, FirstName: "Person", LastName: strconv.FormatInt(id, 10), Position: "Clerk"}
		}
	}
	return out, nil
}

func (world) EmitTx(context.Context, *db.Tx, string, int64, phpform.Value) error { return nil }
func (world) Publish([]int64, string, any)                                       {}

// bench is the tasks behind the protocol.
type bench struct {
	t         testing.TB
	tasks     *task.Service
	results   *result.Service
	links     *link.Service
	stages    *stage.Service
	templates *template.Service
	elapsed   *elapsed.Service
	handler   *rest.Handler
}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Run(t, []db.Schema{record.Schema(), userfield.Schema(), task.Schema(), result.Schema(), link.Schema(), stage.Schema(), template.Schema(), checklist.Schema(), elapsed.Schema()}, func(t *testing.T, d *db.DB) { test(t, newBench(t, d)) })
}

func newBench(t testing.TB, d *db.DB) *bench {
	clk, r, log := clock.NewManual(noon), rest.NewRegistry(), slog.New(slog.DiscardHandler)
	fields := userfield.New(userfield.Config{DB: d, Clock: clk})
	s := task.NewService(task.Config{DB: d, Clock: clk, Users: world{}, Events: world{}, Live: world{}, Added: fields})
	results := result.NewService(result.Config{DB: d, Clock: clk, Tasks: s})
	files := taskfile.NewService(d, s, &drive{map[int64][]taskfile.Tie{}})
	s.SetFiles(files)
	b := &bench{t: t, tasks: s, results: results, links: link.NewService(d, s), stages: stage.NewService(stage.Config{DB: d, Tasks: s})}
	lists := checklist.NewService(checklist.Config{DB: d, Clock: clk, Kind: checklist.OfTask, Owners: checklist.TasksOf(s)})
	b.templates = template.NewService(template.Config{DB: d, Clock: clk, Tasks: s, Users: world{}, Checklists: lists})
	b.elapsed = elapsed.NewService(elapsed.Config{DB: d, Clock: clk, Tasks: s, Users: world{}})
	taskrest.Register(r, taskrest.Config{
		Elapsed: b.elapsed,
		Tasks:   s, Fields: fields, Files: files, Results: results, Users: world{}, Links: b.links, Stages: b.stages, Templates: b.templates,
		Placements: func(_ context.Context, userID int64, projects []int64) (map[int64]bool, error) { // user 2 has one, in project 5
			out := map[int64]bool{}
			for _, p := range projects {
				out[p] = userID == 2 && p == 5
			}
			return out, nil
		},
		URL: func(path string) string { return "https://portal.example" + path },
	})
	b.handler = rest.NewHandler(r, world{}, clk, log)
	return b
}

func (b *bench) add(x task.Task) task.Task {
	b.t.Helper()
	if x.ResponsibleID == 0 {
		x.ResponsibleID = 2
	}
	out, err := b.tasks.Create(b.t.Context(), user.Ref{ID: 1, Admin: true}, x)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// send posts a body to task.item.list and returns the status and the answer.
func (b *bench) send(kind, body string) (int, string) {
	return b.post("/rest/task.item.list", kind, body)
}

func (b *bench) post(path, kind, body string) (int, string) {
	r := httptest.NewRequestWithContext(b.t.Context(), "POST", path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// call sends JSON as the user and decodes the answer.
func (b *bench) call(userID int64, body string) answer {
	b.t.Helper()
	if strings.HasPrefix(body, "{") {
		body = fmt.Sprintf(`{"auth": "%d", %s`, userID, body[1:])
	}
	return b.decode(b.send(jsonType, strings.Replace(body, `, }`, `}`, 1)))
}

func (b *bench) decode(status int, body string) (a answer) {
	b.t.Helper()
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		b.t.Fatalf("%v in %s", err, body)
	}
	if (status == 200) != (a.Error == "") {
		b.t.Errorf("status %d with %s", status, body)
	}
	return a
}

// titles are the titles of the answer, in order.
func (a answer) titles() string {
	var out []string
	for _, row := range a.Result {
		out = append(out, row["TITLE"].(string))
	}
	return strings.Join(out, " ")
}
