package botv2rest

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/portico-hq/portico/internal/bot/botv2"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/file/filerest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/rest"
)

func (h handlers) registerFiles(r *rest.Registry) {
	r.Add(
		rest.M("imbot.v2.File.upload", "imbot", rest.Everyone, "Sends a file as a bot.", h.botUpload, rest.Body(rest.FileBody), rest.Doc(pages+"imbot.v2/files/file-upload.md")),
		rest.M("imbot.v2.File.download", "imbot", rest.Everyone, "Returns where a bot downloads a file.", h.botDownload,
			rest.Doc(pages+"imbot.v2/files/file-download.md")),
		rest.M("im.v2.File.upload", "im", rest.Everyone, "Sends a file.", h.upload, rest.Body(rest.FileBody), rest.Doc(pages+"im.v2/files/file-upload.md")),
		rest.M("im.v2.File.download", "im", rest.Everyone, "Returns where a file of a chat is downloaded.", h.download,
			rest.Doc(pages+"im.v2/files/file-download.md")),
	)
}

// fileFields are a file to be sent.
type fileFields struct {
	Name    string `b24:"name,needed"`
	Content string `b24:"content,needed"`
	Message string `b24:"message"`
}

// chatFile is a file as the methods of this package show it: with its time, which others leave out.
type chatFile struct {
	filerest.ChatFile

	Date string `json:"date"`
}

type uploadView struct {
	File      chatFile `json:"file"`
	MessageID int64    `json:"messageId"`
	ChatID    int64    `json:"chatId"`
	DialogID  string   `json:"dialogId"`
}

// uploadFaults are the codes of one of the two methods; what they mean is the same.
type uploadFaults struct{ chat, folder, upload, send *fault.Fault }

var (
	errFileEmpty   = fault.New(fault.Invalid, "FILE_EMPTY", "File name or content is empty")
	errFileContent = fault.New(fault.Invalid, "FILE_INVALID_CONTENT", "Invalid base64 content")
	errFileLarge   = fault.New(fault.Invalid, "FILE_TOO_LARGE", "File is too large")
	errFileAccess  = fault.New(fault.Denied, "FILE_ACCESS_ERROR", "File access error")
	errNoFile      = fault.New(fault.Invalid, "FILE_NOT_FOUND", "File not found")

	botUploadFaults = uploadFaults{
		chat:   errDenied,
		folder: fault.New(fault.Invalid, "FILE_FOLDER_ERROR", "Failed to get chat folder"),
		upload: fault.New(fault.Invalid, "FILE_UPLOAD_FAILED", "File upload failed"),
		send:   fault.New(fault.Invalid, "FILE_SEND_FAILED", "Failed to send message"),
	}
	userUploadFaults = uploadFaults{
		chat:   fault.New(fault.Invalid, "CHAT_NOT_FOUND", "CHAT_NOT_FOUND"),
		folder: fault.New(fault.Invalid, "FOLDER_ERROR", "Failed to get chat folder"),
		upload: fault.New(fault.Invalid, "UPLOAD_FAILED", "File upload failed"),
		send:   fault.New(fault.Invalid, "SEND_FAILED", "Failed to send message"),
	}
)

// botUploadParams are the parameters of imbot.v2.File.upload.
type botUploadParams struct {
	BotID    int64      `b24:"botId,needed"`
	Token    string     `b24:"botToken"`
	DialogID string     `b24:"dialogId,required"`
	Fields   fileFields `b24:"fields,required"`
}

func (h handlers) botUpload(ctx context.Context, c *rest.Call, p botUploadParams) (uploadView, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return uploadView{}, err
	}
	send := func(n im.NewMessage) (int64, error) {
		id, _, err := h.Second.Send(ctx, botv2.Sending{NewMessage: n})
		return id, err
	}
	return h.sendFile(ctx, c, file.Actor{UserID: b.ID, AppID: c.AppID}, p.DialogID, p.Fields, botUploadFaults, send)
}

// uploadParams are the parameters of im.v2.File.upload.
type uploadParams struct {
	DialogID string     `b24:"dialogId,required"`
	Fields   fileFields `b24:"fields,required"`
}

func (h handlers) upload(ctx context.Context, c *rest.Call, p uploadParams) (uploadView, error) {
	send := func(n im.NewMessage) (int64, error) {
		m, err := h.IM.Send(ctx, n)
		return m.ID, err
	}
	return h.sendFile(ctx, c, file.Actor{UserID: c.UserID, AppID: c.AppID}, p.DialogID, p.Fields, userUploadFaults, send)
}

