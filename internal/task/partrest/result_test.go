package partrest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

func TestResultsFromComments(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.call(ben, "task.commentitem.add", `{"TASKID":$task,"FIELDS":{"POST_MESSAGE":"Ready on [B]Monday[/B].","UF_FORUM_MESSAGE_DOC":["n7"]}}`)
		first := func(status, files string) string {
			return `{"id":1,"taskId":$task,"commentId":100,"createdBy":2,"createdAt":"2026-11-23T13:00:00+01:00","updatedAt":"2026-11-23T13:00:00+01:00",
				"status":` + status + `,"text":"Ready on [B]Monday[/B].","formattedText":"Ready on <b>Monday</b>.","files":` + files + `}`
		}
		b.want(ben, "tasks.task.result.addFromComment", `{"commentId":100}`, first("0", "null"))
		b.want(ben, "tasks.task.result.list", `{"taskId":$task}`, `[`+first("0", "[120]")+`]`)
		b.refused(ben, "tasks.task.result.addFromComment", `{"commentId":100}`, "0", "Result already exists.")
		if _, err := b.tasks.Complete(t.Context(), user.Ref{ID: ben}, b.task); err != nil {
			t.Fatal(err)
		}
		b.want(ben, "tasks.task.result.list", `{"taskId":$task}`, `[`+first("1", "[120]")+`]`)
		if _, err := b.tasks.Resume(t.Context(), user.Ref{ID: ben}, b.task); err != nil {
			t.Fatal(err)
		}
		if got := b.call(root, "tasks.task.result.addFromComment", `{"commentId":100}`); !strings.HasPrefix(got, `{"id":2,`) || !strings.Contains(got, `"createdBy":9`) {
			t.Errorf("%s", got)
		}
		b.want(ben, "tasks.task.result.deleteFromComment", `{"commentId":100}`, `null`)
		b.want(ben, "tasks.task.result.list", `{"taskId":$task}`, `[]`)
		b.call(ben, "tasks.task.result.addFromComment", `{"commentId":100}`)
		b.call(ben, "task.commentitem.delete", `{"TASKID":$task,"ITEMID":100}`)
		b.want(ben, "tasks.task.result.list", `{"taskId":$task}`, `[]`)
	})
}

func TestResultFaults(t *testing.T) {
	run(t, func(_ *testing.T, b *bench) {
		b.call(ben, "task.commentitem.add", `{"TASKID":$task,"FIELDS":{"POST_MESSAGE":"mine"}}`)
		for _, method := range []string{"addFromComment", "deleteFromComment"} {
			b.refused(dan, "tasks.task.result."+method, `{"commentId":100}`, "0", "Access denied.")
			b.refused(ben, "tasks.task.result."+method, `{"commentId":5}`, "0", "Comment not found.")
			b.refused(ben, "tasks.task.result."+method, `{"commentId":"x"}`, "100", "Invalid value {x} to match with parameter {commentId}. Should be value of type int.")
		}
		b.refused(eve, "tasks.task.result.list", `{"taskId":$task}`, "0", "Access denied.")
		b.refused(ben, "tasks.task.result.list", `{"taskId":99}`, "0", "Access denied.")
		b.refused(ben, "tasks.task.result.list", `{}`, "100", "Could not find value for parameter {taskId}")
	})
}

func TestResultsOfREST3(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		const m = "api/tasks.task.result."
		item := func(id, text, author, updated, status, message, mine string) string {
			return `{"id":` + id + `,"taskId":$task,"text":"` + text + `","authorId":` + author + `,"createdAt":"2026-11-23T13:00:00+01:00","updatedAt":` + updated +
				`,"status":"` + status + `","fileIds":[],"rights":{"edit":` + mine + `,"remove":` + mine + `},"messageId":` + message + `}`
		}
		b.want(ben, m+"add", `{"fields":{"taskId":$task,"text":"Done"}}`, `{"item":`+item("1", "Done", "2", "null", "open", "null", "true")+`}`)
		b.call(dan, "task.commentitem.add", `{"TASKID":$task,"FIELDS":{"POST_MESSAGE":"Seen"}}`)
		b.call(dan, m+"addfromchatmessage", `{"fields":{"messageId":100}}`)
		b.clock.Advance(5 * time.Minute)
		b.want(ben, m+"update", `{"id":1,"fields":{"text":"Done well"}}`, `{"item":`+item("1", "Done well", "2", `"2026-11-23T13:05:00+01:00"`, "open", "null", "true")+`}`)
		b.want(ben, m+"list", `{"filter":[["taskId",$task],["id",">",1]]}`, `{"items":[`+item("2", "Seen", "4", "null", "open", "100", "false")+`]}`)
		b.want(ben, m+"list", `{"filter":[["taskId",$task],["status","open"]],"select":["id","author.name"],"order":{"authorId":"DESC"},"pagination":{"limit":1,"offset":1}}`,
			`{"items":[{"id":1,"author":{"name":"Ben"}}]}`)
		b.want(ben, m+"delete", `{"id":1}`, `{"result":true}`)
		yes := true
		_, err := b.tasks.Update(t.Context(), user.Ref{ID: anna}, b.task, task.Change{ResultRequired: &yes})
		if err != nil {
			t.Fatal(err)
		}
		b.call(dan, m+"delete", `{"id":2}`)
		if _, err := b.tasks.Complete(t.Context(), user.Ref{ID: ben}, b.task); err == nil {
			t.Error("a task that needs a result is completed without one")
		}
		b.call(ben, m+"add", `{"fields":{"taskId":$task,"text":"Now"}}`)
		if _, err := b.tasks.Complete(t.Context(), user.Ref{ID: ben}, b.task); err != nil {
			t.Error(err)
		}
	})
}

