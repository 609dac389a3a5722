package botweb

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/event"
)

// health is how a bot's handlers do.
type health struct {
	State, Tone, Icon string
	Text              string
	Paused            bool
	Waiting, Dead     int64
	LastOK            time.Time
	Next              time.Time // of the next attempt; zero: none waits
}

// healthOf sums up the handlers of a bot: the worst of them is its state.
func healthOf(b bot.Bot, lanes []event.Lane, now time.Time) health {
	out := health{State: "Not tried yet", Tone: "neutral", Icon: "clock", Text: "Nothing was sent to it yet."}
	rank := 0
	worse := func(r int, h health) {
		if r > rank {
			rank = r
			out.State, out.Tone, out.Icon, out.Text, out.Paused, out.Next = h.State, h.Tone, h.Icon, h.Text, h.Paused, h.Next
		}
	}
	if len(handlersOf(b)) == 0 {
		out.State, out.Icon, out.Text = "No address", "minus", "Nothing is posted to it."
		if b.Second != nil && b.Second.Mode == bot.Fetch {
			out.State, out.Icon, out.Text = "Fetches", "download", "The application asks for the bot's events itself."
		}
	}
	for _, l := range lanes {
		out.Waiting, out.Dead = out.Waiting+l.Waiting, out.Dead+l.Dead
		if l.LastOK.After(out.LastOK) {
			out.LastOK = l.LastOK
		}
		switch {
		case l.Paused != nil && l.Paused.Failed:
			worse(4, health{State: "Paused itself", Tone: "danger", Icon: "pause", Text: "Its handler failed for too long. It is tried again by itself; Resume tries it now.", Paused: true, Next: l.NextAt})
		case l.Paused != nil:
			worse(3, health{State: "Paused", Tone: "warning", Icon: "pause", Text: "Somebody paused its handler. What is for it waits.", Paused: true})
		case l.Failures > 0:
			h := health{State: "Failing", Tone: "danger", Icon: "warning", Text: "Its handler does not take what it is sent."}
			if l.NextAt.After(now) {
				h.Next = l.NextAt
			}
			worse(2, h)
		case !l.LastOK.IsZero():
			worse(1, health{State: "Does well", Tone: "success", Icon: "check", Text: "Its handler takes what it is sent."})
		}
	}
	return out
}

// speed is how long a handler took, of some deliveries.
type speed struct {
	Median, Slow time.Duration // half of them, and 95 of 100, were faster or as fast
	Count        int
}

func speedOf(list []event.Sending) speed {
	var took []time.Duration
	for _, d := range list {
		if d.Attempts > 0 && d.Status != 0 {
			took = append(took, d.Took)
		}
	}
	if len(took) == 0 {
		return speed{}
	}
	slices.Sort(took)
	at := func(percent int) time.Duration { return took[min((len(took)*percent+99)/100, len(took))-1] }
	return speed{Median: at(50), Slow: at(95), Count: len(took)}
}

// words writes a duration as a person reads it, e.g. "226 ms".
func words(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + " ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < time.Minute:
		return strings.TrimSuffix(strconv.FormatFloat(d.Seconds(), 'f', 1, 64), ".0") + " s"
	}
	return d.Round(time.Second).String()
}
