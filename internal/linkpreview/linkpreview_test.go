package linkpreview_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/linkpreview"
)

func TestAPageIsLookedUpOnceForAllWhoAsk(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.put("/plan", `<title>The plan</title><meta name="description" content="For the spring"><meta property="og:image" content="/plan.png">`)
		b.put("/plan.png", picture(t, 1280, 640))
		b.ask("/plan", 1)
		b.ask("/plan#part", 2)
		b.ask("/plan", 3)
		b.expect("before", "")
		b.work()
		b.expect("after", "/plan /plan.png", 1, 2, 3)
		p := b.preview("/plan#other")
		want := linkpreview.Preview{
			Title: "The plan", Description: "For the spring", Site: "127.0.0.1", Picture: p.Picture, Width: 640, Height: 320, Fetched: b.clock.Now(),
		}
		if p.Fetched = p.Fetched.UTC(); p != want || len(p.Picture) != 32 {
			t.Errorf("%+v", p)
		}
		kept, err := b.Picture(t.Context(), p.Picture)
		if c, _, e := image.DecodeConfig(bytes.NewReader(kept.Data)); err != nil || e != nil || c.Width != 640 || kept.Type != "image/png" {
			t.Errorf("the picture: %v, %v, %+v", err, e, c)
		}
		if _, err := b.Picture(t.Context(), "no\x00thing"); !errors.Is(err, linkpreview.ErrNoPicture) {
			t.Errorf("an unknown picture: %v", err)
		}

		b.ask("/plan", 4)
		b.work()
		b.expect("soon after", "", 4)
		b.clock.Advance(24 * time.Hour)
		b.ask("/plan", 5)
		b.work()
		b.expect("the next day", "")
		b.clock.Advance(7 * 24 * time.Hour)
		b.put("/plan", `<title>The new plan</title>`)
		b.ask("/plan", 6)
		if got := b.preview("/plan").Title; got != "The plan" {
			t.Errorf("meanwhile it is %q", got)
		}
		b.work()
		b.expect("a week later", "/plan", 6)
		if got := b.preview("/plan"); got.Title != "The new plan" || got.Picture != "" {
			t.Errorf("now it is %+v", got)
		}
		if n := b.count("SELECT COUNT(*) FROM link_ask"); n != 0 {
			t.Errorf("%d messages still wait", n)
		}
	})
}

func TestWhatLeadsToNothing(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.put("/words", "just words")
		b.put("/round", "to /round")
		b.put("/five", "to /4")
		for i := range 4 {
			b.put(fmt.Sprintf("/%d", i+1), fmt.Sprintf("to /%d", i))
		}
		b.put("/0", "<title>At last</title>")
		b.put("/own", "<title>Sign in</title>")
		b.put("/inside", "to /own")
		b.put("/script", "to javascript:alert(1)")
		b.put("/broken", `<title>T</title><meta property="og:image" content="/words">`)
		for i, c := range []struct{ path, asked, title string }{
			{"/none", "/none", ""},
			{"/words", "/words", ""},
			{"/round", "/round /round /round /round /round /round", ""},
			{"/five", "/five /4 /3 /2 /1 /0", "At last"},
			{"/own", "", ""},
			{"/inside", "/inside", ""},
			{"/script", "/script", ""},
			{"/broken", "/broken /words", "T"},
		} {
			id := int64(i + 1)
			b.ask(c.path, id)
			b.work()
			var told []int64
			if c.title != "" {
				told = []int64{id}
			}
			b.expect(c.path, c.asked, told...)
			if got := b.preview(c.path).Title; got != c.title {
				t.Errorf("%s is %q", c.path, got)
			}
		}
		b.ask("/none", 20)
		b.work()
		b.expect("asked again at once", "")
		b.clock.Advance(time.Hour)
		b.ask("/none", 21)
		b.work()
		b.expect("an hour later", "/none")
	})
}

func TestASiteThatIsAwayIsAskedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.put("/late", "away")
		b.ask("/late", 1)
		b.work()
		b.expect("at first", "/late")
		b.clock.Advance(29 * time.Second)
		b.work()
		b.expect("too early", "")
		b.clock.Advance(time.Second)
		b.work()
		b.expect("half a minute later", "/late")
		b.put("/late", "<title>Back</title>")
		b.clock.Advance(5 * time.Minute)
		b.ask("/late", 2)
		b.work()
		b.expect("five minutes later", "/late", 1, 2)

		b.clock.Advance(8 * 24 * time.Hour)
		b.put("/late", "away")
		b.ask("/late", 3)
		for range 4 {
			b.work()
			b.clock.Advance(time.Hour)
		}
		b.expect("away for good", "/late /late /late", 3)
		if got := b.preview("/late").Title; got != "Back" {
			t.Errorf("what was known is gone: %q", got)
		}
	})
}

func TestALinkToAPictureShowsIt(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.SQLite(t, schemas...))
	b.put("/a%20cat.png", "")
	b.put("/a cat.png", picture(t, 30, 20))
	b.put("/sign", `<title>T</title><link rel="icon" href="/a%20cat.png">`)
	b.put("/old.ico", string(icon(dib(32, 8, 6))))
	b.put("/old", `<title>T</title><link rel="shortcut icon" href="/old.ico">`)
	b.put("/favicon.ico", string(icon([]byte(picture(t, 40, 40)))))
	b.put("/plain", `<title>T</title><link rel=icon href=sign.svg>`)
	b.put("/bomb.png", bomb(t))
	b.put("/large.png", picture(t, 10, 10)+strings.Repeat("x", 5<<20))
	b.put("/bomb", `<title>T</title><meta property="og:image" content="/bomb.png">`)
	b.put("/large", `<title>T</title><meta property="og:image" content="/large.png">`)
	for i, c := range []struct {
		path string
		want linkpreview.Preview
	}{
		{"/a%20cat.png", linkpreview.Preview{Title: "a cat.png", Site: "127.0.0.1", Width: 30, Height: 20}},
		{"/sign", linkpreview.Preview{Title: "T", Site: "127.0.0.1", Width: 30, Height: 20, Icon: true}},
		{"/old", linkpreview.Preview{Title: "T", Site: "127.0.0.1", Width: 8, Height: 6, Icon: true}},
		{"/plain", linkpreview.Preview{Title: "T", Site: "127.0.0.1", Width: 40, Height: 40, Icon: true}},
		{"/bomb", linkpreview.Preview{Title: "T", Site: "127.0.0.1", Width: 40, Height: 40, Icon: true}},
		{"/large", linkpreview.Preview{Title: "T", Site: "127.0.0.1", Width: 40, Height: 40, Icon: true}},
	} {
		b.ask(c.path, int64(i+1))
		b.work()
		got := b.preview(c.path)
		if (got.Picture != "") != (c.want.Width > 0) {
			t.Errorf("%s: the picture is %q", c.path, got.Picture)
		}
		got.Picture, got.Fetched = "", time.Time{}
		if got != c.want {
			t.Errorf("%s: %+v", c.path, got)
		}
	}
}

// bomb is a small picture that says it is of 100,000 × 100,000 pixels.
func bomb(t testing.TB) string {
	t.Helper()
	raw := []byte(picture(t, 1, 1))
	copy(raw[16:24], []byte{0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0})
	return string(raw)
}

