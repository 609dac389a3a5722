package openlineweb

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// mostClients is how many clients a search by name finds; a better word finds the others.
const mostClients = 300

// query is which conversations the list shows, as its address says it.
type query struct {
	Tab       openline.Tab
	Line      int64
	Channel   string
	Operator  int64
	State     string
	Category  int64
	Text      string
	After     openline.Cursor
	Before    int64 // of the messages that the words were found in: those older than this one
	Scrolling bool  // After or Before is set: more rows of a list that is shown
}

var stateOptions = []ui.Option{
	{Value: "", Title: "Any state"},
	{Value: "waiting", Title: "In the queue"},
	{Value: "offered", Title: "Asked"},
	{Value: "active", Title: "Being answered"},
	{Value: "bot", Title: "With a bot"},
	{Value: "closing", Title: "Finishing"},
	{Value: "closed", Title: "Finished"},
	{Value: "spam", Title: "Spam"},
}

// stateWords are the states as people read them.
var stateWords = map[openline.State]string{
	openline.StateBot: "With a bot", openline.StateWaiting: "In the queue", openline.StateOffered: "Asked", openline.StateActive: "Being answered",
	openline.StateClosing: "Finishing", openline.StateClosed: "Finished", openline.StateSpam: "Spam",
}

func readQuery(r *web.Request) query {
	q := query{
		Tab: openline.Tab(r.FormValue("tab")), Line: r.Int("line", 0), Channel: user.CleanText(r.FormValue("channel"), 100), Operator: r.Int("operator", 0),
		State: r.FormValue("state"), Category: max(r.Int("category", 0), 0), Text: strings.TrimSpace(user.CleanText(r.FormValue("q"), 200)),
	}
	if !q.Tab.Valid() {
		q.Tab = openline.TabMine
	}
	if !slices.ContainsFunc(stateOptions, func(o ui.Option) bool { return o.Value == q.State }) {
		q.State = ""
	}
	parts := strings.Split(r.FormValue("after"), ".")
	if len(parts) == 3 {
		n := make([]int64, 3)
		for i, p := range parts {
			n[i], _ = strconv.ParseInt(p, 10, 64) // what is no number begins at 0
		}
		q.After, q.Scrolling = openline.Cursor{Rank: n[0], At: n[1], ID: n[2]}, true
	}
	if q.Before = max(r.Int("before", 0), 0); q.Before > 0 {
		q.Scrolling = true
	}
	return q
}

// values are the parameters of the address, without what is as usual.
func (q query) values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" && value != "0" {
			v.Set(name, value)
		}
	}
	if q.Tab != openline.TabMine {
		v.Set("tab", string(q.Tab))
	}
	set("line", strconv.FormatInt(q.Line, 10))
	set("channel", q.Channel)
	set("operator", strconv.FormatInt(q.Operator, 10))
	set("state", q.State)
	set("category", strconv.FormatInt(q.Category, 10))
	set("q", q.Text)
	return v
}

func (q query) filtered() bool {
	return q.Line != 0 || q.Channel != "" || q.Operator != 0 || q.State != "" || q.Category != 0 || q.Text != ""
}

// rowView is a conversation in the list.
type rowView struct {
	openline.Listed

	Client   person
	Line     string
	Channel  string
	Operator string // who has it; empty: nobody, or the viewer
	Says     string // the newest message that somebody wrote, not the line itself
	Waits    *wait
	StateIs  string
	At       time.Time
	Time     string
	Current  bool
	Query    string // of the address of the list, to come back to it
}

// Whose says who has the conversation or is asked to take it; empty: nobody, or several.
func (r rowView) Whose() string {
	if r.Operator == "" && r.OperatorID != 0 {
		return "you"
	}
	return r.Operator
}

// URL is the address of the conversation with the list beside it.
func (r rowView) URL() string { return talkURL(r.ID, r.Query) }

// talkURL is the address of a conversation with parameters, of which those that are empty are left out.
func talkURL(id int64, params ...string) string {
	to := URL + strconv.FormatInt(id, 10)
	if p := strings.Join(slices.DeleteFunc(params, func(s string) bool { return s == "" }), "&"); p != "" {
		to += "?" + p
	}
	return to
}

// listView is the list with its head.
type listView struct {
	query

	Tabs       []ui.Tab
	Rows       []rowView
	Next       string // the address of more rows; empty: there are none
	Hits       []hitView
	NextHits   string // the address of more of them; empty: there are none
	Counts     openline.Counts
	Lines      []ui.Option
	Channels   []ui.Option
	Operators  []ui.Option
	States     []ui.Option
	Categories []ui.Option // empty: there are none
	Paused     bool
	Since      time.Time
	Operates   bool // the viewer answers in a line
	Queue      bool // they may look at the queue
	Current    int64
	Query      string // what the list shows, as parameters
}

