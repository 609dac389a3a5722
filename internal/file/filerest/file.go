package filerest

import (
	"context"
	"errors"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

func (h handlers) registerFiles(r *rest.Registry) {
	doc := func(page string) rest.Option { return rest.Doc(pages + "file/disk-file-" + page + ".md") }
	r.Add(
		rest.M("disk.file.getFields", scope, rest.Everyone, "Describes the fields of files.", h.fileFields, doc("get-fields")),
		rest.M("disk.file.get", scope, rest.Everyone, "Returns a file.", h.fileGet, doc("get")),
		rest.M("disk.file.copyTo", scope, rest.Everyone, "Copies a file.", h.fileCopy, doc("copy-to")),
		rest.M("disk.file.moveTo", scope, rest.Everyone, "Moves a file within its drive.", h.fileMove, doc("move-to")),
		rest.M("disk.file.rename", scope, rest.Everyone, "Renames a file.", h.fileRename, doc("rename")),
		rest.M("disk.file.markDeleted", scope, rest.Everyone, "Moves a file to the trash.", h.fileDiscard, doc("mark-deleted")),
		rest.M("disk.file.restore", scope, rest.Everyone, "Takes a file out of the trash.", h.fileRestore, doc("restore")),
		rest.M("disk.file.delete", scope, rest.Everyone, "Deletes a file for ever.", h.fileDelete, doc("delete")),
		rest.M("disk.file.getVersions", scope, rest.Everyone, "Lists the versions of a file.", h.fileVersions, doc("get-versions")),
		rest.M("disk.file.uploadVersion", scope, rest.Everyone, "Gives a file a new content.", h.fileUploadVersion, rest.Body(rest.FileBody), doc("upload-version")),
		rest.M("disk.file.restoreFromVersion", scope, rest.Everyone, "Gives a file the content of one of its versions.", h.fileRestoreVersion,
			doc("restore-from-version")),
		rest.M("disk.file.search", scope, rest.Everyone, "Finds files and folders by the words of their names.", h.fileSearch, doc("search"),
			rest.Reads("FILTER.STORAGE_ID", "FILTER.FOLDER_ID")),
		rest.M("disk.file.getExternalLink", scope, rest.Everyone, "Returns a link by which everybody sees a file.", h.filePublic, doc("get-external-link")),
		rest.M("disk.version.get", scope, rest.Everyone, "Returns a version of a file.", h.versionGet, rest.Doc(pages+"version/disk-version-get.md")),
		rest.M("disk.attachedObject.get", scope, rest.Everyone, "Returns the tie between a file and what it is attached to.", h.attachedGet,
			rest.Doc(pages+"attached-object/disk-attached-object-get.md")),
	)
}

func (h handlers) fileFields(context.Context, *rest.Call, rest.None) (map[string]fieldOut, error) {
	out := nodeFields()
	for _, name := range []string{"GLOBAL_CONTENT_VERSION", "FILE_ID", "SIZE"} {
		out[name] = fieldOut{"integer", false, true}
	}
	return out, nil
}

func (h handlers) fileGet(ctx context.Context, c *rest.Call, p idParams) (phpform.Value, error) {
	n, err := h.node(ctx, c, p.ID, false)
	if err != nil {
		return phpform.Value{}, err
	}
	return h.object(c, n, stored), nil
}

func (h handlers) fileCopy(ctx context.Context, c *rest.Call, p targetParams) (phpform.Value, error) {
	return h.copyNode(ctx, c, p, false, errNameTaken)
}

func (h handlers) fileMove(ctx context.Context, c *rest.Call, p targetParams) (phpform.Value, error) {
	return h.moveNode(ctx, c, p, false, errNameTaken)
}

// errEmptyName is the fault of a name that is there and empty; its code is the text "0".
var errEmptyName = fault.New(fault.Invalid, "0", "Empty name")

func (h handlers) fileRename(ctx context.Context, c *rest.Call, p renameParams) (phpform.Value, error) {
	if p.Name == nil {
		return phpform.Value{}, errArgument
	}
	if _, err := h.node(ctx, c, p.ID, false); err != nil {
		return phpform.Value{}, err
	}
	if strings.TrimSpace(*p.Name) == "" {
		return phpform.Value{}, errEmptyName
	}
	n, err := h.files.Rename(ctx, actorOf(c), p.ID, *p.Name)
	if err != nil {
		return phpform.Value{}, told(err, p.ID, errNameTaken)
	}
	return h.object(c, n, stored), nil
}

func (h handlers) fileDiscard(ctx context.Context, c *rest.Call, p idParams) (phpform.Value, error) {
	n, err := h.node(ctx, c, p.ID, false)
	if err == nil {
		n, err = h.files.Discard(ctx, actorOf(c), p.ID)
	}
	if err != nil {
		return phpform.Value{}, told(err, p.ID, errNameTaken)
	}
	return h.object(c, n, stored), nil
}

func (h handlers) fileRestore(ctx context.Context, c *rest.Call, p idParams) (phpform.Value, error) {
	return h.restore(ctx, c, p.ID, false)
}

func (h handlers) fileDelete(ctx context.Context, c *rest.Call, p idParams) (bool, error) {
	return h.deleteNode(ctx, c, p.ID, false)
}

// versionsParams are the parameters of disk.file.getVersions.
type versionsParams struct {
	ID     int64         `b24:"id,needed"`
	Filter phpform.Value `b24:"filter"`
	Start  int64         `b24:"start"`
}

func (h handlers) fileVersions(ctx context.Context, c *rest.Call, p versionsParams) (rest.Page[versionOut], error) {
	var out rest.Page[versionOut]
	if p.ID <= 0 {
		return out, errArgument
	}
	_, _, view := h.files.Views()
	q, err := query(view, c, listParams{Filter: p.Filter, Start: p.Start})
	if err != nil {
		return out, err
	}
	page, err := h.files.Versions(ctx, actorOf(c), p.ID, q)
	out.Items, out.Total, out.Next = []versionOut{}, page.Total, page.Next
	for _, v := range page.Items {
		out.Items = append(out.Items, h.version(c, v))
	}
	return out, told(err, p.ID, errNameTaken)
}

// newVersionParams are the parameters of disk.file.uploadVersion.
type newVersionParams struct {
	ID      int64         `b24:"id,needed"`
	Content phpform.Value `b24:"fileContent,needed"`
}

// The faults of a new version.
var (
	errVersionUnsaved = fault.New(fault.Invalid, "DISK_FILE_22002", "Could not save file")
	errVersionSize    = fault.New(fault.Invalid, "DISK_FILE_22006", "Size restriction")
	errVersionForeign = fault.New(fault.Invalid, "DISK_FILE_22004", "Cannot restore version from another file")
)

func (h handlers) fileUploadVersion(ctx context.Context, c *rest.Call, p newVersionParams) (phpform.Value, error) {
	in, ok := readSent(p.Content)
	if p.ID <= 0 || !ok {
		return phpform.Value{}, errArgument
	}
	if _, err := h.node(ctx, c, p.ID, false); err != nil {
		return phpform.Value{}, err
	}
	r, err := h.files.Right(ctx, actorOf(c), p.ID)
	if err == nil && r < file.Edit {
		err = file.ErrAccess
	}
	if err != nil {
		return phpform.Value{}, told(err, p.ID, errNameTaken)
	}
	content, err := h.receive(ctx, in)
	if errors.Is(err, file.ErrTooLarge) || errors.Is(err, file.ErrNoSpace) {
		return phpform.Value{}, errVersionSize.Because(err)
	}
	if err != nil {
		return phpform.Value{}, unsaved(err, errVersionUnsaved)
	}
	n, err := h.files.AddVersion(ctx, actorOf(c), p.ID, content)
	if err != nil {
		return phpform.Value{}, told(err, p.ID, errNameTaken)
	}
	return h.object(c, n, renewed), nil
}

// restoreVersionParams are the parameters of disk.file.restoreFromVersion.
type restoreVersionParams struct {
	ID      int64 `b24:"id,needed"`
	Version int64 `b24:"versionId,needed"`
}

func (h handlers) fileRestoreVersion(ctx context.Context, c *rest.Call, p restoreVersionParams) (phpform.Value, error) {
	if p.ID <= 0 || p.Version <= 0 {
		return phpform.Value{}, errArgument
	}
	if _, err := h.node(ctx, c, p.ID, false); err != nil {
		return phpform.Value{}, err
	}
	n, err := h.files.RestoreVersion(ctx, actorOf(c), p.ID, p.Version)
	switch {
	case err == nil:
		return h.object(c, n, renewed), nil
	case errors.Is(err, file.ErrForeignVersion):
		return phpform.Value{}, errVersionForeign
	}
	return phpform.Value{}, told(err, p.Version, errNameTaken)
}

func (h handlers) versionGet(ctx context.Context, c *rest.Call, p idParams) (versionOut, error) {
	if p.ID <= 0 {
		return versionOut{}, errArgument
	}
	v, err := h.files.Version(ctx, actorOf(c), p.ID)
	if err != nil {
		return versionOut{}, told(err, p.ID, errNameTaken)
	}
	return h.version(c, v), nil
}

// attachedOut is the tie between a file and what it is attached to.
type attachedOut struct {
	ID         string        `json:"ID"`
	Object     string        `json:"OBJECT_ID"`
	Module     string        `json:"MODULE_ID"`
	EntityType string        `json:"ENTITY_TYPE"`
	EntityID   string        `json:"ENTITY_ID"`
	Created    phpform.Value `json:"CREATE_TIME"`
	CreatedBy  string        `json:"CREATED_BY"`
	URL        string        `json:"DOWNLOAD_URL"`
	Name       string        `json:"NAME"`
	Size       string        `json:"SIZE"`
}

// wireEntities are what things are called on the wire, and the modules that they belong to.
var wireEntities = map[string][2]string{
	"task": {"tasks", "tasks_task"}, "task_comment": {"forum", "forum_message"}, file.Message: {"im", "im_message"},
	"task_item": {"tasks", "tasks_checklist"}, "task_template_item": {"tasks", "tasks_template_checklist"}, "task_template": {"tasks", "tasks_template"},
}

func (h handlers) attachedGet(ctx context.Context, c *rest.Call, p idParams) (attachedOut, error) {
	if p.ID <= 0 {
		return attachedOut{}, errArgument
	}
	t, err := h.files.Tie(ctx, actorOf(c), p.ID)
	if err != nil {
		return attachedOut{}, told(err, p.ID, errNameTaken)
	}
	names, ok := wireEntities[t.Place.Entity]
	if !ok {
		names = [2]string{"disk", t.Place.Entity}
	}
	return attachedOut{
		ID: text(t.ID), Object: text(t.File.ID), Module: names[0], EntityType: names[1], EntityID: text(t.Place.ID), Created: moment(c, t.Created),
		CreatedBy: text(t.CreatedBy), URL: h.link(file.Link{Action: file.Download, Actor: actorOf(c), NodeID: t.File.ID}),
		Name: t.File.Name, Size: text(t.File.Size),
	}, nil
}
