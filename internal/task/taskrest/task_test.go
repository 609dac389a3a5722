package taskrest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/user"
)

// method calls a method with a JSON body as the user and returns the status and what is in the envelope without the times.
func (b *bench) method(userID int64, name, body string) string {
	b.t.Helper()
	body = strings.Replace(fmt.Sprintf(`{"auth": "%d", %s`, userID, strings.TrimPrefix(body, "{")), ", }", "}", 1)
	status, text := b.post("/rest/"+name, jsonType, body)
	var a map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		b.t.Fatalf("%s: %v in %s", name, err, text)
	}
	if e, failed := a["error"]; failed {
		return fmt.Sprintf("%d %s %s", status, e, a["error_description"])
	}
	delete(a, "time")
	out := []string{string(a["result"])}
	for _, key := range []string{"next", "total"} {
		if v, ok := a[key]; ok {
			out = append(out, key+" "+string(v))
		}
	}
	return strings.Join(out, " ")
}

// member returns a member of the task in an answer.
func member(t *testing.T, answer, name string) string {
	t.Helper()
	var a struct{ Task map[string]json.RawMessage }
	if err := json.Unmarshal([]byte(answer), &a); err != nil {
		t.Fatalf("%v in %s", err, answer)
	}
	return string(a.Task[name])
}