func TestAddressesThatAreNotAskedFor(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.SQLite(t, schemas...))
	for i, address := range []string{
		"", "/online/", "ftp://a.example/x", "https://user:secret@a.example/", "http://", "https://a.example/" + strings.Repeat("x", 2000), "://",
	} {
		err := b.db.Write(t.Context(), func(tx *db.Tx) error { return b.AskTx(t.Context(), tx, address, 7, int64(i+1)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := b.count("SELECT COUNT(*) FROM link_ask"); n != 0 {
		t.Errorf("%d of them are asked for", n)
	}
	if all, err := b.Previews(t.Context(), []string{"", "https://user:secret@a.example/"}); len(all) != 0 || err != nil {
		t.Errorf("%v, %v", all, err)
	}
}

// TestOffMeansThatNobodyIsAsked turns the looking up off with something waiting, and on again.
func TestOffMeansThatNobodyIsAsked(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.put("/plan", "<title>The plan</title>")
		b.put("/late", "away")
		b.ask("/plan", 1)
		b.ask("/late", 2)
		b.work()
		b.expect("on", "/plan /late", 1)
		b.ask("/other", 3)
		turn := func(off bool) { b.mu.Lock(); defer b.mu.Unlock(); b.off = off }
		turn(true)
		b.ask("/plan", 4)
		b.clock.Advance(time.Hour)
		b.work()
		b.expect("off", "")
		if p := b.preview("/plan"); p.Title != "" {
			t.Errorf("%+v is shown", p)
		}
		turn(false)
		b.clock.Advance(time.Hour)
		b.work()
		b.expect("on again", "")
		if p := b.preview("/plan"); p.Title != "The plan" {
			t.Errorf("%+v", p)
		}
	})
}

func TestTheQueueIsBounded(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for i := range 1300 {
				if err := b.AskTx(t.Context(), tx, fmt.Sprintf("http://127.0.0.1:1/%d", i%1200), 7, int64(i+1)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.TakeIn(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := b.count("SELECT COUNT(*) FROM link_preview WHERE due > 0"); n != 1000 {
			t.Errorf("%d addresses wait", n)
		}
		if n := b.count("SELECT COUNT(*) FROM link_ask WHERE adopted = 1"); n != 1100 {
			t.Errorf("%d messages wait", n)
		}
	})
}

func TestWhatNobodyNamesIsForgotten(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.put("/x.png", picture(t, 300, 300))
		b.put("/y.png", picture(t, 200, 300))
		b.put("/old", `<title>Old</title><meta property="og:image" content="/x.png">`)
		b.put("/named", `<title>Named</title><meta property="og:image" content="/y.png">`)
		for i, path := range []string{"/old", "/named", "/none"} {
			b.ask(path, int64(i+1))
			b.work()
		}
		sweep := func(previews, pictures int64) {
			t.Helper()
			if err := b.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if p, q := b.count("SELECT COUNT(*) FROM link_preview"), b.count("SELECT COUNT(*) FROM link_picture"); p != previews || q != pictures {
				t.Errorf("%d previews and %d pictures are kept; want %d and %d", p, q, previews, pictures)
			}
		}
		sweep(3, 2)
		b.clock.Advance(25 * time.Hour)
		sweep(2, 2)
		b.clock.Advance(100 * 24 * time.Hour)
		b.ask("/named", 4)
		b.work()
		b.clock.Advance(100 * 24 * time.Hour)
		sweep(1, 1)
	})
}

// TestRunWorksUntilItIsStopped has what waits done by itself, one page of a host after another, and left for the next process where it
// is stopped in the midst of it.
func TestRunWorksUntilItIsStopped(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.put("/a", "<title>A</title>")
		b.put("/b", "<title>B</title>")
		b.gate = make(chan struct{})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		done := make(chan struct{})
		go func() { b.Run(ctx); close(done) }()
		b.ask("/a", 1)
		b.ask("/b", 2)
		until := func(what string, ok func() bool) {
			t.Helper()
			for !ok() {
				if t.Context().Err() != nil {
					t.Fatal("never " + what)
				}
				runtime.Gosched()
			}
		}
		askedFor := func() int { b.mu.Lock(); defer b.mu.Unlock(); return len(b.asked) }
		until("asked", func() bool { return askedFor() == 1 })
		b.gate <- struct{}{}
		until("asked for the other", func() bool { return askedFor() == 2 })
		b.expect("while the other is under way", "/a /b", 1)
		stop()
		close(b.gate)
		<-done
		b.clock.Advance(2 * time.Minute)
		again := setup(t, d)
		again.clock.Set(b.clock.Now())
		again.Fetcher = b.Fetcher
		again.work()
		if _, told := again.said(); !slices.Equal(told, []int64{2}) {
			t.Errorf("after a restart told of %v", told)
		}
		if got := again.count("SELECT COUNT(*) FROM link_preview WHERE state = 1"); got != 2 {
			t.Errorf("%d pages are known", got)
		}
	})
}
