package user_test

import (
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/user"
)

func TestLinkSetsAPasswordOnce(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		u := b.create(user.NewUser{Login: "anna"})
		link := func() string {
			token, err := b.users.NewLink(ctx, u.ID)
			if err != nil {
				b.Fatal(err)
			}
			return token
		}
		old, token := link(), link()
		_, err := b.users.UseLink(ctx, old, "correct horse")
		b.want(err, "LINK_OVER")
		_, err = b.users.UseLink(ctx, token, "short")
		b.want(err, "PASSWORD_SHORT")
		if whose, err := b.users.LinkOf(ctx, token); err != nil || whose.ID != u.ID {
			b.Errorf("the link is of %d, %v", whose.ID, err)
		}
		var wg sync.WaitGroup
		results := make(chan error, 4)
		for range 4 {
			wg.Go(func() {
				_, err := b.users.UseLink(ctx, token, "correct horse")
				results <- err
			})
		}
		wg.Wait()
		used := 0
		for range 4 {
			if <-results == nil {
				used++
			}
		}
		if used != 1 {
			b.Errorf("the link was used %d times", used)
		}
		if _, err := b.users.SignIn(ctx, "anna", "correct horse", "", ""); err != nil {
			b.Errorf("sign-in with the new password: %v", err)
		}
		token = link()
		b.clock.Advance(7 * 24 * time.Hour)
		_, err = b.users.LinkOf(ctx, token)
		b.want(err, "LINK_OVER")
		token = link()
		if _, err := b.users.Update(ctx, u.ID, user.Change{Active: new(false)}); err != nil {
			b.Fatal(err)
		}
		_, err = b.users.UseLink(ctx, token, "correct horse")
		b.want(err, "LINK_OVER")
		_, err = b.users.NewLink(ctx, u.ID)
		b.want(err, "CANNOT_SIGN_IN")
		_, err = b.users.NewLink(ctx, 99)
		b.want(err, "USER_NOT_FOUND")
	})
}
