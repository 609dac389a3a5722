package filerest

import (
	"slices"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// The answers spell most numbers as texts, those of a node that the call made itself as numbers; these tell which.
var (
	stored  = []string{}
	fresh   = []string{"ID", "REAL_OBJECT_ID", "DELETED_TYPE", "GLOBAL_CONTENT_VERSION", "FILE_ID"}
	moved   = []string{"PARENT_ID"}
	revived = []string{"DELETED_TYPE"}
	renewed = []string{"GLOBAL_CONTENT_VERSION"}
)

// object returns a file or folder as the wire shows it: api-reference/disk/file/disk-file-get.md, /folder/disk-folder-get.md.
func (h handlers) object(c *rest.Call, n file.Node, numbers []string) phpform.Value {
	b := &phpform.Builder{}
	number := func(name string, v int64) {
		if slices.Contains(numbers, name) {
			b.Set(name, phpform.IntOf(v))
			return
		}
		b.Set(name, phpform.StringOf(strconv.FormatInt(v, 10)))
	}
	kind := "file"
	if n.Folder {
		kind = "folder"
	}
	number("ID", n.ID)
	b.Set("NAME", phpform.StringOf(n.Name))
	b.Set("CODE", textOrNull(n.Code))
	number("STORAGE_ID", n.StorageID)
	b.Set("TYPE", phpform.StringOf(kind))
	if n.Folder {
		number("REAL_OBJECT_ID", n.ID)
	}
	number("PARENT_ID", n.ParentID)
	number("DELETED_TYPE", int64(n.Trash))
	if !n.Folder {
		number("GLOBAL_CONTENT_VERSION", n.Version)
		number("FILE_ID", n.VersionID)
		number("SIZE", n.Size)
	}
	b.Set("CREATE_TIME", moment(c, n.Created))
	b.Set("UPDATE_TIME", moment(c, n.Updated))
	b.Set("DELETE_TIME", moment(c, n.Deleted))
	number("CREATED_BY", n.CreatedBy)
	number("UPDATED_BY", n.UpdatedBy)
	if n.DeletedBy == 0 && slices.Contains(numbers, "ID") {
		b.Set("DELETED_BY", phpform.NullValue())
	} else {
		number("DELETED_BY", n.DeletedBy)
	}
	if !n.Folder {
		b.Set("DOWNLOAD_URL", phpform.StringOf(h.link(file.Link{Action: file.Download, Actor: actorOf(c), NodeID: n.ID})))
	}
	b.Set("DETAIL_URL", phpform.StringOf(h.detailURL(n)))
	return b.Value()
}

// detailURL is where people see a node.
func (h handlers) detailURL(n file.Node) string {
	if n.Folder {
		return h.PublicURL("/disk/" + strconv.FormatInt(n.ID, 10) + "/")
	}
	return h.PublicURL("/file/" + strconv.FormatInt(n.ID, 10) + "/")
}

// link returns the absolute address of a signed link.
func (h handlers) link(l file.Link) string { return h.signer().To(l) }

func (h handlers) signer() Signer { return Signer{h.files, h.PublicURL} }

func textOrNull(s string) phpform.Value {
	if s == "" {
		return phpform.NullValue()
	}
	return phpform.StringOf(s)
}

// moment writes a time as the documentation does, in the zone of the answer's own time.
func moment(c *rest.Call, t time.Time) phpform.Value {
	if t.IsZero() {
		return phpform.NullValue()
	}
	return phpform.StringOf(t.In(c.Start.Location()).Format("2006-01-02T15:04:05-07:00"))
}

func (h handlers) objects(c *rest.Call, list []file.Node) []phpform.Value {
	out := make([]phpform.Value, len(list))
	for i, n := range list {
		out[i] = h.object(c, n, stored)
	}
	return out
}

// storageOut is a drive as the wire shows it: api-reference/disk/storage/disk-storage-get.md.
type storageOut struct {
	ID         string  `json:"ID"`
	Name       string  `json:"NAME"`
	Code       *string `json:"CODE"`
	Module     string  `json:"MODULE_ID"`
	EntityType string  `json:"ENTITY_TYPE"`
	EntityID   string  `json:"ENTITY_ID"`
	Root       string  `json:"ROOT_OBJECT_ID"`
}

func storageOf(t file.Storage) storageOut {
	return storageOut{
		ID: text(t.ID), Name: t.Name, Module: "disk", EntityType: string(t.Type), EntityID: text(t.EntityID), Root: text(t.RootID),
	}
}

func text(n int64) string { return strconv.FormatInt(n, 10) }

// fieldOut describes a field, as getFields does.
type fieldOut struct {
	Type   string `json:"TYPE"`
	Filter bool   `json:"USE_IN_FILTER"`
	Show   bool   `json:"USE_IN_SHOW"`
}

// versionOut is a version as the wire shows it: api-reference/disk/version/disk-version-get.md.
type versionOut struct {
	ID        string        `json:"ID"`
	Object    string        `json:"OBJECT_ID"`
	Size      string        `json:"SIZE"`
	Name      string        `json:"NAME"`
	Number    string        `json:"GLOBAL_CONTENT_VERSION"`
	Created   phpform.Value `json:"CREATE_TIME"`
	CreatedBy string        `json:"CREATED_BY"`
	URL       string        `json:"DOWNLOAD_URL"`
}

func (h handlers) version(c *rest.Call, v file.Version) versionOut {
	return versionOut{
		ID: text(v.ID), Object: text(v.NodeID), Size: text(v.Size), Name: v.Name, Number: text(v.Number), Created: moment(c, v.Created),
		CreatedBy: text(v.CreatedBy),
		URL:       h.link(file.Link{Action: file.OldVersion, Actor: actorOf(c), NodeID: v.NodeID, Value: v.ID}),
	}
}
