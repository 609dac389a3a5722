package partrest_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/partrest"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/user"
)

// AttachTx attaches the file 7, which is anybody's.
func (f *files) AttachTx(_ context.Context, _ *db.Tx, _, taskID int64, ids []int64) ([]int64, error) {
	if slices.ContainsFunc(ids, func(id int64) bool { return id != 7 }) {
		return nil, taskfile.ErrFile
	}
	f.tasks[taskID] = []taskfile.Tie{{ID: 1000 + taskID, FileID: 7}}
	return []int64{1000 + taskID}, nil
}

func (f *files) DetachTx(_ context.Context, _ *db.Tx, taskID int64, _ []int64) error {
	delete(f.tasks, taskID)
	return nil
}

func (f *files) DetachAllTx(_ context.Context, _ *db.Tx, taskID int64) error {
	delete(f.tasks, taskID)
	return nil
}

func (f *files) TiesTx(context.Context, *db.Tx, []int64) (map[int64][]taskfile.Tie, error) {
	return maps.Clone(f.tasks), nil
}

// Keep takes what is called plan.png for the file 7.
func (*files) Keep(_ context.Context, _ int64, name, content string) (int64, error) {
	if _, err := base64.StdEncoding.DecodeString(content); err != nil {
		return 0, partrest.ErrContent
	}
	if name != "plan.png" {
		return 8, nil
	}
	return 7, nil
}

func (f *files) ItemAttachments(_ context.Context, items []int64) (map[int64][]partrest.Attachment, error) {
	out := map[int64][]partrest.Attachment{}
	for _, id := range items {
		for _, t := range f.items.ties[checklist.OfTask][id] {
			out[id] = append(out[id], partrest.Attachment{ID: t.ID, FileID: t.FileID, Name: "plan.png", Size: 1234, DownloadURL: "https://d", ViewURL: "https://v"})
		}
	}
	return out, nil
}

// itemFiles ties the files 7 and 9, which are anybody's, to items.
type itemFiles struct {
	last int64
	ties map[checklist.Kind]map[int64][]checklist.Tie
}

func newItemFiles() *itemFiles {
	return &itemFiles{ties: map[checklist.Kind]map[int64][]checklist.Tie{checklist.OfTask: {}, checklist.OfTemplate: {}}}
}

func (f *itemFiles) TiesTx(_ context.Context, _ *db.Tx, kind checklist.Kind, _ []int64) (map[int64][]checklist.Tie, error) {
	return maps.Clone(f.ties[kind]), nil
}

func (f *itemFiles) AttachTx(_ context.Context, _ *db.Tx, _ int64, kind checklist.Kind, item int64, ids []int64) error {
	for _, id := range ids {
		if id != 7 && id != 9 {
			return checklist.ErrFile
		}
	}
	for _, id := range ids {
		f.last++
		f.ties[kind][item] = append(f.ties[kind][item], checklist.Tie{ID: f.last, FileID: id})
	}
	return nil
}

func (f *itemFiles) DetachTx(_ context.Context, _ *db.Tx, kind checklist.Kind, item int64, ids []int64) error {
	f.ties[kind][item] = slices.DeleteFunc(slices.Clone(f.ties[kind][item]), func(t checklist.Tie) bool { return slices.Contains(ids, t.FileID) })
	return nil
}

func (f *itemFiles) DetachAllTx(_ context.Context, _ *db.Tx, kind checklist.Kind, items []int64) error {
	for _, id := range items {
		delete(f.ties[kind], id)
	}
	return nil
}

// CopyTx ties the files of an item to its copy.
func (f *itemFiles) CopyTx(_ context.Context, _ *db.Tx, _ int64, from checklist.Kind, fromItem int64, to checklist.Kind, toItem int64) error {
	for _, t := range f.ties[from][fromItem] {
		f.last++
		f.ties[to][toItem] = append(f.ties[to][toItem], checklist.Tie{ID: f.last, FileID: t.FileID})
	}
	return nil
}

// templateFiles ties the files 7 and 9, which are anybody's, to templates, and to the tasks that are made of them.
type templateFiles struct {
	files *files
	ties  map[int64][]taskfile.Tie
}

func (f *templateFiles) TiesTx(context.Context, *db.Tx, []int64) (map[int64][]taskfile.Tie, error) {
	return maps.Clone(f.ties), nil
}

func (f *templateFiles) AttachTx(_ context.Context, _ *db.Tx, _, id int64, ids []int64) error {
	for _, x := range ids {
		if x != 7 && x != 9 {
			return taskfile.ErrFile
		}
	}
	for _, x := range ids {
		f.ties[id] = append(slices.Clone(f.ties[id]), taskfile.Tie{ID: 100*id + x, FileID: x})
	}
	return nil
}

