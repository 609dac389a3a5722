package fileweb

import (
	"context"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/web"
)

// maxText is how much of a text the viewer shows, in bytes.
const maxText = 256 << 10

// view is what the viewer shows.
type view struct {
	described

	Author   string
	Node     file.Node
	Text     string // of a text
	Cut      bool   // there is more of it
	Safe     bool   // the browser may show the content
	Large    string // the preview of a picture
	LW, LH   int64  // its size
	Previous string // the address of the file before, in the same chat
	Next     string
}

// Huge reports whether a picture is too large for a preview and for the page.
func (v view) Huge() bool { return v.Node.Width*v.Node.Height > maxShown }

// maxShown is how many pixels of a picture the page gives to the browser.
const maxShown = 100_000_000

// NoneText says why nothing is shown.
func (v view) NoneText() string {
	if v.Huge() {
		return "The picture is too large to be shown here: " + strconv.FormatInt(v.Node.Width, 10) + " × " +
			strconv.FormatInt(v.Node.Height, 10) + " pixels. It can be downloaded as it is."
	}
	return "There is no preview of this kind of file (" + v.Type + ")."
}

// LieText says what the file is instead of what its name promises.
func (v view) LieText() string {
	return "The name promises something else than what is in it (" + v.Type + "). Open it only if you trust who sent it."
}

// SizeText is the size for people, Bytes the exact one.
func (v view) SizeText() string { return SizeText(v.Size) }

// Bytes is the exact size.
func (v view) Bytes() string { return strconv.FormatInt(v.Size, 10) + " bytes" }

// SizeText returns a number of bytes in the unit that people say it in.
func SizeText(n int64) string {
	units := []string{"bytes", "KB", "MB", "GB", "TB"}
	f, i := float64(n), 0
	for f >= 1024 && i < len(units)-1 {
		f, i = f/1024, i+1
	}
	if i == 0 {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	if f >= 10 {
		return strconv.FormatFloat(f, 'f', 0, 64) + " " + units[i]
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + " " + units[i]
}

// view shows a file over the page that it was opened from.
func (h pages) view(ctx context.Context, r *web.Request) (web.Page, error) {
	n, err := h.get(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	v := view{described: describe(n), Node: n, Safe: n.Inline()}
	if v.Large = PreviewURL(n, file.LargePreview); v.Large != "" {
		v.LW, v.LH = n.PreviewSize(file.LargePreview)
	}
	names, err := h.people.Names(ctx, []int64{n.CreatedBy})
	if err != nil {
		return web.Page{}, err
	}
	v.Author = names[n.CreatedBy]
	if n.Kind() == file.Text {
		if err := h.readText(ctx, n, &v); err != nil {
			return web.Page{}, err
		}
	}
	if err := h.neighbours(ctx, r, n, &v); err != nil {
		return web.Page{}, err
	}
	section := "disk"
	if n.ChatOf() != 0 {
		section = "messenger"
	}
	return web.Page{
		Title: n.Name, Section: section, Template: "file/view", Body: v, Layout: web.Wide, Slider: true, WideSlider: n.Kind() != file.Other,
		Modules: []string{"file/view.js"}, Styles: []string{"file/file.css"},
		Keys: []web.Key{{Keys: "← / →", Does: "The picture before, the next one"}},
	}, nil
}

func (h pages) readText(ctx context.Context, n file.Node, v *view) error {
	o, err := h.files.Open(ctx, n)
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }()
	raw, err := io.ReadAll(io.LimitReader(o, maxText))
	if err != nil {
		return err
	}
	v.Cut = o.Size() > int64(len(raw))
	for v.Cut && len(raw) > 0 && !utf8.Valid(raw[max(0, len(raw)-utf8.UTFMax):]) && !utf8.RuneStart(raw[len(raw)-1]) {
		raw = raw[:len(raw)-1]
	}
	v.Text = toUTF8(raw)
	return nil
}

// toUTF8 returns a text that may be of an old 8-bit encoding: what is no UTF-8 is read as Latin-1, so that nothing is lost.
func toUTF8(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	out := make([]rune, len(raw))
	for i, b := range raw {
		out[i] = rune(b)
	}
	return string(out)
}

// neighbours sets the addresses of the pictures before and after one of a chat.
func (h pages) neighbours(ctx context.Context, r *web.Request, n file.Node, v *view) error {
	if n.ChatOf() == 0 || n.Kind() != file.Picture {
		return nil
	}
	before, after, err := h.files.Neighbours(ctx, actor(r), n)
	if before != 0 {
		v.Previous = URL(before)
	}
	if after != 0 {
		v.Next = URL(after)
	}
	return err
}
