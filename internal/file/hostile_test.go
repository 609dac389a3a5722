package file_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/file"
)

// drawing returns a PNG of 3 by 2 pixels whose header claims another size.
func drawing(t *testing.T, width, height uint32) string {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 3, 2))))
	raw := b.Bytes()
	binary.BigEndian.PutUint32(raw[16:], width)
	binary.BigEndian.PutUint32(raw[20:], height)
	binary.BigEndian.PutUint32(raw[29:], crc32.ChecksumIEEE(raw[12:29]))
	return string(raw)
}

// What a file is follows from what is in it, and a name that promises something else is known for a lie.
func TestFilesThatLieAboutTheirType(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		for _, c := range []struct {
			name, content string
			kind          file.Kind
			lies          bool
		}{
			{"honest.png", drawing(t, 3, 2), file.Picture, false},
			{"program.png", "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff", file.Other, true},
			{"page.jpg", "<html><script>alert(1)</script></html>", file.Text, true},
			{"song.mp3", drawing(t, 3, 2), file.Picture, true},
			{"notes.txt", "hello", file.Text, false},
		} {
			n := b.upload(t, anna, chat, c.name, c.content)
			n, err := b.Get(t.Context(), as(boris), n.ID)
			must(t, err)
			if n.Kind() != c.kind || n.Lies() != c.lies {
				t.Errorf("%s is kept as %s of the kind %v, a lie: %v", c.name, n.Type, n.Kind(), n.Lies())
			}
			if c.kind != file.Picture {
				_, _, err = b.Preview(t.Context(), n, 250)
				wantFault(t, "a preview of "+c.name, err, file.ErrNoPreview)
			}
			if b.read(t, n) != c.content {
				t.Errorf("%s is not what was sent", c.name)
			}
		}
	})
}

// A picture of ten billion pixels is a file like any other: its size is told, nobody draws it, and it can be taken back as it came.
func TestPictureOfTenBillionPixels(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		huge := drawing(t, 100_000, 100_000)
		n := b.upload(t, anna, chat, "huge.png", huge)
		n, err := b.Get(t.Context(), as(boris), n.ID)
		must(t, err)
		if n.Width != 100_000 || n.Height != 100_000 || n.Previewable() {
			t.Errorf("kept as %d × %d, to be drawn: %v", n.Width, n.Height, n.Previewable())
		}
		_, _, err = b.Preview(t.Context(), n, 250)
		wantFault(t, "a preview", err, file.ErrNoPreview)
		if b.read(t, n) != huge {
			t.Error("the file is not what was sent")
		}
	})
}
