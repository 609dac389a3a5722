package signin_test

import (
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/signin"
	"github.com/portico-hq/portico/internal/signin/oidctest"
	"github.com/portico-hq/portico/internal/user"
)

const redirect = "https://portal.example/login/provider/back"

func fieldOf(err error) string { return fault.Of(err).Field }

// provide turns the provider on.
func (b *bench) provide(change func(p *signin.ProviderSettings)) {
	b.Helper()
	p := signin.ProviderSettings{On: true, Title: "Keys", Issuer: b.issuer.URL, ClientID: oidctest.ClientID, LoginClaim: "email"}
	if change != nil {
		change(&p)
	}
	b.want(b.SaveProvider(b.Context(), admin, p, new(oidctest.Secret)), "")
}

// provided signs somebody in through the provider.
func (b *bench) provided(claims oidctest.Claims) (signin.Outcome, string, error) {
	b.Helper()
	address, kept, err := b.BeginProvider(b.Context(), redirect, "/tasks/")
	if err != nil {
		b.Fatal(err)
	}
	state, code := b.issuer.Authorize(b.T, address, claims)
	return b.Provided(b.Context(), redirect, signin.Return{State: state, Kept: kept, Code: code}, here)
}

func TestPeopleAreFoundByTheirAddressAndThenByTheirSubject(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		_, _, err := b.BeginProvider(ctx, redirect, "/")
		b.want(err, "PROVIDER_OFF")
		b.provide(nil)
		ben := oidctest.Claims{"sub": "b", "email": "Ben@Example.com", "email_verified": true}
		out, next, err := b.provided(ben)
		b.want(err, "")
		b.needs(out, signin.NeedNothing)
		if next != "/tasks/" {
			b.Errorf("leads to %q", next)
		}
		if list, err := b.users.Sessions(ctx, 2); err != nil || len(list) != 1 || list[0].Method != user.ByProvider {
			b.Errorf("%+v, %v", list, err)
		}
		// His address is another's now, and no longer verified: he is who he was.
		out, _, err = b.provided(oidctest.Claims{"sub": "b", "email": "anna@example.com"})
		b.want(err, "")
		if u, err := b.users.Lookup(ctx, out.Session); err != nil || u.ID != 2 {
			b.Errorf("user %d, %v", u.ID, err)
		}
		for code, c := range map[string]oidctest.Claims{
			"PROVIDER_UNVERIFIED": {"sub": "x", "email": "anna@example.com"},
			"PROVIDER_UNKNOWN":    {"sub": "x", "email": "cleo@example.com", "email_verified": true},
			"PROVIDER_TOKEN":      {"sub": "b", "aud": "somebody-else"},
		} {
			_, _, err := b.provided(c)
			b.want(err, code)
		}
		_, err = b.users.Update(ctx, 2, user.Change{Active: new(false)})
		b.want(err, "")
		_, _, err = b.provided(ben)
		b.want(err, "PROVIDER_DISMISSED")
	})
}

func TestAWayBackCountsOnceAndForItsBrowser(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		b.provide(nil)
		ben := oidctest.Claims{"sub": "b", "email": "ben@example.com", "email_verified": true}
		address, kept, err := b.BeginProvider(ctx, redirect, "/")
		b.want(err, "")
		state, code := b.issuer.Authorize(b.T, address, ben)
		for _, r := range []signin.Return{
			{State: state, Kept: "other", Code: code},
			{State: "other", Kept: "other", Code: code},
			{Code: code},
			{State: state, Kept: kept},
		} {
			_, _, err := b.Provided(ctx, redirect, r, here)
			b.want(err, "PROVIDER_STATE")
		}
		r := signin.Return{State: state, Kept: kept, Code: code}
		_, _, err = b.Provided(ctx, redirect, r, here)
		b.want(err, "")
		_, _, err = b.Provided(ctx, redirect, r, here)
		b.want(err, "PROVIDER_STATE")
		address, kept, err = b.BeginProvider(ctx, redirect, "/")
		b.want(err, "")
		state, code = b.issuer.Authorize(b.T, address, ben)
		b.clock.Advance(11 * time.Minute)
		_, _, err = b.Provided(ctx, redirect, signin.Return{State: state, Kept: kept, Code: code}, here)
		b.want(err, "PROVIDER_STATE")
	})
}