func TestTaskAddAnswersTheWholeTask(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		got := b.method(2, "tasks.task.add", `{"fields":{"TITLE":" Offer ","RESPONSIBLE_ID":"3","DEADLINE":"2026-11-24T19:00:00","TAGS":["a"],"AUDITORS":[4],"UF_CRM_TASK":["D_10"],"TASK_CONTROL":"Y"}}`)
		for name, want := range map[string]string{
			"id": `"1"`, "parentId": "null", "title": `"Offer"`, "description": `""`, "mark": "null", "priority": `"1"`, "multitask": `"N"`, "stageId": `"0"`, "sprintId": "null",
			"createdBy": `"2"`, "createdDate": `"2026-11-23T13:00:00+01:00"`, "responsibleId": `"3"`, "closedBy": `"0"`, "closedDate": "null", "deadline": `"2026-11-24T19:00:00+01:00"`,
			"xmlId": "null", "commentsCount": "null", "taskControl": `"Y"`, "timeSpentInLogs": "null", "outlookVersion": `"1"`, "sorting": "null", "isMuted": `"N"`, "flowId": "null",
			"status": `"2"`, "durationType": `"days"`, "favorite": `"N"`, "groupId": `"0"`, "auditors": `["4"]`, "accomplices": "[]", "checklist": "[]", "group": "[]", "newCommentsCount": "0",
			"responsible": `{"id":"3","name":"Person 3","link":"/company/personal/user/3/","icon":"","workPosition":"Clerk"}`, "accomplicesData": "[]",
			"auditorsData": `{"4":{"id":"4","name":"Person 4","link":"/company/personal/user/4/","icon":"","workPosition":"Clerk"}}`, "checkListCanAdd": "false", "tags": "", "ufCrmTask": "", "chatId": "null",
			"action": `{"accept":false,"decline":false,"complete":true,"approve":false,"disapprove":false,"start":true,"pause":false,"delegate":true,"remove":true,"edit":true,"defer":true,"renew":false,` +
				`"create":true,"changeDeadline":true,"checklistAddItems":true,"addFavorite":true,"deleteFavorite":false,"rate":true,"take":false,"edit.originator":false,"checklist.reorder":true,` +
				`"elapsedtime.add":true,"dayplan.timer.toggle":false,"edit.plan":true,"checklist.add":true,"favorite.add":true,"favorite.delete":false}`,
		} {
			if m := member(t, got, name); m != want {
				t.Errorf("%s is %s, want %s", name, m, want)
			}
		}
		want := `{"task":{"id":"1","title":"Offer","description":"","descriptionInBbcode":"Y","favorite":"N","tags":{"1":{"id":1,"title":"a"}},"subStatus":"-2","ufCrmTask":["D_10"],"ufTaskWebdavFiles":false,"ufMailMessage":null,"group":[],"action":`
		if got := b.method(3, "tasks.task.get", `{"taskId":1,"select":["ID","TITLE","DESCRIPTION","TAGS","subStatus","UF_CRM_TASK","PASSWORD"]}`); !strings.HasPrefix(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestTaskFaults(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "top"})
		b.add(task.Task{Title: "child", ParentID: 1})
		b.add(task.Task{Title: "secret", ResponsibleID: 3})
		const constructor = `400 "100" "CTaskItem All parameters in the constructor must have real class type`
		for _, c := range []struct {
			user               int64
			method, body, want string
		}{
			{2, "tasks.task.add", `{}`, `400 "100" "Could not find value for parameter {fields} (internal error)"`},
			{2, "tasks.task.add", `{"fields":[]}`, `400 "100" "Could not find value for parameter {fields} (internal error)"`},
			{2, "tasks.task.add", `{"fields":{"RESPONSIBLE_ID":2}}`, `400 "ERROR_CORE" "Task title not specified"`},
			{2, "tasks.task.add", `{"fields":{"TITLE":"x"}}`, `400 "ERROR_CORE" "Responsible person not specified"`},
			{2, "tasks.task.add", `{"fields":{"TITLE":"x","RESPONSIBLE_ID":99}}`, `400 "ERROR_CORE" "User specified in the \"Responsible\" field not found"`},
			{2, "tasks.task.add", `{"fields":{"TITLE":"x","RESPONSIBLE_ID":2,"STATUS":9}}`, `400 "ERROR_CORE" "Incorrect status"`},
			{2, "tasks.task.add", `{"fields":{"TITLE":"x","RESPONSIBLE_ID":2,"PARENT_ID":3}}`, `400 "ERROR_CORE" "Task specified in the \"Parent Task\" field not found"`},
			{2, "tasks.task.add", `{"fields":{"TITLE":"x","RESPONSIBLE_ID":2,"START_DATE_PLAN":"2026-11-24","END_DATE_PLAN":"2026-11-23"}}`, `400 "ERROR_CORE" "The end date in scheduling is earlier than the start date"`},
			{2, "tasks.task.add", `{"fields":{"TITLE":"x","RESPONSIBLE_ID":2,"START_DATE_PLAN":"2026-11-24","END_DATE_PLAN":"2226-11-23"}}`, `400 "ERROR_CORE" "The specified task duration is too long"`},
			{2, "tasks.task.add", `{"fields":{"TITLE":"x","RESPONSIBLE_ID":"anna"}}`, `400 "ERROR_CORE" "Wrong value of the field RESPONSIBLE_ID"`},
			{2, "tasks.task.add", `{"fields":{"TITLE":"x","RESPONSIBLE_ID":2,"COLOUR":1}}`, `400 "ERROR_CORE" "Wrong value of the field COLOUR"`},
			{2, "tasks.task.add", `{"fields":{"TITLE":"x","RESPONSIBLE_ID":3,"CREATED_BY":4}}`, `400 "0" "Action on the task is not allowed"`},
			{1, "tasks.task.update", `{}`, constructor + ` (internal error)"`},
			{1, "tasks.task.update", `{"taskId":"x","fields":{"TITLE":"y"}}`, `400 "0" "wrong task id"`},
			{1, "tasks.task.update", `{"taskId":1}`, `400 "100" "Could not find value for parameter {fields} (internal error)"`},
			{2, "tasks.task.update", `{"taskId":1,"fields":{"TITLE":"y"}}`, `400 "0" "Action on the task is not allowed (internal error)"`},
			{2, "tasks.task.update", `{"taskId":3,"fields":{"TITLE":"y"}}`, `400 "0" "Action on the task is not allowed (internal error)"`},
			{1, "tasks.task.update", `{"taskId":1,"fields":{"RESPONSIBLE_ID":99}}`, `400 "ERROR_CORE" "The user specified in the \"Responsible\" field was not found<br>"`},
			{1, "tasks.task.update", `{"taskId":1,"fields":{"STATUS":0}}`, `400 "ERROR_CORE" "Invalid status<br>"`},
			{1, "tasks.task.update", `{"taskId":1,"fields":{"PARENT_ID":99}}`, `400 "ERROR_CORE" "The task specified in the \"Parent Task\" field was not found<br>"`},
			{1, "tasks.task.update", `{"taskId":1,"fields":{"PARENT_ID":1}}`, `400 "ERROR_CORE" "Cannot bind the node to itself<br>"`},
			{1, "tasks.task.update", `{"taskId":1,"fields":{"PARENT_ID":2}}`, `400 "ERROR_CORE" "Creating cyclic links in tasks is prohibited<br>"`},
			{1, "tasks.task.update", `{"taskId":1,"fields":{"START_DATE_PLAN":"2026-11-24","END_DATE_PLAN":"2026-11-23"}}`, `400 "ERROR_CORE" "The end date specified in the scheduling is earlier than the start date<br>"`},
			{1, "tasks.task.update", `{"taskId":1,"fields":{"START_DATE_PLAN":"2026-11-24","END_DATE_PLAN":"2226-11-23"}}`, `400 "ERROR_CORE" "The duration of the task specified in the scheduling is too long<br>"`},
			{2, "tasks.task.delete", `{}`, constructor + `"`},
			{2, "tasks.task.delete", `{"taskId":[1]}`, `400 "0" "wrong task id"`},
			{2, "tasks.task.delete", `{"taskId":1}`, `400 "1048582" "No access to delete the task"`},
			{2, "tasks.task.get", `{}`, constructor + ` (internal error)"`},
			{2, "tasks.task.get", `{"taskId":"x"}`, `400 "0" "wrong task id"`},
			{2, "tasks.task.get", `{"taskId":1,"select":"ID"}`, `400 "100" "Invalid value {ID} to match with parameter {select}. Should be value of type array. (internal error)"`},
			{2, "tasks.task.get", `{"taskId":3}`, `[]`},
			{2, "tasks.task.get", `{"taskId":99}`, `[]`},
			{2, "tasks.task.list", `{"order":{"DESCRIPTION":"asc"}}`, `400 "0" "Invalid sorting key (internal error)"`},
			{2, "tasks.task.list", `{"filter":{"FOO":"1"}}`, `400 "0" "Invalid filter key FOO"`},
			{2, "tasks.task.start", `{"taskId":"x"}`, `400 "0" "wrong task id"`},
			{2, "tasks.task.start", `{"taskId":3}`, `400 "0" "Action on the task is not allowed"`},
			{2, "tasks.task.complete", `{"taskId":99}`, `400 "0" "Action on the task is not allowed"`},
			{2, "tasks.task.pause", `{"taskId":1}`, `400 "1048582" "Action on the task is not allowed"`},
			{2, "tasks.task.renew", `{"taskId":1}`, `400 "1048582" "Action on the task is not allowed"`},
			{2, "tasks.task.defer", `{"taskId":3}`, `400 "1048582" "Action on the task is not allowed"`},
			{2, "tasks.task.approve", `{"taskId":1}`, `400 "1048582" "Action on the task is not allowed"`},
			{2, "tasks.task.disapprove", `{}`, constructor + `"`},
			{2, "tasks.task.delegate", `{"taskId":1}`, `400 "100" "Could not find value for parameter {userId}"`},
			{2, "tasks.task.delegate", `{"taskId":3,"userId":4}`, `400 "0" "Action on the task is not allowed"`},
			{2, "tasks.task.favorite.add", `{"taskId":3}`, `400 "1" "Task not found or not accessible"`},
			{2, "tasks.task.favorite.remove", `{"taskId":"x"}`, `400 "0" "wrong task id"`},
			{2, "tasks.task.startwatch", `{"taskId":3}`, `400 "1048584" "a:0:{}"`},
			{2, "tasks.task.stopwatch", `{"taskId":99}`, `400 "1048584" "a:0:{}"`},
			{2, "tasks.task.pin", `{"id":3}`, `[]`},
			{2, "tasks.task.mute", `{"id":"x"}`, `400 "0" "wrong task id"`},
			{2, "tasks.task.getaccess", `{"taskId":1,"users":"2"}`, `400 "100" "Invalid value {2} to match with parameter {users}. Should be value of type array."`},
			{2, "tasks.task.getaccess", `{"taskId":3}`, `{"allowedActions":[]}`},
			{2, "tasks.task.counters.get", `{"userId":"x"}`, `400 "0" "Invalid value {x} to match with parameter {userId}. Should be value of type int."`},
			{2, "tasks.task.counters.get", `{"groupId":7}`, `400 "0" "Group not found or access denied. (internal error)"`},
			{2, "tasks.task.counters.get", `{"userId":3}`, `[] total 1`},
		} {
			if got := b.method(c.user, c.method, c.body); got != c.want {
				t.Errorf("%s %s as %d:\ngot  %s\nwant %s", c.method, c.body, c.user, got, c.want)
			}
		}
	})
}

