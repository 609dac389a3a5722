package imweb_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
)

func TestMessagesAreFound(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(noon)
	b := newBench(t, clk)
	g := b.group("Spring", 1, 2)
	long := strings.Repeat("words before it ", 20)
	old := b.say(g.ID, 2, long+"the [b]Budget[/b] of <spring>")
	clk.Advance(48 * time.Hour)
	private := b.say(b.private(1, 3).ID, 3, "Café budgets, see https://example.com/")
	b.say(b.private(2, 3).ID, 3, "a secret budget")

	a := b.anna.get("/online/search?q=budget").is(http.StatusOK)
	a.has(`href="/online/chat`+num(g.ID)+`?m=`+num(old.ID)+`"`, `href="/online/3?m=`+num(private.ID)+`"`, "<mark>Budget</mark> of &lt;spring&gt;", "<mark>budgets</mark>",
		"in Spring", "…").lacks("a secret")
	b.anna.get("/online/search?q=cafe").has("<mark>Café</mark>")
	b.anna.get("/online/hits?q=budget&author=3").has("budgets").lacks("Budget</mark> of")
	b.anna.get("/online/hits?q=budget&until=2026-03-10").has("Budget</mark> of").lacks("budgets")
	b.anna.get("/online/hits?q=budget&from=2026-03-11").has("budgets").lacks("Budget</mark> of")
	b.anna.get("/online/hits?q=budget&links=on").has("budgets").lacks("Budget</mark> of")
	b.anna.get("/online/search?chat=chat"+num(g.ID)+"&q=budget").has("Search in Spring", "Budget</mark> of")
	b.anna.get("/online/hits?chat=chat"+num(g.ID)+"&q=budget").has("Budget</mark> of").lacks("budgets", "in Spring</span>")
	b.anna.get("/online/hits?q=zzzz").is(http.StatusOK).has("Nothing found")
	b.anna.get("/online/search?q=!!").is(http.StatusOK).has("Nothing found")
	b.cleo.get("/online/search?chat=chat" + num(g.ID) + "&q=budget").is(http.StatusNotFound).lacks("Budget")
	b.cleo.get("/online/hits?chat=chat" + num(g.ID) + "&q=budget").is(http.StatusNotFound)

	// The list's own search and the palette find messages too.
	b.anna.get("/online/find?q=budget").has("Messages", "<mark>budgets</mark>", `href="/online/search?q=budget" data-slider`)
	b.anna.get("/search?q=budget").has(`href="/online/3?m=` + num(private.ID) + `"`).lacks("a secret")

	// Many are read page by page, each once.
	for range 70 {
		b.say(g.ID, 1, "lorem ipsum")
	}
	seen, path := 0, "/online/hits?q=lorem"
	for path != "" {
		body := b.anna.get(path).is(http.StatusOK).body
		seen += strings.Count(body, `class="im-hit"`)
		_, rest, more := strings.Cut(body, `class="im-more" href="`)
		if path = ""; more {
			path, _, _ = strings.Cut(rest, `"`)
			path = strings.ReplaceAll(path, "&amp;", "&")
		}
	}
	if seen != 70 {
		t.Errorf("%d of 70 found", seen)
	}
}

func TestFilesAreFound(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2)
	n, err := b.files.Upload(t.Context(), file.Actor{UserID: 1}, g.ID, "figures.csv", bytes.NewReader([]byte("a,b\n1,2\n")))
	if err != nil {
		t.Fatal(err)
	}
	b.send(im.NewMessage{ChatID: g.ID, AuthorID: 1, Text: "here", Files: []int64{n.ID}})
	b.say(g.ID, 1, "see https://example.com/x")
	b.anna.get("/online/hits?chat=chat"+num(g.ID)+"&files=on").is(http.StatusOK).has("figures.csv", "8 B").lacks("example.com")
	b.anna.get("/online/side?tab=files&dialog=chat"+num(g.ID)).is(http.StatusOK).has("figures.csv", `href="/file/`+num(n.ID)+`/"`)
	b.anna.get("/online/side?tab=links&dialog=chat" + num(g.ID)).is(http.StatusOK).has("https://example.com/x").lacks("figures.csv")
}
