package partrest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/comment"
	"github.com/portico-hq/portico/internal/task/elapsed"
	"github.com/portico-hq/portico/internal/task/link"
	"github.com/portico-hq/portico/internal/task/partrest"
	"github.com/portico-hq/portico/internal/task/result"
	"github.com/portico-hq/portico/internal/task/stage"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
)

// noon is in Berlin, where ben lives, one o'clock in the afternoon.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// The people of the tests: anna hands tasks out, ben does them, cleo takes part, dan watches, eve has nothing to do with them,
// root is an administrator.
const (
	anna, ben, cleo, dan, eve, root = 1, 2, 3, 4, 5, 9
)

// people are the users of the tests.
var people = map[int64]user.User{
	anna: {ID: anna, FirstName: "Anna", LastName: "Albers", Gender: "F", AvatarHash: "abc", Active: true, Email: "anna@example.com", Login: "anna"},
	ben:  {ID: ben, FirstName: "Ben", TimeZone: "Europe/Berlin", Active: true, Login: "ben"},
	cleo: {ID: cleo, FirstName: "Cleo", Active: true, Login: "cleo"},
	dan:  {ID: dan, FirstName: "Dan", Active: true, Login: "dan"},
	eve:  {ID: eve, FirstName: "Eve", Active: true, Login: "eve"},
	root: {ID: root, FirstName: "Root", Active: true, Admin: true, Login: "root"},
}

// world stands in for what surrounds tasks; a token is its user's id.
type world struct {
	mu     sync.Mutex
	events []string
}

func (*world) Authorize(_ context.Context, c rest.Credentials) (rest.Principal, error) {
	id, ok := phpform.StringOf(c.Token).Int()
	if !ok {
		return rest.Principal{}, rest.ErrNoAuth
	}
	return rest.Principal{Kind: rest.ByToken, UserID: id, Admin: id == root, AppID: 1, ClientID: "app", Scopes: []string{"task", "tasks"}}, nil
}

func (*world) Get(_ context.Context, id int64) (user.User, error) {
	u, ok := people[id]
	if !ok {
		return u, user.ErrNotFound
	}
	return u, nil
}

func (w *world) Many(ctx context.Context, ids []int64) (map[int64]user.User, error) {
	return w.ManyTx(ctx, nil, ids)
}

func (*world) ManyTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]user.User, error) {
	out := map[int64]user.User{}
	for _, id := range ids {
		if u, ok := people[id]; ok {
			out[id] = u
		}
	}
	return out, nil
}

func (w *world) EmitTx(_ context.Context, tx *db.Tx, name string, userID int64, data phpform.Value) error {
	line := fmt.Sprintf("%s %d %s", name, userID, phpform.AppendJSON(nil, data))
	tx.AfterCommit(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, line)
	})
	return nil
}

func (*world) Publish([]int64, string, any) {}

// bench is the methods over services of their own, with one task of anna's for ben, watched by dan.
type bench struct {
	*world
	t       *testing.T
	db      *db.DB
	clock   *clock.Manual
	tasks   *task.Service
	config  partrest.Config
	handler *rest.Handler

	messenger *messenger
	items     *itemFiles
	files     *files

	templateFiles *templateFiles
	task          int64
}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	t.Parallel()
	dbtest.Run(t, []db.Schema{record.Schema(), task.Schema(), checklist.Schema(), comment.Schema(), elapsed.Schema(), link.Schema(), result.Schema(), stage.Schema(), template.Schema()}, func(t *testing.T, d *db.DB) { test(t, newBench(t, d)) })
}

