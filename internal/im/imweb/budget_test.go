package imweb_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"regexp"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
)

// The budget of the page, compressed, in bytes.
const (
	mostScripts   = 40 << 10
	mostFirstView = 100 << 10
)

var (
	scriptOf = regexp.MustCompile(`(?:modulepreload" href|<script type="module" src)="([^"]+)"`)
	styleOf  = regexp.MustCompile(`<link rel="stylesheet" href="([^"]+)"`)
	spriteOf = regexp.MustCompile(`<use href="([^"#]+)#`)
)

func packed(t *testing.T, body string) int {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

// TestTheFirstViewIsSmall counts what the browser loads before it shows a conversation of fifty messages.
func TestTheFirstViewIsSmall(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2, 3)
	for i := range 60 {
		b.say(g.ID, 1+int64(i%3), "Message number "+num(int64(i))+" says something about [b]the plan[/b] for the spring, in a line or two of words.")
	}
	page := b.anna.get("/online/chat" + num(g.ID)).is(http.StatusOK).body
	sizes := map[string]int{}
	sum := func(pattern *regexp.Regexp) (n int) {
		for _, m := range pattern.FindAllStringSubmatch(page, -1) {
			if _, known := sizes[m[1]]; !known {
				sizes[m[1]] = packed(t, b.anna.get(m[1]).is(http.StatusOK).body)
				n += sizes[m[1]]
			}
		}
		return n
	}
	scripts := sum(scriptOf)
	rest := packed(t, page) + sum(styleOf) + sum(spriteOf)
	if scripts == 0 || scripts > mostScripts {
		t.Errorf("the scripts of the page are %d bytes, at most %d are meant: %v", scripts, mostScripts, sizes)
	}
	if scripts+rest > mostFirstView {
		t.Errorf("the first view is %d bytes, at most %d are meant: %v", scripts+rest, mostFirstView, sizes)
	}
	t.Logf("scripts %d bytes, the rest %d", scripts, rest)
}
