package file

import (
	"bufio"
	"encoding/binary"
	"image"
	_ "image/gif" // the formats of which there are previews
	_ "image/jpeg"
	_ "image/png"
	"io"

	_ "golang.org/x/image/webp" // read only
)

// The bounds of what is decoded.
const (
	maxSide    = 20_000     // pixels of a side
	maxPixels  = 40_000_000 // of the whole picture: up to 160 MB while it is decoded
	headerSize = 2 << 20    // bytes in which the size of a picture must stand
)

// measure returns the size of a picture as it is shown, turned as its camera says; zeros where that cannot be told. Nothing is decoded.
func measure(r io.ReadSeeker) (width, height int64) {
	c, _, err := image.DecodeConfig(bufio.NewReader(io.LimitReader(r, headerSize)))
	if err != nil || c.Width < 1 || c.Height < 1 {
		return 0, 0
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return 0, 0
	}
	if turned(orientation(bufio.NewReader(io.LimitReader(r, headerSize)))) {
		return int64(c.Height), int64(c.Width)
	}
	return int64(c.Width), int64(c.Height)
}

// decodable reports whether a picture of that size may be decoded.
func decodable(width, height int64) bool {
	return width > 0 && height > 0 && width <= maxSide && height <= maxSide && width*height <= maxPixels
}

// turned reports whether an orientation lays a picture on its side.
func turned(orientation int) bool { return orientation >= 5 }

// orientation returns how a JPEG has to be turned, 1 to 8 as in EXIF; 1 is not at all, also for anything that is not understood.
func orientation(r *bufio.Reader) int {
	var soi [2]byte
	if _, err := io.ReadFull(r, soi[:]); err != nil || soi != [2]byte{0xff, 0xd8} {
		return 1
	}
	for {
		var head [4]byte
		if _, err := io.ReadFull(r, head[:]); err != nil || head[0] != 0xff {
			return 1
		}
		size := int(binary.BigEndian.Uint16(head[2:])) - 2
		switch {
		case size < 0, head[1] == 0xda: // the picture itself begins
			return 1
		case head[1] != 0xe1:
			if _, err := r.Discard(size); err != nil {
				return 1
			}
			continue
		}
		segment := make([]byte, size)
		if _, err := io.ReadFull(r, segment); err != nil {
			return 1
		}
		if len(segment) > 6 && string(segment[:6]) == "Exif\x00\x00" {
			return exifOrientation(segment[6:])
		}
	}
}

// orientationTag is the number of the field in EXIF.
const orientationTag = 0x0112

// exifOrientation reads the field out of the TIFF structure in an EXIF segment.
func exifOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(b[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := uint64(order.Uint32(b[4:]))
	if at+2 > uint64(len(b)) {
		return 1
	}
	count := uint64(order.Uint16(b[at:]))
	for i := range count {
		e := at + 2 + i*12
		if e+12 > uint64(len(b)) {
			return 1
		}
		if order.Uint16(b[e:]) != orientationTag {
			continue
		}
		if v := order.Uint16(b[e+8:]); v >= 1 && v <= 8 {
			return int(v)
		}
		return 1
	}
	return 1
}
