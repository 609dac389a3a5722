package portal

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botim"
	"github.com/portico-hq/portico/internal/bot/botweb"
	"github.com/portico-hq/portico/internal/im"
)

// botPayloads shows the events of messages in both generations of bots.
type botPayloads struct{ p *Portal }

var _ botweb.Payloads = botPayloads{}

// shownMessages is how many messages are offered, of how many letters.
const (
	shownMessages = 20
	shownLetters  = 60
)

// Recent returns the newest messages of a bot's chats, one of each.
func (d botPayloads) Recent(ctx context.Context, botID int64) (out []botweb.Said, err error) {
	items, _, err := d.p.IM.Recent(ctx, botID, im.RecentQuery{Limit: shownMessages})
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		page, err := d.p.IM.Messages(ctx, botID, im.History{ChatID: it.Chat.ID, Limit: 1})
		if err != nil {
			return nil, err
		}
		for _, m := range page.Messages {
			text := []rune(strings.Join(strings.Fields(bbcode.Plain(m.Text)), " "))
			out = append(out, botweb.Said{ID: m.ID, Text: string(text[:min(len(text), shownLetters)])})
		}
	}
	return out, nil
}

// Both returns the event of a message in both generations.
func (d botPayloads) Both(ctx context.Context, b bot.Bot, messageID int64) (first, second botweb.Payload, err error) {
	m, chat, err := d.p.IM.Message(ctx, b.ID, messageID)
	if err != nil {
		return first, second, err
	}
	e, err := botim.Messenger{IM: d.p.IM}.Message(ctx, b.ID, messageID)
	if err != nil {
		return first, second, err
	}
	e.ActorID = m.SenderID
	e.Mentioned, _ = bbcode.Mentions(m.Text)
	if chat.Type != im.Private {
		before, err := d.p.IM.Messages(ctx, b.ID, im.History{ChatID: chat.ID, Before: m.ID, Limit: 1})
		if err != nil {
			return first, second, err
		}
		for _, p := range before.Messages {
			e.PrevMessageID = p.ID
		}
	}
	if first.Event, first.Data, err = d.p.Bots.Payload(ctx, b, e); err != nil {
		return first, second, err
	}
	second.Event, second.Data, err = d.p.Second.Payload(ctx, b, m, chat)
	return first, second, err
}
