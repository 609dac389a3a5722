package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strconv"
)

// hair is the shape of somebody's hair.
type hair int

const (
	short hair = iota
	long
	bun
)

// look is what a person's picture is drawn from: colours as #rrggbb.
type look struct {
	skin, hair, shirt string
	style             hair
}

// The pictures are squares; a point is a mean of some points of a finer grid, so that edges are smooth.
const (
	portraitSize = 256
	fine         = 3
)

// portrait draws a face on a light ground as a PNG.
func portrait(l look) []byte {
	img := image.NewRGBA(image.Rect(0, 0, portraitSize, portraitSize))
	for y := range portraitSize {
		for x := range portraitSize {
			var r, g, b int
			for i := range fine * fine {
				c := l.at((float64(x)+float64(i%fine)/fine)/portraitSize, (float64(y)+float64(i/fine)/fine)/portraitSize)
				r, g, b = r+int(c.R), g+int(c.G), b+int(c.B)
			}
			img.SetRGBA(x, y, color.RGBA{uint8(r / fine / fine), uint8(g / fine / fine), uint8(b / fine / fine), 255}) //nolint:gosec // means of bytes
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		panic(err) // nothing in memory can fail here
	}
	return out.Bytes()
}

// at returns the colour at a point; both numbers run from 0 to 1, the second downwards. What is in front comes first.
func (l look) at(x, y float64) color.RGBA {
	skin, hairColor, shirt := parse(l.skin), parse(l.hair), parse(l.shirt)
	switch {
	case l.fringe(x, y):
		return hairColor
	case ellipse(x, y, .44, .44, .016, .02), ellipse(x, y, .56, .44, .016, .02):
		return color.RGBA{40, 32, 30, 255}
	case y > .51 && ellipse(x, y, .5, .51, .06, .045) && !ellipse(x, y, .5, .49, .075, .045):
		return mix(skin, color.RGBA{120, 40, 40, 255}, .55)
	case ellipse(x, y, .5, .44, .155, .19):
		return skin
	case ellipse(x, y, .5, .66, .065, .1) && y < .74:
		return mix(skin, color.RGBA{0, 0, 0, 255}, .14)
	case ellipse(x, y, .5, 1.02, .36, .32):
		return shirt
	case l.back(x, y):
		return mix(hairColor, color.RGBA{0, 0, 0, 255}, .12)
	}
	return mix(shirt, color.RGBA{255, 255, 255, 255}, .78-.18*y)
}

// fringe is the hair in front of the face.
func (l look) fringe(x, y float64) bool {
	top := ellipse(x, y, .5, .4, .185, .205)
	if l.style == short {
		return top && y < .335+.25*(x-.5)*(x-.5)
	}
	return top && !ellipse(x, y, .54, .47, .17, .165) && y < .47
}

// back is the hair behind the head.
func (l look) back(x, y float64) bool {
	switch l.style {
	case long:
		return ellipse(x, y, .5, .5, .215, .3) && y < .76
	case bun:
		return ellipse(x, y, .5, .17, .085, .075) || ellipse(x, y, .5, .41, .185, .2)
	default:
		return ellipse(x, y, .5, .4, .175, .185)
	}
}

func ellipse(x, y, cx, cy, rx, ry float64) bool {
	dx, dy := (x-cx)/rx, (y-cy)/ry
	return dx*dx+dy*dy < 1
}

func mix(a, b color.RGBA, share float64) color.RGBA {
	m := func(p, q uint8) uint8 { return uint8(float64(p)*(1-share) + float64(q)*share) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

func parse(hex string) color.RGBA {
	n, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		panic(err) // the colours stand in this package
	}
	return color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255} //nolint:gosec // a byte each
}
