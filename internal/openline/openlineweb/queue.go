package openlineweb

import (
	"context"
	"slices"
	"strconv"

	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// queueShown is how many of those who wait in a line are listed; the rest is counted.
const queueShown = 20

// operatorView is an operator of a line as supervisors see them.
type operatorView struct {
	openline.Operator

	Who    person
	Limit  int
	Reason string
	State  string // "free", "busy", "paused" or "offline"
	Word   string
}

// lineQueue is who waits and who answers in a line.
type lineQueue struct {
	ID        int64
	Name      string
	Open      bool
	Rows      []rowView
	More      int64
	Total     int64
	Oldest    *wait
	Operators []operatorView
	Free      int
}

type queueView struct {
	Lines   []lineQueue
	Waiting int64
}

// queuePage is the live queue of all lines within the viewer's reach.
func (h pages) queuePage(ctx context.Context, r *web.Request) (web.Page, error) {
	sc, err := h.Conversations.Scope(ctx, r.Viewer.Ref())
	if err != nil {
		return web.Page{}, err
	}
	if !sc.Supervises() {
		return web.Page{}, errNone
	}
	h.Conversations.Watch(sc.UserID)
	lines, err := h.Lines.All(ctx)
	if err != nil {
		return web.Page{}, err
	}
	channels, err := h.Connectors(ctx)
	if err != nil {
		return web.Page{}, err
	}
	var v queueView
	for _, l := range lines {
		if l.Temporary || !l.Active || !sc.Reach.All && !slices.Contains(sc.Lines, l.ID) {
			continue
		}
		q, err := h.lineQueue(ctx, r, sc, l, lines, channels)
		if err != nil {
			return web.Page{}, err
		}
		v.Waiting += q.Total
		v.Lines = append(v.Lines, q)
	}
	return web.Page{
		Title: "Queue", Section: nav, Template: "channels/queue", Body: v, Layout: web.Wide, Back: URL,
		Modules: []string{"channels/queue.js"}, Styles: []string{BarStyle, "channels/channels.css"},
		Actions: []web.Action{{Title: "Inbox", URL: URL, Icon: "inbox"}, {Title: "What if", URL: URL + "what-if", Icon: "question"}},
	}, nil
}

func (h pages) lineQueue(ctx context.Context, r *web.Request, sc openline.Scope, l line.Line, lines []line.Line, channels map[string]string) (q lineQueue, err error) {
	p, err := h.Conversations.PreviewOf(ctx, l.ID, nil)
	if err != nil {
		return q, err
	}
	q = lineQueue{ID: l.ID, Name: l.Name, Open: p.Open}
	only := sc
	only.Lines = []int64{l.ID}
	found, _, err := h.Conversations.List(ctx, openline.ListQuery{Scope: only, Tab: openline.TabWaiting, Limit: queueShown})
	if err != nil {
		return q, err
	}
	if q.Rows, err = h.rows(ctx, r, found, &listView{}, lines, channels); err != nil {
		return q, err
	}
	n, err := h.Conversations.Counts(ctx, only)
	if err != nil {
		return q, err
	}
	q.Total, q.More = n.Waiting, max(n.Waiting-int64(len(found)), 0)
	if len(q.Rows) > 0 {
		q.Oldest = q.Rows[0].Waits
	}
	if q.Operators, err = h.operators(ctx, p); err != nil {
		return q, err
	}
	for _, o := range q.Operators {
		if o.State == "free" {
			q.Free++
		}
	}
	return q, nil
}

// operators are those of a preview as people see them.
func (h pages) operators(ctx context.Context, p openline.Preview) (out []operatorView, err error) {
	ids := make([]int64, len(p.Operators))
	for i, o := range p.Operators {
		ids[i] = o.UserID
	}
	who, err := h.people(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for _, o := range p.Operators {
		v := operatorView{Operator: o, Who: who(o.UserID), Limit: p.Line.MaxChat, Reason: reason(o.Considered, p.Line), State: "free", Word: "Free"}
		switch {
		case o.Paused:
			v.State, v.Word = "paused", "Paused"
		case !o.Online:
			v.State, v.Word = "offline", "Offline"
		case v.Limit > 0 && o.Load >= v.Limit:
			v.State, v.Word = "busy", "Full"
		}
		out = append(out, v)
	}
	return out, nil
}

// whatIfView is what a line would do with a client who wrote now.
type whatIfView struct {
	Line      string
	Lines     []ui.Option
	Operators []operatorView
	Rule      string
	Says      string
	Open      bool
	Waiting   int64
	Changed   bool
}

// whatIfPage shows it, with what is assumed of operators: online-5=1, paused-5=1, load-5=2 in the place of how operator 5 is.
func (h pages) whatIfPage(ctx context.Context, r *web.Request) (web.Page, error) {
	sc, err := h.Conversations.Scope(ctx, r.Viewer.Ref())
	if err != nil {
		return web.Page{}, err
	}
	lines, err := h.Lines.All(ctx)
	if err != nil {
		return web.Page{}, err
	}
	var v whatIfView
	var chosen int64
	for _, l := range lines {
		if l.Temporary || !sc.Reach.All && !slices.Contains(sc.Lines, l.ID) {
			continue
		}
		v.Lines = append(v.Lines, ui.Option{Value: strconv.FormatInt(l.ID, 10), Title: l.Name})
		if chosen == 0 || l.ID == r.Int("line", 0) {
			chosen = l.ID
		}
	}
	if chosen == 0 {
		return web.Page{}, errNone
	}
	v.Line = strconv.FormatInt(chosen, 10)
	p, err := h.preview(ctx, r, chosen, &v)
	if err != nil {
		return web.Page{}, err
	}
	if v.Operators, err = h.operators(ctx, p); err != nil {
		return web.Page{}, err
	}
	v.Rule, v.Open, v.Waiting, v.Says = rule(string(p.Line.Distribution)), p.Open, p.Waiting, v.says(p)
	return web.Page{
		Title: "What if a client wrote now?", Section: nav, Template: "channels/whatif", Body: v, Layout: web.Wide, Back: URL,
		Modules: []string{"channels/whatif.js"}, Styles: []string{BarStyle, "channels/channels.css"},
		Actions: []web.Action{{Title: "Inbox", URL: URL, Icon: "inbox"}},
	}, nil
}

// preview asks what the line would do, first as it is, then with what the form assumes.
func (h pages) preview(ctx context.Context, r *web.Request, lineID int64, v *whatIfView) (openline.Preview, error) {
	p, err := h.Conversations.PreviewOf(ctx, lineID, nil)
	if err != nil || r.FormValue("assume") != v.Line {
		return p, err
	}
	v.Changed = true
	assumed := map[int64]openline.Assumed{}
	for _, o := range p.Operators {
		id := strconv.FormatInt(o.UserID, 10)
		load := r.Int("load-"+id, int64(o.Load))
		assumed[o.UserID] = openline.Assumed{Online: r.Checked("online-" + id), Paused: r.Checked("paused-" + id), Load: int(min(max(load, 0), 9999))}
	}
	return h.Conversations.PreviewOf(ctx, lineID, assumed)
}

// says is the answer in a sentence.
func (v whatIfView) says(p openline.Preview) string {
	names := ""
	for _, o := range v.Operators {
		if o.Why == openline.WhyChosen {
			if names != "" {
				names += ", "
			}
			names += o.Who.Name
		}
	}
	switch {
	case p.Line.Bot.Enabled && p.Line.Bot.ID != 0:
		return "The bot of the line would answer first. After it: " + after(names, p)
	case !p.Open:
		return "Nobody works now: the client would wait until the line opens. In working time: " + after(names, p)
	}
	return after(names, p)
}

func after(names string, p openline.Preview) string {
	switch {
	case names == "":
		return "nobody could be asked, the client would wait in the queue."
	case p.Waiting > 0:
		return plural(p.Waiting, "client waits", "clients wait") + " already and would come before. Next would be " + names + "."
	}
	return names + " would be asked."
}
