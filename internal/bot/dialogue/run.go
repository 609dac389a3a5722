package dialogue

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/clock"
)

// Talker talks to a bot.
type Talker interface {
	// Say writes a message and returns its id: answers have greater ones.
	Say(ctx context.Context, text string) (after int64, err error)
	// Press presses the button with a text under the newest message that has a keyboard. A fault NotFound: there is none.
	Press(ctx context.Context, text string) (after int64, err error)
	// Answers returns what the bot wrote after a message, the oldest first.
	Answers(ctx context.Context, after int64) ([]Heard, error)
	// Working reports whether the bot still has something that it was told, and in words what its handler says against it.
	Working(ctx context.Context) (working bool, problem string, err error)
}

// Report is what a run found.
type Report struct {
	Name   string       `json:"name"`
	Passed bool         `json:"passed"`
	Steps  []StepReport `json:"steps"`
}

// StepReport is what came of a step.
type StepReport struct {
	Did      string        `json:"did"` // e.g. `say "help"`
	Passed   bool          `json:"passed"`
	Took     time.Duration `json:"took"` // until the last answer that was expected
	Problems []string      `json:"problems,omitempty"`
	Heard    int           `json:"heard"` // how many answers came
}

// lookEvery is how often answers are looked for.
const lookEvery = 30 * time.Millisecond

// Run plays a script. It returns an error where the script cannot be played; that the bot answers otherwise is in the report.
// A step that fails ends the run: what follows depends on it.
func Run(ctx context.Context, clk clock.Clock, t Talker, s Script) (Report, error) {
	out := Report{Name: s.Name, Passed: true}
	for _, step := range s.Steps {
		r, err := runStep(ctx, clk, t, step, s.Limit())
		if err != nil {
			return out, err
		}
		out.Steps = append(out.Steps, r)
		if !r.Passed {
			out.Passed = false
			break
		}
	}
	return out, nil
}

func runStep(ctx context.Context, clk clock.Clock, t Talker, step Step, limit time.Duration) (StepReport, error) {
	r := StepReport{Did: fmt.Sprintf("say %q", step.Say)}
	act, text := t.Say, step.Say
	if step.Press != "" {
		r.Did, act, text = fmt.Sprintf("press %q", step.Press), t.Press, step.Press
	}
	start := clk.Now()
	after, err := act(ctx, text)
	if err != nil {
		return r, fmt.Errorf("%s: %w", r.Did, err)
	}
	for {
		heard, err := t.Answers(ctx, after)
		if err != nil {
			return r, fmt.Errorf("read answers: %w", err)
		}
		working, problem, err := t.Working(ctx)
		if err != nil {
			return r, fmt.Errorf("look at deliveries: %w", err)
		}
		r.Took, r.Heard = clk.Now().Sub(start), len(heard)
		late := r.Took >= limit
		if len(heard) >= len(step.Expect) && !working || late {
			r.Problems = compare(step.Expect, heard, problem)
			r.Passed = len(r.Problems) == 0
			return r, nil
		}
		timer := clk.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return r, ctx.Err()
		case <-timer.C():
		}
	}
}

// compare says how answers differ from those that were expected. An answer that is missing is explained by what the handler of
// the bot says, where it says something.
func compare(want []Reply, got []Heard, problem string) (out []string) {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			out = append(out, fmt.Sprintf("answer %d is missing:", i+1), indent("- ", want[i].Text))
			if problem != "" {
				out = append(out, "  "+problem)
			}
		case i >= len(want):
			out = append(out, fmt.Sprintf("answer %d was not expected:", i+1), indent("+ ", got[i].Text))
		default:
			for _, line := range want[i].Diff(got[i]) {
				if !strings.HasPrefix(line, " ") {
					line = fmt.Sprintf("answer %d, %s", i+1, line)
				}
				out = append(out, line)
			}
		}
	}
	return out
}

// Text writes the report as people read it in a terminal.
func (r Report) Text() string {
	var b strings.Builder
	verdict := "ok"
	if !r.Passed {
		verdict = "FAILED"
	}
	fmt.Fprintf(&b, "%s: %s\n", name(r.Name), verdict)
	for i, s := range r.Steps {
		mark := "ok"
		if !s.Passed {
			mark = "FAILED"
		}
		fmt.Fprintf(&b, "  %d. %s: %s, %d %s in %s\n", i+1, s.Did, mark, s.Heard, plural(s.Heard, "answer"), s.Took.Round(time.Millisecond))
		for _, p := range s.Problems {
			b.WriteString("     " + strings.ReplaceAll(p, "\n", "\n     ") + "\n")
		}
	}
	return b.String()
}

func name(n string) string {
	if n == "" {
		return "dialogue"
	}
	return n
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
