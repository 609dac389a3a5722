package lineweb

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/web"
)

// step is something that happens to a client who writes now.
type step struct {
	Icon, Title, Text string
	Tone              string // "", "warning", "danger"
}

// story tells what happens to a client who writes now, from the settings that hold and who is there.
func (h pages) story(ctx context.Context, r *web.Request, l *line.Line, f *facts) ([]step, error) {
	if !l.Active {
		return []step{{"pause", "The line is switched off", "No conversation begins.", "danger"}}, nil
	}
	var out []step
	if l.Agreement {
		out = append(out, step{Icon: "shield", Title: "Consent", Text: "Who writes for the first time is shown: " + quote(f.agreement(l))})
	}
	if l.Welcome {
		when := "In a client's first conversation: "
		if l.WelcomeEachSession {
			when = "In every conversation: "
		}
		out = append(out, step{Icon: "smile", Title: "Greeting", Text: when + quote(l.WelcomeText)})
	}
	if l.Bot.Enabled {
		out = append(out, botStep(l, f))
	}
	queue, err := h.queueSteps(ctx, r, l, f)
	if err != nil {
		return nil, err
	}
	return append(append(out, queue...), endSteps(l)...), nil
}

// agreement returns what clients of a line agree to, in short.
func (f *facts) agreement(l *line.Line) string {
	id := strconv.FormatInt(l.AgreementID, 10)
	for _, a := range f.agreements {
		if a.Value == id {
			return a.Title
		}
	}
	return l.AgreementText
}

func botStep(l *line.Line, f *facts) step {
	name := "The bot"
	for _, b := range f.bots {
		if b.Value == line.FieldNamed("WELCOME_BOT_ID").Text(l) {
			name = b.Title
		}
	}
	text := "In a client's first conversation"
	if l.Bot.Always {
		text = "In every conversation"
	}
	text += ", until it hands over or the client sends 0"
	if l.Bot.Time > 0 {
		text += ", at the latest after " + duration(l.Bot.Time)
	}
	return step{Icon: "bot", Title: name + " answers", Text: text + "."}
}

// queueSteps tell who is asked now.
func (h pages) queueSteps(ctx context.Context, r *web.Request, l *line.Line, f *facts) ([]step, error) {
	var out []step
	if !l.OpenAt(r.Now, h.Zone) {
		text := "The conversation waits in the queue."
		if told := whatIsTold(l.WorkTime.Rule); told != "" {
			text = told + " " + text
		}
		out = append(out, step{"clock", h.hours(r, *l).Text, text, "warning"})
	}
	operators, err := h.Lines.Queue(ctx, *l) // what is stored: the form may show another queue
	if err != nil {
		return nil, err
	}
	if len(operators) == 0 {
		return append(out, step{"users", "Nobody answers", "The queue is empty: clients wait until somebody is put into it.", "danger"}), nil
	}
	there := 0
	for _, o := range operators {
		if f.users[o.UserID].Online(r.Now) {
			there++
		}
	}
	s := step{Icon: "users", Title: "Goes to the queue: " + plural(len(operators), "operator", "operators") + ", " + present(there)}
	switch l.Distribution {
	case line.All:
		s.Text = "All are asked at once; who answers first keeps it."
	case line.Strictly:
		s.Text = "The first in the queue who is free is asked."
	default:
		s.Text = "Who has had no conversation for longest is asked."
	}
	if l.Distribution != line.All && l.QueueTime > 0 {
		s.Text += " After " + duration(l.QueueTime) + " without an answer the next one is."
	}
	if l.CheckAvailable && there == 0 {
		s.Tone, s.Text = "warning", "Nobody is there: the client waits, and whoever comes first is asked."
		if l.TellEmptyQueue {
			s.Text += " They and who manages open channels are told."
		}
	}
	return append(out, s, noAnswerStep(l)), nil
}

func present(n int) string {
	if n == 0 {
		return "nobody is there"
	}
	return plural(n, "is there", "are there")
}

func noAnswerStep(l *line.Line) step {
	told := whatIsTold(l.NoAnswer)
	if l.NoAnswerTime == 0 || told == "" {
		return step{Icon: "clock", Title: "Nobody answers", Text: "The client goes on waiting and is told nothing."}
	}
	return step{Icon: "clock", Title: "Nobody answers for " + duration(l.NoAnswerTime), Text: told}
}

// whatIsTold says what a rule does; "" where it does nothing.
func whatIsTold(c line.Scenario) string {
	switch {
	case c.Rule != line.RuleText:
		return ""
	case c.BotID == 0:
		return "The client reads: " + quote(c.Text)
	case c.Text == "":
		return "A bot comes and answers."
	}
	return "The client reads: " + quote(c.Text) + " Then a bot answers."
}

// endSteps tell how the conversation ends.
func endSteps(l *line.Line) []step {
	finish := step{Icon: "check", Title: "An operator finishes"}
	switch told := whatIsTold(l.Close); {
	case told != "":
		finish.Text = told
	case l.FullClose > 0:
		finish.Text = "For " + duration(l.FullClose) + " the client can go on; then it is over."
	default:
		finish.Text = "It is over at once."
	}
	out := []step{finish}
	if l.AutoCloseTime > 0 {
		out = append(out, step{Icon: "moon", Title: "The client is silent for " + duration(l.AutoCloseTime), Text: strings.TrimSpace("The conversation closes by itself. " + whatIsTold(l.AutoClose))})
	}
	if l.Vote.Enabled {
		out = append(out, step{Icon: "star", Title: "Rating", Text: quote(l.Vote.Widget.Ask)})
	}
	return out
}

// quote shortens a text for the summary.
func quote(text string) string {
	const most = 120
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) > most {
		text = strings.TrimSpace(string([]rune(text)[:most])) + "…"
	}
	return "“" + text + "”"
}

func duration(d time.Duration) string {
	n, unit := inUnit(d)
	names := map[string][2]string{"s": {"second", "seconds"}, "min": {"minute", "minutes"}, "h": {"hour", "hours"}, "d": {"day", "days"}}
	return plural(int(n), names[unit][0], names[unit][1])
}
