package push_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/push"
)

func TestPublishReachesEveryPageOfTheNamedUsersOnly(t *testing.T) {
	t.Parallel()
	h := push.New()
	first, cancelFirst := h.Subscribe(1)
	second, cancelSecond := h.Subscribe(1)
	other, cancelOther := h.Subscribe(2)
	defer cancelFirst()
	defer cancelSecond()
	defer cancelOther()
	h.Publish([]int64{1, 3}, "im:message", map[string]int{"id": 7})
	const want = "event: im:message\ndata: {\"id\":7}\n\n"
	if got := string(<-first); got != want {
		t.Errorf("first page got %q, want %q", got, want)
	}
	if got := string(<-second); got != want {
		t.Errorf("second page got %q, want %q", got, want)
	}
	select {
	case m := <-other:
		t.Errorf("another user's page got %q", m)
	default:
	}
}

func TestSlowPageIsCutAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	h := push.New()
	slow, cancel := h.Subscribe(1)
	defer cancel() // must not close twice
	for range 1000 {
		h.PublishAll("x", 1)
	}
	n := 0
	for range slow {
		n++
	}
	if n == 0 || n == 1000 {
		t.Errorf("the slow page got %d messages before it was cut", n)
	}
	if h.Online(1) {
		t.Error("a page that was cut still counts as open")
	}
}

func TestManyUsersReachThosePagesThatAreOpen(t *testing.T) {
	t.Parallel()
	h := push.New()
	first, cancelFirst := h.Subscribe(7)
	other, cancelOther := h.Subscribe(20_001)
	defer cancelFirst()
	defer cancelOther()
	ids := make([]int64, 10_000)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	h.Publish(ids, "x", 1)
	ids[0], ids[1] = ids[1], ids[0] // in no order
	h.Publish(ids, "x", 2)
	if len(first) != 2 || len(other) != 0 {
		t.Errorf("%d and %d hints arrived, want 2 and none", len(first), len(other))
	}
}