func (f *templateFiles) DetachTx(_ context.Context, _ *db.Tx, id int64, ids []int64) error {
	f.ties[id] = slices.DeleteFunc(slices.Clone(f.ties[id]), func(t taskfile.Tie) bool { return slices.Contains(ids, t.FileID) })
	return nil
}

func (f *templateFiles) DetachAllTx(_ context.Context, _ *db.Tx, id int64) error {
	delete(f.ties, id)
	return nil
}

func (f *templateFiles) CopyTx(_ context.Context, _ *db.Tx, _, id, taskID int64) error {
	f.files.tasks[taskID] = slices.Clone(f.ties[id])
	return nil
}

func TestFilesOfTemplates(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		files := func(want string) {
			t.Helper()
			b.want(ben, "tasks.template.get", `{"templateId":1,"params":{"select":["UF_TASK_WEBDAV_FILES"]}}`, `{"UF_TASK_WEBDAV_FILES":`+want+`}`)
		}
		b.want(anna, "tasks.template.add", `{"fields":{"TITLE":"Status","CREATED_BY":1,"RESPONSIBLE_ID":2,"UF_TASK_WEBDAV_FILES":["n7"]}}`, `1`)
		files(`[107]`)
		b.want(anna, "tasks.template.update", `{"templateId":1,"fields":{"UF_TASK_WEBDAV_FILES":[107,"n9"]}}`, `true`)
		files(`[107,109]`)
		b.want(anna, "tasks.template.update", `{"templateId":1,"fields":{"TITLE":"New"}}`, `true`) // what is not named stays
		files(`[107,109]`)
		made, err := b.config.Templates.Use(t.Context(), user.Ref{ID: ben}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.files.tasks[made[0].ID]; len(got) != 2 || got[0].FileID != 7 || got[1].FileID != 9 {
			t.Errorf("files of the task that was made: %+v", got)
		}
		b.want(anna, "tasks.template.update", `{"templateId":1,"fields":{"UF_TASK_WEBDAV_FILES":[109]}}`, `true`)
		files(`[109]`)
		b.want(ben, "tasks.template.update", `{"templateId":1,"fields":{"UF_TASK_WEBDAV_FILES":["n7"]}}`, `false`)
		const foreign = "A file does not exist or is not yours to show."
		b.refused(anna, "tasks.template.update", `{"templateId":1,"fields":{"UF_TASK_WEBDAV_FILES":["n8"]}}`, "0", foreign)
		b.refused(anna, "tasks.template.update", `{"templateId":1,"fields":{"UF_TASK_WEBDAV_FILES":[999]}}`, "0", foreign)
		b.refused(anna, "tasks.template.add", `{"fields":{"TITLE":"x","CREATED_BY":1,"RESPONSIBLE_ID":2,"UF_TASK_WEBDAV_FILES":["n8"]}}`, "0", foreign)
		b.refused(anna, "tasks.template.update", `{"templateId":1,"fields":{"UF_TASK_WEBDAV_FILES":["plan"]}}`, "0", "Field UF_TASK_WEBDAV_FILES of a template has a wrong value")
		files(`[109]`)
		b.want(anna, "tasks.template.update", `{"templateId":1,"fields":{"UF_TASK_WEBDAV_FILES":""}}`, `true`)
		files(`false`)
		b.call(anna, "tasks.template.update", `{"templateId":1,"fields":{"UF_TASK_WEBDAV_FILES":["n7"]}}`)
		b.call(anna, "tasks.template.delete", `{"templateId":1}`)
		if _, left := b.templateFiles.ties[1]; left {
			t.Error("files of a deleted template")
		}
	})
}

