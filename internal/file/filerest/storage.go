package filerest

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

func (h handlers) registerStorages(r *rest.Registry) {
	doc := func(page string) rest.Option { return rest.Doc(pages + page) }
	r.Add(
		rest.M("disk.storage.getFields", scope, rest.Everyone, "Describes the fields of drives.", h.storageFields,
			doc("storage/disk-storage-get-fields.md")),
		rest.M("disk.storage.getTypes", scope, rest.Everyone, "Lists the types of drives.", h.storageTypes, doc("storage/disk-storage-get-types.md")),
		rest.M("disk.storage.getList", scope, rest.Everyone, "Lists the drives that the user may see.", h.storageList,
			doc("storage/disk-storage-get-list.md")),
		rest.M("disk.storage.get", scope, rest.Everyone, "Returns a drive.", h.storageGet, doc("storage/disk-storage-get.md")),
		rest.M("disk.storage.getForApp", scope, rest.Everyone|rest.AppOnly|rest.AdminOnly, "Returns the application's own drive, made when first asked for.",
			h.storageForApp, doc("storage/disk-storage-get-for-app.md")),
		rest.M("disk.storage.rename", scope, rest.Everyone|rest.AppOnly|rest.AdminOnly, "Renames the application's own drive.", h.storageRename,
			doc("storage/disk-storage-rename.md")),
		rest.M("disk.storage.getChildren", scope, rest.Everyone, "Lists what is in the root of a drive.", h.storageChildren,
			doc("storage/disk-storage-get-children.md")),
		rest.M("disk.storage.addFolder", scope, rest.Everyone, "Makes a folder in the root of a drive.", h.storageAddFolder,
			doc("storage/disk-storage-add-folder.md"), rest.Reads("data.NAME")),
		rest.M("disk.storage.uploadFile", scope, rest.Everyone, "Uploads a file to the root of a drive.", h.storageUpload,
			rest.Body(rest.FileBody), doc("storage/disk-storage-upload-file.md"), rest.Reads("data.NAME")),
		rest.M("disk.rights.getTasks", scope, rest.Everyone, "Lists the levels of access.", h.rightTasks, doc("rights/disk-rights-get-tasks.md")),
	)
}

func (h handlers) storageFields(context.Context, *rest.Call, rest.None) (map[string]fieldOut, error) {
	return map[string]fieldOut{
		"ID": {"integer", true, true}, "NAME": {"string", true, true}, "CODE": {"string", true, true}, "MODULE_ID": {"string", false, true},
		"ENTITY_TYPE": {"string", true, true}, "ENTITY_ID": {"string", true, true}, "ROOT_OBJECT_ID": {"integer", false, true},
	}, nil
}

func (h handlers) storageTypes(context.Context, *rest.Call, rest.None) ([]string, error) {
	return []string{"user", "common", "group"}, nil
}

// storagesParams are the parameters of disk.storage.getList.
type storagesParams struct {
	Filter phpform.Value `b24:"filter"`
	Order  phpform.Value `b24:"order"`
	Start  int64         `b24:"start"`
}

func (h handlers) storageList(ctx context.Context, c *rest.Call, p storagesParams) (rest.Page[storageOut], error) {
	_, view, _ := h.files.Views()
	q, err := query(view, c, listParams{Filter: p.Filter, Order: p.Order, Start: p.Start})
	if err != nil {
		return rest.Page[storageOut]{}, err
	}
	page, err := h.files.Storages(ctx, actorOf(c), q)
	out := rest.Page[storageOut]{Items: []storageOut{}, Total: page.Total, Next: page.Next}
	for _, t := range page.Items {
		out.Items = append(out.Items, storageOf(t))
	}
	return out, err
}

// storage returns the drive of a method's id.
func (h handlers) storage(ctx context.Context, c *rest.Call, id int64) (file.Storage, error) {
	if id <= 0 {
		return file.Storage{}, errArgument
	}
	t, err := h.files.Storage(ctx, actorOf(c), id)
	return t, told(err, id, errNameTaken)
}

func (h handlers) storageGet(ctx context.Context, c *rest.Call, p idParams) (storageOut, error) {
	t, err := h.storage(ctx, c, p.ID)
	return storageOf(t), err
}

func (h handlers) storageForApp(ctx context.Context, c *rest.Call, _ rest.None) (storageOut, error) {
	t, err := h.files.StorageOf(ctx, actorOf(c), file.OfApp)
	return storageOf(t), err
}

// storageRenameParams are the parameters of disk.storage.rename.
type storageRenameParams struct {
	ID   int64  `b24:"id,needed"`
	Name string `b24:"newName,needed"`
}

// errStorageType is the fault, without a code, of a drive that is not an application's.
var errStorageType = fault.New(fault.Invalid, "", "Access denied (invalid type of storage)")

func (h handlers) storageRename(ctx context.Context, c *rest.Call, p storageRenameParams) (storageOut, error) {
	if p.ID <= 0 || p.Name == "" {
		return storageOut{}, errArgument
	}
	t, err := h.files.RenameStorage(ctx, actorOf(c), p.ID, p.Name)
	if errors.Is(err, file.ErrOtherStorage) {
		return storageOut{}, errStorageType
	}
	return storageOf(t), told(err, p.ID, errNameTaken)
}

func (h handlers) storageChildren(ctx context.Context, c *rest.Call, p listParams) (rest.Page[phpform.Value], error) {
	t, err := h.storage(ctx, c, p.ID)
	if err != nil {
		return rest.Page[phpform.Value]{}, err
	}
	return h.children(ctx, c, t.RootID, p)
}

func (h handlers) children(ctx context.Context, c *rest.Call, folder int64, p listParams) (rest.Page[phpform.Value], error) {
	view, _, _ := h.files.Views()
	q, err := query(view, c, p)
	if err != nil {
		return rest.Page[phpform.Value]{}, err
	}
	page, err := h.files.Children(ctx, actorOf(c), folder, q)
	if err != nil {
		return rest.Page[phpform.Value]{}, told(err, folder, errNameTaken)
	}
	return rest.Page[phpform.Value]{Items: h.objects(c, page.Items), Total: page.Total, Next: page.Next}, nil
}

// addFolderParams are the parameters of disk.storage.addFolder.
type addFolderParams struct {
	ID     int64         `b24:"id,needed"`
	Data   phpform.Value `b24:"data,needed"`
	Rights phpform.Value `b24:"rights"`
}

func (h handlers) storageAddFolder(ctx context.Context, c *rest.Call, p addFolderParams) (phpform.Value, error) {
	t, err := h.storage(ctx, c, p.ID)
	if err != nil {
		return phpform.Value{}, err
	}
	return h.makeFolder(ctx, c, t.RootID, nameOf(p.Data), p.Rights)
}

func (h handlers) makeFolder(ctx context.Context, c *rest.Call, parent int64, name string, rights phpform.Value) (phpform.Value, error) {
	if name == "" {
		return phpform.Value{}, errArgument
	}
	given, err := readRights(rights)
	if err != nil {
		return phpform.Value{}, err
	}
	n, err := h.files.AddFolder(ctx, actorOf(c), parent, name, given)
	if err != nil {
		return phpform.Value{}, told(err, parent, errDirTaken)
	}
	return h.object(c, n, fresh), nil
}

// uploadParams are the parameters of disk.storage.uploadFile and disk.folder.uploadFile.
type uploadParams struct {
	ID      int64         `b24:"id,needed"`
	Data    phpform.Value `b24:"data"`
	Content phpform.Value `b24:"fileContent"`
	Rights  phpform.Value `b24:"rights"`
	Unique  bool          `b24:"generateUniqueName"`
}

// storageUploadParams are those of disk.storage.uploadFile, which needs the file itself.
type storageUploadParams struct {
	ID      int64         `b24:"id,needed"`
	Data    phpform.Value `b24:"data,needed"`
	Content phpform.Value `b24:"fileContent,needed"`
	Rights  phpform.Value `b24:"rights"`
	Unique  bool          `b24:"generateUniqueName"`
}

func (h handlers) storageUpload(ctx context.Context, c *rest.Call, p storageUploadParams) (phpform.Value, error) {
	t, err := h.storage(ctx, c, p.ID)
	if err != nil {
		return phpform.Value{}, err
	}
	in, ok := readSent(p.Content)
	if !ok {
		return phpform.Value{}, errArgument
	}
	return h.upload(ctx, c, t.RootID, in, uploadParams(p))
}

// upload stores a file that came in a parameter.
func (h handlers) upload(ctx context.Context, c *rest.Call, folder int64, in sent, p uploadParams) (phpform.Value, error) {
	name := nameOf(p.Data)
	if name == "" {
		return phpform.Value{}, errNoName
	}
	given, err := readRights(p.Rights)
	if err != nil {
		return phpform.Value{}, err
	}
	if err := h.mayAdd(ctx, c, folder); err != nil { // before the content is stored
		return phpform.Value{}, err
	}
	content, err := h.receive(ctx, in)
	if err != nil {
		return phpform.Value{}, unsaved(err, errNotSaved)
	}
	n, err := h.files.Add(ctx, actorOf(c), folder, file.NewFile{Name: name, Content: content, Unique: p.Unique, Rights: given})
	if err != nil {
		return phpform.Value{}, told(err, folder, errNameTaken)
	}
	return h.object(c, n, fresh), nil
}

// mayAdd returns the fault of a folder to which the caller cannot add.
func (h handlers) mayAdd(ctx context.Context, c *rest.Call, folder int64) error {
	r, err := h.files.Right(ctx, actorOf(c), folder)
	if err == nil && r < file.Add {
		err = file.ErrAccess
	}
	return told(err, folder, errNameTaken)
}

// taskOut is a level of access.
type taskOut struct {
	ID    string `json:"ID"`
	Name  string `json:"NAME"`
	Title string `json:"TITLE"`
}

func (h handlers) rightTasks(context.Context, *rest.Call, rest.None) ([]taskOut, error) {
	var out []taskOut
	for _, t := range tasks {
		out = append(out, taskOut{text(t.id), t.name, t.title})
	}
	return out, nil
}
