package openline_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

var deeds = []openline.Deed{
	openline.DoKnow, openline.DoRead, openline.DoAnswer, openline.DoSkip, openline.DoTransfer, openline.DoFinish, openline.DoIntercept, openline.DoJoin,
	openline.DoPin, openline.DoSilent, openline.DoVote, openline.DoNew, openline.DoSpam, openline.DoUnblock, openline.DoRate,
}

// stand returns how somebody stands to the newest conversation of a chat.
func (b *bundle) stand(who user.Ref, chat int64) openline.Standing {
	b.t.Helper()
	s, err := b.StandingIn(b.t.Context(), who, chat)
	b.must(err)
	return s
}

// allowed are the deeds of somebody, by their names.
func (b *bundle) allowed(who user.Ref, chat int64) string {
	b.t.Helper()
	s := b.stand(who, chat)
	var out []string
	for _, d := range deeds {
		if s.May(d) {
			out = append(out, string(d))
		}
	}
	return strings.Join(out, " ")
}

// TestWhoMayDoWhat is the table of the rights: Anna has the conversation or is asked, Boris answers in the line as well, Lena may read the
// conversations of everybody, Mia was let into the chat, and Zoe has nothing to do with it.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	with(t, func(l *line.Line) { l.Distribution, l.FullClose = line.Strictly, time.Hour }, func(b *bundle) {
		ctx := b.t.Context()
		lena, mia, zoe := b.person("Lena"), b.person("Mia"), b.person("Zoe")
		people := []user.Ref{{ID: b.anna}, {ID: b.boris}, {ID: lena, Access: access.LineHistory}, {ID: mia}, {ID: zoe}, {}}
		r := b.client("Vera", "Hello")
		check := func(state openline.State, want ...string) {
			b.t.Helper()
			if v, err := b.Last(ctx, r.ChatID); err != nil || v.State != state {
				b.t.Fatalf("the conversation is %s, want %s (%v)", v.State, state, err)
			}
			for i, who := range people {
				if got := b.allowed(who, r.ChatID); got != want[i] {
					b.t.Errorf("%s, person %d may %q\nwant %q", state, i, got, want[i])
				}
			}
		}
		b.must(b.Join(ctx, mia, r.ChatID))
		const lead = "know read answer transfer finish intercept join pin silent new spam"
		check(openline.StateOffered, "know read answer skip transfer finish intercept join pin silent new spam",
			lead, lead, "know read answer join pin silent", "", "")

		b.must(b.Answer(ctx, b.anna, r.ChatID))
		check(openline.StateActive, "know read answer skip transfer finish intercept join pin silent vote new spam",
			"know transfer finish intercept join new spam", "know read transfer finish intercept join pin silent new spam", "know read join pin silent", "", "")

		b.must(b.Finish(ctx, b.anna, r.ChatID))
		check(openline.StateClosing, "know read answer intercept join pin silent new spam",
			"know answer intercept join new spam", "know read answer intercept join pin silent new spam", "know read answer join pin silent", "", "")

		b.pass(2 * time.Hour)
		check(openline.StateClosed, "know read new", "", "know read new rate", "know read new", "", "")

		r = b.client("Igor", "Buy!")
		b.must(b.Join(ctx, mia, r.ChatID))
		b.must(b.Spam(ctx, b.anna, r.ChatID))
		check(openline.StateSpam, "know read unblock", "", "know read unblock rate", "know read unblock", "", "")
	})
}

