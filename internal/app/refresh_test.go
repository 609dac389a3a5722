package app_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

// refreshes exchanges a token, or fails the test.
func (b *bench) refreshes(c app.Created, token string) app.Grant {
	b.t.Helper()
	g, err := b.Refresh(b.t.Context(), c.ClientID, c.ClientSecret, token)
	if err != nil {
		b.t.Fatal(err)
	}
	return g
}

func TestASecondRefreshWithinAMinuteGetsTheSamePair(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		old := b.issue(c.ID, ben.ID)
		first := b.refreshes(c, old.RefreshToken)
		b.clock.Advance(time.Minute)
		second := b.refreshes(c, old.RefreshToken)
		if second.AccessToken != first.AccessToken || second.RefreshToken != first.RefreshToken || !second.Expires.Equal(first.Expires) {
			t.Errorf("%+v, then %+v: want the same pair", first, second)
		}
		if second.ExpiresIn != 59*time.Minute || second.UserID != ben.ID || !slices.Equal(second.Scopes, c.Scopes) {
			t.Errorf("the second grant is %+v", second)
		}
		third := b.refreshes(c, second.RefreshToken)
		if third.RefreshToken == second.RefreshToken {
			t.Error("the pair of the second refresh cannot be renewed")
		}
		want := []app.Race{{UserID: ben.ID, Kind: app.AtOnce, Times: 1, Last: b.clock.Now()}}
		if got := b.races(c.ID); !slices.Equal(got, want) {
			t.Errorf("races %+v, want %+v", got, want)
		}
	})
}

func (b *bench) races(appID int64) []app.Race {
	b.t.Helper()
	races, err := b.Races(b.t.Context(), appID)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := range races {
		races[i].Last = races[i].Last.UTC()
	}
	return races
}

func TestALateWorkerIsLedToTheNewestPair(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		old := b.issue(c.ID, ben.ID)
		newest := b.refreshes(c, b.refreshes(c, old.RefreshToken).RefreshToken)
		if got := b.refreshes(c, old.RefreshToken); got.RefreshToken != newest.RefreshToken || got.AccessToken != newest.AccessToken {
			t.Errorf("%+v, want the pair that can still be renewed", got)
		}
	})
}

func TestARefreshTokenIsRefusedAfterTheMinute(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		old := b.issue(c.ID, ben.ID)
		now := b.refreshes(c, old.RefreshToken)
		b.clock.Advance(time.Minute + time.Microsecond)
		for range 3 {
			_, err := b.Refresh(t.Context(), c.ClientID, c.ClientSecret, old.RefreshToken)
			wantErr(t, "a token used more than a minute ago", err, app.ErrGrant)
		}
		if _, err := b.byToken(now.AccessToken); err != nil {
			t.Errorf("the pair in use: %v", err)
		}
		want := []app.Race{{UserID: ben.ID, Kind: app.Late, Times: 3, Last: b.clock.Now()}}
		if got := b.races(c.ID); !slices.Equal(got, want) {
			t.Errorf("races %+v, want %+v", got, want)
		}
		if n := b.audited("APP_TOKEN_RACE", "ReportBot came again with a refresh token"); n != 1 {
			t.Errorf("the audit log tells of it %d times a day, want once", n)
		}
		b.clock.Advance(25 * time.Hour)
		_, err := b.Refresh(t.Context(), c.ClientID, c.ClientSecret, old.RefreshToken)
		wantErr(t, "a day later", err, app.ErrGrant)
		if n := b.audited("APP_TOKEN_RACE", "ReportBot came again with a refresh token"); n != 2 {
			t.Errorf("the audit log tells of it %d times in two days, want twice", n)
		}
	})
}

