package attach

import (
	"errors"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
)

// defaultDelimiter is the width of a delimiter, in pixels, that names none or a wrong one.
const defaultDelimiter = 200

var attachFaults = faults{ErrAttach, ErrAttachOversize}

// ParseAttach returns the attachment that v holds: an object with BLOCKS, a list of such objects, a list of blocks, one
// block, or any of these as a JSON text. What means none (null, "", an empty list, the letter N) is an empty Attach.
//
// It returns ErrAttach for a wrong structure: a block of no known kind, a required field that is missing, an address that is
// not http, https or a path of the portal. It returns ErrAttachOversize where the result is longer than 30 KB as JSON.
// A colour, a size or a token that is none is replaced by the default.
func ParseAttach(v phpform.Value) (Attach, error) { return parseAttach(v, false) }

// ParseWideAttach is ParseAttach with the limit of notifications and of the imbot.v2 methods: 60,000 characters.
func ParseWideAttach(v phpform.Value) (Attach, error) { return parseAttach(v, true) }

func parseAttach(v phpform.Value, wide bool) (Attach, error) {
	v, err := attachFaults.decode(v)
	if err != nil || v.Len() == 0 {
		return nil, err
	}
	cards, err := parseCards(v)
	if err != nil {
		return nil, ErrAttach.Because(err)
	}
	if err := attachFaults.fits(cards, wide); err != nil {
		return nil, err
	}
	return cards, nil
}

func parseCards(v phpform.Value) (Attach, error) {
	if _, ok := v.GetFold("BLOCKS"); ok {
		c, err := parseCard(v)
		return Attach{c}, err
	}
	list, ok := rows(v)
	if ok && hasBlocks(list[0]) {
		cards := make(Attach, 0, len(list))
		for i, e := range list {
			c, err := parseCard(e)
			if err != nil {
				return nil, fmt.Errorf("attach %d: %w", i, err)
			}
			cards = append(cards, c)
		}
		return cards, nil
	}
	blocks, err := parseBlocks(v)
	return Attach{{Blocks: blocks}}, err
}

func hasBlocks(v phpform.Value) bool {
	_, ok := v.GetFold("BLOCKS")
	return ok
}

// parseCard reads an object with BLOCKS.
func parseCard(v phpform.Value) (Card, error) {
	f := fields{v: v}
	list, ok := v.GetFold("BLOCKS")
	if !ok {
		return Card{}, errors.New("BLOCKS: missing")
	}
	blocks, err := parseBlocks(list)
	if err != nil {
		return Card{}, err
	}
	c := Card{
		ID:          f.id("ID"),
		Blocks:      blocks,
		Description: f.text("DESCRIPTION"),
		Color:       f.color("COLOR"),
		ColorToken:  f.choice("COLOR_TOKEN", tokens...),
	}
	return c, f.err
}

// parseBlocks reads a list of blocks or one block.
func parseBlocks(v phpform.Value) ([]Block, error) {
	list, ok := oneOrMore(v)
	if !ok {
		return nil, errors.New("no block")
	}
	blocks := make([]Block, 0, len(list))
	for i, e := range list {
		found := len(blocks)
		for _, part := range e.Entries() {
			b, known, err := parseBlock(part.Key, part.Value)
			if err != nil {
				return nil, fmt.Errorf("block %d: %s: %w", i, part.Key, err)
			}
			if known {
				blocks = append(blocks, b)
			}
		}
		if len(blocks) == found {
			return nil, fmt.Errorf("block %d: of no known kind", i)
		}
	}
	return blocks, nil
}

