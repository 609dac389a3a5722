package filerest

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

func (h handlers) registerChats(r *rest.Registry) {
	doc := func(page string) rest.Option { return rest.Doc("api-reference/chats/files/im-disk-" + page + ".md") }
	r.Add(
		rest.M("im.disk.folder.get", "im", rest.Everyone, "Returns the folder for the files of a chat.", h.chatFolder, doc("folder-get")),
		rest.M("im.disk.file.commit", "im", rest.Everyone, "Sends files from the drive to a chat.", h.chatCommit, doc("file-commit")),
		rest.M("im.disk.file.save", "im", rest.Everyone, "Saves a file of a chat to the user's own drive.", h.chatSave, doc("file-save")),
		rest.M("im.disk.file.delete", "im", rest.Everyone, "Deletes a file from the folder of a chat.", h.chatDelete, doc("file-delete")),
	)
}

// The documented faults.
var (
	errChatEmpty   = fault.New(fault.Invalid, "CHAT_ID_EMPTY", "Chat ID can't be empty")
	errDialogEmpty = fault.New(fault.Invalid, "DIALOG_ID_EMPTY", "Dialog ID can't be empty")
	errChatAccess  = fault.New(fault.Denied, "ACCESS_ERROR", "You do not have access to the specified dialog")
	errNoFiles     = fault.New(fault.Invalid, "FILES_ERROR", "List of files is not specified")
	errSave        = fault.New(fault.Invalid, "SAVE_ERROR", "Error during saving file to chat")
	errFileEmpty   = fault.New(fault.Invalid, "FILE_ID_EMPTY", "File ID can't be empty")
	errFileSave    = fault.New(fault.Invalid, "FILE_SAVE_ERROR", "File ID can't be saved")
)

// chatParams are the parameters of im.disk.folder.get.
type chatParams struct {
	Chat   phpform.Value `b24:"CHAT_ID,needed"`
	Dialog phpform.Value `b24:"DIALOG_ID,needed"`
}

// folder returns the chat that a method names, and the folder for its files. The number of the chat counts before the dialog.
func (h handlers) folder(ctx context.Context, c *rest.Call, p chatParams) (chat int64, folder file.Node, err error) {
	dialog := p.Dialog.Text()
	switch id, ok := p.Chat.Int(); {
	case !p.Chat.IsNull():
		if !ok || id <= 0 {
			return 0, folder, errChatEmpty
		}
		dialog = "chat" + text(id)
	case p.Dialog.IsNull():
		return 0, folder, errChatEmpty
	case dialog == "":
		return 0, folder, errDialogEmpty
	}
	chat, err = h.Chats.OpenDialog(ctx, dialog, c.UserID)
	if fault.KindOf(err) == fault.Invalid {
		return 0, folder, errDialogEmpty.Because(err)
	}
	if err == nil {
		folder, err = h.files.ChatFolder(ctx, actorOf(c), chat)
	}
	if k := fault.KindOf(err); k == fault.NotFound || k == fault.Denied {
		return 0, folder, errChatAccess.Because(err)
	}
	return chat, folder, err
}

// folderOut names a folder.
type folderOut struct {
	ID int64 `json:"ID"`
}

func (h handlers) chatFolder(ctx context.Context, c *rest.Call, p chatParams) (folderOut, error) {
	_, n, err := h.folder(ctx, c, p)
	return folderOut{n.ID}, err
}

// commitParams are the parameters of im.disk.file.commit.
type commitParams struct {
	Chat   phpform.Value `b24:"CHAT_ID,needed"`
	Dialog phpform.Value `b24:"DIALOG_ID,needed"`
	File   phpform.Value `b24:"FILE_ID,needed"`
	Upload phpform.Value `b24:"UPLOAD_ID,needed"`
	Text   string        `b24:"MESSAGE"`
	Silent *bool         `b24:"SILENT_MODE"` // "N" keeps it from the client of an open channel
	AsFile bool          `b24:"AS_FILE"`
}

// committed is the answer of im.disk.file.commit. Its keys upload<id> have the numbers of the files that were given.
type committed struct {
	Files   map[string]ChatFile  `json:"FILES"`
	IDs     []string             `json:"DISK_ID"`
	Models  map[string]fileModel `json:"FILE_MODELS"`
	Message int64                `json:"MESSAGE_ID"`
}

