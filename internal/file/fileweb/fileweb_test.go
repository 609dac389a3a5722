package fileweb_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/im"
)

// A file that is sent appears in the chat, is shown to its members and to nobody else.
func TestSendAFile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.anna.sent("notes.txt", "line one")
	if f.Name != "notes.txt" || f.Kind != "text" || f.Type != "text/plain" || f.Lies || f.URL != "/file/"+strconv.FormatInt(f.ID, 10)+"/" {
		t.Errorf("described as %+v", f)
	}
	m, err := b.portal.IM.Send(t.Context(), im.NewMessage{ChatID: b.chat, AuthorID: b.anna.id, Files: []int64{f.ID}})
	must(t, err)
	files, err := b.portal.IM.FilesOf(t.Context(), m)
	must(t, err)
	if got := files[f.ID]; got.Name != "notes.txt" || got.Size != 8 || got.Type != "file" || got.MIME != "text/plain" || got.ChatID != b.chat || got.AuthorID != b.anna.id || got.DownloadURL != f.Download {
		t.Errorf("the messenger shows %+v", got)
	}
	a := b.ben.get(f.Download).is(http.StatusOK).headers("Content-Type", "text/plain", "Content-Disposition", "attachment; filename=notes.txt",
		"X-Content-Type-Options", "nosniff", "Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'self'")
	if a.body != "line one" {
		t.Errorf("downloaded %q", a.body)
	}
	b.ben.get(f.Show).is(http.StatusOK).headers("Content-Disposition", "attachment; filename=notes.txt")
	for _, path := range []string{f.URL, f.Show, f.Download} {
		b.cleo.get(path).fails(http.StatusForbidden, "FILE_ACCESS_DENIED")
		person{b: b}.get(path).is(http.StatusUnauthorized)
	}
	b.anna.get("/file/999/download").fails(http.StatusNotFound, "FILE_NOT_FOUND")
	_, err = b.portal.IM.Send(t.Context(), im.NewMessage{ChatID: b.chat, AuthorID: b.anna.id, Files: []int64{999}})
	if !errors.Is(err, im.ErrFile) {
		t.Errorf("a message with a file that does not exist: %v", err)
	}
}

// A forwarded file is for those who may see the message, and for them only as long as it is there.
func TestForwardAFile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.anna.sent("plan.txt", "the plan")
	m, err := b.portal.IM.Send(t.Context(), im.NewMessage{ChatID: b.chat, AuthorID: b.anna.id, Files: []int64{f.ID}})
	must(t, err)
	c, err := b.portal.IM.OpenPrivate(t.Context(), b.ben.id, b.cleo.id)
	must(t, err)
	_, err = b.portal.IM.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: b.cleo.id, Files: []int64{f.ID}})
	if !errors.Is(err, im.ErrFile) {
		t.Errorf("Cleo sends a file that is not hers: %v", err)
	}
	forwarded, err := b.portal.IM.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: b.ben.id, ForwardID: m.ID})
	must(t, err)
	b.cleo.get(f.Download).is(http.StatusOK)
	must(t, b.portal.IM.Delete(t.Context(), b.ben.id, forwarded.ID, false))
	b.cleo.get(f.Download).fails(http.StatusForbidden, "FILE_ACCESS_DENIED")
	b.ben.get(f.Download).is(http.StatusOK)
	again, err := b.portal.IM.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: b.ben.id, ForwardID: m.ID})
	must(t, err)
	must(t, b.portal.IM.Delete(t.Context(), b.anna.id, m.ID, false))
	b.cleo.get(f.Download).is(http.StatusOK) // the forwarded one still shows it
	must(t, b.portal.IM.Delete(t.Context(), b.ben.id, again.ID, true))
	for _, p := range []person{b.anna, b.ben, b.cleo} { // the last message that showed it took it along
		p.get(f.Download).fails(http.StatusNotFound, "FILE_NOT_FOUND")
	}
}

// The viewer shows a text as text, whatever is in it.
func TestView(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.anna.sent("page.html", "<!DOCTYPE html><html><script>alert(1)</script></html>")
	a := b.ben.get(f.URL).is(http.StatusOK)
	if !strings.Contains(a.body, "&lt;script&gt;alert(1)&lt;/script&gt;") || strings.Contains(a.body, "<script>alert(1)") {
		t.Errorf("the source is not shown as text:\n%s", a.body)
	}
	liar := b.anna.sent("holiday.jpg", "MZ\x90\x00\x03\x00\x00\x00 a program")
	if !liar.Lies || liar.Preview != "" {
		t.Errorf("described as %+v", liar)
	}
	if a := b.ben.get(liar.URL).is(http.StatusOK); !strings.Contains(a.body, "The name promises something else than what is in it") {
		t.Error("nobody is warned of a file that lies about its type")
	}
}

