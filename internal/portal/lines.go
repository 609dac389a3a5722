package portal

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/openlinerest"
)

// newLines returns the open channels.
func (p *Portal) newLines() *line.Service {
	return line.New(line.Config{
		DB: p.DB, Clock: p.config.Clock, Users: p.Users, Bots: lineBots{p}, Audit: p.Audit,
		OnDeleteTx: []func(context.Context, *db.Tx, line.Line) error{p.endConversationsTx, p.lineDeletedTx},
	})
}

// lineMethods is what the methods of open channels need.
func (p *Portal) lineMethods() openlinerest.ConfigMethods {
	return openlinerest.ConfigMethods{Lines: p.Lines, Users: p.Users, Clock: p.config.Clock, URL: func() string { return p.publicURL("") }}
}

// lineBots tells the open channels of bots.
type lineBots struct{ p *Portal }

// SpeaksInLinesTx reports whether a bot takes part in conversations of open channels.
func (b lineBots) SpeaksInLinesTx(ctx context.Context, tx *db.Tx, id int64) (bool, error) {
	return b.p.Bots.SpeaksInLinesTx(ctx, tx, id)
}

// botLeavesLinesTx takes a bot that was removed out of the settings of open channels.
func (p *Portal) botLeavesLinesTx(ctx context.Context, tx *db.Tx, botID int64) error {
	if err := p.Lines.BotRemovedTx(ctx, tx, botID); err != nil {
		return err
	}
	return p.Conversations.BotRemovedTx(ctx, tx, botID)
}