func TestFilesOfTheOutdatedMethods(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		const file = `{"NAME":"plan.png","CONTENT":"cGxhbg=="}`
		b.want(anna, "task.item.getfiles", `{"TASKID":$task}`, `[]`)
		b.want(anna, "task.item.addfile", `{"TASK_ID":"$task","FILE":`+file+`}`, `1001`)
		if events := b.take(); len(events) != 1 || !strings.HasPrefix(events[0], "ONTASKUPDATE 1 ") {
			t.Errorf("events %q", events)
		}
		b.want(ben, "task.item.getfiles", `[$task]`, `[{"ATTACHMENT_ID":"71","NAME":"plan.png","SIZE":"1234","FILE_ID":"7",`+
			`"DOWNLOAD_URL":"https://portal.example/file/7/download","VIEW_URL":"https://portal.example/file/7/show"}]`)
		b.want(anna, "task.item.deletefile", `{"TASK_ID":$task,"ATTACHMENT_ID":1001}`, `true`)
		b.want(anna, "task.item.getfiles", `{"TASKID":$task}`, `[]`)
		b.want(anna, "task.item.addfile", `{"TASK_ID":$task,"NAME":"plan.png","CONTENT":"cGxhbg=="}`, `1001`)
		b.take()
		const core = "ERROR_CORE"
		b.refused(anna, "task.item.deletefile", `{"TASK_ID":$task,"ATTACHMENT_ID":4}`, core,
			"TASKS_ERROR_EXCEPTION_#8; There is no such file at the task.; 8/TE/ACTION_FAILED_TO_BE_PROCESSED")
		const denied = "TASKS_ERROR_EXCEPTION_#4; Action not allowed; 4/TE/ACTION_NOT_ALLOWED"
		b.refused(ben, "task.item.deletefile", `{"TASK_ID":$task,"ATTACHMENT_ID":1001}`, core, denied)
		b.refused(ben, "task.item.addfile", `{"TASK_ID":$task,"FILE":`+file+`}`, core, denied)
		const gone = "TASKS_ERROR_EXCEPTION_#1; Task not found; 1/TE/TASK_NOT_FOUND_OR_NOT_ACCESSIBLE"
		b.refused(eve, "task.item.getfiles", `{"TASKID":$task}`, core, gone)
		b.refused(eve, "task.item.addfile", `{"TASK_ID":$task,"FILE":`+file+`}`, core, gone)
		b.refused(anna, "task.item.getfiles", `{}`, core,
			"TASKS_ERROR_EXCEPTION_#256; Param #0 (taskId) expected by method ctaskitem::getfiles(), but not given.; 256/TE/WRONG_ARGUMENTS")
		b.refused(anna, "task.item.addfile", `{"TASK_ID":$task,"FILE":{"NAME":"x"}}`, core,
			"TASKS_ERROR_EXCEPTION_#256; Param #1 (fileParameters) for method ctaskitem::addfile() must hold NAME and CONTENT.; 256/TE/WRONG_ARGUMENTS")
		b.refused(anna, "task.item.addfile", `{"TASK_ID":$task,"NAME":"plan.png","CONTENT":"?"}`, core,
			"TASKS_ERROR_EXCEPTION_#8; The content of the file is not Base64.; 8/TE/ACTION_FAILED_TO_BE_PROCESSED")
		if events := b.take(); len(events) != 0 {
			t.Errorf("events of what was refused %q", events)
		}
	})
}

func TestFilesOfItemsOfTemplates(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.call(anna, "tasks.template.add", `{"fields":{"TITLE":"Status","CREATED_BY":1,"RESPONSIBLE_ID":2}}`)
		const m = "tasks.template.checklist."
		b.call(anna, m+"add", `{"templateId":1,"fields":{"TITLE":"Steps","PARENT_ID":0}}`)
		b.call(anna, m+"add", `{"templateId":1,"fields":{"TITLE":"Send","PARENT_ID":1}}`)
		item := func(attachments string) string {
			return `{"checkListItem":{"id":2,"copiedId":null,"userId":1,"createdBy":1,"parentId":1,"title":"Send","sortIndex":0,"displaySortIndex":"",` +
				`"isComplete":false,"isImportant":false,"completedCount":0,"members":[],"attachments":` + attachments + `,"nodeId":null,"templateId":1}}`
		}
		const plan = `"attachmentParameters":{"NAME":"plan.png","CONTENT":"cGxhbg=="}`
		b.want(anna, m+"addAttachmentByContent", `{"templateId":1,"checkListItemId":2,`+plan+`}`, item("[]")) // the answer is without the new file
		b.want(anna, m+"get", `{"templateId":1,"checkListItemId":2}`, item(`{"1":"n7"}`))
		b.want(anna, m+"addAttachmentsFromDisk", `{"templateId":1,"checkListItemId":2,"filesIds":["n9"]}`, item(`{"1":"n7","2":"n9"}`))
		b.want(ben, m+"list", `{"templateId":1,"select":["ID","ATTACHMENTS"]}`,
			`{"checkListItems":{"2":{"id":"2","attachments":{"1":"n7","2":"n9"}},"1":{"id":"1","attachments":[]}}}`)
		b.want(anna, m+"removeAttachments", `{"templateId":1,"checkListItemId":2,"attachmentsIds":[2,99]}`, item(`{"1":"n7"}`))
		made, err := b.config.Templates.Use(t.Context(), user.Ref{ID: anna}, 1)
		if err != nil {
			t.Fatal(err)
		}
		got := b.call(ben, "task.checklistitem.getlist", fmt.Sprintf(`{"TASKID":%d}`, made[0].ID))
		if want := `"ATTACHMENTS":{"3":{"ATTACHMENT_ID":3,"NAME":"plan.png","SIZE":"1234","FILE_ID":"7","DOWNLOAD_URL":"https://d","VIEW_URL":"https://v"}}`; !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
		b.refusedFiles(m)
		b.call(anna, "tasks.template.delete", `{"templateId":1}`)
		if left := b.items.ties[checklist.OfTemplate]; len(left) != 0 {
			t.Errorf("ties of a deleted template: %v", left)
		}
	})
}

