package partrest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/comment"
)

const commentPages = "api-reference/tasks/comment-item/task-comment-item-"

func (h handlers) registerComment(r *rest.Registry) {
	m := func(name, page, summary string, f func(context.Context, *rest.Call, rest.AnyParams) (phpform.Value, error), reads ...string) {
		r.Add(rest.M("task.commentitem."+name, "task", rest.Everyone, summary, f, rest.Doc(commentPages+page+".md"), rest.Reads(reads...)))
	}
	m("add", "add", "Adds a comment to a task.", h.commentAdd, "TASKID*", "FIELDS*", "FIELDS.POST_MESSAGE*", "FIELDS.AUTHOR_ID",
		"FIELDS.POST_DATE", "FIELDS.UF_FORUM_MESSAGE_DOC")
	m("update", "update", "Changes a comment.", h.commentUpdate, "TASKID*", "ITEMID*", "FIELDS*", "FIELDS.POST_MESSAGE*", "FIELDS.UF_FORUM_MESSAGE_DOC")
	r.Add(
		rest.M("task.commentitem.get", "task", rest.Everyone, "Answers a comment.", h.commentGet,
			rest.Doc(commentPages+"get.md"), rest.Reads("TASKID*", "ITEMID*")),
		rest.M("task.commentitem.getlist", "task", rest.Everyone, "Lists the comments of a task.", h.commentList,
			rest.Doc(commentPages+"get-list.md"), rest.Reads("TASKID*", "ORDER", "FILTER")),
	)
	m("delete", "delete", "Removes a comment.", h.commentDelete, "TASKID*", "ITEMID*")
	m("isactionallowed", "is-action-allowed", "Tells whether something may be done with a comment.", h.commentMay, "TASKID*", "ITEMID*", "ACTIONID*")
	m("getmanifest", "get-manifest", "Describes the methods of comments.", commentManifest)
	r.Add(rest.M("task.comment.add", "task", rest.Everyone, "Adds a comment to a task.", h.commentAddText,
		rest.Doc("api-reference/tasks/deprecated/task-comment-add.md"), rest.Reads("TASKID", "COMMENTTEXT")))

	v3 := func(name string, o ...rest.Option) []rest.Option {
		return append([]rest.Option{rest.Doc("api-reference/tasks/tasks-task-chat-message-" + name + ".md"), rest.V3()}, o...)
	}
	r.Add(
		rest.M("tasks.task.chat.message.send", "tasks", rest.Everyone, "Writes into the chat of a task.", h.messageSend, v3("send", rest.Changes(), rest.Reads("fields.taskId*", "fields.text*"))...),
		rest.M("tasks.task.chat.message.field.list", "tasks", rest.Everyone, "Describes the fields of such a message.", describe(messageEntity),
			v3("field-list", rest.Of(dto.FieldEntity))...),
		rest.M("tasks.task.chat.message.field.get", "tasks", rest.Everyone, "Describes a field of such a message.", describeField(messageEntity),
			v3("field-get", rest.Of(dto.FieldEntity))...),
	)
}

func commentMethod(method string, args ...argument) signature {
	return signature{"ctaskcommentitem", method, append([]argument{taskArg}, args...)}
}

var (
	commentAdd    = commentMethod("add", fieldsArg)
	commentUpdate = commentMethod("update", itemArg, fieldsArg)
	commentGet    = commentMethod("get", itemArg)
	commentList   = commentMethod("getlist", argument{"ORDER", "arOrder", array, true}, argument{"FILTER", "arFilter", array, true})
	commentDelete = commentMethod("delete", itemArg)
	commentMay    = commentMethod("isactionallowed", itemArg, actionArg)
	// commentAddText takes the text itself, or fields that hold it.
	commentAddText = signature{"ctaskcomments", "add", []argument{taskArg, {"COMMENTTEXT", "commentText", anything, false}}}
)

// The fields of a comment, as the manifest tells them.
var (
	commentWritable = []string{"POST_MESSAGE", "AUTHOR_ID", "POST_DATE", "UF_FORUM_MESSAGE_DOC"}
	commentReadable = []string{
		"POST_MESSAGE_HTML", "ID", "AUTHOR_ID", "AUTHOR_NAME", "AUTHOR_EMAIL", "POST_DATE", "POST_DATE", "POST_MESSAGE", "AUTHOR_ID",
		"POST_DATE", "UF_FORUM_MESSAGE_DOC", "ATTACHED_OBJECTS",
	}
	commentSortable   = []string{"ID", "AUTHOR_ID", "AUTHOR_NAME", "AUTHOR_EMAIL", "POST_DATE"}
	commentFilterable = []string{"ID", "AUTHOR_ID", "AUTHOR_NAME", "POST_DATE"}
)

