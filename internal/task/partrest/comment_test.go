package partrest_test

import (
	"strings"
	"testing"
)

func TestComments(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.want(ben, "task.commentitem.add", `{"TASKID":$task,"FIELDS":{"POST_MESSAGE":"Photos","UF_FORUM_MESSAGE_DOC":["n7"]}}`, `100`)
		b.want(ben, "task.commentitem.add", `{"TASKID":$task,"FIELDS":{"POST_MESSAGE":"[B]Done[/B]","AUTHOR_ID":1,"POST_DATE":"2026-07-15T14:30:00+02:00"}}`, `101`)
		b.want(dan, "task.comment.add", `{"TASKID":$task,"COMMENTTEXT":"third"}`, `102`)
		b.want(dan, "task.comment.add", `{"TASKID":$task,"FIELDS":{"POST_MESSAGE":"fourth"}}`, `103`)
		photos := `{"POST_MESSAGE_HTML":null,"ID":"100","AUTHOR_ID":"2","AUTHOR_NAME":"Ben","AUTHOR_EMAIL":"","POST_DATE":"2026-11-23T13:00:00+01:00",
			"POST_MESSAGE":"Photos","ATTACHED_OBJECTS":{"120":{"ATTACHMENT_ID":"120","NAME":"plan.png","SIZE":"1234","FILE_ID":"7",
			"DOWNLOAD_URL":"https://portal.example/file/7/download","VIEW_URL":"https://portal.example/file/7/show"}}}`
		done := `{"POST_MESSAGE_HTML":null,"ID":"101","AUTHOR_ID":"1","AUTHOR_NAME":"Anna Albers","AUTHOR_EMAIL":"anna@example.com",
			"POST_DATE":"2026-07-15T14:30:00+02:00","POST_MESSAGE":"[B]Done[/B]","ATTACHED_OBJECTS":{}}`
		b.want(ben, "task.commentitem.get", `{"TASKID":$task,"ITEMID":100}`, photos)
		b.want(ben, "task.commentitem.getlist", `{"TASKID":$task,"ORDER":{"POST_DATE":"asc"},"FILTER":{"<ID":102}}`, `[`+done+`,`+photos+`]`)
		b.want(ben, "task.commentitem.getlist", `{"TASKID":$task,"FILTER":{"AUTHOR_ID":1,">=POST_DATE":"2026-01-01"}}`, `[`+done+`]`)
		b.want(ben, "task.commentitem.getlist", `[$task,{"ID":"asc"},{"AUTHOR_NAME":["Anna Albers"]}]`, `[`+done+`]`)
		b.want(ben, "task.commentitem.update", `{"TASKID":$task,"ITEMID":100,"FIELDS":{"POST_MESSAGE":"No photos","UF_FORUM_MESSAGE_DOC":[]}}`, `true`)
		if got := b.call(ben, "task.commentitem.get", `{"TASKID":$task,"ITEMID":100}`); !strings.Contains(got, `"POST_MESSAGE":"No photos","ATTACHED_OBJECTS":{}`) {
			t.Errorf("%s", got)
		}
		b.want(ben, "task.commentitem.isactionallowed", `{"TASKID":$task,"ITEMID":101,"ACTIONID":2}`, `false`)
		b.want(root, "task.commentitem.isactionallowed", `{"TASKID":$task,"ITEMID":101,"ACTIONID":3}`, `true`)
		b.want(ben, "task.commentitem.isactionallowed", `{"TASKID":95623,"ITEMID":101,"ACTIONID":1}`, `false`)
		b.want(root, "task.commentitem.delete", `{"TASKID":$task,"ITEMID":101}`, `true`)
		var names []string
		for _, e := range b.take() {
			name, _, _ := strings.Cut(e, " ")
			names = append(names, strings.TrimPrefix(name, "ONTASKCOMMENT"))
		}
		if got := strings.Join(names, " "); got != "ADD ADD ADD ADD UPDATE DELETE" {
			t.Errorf("events %s", got)
		}
		if got := b.call(eve, "task.commentitem.getmanifest", `{}`); !strings.Contains(got, `"REST: filterable commentitem data fields":["ID","AUTHOR_ID","AUTHOR_NAME","POST_DATE"]`) {
			t.Errorf("%s", got)
		}
	})
}

