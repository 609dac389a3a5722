package signin_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/signin"
	"github.com/portico-hq/portico/internal/signin/oidc"
	"github.com/portico-hq/portico/internal/signin/oidctest"
	"github.com/portico-hq/portico/internal/totp"
	"github.com/portico-hq/portico/internal/user"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

const password = "correct horse"

// admin is Anna, the first user of every test.
var admin = user.Ref{ID: 1, Admin: true}

// here is the browser that most tests sign in with.
var here = signin.Browser{UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", Address: "192.0.2.1"}

// bench is a portal of Anna (1, an administrator) and Ben (2), both with the same password.
type bench struct {
	*testing.T
	db     *db.DB
	clock  *clock.Manual
	users  *user.Service
	config signin.Config
	issuer *oidctest.Issuer
	*signin.Service
}

func run(t *testing.T, test func(b *bench)) {
	t.Helper()
	schemas := []db.Schema{setting.Schema(), audit.Schema(), user.Schema(), signin.Schema()}
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		c := clock.NewManual(noon)
		settings := setting.New(d, c)
		log := audit.New(d, c)
		users := user.NewService(user.Config{DB: d, Clock: c, Audit: log, Rules: signin.Rules(settings)})
		box, err := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
		if err != nil {
			t.Fatal(err)
		}
		issuer := oidctest.New(t, c)
		b := &bench{T: t, db: d, clock: c, users: users, issuer: issuer, config: signin.Config{
			DB: d, Clock: c, Users: users, Settings: settings, Audit: log, Box: box, Provider: oidc.New(issuer.Client(), c),
			Portal: func() string { return "Northwind" },
		}}
		b.Service = signin.New(b.config)
		for _, n := range []user.NewUser{
			{Login: "anna", Email: "anna@example.com", FirstName: "Anna", Admin: true, Password: password},
			{Login: "ben", Email: "ben@example.com", FirstName: "Ben", Password: password},
		} {
			if _, err := users.Create(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
		test(b)
	})
}

func (b *bench) want(err error, code string) {
	b.Helper()
	if err == nil && code != "" || err != nil && fault.Of(err).Code != code {
		b.Errorf("error %v, want %q", err, code)
	}
}

func (b *bench) person(id int64) user.User {
	b.Helper()
	u, err := b.users.Get(b.Context(), id)
	b.want(err, "")
	return u
}

// in signs somebody in with the password.
func (b *bench) in(login string, browser signin.Browser) signin.Outcome {
	b.Helper()
	out, err := b.Password(b.Context(), login, password, browser)
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// needs holds the step of an outcome to what it asks for.
func (b *bench) needs(out signin.Outcome, want signin.Need) {
	b.Helper()
	if want == signin.NeedNothing {
		if u, err := b.users.Lookup(b.Context(), out.Session); err != nil || u.ID == 0 || out.Step != "" {
			b.Errorf("no session: %+v, %v", out, err)
		}
		return
	}
	if got, _, err := b.Step(b.Context(), out.Step); err != nil || got != want || out.Session != "" {
		b.Errorf("%+v needs %q, %v; want %q", out, got, err, want)
	}
}

// enrol sets up a second factor and returns its secret and the recovery codes.
func (b *bench) enrol(id int64) (secret []byte, codes []string) {
	b.Helper()
	d, err := b.Draft(b.Context(), b.person(id))
	if err != nil {
		b.Fatal(err)
	}
	secret = secretOf(b.T, d.Key)
	codes, err = b.Enrol(b.Context(), b.person(id), totp.Code(secret, totp.Step(b.clock.Now())))
	if err != nil {
		b.Fatal(err)
	}
	b.clock.Advance(2 * totp.Period) // that code is used up
	return secret, codes
}

func (b *bench) code(secret []byte) string { return totp.Code(secret, totp.Step(b.clock.Now())) }

// logged returns the types of the audit log with whom they are about, the oldest first.
func (b *bench) logged() (out []string) {
	b.Helper()
	err := b.db.Read(b.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(b.Context(), "SELECT type || ' ' || item FROM audit_entry WHERE type <> 'USER_ADDED' ORDER BY id")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				return err
			}
			out = append(out, line)
		}
		return rows.Err()
	})
	b.want(err, "")
	return out
}

func (b *bench) logs(want ...string) {
	b.Helper()
	if got := b.logged(); !slices.Equal(got, want) {
		b.Errorf("logged\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// policy changes the policy.
func (b *bench) policy(change func(p *signin.Policy)) error {
	b.Helper()
	p, err := b.Policy(b.Context())
	b.want(err, "")
	change(&p)
	return b.SavePolicy(b.Context(), admin, p)
}
