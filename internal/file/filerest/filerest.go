// Package filerest is the wire side of the file area: disk.*, im.disk.*, and the addresses that signed links lead to.
package filerest

import (
	"context"
	"errors"
	"strconv"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/rest"
)

// Chats is what the methods im.disk.* do in the messenger.
type Chats interface {
	// OpenDialog returns the chat that a dialog id names for a viewer and creates a private one. It fails where the viewer may not see it.
	OpenDialog(ctx context.Context, dialogID string, viewer int64) (chatID int64, err error)
	// Send sends a message with files, which are in the order of ids. The client of an open channel does not get an inner one; in other
	// chats it makes no difference.
	Send(ctx context.Context, chatID, author int64, text string, ids []int64, inner bool) (messageID int64, err error)
	// RemoveFile removes the messages of a chat by which actor sent a file and nothing else.
	RemoveFile(ctx context.Context, actor, chatID, fileID int64) error
}

// People tells who people are.
type People interface {
	Names(ctx context.Context, ids []int64) (map[int64]string, error)
}

// Config is what the methods need beside the files.
type Config struct {
	Chats  Chats
	People People
	// PublicURL returns the absolute address of a path on the portal.
	PublicURL func(path string) string
}

type handlers struct {
	files *file.Service
	Config
}

func actorOf(c *rest.Call) file.Actor { return file.Actor{UserID: c.UserID, AppID: c.AppID} }

// The documented faults. A refusal is answered with 400, as the pages of disk.* say.
var (
	errArgument  = fault.New(fault.Invalid, "ERROR_ARGUMENT", "Invalid value of parameter {Parameter #0}")
	errDenied    = fault.New(fault.Invalid, "ACCESS_DENIED", "Access denied")
	errNameTaken = fault.New(fault.Invalid, "DISK_OBJ_22000", "A file with this name already exists")
	errDirTaken  = fault.New(fault.Invalid, "DISK_OBJ_22000", "A folder with this name already exists")
	errNoName    = fault.New(fault.Invalid, "DISK_BASE_SERVICE_22001", "Error: required parameter NAME (DISK_BASE_SERVICE_22001)")
	errNotSaved  = fault.New(fault.Invalid, "ERROR_COULD_NOT_SAVE_FILE", "Could not save file")
	errRights    = fault.New(fault.Invalid, "", "Invalid rights format")
)

// noEntity is the fault of an id that names nothing.
func noEntity(id int64) error {
	return fault.New(fault.Invalid, "ERROR_NOT_FOUND", "Could not find entity with id `"+strconv.FormatInt(id, 10)+"`")
}

// told returns what the pages say for err, which is about the node with the number id.
func told(err error, id int64, taken *fault.Fault) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, file.ErrNotFound):
		return noEntity(id)
	case errors.Is(err, file.ErrAccess):
		return errDenied
	case errors.Is(err, file.ErrNameTaken):
		return taken
	case errors.Is(err, file.ErrName):
		return errArgument.Because(err)
	}
	return err
}

// Register adds the methods. None of them touches the service before it is called.
func Register(r *rest.Registry, f *file.Service, c Config) {
	h := handlers{f, c}
	h.registerStorages(r)
	h.registerFolders(r)
	h.registerFiles(r)
	h.registerChats(r)
}

// pages is the folder of the pages of disk.* in the documentation.
const pages = "api-reference/disk/"

// scope is that of all methods of disk.*.
const scope = "disk"
