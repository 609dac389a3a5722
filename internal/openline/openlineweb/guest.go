package openlineweb

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/openline"
)

// guest is a client who gave no name, in a chat.
type guest struct {
	chat int64
	line string // its name
	who  *person
}

// tellApart calls guests as their chats are called, "Light blue guest #7": else a list has one "Guest" after another.
func (h pages) tellApart(ctx context.Context, all []guest) error {
	var chats []int64
	for _, g := range all {
		if g.who.Name == openline.Guest {
			chats = append(chats, g.chat)
		}
	}
	if len(chats) == 0 {
		return nil
	}
	titles, err := h.Chats.Titles(ctx, chats)
	if err != nil {
		return err
	}
	for _, g := range all {
		if name := strings.TrimSuffix(titles[g.chat], " - "+g.line); name != "" && g.who.Name == openline.Guest {
			g.who.Name = name
		}
	}
	return nil
}
