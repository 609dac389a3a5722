package file

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
)

// oriented returns a JPEG with a red corner at the top left as it is stored, whose EXIF says how to turn it.
func oriented(t testing.TB, orientation uint16, order binary.AppendByteOrder) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 64, 32))
	for y := range 32 {
		for x := range 64 {
			c := color.RGBA{240, 240, 240, 255}
			if x < 16 && y < 16 {
				c = color.RGBA{220, 0, 0, 255}
			}
			m.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, field := range [][2]uint16{{0x010f, 1}, {orientationTag, orientation}} {
		tiff = order.AppendUint16(tiff, field[0])
		tiff = order.AppendUint16(tiff, 3)
		tiff = order.AppendUint32(tiff, 1)
		tiff = order.AppendUint16(tiff, field[1])
		tiff = order.AppendUint16(tiff, 0)
	}
	segment := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{}, b.Bytes()[:2]...)
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(segment)+2)) //nolint:gosec // short
	out = append(out, segment...)
	return append(out, b.Bytes()[2:]...)
}

// A picture is shown as the camera was held, its size is told so, and nothing else that the camera wrote comes along.
func TestOrientation(t *testing.T) {
	t.Parallel()
	corner := map[uint16][2]int{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}} // where the red one is
	for o, want := range corner {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			raw := oriented(t, o, order)
			if got := orientation(bufio.NewReader(bytes.NewReader(raw))); got != int(o) {
				t.Errorf("orientation %d is read as %d", o, got)
			}
			w, h := measure(bytes.NewReader(raw))
			if lying := o >= 5; lying && (w != 32 || h != 64) || !lying && (w != 64 || h != 32) {
				t.Errorf("orientation %d: %d × %d", o, w, h)
			}
			small, err := shrink(bytes.NewReader(raw), 250)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(small, []byte("Exif")) {
				t.Error("the preview tells what the camera wrote")
			}
			m, err := jpeg.Decode(bytes.NewReader(small))
			if err != nil {
				t.Fatal(err)
			}
			if b := m.Bounds(); int64(b.Dx()) != w || int64(b.Dy()) != h {
				t.Errorf("orientation %d: the preview is %v, want %d × %d", o, b, w, h)
			}
			x, y := 4+want[0]*(int(w)-9), 4+want[1]*(int(h)-9)
			if r, g, _, _ := m.At(x, y).RGBA(); r>>8 < 180 || g>>8 > 80 {
				t.Errorf("orientation %d: the red corner is not at %d, %d", o, x, y)
			}
		}
	}
}

func TestPreviewKeepsWhatShowsThrough(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 600, 300))
	m.Set(300, 150, color.NRGBA{255, 0, 0, 255})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	small, err := shrink(bytes.NewReader(b.Bytes()), 250)
	if err != nil {
		t.Fatal(err)
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(small))
	if err != nil || format != "png" || c.Width != 250 || c.Height != 125 {
		t.Errorf("the preview is %d × %d %s, %v; want 250 × 125 png", c.Width, c.Height, format, err)
	}
}

func TestThumbnail(t *testing.T) {
	t.Parallel()
	data, w, h, err := Thumbnail(t.Context(), oriented(t, 6, binary.BigEndian), 50)
	if c, format, e := image.DecodeConfig(bytes.NewReader(data)); err != nil || e != nil || format != "jpeg" || int64(c.Width) != w || int64(c.Height) != h || h <= w {
		t.Errorf("%d × %d of %d × %d %s: %v, %v", w, h, c.Width, c.Height, format, err, e)
	}
	if _, _, _, err := Thumbnail(t.Context(), []byte("<svg/>"), 50); !errors.Is(err, ErrNoPreview) {
		t.Errorf("of no picture: %v", err)
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	for in, want := range map[[3]int64][2]int64{
		{100, 50, 250}: {100, 50}, {1000, 500, 250}: {250, 125}, {500, 1000, 250}: {125, 250}, {10_000, 1, 250}: {250, 1}, {250, 250, 250}: {250, 250},
	} {
		if w, h := fit(in[0], in[1], in[2]); w != want[0] || h != want[1] {
			t.Errorf("%v: %d × %d, want %v", in, w, h, want)
		}
	}
	for size, want := range map[[2]int64]bool{
		{0, 1}: false, {1, 1}: true, {20_000, 2000}: true, {20_001, 1}: false, {100_000, 100_000}: false, {6400, 6251}: false, {-1, -1}: false,
	} {
		if got := decodable(size[0], size[1]); got != want {
			t.Errorf("%v decodable: %v", size, got)
		}
	}
}

// Whatever the bytes are, they are measured without a crash and without decoding them, and what is drawn of them fits.
func FuzzPicture(f *testing.F) {
	f.Add(oriented(f, 6, binary.BigEndian))
	var b bytes.Buffer
	if err := gif.Encode(&b, image.NewPaletted(image.Rect(0, 0, 3, 2), color.Palette{color.White, color.Black}), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Clone(b.Bytes()))
	b.Reset()
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 5, 4))); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x1aExif\x00\x00II*\x00\xff\xff\xff\xff"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8 "))
	f.Fuzz(func(t *testing.T, raw []byte) {
		w, h := measure(bytes.NewReader(raw))
		if w < 0 || h < 0 {
			t.Errorf("measured %d × %d", w, h)
		}
		if w*h > 1<<20 || !decodable(w, h) {
			return
		}
		small, err := shrink(bytes.NewReader(raw), 50)
		if err != nil {
			return
		}
		if c, _, err := image.DecodeConfig(bytes.NewReader(small)); err != nil || c.Width > 50 || c.Height > 50 {
			t.Errorf("the preview is %d × %d, %v", c.Width, c.Height, err)
		}
	})
}

// A name that was cleaned is safe in every place where names go, and stays as it is when it is cleaned again.
func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"a.txt", "../../etc/passwd", "C:\\x\\y.doc", "a\u202egpj.exe", "\x00", " . ", "CON", "ä\xff", "a\nb\"c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		clean, err := CleanName(name)
		if err != nil {
			return
		}
		if len(clean) > maxName || clean == "" || clean == "." || clean == ".." || bytes.ContainsAny([]byte(clean), "/\\\x00\r\n\"<>|?*:") {
			t.Errorf("%q became %q", name, clean)
		}
		if again, err := CleanName(clean); err != nil || again != clean {
			t.Errorf("%q became %q, and that %q, %v", name, clean, again, err)
		}
	})
}

// A link that is not as it was signed is none.
func FuzzReadLink(f *testing.F) {
	s := &Service{key: linkKey([]byte("k")), clock: stopped{}}
	good := s.SignFor(Link{Action: Download, Actor: Actor{UserID: 5}, NodeID: 7})
	f.Add(good)
	f.Add(good[1:])
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if l, err := s.ReadLink(token); err == nil && l.NodeID != 7 {
			t.Errorf("%q leads to %+v", token, l)
		}
	})
}

// stopped is a clock that stands still.
type stopped struct{ clock.System }

func (stopped) Now() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }
