package imweb_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
)

func TestReadersOfOwnMessage(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2, 3)
	mine, theirs := b.say(g.ID, 1, "Ready?"), b.say(g.ID, 2, "Not yet")
	path := "/online/readers?id=" + num(mine.ID)
	// Ben wrote after it, so he has read it; Cleo has not looked.
	b.anna.get(path).is(http.StatusOK).has("Read by 1 of 2", "Ben").lacks("Cleo")
	if _, err := b.im.Read(t.Context(), 3, g.ID, mine.ID); err != nil {
		t.Fatal(err)
	}
	b.anna.get(path).is(http.StatusOK).has("Read by 2 of 2", "Ben", "Cleo")
	b.ben.get(path).is(http.StatusNotFound).lacks("Cleo")
	b.anna.get("/online/readers?id=" + num(theirs.ID)).is(http.StatusNotFound)
	private := b.say(b.private(1, 2).ID, 1, "Only you")
	b.anna.get("/online/readers?id=" + num(private.ID)).is(http.StatusNotFound)
	b.cleo.get("/online/readers?id=" + num(private.ID)).is(http.StatusNotFound)
}

func TestPresenceFollowsActivity(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(noon)
	b := newBench(t, clk)
	online := func(who person) []int64 {
		var v struct{ Online []int64 }
		who.get("/online/presence?ids=1,2,3,4,999,x,2").is(http.StatusOK).json(&v)
		return v.Online
	}
	b.ben.get("/online/").is(http.StatusOK)
	if got := online(b.anna); !slices.Contains(got, 2) || slices.Contains(got, 4) || slices.Contains(got, 999) {
		t.Errorf("online %v, want Ben (2), and neither the bot (4) nor nobody (999)", got)
	}
	clk.Advance(6 * time.Minute)
	if got := online(b.anna); slices.Contains(got, 2) || !slices.Contains(got, 1) {
		t.Errorf("after six silent minutes of Ben's online %v, want Anna (1) alone", got)
	}
}
