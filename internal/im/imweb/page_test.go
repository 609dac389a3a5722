package imweb_test

import (
	"net/http"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
)

func TestSmoke(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	c := b.private(1, 2)
	b.say(c.ID, 2, "hello [send=x]y[/send]")
	a := b.anna.get("/online/2").is(http.StatusOK)
	t.Log(a.body)
}
