package partrest

import (
	"context"
	"errors"
	"time"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/result"
)

const resultPages = "api-reference/tasks/result/tasks-task-result-"

func (h handlers) registerResult(r *rest.Registry) {
	r.Add(
		rest.M("tasks.task.result.addFromComment", "task", rest.Everyone, "Makes a result of a comment.", h.resultFromComment,
			rest.Doc(resultPages+"add-from-comment.md")),
		rest.M("tasks.task.result.deleteFromComment", "task", rest.Everyone, "Makes a comment no result any more.", h.resultOffComment,
			rest.Doc(resultPages+"delete-from-comment.md")),
		rest.M("tasks.task.result.list", "task", rest.Everyone, "Lists the results of a task.", h.resultListOld, rest.Doc(resultPages+"list.md")),
	)
	v3 := func(page string, o ...rest.Option) []rest.Option {
		return append([]rest.Option{rest.Doc(resultPages + page + ".md"), rest.V3()}, o...)
	}
	r.Add(
		rest.M("tasks.task.result.add", "tasks", rest.Everyone, "Adds a result to a task.", h.resultAdd,
			v3("add", rest.Changes(), rest.Of(result.Entity), rest.Reads("fields.taskId*", "fields.text*"))...),
		rest.M("tasks.task.result.addfromchatmessage", "tasks", rest.Everyone, "Makes a result of a message.", h.resultFromMessage,
			v3("addfromchatmessage", rest.Changes(), rest.Of(result.Entity), rest.Reads("fields.messageId*"))...),
		rest.M("tasks.task.result.update", "tasks", rest.Everyone, "Changes a result.", h.resultUpdate,
			v3("update", rest.Changes(), rest.Of(result.Entity), rest.Reads("fields.text*"))...),
		rest.M("tasks.task.result.delete", "tasks", rest.Everyone, "Removes a result.", h.resultDelete, v3("delete", rest.Changes())...),
		rest.M("tasks.task.result.list", "tasks", rest.Everyone, "Lists the results of a task.", h.resultList,
			v3("list-rest-v3", rest.Of(result.Entity))...),
	)
}

// The faults of the newer methods of the old address: a code that is a number.
func numbered(code, text string) *fault.Fault { return fault.New(fault.Invalid, code, text) }

// intOf reads a parameter that has to be a number.
func intOf(v *phpform.Value, name string) (int64, error) {
	if v == nil || v.IsNull() {
		return 0, numbered("100", "Could not find value for parameter {"+name+"}")
	}
	n, ok := v.Int()
	if !ok || v.IsArray() {
		return 0, numbered("100", "Invalid value {"+clip(v.Text())+"} to match with parameter {"+name+"}. Should be value of type int.")
	}
	return n, nil
}

func resultFault(err error) error {
	switch {
	case errors.Is(err, result.ErrNoComment):
		return numbered("0", "Comment not found.")
	case errors.Is(err, result.ErrExists):
		return numbered("0", "Result already exists.")
	case errors.Is(err, result.ErrDenied), errors.Is(err, task.ErrNotFound):
		return numbered("0", "Access denied.")
	}
	return err
}

type resultCommentParams struct {
	CommentID *phpform.Value `b24:"commentId,needed"`
}

func (h handlers) resultFromComment(ctx context.Context, c *rest.Call, p resultCommentParams) (out phpform.Value, err error) {
	id, err := intOf(p.CommentID, "commentId")
	if err != nil {
		return out, err
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return out, err
	}
	r, err := h.Results.AddFromComment(ctx, actor(c), id)
	if err != nil {
		return out, resultFault(err)
	}
	return resultRow(r, phpform.NullValue(), zone), nil
}

func (h handlers) resultOffComment(ctx context.Context, c *rest.Call, p resultCommentParams) (out phpform.Value, err error) {
	id, err := intOf(p.CommentID, "commentId")
	if err != nil {
		return out, err
	}
	if err := h.Results.DeleteFromComment(ctx, actor(c), id); err != nil {
		return out, resultFault(err)
	}
	return phpform.NullValue(), nil
}

// resultRow writes a result as the old methods do.
func resultRow(r result.Result, files phpform.Value, zone *time.Location) phpform.Value {
	updated, status := r.Updated, int64(0)
	if updated.IsZero() {
		updated = r.Created
	}
	if r.Status == result.Closed {
		status = 1
	}
	var o object
	o.set("id", phpform.IntOf(r.ID)).set("taskId", phpform.IntOf(r.TaskID)).set("commentId", phpform.IntOf(r.MessageID))
	o.set("createdBy", phpform.IntOf(r.AuthorID)).str("createdAt", moment(r.Created, zone)).str("updatedAt", moment(updated, zone))
	o.set("status", phpform.IntOf(status)).str("text", r.Text).str("formattedText", string(bbcode.HTML(r.Text, bbcode.Options{Lists: true})))
	return o.set("files", files).value()
}

type resultTaskParams struct {
	TaskID *phpform.Value `b24:"taskId,needed"`
}

func (h handlers) resultListOld(ctx context.Context, c *rest.Call, p resultTaskParams) (out []phpform.Value, err error) {
	id, err := intOf(p.TaskID, "taskId")
	if err != nil {
		return nil, err
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return nil, err
	}
	list, err := h.Results.List(ctx, actor(c), result.Query{TaskID: id})
	if err != nil {
		return nil, resultFault(err)
	}
	ties, err := h.resultFiles(ctx, list)
	out = make([]phpform.Value, len(list))
	for i, r := range list {
		files := []phpform.Value{}
		for _, f := range ties[r.MessageID] {
			files = append(files, phpform.IntOf(f.ID))
		}
		out[i] = resultRow(r, phpform.ListOf(files...), zone)
	}
	return out, err
}

// resultFiles returns the files of results, which are those of the comments from which they were made, by comment.
func (h handlers) resultFiles(ctx context.Context, list []result.Result) (map[int64][]Attachment, error) {
	var comments []int64
	for _, r := range list {
		if len(r.Files) > 0 {
			comments = append(comments, r.MessageID)
		}
	}
	return h.Files.CommentAttachments(ctx, comments)
}
