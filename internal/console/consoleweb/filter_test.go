package consoleweb

import (
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/web"
)

func TestMomentsOfTheFilterAreOnTheViewersClock(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("JST", 9*60*60)
	for _, c := range []struct {
		clock12      bool
		moment, want string
	}{
		{false, "2026-03-01T14:05", "1 March 2026, 14:05"},
		{true, "2026-03-01T14:05", "1 March 2026, 2:05 pm"},
		{true, "", ""},
		{true, "yesterday", ""},
	} {
		v := web.Viewer{TimeZone: tokyo, Clock12: c.clock12}
		f, d := form{From: c.moment, Until: c.moment}, deliveryForm{From: c.moment, Until: c.moment}
		for _, got := range []string{f.FromIn(v), f.UntilIn(v), d.FromIn(v), d.UntilIn(v)} {
			if got != c.want {
				t.Errorf("%q is %q, want %q", c.moment, got, c.want)
			}
		}
	}
}
