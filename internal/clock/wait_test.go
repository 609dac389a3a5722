package clock_test

import (
	"context"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
)

func TestWait(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	ready := make(chan struct{}, 1)
	ready <- struct{}{}
	if !clock.Wait(t.Context(), c, time.Hour, ready) {
		t.Error("being woken looks like the end")
	}
	if !clock.Wait(t.Context(), c, 0, nil) {
		t.Error("no time at all looks like the end")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if clock.Wait(ended, c, time.Hour, nil) || clock.Wait(ended, c, 0, nil) {
		t.Error("the end is not noticed")
	}
	if n := c.Timers(); n != 0 {
		t.Errorf("%d timers are left", n)
	}
	done := make(chan bool)
	go func() { done <- clock.Wait(t.Context(), c, time.Hour, nil) }()
	for c.Timers() == 0 { // until it waits
		select {
		case <-done:
			t.Fatal("it did not wait")
		default:
		}
	}
	c.Advance(time.Hour)
	if !<-done {
		t.Error("the time's coming looks like the end")
	}
}
