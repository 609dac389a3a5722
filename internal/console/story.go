package console

import (
	"slices"
	"time"
)

// Story is what is known of a message and a bot that should have answered it.
type Story struct {
	Now     time.Time
	Message StoryMessage
	Bot     *StoryBot // nil: there is no bot in the chat
	// Delivery is the event that told the bot; nil where none is there.
	Delivery *StoryDelivery
	// Calls are what the bot's owner called while it had the event and shortly after, the oldest first.
	Calls []Call
	// Strangers are calls without a valid authorization in that time, from whomever.
	Strangers []Call
	// Replies are the messages that those calls made, the oldest first.
	Replies []StoryReply
}

// StoryMessage is the message.
type StoryMessage struct {
	ID, ChatID int64
	At         time.Time
	System     bool // nobody wrote it
	Deleted    bool
	ByBot      bool // a bot wrote it: the story is how it came about
	Private    bool // in a chat of two
	Lines      bool // in an open channel conversation
	Mentions   bool // it mentions the bot
}

// StoryBot is the bot.
type StoryBot struct {
	ID                           int64
	Name                         string
	Member                       bool // it is in the chat
	Joined                       time.Time
	HearsAll, LinesOnly, InLines bool   // of the types of bots
	Cut                          bool   // it and other bots talked for too long and do not hear each other in this chat any more
	Handler                      string // where ONIMBOTMESSAGEADD goes; empty: nowhere
	AppID                        int64  // 0: it was registered through a webhook
	AppName                      string
}

// StoryDelivery is an event on its way to the bot.
type StoryDelivery struct {
	ID       int64
	Event    string
	URL      string
	Sent     bool
	Dead     bool
	Attempts int64
	Status   int    // of the last answer; 0 when there was none
	Problem  string // why there was none
	Answer   string // the beginning of it
	LastAt   time.Time
	Took     time.Duration
	PausedBy string    // "person" or "failed"; empty while the handler gets its deliveries
	NextAt   time.Time // of the next attempt; zero: none is planned
	Ahead    int64     // deliveries that wait for the same handler, this one included
	// First is the delivery that holds up this one: the first that waits for the handler. It is nil where this one is that.
	First *StoryDelivery
}

// StoryReply is a message that a call made.
type StoryReply struct {
	MessageID, ChatID, CallID int64
	At                        time.Time
}

// Mark is how a link of the chain is.
type Mark string

// The marks.
const (
	Good Mark = "good" // it holds
	Bad  Mark = "bad"  // it broke here
	Open Mark = "open" // it was never reached, or is under way
)

// Link is one link of the chain from a message to the answer.
type Link struct {
	Mark       Mark
	Title      string
	Text       string
	DeliveryID int64 // what to look at; 0: nothing
	CallID     int64
}

// Verdict says in words where the chain broke, and what mends it.
type Verdict struct {
	Code  string // of the verdict, for tests and searches
	Title string
	Text  string
	Fix   string // what to do; empty where nothing is to be done
	Good  bool   // the bot answered, or had no reason to
	Links []Link
}

// keptDeliveries is for how long deliveries are kept at least.
const keptDeliveries = 72 * time.Hour

// workTime is how long a handler is taken to be still at work after it took the event.
const workTime = 10 * time.Second

// Explain says why the bot did not answer, or how it did.
func (s Story) Explain() Verdict {
	for _, check := range []func(Story) *Verdict{
		Story.ofBot, Story.unheard, Story.unsent, Story.undelivered, Story.answered, Story.failed, Story.silent,
	} {
		if v := check(s); v != nil {
			v.Links = s.links(*v)
			return *v
		}
	}
	return Verdict{Code: "unknown", Title: "The chain holds, and there is no answer", Links: s.links(Verdict{Code: "unknown"})}
}

// ofBot tells of a message that a bot wrote itself.
func (s Story) ofBot() *Verdict {
	if !s.Message.ByBot {
		return nil
	}
	if len(s.Calls) == 0 {
		return &Verdict{Code: "by_bot", Good: true, Title: "The bot wrote this message", Text: "The call that made it is not kept any more."}
	}
	return &Verdict{Code: "by_bot", Good: true, Title: "The bot wrote this message", Text: "It called " + s.Calls[len(s.Calls)-1].Name + "."}
}

// unheard tells of a message that no event is sent for.
func (s Story) unheard() *Verdict {
	m, b := s.Message, s.Bot
	switch {
	case m.System:
		return &Verdict{Code: "system", Good: true, Title: "Nobody wrote this message", Text: "Bots hear of what people write, except supervisors, which hear of everything in their chats."}
	case b == nil:
		return &Verdict{Code: "no_bot", Title: "There is no bot in this chat", Fix: "Write to the bot in a chat of its own, or add it to this one."}
	case s.Delivery != nil:
		return nil
	case !b.Member:
		return &Verdict{Code: "not_member", Title: "The bot is not in this chat", Fix: "Add " + b.Name + " to the chat, or write to it in a chat of its own."}
	case b.LinesOnly && !m.Lines:
		return &Verdict{
			Code: "lines_only", Title: "The bot hears open channels only", Text: "It is of the type O.",
			Fix: "Register it with imbot.register as TYPE=B to hear what is written to it.",
		}
	case m.Lines && !b.InLines && !b.HearsAll:
		return &Verdict{
			Code: "not_in_lines", Title: "The bot does not take part in open channels",
			Fix: "Register it with imbot.register and OPENLINE=Y.",
		}
	case b.Handler == "":
		return &Verdict{
			Code: "no_handler", Title: "The bot has no address for messages", Text: "Nothing is sent to a bot without EVENT_MESSAGE_ADD.",
			Fix: "Call imbot.update with FIELDS[EVENT_MESSAGE_ADD], or imbot.register again.",
		}
	case !m.Private && !m.Lines && !b.HearsAll && !m.Mentions:
		return &Verdict{
			Code: "not_mentioned", Title: "The message does not mention the bot", Text: "In a group a bot hears only of messages that mention it.",
			Fix: "Write @ and the name of the bot, or register it as TYPE=S to hear everything in its chats.",
		}
	}
	return nil
}