// listOf reads the list that a request asks for.
func (h pages) listOf(ctx context.Context, r *web.Request, sc openline.Scope, current int64) (v listView, err error) {
	v = listView{query: readQuery(r), States: stateOptions, Current: current, Queue: sc.Supervises(), Operates: len(sc.Lines) > 0}
	v.Query = v.values().Encode()
	if sc.Supervises() {
		h.Conversations.Watch(sc.UserID)
	}
	if v.Counts, err = h.Conversations.Counts(ctx, sc); err != nil {
		return v, err
	}
	if v.Paused, v.Since, err = h.Conversations.Paused(ctx, sc.UserID); err != nil {
		return v, err
	}
	v.setTabs()
	lines, err := h.Lines.All(ctx)
	if err != nil {
		return v, err
	}
	channels, err := h.Connectors(ctx)
	if err != nil {
		return v, err
	}
	if err := h.setFilters(ctx, &v, sc, lines, channels); err != nil {
		return v, err
	}
	if v.Before == 0 {
		if err := h.fill(ctx, r, &v, sc, lines, channels); err != nil {
			return v, err
		}
	}
	if v.Text != "" && v.After == (openline.Cursor{}) {
		return v, h.find(ctx, r, &v, sc, lines)
	}
	return v, nil
}

func (v *listView) setTabs() {
	for _, t := range []struct {
		tab   openline.Tab
		title string
		n     int64
	}{{openline.TabMine, "Mine", v.Counts.Mine}, {openline.TabWaiting, "Waiting", v.Counts.Waiting}, {openline.TabAll, "All", 0}} {
		q := v.query
		q.Tab, q.After = t.tab, openline.Cursor{}
		to := URL
		if p := q.values().Encode(); p != "" {
			to += "?" + p
		}
		v.Tabs = append(v.Tabs, ui.Tab{Title: t.title, URL: to, Current: v.Tab == t.tab, Count: int(t.n)})
	}
}

// setFilters offers what the list can be narrowed to.
func (h pages) setFilters(ctx context.Context, v *listView, sc openline.Scope, lines []line.Line, channels map[string]string) error {
	v.Lines = []ui.Option{{Value: "0", Title: "Any line"}}
	for _, l := range lines {
		if !l.Temporary && (sc.Reach.All || slices.Contains(sc.Lines, l.ID)) {
			v.Lines = append(v.Lines, ui.Option{Value: strconv.FormatInt(l.ID, 10), Title: l.Name})
		}
	}
	v.Channels = []ui.Option{{Value: "", Title: "Any channel"}}
	for _, code := range slices.Sorted(maps.Keys(channels)) {
		v.Channels = append(v.Channels, ui.Option{Value: code, Title: channels[code]})
	}
	all, err := h.categories(ctx)
	if err != nil {
		return err
	}
	if len(all) > 0 {
		v.Categories = categoryOptions(all, v.Category, "Any category")
	}
	if v.Tab != openline.TabAll {
		return nil // elsewhere it is the viewer or nobody
	}
	v.Operators = []ui.Option{{Value: "0", Title: "Anybody"}}
	ids := slices.Clone(sc.Reach.UserIDs)
	for _, l := range lines {
		if sc.Reach.All || slices.Contains(sc.Lines, l.ID) {
			queue, err := h.Lines.Queue(ctx, l)
			if err != nil {
				return err
			}
			for _, o := range queue {
				if !slices.Contains(ids, o.UserID) {
					ids = append(ids, o.UserID)
				}
			}
		}
	}
	who, err := h.people(ctx, ids...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		v.Operators = append(v.Operators, ui.Option{Value: strconv.FormatInt(id, 10), Title: who(id).Name})
	}
	slices.SortStableFunc(v.Operators[1:], func(a, b ui.Option) int { return strings.Compare(a.Title, b.Title) })
	return nil
}

// fill reads the rows.
func (h pages) fill(ctx context.Context, r *web.Request, v *listView, sc openline.Scope, lines []line.Line, channels map[string]string) error {
	q := openline.ListQuery{
		Scope: sc, Tab: v.Tab, LineID: v.Line, Connector: v.Channel, OperatorID: v.Operator, State: openline.State(v.State), CategoryID: v.Category, After: v.After,
	}
	if v.Text != "" {
		found, err := h.Users.List(ctx, user.Query{Kinds: []user.Kind{user.Visitor}, Search: v.Text, Sort: user.FieldID, Descending: true, Limit: mostClients})
		if err != nil {
			return err
		}
		q.ClientIDs = make([]int64, 0, len(found))
		for _, u := range found {
			q.ClientIDs = append(q.ClientIDs, u.ID)
		}
	}
	found, more, err := h.Conversations.List(ctx, q)
	if err != nil {
		return err
	}
	if v.Rows, err = h.rows(ctx, r, found, v, lines, channels); err != nil {
		return err
	}
	if more {
		p, last := v.values(), found[len(found)-1].Place
		p.Set("after", strconv.FormatInt(last.Rank, 10)+"."+strconv.FormatInt(last.At, 10)+"."+strconv.FormatInt(last.ID, 10))
		v.Next = URL + "?" + p.Encode()
	}
	return nil
}

