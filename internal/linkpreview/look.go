package linkpreview

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"mime"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
)

// The limits of looking something up. They stand in docs/limits.md.
const (
	pageTime     = 5 * time.Second
	pictureTime  = 5 * time.Second
	pageBytes    = 1 << 20
	pictureBytes = 5 << 20
	pictureSide  = 640 // pixels
	iconSide     = 96  // pixels
	hashDigits   = 32  // of a picture's name, hexadecimal: it must not be guessable
)

// found is what a look at an address brought.
type found struct {
	Preview

	picture Picture
	ok      bool // there is something to show
	later   bool // there was nobody to ask; it may be tried again
	off     bool // the portal asks nobody any more
}

// look asks a site what is at an address.
func (s *Service) look(ctx context.Context, address string) found {
	a, err := s.fetch(ctx, address, pageBytes, pageTime)
	if err != nil {
		return found{later: fault.KindOf(err) == fault.Unavailable, off: errors.Is(err, errOff)}
	}
	base, err := url.Parse(a.Address)
	if err != nil {
		return found{}
	}
	f := found{Preview: Preview{Site: strings.TrimPrefix(base.Hostname(), "www.")}}
	kind, _, _ := mime.ParseMediaType(a.Type)
	switch {
	case kind == "text/html", kind == "application/xhtml+xml":
		s.lookAtPage(ctx, &f, a, base)
	case strings.HasPrefix(kind, "image/"):
		if f.ok = s.takePicture(ctx, &f, a.Address, pictureSide); f.ok {
			name, err := url.PathUnescape(path.Base(base.EscapedPath()))
			if f.Title = oneLine(name, maxTitle); err != nil || f.Title == "" || f.Title == "/" || f.Title == "." {
				f.Title = f.Site
			}
		}
	}
	return f
}

// lookAtPage reads what a page says of itself, and fetches its picture.
func (s *Service) lookAtPage(ctx context.Context, f *found, a Answer, base *url.URL) {
	p := Parse(bytes.NewReader(a.Body), a.Type, base)
	if p.Title == "" {
		return
	}
	f.ok, f.Title, f.Description = true, p.Title, p.Description
	if p.Site != "" {
		f.Site = p.Site
	}
	if p.Picture != "" && s.takePicture(ctx, f, p.Picture, pictureSide) {
		return
	}
	if p.Icon == "" { // where browsers look for it unless they are told otherwise
		p.Icon = base.ResolveReference(&url.URL{Path: "/favicon.ico"}).String()
	}
	f.Icon = s.takePicture(ctx, f, p.Icon, iconSide)
}

// takePicture fetches a picture and shrinks it; false where it cannot be had.
func (s *Service) takePicture(ctx context.Context, f *found, address string, side int64) bool {
	a, err := s.fetch(ctx, address, pictureBytes+1, pictureTime)
	if err != nil || len(a.Body) > pictureBytes {
		return false
	}
	picture, err := unpackIcon(a.Body)
	if err != nil {
		return false
	}
	p, err := s.Shrink(ctx, picture, side)
	if err != nil || len(p.Data) == 0 {
		return false
	}
	sum := sha256.Sum256(p.Data)
	f.picture, f.Picture = p, hex.EncodeToString(sum[:])[:hashDigits]
	f.Width, f.Height = p.Width, p.Height
	return true
}

// fetch is one request, with its redirects, unless the portal asks nobody any more.
func (s *Service) fetch(ctx context.Context, address string, limit int64, most time.Duration) (Answer, error) {
	if on, err := s.Enabled(ctx); err != nil || !on {
		return Answer{}, errors.Join(errOff, err)
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	return s.Fetcher.Fetch(ctx, address, limit)
}

var errOff = errors.New("the portal looks nothing up")
