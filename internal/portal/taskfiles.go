package portal

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/file/fileweb"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/partrest"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
)

// taskFiles tells the methods of tasks about files.
type taskFiles struct {
	files *file.Service
	url   func(path string) string
}

var (
	_ partrest.Files  = taskFiles{}
	_ taskfile.Files  = taskFiles{}
	_ checklist.Files = itemFiles{}
	_ template.Files  = templateFiles{}
)

// AttachTx ties files to a task.
func (t taskFiles) AttachTx(ctx context.Context, tx *db.Tx, userID, taskID int64, ids []int64) ([]int64, error) {
	ties, err := t.files.AttachTx(ctx, tx, file.Actor{UserID: userID}, file.Place{Entity: taskfile.Entity, ID: taskID}, ids)
	if k := fault.KindOf(err); err != nil && k != fault.Internal {
		return nil, taskfile.ErrFile
	}
	out := make([]int64, len(ties))
	for i, a := range ties {
		out[i] = a.ID
	}
	return out, err
}

// DetachTx takes files off a task.
func (t taskFiles) DetachTx(ctx context.Context, tx *db.Tx, taskID int64, ids []int64) error {
	return t.files.DetachTx(ctx, tx, file.Place{Entity: taskfile.Entity, ID: taskID}, ids)
}

// DetachAllTx takes the files off a task.
func (t taskFiles) DetachAllTx(ctx context.Context, tx *db.Tx, taskID int64) error {
	return t.files.DetachAllTx(ctx, tx, file.Place{Entity: taskfile.Entity, ID: taskID})
}

// TiesTx returns the files of tasks.
func (t taskFiles) TiesTx(ctx context.Context, tx *db.Tx, tasks []int64) (map[int64][]taskfile.Tie, error) {
	ties, err := t.files.TiesOfTx(ctx, tx, taskfile.Entity, tasks)
	out := map[int64][]taskfile.Tie{}
	for _, a := range ties {
		out[a.Place.ID] = append(out[a.Place.ID], taskfile.Tie{ID: a.ID, FileID: a.File.ID})
	}
	return out, err
}

// Attachments returns the ties of files to a place.
func (t taskFiles) Attachments(ctx context.Context, _ int64, p partrest.Place, ids []int64) (map[int64]partrest.Attachment, error) {
	ties, err := t.files.Ties(ctx, file.Place{Entity: p.Entity, ID: p.ID}, ids)
	out := make(map[int64]partrest.Attachment, len(ties))
	for _, a := range ties {
		out[a.File.ID] = t.attachment(a)
	}
	return out, err
}

func (t taskFiles) attachment(a file.Attached) partrest.Attachment {
	n := a.File
	return partrest.Attachment{
		ID: a.ID, FileID: n.ID, Name: n.Name, Size: n.Size, DownloadURL: t.url(fileweb.DownloadURL(n.ID)), ViewURL: t.url(fileweb.ShowURL(n)),
	}
}

// CommentAttachments returns the files of comments, which are messages, by comment.
func (t taskFiles) CommentAttachments(ctx context.Context, comments []int64) (map[int64][]partrest.Attachment, error) {
	ties, err := t.files.TiesOf(ctx, file.Message, comments)
	out := map[int64][]partrest.Attachment{}
	for _, a := range ties {
		out[a.Place.ID] = append(out[a.Place.ID], t.attachment(a))
	}
	return out, err
}

// ItemAttachments returns the files of items of tasks' checklists, by item.
func (t taskFiles) ItemAttachments(ctx context.Context, items []int64) (map[int64][]partrest.Attachment, error) {
	ties, err := t.files.TiesOf(ctx, itemEntities[checklist.OfTask], items)
	out := map[int64][]partrest.Attachment{}
	for _, a := range ties {
		out[a.Place.ID] = append(out[a.Place.ID], t.attachment(a))
	}
	return out, err
}

// Keep stores a file on the user's own drive.
func (t taskFiles) Keep(ctx context.Context, userID int64, name, content string) (int64, error) {
	n, err := t.files.KeepUpload(ctx, file.Actor{UserID: userID}, name, base64.NewDecoder(base64.StdEncoding, strings.NewReader(content)))
	if corrupt := base64.CorruptInputError(0); errors.As(err, &corrupt) || errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, partrest.ErrContent
	}
	return n.ID, err
}

// filesOfTasks tells the file area who sees tasks.
type filesOfTasks struct{ portal *Portal }

var _ file.Entity = filesOfTasks{}

// MayReadTx reports whether a user sees a task.
func (f filesOfTasks) MayReadTx(ctx context.Context, tx *db.Tx, userID, taskID int64) (bool, error) {
	return f.portal.readableTx(ctx, tx, userID, taskID, f.portal.TaskFiles.MayReadTx)
}

// readableTx asks for an active user whether they see something.
func (p *Portal) readableTx(ctx context.Context, tx *db.Tx, userID, id int64,
	may func(context.Context, *db.Tx, user.Ref, int64) (bool, error),
) (bool, error) {
	active, who, err := p.Users.AccessTx(ctx, tx, userID)
	if err != nil || !active {
		return false, err
	}
	who.ID = userID
	return may(ctx, tx, who, id)
}

