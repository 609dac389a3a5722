package file

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"strconv"
	"sync"

	"golang.org/x/image/draw"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/db"
)

// The sizes of previews: the square, in pixels, that each fits into.
const (
	SmallPreview  = 250
	MediumPreview = 640
	LargePreview  = 1600
)

// quality is that of JPEG previews.
const quality = 82

// Previewable reports whether previews are made of a picture.
func (n Node) Previewable() bool {
	switch n.Type {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		return !n.plain && decodable(n.Width, n.Height)
	}
	return false
}

// PreviewSize returns the size of a preview in pixels, which is known before it is made.
func (n Node) PreviewSize(side int64) (width, height int64) {
	if !n.Previewable() {
		return 0, 0
	}
	return fit(n.Width, n.Height, side)
}

// fit returns the largest size of the same shape that fits into a square and is no larger than the picture.
func fit(width, height, side int64) (w, h int64) {
	long := max(width, height)
	if long <= side {
		return width, height
	}
	return max(1, (width*side+long/2)/long), max(1, (height*side+long/2)/long)
}

// drawing bounds the pictures that are decoded at once in this process, and hence the memory for them.
var drawing = make(chan struct{}, 1)

// Preview opens a preview that fits into a square of side pixels: SmallPreview, MediumPreview or LargePreview. It is made when it is
// asked for first, once whoever asks, turned as the camera held it, without what else the file tells of where and when it was taken.
// The caller must Close it. Fault: FILE_NO_PREVIEW.
func (s *Service) Preview(ctx context.Context, n Node, side int64) (o blob.Object, mediaType string, err error) {
	if side != SmallPreview && side != MediumPreview && side != LargePreview || !n.Previewable() {
		return nil, "", ErrNoPreview
	}
	p, err := s.preview(ctx, n.Sum, side)
	if errors.Is(err, ErrNotFound) {
		err = s.previews.once(ctx, n.Sum+"/"+strconv.FormatInt(side, 10), func(ctx context.Context) error { return s.makePreview(ctx, n, side) })
		if err == nil {
			p, err = s.preview(ctx, n.Sum, side)
		}
	}
	if err != nil {
		return nil, "", err
	}
	o, err = s.store.Open(ctx, p.object)
	return o, p.Type, err
}

// preview returns what a preview is stored as; ErrNotFound where it was not made yet.
func (s *Service) preview(ctx context.Context, source string, side int64) (n Node, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		const q = "SELECT b.object, b.type FROM file_preview p JOIN file_blob b ON b.sum = p.sum WHERE p.source = ? AND p.side = ?"
		return notFound(tx.QueryRow(ctx, q, source, side).Scan(&n.object, &n.Type), "read preview")
	})
	return n, err
}

// makePreview draws a preview and stores it. A picture that cannot be drawn is marked, so that nobody tries again.
func (s *Service) makePreview(ctx context.Context, n Node, side int64) error {
	raw, err := s.drawn(ctx, n, side)
	if errors.Is(err, errBroken) {
		return errors.Join(s.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE file_blob SET plain = 1 WHERE sum = ?", n.Sum)
			return err
		}), ErrNoPreview)
	}
	if err != nil {
		return err
	}
	c, err := s.receive(ctx, bytes.NewReader(raw), int64(len(raw)), uncounted)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if known, err := s.touchTx(ctx, tx, c.Sum); err != nil || !known {
			return errors.Join(err, errGone)
		}
		_, err := tx.Exec(ctx, `INSERT INTO file_preview (source, side, sum) VALUES (?, ?, ?)
			ON CONFLICT (source, side) DO UPDATE SET sum = excluded.sum`, n.Sum, side, c.Sum)
		if err != nil {
			return fmt.Errorf("note preview: %w", err)
		}
		return nil
	})
}

// errBroken is the error of a picture that is not what its header promises.
var errBroken = errors.New("the picture cannot be drawn")

// Thumbnail makes of a picture that is no file one that fits into a square of side pixels, as previews are made: turned as its camera held
// it, in JPEG, or PNG where something shows through. It waits for its turn. Fault: FILE_NO_PREVIEW for what is no picture, or one too large
// to be decoded.
func Thumbnail(ctx context.Context, picture []byte, side int64) (data []byte, width, height int64, err error) {
	select {
	case drawing <- struct{}{}:
	case <-ctx.Done():
		return nil, 0, 0, ctx.Err()
	}
	defer func() { <-drawing }()
	if data, err = shrink(bytes.NewReader(picture), side); err != nil {
		return nil, 0, 0, ErrNoPreview.Because(err)
	}
	width, height = measure(bytes.NewReader(data))
	return data, width, height, nil
}

// drawn returns an encoded preview. It waits for its turn.
func (s *Service) drawn(ctx context.Context, n Node, side int64) ([]byte, error) {
	select {
	case drawing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-drawing }()
	o, err := s.Open(ctx, n)
	if err != nil {
		return nil, err
	}
	defer func() { _ = o.Close() }()
	return shrink(o, side)
}

// shrink decodes a picture and encodes what fits into a square of side pixels.
func shrink(r io.ReadSeeker, side int64) ([]byte, error) {
	turn := orientation(bufio.NewReader(io.LimitReader(r, headerSize)))
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	c, _, err := image.DecodeConfig(bufio.NewReader(r)) // once more: what was stored of it may be of an older program
	if err != nil || !decodable(int64(c.Width), int64(c.Height)) {
		return nil, errBroken
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	src, _, err := image.Decode(bufio.NewReader(r))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	if b := src.Bounds(); !decodable(int64(b.Dx()), int64(b.Dy())) {
		return nil, errBroken
	}
	w, h := fit(int64(src.Bounds().Dx()), int64(src.Bounds().Dy()), side)
	dst := image.NewNRGBA(image.Rect(0, 0, int(w), int(h)))
	draw.BiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Src, nil)
	return encode(upright(dst, turn))
}

// upright turns a picture as EXIF says.
func upright(src *image.NRGBA, orientation int) *image.NRGBA {
	if orientation <= 1 || orientation > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dw, dh := w, h
	if turned(orientation) {
		dw, dh = h, w
	}
	dst := image.NewNRGBA(image.Rect(0, 0, dw, dh))
	for y := range dh {
		for x := range dw {
			var sx, sy int
			switch orientation {
			case 2:
				sx, sy = w-1-x, y
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sx, sy = x, h-1-y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			copy(dst.Pix[dst.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):][:4])
		}
	}
	return dst
}

// encode writes JPEG, or PNG where something shows through.
func encode(m *image.NRGBA) ([]byte, error) {
	var b bytes.Buffer
	var err error
	if m.Opaque() {
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: quality})
	} else {
		err = png.Encode(&b, m)
	}
	return b.Bytes(), err
}

// flights lets callers that want the same work done share it.
type flights struct {
	mu   sync.Mutex
	open map[string]*flight
}

type flight struct {
	done chan struct{}
	err  error
}

// once runs do, or waits for the one who runs it. The work goes on when its caller goes away: others may wait for it.
func (f *flights) once(ctx context.Context, key string, do func(context.Context) error) error {
	f.mu.Lock()
	fl := f.open[key]
	if fl == nil {
		fl = &flight{done: make(chan struct{})}
		if f.open == nil {
			f.open = map[string]*flight{}
		}
		f.open[key] = fl
		go func() {
			fl.err = do(context.WithoutCancel(ctx))
			f.mu.Lock()
			delete(f.open, key)
			f.mu.Unlock()
			close(fl.done)
		}()
	}
	f.mu.Unlock()
	select {
	case <-fl.done:
		return fl.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
