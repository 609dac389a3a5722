package statweb

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/stat"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// maxDays is the longest time that is shown at once.
const maxDays = 1100

// periods are the times to choose from.
var periods = []ui.Option{
	{Value: "today", Title: "Today"},
	{Value: "yesterday", Title: "Yesterday"},
	{Value: "7", Title: "Last 7 days"},
	{Value: "30", Title: "Last 30 days"},
	{Value: "90", Title: "Last 90 days"},
	{Value: "month", Title: "This month"},
	{Value: "last-month", Title: "Last month"},
	{Value: "365", Title: "Last 365 days"},
	{Value: "days", Title: "From … to …"},
}

const defaultPeriod = "7"

// filters are what the form of the page says.
type filters struct {
	Period, From, To, Line, Channel, Operator string

	Periods, Lines, Channels, Operators []ui.Option
	Errors                              map[string]string

	days []time.Time // the beginnings of the days, in the viewer's zone
	end  time.Time
	lineNames,
	channelNames map[string]string
	categoryNames map[int64]string
}

// filter reads the form, and says what is to be counted. Where a field is wrong, Errors says so and nothing is to be counted.
func (h pages) filter(ctx context.Context, r *web.Request) (filters, stat.Filter, error) {
	f := filters{
		Period: cmp.Or(r.FormValue("period"), defaultPeriod), From: r.FormValue("from"), To: r.FormValue("to"), Line: r.FormValue("line"),
		Channel: r.FormValue("channel"), Operator: r.FormValue("operator"), Periods: periods, Errors: map[string]string{},
	}
	reach, err := h.Desk.Reach(ctx, r.Viewer.Ref())
	if err != nil {
		return f, stat.Filter{}, err
	}
	if err := h.choices(ctx, &f, reach); err != nil {
		return f, stat.Filter{}, err
	}
	f.setDays(r.Now.In(r.Viewer.Zone()))
	q := stat.Filter{Connector: f.Channel}
	if !reach.All {
		q.Within = reach.UserIDs
	}
	if len(f.days) > 0 {
		q.From, q.To = f.days[0], f.end
	}
	q.LineID = f.number("line", f.Line, f.Lines)
	q.OperatorID = f.number("operator", f.Operator, f.Operators)
	if f.Channel != "" && !offered(f.Channels, f.Channel) {
		f.Errors["channel"] = "Choose a channel of the list."
	}
	return f, q, nil
}

func offered(list []ui.Option, value string) bool {
	return slices.ContainsFunc(list, func(o ui.Option) bool { return o.Value == value })
}

// number reads the choice of a list.
func (f *filters) number(name, value string, list []ui.Option) int64 {
	if value == "" {
		return 0
	}
	id, err := strconv.ParseInt(value, 10, 64)
	if err != nil || !offered(list, value) {
		f.Errors[name] = "Choose one of the list."
		return 0
	}
	return id
}

// choices fills the lists.
func (h pages) choices(ctx context.Context, f *filters, reach line.Reach) error {
	lines, err := h.Desk.Lines(ctx)
	if err != nil {
		return err
	}
	f.lineNames = map[string]string{}
	f.Lines = []ui.Option{{Title: "All"}}
	for _, l := range lines {
		id := strconv.FormatInt(l.ID, 10)
		f.lineNames[id] = l.Name
		f.Lines = append(f.Lines, ui.Option{Value: id, Title: l.Name})
	}
	if f.channelNames, err = h.Desk.Channels(ctx); err != nil {
		return err
	}
	if f.categoryNames, err = h.Desk.Categories(ctx); err != nil {
		return err
	}
	connectors, err := h.Stats.Connectors(ctx)
	if err != nil {
		return err
	}
	f.Channels = []ui.Option{{Title: "All"}}
	for _, c := range connectors {
		f.Channels = append(f.Channels, ui.Option{Value: c, Title: f.channel(c)})
	}
	return h.operators(ctx, f, reach)
}

func (h pages) operators(ctx context.Context, f *filters, reach line.Reach) error {
	ids := reach.UserIDs
	if reach.All {
		var err error
		if ids, err = h.Desk.Operators(ctx); err != nil {
			return err
		}
	}
	who, err := h.Desk.People(ctx, ids)
	if err != nil {
		return err
	}
	for id, p := range who {
		f.Operators = append(f.Operators, ui.Option{Value: strconv.FormatInt(id, 10), Title: p.Name})
	}
	slices.SortFunc(f.Operators, func(a, b ui.Option) int { return cmp.Or(cmp.Compare(a.Title, b.Title), cmp.Compare(a.Value, b.Value)) })
	f.Operators = slices.Insert(f.Operators, 0, ui.Option{Title: "All"})
	return nil
}

func (f *filters) channel(id string) string { return cmp.Or(f.channelNames[id], id) }

func (f *filters) category(id int64) string {
	return cmp.Or(f.categoryNames[id], "Category "+strconv.FormatInt(id, 10))
}

func (f *filters) line(id int64) string {
	return cmp.Or(f.lineNames[strconv.FormatInt(id, 10)], "Line "+strconv.FormatInt(id, 10)+", deleted")
}

// setDays decides which days are shown; now is in the viewer's zone.
func (f *filters) setDays(now time.Time) {
	midnight := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, now.Location())
	}
	today := midnight(now)
	first, last := today, today
	switch f.Period {
	case "today":
	case "yesterday":
		first = today.AddDate(0, 0, -1)
		last = first
	case "month":
		first = today.AddDate(0, 0, 1-today.Day())
	case "last-month":
		last = today.AddDate(0, 0, -today.Day())
		first = last.AddDate(0, 0, 1-last.Day())
	case "7", "30", "90", "365":
		n, _ := strconv.Atoi(f.Period)
		first = today.AddDate(0, 0, 1-n)
	case "days":
		first, last = f.date("from", f.From, now.Location()), f.date("to", f.To, now.Location())
		switch {
		case len(f.Errors) > 0:
			return
		case last.Before(first):
			f.Errors["to"] = "The last day comes before the first."
			return
		case last.Sub(first) > maxDays*24*time.Hour:
			f.Errors["from"] = "Choose at most " + strconv.Itoa(maxDays) + " days."
			return
		}
	default:
		f.Errors["period"] = "Choose a time of the list."
		return
	}
	for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
		f.days = append(f.days, d)
	}
	f.end = last.AddDate(0, 0, 1)
}

func (f *filters) date(name, value string, zone *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, value, zone)
	if err != nil || t.Year() < 1970 || t.Year() > 9000 {
		f.Errors[name] = "Write a day, e.g. 2026-11-23."
	}
	return t
}

// query is the form as the end of an address.
func (f *filters) query() string {
	v := url.Values{}
	for name, value := range map[string]string{"period": f.Period, "line": f.Line, "channel": f.Channel, "operator": f.Operator} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if f.Period == "days" {
		v.Set("from", f.From)
		v.Set("to", f.To)
	}
	return v.Encode()
}
