package openlineweb

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/web"
)

// tale is one step of a conversation in words.
type tale struct {
	At    time.Time
	Clock string
	Kind  openline.StepKind
	Text  string
	Rest  []string // of those who were not asked: why
	Again string   // how often the same happened besides; empty: never
}

// storyView is why a conversation went where it did.
type storyView struct {
	Session int64
	Client  person
	Line    string
	Tales   []tale
}

func (h pages) storyPage(ctx context.Context, r *web.Request) (web.Page, error) {
	s, err := h.standingOf(ctx, r, r.Int("id", 0))
	if err != nil {
		return web.Page{}, err
	}
	steps, err := h.Conversations.Steps(ctx, s.ID)
	if err != nil {
		return web.Page{}, err
	}
	ids := []int64{s.Channel.VisitorID}
	for _, k := range steps {
		ids = append(ids, k.ActorID, k.UserID)
		for _, c := range k.Considered {
			ids = append(ids, c.UserID)
		}
	}
	who, err := h.people(ctx, ids...)
	if err != nil {
		return web.Page{}, err
	}
	lines, err := h.Lines.All(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v := storyView{Session: s.ID, Client: who(s.Channel.VisitorID), Line: s.Line.Name}
	t := teller{who: who, lines: lines, line: s.Line, client: s.Channel.VisitorID, when: func(at time.Time) string { return since(r, at) }}
	v.Tales = t.tellAll(steps)
	return slider("Why it went this way", "story", s.ID, v), nil
}

// tellAll writes the steps, rounds that were like the one before as one: whoever is alone is asked on and on. Of many rounds only the first and
// the last were kept.
func (t teller) tellAll(steps []openline.Step) (out []tale) {
	for i := 0; i < len(steps); {
		round := 1
		if i+1 < len(steps) && steps[i].Kind == openline.StepMissed && steps[i+1].Kind == openline.StepOffered {
			round = 2
		}
		same := i + round
		for round == 2 && same+round <= len(steps) && alike(steps[i:i+round], steps[same:same+round]) {
			same += round
		}
		for _, k := range steps[i : i+round] {
			out = append(out, t.tell(k))
			if k.Folded > 0 {
				out[len(out)-1].Again = plural(k.Folded, "more time", "more times") + " since the one above"
			}
		}
		if times := (same-i)/round - 1; times > 0 {
			out[len(out)-1].Again = plural(int64(times), "more time", "more times") + ", the last one at " + t.when(steps[same-1].At)
		}
		i = same
	}
	return out
}

// alike reports whether the same was decided for the same reasons.
func alike(a, b []openline.Step) bool {
	return slices.EqualFunc(a, b, func(x, y openline.Step) bool {
		return x.Folded == 0 && y.Folded == 0 && x.Kind == y.Kind && x.UserID == y.UserID && x.ActorID == y.ActorID && x.Rule == y.Rule &&
			slices.EqualFunc(x.Considered, y.Considered, func(c, d openline.Considered) bool {
				return c.UserID == d.UserID && c.Why == d.Why && c.Load == d.Load
			})
	})
}

// teller puts steps into words.
type teller struct {
	who    func(int64) person
	lines  []line.Line
	line   line.Line
	client int64
	when   func(time.Time) string
}

func (t teller) name(id int64) string {
	if id == t.client {
		return "The client"
	}
	return t.who(id).Name
}

// by names who did something; the line itself is nobody.
func (t teller) by(k openline.Step, otherwise string) string {
	if k.ActorID == 0 {
		return otherwise
	}
	return t.name(k.ActorID)
}

// tell writes one step: what happened, and of the operators who were looked at why each was or was not asked.
func (t teller) tell(k openline.Step) tale {
	out := tale{At: k.At, Clock: t.when(k.At), Kind: k.Kind, Text: t.text(k)}
	for _, c := range k.Considered {
		if c.Why != openline.WhyChosen {
			out.Rest = append(out.Rest, t.name(c.UserID)+": "+reason(c, t.line))
		}
	}
	return out
}

func (t teller) text(k openline.Step) string {
	until := ""
	if !k.Until.IsZero() {
		until = " until " + t.when(k.Until)
	}
	switch k.Kind {
	case openline.StepBegan:
		return t.by(k, "The client") + " began the conversation."
	case openline.StepBot:
		return t.name(k.UserID) + " answers, a bot."
	case openline.StepQueued:
		return sentence("It came into the queue", k.Text)
	case openline.StepOffHours:
		return "Nobody works now: it waits" + until + "."
	case openline.StepOffered:
		return "Asked " + t.asked(k) + ": " + rule(k.Rule) + "."
	case openline.StepNobody:
		return "Nobody could be asked: it waits."
	case openline.StepBehind:
		return "It waits its turn: " + plural(k.Ahead, "client has", "clients have") + " waited longer."
	case openline.StepMissed:
		return t.whom(k, "Nobody") + " did not take it in time."
	case openline.StepSkipped:
		return t.name(k.UserID) + " skipped it."
	case openline.StepTaken:
		return t.name(k.UserID) + " took it."
	case openline.StepMoved:
		return t.moved(k)
	case openline.StepLeft:
		return t.whom(k, "Who had it") + " left."
	case openline.StepNoAnswer:
		return "Nobody answered in the time that the line sets."
	case openline.StepLate:
		return "The answer takes longer than the line wants."
	}
	return t.ending(k)
}

// ending is text for how a conversation ends.
func (t teller) ending(k openline.Step) string {
	switch k.Kind {
	case openline.StepSorted:
		if k.Text == "" {
			return t.by(k, "Somebody") + " took the category off."
		}
		return t.by(k, "Somebody") + " gave it the category “" + k.Text + "”."
	case openline.StepFinished:
		return t.by(k, "The line") + " finished it" + because(k.Text) + "."
	case openline.StepReopened:
		return "The client wrote again: it goes on."
	case openline.StepRated:
		if k.Text == "1" {
			return "The client was content."
		}
		return "The client was not content."
	case openline.StepClosed:
		return "It is over" + because(k.Text) + "."
	case openline.StepSpam:
		return t.by(k, "The line") + " marked it as spam and blocked the client."
	case openline.StepUnblocked:
		return t.by(k, "The line") + " unblocked the client."
	}
	return string(k.Kind)
}

func (t teller) whom(k openline.Step, otherwise string) string {
	if k.UserID == 0 {
		return otherwise
	}
	return t.name(k.UserID)
}

func (t teller) asked(k openline.Step) string {
	var names []string
	for _, c := range k.Considered {
		if c.Why == openline.WhyChosen {
			names = append(names, t.name(c.UserID))
		}
	}
	if len(names) == 0 {
		return t.whom(k, "the operators")
	}
	return strings.Join(names, ", ")
}

func (t teller) moved(k openline.Step) string {
	if k.LineID != 0 {
		return t.by(k, "The line") + " moved it to " + lineName(t.lines, k.LineID) + "."
	}
	return t.by(k, "The line") + " gave it to " + t.whom(k, "another operator") + "."
}

func rule(name string) string {
	switch line.Distribution(name) {
	case line.Evenly:
		return "free longest"
	case line.Strictly:
		return "first in the queue who is free"
	case line.All:
		return "everybody who is free; who answers first keeps it"
	}
	return "by the rule of the line"
}

// reason says why an operator was not asked.
func reason(c openline.Considered, l line.Line) string {
	switch c.Why {
	case openline.WhyFree:
		return "free, but not next"
	case openline.WhyChosen:
		return "asked"
	case openline.WhyOffline:
		return "offline"
	case openline.WhyPaused:
		return "paused"
	case openline.WhyFull:
		if l.MaxChat > 0 {
			return fmt.Sprintf("has %d of %d", c.Load, l.MaxChat)
		}
		return "has " + strconv.Itoa(c.Load)
	case openline.WhyTried:
		return "had it in this round"
	case openline.WhyInactive:
		return "has left the company"
	}
	return string(c.Why)
}

func because(reason string) string {
	switch openline.Reason(reason) {
	case openline.BySilence:
		return ": the client was silent"
	case openline.ByRating:
		return ": the client has rated it"
	case openline.ByNew:
		return ": a new one was begun"
	case openline.ByLine:
		return ": the line was deleted"
	case openline.ByBot:
		return ": the bot ended it"
	case openline.ByClient:
		return ": the client has left"
	}
	return ""
}

func sentence(text, more string) string {
	if more == "" {
		return text + "."
	}
	return text + ". " + more
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + many
}
