package imweb

import (
	"bytes"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

// Preview is what a link leads to.
type Preview struct {
	Title, Description, Site string
	Picture                  string // the name of its picture, for Links; empty: none
	Width, Height            int64  // of the picture, in pixels
	Icon                     bool   // the picture is the sign of the site
	Fetched                  time.Time
}

// Links knows what the links in messages lead to.
type Links interface {
	// Previews returns what is known of addresses, by the address; those of which nothing is to be shown are missing.
	Previews(ctx context.Context, addresses []string) (map[string]Preview, error)
	// Picture returns a picture by its name, with its media type. A fault of the kind NotFound is returned for an unknown one.
	Picture(ctx context.Context, name string) (data []byte, mediaType string, err error)
}

// The picture of a page stands above the words where it is at least so wide, in pixels, and by a fifth wider than high.
const (
	wideWidth = 300
	wideShape = 6 // width to height, in fifths
)

// card is the page that the first link of a message leads to, as it is shown below the message.
type card struct {
	Preview

	MessageID int64
	URL       string
	Away      bool // it leads out of the portal
	Closable  bool // the viewer may take it away
}

// PictureURL returns the address of the picture on the portal; empty: there is none.
func (c card) PictureURL() string {
	if c.Picture == "" {
		return ""
	}
	return "/online/link-picture/" + c.Picture
}

// Wide reports whether the picture stands above the words.
func (c card) Wide() bool {
	return c.Picture != "" && !c.Icon && c.Width >= wideWidth && c.Height > 0 && c.Width*5 >= c.Height*wideShape
}

// setCards adds to rows of messages what their links lead to.
func (p *people) setCards(ctx context.Context, rows []row, messages []im.Message) error {
	if p.h.links == nil {
		return nil
	}
	addresses, at := []string{}, map[int]string{}
	for i, m := range messages {
		if address := m.Link(); address != "" {
			addresses, at[i] = append(addresses, address), address
		}
	}
	if len(addresses) == 0 {
		return nil
	}
	known, err := p.h.links.Previews(ctx, addresses)
	if err != nil {
		return err
	}
	for i, address := range at {
		v, ok := known[address]
		if !ok {
			continue
		}
		rows[i].Card = &card{Preview: v, MessageID: messages[i].ID, URL: address, Away: !p.h.own(p.r, address), Closable: messages[i].SenderID == p.r.Viewer.ID}
		rows[i].Version += " " + strconv.FormatInt(v.Fetched.UnixMicro(), 36)
	}
	return nil
}

// own reports whether an address is one of the portal's.
func (h pages) own(r *web.Request, address string) bool {
	u, err := url.Parse(address)
	return err == nil && slices.Contains(strings.Fields(strings.ToLower(h.ownHosts(r))), strings.ToLower(u.Host))
}

// linkPicture answers /online/link-picture/{name}.
func (h pages) linkPicture(ctx context.Context, r *web.Request) (web.Result, error) {
	if h.links == nil {
		return nil, errNoPicture
	}
	data, kind, err := h.links.Picture(ctx, r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	return web.File{Content: bytes.NewReader(data), Name: "picture", Type: kind, Inline: true, Forever: true}, nil
}

var errNoPicture = fault.New(fault.NotFound, "PICTURE_NOT_FOUND", "There is no such picture.")

// unlink takes the card of a message away.
func (h pages) unlink(ctx context.Context, r *web.Request) (web.Result, error) {
	id := r.Int("message", 0)
	if err := h.im.Unlink(ctx, r.Viewer.ID, id); err != nil {
		return h.refused(ctx, r, id, words(err))
	}
	return h.changed(ctx, r, id)
}
