package linkpreview

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/png"
)

// The limits of an icon file. Browsers make them of up to 256 pixels.
const (
	maxIconFiles = 64  // pictures in one file
	maxIconSide  = 256 // pixels of a picture that is no PNG
)

var (
	icoMagic = []byte{0, 0, 1, 0}
	pngMagic = []byte("\x89PNG\r\n\x1a\n")
	errIcon  = errors.New("an icon that cannot be read")
)

// unpackIcon returns the largest picture of a file of icons, as a PNG; any other bytes it returns as they are.
func unpackIcon(file []byte) ([]byte, error) {
	if !bytes.HasPrefix(file, icoMagic) || len(file) < 6 {
		return file, nil
	}
	var best []byte
	var bestSide, bestBits int
	count := min(int(binary.LittleEndian.Uint16(file[4:])), maxIconFiles)
	for i := range count {
		if len(file) < 6+16*(i+1) {
			break
		}
		e := file[6+16*i:]
		size, from := uint64(binary.LittleEndian.Uint32(e[8:])), uint64(binary.LittleEndian.Uint32(e[12:]))
		if size == 0 || from+size > uint64(len(file)) {
			continue
		}
		side, bits := int(e[0]), int(binary.LittleEndian.Uint16(e[6:]))
		if side == 0 {
			side = 256
		}
		if side > bestSide || side == bestSide && bits > bestBits {
			best, bestSide, bestBits = file[from:from+size], side, bits
		}
	}
	if bytes.HasPrefix(best, pngMagic) {
		return best, nil
	}
	picture, err := bitmap(best)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = png.Encode(&out, picture)
	return out.Bytes(), err
}

// bitmap reads a picture of an icon file that is a bitmap without the head of its file: the colours from the bottom up, and below
// them a mask of what is not seen, whose height the head counts in.
func bitmap(b []byte) (image.Image, error) {
	const head = 40
	if len(b) < head {
		return nil, errIcon
	}
	size, width, height := int64(binary.LittleEndian.Uint32(b)), int(int32(binary.LittleEndian.Uint32(b[4:]))), int(int32(binary.LittleEndian.Uint32(b[8:])))/2 //nolint:gosec // the head's numbers have signs
	bits, packed := int(binary.LittleEndian.Uint16(b[14:])), binary.LittleEndian.Uint32(b[16:])
	if size < head || size > int64(len(b)) || width < 1 || width > maxIconSide || height < 1 || height > maxIconSide || packed != 0 {
		return nil, errIcon
	}
	b = b[size:]
	colors := 0
	switch bits {
	case 1, 4, 8:
		colors = 1 << bits
	case 24, 32:
	default:
		return nil, errIcon
	}
	row, maskRow := (width*bits+31)/32*4, (width+31)/32*4
	if len(b) < 4*colors+row*height {
		return nil, errIcon
	}
	palette, pixels, mask := b[:4*colors], b[4*colors:], b[4*colors+row*height:]
	out := image.NewNRGBA(image.Rect(0, 0, width, height))
	seen := false // some have an alpha of nothing everywhere, and mean the mask
	for y := range height {
		line := pixels[row*y:]
		for x := range width {
			c := pixel(line, x, bits, palette)
			seen = seen || c.A != 0
			out.SetNRGBA(x, height-1-y, c)
		}
	}
	if bits == 32 && seen {
		return out, nil
	}
	for y := range height {
		for x := range width {
			c := out.NRGBAAt(x, height-1-y)
			c.A = 255
			if at := maskRow*y + x/8; at < len(mask) && mask[at]>>(7-x%8)&1 == 1 {
				c.A = 0
			}
			out.SetNRGBA(x, height-1-y, c)
		}
	}
	return out, nil
}

// pixel reads the colour of a place in a line, whose colours are written blue, green, red.
func pixel(line []byte, x, bits int, palette []byte) color.NRGBA {
	var at []byte
	alpha := byte(255)
	switch bits {
	case 32:
		at = line[4*x:]
		alpha = at[3]
	case 24:
		at = line[3*x:]
	default:
		index := int(line[x*bits/8]) >> (8 - bits - x*bits%8) & (1<<bits - 1)
		at = palette[4*index:]
	}
	return color.NRGBA{R: at[2], G: at[1], B: at[0], A: alpha}
}
