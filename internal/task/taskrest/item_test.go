package taskrest_test

import (
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/task"
)

// exchange is a call and the beginning of its answer.
type exchange struct {
	user               int64
	method, body, want string
}

func (b *bench) exchanges(list []exchange) {
	b.t.Helper()
	for _, c := range list {
		got := b.method(c.user, c.method, c.body)
		if want, open := strings.CutSuffix(c.want, "…"); open && !strings.HasPrefix(got, want) || !open && got != c.want {
			b.t.Errorf("%s %s as %d:\ngot  %s\nwant %s", c.method, c.body, c.user, got, c.want)
		}
	}
}

func TestOutdatedItems(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "top", Description: "[B]a[/B] & b", DependsOn: nil})
		b.add(task.Task{Title: "child", ParentID: 1, DependsOn: []int64{1}})
		b.add(task.Task{Title: "secret", ResponsibleID: 3})
		const gone, denied = `400 "ERROR_CORE" "TASKS_ERROR_EXCEPTION_#1; Task not found; 1/TE/TASK_NOT_FOUND_OR_NOT_ACCESSIBLE"`,
			`400 "ERROR_CORE" "TASKS_ERROR_EXCEPTION_#4; Action not allowed; 4/TE/ACTION_NOT_ALLOWED<br>"`
		b.exchanges([]exchange{
			{2, "task.item.add", `{"fields":{"TITLE":"new","RESPONSIBLE_ID":2,"DEADLINE":"2013-05-13T16:06:06+03:00"}}`, "4"},
			{2, "task.item.add", `{"TASKDATA":{"TITLE":"own"}}`, "5"},
			{2, "task.item.add", `{"0":{"TITLE":"by place"}}`, "6"},
			{2, "task.item.add", `{"fields":{}}`, `400 "ERROR_CORE" "Task title not specified<br>"`},
			{2, "task.item.add", `{}`, `400 "ERROR_CORE" "TASKS_ERROR_EXCEPTION_#256; Param #0 (arNewTaskData) for method ctaskitem::add() expected to be of type \"array\", but given something else.; 256/TE/WRONG_ARGUMENTS<br>"`},
			{2, "task.item.update", `{"taskId":4,"fields":{"TIME_ESTIMATE":113}}`, "true"},
			{2, "task.item.update", `{"TASKID":1,"TASKDATA":{"TITLE":"x"}}`, denied},
			{2, "task.item.update", `{"0":3,"1":{"TITLE":"x"}}`, gone},
			{2, "task.item.getdata", `{"TASKID":4}`, `{"ID":"4","PARENT_ID":null,"TITLE":"new",…`},
			{2, "task.item.getdata", `{"TASKID":3}`, gone},
			{2, "task.item.getdata", `{}`, `400 "ERROR_CORE" "TASKS_ERROR_EXCEPTION_#256; Param #0 (taskId) expected by method ctaskitem::getdata(), but not given.; 256/TE/WRONG_ARGUMENTS<br>"`},
			{2, "task.item.getdata", `{"TASKID":"x"}`, `400 "ERROR_CORE" "TASKS_ERROR_EXCEPTION_#256; Param #0 (taskId) for method ctaskitem::getdata() expected to be of type \"integer\", but given something else.; 256/TE/WRONG_ARGUMENTS<br>"`},
			{2, "task.item.getdescription", `{"TASKID":1}`, `"<b>a</b> &amp; b"`},
			{2, "task.item.getdescription", `{"TASKID":1,"FORMAT":1}`, `"[B]a[/B] & b"`},
			{2, "task.item.getdescription", `{"0":1,"1":3}`, `"a & b"`},
			{2, "task.item.getdependson", `{"TASKID":2}`, `[1]`},
			{2, "task.item.getdependson", `{"TASKID":1}`, `[]`},
			{2, "task.item.getallowedactions", `{"TASKID":1}`, `[3,6,7,10,12,14,15]`},
			{1, "task.item.getallowedactions", `{"TASKID":1}`, `[3,6,7,8,9,10,12,13,14,15]`},
			{2, "task.item.getallowedtaskactionsasstrings", `{"TASKID":1}`, `{"ACTION_ACCEPT":false,"ACTION_DECLINE":false,"ACTION_COMPLETE":true,…`},
			{2, "task.item.isactionallowed", `{"TASKID":1,"ACTION":6}`, "true"},
			{2, "task.item.isactionallowed", `{"TASKID":1,"ACTIONID":8}`, "false"},
			{2, "task.item.isactionallowed", `{"TASKID":1,"ACTIONID":99}`, `400 "ERROR_CORE" "TASKS_ERROR_EXCEPTION_#256; Param #1 (actionId)…`},
			{2, "task.item.startexecution", `{"taskId":1}`, "true"},
			{2, "task.item.defer", `{"taskId":1}`, denied},
			{2, "task.item.complete", `{"TASKID":1}`, "true"},
			{2, "task.item.renew", `{"TASKID":1}`, "true"},
			{2, "task.item.approve", `{"TASKID":1}`, denied},
			{2, "task.item.disapprove", `{"TASKID":3}`, gone},
			{2, "task.item.addtofavorite", `{"TASK_ID":1,"PARAMS":{"AFFECT_CHILDREN":"Y"}}`, "true"},
			{2, "tasks.task.list", `{"order":{"ID":"asc"},"filter":{"::SUBFILTER-PARAMS":{"FAVORITE":"Y"}},"select":["ID"]}`, `{"tasks":[{"id":"1","group":[]},{"id":"2","group":[]}]} total 2`},
			{2, "task.item.deletefromfavorite", `{"TASK_ID":1}`, "true"},
			{2, "tasks.task.list", `{"filter":{"::SUBFILTER-PARAMS":{"FAVORITE":"Y"}},"select":["ID"]}`, `{"tasks":[{"id":"2","group":[]}]} total 1`},
			{2, "task.items.getlist", `{"ORDER":{"ID":"asc"},"FILTER":{"OVERDUED":"Y"},"TASKDATA":["ID"],"NAV_PARAMS":{"nPageSize":5}}`, `[{"ID":"4"}] total 1`},
			{2, "task.items.getlist", `{"0":{"ID":"asc"},"1":{"PARENT_ID":1},"2":["ID","TITLE"]}`, `[{"ID":"2","TITLE":"child"}] total 1`},
			{2, "task.item.delegate", `{"TASKID":1,"USERID":3}`, "true"},
			{2, "task.item.delete", `{"TASKID":4}`, "true"},
			{2, "task.item.delete", `{"TASKID":4}`, gone},
			{2, "task.item.getmanifest", `{}`, `{"REST: available methods":{"add":{"method":"task.item.add"}…`},
		})
	})
}

