package event

import "time"

// State is what has become of a delivery.
type State int64

// The states of a delivery.
const (
	Pending State = 0 // not sent yet
	Sent    State = 1 // the handler took it
	Dead    State = 2 // failed too often and put aside; it can be put back
)

// String returns "pending", "sent" or "dead".
func (s State) String() string {
	switch s {
	case Pending:
		return "pending"
	case Sent:
		return "sent"
	case Dead:
		return "dead"
	}
	return "unknown"
}

// ParseState returns the state with a name.
func ParseState(name string) (State, bool) {
	for _, s := range []State{Pending, Sent, Dead} {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}

// pauseKind says by whom a lane is paused.
type pauseKind string

const (
	notPaused      pauseKind = ""
	pausedByPerson pauseKind = "person" // until a person resumes it
	pausedByItself pauseKind = "failed" // it failed for long; tried again now and then
)

// Pause is why a handler gets nothing now.
type Pause struct {
	At     time.Time
	By     int64 // who paused it; 0 for nobody, or the command line
	Failed bool  // it paused itself after a long time of failures, and is tried again at Lane.NextAt
}
