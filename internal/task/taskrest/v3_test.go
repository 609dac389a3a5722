package taskrest_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/elapsed"
	"github.com/portico-hq/portico/internal/task/link"
	"github.com/portico-hq/portico/internal/task/stage"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
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
			`"startPlan":null,"endPlan":null,"fileIds":null,"checklist":[],"groupId":0,"stageId":0,"epicId":null,"storyPoints":null,"flowId":null,"priority":"high","status":"pending","statusChanged":"2026-11-23T13:00:00+01:00","parentId":null,` +
			`"containsChecklist":false,"containsSubTasks":false,"containsRelatedTasks":false,"containsGanttLinks":false,"containsPlacements":false,"containsResults":false,"numberOfReminders":0,"chatId":null,"plannedDuration":0,"actualDuration":0,"durationType":"days","started":null,"estimatedTime":0,` +
			`"replicate":false,"changed":"2026-11-23T13:00:00+01:00","changedById":2,"statusChangedById":2,"closedById":null,"closed":null,"activity":"2026-11-23T13:00:00+01:00","guid":"{`
		if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, `"archiveLink":"/company/personal/user/2/tasks/task/view/1/files/archive/","crmItemIds":["L_1"],"emailId":null,"requireResult":true,"matchesSubTasksTime":false,"autocompleteSubTasks":false,`+
			`"allowsChangeDatePlan":false,"maxDeadlineChangeDate":null,"maxDeadlineChanges":null,"requireDeadlineChangeReason":false,"inFavorite":[],"inPin":[],"inGroupPin":[],"inMute":[],"dependsOn":[],"scenarios":["default"]}}`) ||
			!strings.Contains(got, `"link":"/company/personal/user/2/tasks/task/view/1/","rights":{"read":true,"watch":true,"mute":true,"createSubtask":true,"createResult":true,"edit":true,`) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		b.add(task.Task{Title: "secret", ResponsibleID: 3})
		b.add(task.Task{Title: "Äpfel", ParentID: 0, Deadline: noon.Add(time.Hour)})
		for _, c := range []exchange{
			{2, "tasks.task.get", `{"id":1,"select":["responsible.name","title","status"]}`, `{"item":{"title":"Offer","responsible":{"name":"Person 3"},"status":"pending"}}`},
			{2, "tasks.task.get", `{"id":1,"select":["accomplices","auditors.id","auditors.name"]}`, `{"item":{"accomplices":[],"auditors":[{"id":4,"name":"Person 4"}]}}`},
			{2, "tasks.task.update", `{"id":1,"fields":{"auditors":"x"}}`, "400 VALIDATION_REQUESTVALIDATIONEXCEPTION…"},
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

// TestWhatIsAroundATask reads the fields that say what belongs to a task and with what it is connected.
func TestWhatIsAroundATask(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx, boss := t.Context(), user.Ref{ID: 1, Admin: true}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := b.templates.Add(ctx, boss, template.Template{Title: "Pattern", CreatedBy: 2, Responsibles: []int64{3}, Priority: task.High})
		must(err)
		made, err := b.templates.Use(ctx, user.Ref{ID: 2}, 1)
		must(err)
		x := made[0]
		top := b.add(task.Task{Title: "top", CreatedBy: 4, ResponsibleID: 4, GroupID: 5})
		columns, err := b.stages.Stages(ctx, boss, stage.Board{Kind: stage.OfGroup, OwnerID: 5})
		must(err)
		group, files := int64(5), []task.FileRef{{FileID: 7}, {FileID: 9}}
		_, err = b.tasks.Update(ctx, boss, x.ID, task.Change{ParentID: &top.ID, GroupID: &group, StageID: &columns[1].ID, Files: &files})
		must(err)
		other := b.add(task.Task{Title: "first", CreatedBy: 2})
		must(b.links.Add(ctx, user.Ref{ID: 2}, other.ID, x.ID, link.FinishStart))
		_, err = b.results.Add(ctx, user.Ref{ID: 3}, x.ID, "Done")
		must(err)
		const around = `{"id":1,"select":["fileIds","containsGanttLinks","containsPlacements","containsRelatedTasks","forkedByTemplateId","forkedByTemplate.title","forkedByTemplate.priority","stage","parent.title","parent.status",` +
			`"group.name","flow","email","source","responsible.name","responsible.image","responsible.externalAuthId"]}`
		people := `"responsible":{"name":"Person 3","image":null,"externalAuthId":"default"},"group":null,`
		stages := `"stage":{"id":2,"title":"In progress","color":"47D1E2"},"flow":null,`
		for who, want := range map[int64]string{
			2: `{"item":{` + people + stages + `"parent":null,"containsRelatedTasks":true,"containsGanttLinks":true,"containsPlacements":true,"forkedByTemplateId":1,"forkedByTemplate":{"title":"Pattern","priority":"high"},"email":null,"source":null}}`,
			1: `{"item":{` + people + stages + `"parent":{"title":"top","status":"pending"},"containsRelatedTasks":true,"containsGanttLinks":true,"containsPlacements":false,"forkedByTemplateId":1,"forkedByTemplate":{"title":"Pattern","priority":"high"},"email":null,"source":null}}`,
		} {
			want = strings.Replace(want, `"externalAuthId":"default"},`, `"externalAuthId":"default"},"fileIds":[7,9],`, 1)
			if got := b.v3(who, "tasks.task.get", around); got != want {
				t.Errorf("for %d:\ngot  %s\nwant %s", who, got, want)
			}
		}
		for _, c := range []struct {
			user int64
			want string
		}{
			{2, `"resultEdit":false,"completeResult":true,"removeResult":false,"resultRead":true,`},
			{3, `"resultEdit":true,"completeResult":true,"removeResult":true,"resultRead":true,`},
		} {
			if got := b.v3(c.user, "tasks.task.access.get", `{"id":1}`); !strings.Contains(got, c.want) {
				t.Errorf("rights of %d: %s", c.user, got)
			}
		}
		for _, c := range []exchange{
			{2, "tasks.task.add", `{"fields":{"title":"x","creatorId":2,"responsibleId":3,"requireResult":true}}`, "{…"},
			{2, "tasks.task.get", `{"id":4,"select":["rights"]}`, `{"item":{"rights":{"read":true,…`},
			{3, "tasks.task.update", `{"id":4,"fields":{"startPlan":"2026-12-01T10:00:00+01:00"}}`, "403 ACCESSDENIEDEXCEPTION Access denied"},
			{2, "tasks.task.update", `{"id":4,"fields":{"allowsChangeDatePlan":"Y"}}`, `{"result":true}`},
			{3, "tasks.task.update", `{"id":4,"fields":{"startPlan":"2026-12-01T10:00:00+01:00"}}`, `{"result":true}`},
			{3, "tasks.task.update", `{"id":4,"fields":{"startPlan":"2026-12-01T10:00:00+01:00","title":"y"}}`, "403 ACCESSDENIEDEXCEPTION Access denied"},
			{2, "tasks.task.get", `{"id":4,"select":["startPlan","allowsChangeDatePlan"]}`, `{"item":{"startPlan":"2026-12-01T10:00:00+01:00","allowsChangeDatePlan":true}}`},
			{2, "tasks.task.update", `{"id":4,"fields":{"maxDeadlineChanges":3}}`, "400 VALIDATION_REQUESTVALIDATIONEXCEPTION…"},
			{2, "tasks.task.update", `{"id":4,"fields":{"allowsChangeDatePlan":[]}}`, "400 VALIDATION_REQUESTVALIDATIONEXCEPTION…"},
			{2, "tasks.task.get", `{"id":4,"select":["flow.colour"]}`, "400 UNKNOWNDTOPROPERTYEXCEPTION…"},
		} {
			got := b.v3(c.user, c.method, c.body)
			if want, open := strings.CutSuffix(c.want, "…"); open && !strings.HasPrefix(got, want) || !open && got != c.want {
				t.Errorf("%s %s as %d:\ngot  %s\nwant %s", c.method, c.body, c.user, got, c.want)
			}
		}
		if got := b.v3(2, "tasks.task.access.get", `{"id":4}`); !strings.Contains(got, `"completeResult":false,`) {
			t.Errorf("a result is needed and there is none: %s", got)
		}
		for _, c := range [][3]string{
			{"add", `{"fields":{"title":"x","creatorId":2,"responsibleId":99}}`, `{"message":"User specified in the \"Executor\" field not found","field":"responsibleId"}`},
			{"update", `{"id":4,"fields":{"responsibleId":99}}`, `{"message":"The user specified in the \"Responsible\" field was not found","field":"responsibleId"}`},
			{"add", `{"fields":{"title":"x","creatorId":2,"responsibleId":2,"parentId":99}}`, `{"message":"Task specified in the \"Parent Task\" field not found","field":"parentId"}`},
			{"update", `{"id":4,"fields":{"parentId":99}}`, `{"message":"The task specified in the \"Parent Task\" field was not found","field":"parentId"}`},
			{"update", `{"id":4,"fields":{"parentId":4}}`, `{"message":"Cannot bind a node to itself","field":"parentId"}`},
			{"update", `{"id":4,"fields":{"endPlan":"2026-11-01T10:00:00+01:00"}}`, `{"message":"The specified end date is earlier than the start date in the planning","field":"endPlan"}`},
			{"update", `{"id":4,"fields":{"endPlan":"2126-11-01T10:00:00+01:00"}}`, `{"message":"The specified duration of the task is too long","field":"endPlan"}`},
		} {
			if got := b.v3fault(2, "tasks.task."+c[0], c[1]); !strings.Contains(got, c[2]) {
				t.Errorf("tasks.task.%s %s:\ngot  %s\nwant %s", c[0], c[1], got, c[2])
			}
		}
	})
}

