package openline

import (
	"context"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
)

// handOverTx takes a conversation from its bot and puts it into the queue. From then on the bot is not heard, whether it stays or not.
func (s *Service) handOverTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, why string) error {
	if err := s.dropTimerTx(ctx, tx, v.ID, timerBot); err != nil {
		return err
	}
	bot := v.BotID
	if err := s.enqueueTx(ctx, tx, l, v, Step{Kind: StepQueued, UserID: bot, Detail: Detail{Text: why}}); err != nil {
		return err
	}
	if l.Bot.Stays || bot == 0 {
		return s.tellOffHoursTx(ctx, tx, l, v)
	}
	v.BotID = 0
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	if err := s.botOutTx(ctx, tx, *v, bot); err != nil {
		return err
	}
	return s.tellOffHoursTx(ctx, tx, l, v)
}

func (s *Service) botOutTx(ctx context.Context, tx *db.Tx, v Session, bot int64) error {
	_, bots, err := s.chats.MembersTx(ctx, tx, v.ChatID)
	if err != nil || !slices.Contains(bots, bot) {
		return err
	}
	return s.chats.DropMembersTx(ctx, tx, v.ChatID, []int64{bot})
}

// BotToOperator gives a conversation from the bot that leads it to a free operator, at its end to who has finished it; bot 0 is whichever
// does. Faults: ErrNoSession, ErrNotBot where it does not.
func (s *Service) BotToOperator(ctx context.Context, bot, chatID int64) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, l line.Line, v *Session) error {
		if !v.Led() || bot != 0 && v.BotID != bot {
			return ErrNotBot
		}
		if v.State == StateClosing {
			return s.reopenTx(ctx, tx, v)
		}
		return s.handOverTx(ctx, tx, l, v, "The bot asked for an operator.")
	})
}

// BotTransfer gives a conversation from a bot to somebody or to a queue. With leave the bot goes at once; otherwise it stays, silent,
// until an operator takes the conversation. Faults: ErrNoSession, ErrNotBot, ErrOperator.
func (s *Service) BotTransfer(ctx context.Context, bot, chatID int64, to Target, leave bool) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, l line.Line, v *Session) error {
		if v.State != StateBot || v.BotID != bot {
			return ErrNotBot
		}
		if to.UserID == bot {
			return ErrOperator
		}
		if err := s.dropTimerTx(ctx, tx, v.ID, timerBot); err != nil {
			return err
		}
		if err := s.transferTx(ctx, tx, l, v, bot, to); err != nil {
			return err
		}
		if !leave || v.BotID != bot { // another bot that leads now has its place
			return nil
		}
		v.BotID = 0
		if err := saveSession(ctx, tx, v); err != nil {
			return err
		}
		return s.botOutTx(ctx, tx, *v, bot)
	})
}

// BotFinish ends a conversation for the bot that leads it. Faults: ErrNoSession, ErrNotBot, ErrOver.
func (s *Service) BotFinish(ctx context.Context, bot, chatID int64) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, l line.Line, v *Session) error {
		if !v.ledBy(bot) {
			return ErrNotBot
		}
		if v.State == StateClosing {
			return s.closeTx(ctx, tx, v, bot, v.Reason)
		}
		return s.finishTx(ctx, tx, l, v, bot, ByBot)
	})
}

// BotSay tells the client of a chat something in the name of the line: its greeting, or a text. An empty text is not sent. A bot does
// so while it leads; bot 0 is somebody who may take part in the conversation, at any time. Faults: ErrNoSession, ErrNotBot, ErrOver.
func (s *Service) BotSay(ctx context.Context, bot, chatID int64, welcome bool, text string) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, l line.Line, v *Session) error {
		if bot != 0 && !v.ledBy(bot) {
			return ErrNotBot
		}
		if welcome {
			text = l.WelcomeText
		}
		switch {
		case !v.State.Open():
			return ErrOver
		case text == "":
			return nil
		}
		return s.sayTx(ctx, tx, *v, text, false)
	})
}

// BotRemovedTx gives what a bot that is removed leads to people. What it takes part in the end of ends without it.
func (s *Service) BotRemovedTx(ctx context.Context, tx *db.Tx, bot int64) error {
	led, err := querySessions(ctx, tx, "WHERE s.state IN ('bot', 'closing') AND s.bot_id = ? ORDER BY s.id", bot)
	if err != nil {
		return err
	}
	for i := range led {
		if led[i].State == StateClosing {
			led[i].BotID, led[i].told = 0, led[i].told&^toldBot
			if err := saveSession(ctx, tx, &led[i]); err != nil {
				return err
			}
			continue
		}
		l, err := s.lineOfTx(ctx, tx, led[i])
		if err != nil {
			return err
		}
		if err := s.handOverTx(ctx, tx, l, &led[i], "The bot was removed."); err != nil {
			return err
		}
	}
	return nil
}