func TestAddedFieldsOfTasks(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		const described = `{"ID":"1","ENTITY_ID":"TASKS_TASK","FIELD_NAME":"UF_CLIENT","USER_TYPE_ID":"string","XML_ID":"x","SORT":"220","MULTIPLE":"N","MANDATORY":"Y",`
		b.exchanges([]exchange{
			{2, "task.item.userfield.add", `{"PARAMS":{"USER_TYPE_ID":"string","FIELD_NAME":"CLIENT"}}`, `400 "ERROR_CORE" "Access denied"`},
			{1, "task.item.userfield.add", `{"PARAMS":{"FIELD_NAME":"CLIENT"}}`, `400 "ERROR_CORE" "The 'USER_TYPE_ID' field is not found"`},
			{1, "task.item.userfield.add", `{"PARAMS":{"USER_TYPE_ID":"string"}}`, `400 "ERROR_CORE" "The 'FIELD_NAME' field is not found"`},
			{1, "task.item.userfield.add", `{"PARAMS":{"USER_TYPE_ID":"colour","FIELD_NAME":"C"}}`, `400 "ERROR_CORE" "Invalid user type specified."`},
			{1, "task.item.userfield.add", `{"PARAMS":{"USER_TYPE_ID":"string","FIELD_NAME":"UF_CLIENT","XML_ID":"x","SORT":220,"MANDATORY":"Y","EDIT_FORM_LABEL":{"en":"Client"}}}`, "1"},
			{1, "task.item.userfield.add", `{"PARAMS":{"USER_TYPE_ID":"string","FIELD_NAME":"CLIENT"}}`, `400 "ERROR_CORE" "The field UF_CLIENT for the object TASKS_TASK already exists."`},
			{1, "task.item.userfield.add", `{"PARAMS":{"USER_TYPE_ID":"integer","FIELD_NAME":"UF_POINTS","SORT":100}}`, "2"},
			{2, "task.item.userfield.get", `{"ID":1}`, described + `…`},
			{2, "task.item.userfield.get", `{}`, `400 "ERROR_CORE" "No parameters found"`},
			{2, "task.item.userfield.get", `{"ID":"x"}`, `400 "ERROR_CORE" "ID is not defined or invalid"`},
			{2, "task.item.userfield.get", `{"ID":7}`, `400 "ERROR_NOT_FOUND" "The entity with ID '7' is not found"`},
			{2, "task.item.userfield.getlist", `{"ORDER":{"SORT":"desc"},"FILTER":{"USER_TYPE_ID":"string"}}`, "[" + described + `…`},
			{2, "task.item.userfield.getfields", `{}`, `{"ID":{"type":"int","title":"ID","isReadOnly":true},…`},
			{2, "task.item.userfield.gettypes", `{}`, `[{"ID":"string","title":"Text"},…`},
			{2, "tasks.task.add", `{"fields":{"TITLE":"x","RESPONSIBLE_ID":2,"ufClient":"Northwind","UF_POINTS":3}}`, `{"task":{"id":"1",…`},
			{2, "tasks.task.add", `{"fields":{"TITLE":"x","RESPONSIBLE_ID":2}}`, `400 "ERROR_CORE" "Required field UF_CLIENT value not entered"`},
			{2, "tasks.task.add", `{"fields":{"TITLE":"x","RESPONSIBLE_ID":2,"ufClient":"Northwind","UF_POINTS":"many"}}`, `400 "ERROR_CORE" "UF_POINTS: write a whole number."`},
			{2, "tasks.task.get", `{"taskId":1,"select":["ID","UF_CLIENT","UF_POINTS"]}`, `{"task":{"id":"1","favorite":"N","ufPoints":"3","ufClient":"Northwind",…`},
			{2, "tasks.task.list", `{"filter":{">UF_POINTS":2,"UF_CLIENT":"northwind"},"order":{"UF_POINTS":"desc"},"select":["ID"]}`, `{"tasks":[{"id":"1","group":[]}]} total 1`},
			{1, "task.item.userfield.update", `{}`, `400 "ERROR_CORE" "TASKS_ERROR_EXCEPTION_#0; Invalid arguments for Bitrix\\Tasks\\Integration\\Rest\\Task\\UserField::update; 0/TE"`},
			{1, "task.item.userfield.update", `{"ID":"x","DATA":{"SORT":1}}`, `400 "ERROR_CORE" "ID is not defined or invalid"`},
			{2, "task.item.userfield.update", `{"ID":1,"DATA":{"SORT":1}}`, `400 "ERROR_CORE" "Access denied"`},
			{1, "task.item.userfield.update", `{"ID":7,"DATA":{"SORT":1}}`, `400 "ERROR_NOT_FOUND" "The entity with ID '7' is not found"`},
			{1, "task.item.userfield.update", `{"ID":1,"DATA":{"MANDATORY":"N"}}`, "true"},
			{1, "task.item.userfield.delete", `{}`, `400 "ERROR_CORE" "TASKS_ERROR_EXCEPTION_#0; Invalid arguments for Bitrix\\Tasks\\Integration\\Rest\\Task\\UserField::delete; 0/TE"`},
			{2, "task.item.userfield.delete", `{"ID":1}`, `400 "ERROR_CORE" "Access denied"`},
			{1, "task.item.userfield.delete", `{"ID":1}`, "true"},
			{1, "task.item.userfield.delete", `{"ID":1}`, `400 "ERROR_NOT_FOUND" "The entity with ID '1' is not found"`},
		})
	})
}