// sendFile stores a file in the folder of a chat and sends it there.
func (h handlers) sendFile(ctx context.Context, c *rest.Call, a file.Actor, dialogID string, f fileFields, faults uploadFaults,
	send func(im.NewMessage) (int64, error),
) (uploadView, error) {
	if strings.TrimSpace(f.Name) == "" || f.Content == "" {
		return uploadView{}, errFileEmpty
	}
	content, err := rest.Base64(f.Content)
	if err != nil {
		return uploadView{}, errFileContent.Because(err)
	}
	chat, err := h.IM.OpenDialog(ctx, dialogID, a.UserID)
	if err != nil {
		return uploadView{}, notOpened(err, faults)
	}
	if _, err := h.Files.ChatFolder(ctx, a, chat.ID); err != nil {
		return uploadView{}, refused(faults.folder, err)
	}
	n, err := h.Files.Upload(ctx, a, chat.ID, f.Name, bytes.NewReader(content))
	if errors.Is(err, file.ErrTooLarge) {
		return uploadView{}, errFileLarge.Because(err)
	}
	if err != nil {
		return uploadView{}, refused(faults.upload, err)
	}
	id, err := send(im.NewMessage{ChatID: chat.ID, AuthorID: a.UserID, Text: f.Message, Files: []int64{n.ID}})
	if err != nil { // then nobody in the chat finds the file either
		if left := h.Files.Delete(context.WithoutCancel(ctx), a, n.ID); left != nil {
			return uploadView{}, left
		}
		return uploadView{}, refused(faults.send, err)
	}
	users, err := h.Users.Many(ctx, []int64{a.UserID})
	if err != nil {
		return uploadView{}, err
	}
	signer := filerest.Signer{Files: h.Files, PublicURL: h.address}
	view := chatFile{signer.ChatFile(a, n, chat.ID, users[a.UserID].DisplayName(), true), atom(n.Created, c)}
	return uploadView{File: view, MessageID: id, ChatID: chat.ID, DialogID: chat.DialogID(a.UserID)}, nil
}

func (h handlers) address(path string) string { return h.BaseURL() + path }

// notOpened says why a file cannot be sent to a dialog.
func notOpened(err error, faults uploadFaults) error {
	if errors.Is(err, im.ErrAccess) {
		return errDenied.Because(err)
	}
	return refused(faults.chat, err)
}

// refused gives what is nobody's fault of the portal's the code of a method.
func refused(f *fault.Fault, err error) error {
	if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
		return err
	}
	return f.Because(err)
}

type linkView struct {
	URL string `json:"downloadUrl"`
}

// link is where actor downloads a file.
func (h handlers) link(a file.Actor, n file.Node) linkView {
	signer := filerest.Signer{Files: h.Files, PublicURL: h.address}
	return linkView{signer.To(file.Link{Action: file.Download, Actor: a, NodeID: n.ID})}
}

// botDownloadParams are the parameters of imbot.v2.File.download.
type botDownloadParams struct {
	BotID  int64  `b24:"botId,needed"`
	Token  string `b24:"botToken"`
	FileID int64  `b24:"fileId,required"`
}

func (h handlers) botDownload(ctx context.Context, c *rest.Call, p botDownloadParams) (linkView, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return linkView{}, err
	}
	a := file.Actor{UserID: b.ID, AppID: c.AppID}
	n, err := h.Files.Get(ctx, a, p.FileID)
	switch {
	case errors.Is(err, file.ErrNotFound), err == nil && n.Folder:
		return linkView{}, errNoFile
	case errors.Is(err, file.ErrAccess):
		return linkView{}, errFileAccess.Because(err)
	case err != nil:
		return linkView{}, err
	}
	return h.link(a, n), nil
}

// downloadParams are the parameters of im.v2.File.download.
type downloadParams struct {
	DialogID string `b24:"dialogId,required"`
	FileID   int64  `b24:"fileId,required"`
}

func (h handlers) download(ctx context.Context, c *rest.Call, p downloadParams) (linkView, error) {
	chat, err := h.IM.Resolve(ctx, p.DialogID, c.UserID)
	if err != nil || chat.ID == 0 {
		return linkView{}, refused(errDenied, errors.Join(err, im.ErrAccess))
	}
	a := file.Actor{UserID: c.UserID, AppID: c.AppID}
	n, err := h.Files.Get(ctx, a, p.FileID)
	if err == nil && n.ChatOf() == chat.ID && !n.Folder {
		return h.link(a, n), nil
	}
	if k := fault.KindOf(err); err != nil && k != fault.NotFound && k != fault.Denied {
		return linkView{}, err
	}
	return linkView{}, errNoFile
}
