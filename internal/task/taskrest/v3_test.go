package taskrest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/task"
)

// v3 calls a method of REST 3.0 and returns its result, or the status with the error.
func (b *bench) v3(userID int64, name, body string) string {
	b.t.Helper()
	body = strings.Replace(fmt.Sprintf(`{"auth": "%d", %s`, userID, strings.TrimPrefix(body, "{")), ", }", "}", 1)
	status, text := b.post("/rest/api/"+name, jsonType, body)
	var a struct {
		Result json.RawMessage
		Error  *struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		b.t.Fatalf("%s: %v in %s", name, err, text)
	}
	if a.Error == nil {
		return string(a.Result)
	}
	return fmt.Sprintf("%d %s %s", status, strings.TrimPrefix(a.Error.Code, "BITRIX_REST_V3_EXCEPTION_"), a.Error.Message)
}

func TestTasksInREST3(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		got := b.v3(2, "tasks.task.add", `{"fields":{"title":"Offer","creatorId":2,"responsibleId":3,"deadline":"2026-12-31T23:59:59+02:00","priority":"high","crmItemIds":["L_1"],"requireResult":true,"auditors":[4]}}`)
		want := `{"item":{"id":1,"title":"Offer","description":"","creatorId":2,"created":"2026-11-23T13:00:00+01:00","responsibleId":3,"deadline":"2026-12-31T22:59:59+01:00","needsControl":false,` +
			`"startPlan":null,"endPlan":null,"checklist":[],"groupId":0,"stageId":0,"priority":"high","status":"pending","statusChanged":"2026-11-23T13:00:00+01:00","accomplices":[],"auditors":[4],"parentId":null,` +
			`"containsChecklist":false,"containsSubTasks":false,"containsRelatedTasks":false,"containsResults":false,"numberOfReminders":0,"chatId":null,"plannedDuration":0,"actualDuration":0,"durationType":"days","started":null,"estimatedTime":0,` +
			`"replicate":false,"changed":"2026-11-23T13:00:00+01:00","changedById":2,"statusChangedById":2,"closedById":null,"closed":null,"activity":"2026-11-23T13:00:00+01:00","guid":"{`
		if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, `"crmItemIds":["L_1"],"requireResult":true,"matchesSubTasksTime":false,"autocompleteSubTasks":false,"inFavorite":[],"inPin":[],"inMute":[],"dependsOn":[]}}`) ||
			!strings.Contains(got, `"link":"/company/personal/user/2/tasks/task/view/1/","rights":{"read":true,"watch":true,"mute":true,"createSubtask":true,"createResult":true,"edit":true,`) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		b.add(task.Task{Title: "secret", ResponsibleID: 3})
		b.add(task.Task{Title: "Äpfel", ParentID: 0, Deadline: noon.Add(time.Hour)})
		for _, c := range []exchange{
			{2, "tasks.task.get", `{"id":1,"select":["responsible.name","title","status"]}`, `{"item":{"title":"Offer","responsible":{"name":"Person 3"},"status":"pending"}}`},
			{2, "tasks.task.get", `{"id":2}`, "400 ENTITYNOTFOUNDEXCEPTION Record with ID = `2` not found"},
			{2, "tasks.task.get", `{"select":["id"]}`, "400 VALIDATION_REQUESTVALIDATIONEXCEPTION…"},
			{2, "tasks.task.get", `{"id":1,"select":["responsible.password"]}`, "400 UNKNOWNDTOPROPERTYEXCEPTION…"},
			{2, "tasks.task.list", `{}`, `{"items":[{"id":1},{"id":3}]}`},
			{2, "tasks.task.list", `{"select":["id","title","deadline"],"filter":[["id",">",1]],"order":{"title":"DESC"},"pagination":{"limit":1}}`, `{"items":[{"id":3,"title":"Äpfel","deadline":"2026-11-23T14:00:00+01:00"}]}`},
			{1, "tasks.task.list", `{"order":{"id":"DESC"},"pagination":{"page":2,"limit":2}}`, `{"items":[{"id":1}]}`},
			{2, "tasks.task.list", `{"filter":[["title","x"]]}`, "400 VALIDATION_REQUESTVALIDATIONEXCEPTION…"},
			{2, "tasks.task.list", `{"order":{"guid":"ASC"}}`, "400 INVALIDORDEREXCEPTION…"},
			{2, "tasks.task.list", `{"pagination":{"limit":"abc"}}`, "400 INVALIDPAGINATIONEXCEPTION…"},
			{2, "tasks.task.update", `{"id":1,"fields":{"status":"in_progress","mark":"positive"}}`, `{"result":true}`},
			{2, "tasks.task.get", `{"id":1,"select":["status","mark","started"]}`, `{"item":{"status":"in_progress","started":"2026-11-23T13:00:00+01:00","mark":"positive"}}`},
			{3, "tasks.task.update", `{"id":1,"fields":{"title":"x"}}`, "403 ACCESSDENIEDEXCEPTION Access denied"},
			{2, "tasks.task.update", `{"id":1,"fields":{"creatorId":3}}`, "400 VALIDATION_REQUESTVALIDATIONEXCEPTION…"},
			{2, "tasks.task.update", `{"id":1,"fields":{"parentId":1}}`, "400 VALIDATION_REQUESTVALIDATIONEXCEPTION…"},
			{2, "tasks.task.update", `{"id":1,"fields":{"deadline":"soon"}}`, "400 VALIDATION_REQUESTVALIDATIONEXCEPTION…"},
			{2, "tasks.task.update", `{"id":1,"fields":{"colour":"red"}}`, "400 UNKNOWNDTOPROPERTYEXCEPTION…"},
			{2, "tasks.task.add", `{"fields":{"title":"x","creatorId":2}}`, "400 VALIDATION_REQUESTVALIDATIONEXCEPTION…"},
			{2, "tasks.task.add", `{"fields":{"title":"x","creatorId":2,"responsibleId":99}}`, "400 VALIDATION_REQUESTVALIDATIONEXCEPTION…"},
			{2, "tasks.task.add", `{"fields":{"title":"x","creatorId":4,"responsibleId":3}}`, "403 ACCESSDENIEDEXCEPTION Access denied"},
			{4, "tasks.task.access.get", `{"id":1}`, `{"read":true,"watch":true,"mute":true,"createSubtask":false,"createResult":false,"edit":false,…`},
			{5, "tasks.task.access.get", `{"id":1}`, "403 ACCESSDENIEDEXCEPTION Access denied"},
			{2, "tasks.task.field.get", `{"name":"id","select":["name","type","filterable","sortable"]}`, `{"item":{"name":"id","type":"int","filterable":true,"sortable":true}}`},
			{2, "tasks.task.field.get", `{"name":"colour"}`, "400 BITRIX_REST_V3_REALISATION_EXCEPTION_FIELDNOTFOUNDEXCEPTION…"},
			{2, "tasks.task.field.list", `{"select":["name"]}`, `{"items":[{"name":"id"},{"name":"title"},{"name":"description"},…`},
			{2, "tasks.task.access.field.list", `{"select":["name","type"]}`, `{"items":[{"name":"id","type":"int"},{"name":"read","type":"bool"},…`},
			{2, "tasks.task.access.field.get", `{"name":"edit","select":["nothing"]}`, "400 UNKNOWNDTOPROPERTYEXCEPTION…"},
			{3, "tasks.task.delete", `{"id":1}`, "403 ACCESSDENIEDEXCEPTION Access denied"},
			{2, "tasks.task.delete", `{"id":1}`, `{"result":true}`},
		} {
			got := b.v3(c.user, c.method, c.body)
			if want, open := strings.CutSuffix(c.want, "…"); open && !strings.HasPrefix(got, want) || !open && got != c.want {
				t.Errorf("%s %s as %d:\ngot  %s\nwant %s", c.method, c.body, c.user, got, c.want)
			}
		}
	})
}
