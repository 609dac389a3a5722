package portal

import (
	"context"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
)

// dialogNamed returns the dialog id of a conversation that a page names otherwise: "networkLines" with the code of a joined line is the
// private chat with its bot, "imol|" with the number of a conversation with a client, or with its code, is the chat in which it is led.
// Page: sdk/bx24-js-sdk/additional-functions/outdated/bx24-im-open-messenger.md.
func (p *Portal) dialogNamed(ctx context.Context, name string) (string, error) {
	const network, lines = "networklines", "imol|"
	name = strings.TrimSpace(name)
	lower := strings.ToLower(name)
	if code, ok := strings.CutPrefix(lower, network); ok {
		id, err := p.Network.BotOf(ctx, code)
		return strconv.FormatInt(id, 10), err
	}
	if !strings.HasPrefix(lower, lines) {
		return name, nil
	}
	v, err := p.conversationNamed(ctx, name[len(lines):])
	return "chat" + strconv.FormatInt(v.ChatID, 10), err
}

func (p *Portal) conversationNamed(ctx context.Context, name string) (v openline.Session, err error) {
	id, err := strconv.ParseInt(name, 10, 64)
	if err != nil {
		return p.Conversations.ByCode(ctx, name)
	}
	err = p.DB.Read(ctx, func(tx *db.Tx) error {
		v, err = p.Conversations.SessionTx(ctx, tx, id)
		return err
	})
	return v, err
}
