package openline_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

// listed reads a list page by page, two conversations each.
func (b *bundle) listed(q openline.ListQuery) (out []int64) {
	b.t.Helper()
	q.Limit = 2
	for {
		page, more, err := b.List(b.t.Context(), q)
		b.must(err)
		for _, l := range page {
			out = append(out, l.ID)
		}
		if !more {
			return out
		}
		q.After = page[len(page)-1].Place
	}
}

func (b *bundle) lists(what string, q openline.ListQuery, want ...int64) {
	b.t.Helper()
	if got := b.listed(q); !slices.Equal(got, want) {
		b.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestTheLists(t *testing.T) {
	t.Parallel()
	with(t, func(l *line.Line) { l.MaxChat = 2 }, func(b *bundle) {
		ctx := b.t.Context()
		var at []openline.Received
		for _, name := range []string{"Vera", "Igor", "Olga", "Petr", "Nina", "Lev"} {
			at = append(at, b.client(name, "Hello"))
		}
		v := func(i int) int64 { return at[i].SessionID }
		// Anna and Boris are asked by turns until both are full; Nina and Lev wait.
		anna := openline.Scope{UserID: b.anna, Lines: []int64{b.support.ID}, Reach: line.Reach{UserIDs: []int64{b.anna}}}
		mine := openline.ListQuery{Scope: anna, Tab: openline.TabMine}
		b.lists("what Anna is asked", mine, v(0), v(2))
		waiting := openline.ListQuery{Scope: anna, Tab: openline.TabWaiting}
		b.lists("who waits", waiting, v(0), v(1), v(2), v(3), v(4), v(5))
		b.must(b.say(b.anna, at[0].ChatID, "Hello, Vera"))
		b.lists("who is answered comes last", mine, v(2), v(0))
		b.lists("who waits still", waiting, v(1), v(2), v(3), v(4), v(5))
		b.must(b.SetPinned(ctx, b.anna, at[0].ChatID, true))
		b.lists("what is pinned comes first", mine, v(0), v(2))
		b.must(b.SetPinned(ctx, b.anna, at[0].ChatID, false))
		b.lists("and not any more", mine, v(2), v(0))
		one := waiting
		one.ClientIDs = []int64{at[4].VisitorID}
		b.lists("one client", one, v(4))
		one.ClientIDs = []int64{}
		b.lists("no client", one)
		foreign := waiting
		foreign.LineID = b.support.ID + 1
		b.lists("a line that is not hers", foreign)
		all := openline.ListQuery{Scope: anna, Tab: openline.TabAll}
		b.lists("hers, and what goes on in her line", all, v(5), v(4), v(3), v(2), v(1), v(0))
		all.Lines = nil
		b.lists("all that are hers", all, v(2), v(0))
		all.Reach = line.Reach{UserIDs: []int64{b.anna, b.boris}}
		b.lists("those of two", all, v(3), v(2), v(1), v(0))
		all.Reach = line.Reach{All: true}
		b.lists("everybody's", all, v(5), v(4), v(3), v(2), v(1), v(0))
		all.State, all.OperatorID = openline.StateActive, b.anna
		b.lists("what Anna answers", all, v(0))
		n, err := b.Counts(ctx, anna)
		b.must(err)
		if n != (openline.Counts{Mine: 2, ForMe: 1, Waiting: 5}) {
			b.t.Errorf("%+v", n)
		}
	})
}

// TestColleaguesConversationsAreListed tells operators of what goes on in their lines: what colleagues have is closed to them until they join.
func TestColleaguesConversationsAreListed(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		ctx := b.t.Context()
		var at []openline.Received
		for _, name := range []string{"Vera", "Igor", "Olga", "Petr"} {
			at = append(at, b.client(name, "Hello"))
		}
		q := openline.ListQuery{Scope: openline.Scope{UserID: b.anna, Lines: []int64{b.support.ID}, Reach: line.Reach{UserIDs: []int64{b.anna}}}, Tab: openline.TabAll}
		closed := func(what string, want ...int64) {
			t.Helper()
			all, _, err := b.List(ctx, q)
			b.must(err)
			var got []int64
			for _, l := range all {
				if l.Closed {
					got = append(got, l.ID)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: closed are %v, want %v", what, got, want)
			}
		}
		closed("nobody has any yet")
		b.must(b.Answer(ctx, b.anna, at[0].ChatID))
		b.must(b.Answer(ctx, b.boris, at[1].ChatID))
		b.must(b.Answer(ctx, b.boris, at[3].ChatID))
		closed("Boris has two", at[3].SessionID, at[1].SessionID)
		b.must(b.Join(ctx, b.anna, at[3].ChatID))
		closed("she has joined one", at[1].SessionID)
		q.OperatorID = b.boris
		b.lists("those of Boris", q, at[3].SessionID, at[1].SessionID)
		q.OperatorID = 0
		b.must(b.FinishAny(ctx, b.boris, at[1].ChatID))
		b.lists("what has ended is not hers to know", q, at[3].SessionID, at[2].SessionID, at[0].SessionID)
		q.LineID = b.support.ID + 1
		b.lists("another line", q)
		q.LineID, q.Lines = 0, nil
		b.lists("she answers nowhere any more", q, at[2].SessionID, at[0].SessionID)
		for id := range int64(30) {
			q.Lines = append(q.Lines, id+1)
		}
		b.lists("she answers in many lines", q, at[3].SessionID, at[2].SessionID, at[0].SessionID)
		q.Reach = line.Reach{All: true}
		closed("who may read all")
	})
}

func TestWhoSeesAConversation(t *testing.T) {
	t.Parallel()
	const me, other = 1, 2
	own := line.Reach{UserIDs: []int64{me}}
	for _, c := range []struct {
		name  string
		scope openline.Scope
		v     openline.Session
		asked []int64
		want  bool
	}{
		{"one's own", openline.Scope{UserID: me, Reach: own}, openline.Session{State: openline.StateClosed, OperatorID: me}, nil, true},
		{"one is asked", openline.Scope{UserID: me, Reach: own}, openline.Session{State: openline.StateOffered, LineID: 9}, []int64{other, me}, true},
		{"the queue of one's line", openline.Scope{UserID: me, Lines: []int64{9}, Reach: own}, openline.Session{State: openline.StateWaiting, LineID: 9}, nil, true},
		{"the queue of another line", openline.Scope{UserID: me, Lines: []int64{8}, Reach: own}, openline.Session{State: openline.StateWaiting, LineID: 9}, nil, false},
		{"a colleague's", openline.Scope{UserID: me, Lines: []int64{9}, Reach: own}, openline.Session{State: openline.StateActive, LineID: 9, OperatorID: other}, nil, false},
		{"a colleague's, by right", openline.Scope{UserID: me, Reach: line.Reach{UserIDs: []int64{me, other}}}, openline.Session{State: openline.StateActive, OperatorID: other}, nil, true},
		{"nobody's, over", openline.Scope{UserID: me, Lines: []int64{9}, Reach: own}, openline.Session{State: openline.StateClosed, LineID: 9}, nil, false},
		{"nobody's, by right", openline.Scope{UserID: me, Reach: line.Reach{All: true}}, openline.Session{State: openline.StateClosed}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.scope.Sees(c.v, c.asked); got != c.want {
				t.Errorf("seen: %v", got)
			}
		})
	}
}

