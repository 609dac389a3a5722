package imweb_test

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

// lateFrame is what a frame may take before it counts as late: half a frame more than a sixtieth of a second.
const lateFrame = 25 * time.Millisecond

// BenchmarkScroll scrolls up through a conversation in Chromium, as messages come in from the server, and reports the frames that were drawn
// and those of them that came late (lateFrame after the one before): turned by the wheel as people do, at a brisk 3,000 px and at 6,000 px a
// second, where the browser moves what is drawn by itself; and moved by a script in every frame, which waits for the page's own thread
// each time, by 100 px and by 300 px.
func BenchmarkScroll(b *testing.B) {
	for _, speed := range []int64{3000, 6000} {
		b.Run("wheel/"+num(speed), func(b *testing.B) { scroll(b, 3000, func(p page) { turn(p, speed) }) })
	}
	for _, by := range []struct{ step, size int64 }{{100, 3000}, {300, 10_000}} {
		b.Run("script/"+num(by.step), func(b *testing.B) { scroll(b, by.size, func(p page) { fling(b, p, by.step) }) })
	}
}

// scroll reports the frames of what move does in a conversation of size messages.
func scroll(b *testing.B, size int64, move func(page)) {
	bench := newBench(b, clock.System{})
	talk(b, bench, size)
	var seen frames
	ctx, cancel := chromedp.NewContext(browser(b), chromedp.WithNewBrowserContext(), chromedp.WithListener(seen.hear))
	b.Cleanup(cancel)
	p := page{b, ctx, bench.server.URL}
	call(p, network.SetCookie, network.SetCookieParams{Name: "portico_session", Value: bench.anna.token, URL: p.url}) // opens the tab
	p.do(chromedp.EmulateViewport(1440, 900))
	for b.Loop() {
		p.do(chromedp.Navigate(p.url + "/online/2"))
		p.until(`document.title.includes("Ben Ode") && ` + body + `.at(-1).startsWith("message ` + num(size-1) + `")`)
		seen.whole = make(chan struct{})
		call(p, tracing.Start, tracing.StartParams{TraceConfig: &tracing.TraceConfig{IncludedCategories: []string{"disabled-by-default-devtools.timeline.frame", "devtools.timeline.frame"}}})
		move(p)
		call(p, tracing.End, cdp.Empty{})
		<-seen.whole
	}
	b.ReportMetric(float64(seen.drawn)/float64(b.N), "drawn")
	b.ReportMetric(float64(seen.late)/float64(b.N), "late")
}

// talk fills Anna's conversation with Ben.
func talk(b *testing.B, bench *bench, size int64) {
	c := bench.private(1, 2)
	bench.write(func(ctx context.Context, tx *db.Tx) error {
		for i := range size {
			m := im.NewMessage{ChatID: c.ID, AuthorID: 1 + i/3%2, Text: "message " + num(i) + strings.Repeat(" of some words", int(i%5))}
			if _, err := bench.im.SendTx(ctx, tx, m); err != nil {
				return err
			}
		}
		return nil
	})
	if _, err := bench.im.Read(b.Context(), 1, c.ID, 0); err != nil {
		b.Fatal(err)
	}
}

// turn turns the wheel up for 48,000 px, at speed px a second.
func turn(p page, speed int64) {
	for range 6 {
		call(p, input.SynthesizeScrollGesture, input.SynthesizeScrollGestureParams{X: 900, Y: 400, YDistance: 8000, Speed: speed, GestureSourceType: "mouse"})
	}
}

// fling moves the conversation by step px in every frame to its first message.
func fling(b *testing.B, p page, step int64) {
	p.run(`window.there = false
		const box = document.querySelector("[data-scroll]")
		const up = () => {
			if (document.querySelector(".msg[data-id]").innerText.includes("message 0\n") && box.scrollTop <= -(box.scrollHeight - box.clientHeight) + 2) return (window.there = true)
			box.scrollTop -= ` + strconv.FormatInt(step, 10) + `
			requestAnimationFrame(up)
		}
		requestAnimationFrame(up)`)
	for deadline := time.Now().Add(5 * time.Minute); !eval[bool](p, `window.there`); p.do(chromedp.Sleep(200 * time.Millisecond)) {
		if time.Now().After(deadline) {
			b.Fatal("the first message was not reached")
		}
	}
}

// frames counts what the browser says in its trace of the frames that it has drawn.
type frames struct {
	mu          sync.Mutex
	at          []int64 // µs
	drawn, late int
	whole       chan struct{}
}

func (f *frames) hear(e any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch e := e.(type) {
	case *tracing.EventDataCollected:
		for _, v := range e.Value {
			var event struct {
				Name string `json:"name"`
				At   int64  `json:"ts"`
			}
			if json.Unmarshal([]byte(v), &event) == nil && event.Name == "DrawFrame" {
				f.at = append(f.at, event.At)
			}
		}
	case *tracing.EventTracingComplete:
		slices.Sort(f.at)
		for i := 1; i < len(f.at); i++ {
			if f.at[i]-f.at[i-1] > lateFrame.Microseconds() {
				f.late++
			}
		}
		f.drawn += len(f.at)
		f.at = nil
		close(f.whole)
	}
}
