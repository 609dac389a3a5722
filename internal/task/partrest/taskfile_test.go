package partrest_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task/taskfile"
)

// AttachTx attaches the file 7, which is anybody's.
func (files) AttachTx(_ context.Context, _ *db.Tx, _, taskID int64, ids []int64) ([]int64, error) {
	if slices.ContainsFunc(ids, func(id int64) bool { return id != 7 }) {
		return nil, taskfile.ErrFile
	}
	return []int64{1000 + taskID}, nil
}

func (files) DetachAllTx(context.Context, *db.Tx, int64) error { return nil }

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
		b.refused(anna, "tasks.task.files.attach", `{"fileId":7}`, "100", "Could not find value for parameter {taskId}")
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
