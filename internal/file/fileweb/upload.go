package fileweb

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/web"
)

var (
	errNoDialog = fault.New(fault.Invalid, "DIALOG_EMPTY", "Say to which chat the file goes: the field dialog comes before the files.").At("dialog")
	errNoFile   = fault.New(fault.Invalid, "FILE_EMPTY", "Choose a file.").At("file")
	errBroken   = fault.New(fault.Invalid, "BROKEN_FORM", "The form could not be read.")
	errBroke    = fault.New(fault.Unavailable, "UPLOAD_BROKEN", "The connection broke off. Continue where the upload has come to.")
)

// maxField is the longest value of a field beside the files, in bytes.
const maxField = 1 << 10

// upload takes files out of a form, one after another as they come: the field dialog first, then any number of files. Nothing of a
// file is held in memory. It answers {"files": […]}.
func (h pages) upload(ctx context.Context, r *web.Request) (web.Result, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, errBroken.Because(err)
	}
	var chat int64
	out := []described{}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, readFault(err)
		}
		if p.FileName() == "" {
			if chat, err = h.field(ctx, r, p, chat); err != nil {
				return nil, err
			}
			continue
		}
		if chat == 0 {
			return nil, errNoDialog
		}
		n, err := h.files.Upload(ctx, actor(r), chat, p.FileName(), p)
		if err != nil {
			return nil, readFault(err)
		}
		out = append(out, describe(n))
	}
	if len(out) == 0 {
		return nil, errNoFile
	}
	return web.JSON{Value: map[string]any{"files": out}}, nil
}

// field reads a field of the form that is no file; that of the dialog names the chat.
func (h pages) field(ctx context.Context, r *web.Request, p *multipart.Part, chat int64) (int64, error) {
	raw, err := io.ReadAll(io.LimitReader(p, maxField))
	if err != nil {
		return 0, readFault(err)
	}
	if p.FormName() != "dialog" {
		return chat, nil
	}
	return h.chats.OpenDialog(ctx, string(raw), r.Viewer.ID)
}

// readFault tells what went wrong while something was read from the browser.
func readFault(err error) error {
	if big := (*http.MaxBytesError)(nil); errors.As(err, &big) {
		return file.ErrTooLarge.Because(err)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errBroke.Because(err)
	}
	return err
}

// begin begins an upload in parts. It answers {"id", "part"}, the latter being how many bytes a part has.
func (h pages) begin(ctx context.Context, r *web.Request) (web.Result, error) {
	folder, err := h.target(ctx, r)
	if err != nil {
		return nil, err
	}
	u, err := h.files.Begin(ctx, actor(r), file.NewUpload{
		FolderID: folder, Name: r.FormValue("name"), Size: r.Int("size", -1),
		Sound: file.Sound{
			Voice: r.Checked("voice"), Duration: time.Duration(r.Int("duration", 0)) * time.Millisecond, Wave: r.FormValue("wave"),
		},
	})
	return web.JSON{Value: map[string]any{"id": u.ID, "part": file.PartSize}}, err
}

// target returns the folder that an upload in parts is for: one of a drive, or that of a chat.
func (h pages) target(ctx context.Context, r *web.Request) (int64, error) {
	if r.FormValue("folder") != "" {
		return r.Int("folder", 0), nil // whether they may is looked at where the upload begins
	}
	dialog := r.FormValue("dialog")
	if dialog == "" {
		return 0, errNoDialog
	}
	chat, err := h.chats.OpenDialog(ctx, dialog, r.Viewer.ID)
	if err != nil {
		return 0, err
	}
	folder, err := h.files.ChatFolder(ctx, actor(r), chat)
	return folder.ID, err
}

// received is how far an upload is.
type received struct {
	Received int64 `json:"received"`
	Size     int64 `json:"size"`
	File     int64 `json:"file,omitempty"` // when it is finished
}

func answer(u file.Unfinished) web.JSON {
	return web.JSON{Value: received{u.Received, u.Size, u.FileID}}
}

// part takes the bytes from ?start= on. Where they do not fit, the answer says where to go on.
func (h pages) part(ctx context.Context, r *web.Request) (web.Result, error) {
	start, err := strconv.ParseInt(r.URL.Query().Get("start"), 10, 64)
	if err != nil {
		return nil, file.ErrOffset
	}
	u, err := h.files.Part(ctx, actor(r), r.PathValue("upload"), start, r.Body)
	if errors.Is(err, file.ErrOffset) {
		a := answer(u)
		a.Status = http.StatusConflict
		return a, nil
	}
	return answer(u), readFault(err)
}

func (h pages) progress(ctx context.Context, r *web.Request) (web.Result, error) {
	u, err := h.files.Progress(ctx, actor(r), r.PathValue("upload"))
	return answer(u), err
}

func (h pages) finish(ctx context.Context, r *web.Request) (web.Result, error) {
	n, err := h.files.Finish(ctx, actor(r), r.PathValue("upload"))
	return web.JSON{Value: describe(n)}, err
}

func (h pages) cancel(ctx context.Context, r *web.Request) (web.Result, error) {
	return web.NoContent{}, h.files.Cancel(ctx, actor(r), r.PathValue("upload"))
}
