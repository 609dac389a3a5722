package botweb

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botplay"
	"github.com/portico-hq/portico/internal/bot/dialogue"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/web"
)

// runLimit is how long a run may take that somebody waits for before a page.
const runLimit = 90 * time.Second

var errSlow = fault.New(fault.Invalid, "TEST_SLOW", "it took more than 90 seconds. Run it from the command line, or expect answers sooner.")

func testURL(botID, id int64) string { return URL(botID) + "test/" + strconv.FormatInt(id, 10) + "/" }

// testLine is a test in a list.
type testLine struct {
	URL, Name         string
	Steps             int
	Ran               time.Time // zero: never
	State, Tone, Icon string
}

func testLineOf(t botplay.Test) testLine {
	l := testLine{URL: testURL(t.BotID, t.ID), Name: t.Name, Steps: len(t.Script.Steps), Ran: t.Ran, State: "Never run", Tone: "neutral", Icon: "clock"}
	switch {
	case t.Ran.IsZero():
	case t.Passed:
		l.State, l.Tone, l.Icon = "Passed", "success", "check"
	default:
		l.State, l.Tone, l.Icon = "Failed", "danger", "warning"
	}
	return l
}

// testView is the page of a test.
type testView struct {
	testLine

	Bot    bot.Bot
	BotURL string
	As     string // a login; empty: whoever runs it
	Script string
	Report []stepLine
	Error  string // of the script
	File   string
}

// stepLine is what came of a step.
type stepLine struct {
	Did, Took, Tone, Icon string
	Problems              string
}

func (h pages) theTest(ctx context.Context, r *web.Request) (bot.Bot, botplay.Test, error) {
	b, err := h.found(ctx, r)
	if err != nil {
		return b, botplay.Test{}, err
	}
	id, err := r.PathID("test")
	if err != nil {
		return b, botplay.Test{}, err
	}
	t, err := h.Play.Test(ctx, b.ID, id)
	return b, t, err
}

func (h pages) test(ctx context.Context, r *web.Request) (web.Page, error) {
	b, t, err := h.theTest(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	return h.testPage(r, b, t, string(t.Script.Format()), ""), nil
}

func (h pages) testPage(r *web.Request, b bot.Bot, t botplay.Test, script, problem string) web.Page {
	v := testView{testLine: testLineOf(t), Bot: b, BotURL: URL(b.ID), As: t.Script.As, Script: script, Error: problem, File: fileName(t.Name)}
	for _, s := range t.Report.Steps {
		l := stepLine{Did: s.Did, Took: words(s.Took), Tone: "success", Icon: "check", Problems: strings.Join(s.Problems, "\n")}
		if !s.Passed {
			l.Tone, l.Icon = "danger", "warning"
		}
		v.Report = append(v.Report, l)
	}
	p := h.page(r, t.Name, "test", v)
	p.Back = URL(b.ID) + "play/"
	return p
}

func (h pages) changeTest(ctx context.Context, r *web.Request) (web.Result, error) {
	b, t, err := h.theTest(ctx, r)
	if err != nil {
		return nil, err
	}
	text := strings.ReplaceAll(r.FormValue("script"), "\r\n", "\n")
	script, err := dialogue.Parse([]byte(text))
	if err == nil {
		_, err = h.Play.Save(ctx, actor(r), b, t.ID, script)
		if err != nil && fault.Of(err).Field == "" {
			return nil, err
		}
	}
	if err != nil {
		problem := err.Error()
		if f := fault.Of(err); f.Field != "" {
			problem = f.Text
		}
		p := h.testPage(r, b, t, text, problem)
		p.Status = 422
		return p, nil
	}
	return web.Redirect{To: testURL(b.ID, t.ID), Toast: "Saved"}, nil
}

func (h pages) runTest(ctx context.Context, r *web.Request) (web.Result, error) {
	b, t, err := h.theTest(ctx, r)
	if err != nil {
		return nil, err
	}
	limited, stop := context.WithTimeout(ctx, runLimit)
	defer stop()
	report, err := h.Play.RunTest(limited, actor(r), t)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = errSlow
	}
	if botplay.IsWrong(err) {
		p := h.testPage(r, b, t, string(t.Script.Format()), "It cannot be run: "+fault.Of(err).Text)
		p.Status = 422
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	toast := "The bot answered as expected"
	if !report.Passed {
		toast = "The bot answered otherwise"
	}
	return web.Redirect{To: testURL(b.ID, t.ID), Toast: toast}, nil
}

func (h pages) deleteTest(ctx context.Context, r *web.Request) (web.Result, error) {
	b, t, err := h.theTest(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := h.Play.Delete(ctx, actor(r), b.ID, t.ID); err != nil {
		return nil, err
	}
	return web.Redirect{To: URL(b.ID) + "play/", Toast: "Deleted"}, nil
}

// testFile exports a test as the file that the command line takes.
func (h pages) testFile(ctx context.Context, r *web.Request) (web.Result, error) {
	_, t, err := h.theTest(ctx, r)
	if err != nil {
		return nil, err
	}
	return web.Download{Name: fileName(t.Name), Type: "application/json", Write: func(w io.Writer) error {
		_, err := w.Write(t.Script.Format())
		return err
	}}, nil
}

// fileName makes a name for a file of the name of a test.
func fileName(name string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	out := strings.Trim(b.String(), "-")
	if out == "" {
		out = "dialogue"
	}
	return out[:min(len(out), 80)] + ".json"
}
