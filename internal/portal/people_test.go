package portal_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

func TestEmployeesAreInTheGeneralChatWhileTheyBelongToThePortal(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p, err := portal.Open(ctx, portal.Config{
		DB: dbtest.SQLiteConfig(t, portal.Schemas()...), PublicURL: func() string { return "http://portal.example" },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close(ctx) }()
	if _, _, err := p.EnsureAdmin(ctx, user.NewUser{Login: "admin", Password: "correct horse"}); err != nil {
		t.Fatal(err)
	}
	u, err := p.Users.Create(ctx, user.NewUser{Login: "ben"}) // by whatever way
	if err != nil {
		t.Fatal(err)
	}
	members := func() (n int64) {
		err := p.DB.Read(ctx, func(tx *db.Tx) error {
			return tx.QueryRow(ctx, `SELECT COUNT(*) FROM chat_member m JOIN chat c ON c.id = m.chat_id
				WHERE c.entity_type = 'GENERAL'`).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := members(); n != 2 {
		t.Errorf("the general chat has %d members, want the administrator and Ben", n)
	}
	for _, active := range []bool{false, true} {
		if _, err := p.Users.Update(ctx, u.ID, user.Change{Active: &active}); err != nil {
			t.Fatal(err)
		}
		if n, want := members(), map[bool]int64{false: 1, true: 2}[active]; n != want {
			t.Errorf("active %v: the general chat has %d members, want %d", active, n, want)
		}
	}
}