// itemEntities are what items of checklists are called among the things that files are attached to.
var itemEntities = map[checklist.Kind]string{checklist.OfTask: "task_item", checklist.OfTemplate: "task_template_item"}

// filesOfItems tells the file area who sees items of checklists.
type filesOfItems struct {
	portal *Portal
	kind   checklist.Kind
}

var _ file.Entity = filesOfItems{}

// MayReadTx reports whether a user sees an item.
func (f filesOfItems) MayReadTx(ctx context.Context, tx *db.Tx, userID, id int64) (bool, error) {
	lists := f.portal.Checklists
	if f.kind == checklist.OfTemplate {
		lists = f.portal.Templates.Checklists()
	}
	return f.portal.readableTx(ctx, tx, userID, id, lists.MayReadTx)
}

// itemFiles ties files to items of checklists.
type itemFiles struct{ files *file.Service }

// TiesTx returns the ties of items.
func (f itemFiles) TiesTx(ctx context.Context, tx *db.Tx, kind checklist.Kind, items []int64) (map[int64][]checklist.Tie, error) {
	ties, err := f.files.TiesOfTx(ctx, tx, itemEntities[kind], items)
	out := map[int64][]checklist.Tie{}
	for _, a := range ties {
		out[a.Place.ID] = append(out[a.Place.ID], checklist.Tie{ID: a.ID, FileID: a.File.ID})
	}
	return out, err
}

// AttachTx ties files to an item.
func (f itemFiles) AttachTx(ctx context.Context, tx *db.Tx, userID int64, kind checklist.Kind, item int64, ids []int64) error {
	_, err := f.files.AttachTx(ctx, tx, file.Actor{UserID: userID}, file.Place{Entity: itemEntities[kind], ID: item}, ids)
	if err != nil && fault.KindOf(err) != fault.Internal {
		return checklist.ErrFile
	}
	return err
}

// DetachTx takes files off an item.
func (f itemFiles) DetachTx(ctx context.Context, tx *db.Tx, kind checklist.Kind, item int64, ids []int64) error {
	return f.files.DetachTx(ctx, tx, file.Place{Entity: itemEntities[kind], ID: item}, ids)
}

// DetachAllTx takes all files off items.
func (f itemFiles) DetachAllTx(ctx context.Context, tx *db.Tx, kind checklist.Kind, items []int64) error {
	return f.files.DetachAllOfTx(ctx, tx, itemEntities[kind], items)
}

// CopyTx ties the files of an item to its copy.
func (f itemFiles) CopyTx(ctx context.Context, tx *db.Tx, userID int64, from checklist.Kind, fromItem int64, to checklist.Kind, toItem int64) error {
	return f.files.CopyTiesTx(ctx, tx, userID, file.Place{Entity: itemEntities[from], ID: fromItem}, file.Place{Entity: itemEntities[to], ID: toItem})
}

// templateEntity is what templates are called among the things that files are attached to.
const templateEntity = "task_template"

// filesOfTemplates tells the file area who sees templates.
type filesOfTemplates struct{ portal *Portal }

var _ file.Entity = filesOfTemplates{}

// MayReadTx reports whether a user sees a template.
func (f filesOfTemplates) MayReadTx(ctx context.Context, tx *db.Tx, userID, id int64) (bool, error) {
	return f.portal.readableTx(ctx, tx, userID, id, f.portal.Templates.MayReadTx)
}

// templateFiles ties files to templates of tasks.
type templateFiles struct{ files *file.Service }

func templatePlace(id int64) file.Place { return file.Place{Entity: templateEntity, ID: id} }

// TiesTx returns the files of templates.
func (f templateFiles) TiesTx(ctx context.Context, tx *db.Tx, templates []int64) (map[int64][]taskfile.Tie, error) {
	ties, err := f.files.TiesOfTx(ctx, tx, templateEntity, templates)
	out := map[int64][]taskfile.Tie{}
	for _, a := range ties {
		out[a.Place.ID] = append(out[a.Place.ID], taskfile.Tie{ID: a.ID, FileID: a.File.ID})
	}
	return out, err
}

// AttachTx ties files to a template.
func (f templateFiles) AttachTx(ctx context.Context, tx *db.Tx, userID, id int64, files []int64) error {
	_, err := f.files.AttachTx(ctx, tx, file.Actor{UserID: userID}, templatePlace(id), files)
	if k := fault.KindOf(err); err != nil && k != fault.Internal {
		return taskfile.ErrFile
	}
	return err
}

// DetachTx takes files off a template.
func (f templateFiles) DetachTx(ctx context.Context, tx *db.Tx, id int64, files []int64) error {
	return f.files.DetachTx(ctx, tx, templatePlace(id), files)
}

// DetachAllTx takes the files off a template.
func (f templateFiles) DetachAllTx(ctx context.Context, tx *db.Tx, id int64) error {
	return f.files.DetachAllTx(ctx, tx, templatePlace(id))
}

// CopyTx ties the files of a template to a task.
func (f templateFiles) CopyTx(ctx context.Context, tx *db.Tx, userID, id, taskID int64) error {
	return f.files.CopyTiesTx(ctx, tx, userID, templatePlace(id), file.Place{Entity: taskfile.Entity, ID: taskID})
}
