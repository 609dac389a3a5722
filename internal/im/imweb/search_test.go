package imweb_test

import (
	"bytes"
	"net/http"
	"net/url"
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

// TestSearchesAreNarrowed writes what narrows a search among its words.
func TestSearchesAreNarrowed(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(noon)
	b := newBench(t, clk)
	g := b.group("Spring catalogue", 1, 2)
	b.say(g.ID, 2, "budget of Ben")
	b.say(g.ID, 1, "budget of Anna")
	clk.Advance(48 * time.Hour)
	b.say(b.private(1, 3).ID, 3, "budget of Cleo, see https://example.com/")
	b.say(b.private(2, 3).ID, 3, "budget that is secret")
	for q, want := range map[string]string{
		"budget":                         "Ben Anna Cleo",
		"budget from:ben":                "Ben",
		"from:@BEN":                      "Ben",
		"budget from:me":                 "Anna",
		`from:"Cleo Marsh"`:              "Cleo",
		`budget in:"spring catalogue"`:   "Ben Anna",
		"in:cleo budget":                 "Cleo",
		"in:chat" + num(g.ID):            "Ben Anna",
		"budget before:2026-03-10":       "Ben Anna",
		"budget after:2026-03-11":        "Cleo",
		"on:2026-03-12 budget":           "Cleo",
		"has:link":                       "Cleo",
		"from:ben in:spring has:file":    "",
		"budget from:nobody":             "",
		"in:elsewhere budget":            "",
		"after:yesterday budget of anna": "",
	} {
		for _, path := range []string{"/online/hits?q=", "/online/find?q=", "/search?q="} {
			page := b.anna.get(path + url.QueryEscape(q)).is(http.StatusOK).body
			for _, name := range []string{"Ben", "Anna", "Cleo"} {
				found := strings.Contains(strings.NewReplacer("<mark>", "", "</mark>", "").Replace(page), "budget of "+name)
				if found != strings.Contains(want, name) {
					t.Errorf("%s%s: found what %s wrote: %v", path, q, name, found)
				}
			}
			if strings.Contains(page, "secret") {
				t.Errorf("%s%s finds what others said", path, q)
			}
		}
	}
	b.anna.get("/online/hits?q=from:nobody").has("Nobody is called “nobody”.")
	b.anna.get("/online/find?q=in:elsewhere").has("You have no chat called “elsewhere”.")
}

func TestSearchesAreSaved(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2)
	b.anna.post("/online/save-search", "q", "budget", "author", "2", "chat", "chat"+num(g.ID), "files", "on").is(http.StatusSeeOther)
	const query = "author=2&amp;chat=chat"
	page := b.anna.get("/online/search").is(http.StatusOK)
	page.has("budget from Ben Ode in Spring with files", `href="/online/search?`+query+num(g.ID)+"&amp;files=on&amp;q=budget")
	b.ben.get("/online/search").lacks("budget from Ben")
	_, rest, _ := strings.Cut(page.body, `action="/online/forget-search"`)
	_, rest, _ = strings.Cut(rest, `name="id" value="`)
	saved, _, _ := strings.Cut(rest, `"`)
	b.ben.post("/online/forget-search", "id", saved).is(http.StatusNotFound)
	b.anna.post("/online/forget-search", "id", saved, "back", "q=x").is(http.StatusSeeOther)
	b.anna.get("/online/search").lacks("budget from Ben")
	b.anna.post("/online/save-search").is(http.StatusUnprocessableEntity)
	b.cleo.post("/online/save-search", "q", "x", "chat", "chat"+num(g.ID)).is(http.StatusNotFound)
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
