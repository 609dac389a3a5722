package openline

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// titleOf names a chat by what the channel calls it, by the client, or by a number, and the line.
func titleOf(l line.Line, client user.User, number int64, group string) string {
	if group != "" {
		return group + " - " + l.Name
	}
	name := client.DisplayName()
	if name == Guest {
		color := strings.ToLower(strings.ReplaceAll(client.ColorCode, "_", " "))
		name = strings.TrimSpace(upperFirst(color) + " guest #" + strconv.FormatInt(number, 10))
	}
	return name + " - " + l.Name
}

// groupName is what a chat of several clients is called; empty for those of one, which are called by the client.
func groupName(in Incoming) string {
	if in.Group {
		return cut(in.ChatName)
	}
	return ""
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// placeTx notes where a client writes now. A chat of several clients follows its name outside.
func (s *Service) placeTx(ctx context.Context, tx *db.Tx, in Incoming, chatID int64, before place) error {
	now := before
	if in.Moves {
		now.url = other(whole(in.ChatURL), now.url)
	}
	if now.name = other(in.ChatName, now.name); now == before {
		return nil
	}
	if err := tx.Alone(); err != nil {
		return err
	}
	if err := tx.Later(ctx, "UPDATE openline_chat SET name = ?, url = ? WHERE chat_id = ?", now.name, now.url, chatID); err != nil {
		return fmt.Errorf("note where the client writes: %w", err)
	}
	if !in.Group || now.name == before.name {
		return nil
	}
	r, err := scanRoom(tx.QueryRow(ctx, "SELECT "+roomColumns+" FROM openline_chat WHERE chat_id = ?", chatID))
	if err != nil {
		return err
	}
	u, err := s.userTx(ctx, tx, r.visitorID)
	if err != nil {
		return err
	}
	return s.followTx(ctx, tx, r, func(l line.Line) (string, string) {
		return titleOf(l, u, r.number, before.name), titleOf(l, u, r.number, now.name)
	})
}

// other is what is said, or what was before where nothing is.
func other(said, before string) string {
	if said = cut(said); said != "" {
		return said
	}
	return before
}

// followNameTx lets the chats with a client follow their name.
func (s *Service) followNameTx(ctx context.Context, tx *db.Tx, before, after user.User) error {
	rooms, err := roomsOf(ctx, tx, after.ID)
	if err != nil {
		return err
	}
	for _, r := range rooms {
		err := s.followTx(ctx, tx, r, func(l line.Line) (string, string) {
			return titleOf(l, before, r.number, ""), titleOf(l, after, r.number, "")
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// followTx renames a chat unless somebody has given it a title of another kind. The chats of a deleted line stay as they are.
func (s *Service) followTx(ctx context.Context, tx *db.Tx, r ownRoom, titles func(line.Line) (before, after string)) error {
	l, err := s.lines.GetTx(ctx, tx, r.lineID)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		return err
	}
	before, after := titles(l)
	title, err := s.chats.TitleTx(ctx, tx, r.chatID)
	if err != nil || title != before {
		return err
	}
	return s.chats.RetitleTx(ctx, tx, r.chatID, after)
}
