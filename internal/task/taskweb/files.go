package taskweb

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// Attached keeps the files of the tasks themselves; *taskfile.Service does.
type Attached interface {
	List(ctx context.Context, actor user.Ref, taskID int64) ([]taskfile.Tie, error)
	MayAttach(ctx context.Context, actor user.Ref, taskID int64) error
	Attach(ctx context.Context, actor user.Ref, taskID int64, ids []int64) ([]int64, error)
	Detach(ctx context.Context, actor user.Ref, taskID, tie int64) error
}

// attachedView is a file of the task itself on its card.
type attachedView struct {
	File

	DetachURL string // empty: the viewer may not take it off
}

// FileCount is how many files the card shows.
func (v cardView) FileCount() int { return len(v.Attached) + len(v.Files) }

// maxForm is the largest form with files that is taken, in bytes; the limit of a single file is a setting of the portal.
const maxForm = 10 << 30

// registerFiles adds what is done with the files of a task.
func (h pages) registerFiles(s *web.Shell, task string) {
	s.Action(task+"files/add", web.SignedIn, h.addFiles, web.RawBody(), web.MaxBody(maxForm))
	s.Action(task+"files/folder", web.SignedIn, h.filesFolder)
	s.Action(task+"files/attach", web.SignedIn, h.attachFiles)
	s.Action(task+"files/{tie}/detach", web.SignedIn, h.detachFile)
	s.Fragment(task+"files/archive/{$}", web.SignedIn, h.archive)
}

// attachedFiles returns the files of a task, and whether the viewer may change which there are.
func (h pages) attachedFiles(ctx context.Context, r *web.Request, v *cardView) error {
	if h.attached == nil || h.files == nil {
		return nil
	}
	v.MayAttach = v.Rights.Edit
	ties, err := h.attached.List(ctx, actor(r.Viewer), v.ID)
	if err != nil || len(ties) == 0 {
		return err
	}
	ids := make([]int64, len(ties))
	for i, t := range ties {
		ids[i] = t.FileID
	}
	known, err := h.files.TaskFiles(ctx, v.ID, ids)
	for _, t := range ties {
		f, ok := known[t.FileID]
		if !ok {
			continue
		}
		a := attachedView{File: f}
		if v.MayAttach {
			a.DetachURL = v.URL + "files/" + strconv.FormatInt(t.ID, 10) + "/detach"
		}
		v.Attached = append(v.Attached, a)
	}
	return err
}

var errNoFile = fault.New(fault.Invalid, "TASK_FILE_MISSING", "Choose a file first.").At("file")

// addFiles attaches the files of a form, which is how they come without modules.
func (h pages) addFiles(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	if err := h.attached.MayAttach(ctx, actor(r.Viewer), id); err != nil { // before anything is read
		return nil, err
	}
	ids, err := h.received(ctx, r)
	if err != nil {
		return nil, err
	}
	return h.attachedTo(ctx, r, owner, id, ids)
}

// received keeps the files of a form on the viewer's own drive and returns their numbers.
func (h pages) received(ctx context.Context, r *web.Request) ([]int64, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, errNoFile.Because(err)
	}
	var ids []int64
	for len(ids) <= taskfile.MaxFiles {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errNoFile.Because(err)
		}
		if p.FileName() == "" {
			continue
		}
		file, err := h.files.Keep(ctx, r.Viewer.ID, p.FileName(), p)
		if err != nil {
			return nil, err
		}
		ids = append(ids, file)
	}
	if len(ids) == 0 {
		return nil, errNoFile
	}
	return ids, nil
}

// filesFolder answers the folder to which a module uploads what is to be attached: one of the viewer's own drive.
func (h pages) filesFolder(ctx context.Context, r *web.Request) (web.Result, error) {
	_, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	if err := h.attached.MayAttach(ctx, actor(r.Viewer), id); err != nil {
		return nil, err
	}
	folder, err := h.files.UploadFolder(ctx, r.Viewer.ID)
	return web.JSON{Value: map[string]int64{"folder": folder}}, err
}

// attachFiles attaches files that are there already.
func (h pages) attachFiles(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	ids := readIDs(r.PostForm["file"])
	if len(ids) == 0 {
		return nil, errNoFile
	}
	return h.attachedTo(ctx, r, owner, id, ids)
}

func (h pages) attachedTo(ctx context.Context, r *web.Request, owner, id int64, files []int64) (web.Result, error) {
	_, err := h.attached.Attach(ctx, actor(r.Viewer), id, files)
	return web.Redirect{To: cardURL(owner, id) + "#files", Toast: attachedWords(len(files))}, err
}

func attachedWords(n int) string {
	if n > 1 {
		return strconv.Itoa(n) + " files were attached"
	}
	return "The file was attached"
}

const detachedWords = "Taken off; the file itself is kept"

// detachFile takes a file off the task; the file itself stays where it is kept.
func (h pages) detachFile(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	tie, err := r.PathID("tie")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: cardURL(owner, id) + "#files", Toast: detachedWords}, h.attached.Detach(ctx, actor(r.Viewer), id, tie)
}

// archive sends the files of a task in one archive.
func (h pages) archive(ctx context.Context, r *web.Request) (web.Result, error) {
	_, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	ties, err := h.attached.List(ctx, actor(r.Viewer), id)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(ties))
	for i, t := range ties {
		ids[i] = t.FileID
	}
	write := func(w io.Writer) error { return h.files.Archive(ctx, id, ids, w) }
	return web.Download{Name: "task-" + strconv.FormatInt(id, 10) + "-files.zip", Type: "application/zip", Write: write}, nil
}
