package partrest_test

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestTimeRecords(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.want(ben, "task.elapseditem.add", `{"TASKID":$task,"ARFIELDS":{"SECONDS":3700,"COMMENT_TEXT":"boxes"}}`, `1`)
		b.want(anna, "task.elapseditem.add", `{"TASKID":$task,"ARFIELDS":{"SECONDS":"90","COMMENT_TEXT":"van","USER_ID":3,
			"CREATED_DATE":"2026-11-20T10:00:00+00:00"}}`, `2`)
		first := `{"ID":"1","TASK_ID":"$task","USER_ID":"2","COMMENT_TEXT":"boxes","SECONDS":"3700","MINUTES":"61","SOURCE":"2",
			"CREATED_DATE":"2026-11-23T13:00:00+01:00","DATE_START":"2026-11-23T13:00:00+01:00","DATE_STOP":"2026-11-23T13:00:00+01:00"}`
		second := `{"ID":"2","TASK_ID":"$task","USER_ID":"3","COMMENT_TEXT":"van","SECONDS":"90","MINUTES":"1","SOURCE":"2",
			"CREATED_DATE":"2026-11-20T11:00:00+01:00","DATE_START":"2026-11-23T13:00:00+01:00","DATE_STOP":"2026-11-23T13:00:00+01:00"}`
		b.want(ben, "task.elapseditem.get", `{"TASKID":$task,"ITEMID":1}`, first)
		b.want(ben, "task.elapseditem.getlist", `{"TASKID":$task,"ORDER":{"SECONDS":"asc"}}`, `[`+second+`,`+first+`]`)
		b.want(ben, "task.elapseditem.getlist", `[{"ID":"desc"},{">=CREATED_DATE":"2026-11-21"}]`, `[`+first+`]`)
		b.want(ben, "task.elapseditem.getlist", `[$task,{"ID":"desc"},{"!USER_ID":[2,4]},["user_id","ID"]]`, `[{"ID":"2","USER_ID":"3"}]`)
		b.want(eve, "task.elapseditem.getlist", `{}`, `[]`)
		_, out := b.send(ben, "task.elapseditem.getlist", `{"PARAMS":{"NAV_PARAMS":{"nPageSize":1,"iNumPage":2}}}`)
		if string(out["total"]) != "2" || !strings.Contains(string(out["result"]), `"ID":"2"`) || out["next"] != nil {
			t.Errorf("%s", out)
		}
		b.want(ben, "task.elapseditem.update", `{"TASKID":$task,"ITEMID":1,"ARFIELDS":{"SECONDS":60,"COMMENT_TEXT":"less"}}`, `null`)
		b.want(ben, "task.elapseditem.isActionAllowed", `{"TASKID":$task,"ITEMID":2,"ACTIONID":3}`, `false`)
		b.want(anna, "task.elapseditem.isActionAllowed", `{"TASKID":$task,"ITEMID":2,"ACTIONID":3}`, `true`)
		b.want(dan, "task.elapseditem.isActionAllowed", `{"TASKID":$task,"ITEMID":99,"ACTIONID":1}`, `true`)
		b.want(eve, "task.elapseditem.isActionAllowed", `{"TASKID":$task,"ITEMID":1,"ACTIONID":1}`, `false`)
		b.want(anna, "task.elapseditem.delete", `{"TASKID":$task,"ITEMID":2}`, `null`)
		b.want(ben, "task.elapseditem.getlist", `{"TASKID":$task,"SELECT":["SECONDS"]}`, `[{"SECONDS":"60"}]`)
	})
}

func TestTimeRecordsHavePages(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		for i := range 52 {
			b.call(ben, "task.elapseditem.add", `{"TASKID":$task,"ARFIELDS":{"SECONDS":`+strconv.Itoa(i+1)+`,"COMMENT_TEXT":""}}`)
			b.clock.Advance(time.Second)
		}
		_, out := b.send(ben, "task.elapseditem.getlist", `{"TASKID":$task}`)
		if string(out["total"]) != "52" || string(out["next"]) != "50" {
			t.Errorf("total %s, next %s", out["total"], out["next"])
		}
		_, out = b.send(ben, "task.elapseditem.getlist", `{"TASKID":$task,"SELECT":["SECONDS"],"start":50}`)
		if string(out["result"]) != `[{"SECONDS":"51"},{"SECONDS":"52"}]` || out["next"] != nil {
			t.Errorf("%s", out)
		}
	})
}