func TestTaskUpdateAndDelete(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.method(1, "tasks.task.add", `{"fields":{"title":"x","responsibleId":2,"deadline":"2026-11-30 18:00:00"}}`)
		got := b.method(1, "tasks.task.update", `{"taskId":"1","fields":{"id":1,"MARK":"P","PRIORITY":2,"accomplices":["3"],"TAGS":"a, b","DEADLINE":"","SE_PARAMETER":[{"VALUE":"Y","CODE":3}],"TIME_ESTIMATE":"90"}}`)
		for name, want := range map[string]string{"title": `"x"`, "mark": `"P"`, "priority": `"2"`, "accomplices": `["3"]`, "deadline": "null", "timeEstimate": `"90"`, "outlookVersion": `"2"`, "changedBy": `"1"`} {
			if m := member(t, got, name); m != want {
				t.Errorf("%s is %s, want %s", name, m, want)
			}
		}
		x, err := b.tasks.Get(t.Context(), user.Ref{ID: 1}, 1)
		if err != nil || !x.ResultRequired || strings.Join(x.Tags, "|") != "a|b" {
			t.Errorf("%+v, %v", x, err)
		}
		if got := b.method(1, "tasks.task.delete", `{"taskId":1}`); got != `{"task":true}` {
			t.Errorf("deleted: %s", got)
		}
		if got := b.method(1, "tasks.task.get", `{"taskId":1}`); got != `[]` {
			t.Errorf("gone: %s", got)
		}
	})
}

