package partrest_test

import (
	"strings"
	"testing"
)

func TestChecklistItems(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.want(ben, "task.checklistitem.add", `{"TASKID":$task,"FIELDS":{"TITLE":"Plan","PARENT_ID":0}}`, `1`)
		b.want(ben, "task.checklistitem.add", `{"TASKID":$task,"FIELDS":{"TITLE":"Prepare the report","PARENT_ID":1,"SORT_INDEX":200,"IS_COMPLETE":"N",
			"IS_IMPORTANT":"Y","MEMBERS":{"1":{"TYPE":"A"},"5":{"TYPE":"U"}}}}`, `2`)
		b.want(ben, "task.checklistitem.complete", `{"TASKID":$task,"ITEMID":2}`, `true`)
		item := `{"ID":"2","TASK_ID":"$task","PARENT_ID":"1","CREATED_BY":"2","TITLE":"Prepare the report","SORT_INDEX":"200",
			"IS_COMPLETE":"Y","IS_IMPORTANT":"Y","TOGGLED_BY":"2","TOGGLED_DATE":"2026-11-23T13:00:00+01:00","MEMBERS":[
			{"ID":"1","TYPE":"A","NAME":"Anna Albers","PERSONAL_PHOTO":null,"PERSONAL_GENDER":"F","IMAGE":"https://portal.example/avatar/1/abc","IS_COLLABER":false},
			{"ID":"5","TYPE":"U","NAME":"Eve","PERSONAL_PHOTO":null,"PERSONAL_GENDER":"","IMAGE":"","IS_COLLABER":false}],"ATTACHMENTS":[]}`
		plan := `{"ID":"1","TASK_ID":"$task","PARENT_ID":0,"CREATED_BY":"2","TITLE":"Plan","SORT_INDEX":"0","IS_COMPLETE":"N",
			"IS_IMPORTANT":"N","TOGGLED_BY":null,"TOGGLED_DATE":"","MEMBERS":[],"ATTACHMENTS":[]}`
		b.want(ben, "task.checklistitem.get", `{"TASKID":$task,"ITEMID":2}`, item)
		b.want(ben, "task.checklistitem.getlist", `{"TASKID":$task}`, `[`+item+`,`+plan+`]`)
		b.want(ben, "task.checklistitem.getlist", `{"TASKID":$task,"ORDER":{"IS_COMPLETE":"ASC"}}`, `[`+plan+`,`+item+`]`)
		b.want(ben, "task.checklistitem.renew", `{"TASKID":$task,"ITEMID":2}`, `true`)
		b.want(ben, "task.checklistitem.complete", `{"TASKID":$task,"ITEMID":77}`, `false`)
		b.want(ben, "task.checklistitem.update", `{"TASKID":$task,"ITEMID":2,"FIELDS":{"TITLE":"Report","PARENT_ID":0,"MEMBERS":{}}}`, `null`)
		b.want(ben, "task.checklistitem.moveafteritem", `{"TASKID":$task,"ITEMID":1,"AFTERITEMID":2}`, `null`)
		b.want(dan, "task.checklistitem.isactionallowed", `{"TASKID":$task,"ITEMID":2,"ACTIONID":2}`, `false`)
		b.want(ben, "task.checklistitem.isactionallowed", `{"TASKID":$task,"ITEMID":2,"ACTIONID":2}`, `true`)
		b.want(ben, "task.checklistitem.isactionallowed", `{"TASKID":99,"ITEMID":2,"ACTIONID":2}`, `false`)
		b.want(ben, "task.checklistitem.delete", `{"TASKID":$task,"ITEMID":2}`, `true`)
		b.want(cleo, "task.checklistitem.isactionallowed", `{"TASKID":$task,"ITEMID":1,"ACTIONID":4}`, `false`)
		if got := strings.Join(b.take(), "\n"); strings.Count(got, "ONTASKUPDATE") != 1 { // eve began to watch
			t.Errorf("events %s", got)
		}
	})
}

func TestChecklistArgumentsCountByNameAndByPlace(t *testing.T) {
	run(t, func(_ *testing.T, b *bench) {
		b.want(ben, "task.checklistitem.add", `[$task,{"TITLE":"a"}]`, `2`) // 1 is the checklist itself
		b.want(ben, "task.checklistitem.add", `{"FIELDS":{"TITLE":"b"},"TASKID":$task}`, `3`)
		b.want(ben, "task.checklistitem.add", `{"taskId":"$task","arFields":{"title":"c"},"bx24_request_id":"x"}`, `4`)
	})
}

