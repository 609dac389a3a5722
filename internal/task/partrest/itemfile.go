package partrest

import (
	"context"
	"errors"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/taskfile"
)

// registerItemFile adds the outdated methods of files at tasks.
func (h handlers) registerItemFile(r *rest.Registry) {
	m := func(name, page, summary string, f func(context.Context, *rest.Call, rest.AnyParams) (phpform.Value, error), reads ...string) {
		r.Add(rest.M("task.item."+name, "task", rest.Everyone, summary, f,
			rest.Doc("api-reference/tasks/deprecated/task-item/task-item-"+page+".md"), rest.Reads(reads...)))
	}
	m("addfile", "add-file", "Attaches a file that is sent along to a task.", h.itemFileAdd, "TASK_ID", "NAME", "CONTENT")
	m("deletefile", "delete-file", "Takes a file off a task.", h.itemFileDelete, "TASK_ID", "ATTACHMENT_ID")
	m("getfiles", "get-files", "Lists the files of a task.", h.itemFiles, "TASKID")
}

var (
	itemFileAdd    = signature{"ctaskitem", "addfile", []argument{{"TASK_ID", "taskId", integer, false}, {"FILE", "fileParameters", array, false}}}
	itemFileDelete = signature{"ctaskitem", "deletefile", []argument{{"TASK_ID", "taskId", integer, false}, {"ATTACHMENT_ID", "attachmentId", integer, false}}}
	itemFiles      = signature{"ctaskitem", "getfiles", []argument{{"TASKID", "taskId", integer, false}}}
)

// named puts NAME and CONTENT, which callers send beside the task or together as FILE, into FILE.
func named(tree phpform.Value) phpform.Value {
	if _, ok := tree.GetFold("FILE"); ok {
		return tree
	}
	var rest, file []phpform.Entry
	for _, e := range tree.Entries() {
		if strings.EqualFold(e.Key, "NAME") || strings.EqualFold(e.Key, "CONTENT") {
			file = append(file, e)
		} else {
			rest = append(rest, e)
		}
	}
	if len(file) == 0 {
		return tree
	}
	return phpform.ArrayOf(append(rest, phpform.Entry{Key: "FILE", Value: phpform.ArrayOf(file...)})...)
}

// itemFileFault returns the fault on the wire.
func itemFileFault(err error) error {
	switch {
	case errors.Is(err, task.ErrNotFound):
		return fault.New(fault.Invalid, codeCore, "TASKS_ERROR_EXCEPTION_#1; Task not found; 1/TE/TASK_NOT_FOUND_OR_NOT_ACCESSIBLE<br>")
	case errors.Is(err, taskfile.ErrDenied):
		return forbiddenAction("Action not allowed")
	case fault.KindOf(err) != fault.Internal:
		return failed(fault.Of(err).Text)
	}
	return err
}

// itemFileAdd answers the number by which task.item.deletefile takes the file off again.
func (h handlers) itemFileAdd(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, err := itemFileAdd.read(named(p.Tree))
	if err != nil {
		return out, err
	}
	name, content, ok := sentFile(a[1])
	if !ok {
		return out, itemFileAdd.wrong(1, "must hold NAME and CONTENT.")
	}
	if err := h.TaskFiles.MayAttach(ctx, actor(c), a.int(0)); err != nil { // before a file is kept
		return out, itemFileFault(err)
	}
	file, err := h.Files.Keep(ctx, c.UserID, name, content)
	if err != nil {
		return out, itemFileFault(err)
	}
	ties, err := h.TaskFiles.Attach(ctx, actor(c), a.int(0), []int64{file})
	if err != nil {
		return out, itemFileFault(err)
	}
	return phpform.IntOf(ties[0]), nil
}

func (h handlers) itemFileDelete(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, err := itemFileDelete.read(p.Tree)
	if err != nil {
		return out, err
	}
	if err := h.TaskFiles.Detach(ctx, actor(c), a.int(0), a.int(1)); err != nil {
		return out, itemFileFault(err)
	}
	return phpform.BoolOf(true), nil
}

func (h handlers) itemFiles(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, err := itemFiles.read(p.Tree)
	if err != nil {
		return out, err
	}
	ties, err := h.TaskFiles.List(ctx, actor(c), a.int(0))
	if err != nil {
		return out, itemFileFault(err)
	}
	ids := make([]int64, len(ties))
	for i, t := range ties {
		ids[i] = t.FileID
	}
	files, err := h.Files.Attachments(ctx, c.UserID, Place{taskfile.Entity, a.int(0)}, ids)
	if err != nil {
		return out, err
	}
	var list []phpform.Value
	for _, id := range ids {
		if f, ok := files[id]; ok {
			list = append(list, attachedObject(f, idText(f.ID)))
		}
	}
	return phpform.ListOf(list...), nil
}
