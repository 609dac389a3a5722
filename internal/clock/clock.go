// Package clock gives the rest of the program its time, so that a test or a portal on virtual time can set it.
package clock

import "time"

// Clock tells the time and makes timers. Everything that reads the time or waits takes one.
type Clock interface {
	// Now returns the current time.
	Now() time.Time
	// NewTimer returns a timer that sends the time on its channel after d.
	NewTimer(d time.Duration) Timer
}

// Timer is a single wait. Stop releases it; after Stop its channel may still hold one value.
type Timer interface {
	C() <-chan time.Time
	Stop() bool
}

// System is the machine's clock.
type System struct{}

var _ Clock = System{}

// Now returns time.Now.
func (System) Now() time.Time { return time.Now() }

// NewTimer returns a timer of package time.
func (System) NewTimer(d time.Duration) Timer { return systemTimer{time.NewTimer(d)} }

type systemTimer struct{ t *time.Timer }

func (t systemTimer) C() <-chan time.Time { return t.t.C }
func (t systemTimer) Stop() bool          { return t.t.Stop() }
