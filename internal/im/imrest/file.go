package imrest

import (
	"context"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/im"
)

// fileView is a file of a message (api-reference/chats/messages/im-dialog-messages-get.md).
type fileView struct {
	ID          int64      `json:"id"`
	ChatID      int64      `json:"chatId"`
	Date        string     `json:"date"`
	Type        string     `json:"type"`
	Name        string     `json:"name"`
	Extension   string     `json:"extension"`
	Size        int64      `json:"size"`
	Image       any        `json:"image"` // imageView or false
	Status      string     `json:"status"`
	Progress    int64      `json:"progress"`
	AuthorID    int64      `json:"authorId"`
	AuthorName  string     `json:"authorName"`
	URLPreview  string     `json:"urlPreview"`
	URLShow     string     `json:"urlShow"`
	URLDownload string     `json:"urlDownload"`
	Viewer      fileViewer `json:"viewerAttrs"`
	Media       mediaView  `json:"mediaUrl"`
	Transcribes bool       `json:"isTranscribable"`
	IsVideoNote bool       `json:"isVideoNote"`
	IsVoiceNote bool       `json:"isVoiceNote"`
}

type imageView struct {
	Height int64 `json:"height"`
	Width  int64 `json:"width"`
}

type mediaView struct {
	Preview map[string]string `json:"preview"`
}

// fileViewer is what a viewer of files needs. There are no actions to offer.
type fileViewer struct {
	Viewer   string `json:"viewer"`
	Type     string `json:"viewerType"`
	Source   string `json:"src"`
	Resized  string `json:"viewerResized"`
	ObjectID string `json:"objectId"`
	GroupBy  string `json:"viewerGroupBy"`
	ChatID   int64  `json:"imChatId"`
	Title    string `json:"title"`
	Actions  string `json:"actions"`
}

// fileViews describes the files of messages, in the order of the messages. urlDownload also works for who is not signed in, for
// as long as the portal's signed links do.
func (h handlers) fileViews(ctx context.Context, viewer int64, messages []im.Message, zone *time.Location) ([]fileView, error) {
	out := []fileView{}
	files, err := h.im.FilesOf(ctx, messages...)
	if err != nil || len(files) == 0 {
		return out, err
	}
	var authors []int64
	for _, f := range files {
		authors = append(authors, f.AuthorID)
	}
	users, err := h.cfg.Users.Many(ctx, authors)
	if err != nil {
		return out, err
	}
	shown := map[int64]bool{}
	for _, m := range messages {
		for _, id := range m.Extra.Files {
			f, there := files[id]
			if !there || shown[id] {
				continue
			}
			shown[id] = true
			v := h.fileView(f, m.ChatID, users[f.AuthorID].DisplayName(), zone)
			if h.cfg.DownloadLink != nil {
				if v.URLDownload, err = h.cfg.DownloadLink(ctx, viewer, id); err != nil {
					return out, err
				}
			}
			out = append(out, v)
		}
	}
	return out, nil
}

func (h handlers) fileView(f im.File, chatID int64, author string, zone *time.Location) fileView {
	base := h.cfg.BaseURL()
	v := fileView{
		ID: f.ID, ChatID: chatID, Date: atom(f.Created, zone), Type: f.Type, Name: f.Name,
		Extension: strings.TrimPrefix(strings.ToLower(path.Ext(f.Name)), "."), Size: f.Size, Image: false, Status: "done", Progress: 100,
		AuthorID: f.AuthorID, AuthorName: author, URLShow: base + f.ShowURL, URLDownload: base + f.DownloadURL,
		IsVoiceNote: f.Voice, Media: mediaView{Preview: map[string]string{}},
	}
	v.Viewer = fileViewer{
		Type: f.Type, Source: v.URLShow, ObjectID: idText(f.ID), GroupBy: idText(chatID), ChatID: chatID, Title: f.Name, Actions: "[]",
	}
	if f.Width > 0 && f.Type == "image" {
		v.Image = imageView{Height: f.Height, Width: f.Width}
	}
	if f.PreviewURL != "" {
		v.URLPreview = base + f.PreviewURL
		v.Media.Preview[strconv.FormatInt(max(f.PreviewWidth, f.PreviewHeight), 10)] = v.URLPreview
	}
	return v
}