// audited returns how many entries of a type the audit log has whose text begins so.
func (b *bench) audited(kind, text string) (n int) {
	b.t.Helper()
	err := b.db.Read(b.t.Context(), func(tx *db.Tx) error {
		n = 0
		rows, err := tx.Query(b.t.Context(), "SELECT description FROM audit_entry WHERE type = ? AND module = 'app'", kind)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var d string
			if err := rows.Scan(&d); err != nil {
				return err
			}
			if strings.HasPrefix(d, text) {
				n++
			}
		}
		return rows.Err()
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestTheGraceGivesNothingThatWasTakenBack(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c, other := b.create(botForm()), b.create(botForm())
		old := b.issue(c.ID, ben.ID)
		b.refreshes(c, old.RefreshToken)
		_, err := b.Refresh(t.Context(), other.ClientID, other.ClientSecret, old.RefreshToken)
		wantErr(t, "another application", err, app.ErrGrant)
		_, err = b.Refresh(t.Context(), c.ClientID, "guess", old.RefreshToken)
		wantErr(t, "a wrong secret", err, app.ErrClient)
		if _, err := b.Disallow(t.Context(), ben, c.ID); err != nil {
			t.Fatal(err)
		}
		_, err = b.Refresh(t.Context(), c.ClientID, c.ClientSecret, old.RefreshToken)
		wantErr(t, "after Ben took the tokens back", err, app.ErrGrant)

		old = b.issue(c.ID, ben.ID)
		b.refreshes(c, old.RefreshToken)
		b.people.dismiss(ben.ID)
		_, err = b.Refresh(t.Context(), c.ClientID, c.ClientSecret, old.RefreshToken)
		wantErr(t, "after Ben was dismissed", err, app.ErrGrant)
	})
}

// TestManyProcessesRefreshAtOnce has many workers of one application, on two servers over one database, find their token expired
// at once: all get the same pair, and the one that is stored last works.
func TestManyProcessesRefreshAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.RunPair(t, []db.Schema{app.Schema(), audit.Schema()}, func(t *testing.T, here, there *db.DB) {
		b := newBench(t, here)
		second := newBench(t, there)
		c := b.create(botForm())
		token := b.issue(c.ID, ben.ID).RefreshToken
		for range 3 { // the pair of one race is what the next one starts from
			var mu sync.Mutex
			var wg sync.WaitGroup
			got := map[string]int{}
			for i := range 16 {
				s := []*bench{b, second}[i%2]
				wg.Go(func() {
					g, err := s.Refresh(t.Context(), c.ClientID, c.ClientSecret, token)
					if err != nil {
						t.Errorf("worker %d: %v", i, err)
						return
					}
					mu.Lock()
					defer mu.Unlock()
					got[g.AccessToken+" "+g.RefreshToken]++
				})
			}
			wg.Wait()
			if len(got) != 1 {
				t.Fatalf("%d different pairs, want one", len(got))
			}
			for pair := range got {
				access, refresh, _ := strings.Cut(pair, " ")
				if _, err := second.byToken(access); err != nil {
					t.Errorf("the new access token: %v", err)
				}
				token = refresh
			}
		}
		if races := b.races(c.ID); len(races) != 1 || races[0].Times != 45 {
			t.Errorf("races %+v, want 45 repeats", races)
		}
	})
}

func TestADismissedPersonsTokensDoNotComeBack(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		g := b.issue(c.ID, ben.ID)
		b.people.dismiss(ben.ID)
		if err := b.db.Write(t.Context(), func(tx *db.Tx) error { return b.DismissTx(t.Context(), tx, ben.ID) }); err != nil {
			t.Fatal(err)
		}
		_, err := b.byToken(g.AccessToken)
		wantErr(t, "while dismissed", err, app.ErrUserRefused)
		b.people.hire(ben.ID)
		_, err = b.byToken(g.AccessToken)
		wantErr(t, "back again", err, app.ErrTokenExpired)
		_, err = b.Refresh(t.Context(), c.ClientID, c.ClientSecret, g.RefreshToken)
		wantErr(t, "a refresh", err, app.ErrGrant)
		if _, err := b.byToken(b.auth(c.ID, ben.ID)["access_token"]); err != nil {
			t.Errorf("tokens of a new event: %v", err)
		}
	})
}
