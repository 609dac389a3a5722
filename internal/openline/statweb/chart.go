package statweb

import (
	"math"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/openline/stat"
)

// chart is columns of an SVG. Widths are parts of 100 of the room that it gets, so that texts keep their form.
type chart struct {
	ID, Title, Summary string
	Columns            []column
	Lines              []rule
	Labels             []label
	Legend             []legend
	Head               []string // of the table that says the same
	Rows               [][]string
}

// column is one place of the axis.
type column struct {
	X, Width, BarX, BarWidth string // with the % sign
	Title                    string
	Parts                    []part
}

type part struct {
	Y, Height int
	Class     string
}

type rule struct {
	Y    int
	Text string
}

type label struct{ X, Text string }

type legend struct{ Class, Text string }

const (
	chartHeight = 140 // px
	mostLabels  = 6
)

// place is what is known of a place of the axis.
type place struct {
	name, short string
	parts       []float64
	cells       []string // of the table
}

// draw fills a chart: classes are those of the parts, from the bottom up.
func (c *chart) draw(places []place, classes []string, digits int) {
	top := 0.0
	for _, p := range places {
		sum := 0.0
		for _, v := range p.parts {
			sum += v
		}
		top = max(top, sum)
	}
	top = roundUp(top, digits)
	for _, at := range []float64{0, top / 2, top} {
		c.Lines = append(c.Lines, rule{Y: chartHeight - int(at/top*chartHeight), Text: strconv.FormatFloat(math.Round(at*100)/100, 'f', -1, 64)})
	}
	step := 100 / float64(len(places))
	every := (len(places) + mostLabels - 1) / mostLabels
	for i, p := range places {
		x := float64(i) * step
		col := column{X: percent(x), Width: percent(step), BarX: percent(x + step*.12), BarWidth: percent(step * .76), Title: p.name}
		y := float64(chartHeight)
		for n, v := range p.parts {
			h := v / top * chartHeight
			if v > 0 {
				from, to := int(math.Round(y-max(h, 1))), int(math.Round(y))
				col.Parts = append(col.Parts, part{Y: from, Height: max(to-from, 1), Class: classes[n]})
			}
			y -= h
		}
		c.Columns = append(c.Columns, col)
		if i%every == 0 {
			c.Labels = append(c.Labels, label{X: percent(x + step/2), Text: p.short})
		}
		c.Rows = append(c.Rows, p.cells)
	}
}

func percent(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) + "%" }

// roundUp returns a good end of an axis whose half is a good number as well.
func roundUp(v float64, digits int) float64 {
	low := math.Pow(10, -float64(digits)) * 2
	if v <= low {
		return low
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 4, 6, 8, 10} {
		if m*unit >= v && (m > 1 || unit > 1) {
			return m * unit
		}
	}
	return 10 * unit
}

// byDay shows the conversations of each day by what became of them.
func byDay(days []time.Time, hours []stat.Hour) *chart {
	c := &chart{
		ID: "days", Title: "Conversations by day", Head: []string{"Day", "Conversations", "Answered", "Missed", "Others"},
		Legend: []legend{{"stat-answered", "Answered"}, {"stat-missed", "Missed"}, {"stat-other", "Others: open, led by a bot, spam"}},
	}
	places := make([]place, len(days))
	for i, n := range sumDays(days, hours) {
		other := n.Began - n.Answered - n.Missed
		name := days[i].Format("Mon, 2 Jan 2006")
		places[i] = place{
			name:  name + ": " + count(n.Began) + " (" + strconv.FormatInt(n.Answered, 10) + " answered, " + strconv.FormatInt(n.Missed, 10) + " missed)",
			short: days[i].Format("2 Jan"), parts: []float64{float64(n.Answered), float64(n.Missed), float64(max(other, 0))},
			cells: []string{name, digits(n.Began), digits(n.Answered), digits(n.Missed), digits(other)},
		}
	}
	c.draw(places, []string{"stat-answered", "stat-missed", "stat-other"}, 0)
	c.Summary = busiest(places)
	return c
}

// busiest says in words where a chart is highest.
func busiest(places []place) string {
	best, most := -1, 0.0
	for i, p := range places {
		sum := 0.0
		for _, v := range p.parts {
			sum += v
		}
		if sum > most {
			best, most = i, sum
		}
	}
	if best < 0 {
		return "There is nothing to show."
	}
	return "The most: " + places[best].name + "."
}

// sumDays adds the hours of each day up. Days and hours come in their order.
func sumDays(days []time.Time, hours []stat.Hour) []stat.Hour {
	out := make([]stat.Hour, len(days))
	at := 0
	for _, h := range hours {
		for at+1 < len(days) && !h.At.Before(days[at+1]) {
			at++
		}
		out[at].Began += h.Began
		out[at].Answered += h.Answered
		out[at].Missed += h.Missed
		out[at].Busy += h.Busy
	}
	return out
}

// sumHours adds the hours of the same time of the day up, in a zone.
func sumHours(hours []stat.Hour, zone *time.Location) (out [24]stat.Hour) {
	for _, h := range hours {
		o := &out[h.At.In(zone).Hour()]
		o.Began += h.Began
		o.Answered += h.Answered
		o.Missed += h.Missed
		o.Busy += h.Busy
	}
	return out
}

// byHour shows at which time of the day clients come.
func byHour(hours []stat.Hour, zone *time.Location) *chart {
	c := &chart{
		ID: "hours", Title: "Conversations by the hour they began", Head: []string{"Hour", "Conversations", "Answered", "Missed", "Others"},
		Legend: []legend{{"stat-answered", "Answered"}, {"stat-missed", "Missed"}, {"stat-other", "Others"}},
	}
	places := make([]place, 24)
	for i, n := range sumHours(hours, zone) {
		other := max(n.Began-n.Answered-n.Missed, 0)
		places[i] = place{
			name: clock(i) + ": " + count(n.Began), short: clock(i), parts: []float64{float64(n.Answered), float64(n.Missed), float64(other)},
			cells: []string{clock(i), digits(n.Began), digits(n.Answered), digits(n.Missed), digits(other)},
		}
	}
	c.draw(places, []string{"stat-answered", "stat-missed", "stat-other"}, 0)
	c.Summary = busiest(places)
	return c
}

// byLoad shows how many conversations go on at once over the day.
func byLoad(hours []stat.Hour, zone *time.Location, days int) *chart {
	c := &chart{
		ID: "load", Title: "Conversations at once, over the day", Head: []string{"Hour", "At once, on average"},
		Legend: []legend{{"stat-load", "Conversations that operators answer in, on average of the days"}},
	}
	places := make([]place, 24)
	for i, n := range sumHours(hours, zone) {
		v := float64(n.Busy) / 60 / float64(max(days, 1))
		text := average(v)
		places[i] = place{name: clock(i) + ": " + text + " at once", short: clock(i), parts: []float64{v}, cells: []string{clock(i), text}}
	}
	c.draw(places, []string{"stat-load"}, 2)
	c.Summary = busiest(places)
	return c
}

// average writes how many go on at once: to hundredths where it is less than one, so that little is not nothing.
func average(v float64) string {
	if v > 0 && v < 0.995 {
		return strconv.FormatFloat(max(v, 0.01), 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

func clock(hour int) string {
	if hour < 10 {
		return "0" + strconv.Itoa(hour) + ":00"
	}
	return strconv.Itoa(hour) + ":00"
}

func digits(n int64) string { return strconv.FormatInt(n, 10) }

func count(n int64) string {
	if n == 1 {
		return "1 conversation"
	}
	return digits(n) + " conversations"
}
