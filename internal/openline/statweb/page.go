package statweb

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/openline/stat"
	"github.com/portico-hq/portico/internal/web"
)

// view is what the page shows.
type view struct {
	Filters filters
	Query   string // of the filters, for links
	Empty   bool
	Figures []figure
	Charts  []*chart
	Ends    []end
	Rows    []operatorRow
	Lines   []lineRow
	Topics  []topicRow // empty: no conversation has a category
	Late    []lateRow
	More    bool // there are more late ones
	OnlyOwn bool // the viewer sees the numbers of some people only
}

// figure is a number with what belongs to it.
type figure struct {
	Title, Value, Beside string
}

// end is how conversations ended.
type end struct {
	Title, Text string
	Count       int64
	Share       string
}

type operatorRow struct {
	web.Person

	ID int64
	numbersRow
	AtOnce, Peak string
}

type lineRow struct {
	Line, Channel string
	numbersRow
}

// topicRow is what conversations were about.
type topicRow struct {
	Name                    string
	Began, Answered, Missed int64
	Share, Likes            string
}

// topicRows tells what conversations were about; what nobody has said comes last.
func topicRows(f *filters, report stat.Report) (out []topicRow) {
	rest := stat.Topic{Began: report.All.Began, Answered: report.All.Answered, Missed: report.All.Missed, Likes: report.All.Likes, Dislikes: report.All.Dislikes}
	row := func(name string, t stat.Topic) topicRow {
		likes := "–"
		if t.Likes+t.Dislikes > 0 {
			likes = digits(t.Likes) + " / " + digits(t.Dislikes)
		}
		return topicRow{name, t.Began, t.Answered, t.Missed, share(t.Began, report.All.Began-t.Began), likes}
	}
	for _, t := range report.Topics {
		out = append(out, row(f.category(t.CategoryID), t))
		rest.Began, rest.Answered, rest.Missed, rest.Likes, rest.Dislikes = rest.Began-t.Began, rest.Answered-t.Answered, rest.Missed-t.Missed, rest.Likes-t.Likes, rest.Dislikes-t.Dislikes
	}
	if len(out) > 0 && rest.Began > 0 {
		out = append(out, row("No category", rest))
	}
	return out
}

// numbersRow is a tally in words.
type numbersRow struct {
	Began, Answered, Missed                             int64
	First, FirstSlow, Further, FurtherSlow, Likes, Head string
	OnTime                                              string
}

type lateRow struct {
	Client, Line, Operator string
	URL                    string
	Since                  time.Time
}

// mostLate is how many late answers are shown.
const mostLate = 8

func (h pages) show(ctx context.Context, r *web.Request) (web.Page, error) {
	f, q, err := h.filter(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	v := view{Filters: f, Query: f.query(), OnlyOwn: q.Within != nil}
	if len(f.Errors) > 0 {
		p := h.page(r, v)
		p.Status = http.StatusUnprocessableEntity
		return p, nil
	}
	report, err := h.Stats.Report(ctx, q)
	if err != nil {
		return web.Page{}, err
	}
	if err := h.fill(ctx, &v, report); err != nil {
		return web.Page{}, err
	}
	v.Charts = []*chart{byDay(f.days, report.Hours), byHour(report.Hours, r.Viewer.Zone()), byLoad(report.Hours, r.Viewer.Zone(), passed(f.days, r.Now))}
	if err := h.late(ctx, &v, q); err != nil {
		return web.Page{}, err
	}
	return h.page(r, v), nil
}

// passed counts the days that have begun.
func passed(days []time.Time, now time.Time) (n int) {
	for _, d := range days {
		if !d.After(now) {
			n++
		}
	}
	return n
}

func (h pages) fill(ctx context.Context, v *view, report stat.Report) error {
	a := report.All
	v.Empty = a == stat.Tally{}
	v.Figures = figures(a)
	v.Ends, v.Topics = ends(a), topicRows(&v.Filters, report)
	var ids []int64
	for _, o := range report.Operators {
		ids = append(ids, o.OperatorID)
	}
	who, err := h.Desk.People(ctx, ids)
	if err != nil {
		return err
	}
	minutes := int64(0)
	for _, hour := range report.Hours {
		if hour.Busy > 0 {
			minutes += 60
		}
	}
	for _, o := range report.Operators {
		if o.OperatorID == 0 {
			continue // what nobody has is in the other tables
		}
		p, ok := who[o.OperatorID]
		if !ok {
			p = web.Person{Name: "Person " + digits(o.OperatorID)}
		}
		row := operatorRow{Person: p, ID: o.OperatorID, numbersRow: numbersOf(o.Tally), AtOnce: "–", Peak: "–"}
		if o.Peak > 0 {
			row.AtOnce, row.Peak = average(float64(o.Busy)/float64(max(minutes, 60))), digits(o.Peak)
		}
		v.Rows = append(v.Rows, row)
	}
	for _, l := range report.Lines {
		v.Lines = append(v.Lines, lineRow{Line: v.Filters.line(l.LineID), Channel: v.Filters.channel(l.Connector), numbersRow: numbersOf(l.Tally)})
	}
	return nil
}

func numbersOf(t stat.Tally) numbersRow {
	n := numbersRow{
		Began: t.Began, Answered: t.Answered, Missed: t.Missed, First: timeOf(t.First, 50), FirstSlow: timeOf(t.First, 90),
		Further: timeOf(t.Further, 50), FurtherSlow: timeOf(t.Further, 90), Likes: "–", Head: "–", OnTime: share(t.FirstIn+t.FurtherIn, t.FirstOut+t.FurtherOut),
	}
	if t.Likes+t.Dislikes > 0 {
		n.Likes = digits(t.Likes) + " / " + digits(t.Dislikes)
	}
	if t.Heads > 0 {
		n.Head = strconv.FormatFloat(float64(t.HeadSum)/float64(t.Heads), 'f', 1, 64)
	}
	return n
}

// share returns in as a part of in and out.
func share(in, out int64) string {
	if in+out == 0 {
		return "–"
	}
	return strconv.FormatInt((in*100+(in+out)/2)/(in+out), 10) + " %"
}

func timeOf(s stat.Spread, percent int) string {
	d, ok := s.At(percent)
	if !ok {
		return "–"
	}
	return words(d)
}

// words writes a time as a person says it.
func words(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d.Round(time.Second).Seconds())) + " s"
	case d < 10*time.Minute:
		d = d.Round(time.Second)
		return twoParts(d, time.Minute, " min", time.Second, " s")
	case d < time.Hour:
		return strconv.Itoa(int(d.Round(time.Minute)/time.Minute)) + " min"
	}
	d = d.Round(time.Minute)
	return twoParts(d, time.Hour, " h", time.Minute, " min")
}

