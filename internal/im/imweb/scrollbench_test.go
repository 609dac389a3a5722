package imweb_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

// BenchmarkScroll scrolls up through a conversation in Chromium, as fast as a person flings it (100 px in every frame, 6,000 a second) and
// three times as fast, and reports the frames that the browser drew, those that it dropped by its own trace, and those that came more
// than half a frame late.
func BenchmarkScroll(b *testing.B) {
	for _, by := range []struct {
		step string // px in a frame
		size int64  // messages
	}{{"100", 3000}, {"300", 10_000}} {
		b.Run(by.step+"px", func(b *testing.B) { scroll(b, by.step, by.size) })
	}
}

func scroll(b *testing.B, step string, size int64) {
	bench := newBench(b, clock.System{})
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
	var drawn, dropped atomic.Int64
	whole := make(chan struct{}, 1)
	ctx, cancel := chromedp.NewContext(browser(b), chromedp.WithNewBrowserContext(), chromedp.WithListener(func(e any) {
		switch e := e.(type) {
		case *tracing.EventDataCollected:
			for _, v := range e.Value {
				switch text := string(v); {
				case strings.Contains(text, `"name":"DroppedFrame"`):
					dropped.Add(1)
				case strings.Contains(text, `"name":"DrawFrame"`):
					drawn.Add(1)
				}
			}
		case *tracing.EventTracingComplete:
			whole <- struct{}{}
		}
	}))
	b.Cleanup(cancel)
	p := page{b, ctx, bench.server.URL}
	call(p, network.SetCookie, network.SetCookieParams{Name: "portico_session", Value: bench.anna.token, URL: p.url}) // opens the tab
	p.do(chromedp.EmulateViewport(1440, 900))
	frames, late := 0, 0
	for b.Loop() {
		p.do(chromedp.Navigate(p.url + "/online/2"))
		p.until(`document.title.includes("Ben Ode") && ` + body + `.at(-1).startsWith("message ` + num(size-1) + `")`)
		call(p, tracing.Start, tracing.StartParams{TraceConfig: &tracing.TraceConfig{IncludedCategories: []string{"disabled-by-default-devtools.timeline.frame", "devtools.timeline.frame"}}})
		p.run(`window.frames = 0; window.late = 0; window.there = false
			const box = document.querySelector("[data-scroll]")
			let last
			const up = (now) => {
				window.frames++
				if (now - last > 25) window.late++
				last = now
				if (document.querySelector(".msg[data-id]").innerText.includes("message 0\n") && box.scrollTop <= -(box.scrollHeight - box.clientHeight) + 2) return (window.there = true)
				box.scrollTop -= ` + step + `
				requestAnimationFrame(up)
			}
			requestAnimationFrame(up)`)
		deadline := time.Now().Add(5 * time.Minute)
		for !eval[bool](p, `window.there`) && time.Now().Before(deadline) {
			p.do(chromedp.Sleep(200 * time.Millisecond))
		}
		call(p, tracing.End, cdp.Empty{})
		<-whole
		frames += eval[int](p, `window.frames`)
		late += eval[int](p, `window.late`)
	}
	b.ReportMetric(float64(frames)/float64(b.N), "frames")
	b.ReportMetric(float64(late)/float64(b.N), "late")
	b.ReportMetric(float64(drawn.Load())/float64(b.N), "drawn")
	b.ReportMetric(float64(dropped.Load())/float64(b.N), "dropped")
}
