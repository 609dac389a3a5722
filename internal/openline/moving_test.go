package openline_test

import (
	"errors"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

func TestTransferJoinInterceptSpam(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		ctx := b.t.Context()
		r := b.client("Vera", "Hello")
		b.must(b.Answer(ctx, b.anna, r.ChatID))
		if err := b.Transfer(ctx, b.anna, r.ChatID, openline.Target{UserID: b.anna}); !errors.Is(err, openline.ErrOperator) {
			b.t.Errorf("transfer to oneself: %v", err)
		}
		b.must(b.Transfer(ctx, b.anna, r.ChatID, openline.Target{UserID: b.boris}))
		b.is(r.ChatID, openline.StateOffered, b.boris)
		b.members(r.ChatID, b.boris)
		b.must(b.Answer(ctx, b.boris, r.ChatID))
		clara := b.person("Clara")
		b.must(b.Join(ctx, clara, r.ChatID))
		b.members(r.ChatID, b.boris, clara)
		b.must(b.Intercept(ctx, clara, r.ChatID))
		b.is(r.ChatID, openline.StateActive, clara)
		b.members(r.ChatID, clara)
		other, err := b.lines.Add(ctx, b.admin(), func(l *line.Line) error {
			l.Settings = quiet(l.Settings)
			l.Name, l.Queue = "Sales", []line.Entry{{Kind: line.EntryUser, ID: b.anna}}
			return nil
		})
		b.must(err)
		b.must(b.Transfer(ctx, clara, r.ChatID, openline.Target{LineID: other.ID}))
		v := b.is(r.ChatID, openline.StateOffered, b.anna)
		if v.LineID != other.ID || v.Channel.LineID != b.support.ID {
			b.t.Errorf("the conversation is in line %d, its channel in %d", v.LineID, v.Channel.LineID)
		}
		b.members(r.ChatID, b.anna)
		b.must(b.Transfer(ctx, b.anna, r.ChatID, openline.Target{UserID: b.bot}))
		b.is(r.ChatID, openline.StateBot, 0)
		b.members(r.ChatID, b.bot)
		b.must(b.Intercept(ctx, b.anna, r.ChatID))
		b.members(r.ChatID, b.anna)
		b.must(b.Spam(ctx, b.anna, r.ChatID))
		b.out.take()
		spam := b.client("Vera", "Buy this!")
		if spam.SessionID != 0 || spam.MessageID == 0 {
			b.t.Errorf("who is blocked got %+v", spam)
		}
		b.must(b.SetBlocked(ctx, r.VisitorID, false))
		if good := b.client("Vera", "Sorry"); !good.Began {
			b.t.Errorf("who is not blocked any more got %+v", good)
		}
	})
}

func TestWhoLeavesLeavesNobodyAlone(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		ctx := b.t.Context()
		r := b.client("Vera", "Hello")
		b.must(b.Answer(ctx, b.anna, r.ChatID))
		b.must(b.im.Leave(ctx, b.anna, r.ChatID))
		b.is(r.ChatID, openline.StateOffered, b.boris)
		b.write(func(tx *db.Tx) error { return b.im.LeaveAllTx(ctx, tx, b.boris) })
		b.is(r.ChatID, openline.StateOffered, b.anna)
		b.members(r.ChatID, b.anna)
	})
}