// What could run as a page is only ever downloaded; what cannot is shown.
func TestWhatIsShownInline(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range map[string]struct{ content, kind, how string }{
		"a.html": {"<!DOCTYPE html><html><body>x</body></html>", "text/html", "attachment"},
		"a.svg":  {`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "image/svg+xml", "attachment"},
		"a.png":  {"<!DOCTYPE html><html><body>not a picture</body></html>", "text/html", "attachment"},
		"b.png":  {string(picture(3, 2)), "image/png", "inline"},
		"b.txt":  {string(picture(3, 2)), "image/png", "inline"},
		"a.xml":  {`<?xml version="1.0"?><a/>`, "text/xml", "attachment"},
		"a.pdf":  {"%PDF-1.7\n1 0 obj", "application/pdf", "inline"},
		"a.wav":  {"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav", "inline"},
		"a.js":   {"alert(1)", "text/plain", "attachment"},
	} {
		f := b.anna.sent(name, c.content)
		b.ben.get(f.Show).is(http.StatusOK).headers("Content-Type", c.kind, "Content-Disposition", c.how+"; filename="+f.Name,
			"X-Content-Type-Options", "nosniff", "Cache-Control", "private, max-age=31536000, immutable")
		b.ben.get(f.Download).is(http.StatusOK).headers("Content-Disposition", "attachment; filename="+f.Name)
	}
}

func TestNamesInHeaders(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, want := range map[string]string{
		"Bericht für März.txt":     "attachment; filename*=utf-8''Bericht%20f%C3%BCr%20M%C3%A4rz.txt",
		"a\"b.txt":                 "attachment; filename=a_b.txt",
		"..\\..\\evil\u202egpj.sh": "attachment; filename=evilgpj.sh",
	} {
		f, err := b.portal.Files.Upload(t.Context(), actor(b.anna), b.chat, name, strings.NewReader(name))
		must(t, err)
		b.ben.get("/file/"+strconv.FormatInt(f.ID, 10)+"/download").is(http.StatusOK).headers("Content-Disposition", want)
	}
}

// A player asks for pieces.
func TestRanges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.anna.sent("a.bin", "0123456789")
	a := b.ben.get(f.Download, "Range", "bytes=2-4").is(http.StatusPartialContent).headers("Content-Range", "bytes 2-4/10", "Content-Length", "3")
	if a.body != "234" {
		t.Errorf("got %q", a.body)
	}
	b.ben.get(f.Download, "Range", "bytes=20-").is(http.StatusRequestedRangeNotSatisfiable)
	tag := a.header.Get("ETag")
	b.ben.get(f.Download, "If-None-Match", tag).is(http.StatusNotModified)
	b.ben.get(f.Download, "Range", "bytes=2-4", "If-Range", `"another"`).is(http.StatusOK)
}

// Previews are small, of the right shape, and their size is known before they are made.
func TestPreview(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.anna.sent("wide.png", string(picture(1300, 500)))
	if f.Width != 640 || f.Height != 246 || f.Preview == "" {
		t.Fatalf("described as %+v", f)
	}
	a := b.ben.get(f.Preview).is(http.StatusOK).headers("Content-Type", "image/jpeg", "Cache-Control", "private, max-age=31536000, immutable")
	c, format, err := image.DecodeConfig(strings.NewReader(a.body))
	if err != nil || format != "jpeg" || c.Width != 640 || c.Height != 246 {
		t.Errorf("the preview is %d × %d %s, %v", c.Width, c.Height, format, err)
	}
	base, _, _ := strings.Cut(f.Preview, "?")
	b.ben.get(base+"?size=77").fails(http.StatusNotFound, "FILE_NO_PREVIEW")
	b.cleo.get(f.Preview).fails(http.StatusForbidden, "FILE_ACCESS_DENIED")
	if a := b.ben.get(f.URL).is(http.StatusOK); !strings.Contains(a.body, `width="1300" height="500"`) {
		t.Error("the viewer does not say how large the picture is")
	}
}

// A picture of 100,000 by 100,000 pixels is a file like any other; nobody tries to draw it.
func TestHugePicture(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.anna.sent("huge.png", string(claims(picture(3, 2), 100_000, 100_000)))
	if f.Kind != "image" || f.Preview != "" || f.Width != 100_000 || f.Height != 100_000 {
		t.Errorf("described as %+v", f)
	}
	b.ben.get(f.URL+"preview?size=640").fails(http.StatusNotFound, "FILE_NO_PREVIEW")
	a := b.ben.get(f.URL).is(http.StatusOK)
	if !strings.Contains(a.body, "too large to be shown here: 100000 × 100000 pixels") || strings.Contains(a.body, "<img") {
		t.Error("the viewer gives the picture to the browser, or does not say why not")
	}
	b.ben.get(f.Download).is(http.StatusOK)

	broken := b.anna.sent("broken.png", string(claims(picture(3, 2), 900, 900)))
	b.ben.get(broken.Preview).fails(http.StatusNotFound, "FILE_NO_PREVIEW")
	n, err := b.portal.Files.Get(t.Context(), actor(b.ben), broken.ID)
	must(t, err)
	if n.Previewable() {
		t.Error("a picture that cannot be drawn is tried again and again")
	}
}

func TestUploadRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cleo.send(b.dialog(), "a.txt", "a").fails(http.StatusForbidden, "ACCESS_ERROR")
	b.anna.send("", "a.txt", "a").fails(http.StatusUnprocessableEntity, "PARAMS_ERROR")
	b.anna.send(b.dialog()).fails(http.StatusUnprocessableEntity, "FILE_EMPTY")
	b.anna.do(http.MethodPost, "/upload", strings.NewReader("x"), "Content-Type", "text/plain").fails(http.StatusUnprocessableEntity, "BROKEN_FORM")
	b.anna.do(http.MethodPost, "/upload", strings.NewReader("x"), "Content-Type", "text/plain", "Origin", "https://evil.example").is(http.StatusForbidden)
}

// The requests that upload.js makes.
func TestPartsOverHTTP(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	form := "dialog=" + b.dialog() + "&name=note.webm&size=6&voice=1&duration=1500&wave=0918"
	var begun struct {
		ID   string
		Part int64
	}
	b.anna.do(http.MethodPost, "/upload/begin", strings.NewReader(form), "Content-Type", "application/x-www-form-urlencoded").is(http.StatusOK).json(&begun)
	if begun.Part != 4<<20 {
		t.Errorf("parts of %d bytes", begun.Part)
	}
	at := "/upload/" + begun.ID
	part := func(start, content string) answer {
		return b.anna.do(http.MethodPut, at+"?start="+start, strings.NewReader(content))
	}
	type progress struct{ Received, Size, File int64 }
	var p progress
	part("0", "abc").is(http.StatusOK).json(&p)
	if p != (progress{3, 6, 0}) {
		t.Errorf("after the first part %+v", p)
	}
	part("5", "f").is(http.StatusConflict).json(&p)
	if p.Received != 3 {
		t.Errorf("told to go on at %d, want 3", p.Received)
	}
	b.ben.get(at).fails(http.StatusNotFound, "UPLOAD_NOT_FOUND")
	b.anna.do(http.MethodPost, at+"/finish", nil).fails(http.StatusConflict, "UPLOAD_OFFSET")
	part("3", "def").is(http.StatusOK)
	var f struct {
		ID       int64
		Voice    bool
		Duration int64
		Wave     string
	}
	b.anna.do(http.MethodPost, at+"/finish", nil).is(http.StatusOK).json(&f)
	if !f.Voice || f.Duration != 1500 || f.Wave != "0918" {
		t.Errorf("finished %+v", f)
	}
	b.anna.get(at).is(http.StatusOK).json(&p)
	if p != (progress{6, 6, f.ID}) {
		t.Errorf("in the end %+v", p)
	}
	if got := b.ben.get("/file/" + strconv.FormatInt(f.ID, 10) + "/download").is(http.StatusOK).body; got != "abcdef" {
		t.Errorf("downloaded %q", got)
	}
	b.anna.do(http.MethodDelete, at, nil).is(http.StatusNoContent)
	b.anna.get(at).fails(http.StatusNotFound, "UPLOAD_NOT_FOUND")
}

// picture returns a PNG of a size.
func picture(w, h int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(x), uint8(y), 90, 255}) //nolint:gosec // a pattern
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// claims returns a PNG whose header tells another size than it has.
func claims(raw []byte, w, h uint32) []byte {
	out := bytes.Clone(raw)
	binary.BigEndian.PutUint32(out[16:], w)
	binary.BigEndian.PutUint32(out[20:], h)
	binary.BigEndian.PutUint32(out[29:], crc32.ChecksumIEEE(out[12:29]))
	return out
}