// twoParts writes a time in two units, the smaller one only where something is left for it.
func twoParts(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	text := strconv.Itoa(int(d/large)) + largeName
	if left := d % large / small; left > 0 {
		text += " " + strconv.Itoa(int(left)) + smallName
	}
	return text
}

func figures(t stat.Tally) []figure {
	n := numbersOf(t)
	times := func(s stat.Spread) (string, string) {
		if s.Count() == 0 {
			return "–", "none yet"
		}
		return timeOf(s, 50), "9 of 10 within " + timeOf(s, 90)
	}
	first, firstSlow := times(t.First)
	further, furtherSlow := times(t.Further)
	queue, queueSlow := times(t.Queue)
	onTime := "no line wants a time"
	if t.FirstIn+t.FirstOut+t.FurtherIn+t.FurtherOut > 0 {
		onTime = "first " + share(t.FirstIn, t.FirstOut) + ", further " + share(t.FurtherIn, t.FurtherOut)
	}
	rated := "nobody has rated"
	if t.Likes+t.Dislikes > 0 {
		rated = "good " + digits(t.Likes) + ", bad " + digits(t.Dislikes)
	}
	heads := "no conversation rated"
	if t.Heads > 0 {
		heads = "of 5, " + count(t.Heads)
	}
	return []figure{
		{"Conversations", digits(t.Began), digits(t.Answered) + " answered, " + digits(t.Missed) + " missed"},
		{"First answer", first, firstSlow},
		{"Further answers", further, furtherSlow},
		{"Time in the queue", queue, queueSlow},
		{"Answered in time", n.OnTime, onTime},
		{"Clients’ ratings", share(t.Likes, t.Dislikes), rated},
		{"Supervisors’ ratings", n.Head, heads},
	}
}

func ends(t stat.Tally) []end {
	list := []end{
		{Title: "Answered", Text: "a person wrote to the client", Count: t.Answered},
		{Title: "Missed", Text: "over, and nobody had answered", Count: t.Missed},
		{Title: "Led by a bot", Text: "to the end, without a person", Count: t.Alone},
		{Title: "Closed by silence", Text: "the client did not write any more", Count: t.Silence},
		{Title: "Spam", Text: "the client is not heard any more", Count: t.Spam},
	}
	for i, e := range list {
		list[i].Share = share(e.Count, t.Began-e.Count)
	}
	return list
}

// late adds the clients who wait too long now.
func (h pages) late(ctx context.Context, v *view, q stat.Filter) error {
	list, err := h.Stats.Late(ctx, q, mostLate+1)
	if err != nil {
		return err
	}
	if v.More = len(list) > mostLate; v.More {
		list = list[:mostLate]
	}
	var ids []int64
	for _, l := range list {
		ids = append(ids, l.ClientID, l.OperatorID)
	}
	who, err := h.Desk.People(ctx, ids)
	if err != nil {
		return err
	}
	for _, l := range list {
		row := lateRow{Client: who[l.ClientID].Name, Line: v.Filters.line(l.LineID), Since: l.Since, URL: "/online/chat" + digits(l.ChatID)}
		row.Operator = who[l.OperatorID].Name
		v.Late = append(v.Late, row)
	}
	return nil
}