func TestNewPeopleAreMadeAndPutWhereTheirGroupsSay(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		for _, name := range []string{"Sales", "IT"} {
			_, err := b.users.CreateDepartment(ctx, user.Department{Name: name})
			b.want(err, "")
		}
		manager, err := b.users.RoleByName(ctx, user.RoleManager)
		b.want(err, "")
		b.provide(func(p *signin.ProviderSettings) {
			p.Create, p.Domains, p.GroupsClaim = true, []string{" @Example.com "}, "groups"
			p.Groups = []signin.GroupRule{{Group: "leads", RoleID: manager.ID, DepartmentID: 1}, {Group: "it", DepartmentID: 2}}
		})
		_, _, err = b.provided(oidctest.Claims{"sub": "e", "email": "eve@evil.example", "email_verified": true})
		b.want(err, "PROVIDER_DOMAIN")
		cleo := oidctest.Claims{
			"sub": "c", "email": "cleo@example.com", "email_verified": true, "name": "Cleo van Dyk", "groups": []string{"leads", "it"},
		}
		out, _, err := b.provided(cleo)
		b.want(err, "")
		b.needs(out, signin.NeedNothing)
		where := func() (roles []user.Held, departments []int64) {
			u, err := b.users.ByLogin(ctx, "cleo@example.com")
			if err != nil || u.FirstName != "Cleo" || u.LastName != "van Dyk" || u.Admin || u.Kind != user.Employee {
				b.Fatalf("%+v, %v", u, err)
			}
			held, err := b.users.RolesOf(ctx, []user.User{u})
			b.want(err, "")
			return held[u.ID], u.DepartmentIDs
		}
		roles, departments := where()
		if !slices.Equal(roles, []user.Held{{RoleID: manager.ID}}) || !slices.Equal(departments, []int64{1, 2}) {
			b.Errorf("roles %v, departments %v", roles, departments)
		}
		cleo["groups"] = "it"
		_, _, err = b.provided(cleo)
		b.want(err, "")
		if roles, departments = where(); len(roles) != 0 || !slices.Equal(departments, []int64{2}) {
			b.Errorf("after leaving a group: roles %v, departments %v", roles, departments)
		}
	})
}

func TestAnotherClaimIsComparedWithTheLogin(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		b.provide(func(p *signin.ProviderSettings) { p.LoginClaim = "preferred_username" })
		_, _, err := b.provided(oidctest.Claims{"sub": "x", "preferred_username": "ben@example.com"}) // his address, not his login
		b.want(err, "PROVIDER_UNKNOWN")
		out, _, err := b.provided(oidctest.Claims{"sub": "b", "preferred_username": "BEN"})
		b.want(err, "")
		b.needs(out, signin.NeedNothing)
	})
}

func TestTheSecondFactorAfterTheProvider(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ben := oidctest.Claims{"sub": "b", "email": "ben@example.com", "email_verified": true}
		b.enrol(2)
		b.provide(nil)
		out, _, err := b.provided(ben)
		b.want(err, "")
		b.needs(out, signin.NeedNothing)
		b.provide(func(p *signin.ProviderSettings) { p.SecondFactor = true })
		out, _, err = b.provided(ben)
		b.want(err, "")
		b.needs(out, signin.NeedCode)
	})
}

func TestProviderSettingsAreChecked(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		good := signin.ProviderSettings{On: true, Title: "Keys", Issuer: b.issuer.URL, ClientID: "portal", LoginClaim: "email"}
		for field, change := range map[string]func(p *signin.ProviderSettings){
			"title":        func(p *signin.ProviderSettings) { p.Title = " " },
			"issuer":       func(p *signin.ProviderSettings) { p.Issuer = "http://keys.example.com" },
			"client_id":    func(p *signin.ProviderSettings) { p.ClientID = "" },
			"login_claim":  func(p *signin.ProviderSettings) { p.LoginClaim = "" },
			"groups_claim": func(p *signin.ProviderSettings) { p.Groups = []signin.GroupRule{{Group: "x"}} },
			"groups": func(p *signin.ProviderSettings) {
				p.GroupsClaim, p.Groups = "groups", []signin.GroupRule{{Group: "x", RoleID: 99}}
			},
		} {
			p := good
			change(&p)
			if err := b.SaveProvider(ctx, admin, p, nil); fieldOf(err) != field {
				b.Errorf("%s: %v", field, err)
			}
		}
		p := good
		p.Issuer = b.issuer.URL + "/nothing"
		b.want(b.SaveProvider(ctx, admin, p, nil), "ISSUER")
		b.want(b.SaveProvider(ctx, user.Ref{ID: 2}, good, nil), "ACCESS_DENIED")
		b.want(b.SaveProvider(ctx, admin, good, new("a secret")), "")
		p, err := b.ProviderSettings(ctx)
		if err != nil || p.Secret == "" || p.Secret == "a secret" {
			b.Errorf("%+v, %v", p, err)
		}
		p.Issuer += "/other"
		b.want(b.SaveProvider(ctx, admin, p, nil), "PROVIDER") // the secret is not sent to somebody else
		b.want(b.SaveProvider(ctx, admin, good, new("")), "")
		if p, err = b.ProviderSettings(ctx); err != nil || p.Secret != "" {
			b.Errorf("%+v, %v", p, err)
		}
		var raw string
		err = b.db.Read(ctx, func(tx *db.Tx) error {
			return tx.QueryRow(ctx, "SELECT value FROM setting WHERE name = 'signin.provider'").Scan(&raw)
		})
		b.want(err, "")
	})
}