func TestChecklistFaults(t *testing.T) {
	run(t, func(_ *testing.T, b *bench) {
		b.call(ben, "task.checklistitem.add", `{"TASKID":$task,"FIELDS":{"TITLE":"Plan","PARENT_ID":0}}`)
		const f = "task.checklistitem."
		wrong := func(as int64, method, body, text string) { b.refused(as, f+method, body, "ERROR_CORE", text) }
		const done = "; 8/TE/ACTION_FAILED_TO_BE_PROCESSED"
		missing := func(n, method string) string {
			return "TASKS_ERROR_EXCEPTION_#256; Param #" + n + " expected by method ctaskchecklistitem::" + method + "(), but not given.; 256/TE/WRONG_ARGUMENTS"
		}
		mistyped := func(n, method string) string {
			return "TASKS_ERROR_EXCEPTION_#256; Param #" + n + " for method ctaskchecklistitem::" + method +
				`() expected to be of type "integer", but given something else.; 256/TE/WRONG_ARGUMENTS`
		}
		wrong(dan, "add", `{"TASKID":$task,"FIELDS":{"TITLE":"x"}}`, "TASKS_ERROR_EXCEPTION_#8; Adding item: action not allowed"+done)
		wrong(ben, "add", `{"TASKID":99,"FIELDS":{"TITLE":"x"}}`, "TASKS_ERROR_EXCEPTION_#8; Adding item: action not allowed"+done)
		wrong(ben, "add", `{"TASKID":"x","FIELDS":{"TITLE":"x"}}`, mistyped("0 (taskId)", "add"))
		wrong(ben, "add", `{"TASKID":$task}`, missing("1 (arFields)", "add"))
		wrong(ben, "add", `{"TASKID":$task,"FIELDS":{}}`, missing("1 (arFields)", "add"))
		wrong(ben, "add", `{"TASKID":$task,"FIELDS":{"SORT_INDEX":1}}`, "TASKS_ERROR_EXCEPTION_#8; Item name not specified"+done)
		wrong(ben, "add", `{"TASKID":$task,"FIELDS":{"TITLE":"x","NOTE":1}}`,
			`TASKS_ERROR_EXCEPTION_#256; Param #1 (arFields) for method ctaskchecklistitem::add() must not contain key "NOTE".; 256/TE/WRONG_ARGUMENTS`)
		wrong(ben, "add", `{"TASKID":$task,"FIELDS":{"TITLE":"x","MEMBERS":{"1":{"TYPE":"Z"}}}}`,
			`TASKS_ERROR_EXCEPTION_#256; Param #1 (arFields) for method ctaskchecklistitem::add() must not contain value "MEMBERS".; 256/TE/WRONG_ARGUMENTS`)
		wrong(dan, "update", `{"TASKID":$task,"ITEMID":1,"FIELDS":{"TITLE":"x"}}`, "TASKS_ERROR_EXCEPTION_#4; No access to edit the task; 4/TE/ACTION_NOT_ALLOWED")
		wrong(ben, "update", `{"TASKID":$task,"ITEMID":9,"FIELDS":{"TITLE":"x"}}`,
			"TASKS_ERROR_EXCEPTION_#8; Incorrect value [] specified for field [ENTITY_ID] in item [, x]"+done)
		wrong(ben, "update", `{"TASKID":$task,"FIELDS":{"TITLE":"x"}}`, missing("1 (itemId)", "update"))
		wrong(ben, "update", `{"TASKID":$task,"ITEMID":1,"FIELDS":[]}`, missing("2 (arFields)", "update"))
		wrong(eve, "get", `{"TASKID":$task,"ITEMID":1}`,
			"TASKS_ERROR_EXCEPTION_#512; Check listitem not found or not accessible; 512/TE/ITEM_NOT_FOUND_OR_NOT_ACCESSIBLE")
		wrong(ben, "get", `{}`, missing("0 (taskId)", "get"))
		wrong(eve, "getlist", `{"TASKID":$task}`, "TASKS_ERROR_EXCEPTION_#8; Action failed"+done)
		wrong(ben, "getlist", `{"TASKID":$task,"ORDER":{"IS_COMPLETED":"asc"}}`,
			`TASKS_ERROR_EXCEPTION_#256; Param #1 (arOrder) for method ctaskchecklistitem::getlist() must not contain key "IS_COMPLETED".; 256/TE/WRONG_ARGUMENTS`)
		wrong(dan, "delete", `{"TASKID":$task,"ITEMID":1}`, "TASKS_ERROR_EXCEPTION_#8; Deleting item: action not allowed"+done)
		wrong(ben, "moveafteritem", `{"TASKID":$task,"ITEMID":1,"AFTERITEMID":5}`, "TASKS_ERROR_EXCEPTION_#8; Moving item: action not allowed"+done)
		wrong(ben, "complete", `{"TASKID":$task}`, missing("1 (itemId)", "complete"))
		wrong(ben, "renew", `{"TASKID":0,"ITEMID":1}`, "TASKS_ERROR_ASSERT_EXCEPTION")
		wrong(ben, "isactionallowed", `{"TASKID":$task,"ITEMID":1}`, missing("2 (actionId)", "isactionallowed"))
	})
}

func TestChecklistManifest(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		got := b.call(eve, "task.checklistitem.getmanifest", `{}`)
		for _, part := range []string{
			`{"Manifest version":"2.0",`, `"REST: shortname alias to class":"checklistitem"`, `"REST: date fields":["TOGGLED_DATE"]`,
			`"getmanifest":{"staticMethod":true,"params":[]}`,
			`"get":{"mandatoryParamsCount":2,"params":[{"description":"taskId","type":"integer"},{"description":"itemId","type":"integer"}],"allowedKeysInReturnValue":["ID",`,
			`{"description":"arOrder","type":"array","allowedKeys":["ID",`, `"collectionInReturnValue":true}`,
			`"add":{"staticMethod":true,"mandatoryParamsCount":2,`, `"isactionallowed":{"staticMethod":false,"mandatoryParamsCount":3,`,
		} {
			if !strings.Contains(got, part) {
				t.Errorf("%s\nlacks %s", got, part)
			}
		}
	})
}