func TestTimeRecordFaults(t *testing.T) {
	run(t, func(_ *testing.T, b *bench) {
		b.call(anna, "task.elapseditem.add", `{"TASKID":$task,"ARFIELDS":{"SECONDS":3700,"COMMENT_TEXT":"boxes"}}`)
		other := strconv.FormatInt(b.newTask("Other"), 10)
		wrong := func(as int64, method, body, text string) {
			b.refused(as, "task.elapseditem."+method, body, "ERROR_CORE", text)
		}
		const (
			notAllowed = "TASKS_ERROR_EXCEPTION_#4; Action is not allowed; 4/TE/ACTION_NOT_ALLOWED"
			noTask     = "TASKS_ERROR_EXCEPTION_#1; Task not found; 1/TE/TASK_NOT_FOUND_OR_NOT_ACCESSIBLE"
			noItem     = "TASKS_ERROR_EXCEPTION_#512; Item not found or not accessible; 512/TE/ITEM_NOT_FOUND_OR_NOT_ACCESSIBLE"
			args       = "; 256/TE/WRONG_ARGUMENTS"
			param      = "TASKS_ERROR_EXCEPTION_#256; Param #"
			done       = "; 8/TE/ACTION_FAILED_TO_BE_PROCESSED"
		)
		wrong(eve, "add", `{"TASKID":$task,"ARFIELDS":{"SECONDS":1,"COMMENT_TEXT":"x"}}`, noTask)
		wrong(ben, "add", `{"TASKID":$task,"ARFIELDS":{"SECONDS":1,"COMMENT_TEXT":"x","USER_ID":3}}`, notAllowed)
		wrong(anna, "add", `{"TASKID":$task,"ARFIELDS":{"SECONDS":1,"COMMENT_TEXT":"x","USER_ID":77}}`,
			"TASKS_ERROR_EXCEPTION_#8; There is no such user."+done)
		wrong(anna, "add", `{"TASKID":$task,"ARFIELDS":{"SECONDS":99999999999999,"COMMENT_TEXT":"x"}}`,
			"TASKS_ERROR_EXCEPTION_#8; Say how much time was spent: from a second to 10,000 hours."+done)
		wrong(anna, "add", `{"TASKID":$task,"ARFIELDS":{"COMMENT_TEXT":"x"}}`,
			param+`1 (fields) for method ctaskelapseditem::add() must contain key "SECONDS".`+args)
		wrong(anna, "add", `{"TASKID":$task,"ARFIELDS":{"SECONDS":1,"COMMENT_TEXT":"x","DATE_START":"soon"}}`,
			param+`1 (fields) for method ctaskelapseditem::add() must not contain value "DATE_START".`+args)
		wrong(ben, "update", `{"TASKID":$task,"ITEMID":1,"ARFIELDS":{"SECONDS":1}}`, notAllowed)
		wrong(ben, "get", `{"TASKID":`+other+`,"ITEMID":1}`, noItem)
		wrong(ben, "delete", `{"TASKID":$task,"ITEMID":1}`, notAllowed)
		wrong(anna, "delete", `{"TASKID":`+other+`,"ITEMID":1}`, noItem)
		wrong(ben, "getlist", `{"TASKID":99}`, noTask)
		wrong(ben, "getlist", `{"FILTER":{"%USER_ID":1}}`, param+`2 (filter) for method ctaskelapseditem::getlist() must not contain key "%USER_ID".`+args)
		wrong(ben, "getlist", `{"FILTER":{"CREATED_DATE":"soon"}}`, param+`2 (filter) for method ctaskelapseditem::getlist() must not contain value "soon".`+args)
		wrong(ben, "getlist", `{"SELECT":["NOTE"]}`, param+`3 (select) for method ctaskelapseditem::getlist() must not contain value "NOTE".`+args)
		wrong(ben, "getlist", `{"ORDER":{"ID":"up"}}`, param+`1 (order) for method ctaskelapseditem::getlist() must not contain value "up".`+args)
	})
}