// plain is a fault of the comments that says no more than its text.
func plain(text string) *fault.Fault { return fault.New(fault.Invalid, codeCore, text+"<br>") }

func (h handlers) commentAdd(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	s := commentAdd
	a, err := s.read(p.Tree)
	if err != nil {
		return out, err
	}
	fields, err := s.fields(a, 1, commentWritable...)
	if err != nil {
		return out, err
	}
	n := comment.New{TaskID: a.int(0), Text: fields["POST_MESSAGE"].Text()}
	if v, ok := fields["AUTHOR_ID"]; ok {
		id, ok := number(v)
		if !ok {
			return out, s.badValue(1, "AUTHOR_ID")
		}
		n.AuthorID = *id
	}
	if v, ok := fields["POST_DATE"]; ok && v.Text() != "" {
		zone, err := h.zone(ctx, c.UserID)
		if err != nil {
			return out, err
		}
		if n.Posted, ok = parseMoment(v.Text(), zone); !ok {
			return out, s.badValue(1, "POST_DATE")
		}
	}
	if v, ok := fields["UF_FORUM_MESSAGE_DOC"]; ok {
		if n.Files, ok = diskIDs(v); !ok {
			return out, s.badValue(1, "UF_FORUM_MESSAGE_DOC")
		}
	}
	return h.commentNew(ctx, c, n)
}

func (h handlers) commentNew(ctx context.Context, c *rest.Call, n comment.New) (out phpform.Value, err error) {
	if n.Text == "" {
		return out, plain("Comment text is not specified")
	}
	id, err := h.Comments.Add(ctx, actor(c), n)
	switch {
	case errors.Is(err, comment.ErrEmpty):
		return out, plain("Comment text is not specified")
	case errors.Is(err, task.ErrNotFound), errors.Is(err, comment.ErrAuthor):
		return out, plain("Insufficient permissions to add a comment")
	case errors.Is(err, comment.ErrFile):
		return out, plain("File not found")
	case err != nil:
		return out, anyFault(err)
	}
	return phpform.IntOf(id), nil
}

func (h handlers) commentAddText(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, err := commentAddText.read(p.Tree)
	if err != nil {
		return out, err
	}
	message := a[1]
	if message.IsArray() {
		message, _ = message.GetFold("POST_MESSAGE")
	}
	return h.commentNew(ctx, c, comment.New{TaskID: a.int(0), Text: message.Text()})
}

func (h handlers) commentUpdate(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	s := commentUpdate
	a, err := s.read(p.Tree)
	if err != nil {
		return out, err
	}
	fields, err := s.fields(a, 2, "POST_MESSAGE", "UF_FORUM_MESSAGE_DOC")
	if err != nil {
		return out, err
	}
	var files *[]int64
	if v, ok := fields["UF_FORUM_MESSAGE_DOC"]; ok {
		list, ok := diskIDs(v)
		if !ok {
			return out, s.badValue(2, "UF_FORUM_MESSAGE_DOC")
		}
		files = &list
	}
	if err := h.Comments.Update(ctx, actor(c), a.int(0), a.int(1), fields["POST_MESSAGE"].Text(), files); err != nil {
		return out, commentFault(err)
	}
	return phpform.BoolOf(true), nil
}

// commentFault returns the fault of a change on the wire.
func commentFault(err error) error {
	switch {
	case errors.Is(err, task.ErrNotFound), errors.Is(err, comment.ErrNotFound), errors.Is(err, comment.ErrDenied):
		return forbiddenAction("Action is not allowed")
	case errors.Is(err, comment.ErrEmpty):
		return plain("Comment text not specified.")
	case errors.Is(err, comment.ErrFile):
		return plain("File not found")
	}
	return anyFault(err)
}

func (h handlers) commentDelete(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, err := commentDelete.read(p.Tree)
	if err != nil {
		return out, err
	}
	if err := h.Comments.Delete(ctx, actor(c), a.int(0), a.int(1)); err != nil {
		return out, commentFault(err)
	}
	return phpform.BoolOf(true), nil
}

func (h handlers) commentGet(ctx context.Context, c *rest.Call, p rest.AnyParams) (out json.RawMessage, err error) {
	a, err := commentGet.read(p.Tree)
	if err != nil {
		return out, err
	}
	x, err := h.Comments.Get(ctx, actor(c), a.int(0), a.int(1))
	if errors.Is(err, task.ErrNotFound) || errors.Is(err, comment.ErrNotFound) {
		return out, errItem
	}
	if err != nil {
		return out, err
	}
	rows, err := h.commentRows(ctx, c, []comment.Comment{x})
	if err != nil {
		return out, err
	}
	return rows[0], nil
}