func TestResultFaultsOfREST3(t *testing.T) {
	run(t, func(_ *testing.T, b *bench) {
		const m, dto, request = "tasks.task.result.", "VALIDATION_DTOVALIDATIONEXCEPTION", "VALIDATION_REQUESTVALIDATIONEXCEPTION"
		b.call(ben, "api/"+m+"add", `{"fields":{"taskId":$task,"text":"Done"}}`)
		b.call(ben, "task.commentitem.add", `{"TASKID":$task,"FIELDS":{"POST_MESSAGE":"mine"}}`)
		b.refusedV3(ben, m+"add", `{}`, 400, request, "fields")
		b.refusedV3(ben, m+"add", `{"fields":{"text":"x"}}`, 400, dto, "taskId")
		b.refusedV3(ben, m+"add", `{"fields":{"taskId":$task}}`, 400, dto, "text")
		b.refusedV3(ben, m+"add", `{"fields":{"taskId":$task,"text":"x","fileIds":[1]}}`, 400, dto, "fileIds")
		b.refusedV3(ben, m+"add", `{"fields":{"taskId":"x","text":"x"}}`, 400, request, "taskId")
		b.refusedV3(ben, m+"add", `{"fields":{"taskId":-1,"text":"x"}}`, 400, request, "taskId")
		b.refusedV3(ben, m+"add", `{"fields":{"taskId":99,"text":"x"}}`, 400, request, "taskId")
		b.refusedV3(eve, m+"add", `{"fields":{"taskId":$task,"text":"x"}}`, 403, "ACCESSDENIEDEXCEPTION", "")
		b.refusedV3(ben, m+"addfromchatmessage", `{"fields":{"taskId":1}}`, 400, "UNKNOWNDTOPROPERTYEXCEPTION", "")
		b.refusedV3(ben, m+"addfromchatmessage", `{"fields":{"messageId":5}}`, 400, request, "messageId")
		b.refusedV3(dan, m+"addfromchatmessage", `{"fields":{"messageId":100}}`, 403, "ACCESSDENIEDEXCEPTION", "")
		b.refusedV3(ben, m+"update", `{"fields":{"text":"x"}}`, 400, request, "")
		b.refusedV3(ben, m+"update", `{"id":1,"filter":[],"fields":{"text":"x"}}`, 400, request, "")
		b.refusedV3(ben, m+"update", `{"id":1,"fields":{"text":""}}`, 400, dto, "text")
		b.refusedV3(ben, m+"update", `{"id":1,"fields":{"note":"x"}}`, 400, "UNKNOWNDTOPROPERTYEXCEPTION", "")
		b.refusedV3(dan, m+"update", `{"id":1,"fields":{"text":"x"}}`, 403, "ACCESSDENIEDEXCEPTION", "")
		b.refusedV3(dan, m+"delete", `{"id":1}`, 403, "ACCESSDENIEDEXCEPTION", "")
		b.refusedV3(ben, m+"delete", `{}`, 400, request, "")
		b.refusedV3(ben, m+"list", `{}`, 400, request, "filter")
		b.refusedV3(ben, m+"list", `{"filter":[["id",1]]}`, 400, "VALIDATION_REQUESTFILTERVALIDATIONEXCEPTION", "")
		b.refusedV3(ben, m+"list", `{"filter":"x"}`, 400, "INVALIDFILTEREXCEPTION", "")
		b.refusedV3(ben, m+"list", `{"filter":[["taskId","~",1]]}`, 400, "UNKNOWNFILTEROPERATOREXCEPTION", "")
		b.refusedV3(ben, m+"list", `{"filter":[["taskId","x"]]}`, 400, request, "taskId")
		b.refusedV3(ben, m+"list", `{"filter":[["taskId",$task]],"select":["note"]}`, 400, "UNKNOWNDTOPROPERTYEXCEPTION", "")
		b.refusedV3(ben, m+"list", `{"filter":[["taskId",$task]],"order":{"id":"up"}}`, 400, "INVALIDORDEREXCEPTION", "")
		b.refusedV3(ben, m+"list", `{"filter":[["taskId",$task]],"pagination":{"limit":"x"}}`, 400, "INVALIDPAGINATIONEXCEPTION", "")
		b.refusedV3(eve, m+"list", `{"filter":[["taskId",$task]]}`, 403, "ACCESSDENIEDEXCEPTION", "")
	})
}
