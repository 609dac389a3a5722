package demo_test

import (
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/demo"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

const password = "a password of the demo"

func TestFill(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]func(*testing.T) db.Config{
		"sqlite": func(t *testing.T) db.Config {
			t.Helper()
			return dbtest.SQLiteConfig(t, portal.Schemas()...)
		},
		"postgres": func(t *testing.T) db.Config { t.Helper(); return dbtest.PostgresConfig(t, portal.Schemas()...) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, config(t))
			for range 2 { // the second time finds everything made
				if err := demo.Fill(t.Context(), p, time.Now(), password); err != nil {
					t.Fatal(err)
				}
			}
			checkPeople(t, p)
			checkChats(t, p)
			checkTasks(t, p)
			checkLine(t, p)
			checkClients(t, p)
		})
	}
}

func open(t *testing.T, c db.Config) *portal.Portal {
	t.Helper()
	p, err := portal.Open(t.Context(), portal.Config{DB: c, PublicURL: func() string { return "http://127.0.0.1" }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(t.Context()) })
	if _, _, err := p.EnsureAdmin(t.Context(), user.NewUser{Login: "admin", Password: password}); err != nil {
		t.Fatal(err)
	}
	return p
}

func checkPeople(t *testing.T, p *portal.Portal) {
	t.Helper()
	people, err := p.Users.List(t.Context(), user.Query{Kinds: []user.Kind{user.Employee}})
	if err != nil || len(people) != 8 {
		t.Fatalf("%d people, %v; want 8", len(people), err)
	}
	for _, u := range people {
		if u.AvatarHash == "" || len(u.DepartmentIDs) != 1 || u.Position == "" {
			t.Errorf("%s has no picture, department or position: %+v", u.DisplayName(), u)
		}
	}
	if _, err := p.Users.SignIn(t.Context(), demo.Colleague, password, "test", "127.0.0.1"); err != nil {
		t.Errorf("the colleague cannot sign in: %v", err)
	}
}

func checkChats(t *testing.T, p *portal.Portal) {
	t.Helper()
	chats, _, err := p.IM.Recent(t.Context(), 1, im.RecentQuery{})
	if err != nil || len(chats) != 6 {
		t.Fatalf("the administrator has %d chats, %v; want 6", len(chats), err)
	}
	var unread int64
	for _, c := range chats {
		unread += c.Counter
		if c.Last.Date.After(time.Now()) || c.Last.Date.Before(time.Now().AddDate(0, 0, -30)) {
			t.Errorf("%q was last written to at %s", c.Chat.Title, c.Last.Date)
		}
	}
	if unread != 5 {
		t.Errorf("%d unread messages, want 5", unread)
	}
}

func checkTasks(t *testing.T, p *portal.Portal) {
	t.Helper()
	c, err := p.Tasks.Counts(t.Context(), user.Ref{ID: 1, Admin: true}, 1)
	if err != nil || c.Mine != 4 || c.Overdue != 3 {
		t.Errorf("the administrator's tasks: %+v, %v; want 4 open and 3 overdue", c, err)
	}
}

func checkLine(t *testing.T, p *portal.Portal) {
	t.Helper()
	lines, err := p.Lines.All(t.Context())
	if err != nil || len(lines) != 1 {
		t.Fatalf("%d open channels, %v", len(lines), err)
	}
	l := lines[0]
	operators, err := p.Lines.Queue(t.Context(), l)
	if err != nil || l.Name != "Support" || len(operators) != 2 || l.WorkTime.Enabled || !l.Active {
		t.Errorf("%+v with operators %v, %v", l, operators, err)
	}
}

func checkClients(t *testing.T, p *portal.Portal) {
	t.Helper()
	scope, err := p.Conversations.Scope(t.Context(), user.Ref{ID: 1, Admin: true})
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := p.Conversations.List(t.Context(), openline.ListQuery{Scope: scope, Tab: openline.TabAll})
	if err != nil {
		t.Fatal(err)
	}
	states := map[openline.State]int{}
	var about, rated int
	for _, c := range all {
		states[c.State]++
		if c.CategoryID != 0 {
			about++
		}
		if c.Vote != 0 {
			rated++
		}
		if !c.State.Open() && c.Session.Closed.After(time.Now().Add(-12*time.Hour)) {
			t.Errorf("the conversation %d of some days ago ended at %s", c.ID, c.Session.Closed)
		}
	}
	if len(all) != 7 || states[openline.StateWaiting] != 1 || states[openline.StateActive] != 1 || about != 5 || rated != 4 {
		t.Errorf("%d conversations in the states %v, %d about something, %d rated; want 7 with one waiting and one active, 5 and 4", len(all), states, about, rated)
	}
}
