package taskrest

import (
	"context"
	"encoding/json"
	"time"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task/result"
)

// taskListParams are the parameters of tasks.task.list.
type taskListParams struct {
	Order  phpform.Value `b24:"order"`
	Filter phpform.Value `b24:"filter"`
	Select phpform.Value `b24:"select"`
	Params phpform.Value `b24:"params"`
	Start  phpform.Value `b24:"start"`
}

// listFaults are the words of tasks.task.list. The page has them for the order alone; a filter that would be passed over would
// show too much, so it is refused too.
var listFaults = record.Faults{
	Shape: func(p record.Part) error { return notArray(phpform.StringOf(""), string(p)) },
	Unknown: func(p record.Part, key string) error {
		switch p {
		case record.PartOrder:
			return internally(errSorting)
		case record.PartFilter:
			return fault.New(fault.Invalid, "0", "Invalid filter key "+shorten(key))
		}
		return nil
	},
	Value: func(p record.Part, _ *record.Field, key string) error {
		if p == record.PartOrder {
			return internally(errSorting)
		}
		return fault.New(fault.Invalid, "0", "Invalid value of "+shorten(key))
	},
	Pair:    func(key string) error { return fault.New(fault.Invalid, "0", shorten(key)+" needs two values") },
	TooMuch: func(text string) error { return fault.New(fault.Invalid, "0", text) },
}

// tasksAnswer is an answer that holds tasks.
type tasksAnswer struct {
	Tasks []json.RawMessage `json:"tasks"`
}

func (h handlers) taskList(ctx context.Context, c *rest.Call, p taskListParams) (out rest.Totaled[tasksAnswer], err error) {
	view, err := h.tasks.View(ctx)
	if err != nil {
		return out, err
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return out, err
	}
	if !p.Select.IsNull() && !p.Select.IsArray() {
		return out, notArray(p.Select, "select")
	}
	r := &record.Reader{View: view, Zone: zone, Faults: listFaults}
	q := record.Query{}
	if q.Filter, err = r.Filter(p.Filter); err != nil {
		return out, err
	}
	if q.Order, err = r.Order(p.Order); err != nil {
		return out, err
	}
	start, _ := p.Start.Int()
	q.Start(start)
	s := choose(view, p.Select)
	more, err := h.infoOf(ctx, c.UserID, p.Params)
	if err != nil {
		return out, err
	}
	more.need(&s, view)
	q.Fields = s.fields
	found, err := h.tasks.List(ctx, actor(c), q)
	if err != nil {
		return out, err
	}
	pg, err := h.newPage(ctx, c, zone, s, found.Rows)
	if err != nil {
		return out, err
	}
	if more.results && h.Results != nil {
		if more.states, err = h.Results.States(ctx, c.UserID, found.IDs); err != nil {
			return out, err
		}
	}
	out.Total, out.Next = found.Total, found.Next
	out.Result.Tasks = make([]json.RawMessage, len(found.Rows))
	for i, row := range found.Rows {
		out.Result.Tasks[i] = pg.listed(row, more, c.Start)
	}
	return out, nil
}

// info is what params asks for beside the fields.
type info struct {
	parsed, timer, results bool

	running int64 // the task on which the caller's timer runs
	states  map[int64]result.State
}

func (h handlers) infoOf(ctx context.Context, userID int64, params phpform.Value) (m info, err error) {
	wants := func(name string) bool { v, _ := params.GetFold(name); return v.Truthy() }
	m.parsed, m.timer = wants("WITH_PARSED_DESCRIPTION"), wants("WITH_TIMER_INFO")
	m.results = wants("WITH_RESULT_INFO")
	if m.timer && h.Elapsed != nil {
		t, ok, err := h.Elapsed.Running(ctx, userID)
		if err != nil {
			return m, err
		}
		if ok {
			m.running = t.TaskID
		}
	}
	return m, nil
}

// need adds the fields that the rest follows from.
func (m info) need(s *selection, view *record.View) {
	names := s.names
	if s.has("COUNTERS") {
		s.names = append(append([]string{}, names...), "NEW_COMMENTS_COUNT", "DEADLINE", "STATUS", "IS_MUTED")
	}
	if m.parsed {
		s.names = append(append([]string{}, s.names...), "DESCRIPTION")
	}
	if m.results {
		s.names = append(append([]string{}, s.names...), "RESULT_REQUIRED")
	}
	if m.timer {
		s.names = append(append([]string{}, s.names...), "TIME_SPENT_IN_LOGS")
	}
	s.columns(view)
	s.names = names
}

// listed writes a task of a list.
func (p *page) listed(row []any, m info, now time.Time) json.RawMessage {
	var w objectWriter
	p.members(&w, row)
	p.roles(&w, row)
	if p.selection.has("NEW_COMMENTS_COUNT") {
		w.value("newCommentsCount", row[p.selection.at["NEW_COMMENTS_COUNT"]])
	}
	if m.parsed {
		text, _ := row[p.selection.at["DESCRIPTION"]].(string)
		w.value("parsedDescription", string(bbcode.HTML(text, bbcode.Options{Lists: true})))
	}
	if m.results {
		id, _ := row[p.selection.at["ID"]].(int64)
		w.value("taskRequireResult", phpform.YesNo(row[p.selection.at["RESULT_REQUIRED"]] == any(int64(1))))
		w.value("taskHasOpenResult", phpform.YesNo(m.states[id].Open))
		w.value("taskHasResult", phpform.YesNo(m.states[id].Any))
	}
	if m.timer {
		style, at := record.Style{}, p.selection.at["TIME_SPENT_IN_LOGS"]
		f := *p.selection.fields[at]
		f.Camel = "timeElapsed"
		style.Camel = true
		w.buf = appendMember(w.buf, &style, &f, row[at])
		w.value("timerIsRunningForCurrentUser", phpform.YesNo(m.running != 0 && row[p.selection.at["ID"]] == any(m.running)))
	}
	if p.selection.has("COUNTERS") {
		w.value("counter", p.counter(row, now))
	}
	return w.done()
}

// taskCounter is what waits for the caller in one task.
type taskCounter struct {
	Counters struct {
		Expired            int64 `json:"expired"`
		NewComments        int64 `json:"newComments"`
		ProjectExpired     int64 `json:"projectExpired"`
		ProjectNewComments int64 `json:"projectNewComments"`
		MutedExpired       int64 `json:"mutedExpired"`
		MutedNewComments   int64 `json:"mutedNewComments"`
	} `json:"counters"`
	Color string `json:"color"`
	Value int64  `json:"value"`
}

func (p *page) counter(row []any, now time.Time) (c taskCounter) {
	number := func(name string) int64 { n, _ := row[p.selection.at[name]].(int64); return n }
	var expired int64
	if d, status := number("DEADLINE"), number("STATUS"); d > 0 && d < now.UnixMicro() && status != 4 && status != 5 && status != 6 {
		expired = 1
	}
	comments := number("NEW_COMMENTS_COUNT")
	if number("IS_MUTED") != 0 {
		c.Counters.MutedExpired, c.Counters.MutedNewComments, c.Color = expired, comments, "gray"
		c.Value = expired + comments
		return c
	}
	c.Counters.Expired, c.Counters.NewComments, c.Value = expired, comments, expired+comments
	c.Color = map[bool]string{true: "gray", false: "success"}[c.Value == 0]
	if expired > 0 {
		c.Color = "danger"
	}
	return c
}