func (h handlers) chatCommit(ctx context.Context, c *rest.Call, p commitParams) (committed, error) {
	out := committed{Files: map[string]ChatFile{}, Models: map[string]fileModel{}}
	chat, _, err := h.folder(ctx, c, chatParams{p.Chat, p.Dialog})
	if err != nil {
		return out, err
	}
	given, asPicture := p.File, false
	if given.IsNull() {
		given, asPicture = p.Upload, !p.AsFile
	}
	if given.IsNull() {
		return out, errNoFiles
	}
	ids, ok := numbers(given)
	if !ok {
		return out, errSave
	}
	nodes, message, err := h.commit(ctx, c, chat, ids, p)
	if err != nil {
		return out, err
	}
	out.Message = message
	names, err := h.People.Names(ctx, []int64{c.UserID})
	for i, n := range nodes {
		key := "upload" + text(ids[i])
		out.IDs = append(out.IDs, text(n.ID))
		out.Files[key] = h.signer().ChatFile(actorOf(c), n, chat, names[n.CreatedBy], asPicture)
		out.Models[key] = h.model(c, n)
	}
	return out, err
}

// commit puts files into the folder of a chat and sends them there: all, or none, and then none is left in the folder.
func (h handlers) commit(ctx context.Context, c *rest.Call, chat int64, ids []int64, p commitParams) (nodes []file.Node, message int64, err error) {
	var sent, copied []int64
	for _, id := range ids {
		n, err := h.files.IntoChat(ctx, actorOf(c), id, chat)
		if k := fault.KindOf(err); err != nil && k != fault.Internal {
			err = errSave.Because(err)
		}
		if err != nil {
			return nil, 0, h.drop(ctx, c, copied, err)
		}
		if n.ID != id {
			copied = append(copied, n.ID)
		}
		nodes, sent = append(nodes, n), append(sent, n.ID)
	}
	message, err = h.Chats.Send(ctx, chat, c.UserID, p.Text, sent, p.Silent != nil && !*p.Silent)
	if fault.KindOf(err) == fault.Denied {
		err = errChatAccess.Because(err)
	}
	if err != nil {
		return nil, 0, h.drop(ctx, c, copied, err)
	}
	return nodes, message, nil
}

// drop removes copies that were made for a message that was not sent, and returns why it was not.
func (h handlers) drop(ctx context.Context, c *rest.Call, copied []int64, why error) error {
	for _, id := range copied {
		if err := h.files.Delete(context.WithoutCancel(ctx), actorOf(c), id); err != nil && !errors.Is(err, file.ErrNotFound) {
			return err
		}
	}
	return why
}

// maxCommit is how many files a message takes.
const maxCommit = 50

// numbers reads a number or a list of them; false for what is none, or too many.
func numbers(v phpform.Value) ([]int64, bool) {
	if !v.IsArray() {
		v = phpform.ListOf(v)
	}
	if v.Len() == 0 || v.Len() > maxCommit {
		return nil, false
	}
	var out []int64
	for _, e := range v.Entries() {
		n, ok := e.Value.Int()
		if !ok || n <= 0 {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}

// saveParams are the parameters of im.disk.file.save.
type saveParams struct {
	File int64 `b24:"FILE_ID,needed"`
}

// named is a number with a name.
type named struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// savedOut is the answer of im.disk.file.save.
type savedOut struct {
	Folder named `json:"folder"`
	File   named `json:"file"`
}

func (h handlers) chatSave(ctx context.Context, c *rest.Call, p saveParams) (savedOut, error) {
	if p.File <= 0 {
		return savedOut{}, errFileEmpty
	}
	folder, n, err := h.files.Save(ctx, actorOf(c), p.File)
	if k := fault.KindOf(err); err != nil && k != fault.Internal {
		return savedOut{}, errFileSave.Because(err)
	}
	return savedOut{named{folder.ID, folder.Name}, named{n.ID, n.Name}}, err
}

// deleteParams are the parameters of im.disk.file.delete.
type deleteParams struct {
	Chat int64 `b24:"CHAT_ID,needed"`
	File int64 `b24:"FILE_ID,needed"`
}

// chatDelete answers false to who is not in the chat, or where the chat has no such file; true also where somebody else sent it, and
// then it stays.
func (h handlers) chatDelete(ctx context.Context, c *rest.Call, p deleteParams) (bool, error) {
	switch {
	case p.Chat <= 0:
		return false, errChatEmpty
	case p.File <= 0:
		return false, errFileEmpty
	}
	n, err := h.files.Get(ctx, actorOf(c), p.File)
	if errors.Is(err, file.ErrNotFound) || errors.Is(err, file.ErrAccess) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if n.Folder || n.Trash != file.Kept || n.ChatOf() != p.Chat {
		return false, nil
	}
	if _, err := h.files.ChatFolder(ctx, actorOf(c), p.Chat); errors.Is(err, file.ErrAccess) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if n.CreatedBy != c.UserID {
		return true, nil
	}
	if err := h.Chats.RemoveFile(ctx, c.UserID, p.Chat, p.File); err != nil {
		return false, err
	}
	err = h.files.Delete(ctx, actorOf(c), p.File)
	if errors.Is(err, file.ErrNotFound) { // it went with its message
		err = nil
	}
	return err == nil, err
}
