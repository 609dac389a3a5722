package linkpreview_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/portico-hq/portico/internal/linkpreview"
)

// icon makes a file of icons of 16, 32, 48, … pixels, as it says.
func icon(pictures ...[]byte) []byte {
	out := binary.LittleEndian.AppendUint16([]byte{0, 0, 1, 0}, uint16(len(pictures)))
	from := 6 + 16*len(pictures)
	for i, p := range pictures {
		side := byte(16 * (i + 1))
		out = append(out, side, side, 0, 0, 1, 0, 32, 0)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(p)))
		out = binary.LittleEndian.AppendUint32(out, uint32(from))
		from += len(p)
	}
	for _, p := range pictures {
		out = append(out, p...)
	}
	return out
}

// dib makes a bitmap of an icon, of which the left half is red and the right half, by its alpha or its mask, is not seen.
func dib(bits, width, height int) []byte {
	out := binary.LittleEndian.AppendUint32(nil, 40)
	out = binary.LittleEndian.AppendUint32(out, uint32(width))
	out = binary.LittleEndian.AppendUint32(out, uint32(2*height))
	out = append(out, 1, 0, byte(bits), 0)
	out = append(out, make([]byte, 24)...)
	if bits <= 8 {
		palette := make([]byte, 4<<bits)
		copy(palette[4:], []byte{0, 0, 255, 0})
		out = append(out, palette...)
	}
	for range height {
		row := make([]byte, (width*bits+31)/32*4)
		for x := range width / 2 {
			switch bits {
			case 32:
				copy(row[4*x:], []byte{0, 0, 255, 255})
			case 24:
				copy(row[3*x:], []byte{0, 0, 255})
			case 1, 4, 8:
				row[x*bits/8] |= 1 << (8 - bits - x*bits%8)
			}
		}
		out = append(out, row...)
	}
	for range height {
		row := make([]byte, (width+31)/32*4)
		for x := width / 2; x < width; x++ {
			row[x/8] |= 1 << (7 - x%8)
		}
		out = append(out, row...)
	}
	return out
}

// Of a file of icons the largest is taken, as a PNG or a bitmap of any depth, and what is not seen of it stays so.
func TestUnpackIcon(t *testing.T) {
	t.Parallel()
	small, large := []byte(picture(t, 16, 16)), []byte(picture(t, 32, 32))
	if got, err := linkpreview.UnpackIcon(icon(small, large)); err != nil || !bytes.Equal(got, large) {
		t.Errorf("the largest of two: %d bytes, %v", len(got), err)
	}
	if got, err := linkpreview.UnpackIcon(small); err != nil || !bytes.Equal(got, small) {
		t.Errorf("what is no file of icons: %d bytes, %v", len(got), err)
	}
	for _, bits := range []int{1, 4, 8, 24, 32} {
		got, err := linkpreview.UnpackIcon(icon(dib(bits, 34, 10)))
		if err != nil {
			t.Errorf("%d bits: %v", bits, err)
			continue
		}
		p, err := png.Decode(bytes.NewReader(got))
		if err != nil || p.Bounds() != image.Rect(0, 0, 34, 10) {
			t.Errorf("%d bits: %v, %v", bits, p, err)
			continue
		}
		if c := color.NRGBAModel.Convert(p.At(16, 9)); c != (color.NRGBA{R: 255, A: 255}) {
			t.Errorf("%d bits: the left half is %v", bits, c)
		}
		if _, _, _, a := p.At(17, 0).RGBA(); a != 0 {
			t.Errorf("%d bits: the right half is seen", bits)
		}
	}
	whole := icon(dib(32, 8, 8))
	for name, file := range map[string][]byte{
		"nothing in it": {0, 0, 1, 0, 1, 0}, "cut off": whole[:60], "no colours": whole[:70], "no bitmap": icon(make([]byte, 40)),
		"too large": icon(dib(1, 300, 300)), "an unknown depth": icon(dib(16, 8, 8)), "outside of the file": append(bytes.Clone(whole[:18]), 0xff, 0xff, 0xff, 0xff),
	} {
		if got, err := linkpreview.UnpackIcon(file); err == nil {
			t.Errorf("%s: %d bytes", name, len(got))
		}
	}
}

// FuzzUnpackIcon has nothing of a file of icons break the portal or become a picture of more than a few pixels.
func FuzzUnpackIcon(f *testing.F) {
	f.Add(icon([]byte(picture(f, 16, 16))))
	for _, bits := range []int{1, 4, 8, 16, 24, 32} {
		f.Add(icon(dib(bits, 9, 5)))
		f.Add(icon(dib(bits, 9, 5))[:80])
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := linkpreview.UnpackIcon(file)
		if err != nil || bytes.Equal(got, file) || bytes.Contains(file, got) {
			return
		}
		p, err := png.Decode(bytes.NewReader(got))
		if err != nil || p.Bounds().Dx() > 256 || p.Bounds().Dy() > 256 {
			t.Errorf("%v, %v", p, err)
		}
	})
}
