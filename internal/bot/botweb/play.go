package botweb

import (
	"context"
	"html/template"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botplay"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// Stories tells what became of a message for a bot.
type Stories interface {
	Story(ctx context.Context, viewer user.Ref, messageID, botID int64) (console.Story, error)
}

func (h pages) registerPlay(s *web.Shell) {
	test := web.Needs(access.TestBots)
	s.Page("/devops/bots/{id}/play/{$}", test, h.play)
	s.Fragment("/devops/bots/{id}/play/talk", test, h.talk)
	s.Action("/devops/bots/{id}/play/say", test, h.say)
	s.Action("/devops/bots/{id}/play/press", test, h.press)
	s.Action("/devops/bots/{id}/play/restart", test, h.restart)
	s.Action("/devops/bots/{id}/play/save", test, h.saveTest)
	s.Page("/devops/bots/{id}/test/{test}/{$}", test, h.test)
	s.Action("/devops/bots/{id}/test/{test}/save", test, h.changeTest, web.MaxBody(2<<20))
	s.Action("/devops/bots/{id}/test/{test}/run", test, h.runTest)
	s.Action("/devops/bots/{id}/test/{test}/delete", test, h.deleteTest)
	s.Fragment("/devops/bots/{id}/test/{test}/file", test, h.testFile)
}

// place is the conversation that a page of the playground is about.
type place struct {
	As    int64
	Group bool
}

func placeOf(r *web.Request) place {
	p := place{As: r.Int("as", 0), Group: r.FormValue("in") == "group"}
	if text := strings.TrimSpace(r.FormValue("as")); p.As == 0 && text != "" { // "Ben Ode (5)", as the list of people writes it
		if i := strings.LastIndexByte(text, '('); i >= 0 {
			p.As, _ = strconv.ParseInt(strings.TrimSuffix(text[i+1:], ")"), 10, 64)
		}
		if p.As == 0 {
			p.As = -1 // nobody, not oneself
		}
	}
	if p.As == 0 {
		p.As = r.Viewer.ID
	}
	return p
}

func (p place) url(botID int64) string {
	in := "private"
	if p.Group {
		in = "group"
	}
	return URL(botID) + "play/?" + url.Values{"as": {strconv.FormatInt(p.As, 10)}, "in": {in}}.Encode()
}

// playView is the playground.
type playView struct {
	Bot      bot.Bot
	Name     string
	URL      string // of the bot
	Here     string // of this conversation
	As       int64
	AsName   string
	Other    bool // it is not oneself
	Group    bool
	In       string
	Begun    bool
	Rows     []playRow
	Said     bool
	Tests    []testLine
	People   []Choice
	Commands []commandLine
	Draft    string
	TestName string
	Errors   map[string]string
}

// Choice is a person that may be chosen.
type Choice struct {
	ID   int64
	Name string
}

// playRow is a message with what became of it.
type playRow struct {
	ID      int64
	Who     string
	Mine    bool // the person said it
	System  bool
	At      time.Time
	Text    template.HTML
	Attach  template.HTML
	Buttons []playButton
	Trace   *trace
}

type playButton struct {
	Index          int
	Text, URL      string
	Disabled, Dead bool // Dead: nothing that a bot hears of
	NewLine        bool
}

// trace is what became of a message: the event, what the handler answered, and what was called then.
type trace struct {
	Verdict  string
	Tone     string
	Delivery *deliveryLine
	Calls    []callLine
	Why      string // the page that explains it
}

type callLine struct {
	URL, Method, Status, Tone string
	Took                      string
}

func (h pages) play(ctx context.Context, r *web.Request) (web.Page, error) {
	b, err := h.found(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	v, err := h.playground(ctx, r, b)
	if err != nil {
		return web.Page{}, err
	}
	return h.playPage(r, v), nil
}

func (h pages) playPage(r *web.Request, v playView) web.Page {
	p := h.page(r, "Playground: "+v.Name, "play", v)
	p.Back, p.AnyImages = v.URL, true
	p.Styles = append(p.Styles, "attach/attach.css")
	p.Modules = []string{"bot/play.js"}
	return p
}

// playground gathers the page. Somebody whose place may not be taken is said at the field, and the page shows one's own.
func (h pages) playground(ctx context.Context, r *web.Request, b bot.Bot) (v playView, err error) {
	v = playView{Bot: b, URL: URL(b.ID), Errors: map[string]string{}}
	at := placeOf(r)
	p, err := h.Play.Find(ctx, actor(r), b.ID, at.As, at.Group)
	if fault.Of(err).Field == "as" {
		v.Errors["as"] = fault.Of(err).Text
		at.As = r.Viewer.ID
		p, err = h.Play.Find(ctx, actor(r), b.ID, at.As, at.Group)
	}
	if err != nil {
		return v, err
	}
	v.Name, v.Here, v.As, v.AsName = p.BotName, at.url(b.ID), p.As.ID, p.As.DisplayName()
	v.Other, v.Group, v.Begun, v.In = p.As.ID != r.Viewer.ID, at.Group, p.ID != 0, "private"
	if at.Group {
		v.In = "group"
	}
	if v.Rows, err = h.rows(ctx, r, p); err != nil {
		return v, err
	}
	for _, row := range v.Rows {
		v.Said = v.Said || row.Mine
	}
	if v.People, err = h.Desk.Choices(ctx, actor(r)); err != nil {
		return v, err
	}
	for _, c := range b.Commands {
		help := c.In("en")
		v.Commands = append(v.Commands, commandLine{Name: c.Name, Params: help.Params, Title: help.Title})
	}
	tests, err := h.Play.Tests(ctx, b.ID)
	for _, t := range tests {
		v.Tests = append(v.Tests, testLineOf(t))
	}
	return v, err
}

// traced is of how many of the newest messages the page tells what became of them.
const traced = 12

func (h pages) rows(ctx context.Context, r *web.Request, p botplay.Session) ([]playRow, error) {
	messages, err := h.Play.Messages(ctx, p)
	if err != nil {
		return nil, err
	}
	out := make([]playRow, 0, len(messages))
	for i, m := range messages {
		next := time.Time{} // when the person went on
		for _, later := range messages[i+1:] {
			if later.AuthorID == p.As.ID {
				next = later.Date
				break
			}
		}
		row := playRow{ID: m.ID, At: m.Date, Mine: m.AuthorID == p.As.ID, System: m.System || m.AuthorID == 0}
		row.Text = bbcode.HTML(p.Plain(m.Text), bbcode.Options{})
		row.Attach = attach.HTML(m.Extra.Cards(), bbcode.Options{})
		row.Buttons = buttonsOf(m)
		switch {
		case row.Mine:
			row.Who = p.As.DisplayName()
		case !row.System:
			row.Who = p.BotName
		}
		if row.Mine && len(messages)-i <= traced && r.Viewer.May(access.ViewConsole) {
			if row.Trace, err = h.trace(ctx, r, m, p.Bot.ID, next); err != nil {
				return nil, err
			}
		}
		out = append(out, row)
	}
	return out, nil
}

func buttonsOf(m im.Message) (out []playButton) {
	for i, b := range m.Extra.Buttons() {
		if b.Type == attach.TypeNewline {
			out = append(out, playButton{NewLine: true})
			continue
		}
		out = append(out, playButton{
			Index: i, Text: b.Text, URL: b.Link, Disabled: b.Disabled == "Y", Dead: b.Command == "" && b.Action != attach.ActionSend && b.Link == "",
		})
	}
	return out
}

// trace tells what became of a message: calls until the next one are taken for its own.
func (h pages) trace(ctx context.Context, r *web.Request, m im.Message, botID int64, next time.Time) (*trace, error) {
	s, err := h.Stories.Story(ctx, actor(r), m.ID, botID)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	verdict := s.Explain()
	t := &trace{Verdict: verdict.Title, Tone: "danger", Why: "/devops/console/why/" + strconv.FormatInt(m.ID, 10) + "/?bot=" + strconv.FormatInt(botID, 10)}
	switch {
	case verdict.Good:
		t.Tone = "success"
	case verdict.Code == "working" || verdict.Code == "under_way" || verdict.Code == "no_event":
		t.Tone = "neutral"
	}
	if d := s.Delivery; d != nil {
		t.Delivery = &deliveryLine{URL: deliveryURL(d.ID), Event: d.Event, State: "Waiting", Tone: "neutral", Answer: strings.TrimSpace(d.Answer)}
		if d.Attempts > 0 {
			t.Delivery.Took, t.Delivery.Tone, t.Delivery.State = words(d.Took), "danger", strconv.Itoa(d.Status)
			if d.Status == 0 {
				t.Delivery.State = "No answer"
			}
			if d.Sent {
				t.Delivery.Tone = "success"
			}
		}
	}
	for _, c := range s.Calls {
		if !next.IsZero() && !c.Start.Before(next) {
			continue
		}
		l := callLine{URL: "/devops/console/call/" + strconv.FormatInt(c.ID, 10) + "/", Method: c.Name, Status: strconv.Itoa(c.Status), Tone: "success", Took: words(c.Took)}
		if c.Failed() {
			l.Status, l.Tone = c.Error, "danger"
		}
		t.Calls = append(t.Calls, l)
	}
	return t, nil
}

// talk is the conversation alone, for the module that looks for what is new.
func (h pages) talk(ctx context.Context, r *web.Request) (web.Result, error) {
	b, err := h.found(ctx, r)
	if err != nil {
		return nil, err
	}
	at := placeOf(r)
	p, err := h.Play.Find(ctx, actor(r), b.ID, at.As, at.Group)
	if err != nil {
		return nil, err
	}
	v := playView{Bot: b, URL: URL(b.ID), As: p.As.ID, Begun: p.ID != 0, Name: p.BotName, In: "private"}
	if at.Group {
		v.In = "group"
	}
	v.Rows, err = h.rows(ctx, r, p)
	return web.HTML{Template: "bot/talk", Body: v}, err
}

// open returns the conversation of a form.
func (h pages) open(ctx context.Context, r *web.Request) (bot.Bot, botplay.Session, error) {
	b, err := h.found(ctx, r)
	if err != nil {
		return b, botplay.Session{}, err
	}
	at := placeOf(r)
	p, err := h.Play.Open(ctx, actor(r), b.ID, at.As, at.Group)
	return b, p, err
}

// again shows the playground with what is wrong at a field; nil where err is of another kind.
func (h pages) again(ctx context.Context, r *web.Request, b bot.Bot, err error) (web.Result, error) {
	errs := web.FieldErrors(err)
	if f := fault.Of(err); errs == nil && f.Field != "" {
		errs = map[string]string{f.Field: f.Text}
	}
	if errs == nil {
		return nil, err
	}
	v, err := h.playground(ctx, r, b)
	if err != nil {
		return nil, err
	}
	maps.Copy(v.Errors, errs)
	v.Draft, v.TestName = r.FormValue("text"), r.FormValue("name")
	p := h.playPage(r, v)
	p.Status = 422
	return p, nil
}

func (h pages) say(ctx context.Context, r *web.Request) (web.Result, error) {
	b, p, err := h.open(ctx, r)
	if err == nil {
		_, err = h.Play.Say(ctx, p, r.FormValue("text"))
	}
	if err != nil {
		return h.again(ctx, r, b, err)
	}
	return web.Redirect{To: placeOf(r).url(b.ID)}, nil
}

func (h pages) press(ctx context.Context, r *web.Request) (web.Result, error) {
	b, p, err := h.open(ctx, r)
	if err != nil {
		return nil, err
	}
	if _, err := h.Play.Press(ctx, p, r.Int("message", 0), int(r.Int("button", -1))); err != nil {
		return nil, err
	}
	return web.Redirect{To: placeOf(r).url(b.ID)}, nil
}

func (h pages) restart(ctx context.Context, r *web.Request) (web.Result, error) {
	b, p, err := h.open(ctx, r)
	if err != nil {
		return h.again(ctx, r, b, err)
	}
	if err := h.Play.Restart(ctx, &p); err != nil {
		return nil, err
	}
	return web.Redirect{To: placeOf(r).url(b.ID), Toast: "Begun anew"}, nil
}

func (h pages) saveTest(ctx context.Context, r *web.Request) (web.Result, error) {
	b, p, err := h.open(ctx, r)
	if err != nil {
		return h.again(ctx, r, b, err)
	}
	script, err := h.Play.Dialogue(ctx, p, r.FormValue("name"))
	if err != nil {
		return h.again(ctx, r, b, err)
	}
	id, err := h.Play.Save(ctx, actor(r), b, 0, script)
	if err != nil {
		return h.again(ctx, r, b, err)
	}
	return web.Redirect{To: testURL(b.ID, id), Toast: "Saved as a test"}, nil
}