// unsent tells of a message whose event is not there.
func (s Story) unsent() *Verdict {
	if s.Delivery != nil {
		return nil
	}
	if s.Bot.Cut {
		return &Verdict{
			Code: "loop", Title: "The bots talked to each other for too long",
			Text: "Bots hear each other for some turns only, or they would never stop.",
			Fix:  "Write in the chat: once a person has written, the bots hear each other again.",
		}
	}
	if s.Now.Sub(s.Message.At) > keptDeliveries {
		return &Verdict{Code: "forgotten", Title: "It is too long ago", Text: "Deliveries are kept for three days."}
	}
	if s.Bot.Joined.After(s.Message.At) {
		return &Verdict{
			Code: "joined_later", Title: "The bot came into the chat after the message", Fix: "Write once more.",
		}
	}
	return &Verdict{
		Code: "no_event", Title: "No event was sent for this message",
		Text: "The bot is in the chat and should hear of it. It may have been registered, or have changed its address, since.",
		Fix:  "Write once more.",
	}
}

// undelivered tells of an event that the handler has not taken.
func (s Story) undelivered() *Verdict {
	d := s.Delivery
	switch {
	case d.Sent:
		return nil
	case d.PausedBy == "person":
		return &Verdict{
			Code: "paused", Title: "The handler is paused", Text: "Somebody paused it in the console. What is for it waits.",
			Fix: "Resume the handler under Handlers.",
		}
	case d.Attempts == 0 && (d.Ahead > 1 || d.PausedBy != ""):
		return s.queued()
	case d.Attempts == 0:
		return &Verdict{Code: "under_way", Title: "The event is on its way", Text: "It has been recorded and is about to be sent."}
	}
	code, why, fix := Reason(d.Status, d.Problem)
	v := &Verdict{Code: code, Title: "The handler did not take the event", Text: why, Fix: fix}
	switch {
	case d.Dead:
		v.Text += " It failed too often and was put aside."
		v.Fix += " Then send the delivery again."
	case d.PausedBy == "failed":
		v.Text += " It has failed for so long that the handler was paused."
		v.Fix += " Then resume the handler."
	case !d.NextAt.IsZero():
		v.Text += " It is tried again."
	}
	return v
}

// queued tells of an event that waits behind others.
func (s Story) queued() *Verdict {
	v := &Verdict{
		Code: "queued", Title: "The event waits behind others", Text: "Events go to a handler one after another, and those before it are not taken yet.",
		Fix: "Look at the handler under Handlers: the first event that waits holds up the rest.",
	}
	if f := s.Delivery.First; f != nil && f.Attempts > 0 {
		_, why, fix := Reason(f.Status, f.Problem)
		v.Text += " The first of them fails. " + why
		v.Fix = fix
	}
	return v
}

// answered tells of an answer.
func (s Story) answered() *Verdict {
	for _, r := range s.Replies {
		if r.ChatID == s.Message.ChatID {
			return &Verdict{
				Code: "answered", Good: true, Title: "The bot answered", Text: "It took " + r.At.Sub(s.Message.At).Round(time.Millisecond).String() + " from the message to the answer.",
			}
		}
	}
	if len(s.Replies) > 0 {
		return &Verdict{
			Code: "elsewhere", Title: "The bot answered in another chat", Text: "It wrote a message, but the DIALOG_ID that it gave is not that of this chat.",
			Fix: "Answer with the DIALOG_ID of the event: data[PARAMS][DIALOG_ID].",
		}
	}
	return nil
}

// failed tells of a call that was refused.
func (s Story) failed() *Verdict {
	for _, c := range slices.Backward(s.Calls) {
		if c.Failed() {
			return &Verdict{
				Code: "call_failed", Title: "The bot's call was refused: " + c.Error, Text: "It called " + c.Name + " and was answered " + c.Error + ".",
				Fix: FixFor(c.Error),
			}
		}
	}
	if len(s.Calls) == 0 && len(s.Strangers) > 0 {
		c := s.Strangers[len(s.Strangers)-1]
		return &Verdict{
			Code: "unauthorized", Title: "A call came without a valid token: " + c.Error,
			Text: "After the handler took the event, " + c.Name + " was called from " + c.Remote + ". If that was the bot, it did not use the token of the event.",
			Fix:  FixFor(c.Error),
		}
	}
	return nil
}

// silent tells of a handler that took the event and wrote nothing.
func (s Story) silent() *Verdict {
	switch {
	case len(s.Calls) > 0:
		return &Verdict{
			Code: "no_message", Title: "The bot wrote no message", Text: "It called methods, but none that writes.",
			Fix: "Call imbot.message.add with the DIALOG_ID of the event.",
		}
	case s.Now.Sub(s.Delivery.LastAt.Add(s.Delivery.Took)) < workTime:
		return &Verdict{Code: "working", Title: "The handler has just taken the event", Text: "It may be at work. Look again in a moment."}
	}
	return &Verdict{
		Code: "no_call", Title: "The handler took the event and called nothing",
		Text: "It answered " + statusText(s.Delivery.Status) + ", and no call of its application came in the two minutes after. What it answered stands in the delivery.",
		Fix: "Look into the log of the handler. Often its application_token is not that of this portal (reinstall the application), " +
			"its program does not trust the portal's certificate, or it stopped with an error.",
	}
}
