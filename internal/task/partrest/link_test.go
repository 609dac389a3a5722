package partrest_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/link"
	"github.com/portico-hq/portico/internal/user"
)

func TestDependences(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		second, third := b.newTask("Paint"), b.newTask("Move in")
		id := func(n int64) string { return strconv.FormatInt(n, 10) }
		add := func(from, to int64) string {
			return `{"taskIdFrom":` + id(from) + `,"taskIdTo":` + id(to) + `,"linkType":0}`
		}
		b.take()
		b.want(anna, "task.dependence.add", add(b.task, second), `[]`)
		b.want(anna, "task.dependence.add", add(second, third), `[]`)
		if events := b.take(); len(events) != 2 || !strings.HasPrefix(events[0], "ONTASKUPDATE 1 ") {
			t.Errorf("events %q", events)
		}
		kinds, err := b.config.Links.Kinds(t.Context(), user.Ref{ID: anna}, second)
		if err != nil || len(kinds) != 1 || kinds[b.task] != link.StartStart {
			t.Errorf("%v %v", kinds, err)
		}
		b.refused(anna, "task.dependence.add", add(b.task, second), "ILLEGAL_NEW_LINK", "A link between tasks already exists")
		for _, from := range []int64{second, third, b.task} {
			b.refused(anna, "task.dependence.add", add(from, b.task), "ILLEGAL_NEW_LINK", "A task cannot depend on itself, over other tasks neither")
		}
		on := []int64{third}
		if _, err := b.tasks.Update(t.Context(), user.Ref{ID: anna}, b.task, task.Change{DependsOn: &on}); err == nil {
			t.Error("a circle is made by a change of the task")
		}
		b.refused(ben, "task.dependence.add", add(b.task, third), "ACTION_NOT_ALLOWED", "Unable to add a link between tasks")
		b.refused(anna, "task.dependence.add", add(99, third), "ACTION_NOT_ALLOWED", "Unable to add a link between tasks")
		b.refused(anna, "task.dependence.add", strings.Replace(add(b.task, third), "0}", "4}", 1), "ERROR_ARGUMENT", "Argument 'linkType' must be 0, 1, 2 or 3")
		b.refused(ben, "task.dependence.delete", add(b.task, second), "ACTION_NOT_ALLOWED", "It is not possible to delete the dependency between tasks")
		b.want(anna, "task.dependence.delete", add(b.task, second), `[]`)
		b.refused(anna, "task.dependence.delete", add(b.task, second), "ILLEGAL_NEW_LINK", "The dependency between tasks does not exist")
		b.want(anna, "task.dependence.add", add(second, b.task), `[]`)
	})
}

func TestLogOfATask(t *testing.T) {
	run(t, func(_ *testing.T, b *bench) {
		b.clock.Advance(time.Minute)
		b.call(ben, "task.commentitem.add", `{"TASKID":$task,"FIELDS":{"POST_MESSAGE":"x"}}`)
		b.want(ben, "task.logitem.list", `{"taskId":$task}`, `[
			{"CREATED_DATE":"2026-11-23T13:00:00+01:00","USER_ID":"1","TASK_ID":"$task","FIELD":"NEW","FROM_VALUE":"","TO_VALUE":""},
			{"CREATED_DATE":"2026-11-23T13:01:00+01:00","USER_ID":"2","TASK_ID":"$task","FIELD":"COMMENT","FROM_VALUE":"","TO_VALUE":"100"}]`)
		b.refused(eve, "task.logitem.list", `{"ID":$task}`, "ERROR_CORE", "TASKS_ERROR_EXCEPTION_#8; Action failed; 8/TE/ACTION_FAILED_TO_BE_PROCESSED")
	})
}

func TestHistoryOfATask(t *testing.T) {
	run(t, func(_ *testing.T, b *bench) {
		b.clock.Advance(time.Minute)
		b.call(ben, "task.checklistitem.add", `{"TASKID":$task,"FIELDS":{"TITLE":"Call","PARENT_ID":0}}`)
		const m = "tasks.task.history.list"
		made := `{"id":1,"createdDate":"2026-11-23T13:00:00+01:00","field":"NEW","value":{"from":null,"to":null},
			"user":{"id":1,"name":"Anna","lastName":"Albers","secondName":"","login":"anna"}}`
		item := `{"id":2,"createdDate":"2026-11-23T13:01:00+01:00","field":"CHECKLIST_ITEM_CREATE","value":{"from":"","to":"Call"},
			"user":{"id":2,"name":"Ben","lastName":"","secondName":"","login":"ben"}}`
		b.want(ben, m, `{"taskId":$task}`, `{"list":[`+item+`,`+made+`]}`)
		b.want(ben, m, `{"taskId":$task,"order":{"createdDate":"ASC"}}`, `{"list":[`+made+`,`+item+`]}`)
		b.want(ben, m, `{"taskId":$task,"filter":{"FIELD":"NEW"}}`, `{"list":[`+made+`]}`)
		b.want(ben, m, `{"taskId":99}`, `{"list":[]}`)
		b.refused(eve, m, `{"taskId":$task}`, "0", "Access denied.")
		b.refused(ben, m, `{"taskId":"x"}`, "0", "wrong task id")
		b.refused(ben, m, `{}`, "100", "CTaskItem All parameters in the constructor must have real class type")
		b.refused(ben, m, `{"taskId":$task,"filter":{"USER":1}}`, "0", "The history is filtered by FIELD alone")
	})
}
