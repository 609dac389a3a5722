package dialogue_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portico-hq/portico/internal/bot/dialogue"
	"github.com/portico-hq/portico/internal/clock"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"", "x", false},
		{"*", "", true},
		{"*", "two\nlines", true},
		{"abc", "abc", true},
		{"abc", "abcd", false},
		{"a*c", "abbbc", true},
		{"a*c", "abbbd", false},
		{"*b*b*", "abab", true},
		{"*b*b*", "aba", false},
		{"**x", "yx", true},
		{`a\*c`, "a*c", true},
		{`a\*c`, "abc", false},
		{`a\\c`, `a\c`, true},
		{`a\`, `a\`, true},
		{"ж*и", "жужжали", true},
		{"You have * tasks", "You have 3 tasks", true},
		{strings.Repeat("*a", 40) + "b", strings.Repeat("a", 4000), false},
	} {
		if got := dialogue.Match(c.pattern, c.text); got != c.want {
			t.Errorf("Match(%.40q, %.40q) = %t", c.pattern, c.text, got)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b", "axb")
	f.Add(`\*`, "*")
	f.Add("\xff*", "\xffx")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		dialogue.Match(pattern, text)
		if !dialogue.Match(dialogue.Literal(text), text) {
			t.Errorf("the literal of %q does not match it", text)
		}
		if !dialogue.Match("*"+dialogue.Literal(text)+"*", "x"+text+"y") {
			t.Errorf("%q is not found between others", text)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"name":"n","bot":"b","steps":[{"say":"x","expect":[{"text":"*","attach":"*","keyboard":[{"TEXT":"Help"}]}]}]}`))
	f.Add([]byte(`{"bot":"b","steps":[{"press":"x","expect":[]}]}`))
	f.Add([]byte(`{`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := dialogue.Parse(raw)
		if err != nil {
			return
		}
		again, err := dialogue.Parse(s.Format())
		if err != nil || string(again.Format()) != string(s.Format()) {
			t.Errorf("%s is read as %s, %v", s.Format(), again.Format(), err)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		``:                                   "no JSON",
		`{"bot":"b","steps":[]}`:             `"steps" are missing`,
		`{"steps":[{"say":"x"}]}`:            `"bot" is missing`,
		`{"bot":"b","steps":[{}]}`:           `step 1 has to have either "say" or "press"`,
		`{"bot":"b","colour":1}`:             "unknown field",
		`{"bot":"b","steps":[{"say":"x"}]}x`: "something follows",
		`{"bot":"b","within":-1,"steps":[{"say":"x"}]}`:                                  `"within" is between`,
		`{"bot":"b","steps":[{"say":"x","press":"y"}]}`:                                  "either",
		`{"bot":"b","steps":[{"say":"x","expect":[{"text":"x","attach":"some"}]}]}`:      `"attach" is a list`,
		`{"bot":"b","steps":[{"say":"x","expect":[{"text":"x"},{"keyboard":{"x":1}}]}]}`: "step 1, answer 2",
	} {
		if _, err := dialogue.Parse([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", raw, err, want)
		}
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	heard := dialogue.Heard{
		Text:     "Pick one",
		Attach:   json.RawMessage(`[{"ID":1795424400,"BLOCKS":[{"MESSAGE":"3 tasks"},{"DELIMITER":{"SIZE":200,"COLOR":"#c6c6c6"}}],"DESCRIPTION":"","COLOR":""}]`),
		Keyboard: json.RawMessage(`[{"TYPE":"BUTTON","BOT_ID":5,"TEXT":"Help","COMMAND":"help","BLOCK":"N","DISABLED":"N","CONTEXT":"ALL","DISPLAY":"LINE","BG_COLOR_TOKEN":"base"}]`),
	}
	again := dialogue.Expecting([]dialogue.Heard{heard})[0]
	if got := again.Diff(heard); len(got) != 0 {
		t.Errorf("what is expected of a message itself differs: %q", got)
	}
	if got, want := string(again.Keyboard), `[{"COMMAND":"help","DISPLAY":"LINE","TEXT":"Help","TYPE":"BUTTON"}]`; got != want {
		t.Errorf("kept of the keyboard: %s, want %s", got, want)
	}
	for _, c := range []struct {
		r    dialogue.Reply
		want string
	}{
		{dialogue.Reply{Text: "Pick *", Attach: json.RawMessage(`"*"`), Keyboard: json.RawMessage(`"*"`)}, ""},
		{dialogue.Reply{Text: "*", Attach: json.RawMessage(`[{"BLOCKS":[{"MESSAGE":"* tasks"},"*"]}]`), Keyboard: json.RawMessage(`[{"TEXT":"H*"}]`)}, ""},
		{dialogue.Reply{Text: "Choose", Attach: json.RawMessage(`"*"`), Keyboard: json.RawMessage(`"*"`)}, "text:|  - Choose|  + Pick one"},
		{
			dialogue.Reply{Text: "*", Attach: json.RawMessage(`[{"BLOCKS":[{"MESSAGE":"no tasks"},{"DELIMITER":{"SIZE":100}}]}]`), Keyboard: json.RawMessage(`[{"TEXT":"Help","LINK":"http://x"}]`)},
			"attach[0].BLOCKS[0].MESSAGE:|  - no tasks|  + 3 tasks|attach[0].BLOCKS[1].DELIMITER.SIZE:|  - 100|  + 200|keyboard[0].LINK:|  - http://x|  + none",
		},
		{
			dialogue.Reply{Text: "*", Attach: json.RawMessage(`"*"`)},
			`keyboard:|  - none|  + [{"COMMAND":"help","DISPLAY":"LINE","TEXT":"Help","TYPE":"BUTTON"}]`,
		},
	} {
		got := strings.Join(c.r.Diff(heard), "|")
		if c.want != got {
			t.Errorf("%s\n got %s\nwant %s", c.r.Text, got, c.want)
		}
	}
	if got := (dialogue.Reply{Text: "x", Keyboard: json.RawMessage(`"*"`)}).Diff(dialogue.Heard{Text: "x"}); len(got) != 0 {
		t.Errorf("anything is not nothing: %q", got)
	}
	if got := (dialogue.Reply{Text: "x", Keyboard: json.RawMessage(`[{"TEXT":"Help"}]`)}).Diff(dialogue.Heard{Text: "x"}); strings.Join(got, "|") != `keyboard:|  - [{"TEXT":"Help"}]|  + none` {
		t.Errorf("a keyboard that is missing: %q", got)
	}
}

// parrot is a bot that answers what it is told to, after a time.
type parrot struct {
	answers map[string][]string
	delay   time.Duration
	asked   time.Time
	now     []dialogue.Heard
	said    []string
	problem string
}

var errNoButton = errors.New("there is no such button")

func (p *parrot) Say(_ context.Context, text string) (int64, error) {
	p.said, p.asked, p.now = append(p.said, text), time.Now(), nil
	for i, a := range p.answers[text] {
		p.now = append(p.now, dialogue.Heard{ID: int64(i + 1), Text: a})
	}
	return 0, nil
}

func (p *parrot) Press(ctx context.Context, text string) (int64, error) {
	if text == "nowhere" {
		return 0, errNoButton
	}
	return p.Say(ctx, "["+text+"]")
}

func (p *parrot) Answers(context.Context, int64) ([]dialogue.Heard, error) {
	n := min(int(time.Since(p.asked)/max(p.delay, 1)), len(p.now))
	return p.now[:n], nil
}

func (p *parrot) Working(context.Context) (bool, string, error) {
	return time.Since(p.asked) < p.delay*time.Duration(len(p.now)+1), p.problem, nil
}

func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &parrot{delay: time.Second, answers: map[string][]string{"hi": {"Hello", "What now?"}, "[Help]": {"I help"}, "quiet": nil}}
		s := dialogue.Script{Name: "greets", Bot: "b", Steps: []dialogue.Step{
			{Say: "hi", Expect: []dialogue.Reply{{Text: "Hello"}, {Text: "What *"}}},
			{Press: "Help", Expect: []dialogue.Reply{{Text: "I help"}}},
			{Say: "quiet"},
		}}
		r, err := dialogue.Run(t.Context(), clock.System{}, p, s)
		if err != nil || !r.Passed || len(r.Steps) != 3 {
			t.Fatalf("%v, %s", err, r.Text())
		}
		if want := []string{"hi", "[Help]", "quiet"}; !slices.Equal(p.said, want) {
			t.Errorf("said %q", p.said)
		}
		if got := r.Steps[0].Took; got < 3*time.Second || got > 4*time.Second {
			t.Errorf("took %s", got)
		}

		s.Steps[1].Expect[0].Text = "I do not"
		if r, err = dialogue.Run(t.Context(), clock.System{}, p, s); err != nil || r.Passed || len(r.Steps) != 2 {
			t.Fatalf("%v, %s", err, r.Text())
		}
		if got := strings.Join(r.Steps[1].Problems, "|"); got != "answer 1, text:|  - I do not|  + I help" {
			t.Errorf("problems %s", got)
		}

		s.Steps = []dialogue.Step{{Say: "hi", Expect: []dialogue.Reply{{Text: "Hello"}}}}
		r, _ = dialogue.Run(t.Context(), clock.System{}, p, s)
		if got := strings.Join(r.Steps[0].Problems, "|"); got != "answer 2 was not expected:|  + What now?" {
			t.Errorf("problems %s", got)
		}

		p.problem = "The handler answered 500."
		s.Steps, s.Within = []dialogue.Step{{Say: "quiet", Expect: []dialogue.Reply{{Text: "Hello"}}}}, 2
		start := time.Now()
		r, _ = dialogue.Run(t.Context(), clock.System{}, p, s)
		if got := r.Text(); !strings.Contains(got, "greets: FAILED\n  1. say \"quiet\": FAILED, 0 answers in 2") ||
			!strings.Contains(got, "     answer 1 is missing:\n       - Hello\n       The handler answered 500.\n") {
			t.Errorf("report\n%s", got)
		}
		if took := time.Since(start); took < 2*time.Second || took > 3*time.Second {
			t.Errorf("gave up after %s", took)
		}

		s.Steps = []dialogue.Step{{Press: "nowhere"}}
		if _, err := dialogue.Run(t.Context(), clock.System{}, p, s); !errors.Is(err, errNoButton) {
			t.Errorf("a button that is missing: %v", err)
		}
	})
}