func TestTaskActions(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "x", TaskControl: true, AllowTimeTracking: true})
		for _, c := range []struct {
			user               int64
			method, name, want string
		}{
			{2, "start", "status", `"3"`},
			{2, "pause", "status", `"2"`},
			{2, "defer", "status", `"6"`},
			{2, "renew", "status", `"2"`},
			{2, "complete", "status", `"4"`},
			{1, "disapprove", "status", `"2"`},
			{2, "complete", "closedBy", `"2"`},
			{1, "approve", "status", `"5"`},
			{1, "renew", "closedDate", "null"},
			{1, "startwatch", "auditors", `["1"]`},
			{1, "stopwatch", "auditors", `[]`},
		} {
			if got := member(t, b.method(c.user, "tasks.task."+c.method, `{"taskId":1}`), c.name); got != c.want {
				t.Errorf("%s: %s is %s, want %s", c.method, c.name, got, c.want)
			}
		}
		for method, want := range map[string]string{"pin": `"Y"`, "mute": `"Y"`} {
			name := map[string]string{"pin": "isPinned", "mute": "isMuted"}[method]
			if got := member(t, b.method(2, "tasks.task."+method, `{"id":1}`), name); got != want {
				t.Errorf("%s: %s", method, got)
			}
			if got := member(t, b.method(2, "tasks.task.un"+method, `{"id":"1"}`), name); got != `"N"` {
				t.Errorf("un%s: %s", method, got)
			}
		}
		if got := b.method(2, "tasks.task.favorite.add", `{"taskId":1}`); got != "true" {
			t.Errorf("favorite: %s", got)
		}
		if got := b.method(2, "tasks.task.list", `{"filter":{"::SUBFILTER-PARAMS":{"FAVORITE":"Y"}},"select":["ID"]}`); got != `{"tasks":[{"id":"1","group":[]}]} total 1` {
			t.Errorf("favourites: %s", got)
		}
		if got := b.method(3, "tasks.task.list", `{"filter":{"::SUBFILTER-PARAMS":{"FAVORITE":"Y"}}}`); got != `{"tasks":[]} total 0` {
			t.Errorf("favourites of another: %s", got)
		}
		got := b.method(2, "tasks.task.getaccess", `{"taskId":1,"users":[2,3,77]}`)
		_, afterThree, _ := strings.Cut(got, `"3":`)
		if !strings.HasPrefix(got, `{"allowedActions":{"2":{"ACCEPT":false,"DECLINE":false,"COMPLETE":true,`) || !strings.Contains(got, `"ADD_FAVORITE":false,"DELETE_FAVORITE":true`) ||
			strings.Contains(afterThree, "true") {
			t.Errorf("access: %s", got)
		}
		if got := member(t, b.method(2, "tasks.task.delegate", `{"taskId":1,"userId":3}`), "responsibleId"); got != `"3"` {
			t.Errorf("delegated to %s", got)
		}
	})
}

func TestTaskListShowsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "late", Deadline: noon.Add(-time.Hour), Description: "[B]now[/B]", Auditors: []int64{4}})
		b.add(task.Task{Title: "next", Status: task.InProgress})
		got := b.method(2, "tasks.task.list", `{"order":{"ID":"asc"},"filter":{"!STATUS":6,"REAL_STATUS":2},"select":["ID","STATUS","subStatus","COUNTERS","AUDITORS"],"params":{"WITH_PARSED_DESCRIPTION":true}}`)
		want := `{"tasks":[{"id":"1","status":"2","auditors":["4"],"subStatus":"-1","group":[],` +
			`"auditorsData":{"4":{"id":"4","name":"Person 4","link":"/company/personal/user/4/","icon":"","workPosition":"Clerk"}},"parsedDescription":"<b>now</b>",` +
			`"counter":{"counters":{"expired":1,"newComments":0,"projectExpired":0,"projectNewComments":0,"mutedExpired":0,"mutedNewComments":0},"color":"danger","value":1}}]} total 1`
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if _, err := b.results.Add(t.Context(), user.Ref{ID: 2}, 2, "Done so far"); err != nil {
			t.Fatal(err)
		}
		got = b.method(2, "tasks.task.list", `{"filter":{"ID":2},"select":["ID"],"params":{"WITH_TIMER_INFO":"Y","WITH_RESULT_INFO":"Y"}}`)
		want = `{"tasks":[{"id":"2","group":[],"taskRequireResult":"N","taskHasOpenResult":"Y","taskHasResult":"Y","timeElapsed":null,"timerIsRunningForCurrentUser":"N"}]} total 1`
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got := b.method(2, "tasks.task.list", `{"select":["ID"],"start":-1}`); got != `{"tasks":[{"id":"2","group":[]},{"id":"1","group":[]}]} total 0` {
			t.Errorf("without a total: %s", got)
		}
		if got := b.method(2, "tasks.task.counters.get", `{}`); got != `{"expired":{"counter":1,"code":6291456},"new_comments":{"counter":0,"code":12582912}} total 1` {
			t.Errorf("counters: %s", got)
		}
		if got := b.method(2, "tasks.task.getFields", `{}`); !strings.HasPrefix(got, `{"fields":{"ID":{"title":"ID","type":"integer","primary":true},"PARENT_ID":{"title":"Parent task","type":"integer","default":0},"TITLE":{"title":"Title","type":"string","required":true}`) {
			t.Errorf("fields: %s", got)
		}
	})
}

// drive attaches the files 7 and 9.
type drive struct{ ties map[int64][]taskfile.Tie }

func (d *drive) AttachTx(_ context.Context, _ *db.Tx, _, taskID int64, ids []int64) (out []int64, err error) {
	for _, id := range ids {
		if id != 7 && id != 9 {
			return nil, taskfile.ErrFile
		}
		d.ties[taskID] = append(d.ties[taskID], taskfile.Tie{ID: 100 + id, FileID: id})
		out = append(out, 100+id)
	}
	return out, nil
}

func (d *drive) DetachTx(_ context.Context, _ *db.Tx, taskID int64, ids []int64) error {
	d.ties[taskID] = slices.DeleteFunc(slices.Clone(d.ties[taskID]), func(t taskfile.Tie) bool { return slices.Contains(ids, t.FileID) })
	return nil
}

func (d *drive) DetachAllTx(_ context.Context, _ *db.Tx, taskID int64) error {
	delete(d.ties, taskID)
	return nil
}

func (d *drive) TiesTx(context.Context, *db.Tx, []int64) (map[int64][]taskfile.Tie, error) {
	return maps.Clone(d.ties), nil
}

func TestFilesOfATask(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		files := func() string {
			t.Helper()
			return member(t, b.method(2, "tasks.task.get", `{"taskId":1,"select":["UF_TASK_WEBDAV_FILES"]}`), "ufTaskWebdavFiles")
		}
		b.method(2, "tasks.task.add", `{"fields":{"TITLE":"Offer","RESPONSIBLE_ID":3,"UF_TASK_WEBDAV_FILES":["n7","n9"]}}`)
		if got := files(); got != "[107,109]" {
			t.Error(got)
		}
		b.method(2, "tasks.task.update", `{"taskId":1,"fields":{"UF_TASK_WEBDAV_FILES":["109"]}}`)
		if got := files(); got != "[109]" {
			t.Error(got)
		}
		got := b.method(2, "tasks.task.list", `{"select":["ID","UF_TASK_WEBDAV_FILES"]}`)
		if !strings.Contains(got, `"ufTaskWebdavFiles":[109]`) {
			t.Error(got)
		}
		for _, fields := range []string{`["n4"]`, `["107"]`} {
			got := b.method(2, "tasks.task.update", `{"taskId":1,"fields":{"UF_TASK_WEBDAV_FILES":`+fields+`}}`)
			if !strings.HasPrefix(got, `400 "ERROR_CORE" "A file does not exist or is not yours to show.`) {
				t.Error(got)
			}
		}
		b.method(2, "tasks.task.update", `{"taskId":1,"fields":{"UF_TASK_WEBDAV_FILES":""}}`)
		if got := files(); got != "false" {
			t.Error(got)
		}
	})
}
