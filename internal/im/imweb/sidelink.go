package imweb

import (
	"context"
	"net/url"
	"strings"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/im"
)

// linksOfMessage is how many links of one message are listed beside a conversation.
const linksOfMessage = 10

// sideLink is a link that somebody posted in a conversation.
type sideLink struct {
	URL        string
	Title      string // of the page, else the words that stood for it
	Address    string // the host and the path
	PictureURL string // empty: none
	Away       bool   // it leads out of the portal
	From       hit    // the message
}

// sideLinks lists the links in messages. rest are those of the messages in which there is none but to the portal's own places.
func (p *people) sideLinks(ctx context.Context, messages []im.Message, hits []hit) (out []sideLink, rest []hit, err error) {
	var addresses []string
	for i, m := range messages {
		links := bbcode.Links(m.Text, linksOfMessage)
		if len(links) == 0 {
			rest = append(rest, hits[i])
		}
		for _, l := range links {
			out = append(out, sideLink{URL: l.URL, Title: l.Label, Address: shortAddress(l.URL), Away: !p.h.own(p.r, l.URL), From: hits[i]})
			addresses = append(addresses, l.URL)
		}
	}
	if p.h.links == nil || len(addresses) == 0 {
		return out, rest, nil
	}
	known, err := p.h.links.Previews(ctx, addresses)
	if err != nil {
		return nil, nil, err
	}
	for i := range out {
		if v, ok := known[out[i].URL]; ok {
			out[i].Title, out[i].PictureURL = v.Title, card{Preview: v}.PictureURL()
		}
	}
	return out, rest, nil
}

// shortAddress returns the host and the path of an address, as people read them.
func shortAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	path, err := url.PathUnescape(u.EscapedPath())
	if err != nil || strings.ContainsFunc(path, unseen) {
		path = u.EscapedPath()
	}
	return strings.TrimPrefix(strings.ToLower(u.Host), "www.") + strings.TrimSuffix(path, "/")
}

// unseen reports whether a character would be taken for another, or hide others.
func unseen(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x2000 && r < 0x2070 || r == 0xfeff }
