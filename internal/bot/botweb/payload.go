package botweb

import (
	"context"
	"net/url"
	"strings"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/web"
)

// Payload is an event as a handler gets it, without the access tokens that the sender adds.
type Payload struct {
	Event string
	Data  phpform.Value
}

// Said is a message that a bot sees.
type Said struct {
	ID   int64
	Text string
}

// Payloads shows the events of messages in both generations.
type Payloads interface {
	// Recent returns the newest message of each of the chats that a bot was last active in.
	Recent(ctx context.Context, botID int64) ([]Said, error)
	// Both returns the event of a message as imbot.* and as imbot.v2.* tell a bot of it. The bot must see the message.
	Both(ctx context.Context, b bot.Bot, messageID int64) (first, second Payload, err error)
}

// payloadView is an event in both generations beside each other.
type payloadView struct {
	Bot           bot.Bot
	URL, Name     string
	Recent        []Said
	Message       int64 // 0: there is none yet
	Error         string
	First, Second payloadSide
}

// payloadSide is an event as one generation posts it.
type payloadSide struct {
	Title string
	Own   bool // it is the generation of the bot
	Lines []payloadLine
	Copy  string
}

// payloadLine is a field of the form that is posted.
type payloadLine struct {
	Name, Value string
	Only        bool // no field of the other generation has this value
}

// payloads shows /devops/bots/{id}/payloads?message=: what a bot of either generation is told of a message.
func (h pages) payloads(ctx context.Context, r *web.Request) (web.Page, error) {
	b, err := h.found(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	v := payloadView{Bot: b, URL: URL(b.ID), Name: b.Code, Message: r.Int("message", 0)}
	if v.Recent, err = h.Payloads.Recent(ctx, b.ID); err != nil {
		return web.Page{}, err
	}
	if v.Message == 0 && len(v.Recent) > 0 {
		v.Message = v.Recent[0].ID
	}
	if v.Message != 0 {
		first, second, err := h.Payloads.Both(ctx, b, v.Message)
		switch k := fault.KindOf(err); {
		case err != nil && (k == fault.Internal || k == fault.Unavailable):
			return web.Page{}, err
		case err != nil:
			v.Error = "The bot sees no such message: it is gone, or in a chat that the bot is not in."
		default:
			v.First, v.Second = sideOf("imbot", first, b.Second == nil), sideOf("imbot.v2", second, b.Second != nil)
			mark(v.First.Lines, v.Second.Lines)
			mark(v.Second.Lines, v.First.Lines)
		}
	}
	p := h.page(r, "The event in both generations", "payload", v)
	p.Back = v.URL
	return p, nil
}

// sideOf writes an event as the form that is posted.
func sideOf(title string, p Payload, own bool) payloadSide {
	form := phpform.ArrayOf(
		phpform.Entry{Key: "event", Value: phpform.StringOf(p.Event)}, phpform.Entry{Key: "data", Value: p.Data},
	)
	s := payloadSide{Title: title, Own: own, Copy: string(phpform.AppendJSON(nil, form))}
	for field := range strings.SplitSeq(string(phpform.AppendForm(nil, form)), "&") {
		name, value, _ := strings.Cut(field, "=")
		s.Lines = append(s.Lines, payloadLine{Name: plainOf(name), Value: plainOf(value)})
	}
	return s
}

func plainOf(escaped string) string {
	text, err := url.QueryUnescape(escaped)
	if err != nil {
		return escaped
	}
	return text
}

// mark marks those lines whose value no other line has.
func mark(lines, others []payloadLine) {
	known := make(map[string]bool, len(others))
	for _, l := range others {
		known[l.Value] = true
	}
	for i := range lines {
		lines[i].Only = !known[lines[i].Value]
	}
}
