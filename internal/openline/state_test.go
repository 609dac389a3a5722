package openline

import (
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/openline/line"
)

// TestMoves holds every move from every state against this table, written down once more: what is not in it cannot happen.
func TestMoves(t *testing.T) {
	t.Parallel()
	const none = State("")
	all := []Move{MoveQueue, MoveOffer, MoveTake, MoveBot, MoveFinish, MoveClose, MoveSpam}
	table := map[State][]State{ //    queue         offer         take         bot       finish        close        spam
		StateBot:     {StateWaiting, StateOffered, StateActive, StateBot, StateClosing, StateClosed, StateSpam},
		StateWaiting: {StateWaiting, StateOffered, StateActive, StateBot, StateClosing, StateClosed, StateSpam},
		StateOffered: {StateWaiting, StateOffered, StateActive, StateBot, StateClosing, StateClosed, StateSpam},
		StateActive:  {StateWaiting, StateOffered, StateActive, StateBot, StateClosing, StateClosed, StateSpam},
		StateClosing: {StateWaiting, none, StateActive, none, none, StateClosed, StateSpam},
		StateClosed:  {StateWaiting, none, StateActive, none, none, none, none},
		StateSpam:    {none, none, none, none, none, StateClosed, none},
	}
	for from, row := range table {
		for i, m := range all {
			to, ok := from.After(m)
			if to != row[i] || ok != (row[i] != none) {
				t.Errorf("%s in state %s leads to %q, want %q", m, from, to, row[i])
			}
			v := Session{State: from}
			if err := v.move(m); (err == nil) != ok || err == nil && v.State != to || err != nil && v.State != from {
				t.Errorf("%s in state %s: %v, now %s", m, from, err, v.State)
			}
		}
	}
	if len(table) != len(moves) {
		t.Errorf("the table has %d states, there are %d", len(table), len(moves))
	}
	if StateClosed.Open() || StateSpam.Open() || !StateClosing.Open() || !StateBot.Open() {
		t.Error("what is open")
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 11, 23, 9, minute, 0, 0, time.UTC) }
	anna := candidate{id: 1, active: true, online: true, given: at(5)}
	boris := candidate{id: 2, active: true, online: true, given: at(3)}
	clara := candidate{id: 3, active: true, online: true}
	with := func(c candidate, change func(c *candidate)) candidate { change(&c); return c }
	away := func(c *candidate) { c.online = false }
	rules := func(change func(s *line.Settings)) line.Line {
		l := line.Line{Settings: line.Settings{Distribution: line.Evenly, CheckAvailable: true, Counting: line.CountAnsweredNew}}
		if change != nil {
			change(&l.Settings)
		}
		return l
	}
	strictly := func(s *line.Settings) { s.Distribution = line.Strictly }
	everybody := func(s *line.Settings) { s.Distribution = line.All }
	tests := []struct {
		name  string
		line  line.Line
		all   []candidate
		tried []int64
		want  []int64
		why   []Why
	}{
		{"who never had one comes first", rules(nil), []candidate{anna, boris, clara}, nil, []int64{3}, []Why{WhyFree, WhyFree, WhyChosen}},
		{"then who waited longest", rules(nil), []candidate{anna, boris}, nil, []int64{2}, []Why{WhyFree, WhyChosen}},
		{"strictly by turn", rules(strictly), []candidate{anna, boris, clara}, nil, []int64{1}, []Why{WhyChosen, WhyFree, WhyFree}},
		{"strictly, but who had it", rules(strictly), []candidate{anna, boris}, []int64{1}, []int64{2}, []Why{WhyTried, WhyChosen}},
		{"all who are there", rules(everybody), []candidate{anna, with(boris, away), clara}, nil, []int64{1, 3}, []Why{WhyChosen, WhyOffline, WhyChosen}},
		{
			"nobody is there", rules(nil),
			[]candidate{with(anna, away), with(boris, func(c *candidate) { c.paused = true })},
			nil, nil,
			[]Why{WhyOffline, WhyPaused},
		},
		{"who is not there is asked all the same", rules(func(s *line.Settings) { s.CheckAvailable = false }), []candidate{with(anna, away)}, nil, []int64{1}, []Why{WhyChosen}},
		{
			"no more than they may have", rules(func(s *line.Settings) { s.MaxChat = 2 }),
			[]candidate{with(anna, func(c *candidate) { c.load = 2 }), with(boris, func(c *candidate) { c.load = 1 })},
			nil,
			[]int64{2},
			[]Why{WhyFull, WhyChosen},
		},
		{"who has left", rules(nil), []candidate{with(anna, func(c *candidate) { c.active = false })}, nil, nil, []Why{WhyInactive}},
		{"an empty queue", rules(nil), nil, nil, nil, []Why{}},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, why := choose(c.line, c.all, c.tried)
			reasons := []Why{}
			for _, w := range why {
				reasons = append(reasons, w.Why)
			}
			if !slices.Equal(got, c.want) || !slices.Equal(reasons, c.why) {
				t.Errorf("asked %v because %v, want %v because %v", got, reasons, c.want, c.why)
			}
		})
	}
}