func (h handlers) commentList(ctx context.Context, c *rest.Call, p rest.AnyParams) (out []json.RawMessage, err error) {
	s := commentList
	a, err := s.read(p.Tree)
	if err != nil {
		return out, err
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return out, err
	}
	var q comment.Query
	if q.Order, err = s.order(a, 1, comment.Columns()); err != nil {
		return out, err
	}
	if q.Filter, err = s.filter(a, 2, comment.Columns(), zone); err != nil {
		return out, err
	}
	list, err := h.Comments.List(ctx, actor(c), a.int(0), q)
	if errors.Is(err, task.ErrNotFound) {
		return out, failed("Action failed")
	}
	if err != nil {
		return out, err
	}
	return h.commentRows(ctx, c, list)
}

// commentRows writes comments of one task. Their text is not told as HTML: null, as of comments that are messages.
func (h handlers) commentRows(ctx context.Context, c *rest.Call, list []comment.Comment) ([]json.RawMessage, error) {
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return nil, err
	}
	var authors, carrying []int64
	for _, x := range list {
		authors = append(authors, x.AuthorID)
		if len(x.Files) > 0 {
			carrying = append(carrying, x.ID)
		}
	}
	people, err := h.Users.Many(ctx, authors)
	if err != nil {
		return nil, err
	}
	attached, err := h.Files.CommentAttachments(ctx, carrying)
	if err != nil {
		return nil, err
	}
	out := make([]json.RawMessage, len(list))
	for i, x := range list {
		u := people[x.AuthorID]
		var o, objects object
		o.set("POST_MESSAGE_HTML", phpform.NullValue()).set("ID", idText(x.ID)).set("AUTHOR_ID", idText(x.AuthorID))
		o.str("AUTHOR_NAME", u.DisplayName()).str("AUTHOR_EMAIL", u.Email).str("POST_DATE", moment(x.Posted, zone)).str("POST_MESSAGE", x.Text)
		for _, f := range attached[x.ID] {
			objects.set(idText(f.ID).Text(), attachedObject(f, idText(f.ID)))
		}
		out[i] = withObject(o, "ATTACHED_OBJECTS", objects)
	}
	return out, nil
}

// withObject writes o with one more value, an object also where it is empty.
func withObject(o object, name string, last object) json.RawMessage {
	b := bytes.TrimSuffix(phpform.AppendJSON(nil, o.value()), []byte("}"))
	b = append(phpform.AppendJSON(append(b, ','), phpform.StringOf(name)), ':')
	if last.b.Len() == 0 {
		return append(b, "{}}"...)
	}
	return append(phpform.AppendJSON(b, last.value()), '}')
}

// attachedObject writes a file that something shows; id is the tie's number, a text or a number as the family has it.
func attachedObject(f Attachment, id phpform.Value) phpform.Value {
	var o object
	o.set("ATTACHMENT_ID", id).str("NAME", f.Name).set("SIZE", idText(f.Size)).set("FILE_ID", idText(f.FileID))
	return o.str("DOWNLOAD_URL", f.DownloadURL).str("VIEW_URL", f.ViewURL).value()
}

func (h handlers) commentMay(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, err := commentMay.read(p.Tree)
	if err != nil {
		return out, err
	}
	if err := positive(a.int(0), a.int(1)); err != nil {
		return out, err
	}
	may, err := h.Comments.May(ctx, actor(c), a.int(0), a.int(1), comment.Action(a.int(2)))
	return phpform.BoolOf(may), err
}

// commentManifest answers task.commentitem.getmanifest.
func commentManifest(context.Context, *rest.Call, rest.AnyParams) (phpform.Value, error) {
	write := map[string][]string{"arFields": commentWritable}
	return manifest{
		alias: "commentitem", version: "1.1", writable: commentWritable, readable: commentReadable, sortable: commentSortable,
		filterable: commentFilterable, dates: []string{"POST_DATE"},
		methods: []manifestMethod{
			manifestSelf,
			{
				signature: commentList, static: 1, returns: commentReadable, list: true,
				keys:  map[string][]string{"arOrder": commentSortable, "arFilter": commentFilterable},
				extra: map[string][]phpform.Entry{"arFilter": {{Key: "allowedKeyPrefixes", Value: texts(comparisons)}}},
			},
			{signature: commentGet, returns: commentReadable},
			{signature: commentAdd, static: 1, keys: write},
			{signature: commentUpdate, static: 2, keys: write},
			{signature: commentDelete, static: 2},
			{signature: commentMay, static: 2},
		},
	}.value(), nil
}