func TestCommentFaults(t *testing.T) {
	run(t, func(_ *testing.T, b *bench) {
		b.call(ben, "task.commentitem.add", `{"TASKID":$task,"FIELDS":{"POST_MESSAGE":"mine"}}`)
		wrong := func(as int64, method, body, text string) {
			b.refused(as, "task.commentitem."+method, body, "ERROR_CORE", text)
		}
		const (
			args       = "; 256/TE/WRONG_ARGUMENTS"
			param      = "TASKS_ERROR_EXCEPTION_#256; Param #"
			notAllowed = "TASKS_ERROR_EXCEPTION_#4; Action is not allowed; 4/TE/ACTION_NOT_ALLOWED"
			noItem     = "TASKS_ERROR_EXCEPTION_#512; Check listitem not found or not accessible; 512/TE/ITEM_NOT_FOUND_OR_NOT_ACCESSIBLE"
		)
		wrong(ben, "add", `{"TASKID":$task,"FIELDS":{"POST_MESSAGE":""}}`, "Comment text is not specified")
		wrong(eve, "add", `{"TASKID":$task,"FIELDS":{"POST_MESSAGE":"x"}}`, "Insufficient permissions to add a comment")
		wrong(ben, "add", `{"TASKID":$task,"FIELDS":{"POST_MESSAGE":"x","UF_FORUM_MESSAGE_DOC":["n8"]}}`, "File not found")
		wrong(ben, "add", `{"TASKID":$task,"FIELDS":{"POST_MESSAGE":"x","TITLE":"y"}}`,
			param+`1 (arFields) for method ctaskcommentitem::add() must not contain key "TITLE".`+args)
		wrong(ben, "add", `{"TASKID":"x","FIELDS":{"POST_MESSAGE":"x"}}`,
			param+`0 (taskId) for method ctaskcommentitem::add() expected to be of type "integer", but given something else.`+args)
		wrong(ben, "update", `{"TASKID":$task,"ITEMID":100,"FIELDS":{"POST_MESSAGE":""}}`, "Comment text not specified.")
		wrong(dan, "update", `{"TASKID":$task,"ITEMID":100,"FIELDS":{"POST_MESSAGE":"x"}}`, notAllowed)
		wrong(dan, "delete", `{"TASKID":$task,"ITEMID":100}`, notAllowed)
		wrong(ben, "delete", `{"TASKID":$task}`, param+`1 (itemId) expected by method ctaskcommentitem::delete(), but not given.`+args)
		wrong(eve, "get", `{"TASKID":$task,"ITEMID":100}`, noItem)
		wrong(ben, "get", `{"TASKID":$task,"ITEMID":5}`, noItem)
		wrong(eve, "getlist", `{"TASKID":$task}`, "TASKS_ERROR_EXCEPTION_#8; Action failed; 8/TE/ACTION_FAILED_TO_BE_PROCESSED")
		wrong(ben, "getlist", `{"TASKID":$task,"ORDER":{">=POST_DATE":"x"}}`,
			param+`1 (arOrder) for method ctaskcommentitem::getlist() must not contain key ">=POST_DATE".`+args)
		wrong(ben, "getlist", `{"TASKID":$task,"FILTER":{"%POST_DATE":"x"}}`,
			param+`2 (arFilter) for method ctaskcommentitem::getlist() must not contain key "%POST_DATE".`+args)
		wrong(ben, "isactionallowed", `{"TASKID":$task,"ITEMID":0,"ACTIONID":2}`, "TASKS_ERROR_ASSERT_EXCEPTION")
		b.refused(ben, "task.comment.add", `{"TASKID":$task,"COMMENTTEXT":""}`, "ERROR_CORE", "Comment text is not specified")
	})
}

func TestMessagesToTheChatOfATask(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.want(dan, "api/tasks.task.chat.message.send", `{"fields":{"taskId":$task,"text":"Message from outside"}}`, `{"result":true}`)
		if got := b.call(ben, "task.commentitem.getlist", `{"TASKID":$task}`); !strings.Contains(got, `"AUTHOR_ID":"4"`) || !strings.Contains(got, `"Message from outside"`) {
			t.Errorf("%s", got)
		}
		b.want(dan, "api/tasks.task.chat.message.field.list", `{"select":["name","type","title","description","filterable","sortable","multiple"]}`, `{"items":[
			{"name":"id","type":"int","title":"id","description":null,"filterable":true,"sortable":true,"multiple":false},
			{"name":"taskId","type":"int","title":"taskId","description":null,"filterable":false,"sortable":false,"multiple":false},
			{"name":"text","type":"string","title":"text","description":null,"filterable":false,"sortable":false,"multiple":false}]}`)
		b.want(dan, "api/tasks.task.chat.message.field.get", `{"name":"taskId","select":["name","type"]}`, `{"item":{"name":"taskId","type":"int"}}`)
		b.refusedV3(eve, "tasks.task.chat.message.send", `{"fields":{"taskId":$task,"text":"x"}}`, 403, "ACCESSDENIEDEXCEPTION", "")
		b.refusedV3(ben, "tasks.task.chat.message.send", `{}`, 400, "VALIDATION_REQUESTVALIDATIONEXCEPTION", "fields")
		b.refusedV3(ben, "tasks.task.chat.message.send", `{"fields":{"text":"x"}}`, 400, "VALIDATION_DTOVALIDATIONEXCEPTION", "taskId")
		b.refusedV3(ben, "tasks.task.chat.message.send", `{"fields":{"taskId":$task}}`, 400, "VALIDATION_DTOVALIDATIONEXCEPTION", "text")
		b.refusedV3(ben, "tasks.task.chat.message.send", `{"fields":{"taskId":"x","text":"x"}}`, 400, "VALIDATION_REQUESTVALIDATIONEXCEPTION", "taskId")
		b.refusedV3(ben, "tasks.task.chat.message.send", `{"fields":{"taskId":$task,"text":"x","note":1}}`, 400, "UNKNOWNDTOPROPERTYEXCEPTION", "")
	})
}
