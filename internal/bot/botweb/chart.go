package botweb

import (
	"math"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/event"
)

// The chart of latency: a bar for each delivery, the newest at the right.
const (
	chartBars   = 60
	chartHeight = 96
	barWidth    = 10 // with the gap beside it
)

// chart is the latency of deliveries as bars of an SVG. Heights are logarithmic: 10 ms and 10 s are both to be seen.
type chart struct {
	Width, Height int
	Bars          []bar
	Lines         []line
	Summary       string // for those who do not see it
}

type bar struct {
	X, Y, Width, Height int
	Class               string
	URL                 string
	Title               string
}

type line struct {
	Y    int
	Text string
}

// level returns how high a time stands, from 0 to 1: 1 ms at the bottom, 30 s, when a handler is given up, at the top.
func level(d time.Duration) float64 {
	const low, high = float64(time.Millisecond), float64(30 * time.Second)
	x := math.Log(max(float64(d), low)/low) / math.Log(high/low)
	return min(max(x, 0), 1)
}

// chartOf draws deliveries, which come the newest first.
func chartOf(list []event.Sending) *chart {
	var tried []event.Sending
	for _, d := range list {
		if d.Attempts > 0 && len(tried) < chartBars {
			tried = append(tried, d)
		}
	}
	if len(tried) == 0 {
		return nil
	}
	slices.Reverse(tried)
	c := &chart{Width: chartBars * barWidth, Height: chartHeight}
	left := c.Width - len(tried)*barWidth
	failed := 0
	for i, d := range tried {
		height := max(int(level(d.Took)*chartHeight), 3)
		b := bar{X: left + i*barWidth, Y: chartHeight - height, Width: barWidth - 3, Height: height, Class: "bot-bar", URL: deliveryURL(d.ID)}
		b.Title = d.Event + ", " + words(d.Took)
		if d.State != event.Sent {
			failed++
			b.Class, b.Title = "bot-bar bot-bar-failed", d.Event+" failed after "+words(d.Took)
		}
		c.Bars = append(c.Bars, b)
	}
	for _, at := range []time.Duration{10 * time.Millisecond, 100 * time.Millisecond, time.Second, 10 * time.Second} {
		c.Lines = append(c.Lines, line{Y: chartHeight - int(level(at)*chartHeight), Text: words(at)})
	}
	s := speedOf(tried)
	c.Summary = "Half of the last deliveries were answered within " + words(s.Median) + ", 95 of 100 within " + words(s.Slow) + "."
	return c
}