func TestSpamIsTakenBack(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		ctx := b.t.Context()
		r := b.client("Vera", "Buy!")
		b.must(b.Spam(ctx, b.anna, r.ChatID))
		if err := b.say(b.anna, r.ChatID, "Sorry"); !errors.Is(err, openline.ErrSpam) {
			b.t.Errorf("written to somebody who is blocked: %v", err)
		}
		b.must(b.Unblock(ctx, b.anna, r.ChatID))
		if err := b.Unblock(ctx, b.anna, r.ChatID); !errors.Is(err, openline.ErrWrongState) {
			b.t.Errorf("unblocked twice: %v", err)
		}
		if on, err := b.Blocked(ctx, r.VisitorID); on || err != nil {
			b.t.Errorf("blocked: %v, %v", on, err)
		}
		next := b.client("Vera", "A question, really")
		if !next.Began {
			b.t.Errorf("the client is not heard: %+v", next)
		}
	})
}

func TestWhatALineWouldDo(t *testing.T) {
	t.Parallel()
	with(t, func(l *line.Line) { l.MaxChat = 1 }, func(b *bundle) {
		ctx := b.t.Context()
		b.client("Vera", "Hello")
		p, err := b.PreviewOf(ctx, b.support.ID, nil)
		b.must(err)
		if !slices.Equal(p.Chosen, []int64{b.boris}) || p.Operators[0].Why != openline.WhyFull || p.Operators[0].Load != 1 {
			b.t.Errorf("%+v", p)
		}
		p, err = b.PreviewOf(ctx, b.support.ID, map[int64]openline.Assumed{b.boris: {Online: false}})
		b.must(err)
		if len(p.Chosen) != 0 || p.Operators[1].Why != openline.WhyOffline {
			b.t.Errorf("with Boris away: %+v", p)
		}
		p, err = b.PreviewOf(ctx, b.support.ID, map[int64]openline.Assumed{b.anna: {Online: true}, b.boris: {Online: true, Paused: true}})
		b.must(err)
		if !slices.Equal(p.Chosen, []int64{b.anna}) || p.Operators[1].Why != openline.WhyPaused {
			b.t.Errorf("with Anna free: %+v", p)
		}
	})
}

