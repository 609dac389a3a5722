package portal_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// TestApplicationsReadTheChatOfATaskAndWriteToItAtOnce reads the chats of tasks in which nobody has written, in every way, and looks
// at whose messengers show them.
func TestApplicationsReadTheChatOfATaskAndWriteToItAtOnce(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]func(testing.TB, ...db.Schema) db.Config{"sqlite": dbtest.SQLiteConfig, "postgres": dbtest.PostgresConfig} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := portal.Open(t.Context(), portal.Config{
				DB: config(t, portal.Schemas()...), PublicURL: func() string { return "http://portal.example" }, Log: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = p.Close(context.WithoutCancel(t.Context())) })
			chatsOfTasks(t, p)
		})
	}
}

func chatsOfTasks(t *testing.T, p *portal.Portal) {
	t.Helper()
	ctx := t.Context()
	person := func(login string) user.Ref {
		u, err := p.Users.Create(ctx, user.NewUser{Login: login})
		if err != nil {
			t.Fatal(err)
		}
		return u.Ref()
	}
	anna, ben, cleo := person("anna"), person("ben"), person("cleo")
	for _, title := range []string{"Boxes", "Van", "Keys", "Lamps", "Doors"} {
		if _, err := p.Tasks.Create(ctx, anna, task.Task{Title: title, ResponsibleID: ben.ID}); err != nil {
			t.Fatal(err)
		}
	}
	_, code, err := p.Apps.CreateWebhook(ctx, user.Ref{ID: anna.ID, Admin: true}, app.WebhookForm{Title: "x", Scopes: []string{"task", "tasks", "im"}})
	if err != nil {
		t.Fatal(err)
	}
	call := func(method, params string) string {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/rest/"+strings.Replace(method, "HOOK", strconv.FormatInt(anna.ID, 10)+"/"+code, 1), strings.NewReader(params))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, r)
		return w.Body.String()
	}
	chatOf := func(id int64) string {
		x, err := p.Tasks.Get(ctx, anna, id)
		if err != nil || x.ChatID == 0 {
			t.Fatalf("task %d: %+v %v", id, x, err)
		}
		return strconv.FormatInt(x.ChatID, 10)
	}
	shown := func(who user.Ref) (titles []string) {
		items, _, err := p.IM.Recent(context.WithoutCancel(ctx), who.ID, im.RecentQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			if i.Chat.EntityType == im.EntityTask {
				titles = append(titles, i.Chat.Title)
			}
		}
		return titles
	}
	expect := func(got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	got := call("HOOK/tasks.task.get", `{"taskId":1}`)
	expect(got, `"chatId":"`+chatOf(1)+`"`)
	got = call("HOOK/tasks.task.list", `{"select":["ID","CHAT_ID"],"order":{"ID":"asc"},"filter":{"ID":[1,2]}}`)
	expect(got, `"chatId":"`+chatOf(1)+`"`)
	expect(got, `"chatId":"`+chatOf(2)+`"`)
	got = call("api/HOOK/tasks.task.get", `{"id":3,"select":["id","chatId","chat.id","chat.entityId","chat.entityType"]}`)
	expect(got, `"chatId":`+chatOf(3)+`,"chat":{"id":`+chatOf(3)+`,"entityId":3,"entityType":"TASKS_TASK"}`)
	got = call("HOOK/im.chat.get", `{"ENTITY_TYPE":"TASKS_TASK","ENTITY_ID":"4"}`)
	expect(got, `"ID":`+chatOf(4))
	expect(call("HOOK/im.chat.get", `{"ENTITY_TYPE":"TASKS_TASK","ENTITY_ID":"99"}`), `"result":null`)
	expect(call("HOOK/tasks.task.add", `{"fields":{"TITLE":"Paint","RESPONSIBLE_ID":`+strconv.FormatInt(ben.ID, 10)+`}}`), `"chatId":"`)

	if list := append(shown(anna), shown(ben)...); len(list) != 0 {
		t.Errorf("chats without a word are shown: %q", list)
	}
	expect(call("HOOK/im.message.add", `{"DIALOG_ID":"chat`+chatOf(2)+`","MESSAGE":"At nine"}`), `"result":`)
	if a, b, c := shown(anna), shown(ben), shown(cleo); len(a) != 1 || len(b) != 1 || b[0] != "Van" || len(c) != 0 {
		t.Errorf("shown are %q %q %q", a, b, c)
	}
	watchers := []int64{cleo.ID}
	if _, err := p.Tasks.Update(ctx, anna, 2, task.Change{Auditors: &watchers}); err != nil {
		t.Fatal(err)
	}
	if c := shown(cleo); len(c) != 1 || c[0] != "Van" {
		t.Errorf("who watches the task sees %q", c)
	}
	if x, err := p.Tasks.Get(ctx, anna, 5); err != nil || x.ChatID != 0 {
		t.Errorf("a task that nobody asked for has a chat: %+v %v", x, err)
	}
}
