package partrest

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/taskfile"
)

func (h handlers) registerFile(r *rest.Registry) {
	page := func(name string) rest.Option { return rest.Doc("api-reference/tasks/tasks-task-" + name + ".md") }
	r.Add(
		rest.M("tasks.task.files.attach", "task", rest.Everyone, "Attaches a file to a task.", h.fileAttach, page("files-attach")),
		rest.M("tasks.task.file.attach", "tasks", rest.Everyone, "Attaches files to a task.", h.filesAttach, page("file-attach"), rest.V3(), rest.Changes()),
		rest.M("tasks.task.file.field.list", "tasks", rest.Everyone, "Describes the fields of files at tasks.", describe(fileEntity),
			page("file-field-list"), rest.V3(), rest.Of(dto.FieldEntity)),
		rest.M("tasks.task.file.field.get", "tasks", rest.Everyone, "Describes a field of files at tasks.", describeField(fileEntity),
			page("file-field-get"), rest.V3(), rest.Of(dto.FieldEntity)),
	)
}

// fileEntity is files at a task.
var fileEntity = &dto.Entity{Name: "FileDto", Fields: []dto.Field{
	{Name: "taskId", Type: dto.Int}, {Name: "fileIds", Type: dto.List, ElementType: "int"},
}}

type fileAttachParams struct {
	TaskID *phpform.Value `b24:"taskId,needed"`
	FileID *phpform.Value `b24:"fileId,needed"`
}

// attachedResult is what tasks.task.files.attach answers.
type attachedResult struct {
	AttachmentID int64 `json:"attachmentId"`
}

func (h handlers) fileAttach(ctx context.Context, c *rest.Call, p fileAttachParams) (out attachedResult, err error) {
	if p.TaskID == nil || p.TaskID.IsNull() {
		return out, errNoTaskID
	}
	taskID, ok := p.TaskID.Int()
	if !ok || p.TaskID.IsArray() {
		return out, numbered("0", "wrong task id")
	}
	fileID, err := intOf(p.FileID, "fileId")
	if err != nil {
		return out, err
	}
	ties, err := h.TaskFiles.Attach(ctx, actor(c), taskID, []int64{fileID})
	switch {
	case errors.Is(err, task.ErrNotFound), errors.Is(err, taskfile.ErrDenied):
		return out, numbered("0", "Access denied")
	case errors.Is(err, taskfile.ErrFile):
		return out, plain("Insufficient permissions.")
	case err != nil:
		return out, err
	}
	out.AttachmentID = ties[0]
	return out, nil
}

type filesAttachParams struct {
	TaskID  int64         `b24:"taskId,required"`
	FileIDs phpform.Value `b24:"fileIds,required"`
}

func (h handlers) filesAttach(ctx context.Context, c *rest.Call, p filesAttachParams) (out rest.Done, err error) {
	if !p.FileIDs.IsList() {
		return out, dto.Mistyped("fileIds", "array")
	}
	ids, ok := idsOf(p.FileIDs)
	if !ok {
		return out, dto.Mistyped("fileIds", "int")
	}
	_, err = h.TaskFiles.Attach(ctx, actor(c), p.TaskID, ids)
	switch {
	case errors.Is(err, task.ErrNotFound), errors.Is(err, taskfile.ErrDenied), errors.Is(err, taskfile.ErrFile):
		return out, dto.Invalid("", "Insufficient permissions")
	case errors.Is(err, taskfile.ErrTooMany):
		return out, dto.Invalid("fileIds", taskfile.ErrTooMany.Text)
	}
	out.Result = err == nil
	return out, err
}