func TestWhatOperatorsSayOfAClient(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		ctx := b.t.Context()
		r := b.client("Vera", "Hello")
		if err := b.SetKnown(ctx, r.VisitorID, openline.Known{}); !errors.Is(err, openline.ErrClientName) {
			b.t.Errorf("no name: %v", err)
		}
		if err := b.SetKnown(ctx, r.VisitorID, openline.Known{FirstName: "Vera", Email: "at home"}); !errors.Is(err, openline.ErrClientEmail) {
			b.t.Errorf("no address: %v", err)
		}
		b.must(b.SetKnown(ctx, r.VisitorID, openline.Known{FirstName: "Vera", LastName: "Lind", Email: "vera@example.com", Phone: "+46 8 1"}))
		users, err := b.users.Many(ctx, []int64{r.VisitorID})
		b.must(err)
		if u := users[r.VisitorID]; u.DisplayName() != "Vera Lind" || u.Email != "vera@example.com" || u.Mobile != "+46 8 1" {
			b.t.Errorf("%+v", u)
		}
		c, err := b.im.Get(ctx, b.anna, r.ChatID)
		b.must(err)
		if c.Title != "Vera Lind - Support" {
			b.t.Errorf("the chat is called %q", c.Title)
		}
	})
}

func TestWaits(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		v    openline.Session
		want time.Time
	}{
		{openline.Session{State: openline.StateWaiting, Queued: at}, at},
		{openline.Session{State: openline.StateOffered, Queued: at.Add(time.Minute), WaitingSince: at}, at},
		{openline.Session{State: openline.StateActive, WaitingSince: at}, at},
		{openline.Session{State: openline.StateActive, Queued: at}, time.Time{}},
		{openline.Session{State: openline.StateBot, WaitingSince: at}, time.Time{}},
		{openline.Session{State: openline.StateClosed, WaitingSince: at}, time.Time{}},
	} {
		if got, ok := c.v.Waits(); !got.Equal(c.want) || ok == c.want.IsZero() {
			t.Errorf("%+v waits since %v, %v", c.v, got, ok)
		}
	}
}