func (h pages) rows(ctx context.Context, r *web.Request, found []openline.Listed, v *listView, lines []line.Line, channels map[string]string) ([]rowView, error) {
	var ids []int64
	for _, f := range found {
		ids = append(ids, f.Channel.VisitorID, f.OperatorID)
	}
	said, err := h.said(ctx, found)
	if err != nil {
		return nil, err
	}
	for _, m := range said {
		ids = append(ids, m.AuthorID)
	}
	who, err := h.people(ctx, ids...)
	if err != nil {
		return nil, err
	}
	files, err := h.Chats.FilesOf(ctx, im.Previewed(slices.Collect(maps.Values(said)))...)
	if err != nil {
		return nil, err
	}
	out := make([]rowView, len(found))
	for i, f := range found {
		row := rowView{
			Listed: f, Client: who(f.Channel.VisitorID), Line: lineName(lines, f.LineID), Channel: channelName(channels, f.Channel.Connector),
			StateIs: stateWords[f.State], At: f.ClientAt, Current: f.ID == v.Current, Query: v.Query,
		}
		if row.At.IsZero() {
			row.At = f.Created
		}
		if f.OperatorID != 0 && f.OperatorID != r.Viewer.ID {
			row.Operator = who(f.OperatorID).Name
		}
		if !f.Closed {
			row.Says = sayOf(said[f.ID], files, r.Viewer.ID, f.Channel.VisitorID, who)
			if m := said[f.ID]; m.Date.After(row.At) {
				row.At = m.Date
			}
		}
		if since, ok := f.Waits(); ok {
			w := waitAt(since, r.Now)
			row.Waits = &w
		}
		out[i] = row
	}
	guests := make([]guest, len(out))
	for i := range out {
		guests[i] = guest{out[i].ChatID, out[i].Line, &out[i].Client}
	}
	return out, h.tellApart(ctx, guests)
}

// said returns what was said last in each of some conversations that the viewer may read, by the conversation: others of the same chat
// may have followed.
func (h pages) said(ctx context.Context, found []openline.Listed) (map[int64]im.Message, error) {
	var sessions, chats, upTo []int64
	for _, f := range found {
		if !f.Closed {
			sessions = append(sessions, f.ID)
		}
	}
	ends, err := h.Conversations.Ends(ctx, sessions)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		if last, over := ends[f.ID]; over {
			upTo = append(upTo, last)
		} else if !f.Closed {
			chats = append(chats, f.ChatID)
		}
	}
	newest, err := h.Chats.NewestSaid(ctx, chats)
	if err != nil {
		return nil, err
	}
	earlier, err := h.Chats.SaidUpTo(ctx, upTo)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]im.Message, len(sessions))
	for _, f := range found {
		last, over := ends[f.ID]
		if !over {
			out[f.ID] = newest[f.ChatID]
			continue
		}
		for _, m := range earlier {
			if m.ChatID == f.ChatID && m.ID <= last && m.ID > out[f.ID].ID {
				out[f.ID] = m
			}
		}
	}
	return out, nil
}

func sayOf(m im.Message, files map[int64]im.File, viewer, client int64, who func(int64) person) string {
	text := m.Preview(bbcode.Options{}, files)
	switch m.AuthorID {
	case 0, client:
		return text
	case viewer:
		return "You: " + text
	}
	return who(m.AuthorID).Name + ": " + text
}

func lineName(lines []line.Line, id int64) string {
	i := slices.IndexFunc(lines, func(l line.Line) bool { return l.ID == id })
	if i < 0 {
		return "Deleted line"
	}
	return lines[i].Name
}

func channelName(names map[string]string, code string) string {
	if n := names[code]; n != "" {
		return n
	}
	return code
}

// rowsFragment answers /channels/rows: the list, for a page that is open already; with after= only the rows that follow.
func (h pages) rowsFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	sc, err := h.Conversations.Scope(ctx, r.Viewer.Ref())
	if err != nil {
		return nil, err
	}
	v, err := h.listOf(ctx, r, sc, r.Int("current", 0))
	if err != nil {
		return nil, err
	}
	html, err := r.Render("channels/lines", v)
	if err != nil {
		return nil, err
	}
	return web.JSON{Value: map[string]any{"html": html, "mine": v.Counts.Mine, "waiting": v.Counts.Waiting, "forMe": v.Counts.ForMe}}, nil
}

// counter answers /channels/counter: what stands in the rail.
func (h pages) counter(ctx context.Context, r *web.Request) (web.Result, error) {
	n, err := h.Conversations.Counts(ctx, openline.Scope{UserID: r.Viewer.ID})
	return web.JSON{Value: map[string]any{"id": nav, "count": n.ForMe}}, err
}

// Filtered reports whether the list is narrowed.
func (v listView) Filtered() bool { return v.filtered() }

// Filters reports whether it is narrowed by more than words.
func (v listView) Filters() bool {
	q := v.query
	q.Text = ""
	return q.filtered()
}

// LineValue is the chosen line, as the form says it.
func (v listView) LineValue() string { return strconv.FormatInt(v.Line, 10) }

// CategoryValue is the chosen category, as the form says it.
func (v listView) CategoryValue() string { return strconv.FormatInt(v.Category, 10) }

// OperatorValue is the chosen operator, as the form says it.
func (v listView) OperatorValue() string { return strconv.FormatInt(v.Operator, 10) }
