package file

import (
	"io"
	"mime"
	"path"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// Kind is what can be done with a file on a page.
type Kind string

// The kinds.
const (
	Picture  Kind = "image"
	Video    Kind = "video"
	Audio    Kind = "audio"
	PDF      Kind = "pdf"
	Text     Kind = "text" // shown as text, also where it is the source of a page
	Other    Kind = "file"
	octets        = "application/octet-stream"
	headSize      = 3072 // bytes from which the type is told
)

// The types that a browser may show by itself. Everything else is only ever downloaded: a page, a script or a drawing with scripts
// in it must not run with the portal's origin.
var (
	pictures = []string{"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp", "image/x-icon"}
	videos   = []string{"video/mp4", "video/webm", "video/ogg", "video/quicktime", "video/x-m4v", "video/3gpp"}
	sounds   = []string{
		"audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/aac", "audio/ogg", "audio/wav", "audio/webm", "audio/flac", "audio/opus", "audio/amr",
	}
)

// KindOf returns the kind of a media type.
func KindOf(mediaType string) Kind {
	switch base, _, _ := strings.Cut(mediaType, ";"); {
	case slices.Contains(pictures, base):
		return Picture
	case slices.Contains(videos, base):
		return Video
	case slices.Contains(sounds, base):
		return Audio
	case base == "application/pdf":
		return PDF
	case strings.HasPrefix(base, "text/"), base == "application/json":
		return Text
	}
	return Other
}

// Kind returns what can be done with the file.
func (n Node) Kind() Kind {
	kind := KindOf(n.Type)
	if n.Voice && kind == Video && n.Type == "video/webm" { // browsers record sound into the same container
		return Audio
	}
	return kind
}

// Inline reports whether a browser may show the file by itself.
func (c Content) Inline() bool {
	k := KindOf(c.Type)
	return k == Picture || k == Video || k == Audio || k == PDF
}

// sniff returns the media type of a content from its first bytes.
func sniff(r io.Reader) (string, error) {
	head, err := io.ReadAll(io.LimitReader(r, headSize))
	if err != nil {
		return "", err
	}
	base, _, err := mime.ParseMediaType(mimetype.Detect(head).String())
	if err != nil {
		base = octets
	}
	return canonical(base), nil
}

// canonical gives one name to types that are one to a browser.
func canonical(mediaType string) string {
	switch mediaType {
	case "audio/x-wav", "audio/vnd.wave":
		return "audio/wav"
	case "audio/mp3":
		return "audio/mpeg"
	case "application/ogg":
		return "audio/ogg"
	case "image/vnd.microsoft.icon":
		return "image/x-icon"
	}
	return mediaType
}

// Lies reports whether the file's name promises a kind of content that it does not have: a program that is called a picture.
func (n Node) Lies() bool {
	ext := path.Ext(strings.ToLower(n.Name))
	if ext == "" || n.Folder || n.Size == 0 {
		return false
	}
	promised := KindOf(typeOfExtension[ext])
	kind := n.Kind()
	recording := func(k Kind) bool { return k == Audio || k == Video } // one container for both
	return promised != Other && promised != kind && (!recording(promised) || !recording(kind))
}

// typeOfExtension are the names whose promise matters: those that people open without a thought.
var typeOfExtension = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".bmp": "image/bmp",
	".mp4": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime", ".m4v": "video/x-m4v",
	".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".wav": "audio/wav", ".flac": "audio/flac", ".opus": "audio/ogg",
	".pdf": "application/pdf", ".txt": "text/plain",
}
