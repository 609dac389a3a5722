package filerest

import (
	"encoding/json"
	"strings"

	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/rest"
)

// ChatFile is a file of a chat as im.disk.file.commit shows it: api-reference/chats/files/im-disk-file-commit.md.
type ChatFile struct {
	ID          int64     `json:"id"`
	ChatID      int64     `json:"chatId"`
	Date        struct{}  `json:"date"` // an object without keys, as documented
	Type        string    `json:"type"`
	Name        string    `json:"name"`
	Extension   string    `json:"extension"`
	Size        int64     `json:"size"`
	Image       any       `json:"image"` // {"height", "width"}, or false
	Status      string    `json:"status"`
	Progress    int64     `json:"progress"`
	AuthorID    int64     `json:"authorId"`
	AuthorName  string    `json:"authorName"`
	URLPreview  string    `json:"urlPreview"`
	URLShow     string    `json:"urlShow"`
	URLDownload string    `json:"urlDownload"`
	Viewer      viewer    `json:"viewerAttrs"`
	Media       mediaURLs `json:"mediaUrl"`
	Transcribe  bool      `json:"isTranscribable"`
	VideoNote   bool      `json:"isVideoNote"`
	VoiceNote   bool      `json:"isVoiceNote"`
}

// size is that of a picture, in pixels.
type size struct {
	Height int64 `json:"height"`
	Width  int64 `json:"width"`
}

// viewer says how a file is shown.
type viewer struct {
	Viewer  string `json:"viewer"`
	Type    string `json:"viewerType"`
	Src     string `json:"src"`
	Resized string `json:"viewerResized"`
	Object  string `json:"objectId"`
	Group   string `json:"viewerGroupBy"`
	Chat    int64  `json:"imChatId"`
	Title   string `json:"title"`
	Actions string `json:"actions"` // JSON
}

// mediaURLs are addresses of previews by their size.
type mediaURLs struct {
	Preview map[string]string `json:"preview"`
}

// Signer makes the signed addresses of answers.
type Signer struct {
	Files     *file.Service
	PublicURL func(path string) string // the absolute address of a path on the portal
}

// To returns the address of a link.
func (s Signer) To(l file.Link) string {
	path := downloadPath
	if l.Action == file.UploadFile {
		path = uploadPath
	}
	return s.PublicURL(path + "?token=disk%7C" + s.Files.SignFor(l))
}

// ChatFile describes a file of a chat for actor; asPicture calls a picture one.
func (s Signer) ChatFile(actor file.Actor, n file.Node, chat int64, author string, asPicture bool) ChatFile {
	preview := func(side int64) string {
		if !n.Previewable() {
			return ""
		}
		return s.To(file.Link{Action: file.ShowPreview, Actor: actor, NodeID: n.ID, Value: side})
	}
	download := s.To(file.Link{Action: file.Download, Actor: actor, NodeID: n.ID})
	f := ChatFile{
		ID: n.ID, ChatID: chat, Type: "file", Name: n.Name, Extension: file.Extension(n.Name), Size: n.Size, Image: false, Status: "done",
		Progress: 100, AuthorID: n.CreatedBy, AuthorName: author, URLPreview: preview(file.MediumPreview), URLShow: download, URLDownload: download,
		Media: mediaURLs{map[string]string{"250": preview(file.SmallPreview)}}, VoiceNote: n.Voice,
		Viewer: viewer{
			Type: viewerType(n), Src: download, Object: text(n.ID), Group: text(chat), Chat: chat, Title: n.Name, Actions: actions(n),
		},
	}
	if n.Kind() == file.Picture && n.Width > 0 {
		f.Image = size{n.Height, n.Width}
		if asPicture {
			f.Type = "image"
		}
		if f.URLPreview != "" {
			f.URLShow = preview(file.LargePreview)
		}
	}
	return f
}

// viewerType is the documented word for what shows a file.
func viewerType(n file.Node) string {
	switch k := n.Kind(); k {
	case file.Picture, file.Video, file.Audio:
		return string(k)
	case file.PDF:
		return "document"
	case file.Text:
		return "code"
	case file.Other:
	}
	return "unknown"
}

// actions are what a viewer offers, as JSON.
func actions(n file.Node) string {
	raw, err := json.Marshal([]any{
		map[string]any{"type": "download"},
		map[string]any{"type": "copyToMe", "text": "Save to Drive", "params": map[string]string{"fileId": text(n.ID)}},
	})
	if err != nil {
		return "[]" // texts only
	}
	return string(raw)
}

// fileModel is a file of the drive as im.disk.file.commit shows it.
type fileModel struct {
	ID         int64             `json:"id"`
	Name       string            `json:"name"`
	Created    struct{}          `json:"createTime"` // objects without keys, as documented
	Updated    struct{}          `json:"updateTime"`
	Deleted    *string           `json:"deleteTime"`
	Code       *string           `json:"code"`
	XMLID      *string           `json:"xmlId"`
	Storage    int64             `json:"storageId"`
	RealObject int64             `json:"realObjectId"`
	Parent     int64             `json:"parentId"`
	Trash      int64             `json:"deletedType"`
	CreatedBy  string            `json:"createdBy"`
	UpdatedBy  string            `json:"updatedBy"`
	DeletedBy  string            `json:"deletedBy"`
	UniqueCode string            `json:"uniqueCode"`
	TypeFile   int64             `json:"typeFile"`
	Version    int64             `json:"globalContentVersion"`
	FileID     int64             `json:"fileId"`
	Size       int64             `json:"size"`
	ETag       string            `json:"etag"`
	Links      map[string]string `json:"links"`
}

func (h handlers) model(c *rest.Call, n file.Node) fileModel {
	m := fileModel{
		ID: n.ID, Name: n.Name, Storage: n.StorageID, RealObject: n.ID, Parent: n.ParentID, Trash: int64(n.Trash), CreatedBy: text(n.CreatedBy),
		UpdatedBy: text(n.UpdatedBy), DeletedBy: text(n.DeletedBy), UniqueCode: n.Handle, TypeFile: typeFile(n), Version: n.Version,
		FileID: n.VersionID, Size: n.Size, ETag: n.Sum[:min(32, len(n.Sum))],
	}
	if n.Code != "" {
		m.Code = &n.Code
	}
	m.Links = map[string]string{
		"download":   h.link(file.Link{Action: file.Download, Actor: actorOf(c), NodeID: n.ID}),
		"showInGrid": h.detailURL(n),
		"preview":    "",
	}
	if n.Previewable() {
		m.Links["preview"] = h.link(file.Link{Action: file.ShowPreview, Actor: actorOf(c), NodeID: n.ID, Value: file.MediumPreview})
	}
	return m
}

// typeFile is the number of a kind of files: 2 a picture, 3 a film, 4 a document, 5 an archive, 9 sound, 1 anything else.
func typeFile(n file.Node) int64 {
	switch n.Kind() {
	case file.Picture:
		return 2
	case file.Video:
		return 3
	case file.PDF, file.Text:
		return 4
	case file.Audio:
		return 9
	case file.Other:
	}
	if strings.Contains(n.Type, "zip") || strings.Contains(n.Type, "tar") || strings.Contains(n.Type, "rar") {
		return 5
	}
	return 1
}