// TestWhyItIsNotAllowed asks for what cannot be done.
func TestWhyItIsNotAllowed(t *testing.T) {
	t.Parallel()
	with(t, func(l *line.Line) { l.Distribution = line.Strictly }, func(b *bundle) {
		ctx := b.t.Context()
		anna, boris := user.Ref{ID: b.anna}, user.Ref{ID: b.boris}
		r := b.client("Vera", "Hello")
		refused := func(who user.Ref, d openline.Deed, want error) {
			b.t.Helper()
			if err := b.stand(who, r.ChatID).Allow(d); !errors.Is(err, want) {
				b.t.Errorf("%s: %v, want %v", d, err, want)
			}
		}
		refused(boris, openline.DoSkip, openline.ErrNotYours)
		refused(boris, openline.DoVote, openline.ErrWrongState)
		refused(boris, openline.DoUnblock, openline.ErrWrongState)
		refused(boris, "dance", openline.ErrWrongState)
		refused(boris, openline.DoSort, openline.ErrWrongState) // the line has no categories
		refused(boris, openline.DoRate, openline.ErrNoAccess)
		refused(user.Ref{ID: b.anna, Admin: true}, openline.DoRate, openline.ErrNoAccess) // nobody rates themselves
		refused(user.Ref{ID: b.boris, Admin: true}, openline.DoRate, openline.ErrWrongState)
		b.must(b.Answer(ctx, b.anna, r.ChatID))
		refused(boris, openline.DoAnswer, openline.ErrTaken)
		refused(boris, openline.DoRead, openline.ErrNotYours)
		refused(boris, openline.DoPin, openline.ErrNotYours)
		b.must(b.Finish(ctx, b.anna, r.ChatID))
		refused(anna, openline.DoFinish, openline.ErrOver)
		refused(anna, openline.DoJoin, openline.ErrOver)
		refused(boris, openline.DoJoin, openline.ErrNoAccess)
		old := r.SessionID
		r = b.client("Vera", "Once more")
		b.must(b.Spam(ctx, b.anna, r.ChatID))
		refused(anna, openline.DoNew, openline.ErrSpam)
		earlier, err := b.Standing(ctx, anna, old)
		b.must(err)
		if err := earlier.Allow(openline.DoSpam); !errors.Is(err, openline.ErrOver) || earlier.Last {
			b.t.Errorf("an earlier one: %v", err)
		}
		if _, err := b.Standing(ctx, anna, 4711); !errors.Is(err, openline.ErrNoSession) {
			b.t.Errorf("none: %v", err)
		}
	})
}

// TestWhoReadsOnFromTheNewest lets who is asked to take a conversation read those before it with the same client, and nobody else.
func TestWhoReadsOnFromTheNewest(t *testing.T) {
	t.Parallel()
	with(t, func(l *line.Line) { l.Distribution = line.Strictly }, func(b *bundle) {
		ctx := b.t.Context()
		boris := user.Ref{ID: b.boris}
		first := b.client("Vera", "Hello")
		b.must(b.Answer(ctx, b.anna, first.ChatID))
		b.must(b.Finish(ctx, b.anna, first.ChatID))
		may := func() bool {
			s, err := b.Standing(ctx, boris, first.SessionID)
			b.must(err)
			return s.May(openline.DoRead)
		}
		if may() {
			b.t.Error("Boris reads what Anna has finished")
		}
		b.client("Vera", "Once more")
		if !may() {
			b.t.Error("Boris could take the new one, and does not see what was before")
		}
	})
}

// TestTheScope tells which lines and conversations are somebody's to see.
func TestTheScope(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		other, err := b.lines.Add(b.t.Context(), user.Ref{}, func(l *line.Line) error { l.Name = "Sales"; return nil })
		b.must(err)
		zoe := b.person("Zoe")
		for _, c := range []struct {
			who   user.Ref
			lines []int64
			all   bool
			sup   bool
		}{
			{user.Ref{ID: b.anna}, []int64{b.support.ID}, false, false},
			{user.Ref{ID: zoe}, nil, false, false},
			{user.Ref{ID: zoe, Admin: true}, []int64{b.support.ID, other.ID}, true, true},
			{user.Ref{ID: zoe, Access: access.LineHistory}, []int64{b.support.ID, other.ID}, true, true},
			{user.Ref{ID: zoe, Access: access.ManageLines}, nil, false, false},
		} {
			sc, err := b.Scope(b.t.Context(), c.who)
			b.must(err)
			if !slices.Equal(sc.Lines, c.lines) || sc.Reach.All != c.all || sc.Supervises() != c.sup || sc.UserID != c.who.ID {
				b.t.Errorf("%+v sees %+v, want %+v", c.who, sc, c)
			}
		}
	})
}