func newBench(t *testing.T, d *db.DB) *bench {
	b := &bench{world: &world{}, t: t, db: d, clock: clock.NewManual(noon), items: newItemFiles()}
	b.files = &files{b.items, map[int64][]taskfile.Tie{}}
	b.templateFiles = &templateFiles{b.files, map[int64][]taskfile.Tie{}}
	b.tasks = task.NewService(task.Config{DB: d, Clock: b.clock, Users: b, Events: b, Live: b})
	b.config = partrest.Config{Users: b, URL: func(path string) string { return "https://portal.example" + path }}
	b.config.Checklists = checklist.NewService(checklist.Config{DB: d, Clock: b.clock, Kind: checklist.OfTask, Owners: checklist.TasksOf(b.tasks), Files: b.items})
	b.config.Elapsed = elapsed.NewService(elapsed.Config{DB: d, Clock: b.clock, Tasks: b.tasks, Users: b})
	b.config.Results = result.NewService(result.Config{DB: d, Clock: b.clock, Tasks: b.tasks})
	b.config.Templates = template.NewService(template.Config{DB: d, Clock: b.clock, Tasks: b.tasks, Users: b, Checklists: b.config.Checklists, Files: b.items, Attached: b.templateFiles})
	b.config.Tasks, b.config.Links = b.tasks, link.NewService(d, b.tasks)
	b.config.TaskFiles = taskfile.NewService(d, b.tasks, b.files)
	b.config.Stages = stage.NewService(stage.Config{DB: d, Tasks: b.tasks})
	b.tasks.SetResults(b.config.Results)
	b.messenger = newMessenger(b.clock.Now)
	b.config.Comments = comment.NewService(comment.Config{
		DB: d, Clock: b.clock, Tasks: b.tasks, Users: b, Events: b, Chats: b.messenger, Follower: b.config.Results,
	})
	b.config.Results.SetComments(b.config.Comments)
	b.messenger.comments, b.config.Files = b.config.Comments, b.files
	b.tasks.SetParts(b.config.Checklists, b.config.Comments, b.config.Elapsed, b.config.Links, b.config.Results, b.config.Stages, b.config.TaskFiles)
	r := rest.NewRegistry()
	partrest.Register(r, b.config)
	b.handler = rest.NewHandler(r, b, b.clock, slog.New(slog.DiscardHandler))
	b.task = b.newTask("Move house")
	b.take()
	return b
}

func (b *bench) newTask(title string) int64 {
	b.t.Helper()
	x, err := b.tasks.Create(b.t.Context(), user.Ref{ID: anna}, task.Task{Title: title, ResponsibleID: ben, Auditors: []int64{dan}})
	if err != nil {
		b.t.Fatal(err)
	}
	return x.ID
}

// take returns the events since the last time.
func (b *bench) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.events
	b.events = nil
	return out
}

// send posts JSON to a method as a user and returns the status and the body.
func (b *bench) send(as int64, method, body string) (int, map[string]json.RawMessage) {
	b.t.Helper()
	path := "/rest/" + method
	if name, v3 := strings.CutPrefix(method, "api/"); v3 {
		path = "/rest/api/" + name
	}
	body = strings.ReplaceAll(body, "$task", strconv.FormatInt(b.task, 10))
	r := httptest.NewRequestWithContext(b.t.Context(), "POST", path+fmt.Sprintf("?auth=%d", as), strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", fmt.Sprintf("Bearer %d", as))
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	out := map[string]json.RawMessage{}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		b.t.Fatalf("%s %s: %s", method, body, w.Body)
	}
	return w.Code, out
}

// call returns the result of a method that must succeed.
func (b *bench) call(as int64, method, body string) string {
	b.t.Helper()
	status, out := b.send(as, method, body)
	if status != 200 {
		b.t.Fatalf("%s as %d %s: %d %s", method, as, body, status, out)
	}
	return string(out["result"])
}

// want checks the result of a method.
func (b *bench) want(as int64, method, body, result string) {
	b.t.Helper()
	if got := b.call(as, method, body); got != compact(b.t, strings.ReplaceAll(result, "$task", strconv.FormatInt(b.task, 10))) {
		b.t.Errorf("%s %s:\n got %s\nwant %s", method, body, got, result)
	}
}

// refused checks the error of a method: its status 400, its code and its text, without a <br> at its end.
func (b *bench) refused(as int64, method, body, code, text string) {
	b.t.Helper()
	status, out := b.send(as, method, body)
	var gotCode, gotText string
	_ = json.Unmarshal(out["error"], &gotCode)
	_ = json.Unmarshal(out["error_description"], &gotText)
	if status != 400 || gotCode != code || strings.TrimSuffix(gotText, "<br>") != text {
		b.t.Errorf("%s as %d %s:\n got %d %s %s\nwant 400 %s %s", method, as, body, status, gotCode, gotText, code, text)
	}
}

func compact(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(s)); err != nil {
		t.Fatalf("%v in %s", err, s)
	}
	return b.String()
}

// refusedV3 checks the error of a method of REST 3.0: its status, the end of its code, and the field at fault.
func (b *bench) refusedV3(as int64, method, body string, status int, code, field string) {
	b.t.Helper()
	got, out := b.send(as, "api/"+method, body)
	var e struct {
		Code       string
		Validation []struct{ Field string }
	}
	_ = json.Unmarshal(out["error"], &e)
	at := ""
	if len(e.Validation) > 0 {
		at = e.Validation[0].Field
	}
	if got != status || e.Code != "BITRIX_REST_V3_EXCEPTION_"+code || at != field {
		b.t.Errorf("%s as %d %s:\n got %d %s\nwant %d …%s at %q", method, as, body, got, out["error"], status, code, field)
	}
}
