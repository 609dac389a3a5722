package network

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/phpform"
)

// maxParts bounds what a message carries beside its text and its files, in bytes of JSON; larger ones stay behind.
const maxParts = 100 << 10

// carry puts what a message of a bot carries into a packet, as it means something on the other side.
func (s *Service) carry(p *packet, a attach.Attach, k attach.Keyboard) error {
	home := s.URL()
	var err error
	if p.Attach, err = encodePart(cardsAbroad(home, a)); err != nil {
		return err
	}
	p.Keyboard, err = encodePart(buttonsAbroad(home, k))
	return err
}

func encodePart[T attach.Attach | attach.Keyboard](part T) (json.RawMessage, error) {
	if len(part) == 0 {
		return nil, nil
	}
	raw, err := json.Marshal(part)
	if err != nil || len(raw) > maxParts/2 {
		return nil, err
	}
	return raw, nil
}

// parts reads what a packet of a peer carries. A part that is none is left out: the words are worth more.
func (p packet) parts() (a attach.Attach, k attach.Keyboard) {
	if v, ok := tree(p.Attach); ok {
		a, _ = attach.ParseWideAttach(v)
	}
	if v, ok := tree(p.Keyboard); ok {
		k, _ = attach.ParseKeyboard(v)
	}
	return a, buttonsAbroad("", k)
}

func tree(raw json.RawMessage) (phpform.Value, bool) {
	if len(raw) == 0 || len(raw) > maxParts || bytes.Equal(raw, []byte("null")) {
		return phpform.Value{}, false
	}
	v, err := phpform.ParseJSON(raw, phpform.Limits{})
	return v, err == nil
}

// outward returns an address as others reach it: paths of the portal are the portal's.
func outward(home, address string) string {
	if strings.HasPrefix(address, "/") && home != "" {
		return home + address
	}
	return address
}

// buttonsAbroad returns the buttons that work on the other side. A command becomes words that the bot understands as one; chats and
// applications of this portal cannot be opened there.
func buttonsAbroad(home string, k attach.Keyboard) (out attach.Keyboard) {
	any := false
	for _, b := range k {
		if b.Type == attach.TypeButton {
			if b.Action == attach.ActionDialog || b.AppID != 0 {
				continue
			}
			any = true
			b.BotID, b.Link = 0, outward(home, b.Link)
			if b.Command != "" {
				words := strings.TrimSpace("/" + strings.TrimPrefix(b.Command, "/") + " " + b.CommandParams)
				b.Do = attach.Do{Action: attach.ActionSend, ActionValue: words}
			}
		}
		out = append(out, b)
	}
	if !any {
		return nil
	}
	return out
}

// cardsAbroad returns an attachment without the people and chats of this portal, whose numbers mean others on the other side.
func cardsAbroad(home string, a attach.Attach) (out attach.Attach) {
	for _, c := range a {
		blocks := c.Blocks
		c.Blocks = nil
		for _, b := range blocks {
			if b = blockAbroad(home, b); !emptyBlock(b) {
				c.Blocks = append(c.Blocks, b)
			}
		}
		if len(c.Blocks) > 0 {
			out = append(out, c)
		}
	}
	return out
}

func emptyBlock(b attach.Block) bool {
	return b.Message == nil && b.Delimiter == nil && len(b.Link) == 0 && len(b.RichLink) == 0 && len(b.User) == 0 && len(b.Grid) == 0 &&
		len(b.Image) == 0 && len(b.File) == 0
}

func blockAbroad(home string, b attach.Block) attach.Block {
	if b.Message != nil {
		text := abroad(*b.Message)
		b.Message = &text
	}
	b.Link, b.RichLink = linksAbroad(home, b.Link), linksAbroad(home, b.RichLink)
	b.User = each(b.User, func(u *attach.User) {
		u.Link, u.Avatar, u.UserID, u.ChatID, u.BotID = outward(home, u.Link), outward(home, u.Avatar), 0, 0, 0
	})
	b.Grid = each(b.Grid, func(c *attach.Cell) {
		c.Value, c.Link, c.UserID, c.ChatID = abroad(c.Value), outward(home, c.Link), 0, 0
	})
	b.Image = each(b.Image, func(i *attach.Image) { i.Link, i.Preview = outward(home, i.Link), outward(home, i.Preview) })
	b.File = each(b.File, func(f *attach.File) { f.Link = outward(home, f.Link) })
	return b
}

// linksAbroad leaves out those that lead to people and chats alone.
func linksAbroad(home string, all []attach.Link) (out []attach.Link) {
	for _, l := range all {
		l.Link, l.Preview, l.UserID, l.ChatID = outward(home, l.Link), outward(home, l.Preview), 0, 0
		if l.Link != "" || l.NetworkID != "" {
			out = append(out, l)
		}
	}
	return out
}

// each returns a copy of all, every one changed.
func each[T any](all []T, change func(*T)) []T {
	if len(all) == 0 {
		return nil
	}
	out := make([]T, len(all))
	for i, v := range all {
		change(&v)
		out[i] = v
	}
	return out
}
