package imweb

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/im"
)

// The room that a picture or a video takes up in a message, in pixels.
const (
	mediaWidth  = 380
	mediaHeight = 320
)

// attached are the files of a message, by how they are shown.
type attached struct {
	Pictures, Videos, Sounds, Others []attachedFile
}

// attachedFile is a file of a message.
type attachedFile struct {
	im.File

	W, H   int64  // of the picture as it is shown; 0 where unknown
	Size   string // "3.4 MB"
	Length string // of a sound, "0:07"
	Wave   string // of a sound, as the path of an SVG
	Bars   int    // how many bars Wave has
	Icon   string
}

// Empty reports whether there are no files.
func (a attached) Empty() bool {
	return len(a.Pictures)+len(a.Videos)+len(a.Sounds)+len(a.Others) == 0
}

// files describes what messages carry, by the messages' ids.
func (p *people) files(messages []im.Message) (map[int64]attached, error) {
	if err := p.loadFiles(messages); err != nil || len(p.carried) == 0 {
		return nil, err
	}
	out := map[int64]attached{}
	for _, m := range messages {
		var a attached
		for _, id := range m.Extra.Files {
			if f, ok := p.carried[id]; ok {
				a.add(newFile(f))
			}
		}
		out[m.ID] = a
	}
	return out, nil
}

// loadFiles reads those files of messages at once that are not known yet.
func (p *people) loadFiles(messages []im.Message) error {
	var missing []im.Message
	for _, m := range messages {
		if slices.ContainsFunc(m.Extra.Files, func(id int64) bool { return !p.asked[id] }) {
			missing = append(missing, m)
		}
		for _, id := range m.Extra.Files {
			p.asked[id] = true
		}
	}
	if len(missing) == 0 {
		return nil
	}
	files, err := p.h.im.FilesOf(p.ctx, missing...)
	maps.Copy(p.carried, files)
	return err
}

func (a *attached) add(f attachedFile) {
	switch {
	case f.Type == "image" && f.PreviewURL != "":
		a.Pictures = append(a.Pictures, f)
	case f.Type == "video" && !f.Lies:
		a.Videos = append(a.Videos, f)
	case f.Type == "audio" && !f.Lies:
		a.Sounds = append(a.Sounds, f)
	default:
		a.Others = append(a.Others, f)
	}
}

func newFile(f im.File) attachedFile {
	v := attachedFile{File: f, Size: sizeOf(f.Size), Icon: "file"}
	v.W, v.H = fit(f.PreviewWidth, f.PreviewHeight)
	if f.Type == "video" {
		if v.W, v.H = fit(f.Width, f.Height); v.W == 0 {
			v.W, v.H = mediaWidth, mediaWidth*9/16
		}
	}
	if f.Type == "image" {
		v.Icon = "image"
	}
	if f.Duration > 0 {
		v.Length = lengthOf(f.Duration)
	}
	digits := f.Wave
	if digits == "" {
		digits = strings.Repeat("2", 40)
	}
	v.Wave, v.Bars = waveform(digits), 4*len(digits)
	return v
}

// fit returns the size of w × h in the room that a message has.
func fit(w, h int64) (fw, fh int64) {
	if w <= 0 || h <= 0 {
		return 0, 0
	}
	if w > mediaWidth {
		w, h = mediaWidth, max(h*mediaWidth/w, 1)
	}
	if h > mediaHeight {
		w, h = max(w*mediaHeight/h, 1), mediaHeight
	}
	return w, h
}

// waveform draws loudness, a digit for each part, as bars.
func waveform(digits string) string {
	var b []byte
	for i, d := range []byte(digits) {
		high := 2 + 2*int64(min(max(d, '0'), '9')-'0')
		b = append(b, 'M')
		b = strconv.AppendInt(b, int64(i)*4+2, 10)
		b = append(b, ' ')
		b = strconv.AppendInt(b, 12-high/2, 10)
		b = append(b, 'v')
		b = strconv.AppendInt(b, high, 10)
	}
	return string(b)
}

// sizeOf writes a size as people read it: "640 B", "12 KB", "3.4 MB".
func sizeOf(n int64) string {
	units := []string{"B", "KB", "MB", "GB", "TB"}
	x, i := float64(n), 0
	for ; x >= 1000 && i < len(units)-1; i++ {
		x /= 1000
	}
	if x < 10 && i > 1 {
		return strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0") + " " + units[i]
	}
	return strconv.FormatFloat(x, 'f', 0, 64) + " " + units[i]
}

// lengthOf writes a length of time: "0:07", "12:40", "1:02:03".
func lengthOf(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	two := func(n int64) string {
		if n < 10 {
			return "0" + strconv.FormatInt(n, 10)
		}
		return strconv.FormatInt(n, 10)
	}
	if s >= 3600 {
		return strconv.FormatInt(s/3600, 10) + ":" + two(s/60%60) + ":" + two(s%60)
	}
	return strconv.FormatInt(s/60, 10) + ":" + two(s%60)
}