// v3fault is v3 that returns the whole answer.
func (b *bench) v3fault(userID int64, name, body string) string {
	b.t.Helper()
	_, text := b.post("/rest/api/"+name, jsonType, fmt.Sprintf(`{"auth": "%d", %s`, userID, strings.TrimPrefix(body, "{")))
	return text
}

// TestTheTemplateAndTheTimeOfATask reads the objects of a task's template, and of the newest record of the time spent on it.
func TestTheTemplateAndTheTimeOfATask(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx, boss := t.Context(), user.Ref{ID: 1, Admin: true}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		base, err := b.templates.Add(ctx, boss, template.Template{Title: "Week", CreatedBy: 2, Responsibles: []int64{3}})
		must(err)
		own, err := b.templates.Add(ctx, boss, template.Template{
			Title: "Report", CreatedBy: 2, Responsibles: []int64{3}, Priority: task.High, Replicate: true, Schedule: &template.Schedule{
				Period: template.Monthly, Start: noon, Minute: 11*60 + 5, Till: template.Times, Times: 3, ByWeekday: true, Week: 2, Weekday: 5, EveryMonth: 1,
				EveryDay: 1, EveryWeek: 1, Day: 1, Month: 1,
			},
		})
		must(err)
		item, err := b.templates.Checklists().Add(ctx, boss, own.ID, checklist.New{Title: "Numbers"})
		must(err)
		made, err := b.templates.Use(ctx, user.Ref{ID: 2}, own.ID)
		must(err)
		x := made[0]
		must(b.templates.Update(ctx, boss, own.ID, func(t *template.Template) error { t.BaseID = base.ID; return nil }))
		for _, r := range []elapsed.Record{{Spent: time.Hour, Comment: "Old"}, {Spent: 150 * time.Second, Comment: "New", Source: elapsed.ByTimer}} {
			r.TaskID = x.ID
			_, err := b.elapsed.Add(ctx, user.Ref{ID: 3}, r)
			must(err)
		}
		const asked = `{"id":%d,"select":["forkedByTemplate.checklist","forkedByTemplate.creator.name","forkedByTemplate.group","forkedByTemplate.task","forkedByTemplate.parent.title",` +
			`"forkedByTemplate.parent.creator.id","forkedByTemplate.replicateParams.period","forkedByTemplate.replicateParams.everyDay","forkedByTemplate.replicateParams.monthlyType",` +
			`"forkedByTemplate.replicateParams.monthlyWeekDay","forkedByTemplate.replicateParams.time","forkedByTemplate.replicateParams.times","elapsedTime"]}`
		at := strconv.FormatInt(noon.Unix(), 10)
		want := `{"item":{"forkedByTemplate":{"task":null,"creator":{"name":"Person 2"},"checklist":[` + fmt.Sprint(item.ParentID, ",", item.ID) + `],"group":null,` +
			`"parent":{"title":"Week","creator":{"id":2}},"replicateParams":{"period":"monthly","everyDay":null,"monthlyType":"2","monthlyWeekDay":"4","time":"11:05","times":"3"}},` +
			`"elapsedTime":{"id":2,"userId":3,"taskId":` + strconv.FormatInt(x.ID, 10) + `,"minutes":2,"seconds":150,"source":"3","text":"New","createdAtTs":` + at + `,"startTs":` + at + `,"stopTs":` + at + `}}}`
		if got := b.v3(2, "tasks.task.get", fmt.Sprintf(asked, x.ID)); got != want {
			t.Errorf("\ngot  %s\nwant %s", got, want)
		}
		y := b.add(task.Task{Title: "plain", CreatedBy: 2})
		if got, want := b.v3(2, "tasks.task.get", fmt.Sprintf(`{"id":%d,"select":["elapsedTime.seconds","forkedByTemplate.parent.title"]}`, y.ID)), `{"item":{"forkedByTemplate":null,"elapsedTime":null}}`; got != want {
			t.Errorf("\ngot  %s\nwant %s", got, want)
		}
		if got := b.v3(2, "tasks.task.get", fmt.Sprintf(`{"id":%d,"select":["forkedByTemplate.parent.parent.title"]}`, x.ID)); !strings.HasPrefix(got, "400 UNKNOWNDTOPROPERTYEXCEPTION") {
			t.Error(got)
		}
	})
}