// parseBlock reads the block of the kind that key names; known is false where it names none.
func parseBlock(key string, v phpform.Value) (b Block, known bool, err error) {
	switch strings.ToUpper(key) {
	case "MESSAGE":
		if v.IsArray() || v.IsNull() {
			return b, true, errors.New("no text")
		}
		text := v.Text()
		b.Message = &text
	case "LINK":
		b.Link, err = each(v, parseLink)
	case "RICH_LINK":
		b.RichLink, err = each(v, parseLink)
	case "USER":
		b.User, err = each(v, parseUser)
	case "DELIMITER":
		b.Delimiter = parseDelimiter(v)
	case "GRID":
		b.Grid, err = each(v, parseCell)
	case "IMAGE":
		b.Image, err = each(v, parseImage)
	case "FILE":
		b.File, err = each(v, parseFile)
	default:
		return b, false, nil
	}
	return b, true, err
}

// each reads the one element or the list of elements that v is.
func each[T any](v phpform.Value, read func(f *fields) T) ([]T, error) {
	list, ok := oneOrMore(v)
	if !ok {
		return nil, errors.New("neither an object nor a list of objects")
	}
	out := make([]T, 0, len(list))
	for _, e := range list {
		f := fields{v: e}
		out = append(out, read(&f))
		if f.err != nil {
			return nil, f.err
		}
	}
	return out, nil
}

func parseLink(f *fields) Link {
	l := Link{
		Name:      f.text("NAME"),
		Link:      f.link("LINK"),
		Desc:      f.text("DESC"),
		HTML:      f.text("HTML"),
		Preview:   f.link("PREVIEW"),
		Width:     f.pixels("WIDTH"),
		Height:    f.pixels("HEIGHT"),
		UserID:    f.id("USER_ID"),
		ChatID:    f.id("CHAT_ID"),
		NetworkID: f.text("NETWORK_ID"),
	}
	if l.Link == "" && l.UserID == 0 && l.ChatID == 0 && l.NetworkID == "" {
		f.fail("LINK", "missing")
	}
	return l
}

func parseUser(f *fields) User {
	return User{
		Name:       f.need("NAME"),
		Avatar:     f.link("AVATAR"),
		AvatarType: f.choice("AVATAR_TYPE", "USER", "CHAT", "BOT"),
		Link:       f.link("LINK"),
		UserID:     f.id("USER_ID"),
		ChatID:     f.id("CHAT_ID"),
		BotID:      f.id("BOT_ID"),
		NetworkID:  f.text("NETWORK_ID"),
	}
}

// parseDelimiter reads a delimiter; a bare true stands for one without fields.
func parseDelimiter(v phpform.Value) *Delimiter {
	if list, ok := rows(v); ok && len(list) > 0 {
		v = list[0]
	}
	f := fields{v: v}
	d := Delimiter{Size: f.pixels("SIZE"), Color: f.color("COLOR")}
	if d.Size == 0 {
		d.Size = defaultDelimiter
	}
	return &d
}

func parseCell(f *fields) Cell {
	c := Cell{
		Display:    f.choice("DISPLAY", "BLOCK", "LINE", "ROW", "TABLE", "COLUMN"),
		Name:       f.text("NAME"),
		Value:      f.text("VALUE"),
		Width:      f.pixels("WIDTH"),
		Height:     f.pixels("HEIGHT"),
		ColorToken: firstOf(f.choice("COLOR_TOKEN", tokens...), "base"),
		Color:      f.color("COLOR"),
		Link:       f.link("LINK"),
		UserID:     f.id("USER_ID"),
		ChatID:     f.id("CHAT_ID"),
	}
	if c.Display == "" {
		f.fail("DISPLAY", "missing or unknown")
	}
	return c
}

func parseImage(f *fields) Image {
	return Image{
		Name:    f.text("NAME"),
		Link:    f.needLink("LINK"),
		Preview: f.link("PREVIEW"),
		Width:   f.pixels("WIDTH"),
		Height:  f.pixels("HEIGHT"),
	}
}

func parseFile(f *fields) File {
	return File{Name: f.text("NAME"), Link: f.needLink("LINK"), Size: f.number("SIZE", 1<<50)}
}
