package filerest

import (
	"context"
	"errors"
	"slices"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

func (h handlers) registerFolders(r *rest.Registry) {
	doc := func(page string) rest.Option { return rest.Doc(pages + "folder/disk-folder-" + page + ".md") }
	r.Add(
		rest.M("disk.folder.getFields", scope, rest.Everyone, "Describes the fields of folders.", h.folderFields, doc("get-fields")),
		rest.M("disk.folder.get", scope, rest.Everyone, "Returns a folder.", h.folderGet, doc("get")),
		rest.M("disk.folder.getChildren", scope, rest.Everyone, "Lists what is in a folder.", h.folderChildren, doc("get-children")),
		rest.M("disk.folder.addSubFolder", scope, rest.Everyone, "Makes a folder in a folder.", h.folderAdd, doc("add-subfolder"), rest.Reads("data.NAME")),
		rest.M("disk.folder.copyTo", scope, rest.Everyone, "Copies a folder with all that is in it.", h.folderCopy, doc("copy-to")),
		rest.M("disk.folder.moveTo", scope, rest.Everyone, "Moves a folder within its drive.", h.folderMove, doc("move-to")),
		rest.M("disk.folder.rename", scope, rest.Everyone, "Renames a folder.", h.folderRename, doc("rename")),
		rest.M("disk.folder.markDeleted", scope, rest.Everyone, "Moves a folder to the trash.", h.folderDiscard, doc("mark-deleted")),
		rest.M("disk.folder.restore", scope, rest.Everyone|rest.AdminOnly, "Takes a folder out of the trash.", h.folderRestore, doc("restore"),
			rest.Refuses(nil, errDenied)),
		rest.M("disk.folder.deleteTree", scope, rest.Everyone, "Deletes a folder for ever, with all that is in it.", h.folderDelete, doc("delete-tree")),
		rest.M("disk.folder.shareToUser", scope, rest.Everyone, "Gives somebody a right on a folder.", h.folderShare, doc("share-to-user")),
		rest.M("disk.folder.uploadFile", scope, rest.Everyone, "Uploads a file to a folder, or returns an address to upload one to.", h.folderUpload,
			rest.Body(rest.FileBody), doc("upload-file"), rest.Reads("data.NAME")),
		rest.M("disk.folder.getExternalLink", scope, rest.Everyone, "Returns a link by which everybody sees a folder.", h.folderPublic,
			doc("get-external-link")),
	)
}

func (h handlers) folderFields(context.Context, *rest.Call, rest.None) (map[string]fieldOut, error) {
	out := nodeFields()
	out["REAL_OBJECT_ID"] = fieldOut{"integer", false, true}
	return out, nil
}

// nodeFields are the fields that files and folders have.
func nodeFields() map[string]fieldOut {
	return map[string]fieldOut{
		"ID": {"integer", true, true}, "NAME": {"string", true, true}, "TYPE": {"enum", true, true}, "CODE": {"string", true, true},
		"STORAGE_ID": {"integer", true, true}, "PARENT_ID": {"integer", true, true}, "CREATE_TIME": {"datetime", true, true},
		"UPDATE_TIME": {"datetime", true, true}, "DELETE_TIME": {"datetime", true, true}, "CREATED_BY": {"integer", false, true},
		"UPDATED_BY": {"integer", false, true}, "DELETED_BY": {"integer", false, true}, "DELETED_TYPE": {"enum", true, true},
	}
}

// node returns the file or folder of a method's id that is not in the trash.
func (h handlers) node(ctx context.Context, c *rest.Call, id int64, folder bool) (file.Node, error) {
	if id <= 0 {
		return file.Node{}, errArgument
	}
	n, err := h.files.Get(ctx, actorOf(c), id)
	if err == nil && (n.Folder != folder || n.Trash != file.Kept) {
		err = file.ErrNotFound
	}
	return n, told(err, id, errNameTaken)
}

func (h handlers) folderGet(ctx context.Context, c *rest.Call, p idParams) (phpform.Value, error) {
	n, err := h.node(ctx, c, p.ID, true)
	if err != nil {
		return phpform.Value{}, err
	}
	return h.object(c, n, stored), nil
}

func (h handlers) folderChildren(ctx context.Context, c *rest.Call, p listParams) (rest.Page[phpform.Value], error) {
	if p.ID <= 0 {
		return rest.Page[phpform.Value]{}, errArgument
	}
	return h.children(ctx, c, p.ID, p)
}

// subFolderParams are the parameters of disk.folder.addSubFolder.
type subFolderParams struct {
	ID   int64         `b24:"id,needed"`
	Data phpform.Value `b24:"data,needed"`
}

func (h handlers) folderAdd(ctx context.Context, c *rest.Call, p subFolderParams) (phpform.Value, error) {
	if p.ID <= 0 {
		return phpform.Value{}, errArgument
	}
	return h.makeFolder(ctx, c, p.ID, nameOf(p.Data), phpform.Value{})
}

// targetParams are the parameters of copyTo and moveTo.
type targetParams struct {
	ID     int64 `b24:"id,needed"`
	Target int64 `b24:"targetFolderId,needed"`
}

// both checks that what is moved or copied and where to are there, and returns which of the two a fault is about.
func (h handlers) both(ctx context.Context, c *rest.Call, p targetParams, folder bool) error {
	if p.ID <= 0 || p.Target <= 0 {
		return errArgument
	}
	if _, err := h.node(ctx, c, p.ID, folder); err != nil {
		return err
	}
	_, err := h.node(ctx, c, p.Target, true)
	return err
}

func (h handlers) folderCopy(ctx context.Context, c *rest.Call, p targetParams) (phpform.Value, error) {
	return h.copyNode(ctx, c, p, true, errDirTaken)
}

func (h handlers) copyNode(ctx context.Context, c *rest.Call, p targetParams, folder bool, taken *fault.Fault) (phpform.Value, error) {
	if err := h.both(ctx, c, p, folder); err != nil {
		return phpform.Value{}, err
	}
	n, err := h.files.Copy(ctx, actorOf(c), p.ID, p.Target, false)
	if err != nil {
		return phpform.Value{}, told(err, p.Target, taken)
	}
	return h.object(c, n, fresh), nil
}

func (h handlers) folderMove(ctx context.Context, c *rest.Call, p targetParams) (phpform.Value, error) {
	return h.moveNode(ctx, c, p, true, errDirTaken)
}

// The faults of moving: the first has no code.
var (
	errMoveRoot  = fault.New(fault.Invalid, "", "Could not move root folder")
	errMoveOther = fault.New(fault.Invalid, "", "Could not move to another storage")
	errMoveLoop  = fault.New(fault.Invalid, "", "Could not move folder into itself")
)

func (h handlers) moveNode(ctx context.Context, c *rest.Call, p targetParams, folder bool, taken *fault.Fault) (phpform.Value, error) {
	if err := h.both(ctx, c, p, folder); err != nil {
		return phpform.Value{}, err
	}
	n, err := h.files.Move(ctx, actorOf(c), p.ID, p.Target)
	switch {
	case err == nil:
		return h.object(c, n, moved), nil
	case errors.Is(err, file.ErrRoot):
		return phpform.Value{}, errMoveRoot
	case errors.Is(err, file.ErrOtherStorage):
		return phpform.Value{}, errMoveOther
	case errors.Is(err, file.ErrLoop):
		return phpform.Value{}, errMoveLoop
	}
	return phpform.Value{}, told(err, p.Target, taken)
}

// renameParams are the parameters of disk.folder.rename and disk.file.rename.
type renameParams struct {
	ID   int64   `b24:"id,needed"`
	Name *string `b24:"newName,needed"`
}

func (h handlers) folderRename(ctx context.Context, c *rest.Call, p renameParams) (phpform.Value, error) {
	if p.Name == nil || *p.Name == "" {
		return phpform.Value{}, errArgument
	}
	n, err := h.node(ctx, c, p.ID, true)
	if err == nil {
		n, err = h.files.Rename(ctx, actorOf(c), p.ID, *p.Name)
	}
	if err != nil {
		return phpform.Value{}, told(err, p.ID, errDirTaken)
	}
	return h.object(c, n, stored), nil
}

// errDeleteRoot is the fault of a root folder that is to be deleted.
var errDeleteRoot = fault.New(fault.Invalid, "DISK_OBJ_22000", "Could not delete root folder")

func (h handlers) folderDiscard(ctx context.Context, c *rest.Call, p idParams) (phpform.Value, error) {
	n, err := h.node(ctx, c, p.ID, true)
	if err == nil {
		n, err = h.files.Discard(ctx, actorOf(c), p.ID)
	}
	if errors.Is(err, file.ErrRoot) {
		return phpform.Value{}, errDeleteRoot
	}
	if err != nil {
		return phpform.Value{}, told(err, p.ID, errDirTaken)
	}
	return h.object(c, n, revived), nil
}

// discarded returns the file or folder of a method's id, wherever it is.
func (h handlers) discarded(ctx context.Context, c *rest.Call, id int64, folder bool) error {
	if id <= 0 {
		return errArgument
	}
	n, err := h.files.Get(ctx, actorOf(c), id)
	if err == nil && n.Folder != folder {
		err = file.ErrNotFound
	}
	return told(err, id, errNameTaken)
}

func (h handlers) folderRestore(ctx context.Context, c *rest.Call, p idParams) (phpform.Value, error) {
	return h.restore(ctx, c, p.ID, true)
}

func (h handlers) restore(ctx context.Context, c *rest.Call, id int64, folder bool) (phpform.Value, error) {
	if err := h.discarded(ctx, c, id, folder); err != nil {
		return phpform.Value{}, err
	}
	n, err := h.files.Restore(ctx, actorOf(c), id)
	if err != nil {
		return phpform.Value{}, told(err, id, errNameTaken)
	}
	return h.object(c, n, revived), nil
}

func (h handlers) folderDelete(ctx context.Context, c *rest.Call, p idParams) (bool, error) {
	return h.deleteNode(ctx, c, p.ID, true)
}

func (h handlers) deleteNode(ctx context.Context, c *rest.Call, id int64, folder bool) (bool, error) {
	if err := h.discarded(ctx, c, id, folder); err != nil {
		return false, err
	}
	err := h.files.Delete(ctx, actorOf(c), id)
	if errors.Is(err, file.ErrRoot) {
		return false, errDeleteRoot
	}
	return err == nil, told(err, id, errNameTaken)
}

// shareParams are the parameters of disk.folder.shareToUser.
type shareParams struct {
	ID   int64  `b24:"id,needed"`
	User int64  `b24:"userId,needed"`
	Task string `b24:"taskName,needed"`
}

func (h handlers) folderShare(ctx context.Context, c *rest.Call, p shareParams) (bool, error) {
	if p.User <= 0 || p.Task == "" {
		return false, errArgument
	}
	if _, err := h.node(ctx, c, p.ID, true); err != nil {
		return false, err
	}
	i := slices.IndexFunc(tasks, func(t struct {
		id          int64
		name, title string
		right       file.Right
	},
	) bool {
		return t.name == p.Task
	})
	if i < 0 {
		return false, errDenied
	}
	names, err := h.People.Names(ctx, []int64{p.User})
	if err != nil {
		return false, err
	}
	if _, ok := names[p.User]; !ok {
		return false, noEntity(p.User)
	}
	err = h.files.Give(ctx, actorOf(c), p.ID, []file.Given{{Code: "U" + text(p.User), Right: tasks[i].right}})
	return err == nil, told(err, p.ID, errNameTaken)
}

// uploadPlace is where a file can be sent to in a form.
type uploadPlace struct {
	Field string `json:"field"`
	URL   string `json:"uploadUrl"`
}

func (h handlers) folderUpload(ctx context.Context, c *rest.Call, p uploadParams) (any, error) {
	if p.ID <= 0 {
		return nil, errArgument
	}
	if err := h.mayAdd(ctx, c, p.ID); err != nil {
		return nil, err
	}
	if in, ok := readSent(p.Content); ok {
		return h.upload(ctx, c, p.ID, in, p)
	}
	l := file.Link{Action: file.UploadFile, Actor: actorOf(c), NodeID: p.ID}
	if p.Unique {
		l.Value = 1
	}
	return uploadPlace{uploadField, h.link(l)}, nil
}