func (b *bench) refusedFiles(m string) {
	const constructor = `Bitrix\Tasks\CheckList\Internals\CheckList All parameters in the constructor must have real class type`
	for method, x := range map[string]struct{ name, value, denied, gone string }{
		"addAttachmentByContent": {
			"attachmentParameters", `{"NAME":"plan.png","CONTENT":"cGxhbg=="}`, "Modification of the item: action is not available",
			"An error occurred while adding the attachment",
		},
		"addAttachmentsFromDisk": {"filesIds", `["n7"]`, "Item modification: action not available", "Invalid value [] for field [ENTITY_ID] in element [, ]"},
		"removeAttachments":      {"attachmentsIds", `[1]`, "Changing item: action is not available", "Invalid value [] for field [ENTITY_ID] in element [, ]"},
	} {
		value := `"` + x.name + `":` + x.value
		b.refused(anna, m+method, `{"checkListItemId":2,`+value+`}`, "100", "Could not find value for parameter {templateId}")
		b.refused(anna, m+method, `{"templateId":1,`+value+`}`, "100", constructor)
		b.refused(anna, m+method, `{"templateId":1,"checkListItemId":2}`, "100", "Could not find value for parameter {"+x.name+"}")
		b.refused(ben, m+method, `{"templateId":1,"checkListItemId":2,`+value+`}`, "0", x.denied)
		b.refused(eve, m+method, `{"templateId":1,"checkListItemId":2,`+value+`}`, "0", x.denied)
		b.refused(anna, m+method, `{"templateId":1,"checkListItemId":"",`+value+`}`, "0", x.gone)
		if method != "addAttachmentByContent" {
			b.refused(anna, m+method, `{"templateId":1,"checkListItemId":2,"`+x.name+`":[]}`, "100",
				"Invalid value {} to match with parameter {"+x.name+"}. Should be value of type array.")
		}
	}
	b.refused(anna, m+"addAttachmentsFromDisk", `{"templateId":1,"checkListItemId":2,"filesIds":["n4"]}`, "0", "A file does not exist or is not yours to show.")
	b.refused(anna, m+"addAttachmentByContent", `{"templateId":1,"checkListItemId":2,"attachmentParameters":{"NAME":"plan.png","CONTENT":"?"}}`, "0",
		"An error occurred while adding the attachment")
}

func TestFilesAtTasks(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.want(anna, "tasks.task.files.attach", `{"taskId":$task,"fileId":7}`, `{"attachmentId":1001}`)
		b.want(anna, "api/tasks.task.file.attach", `{"taskId":$task,"fileIds":[7]}`, `{"result":true}`)
		if events := b.take(); len(events) != 2 || !strings.HasPrefix(events[0], "ONTASKUPDATE 1 ") {
			t.Errorf("events %q", events)
		}
		b.want(eve, "api/tasks.task.file.field.list", `{"select":["name","type","multiple"]}`,
			`{"items":[{"name":"taskId","type":"int","multiple":false},{"name":"fileIds","type":"array","multiple":false}]}`)
		b.want(eve, "api/tasks.task.file.field.get", `{"name":"taskId","select":["name"]}`, `{"item":{"name":"taskId"}}`)
		b.refused(anna, "tasks.task.files.attach", `{"fileId":7}`, "100", "CTaskItem All parameters in the constructor must have real class type")
		b.refused(anna, "tasks.task.files.attach", `{"taskId":"x","fileId":7}`, "0", "wrong task id")
		b.refused(anna, "tasks.task.files.attach", `{"taskId":$task}`, "100", "Could not find value for parameter {fileId}")
		b.refused(anna, "tasks.task.files.attach", `{"taskId":$task,"fileId":8}`, "ERROR_CORE", "Insufficient permissions.")
		b.refused(ben, "tasks.task.files.attach", `{"taskId":$task,"fileId":7}`, "0", "Access denied")
		b.refused(eve, "tasks.task.files.attach", `{"taskId":$task,"fileId":7}`, "0", "Access denied")
		const request = "VALIDATION_REQUESTVALIDATIONEXCEPTION"
		b.refusedV3(anna, "tasks.task.file.attach", `{"fileIds":[7]}`, 400, request, "taskId")
		b.refusedV3(anna, "tasks.task.file.attach", `{"taskId":$task}`, 400, request, "fileIds")
		b.refusedV3(anna, "tasks.task.file.attach", `{"taskId":$task,"fileIds":["x"]}`, 400, request, "fileIds")
		b.refusedV3(eve, "tasks.task.file.attach", `{"taskId":$task,"fileIds":[7]}`, 400, request, "")
	})
}
