// Package browsertest gives tests a Chromium.
package browsertest

import (
	"context"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/db/dbtest"
)

// Patience bounds every wait for something on a page: a busy machine needs a good part of it.
const Patience = 60 * time.Second

// without are the parts of Chromium that tests do without: chromedp's own choice, and the pages that its windows load for their address
// bar, which nobody sees. Every context has a window of its own, and these pages cost it a second of processor time.
const without = "Translate,BlinkGenPropertyTrees,WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup"

// programs are the names that Chromium has.
var programs = []string{"chromium", "chromium-browser", "google-chrome"}

// Start returns the context of a running Chromium, in which a test opens pages of its own by chromedp.NewContext with
// chromedp.WithNewBrowserContext: then no other test sees its cookies. Tests that run at once, and want the same, share one, which ends
// with the last of them. Where there is no Chromium the test is skipped, or fails where skipping is forbidden.
//
// A flag is one of Chromium's, without the dashes, as "name" or "name=value".
func Start(t testing.TB, flags ...string) context.Context {
	t.Helper()
	path := ""
	for _, name := range programs {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		dbtest.Skip(t, "install Chromium to run this test")
	}
	key := strings.Join(flags, "\n")
	running.Lock()
	defer running.Unlock()
	b := running.browsers[key]
	if b == nil || b.ctx.Err() != nil {
		var err error
		if b, err = launch(path, flags); err != nil {
			t.Fatalf("start Chromium: %v", err)
		}
		running.browsers[key] = b
	}
	b.users++
	t.Cleanup(func() { b.leave(key) })
	return b.ctx
}

// running are the browsers of this process, by their flags.
var running = struct {
	sync.Mutex
	browsers map[string]*browser
}{browsers: map[string]*browser{}}

type browser struct {
	ctx   context.Context //nolint:containedctx // how chromedp names a browser
	end   func()
	users int
}

func launch(path string, flags []string) (*browser, error) {
	options := append(
		chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.IgnoreCertErrors, chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-features", without),
	)
	for _, f := range flags {
		if name, value, ok := strings.Cut(f, "="); ok {
			options = append(options, chromedp.Flag(name, value))
		} else {
			options = append(options, chromedp.Flag(f, true))
		}
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		stop()
		end()
		return nil, err
	}
	return &browser{ctx: ctx, end: func() { stop(); end() }}, nil
}

// leave ends the browser when nobody needs it any more.
func (b *browser) leave(key string) {
	running.Lock()
	defer running.Unlock()
	if b.users--; b.users > 0 {
		return
	}
	if running.browsers[key] == b {
		delete(running.browsers, key)
	}
	b.end()
}
