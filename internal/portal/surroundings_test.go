package portal_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/user"
)

// TestWhatIsAroundAChat asks both generations of methods for what other areas know of a chat: the folder of its files, the task that
// it belongs to, and the status of its people; and for what the parts of a task tell of it.
func TestWhatIsAroundAChat(t *testing.T) {
	t.Parallel()
	p := open(t, false)
	anna, _, err := p.EnsureAdmin(t.Context(), user.NewUser{Login: "anna", FirstName: "Anna", LastName: "Bird", Password: "a long password"})
	if err != nil {
		t.Fatal(err)
	}
	_, code, err := p.Apps.CreateWebhook(t.Context(), user.Ref{ID: anna.ID, Admin: true}, app.WebhookForm{Title: "x", Scopes: []string{"im", "imbot", "task", "tasks"}})
	if err != nil {
		t.Fatal(err)
	}
	call := func(method, params string) any {
		t.Helper()
		root, name := "/rest/", method
		if after, ok := strings.CutPrefix(method, "api/"); ok {
			root, name = "/rest/api/", after
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, fmt.Sprintf("%s%d/%s/%s", root, anna.ID, code, name), strings.NewReader(params))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, r)
		var a struct{ Result any }
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s %s: %d %s", method, params, w.Code, w.Body)
		}
		return a.Result
	}
	at := func(v any, path string) any {
		for key := range strings.SplitSeq(path, ".") {
			switch in := v.(type) {
			case map[string]any:
				v = in[key]
			case []any:
				v = in[0]
			}
		}
		return v
	}
	want := func(v any, path string, wanted any) {
		t.Helper()
		if got := at(v, path); got != wanted {
			t.Errorf("%s is %v, want %v", path, got, wanted)
		}
	}

	bot := at(call("imbot.v2.Bot.register", `{"fields":{"code":"b","type":"supervisor","botToken":"t","properties":{"name":"Ada","color":"GREEN"}}}`), "bot.id")
	as := fmt.Sprintf(`"botId":%v,"botToken":"t"`, bot)
	want(call("imbot.v2.Bot.get", "{"+as+"}"), "users.0.color", "#64a513") // a name of the first generation
	chat := at(call("imbot.v2.Chat.add", fmt.Sprintf(`{%s,"fields":{"title":"T","userIds":[%d]}}`, as, anna.ID)), "chat.id")
	dialog := fmt.Sprintf("chat%v", chat)
	about := fmt.Sprintf(`{%s,"dialogId":"%s"}`, as, dialog)
	want(call("imbot.v2.Chat.get", about), "chat.diskFolderId", nil)
	want(call("im.dialog.get", `{"DIALOG_ID":"`+dialog+`"}`), "disk_folder_id", 0.0)
	folder := at(call("im.disk.folder.get", fmt.Sprintf(`{"CHAT_ID":%v}`, chat)), "ID")
	want(call("imbot.v2.Chat.get", about), "chat.diskFolderId", folder)
	want(call("im.dialog.get", `{"DIALOG_ID":"`+dialog+`"}`), "disk_folder_id", folder)

	call("im.user.status.set", `{"STATUS":"dnd"}`)
	call("im.user.status.idle.start", `{"AGO":5}`)
	call("im.v2.Event.subscribe", `{}`)
	m := call("im.message.add", `{"DIALOG_ID":"`+dialog+`","MESSAGE":"Hello"}`)
	author := at(call("imbot.v2.Chat.Message.get", fmt.Sprintf(`{%s,"messageId":%v}`, as, m)), "user")
	want(author, "status", "dnd")
	if since, _ := at(author, "idle").(string); !strings.HasPrefix(since, "20") {
		t.Errorf("idle is %v", since)
	}
	event := at(call("im.v2.Event.get", `{}`), "events.0.data")
	want(event, "user.status", "dnd")
	want(event, "user.idle", false) // as the page has it for events
	want(event, "chat.diskFolderId", folder)

	task := at(call("tasks.task.add", fmt.Sprintf(`{"fields":{"TITLE":"Move","RESPONSIBLE_ID":%d}}`, anna.ID)), "task.id")
	parts := func() any {
		return call("api/tasks.task.get", fmt.Sprintf(`{"id":%v,"select":["id","checklist","containsChecklist","containsResults"]}`, task))
	}
	want(parts(), "item.containsChecklist", false)
	want(parts(), "item.containsResults", false)
	comment := call("task.commentitem.add", fmt.Sprintf(`{"TASKID":%v,"FIELDS":{"POST_MESSAGE":"On it"}}`, task))
	call("tasks.task.result.addFromComment", fmt.Sprintf(`{"commentId":%v}`, comment))
	first := call("task.checklistitem.add", fmt.Sprintf(`{"TASKID":%v,"FIELDS":{"TITLE":"Boxes"}}`, task))
	want(parts(), "item.containsChecklist", true)
	want(parts(), "item.containsResults", true)
	if got := fmt.Sprint(at(parts(), "item.checklist")); !strings.HasSuffix(got, fmt.Sprintf(" %v]", first)) { // behind the checklist itself
		t.Errorf("the items are %s, want %v at the end", got, first)
	}
	of := at(call("tasks.task.get", fmt.Sprintf(`{"taskId":%v}`, task)), "task.chatId")
	got := call("im.dialog.get", fmt.Sprintf(`{"DIALOG_ID":"chat%v"}`, of))
	want(got, "type", "tasksTask")
	want(got, "entity_link.type", "TASKS")
	want(got, "entity_link.url", fmt.Sprintf("/company/personal/user/%d/tasks/task/view/%v/", anna.ID, task))
	want(got, "entity_link.id", task)
}
