package connector

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Icon is a picture on a tile. It is shown by an <img> and never put into a page, so whatever is in it runs nowhere.
type Icon struct {
	Image    string `json:"image"`              // a data URI; empty: there is none
	Color    string `json:"color,omitempty"`    // behind it, as CSS has it; empty: the portal's own
	Size     string `json:"size,omitempty"`     // of the picture, as background-size has it
	Position string `json:"position,omitempty"` // as background-position has it
}

// The limits of an icon.
const (
	MaxIcon = 64 << 10 // bytes of the picture
	maxLook = 60       // bytes of a colour, size or position
)

var (
	colors    = regexp.MustCompile(`^(#[0-9a-fA-F]{3,8}|[a-zA-Z]{3,30}|(rgb|hsl)a?\([0-9., %/]{5,40}\))$`)
	sizes     = regexp.MustCompile(`^((auto|cover|contain|\d{1,4}(\.\d{1,3})?(%|px|em|rem)?)( |$)){1,2}$`)
	positions = regexp.MustCompile(`^((left|right|top|bottom|center|-?\d{1,4}(\.\d{1,3})?(%|px|em|rem)?)( |$)){1,2}$`)
	pictures  = map[string]bool{"image/svg+xml": true, "image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}
)

// check returns i as it is kept: the picture in base64, which has no character that means anything in a page. It fails where the
// picture is none; a colour, size or position that is none falls away, since a tile shows without it.
func (i Icon) check() (Icon, error) {
	kind, picture, ok := dataURI(i.Image)
	switch {
	case !ok || len(picture) == 0:
		return i, General("DATA_IMAGE is no picture in the form data:image/svg+xml,…")
	case len(picture) > MaxIcon:
		return i, General("DATA_IMAGE is larger than 64 KB")
	case kind == "image/svg+xml" && (!utf8.Valid(picture) || !bytes.Contains(picture, []byte("<svg"))):
		return i, General("DATA_IMAGE holds no SVG")
	}
	i.Image = "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(picture)
	i.Color, i.Size, i.Position = matching(colors, i.Color), matching(sizes, i.Size), matching(positions, i.Position)
	return i, nil
}

func matching(pattern *regexp.Regexp, text string) string {
	if text = strings.Join(strings.Fields(text), " "); len(text) > maxLook || !pattern.MatchString(text) {
		return ""
	}
	return text
}

// dataURI reads a picture in a data URI, in base64 or escaped.
func dataURI(text string) (kind string, picture []byte, ok bool) {
	head, body, found := strings.Cut(strings.TrimSpace(text), ",")
	if !found || len(head) < len("data:") || !strings.EqualFold(head[:len("data:")], "data:") || len(body) > 4*MaxIcon {
		return "", nil, false
	}
	parts := strings.Split(strings.ToLower(head[len("data:"):]), ";")
	if kind = strings.TrimSpace(parts[0]); !pictures[kind] {
		return "", nil, false
	}
	raw := body
	if strings.Contains(body, "%") {
		unescaped, err := url.PathUnescape(body)
		if err == nil {
			raw = unescaped
		}
	}
	if strings.TrimSpace(parts[len(parts)-1]) != "base64" {
		return kind, []byte(raw), true
	}
	picture, err := base64.StdEncoding.DecodeString(strings.TrimRight(raw, "= \r\n") + strings.Repeat("=", padding(raw)))
	return kind, picture, err == nil
}

// padding is how many "=" a text in base64 ends with.
func padding(text string) int {
	return (4 - len(strings.TrimRight(text, "= \r\n"))%4) % 4
}

// store and loadIcon keep an icon in a column.
func (i Icon) store() string {
	b, err := json.Marshal(i)
	if err != nil {
		panic(err) // texts alone
	}
	return string(b)
}

func loadIcon(text string) (i Icon, err error) {
	err = json.Unmarshal([]byte(text), &i)
	return i, err
}
