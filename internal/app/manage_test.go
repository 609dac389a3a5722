package app_test

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/phpform"
)

func TestCreateInstallsAndShowsSecretsOnce(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c, err := b.Create(t.Context(), anna, botForm())
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^local\.[0-9a-f]{14}\.[0-9]{8}$`).MatchString(c.ClientID) {
			t.Errorf("client_id %q", c.ClientID)
		}
		if !regexp.MustCompile(`^[a-zA-Z0-9]{50}$`).MatchString(c.ClientSecret) || len(c.Token) != 32 || !c.Installed {
			t.Errorf("created %+v", c)
		}
		sent := b.outbox.take()
		if len(sent) != 1 {
			t.Fatalf("%d deliveries, want one", len(sent))
		}
		d := sent[0]
		if d.AppID != c.ID || d.URL != "http://127.0.0.1:9100/bot.php" || d.Name != "ONAPPINSTALL" || d.UserID != anna.ID {
			t.Errorf("sent %+v", d)
		}
		const want = "VERSION=1&ACTIVE=Y&INSTALLED=Y&LANGUAGE_ID=en"
		if got := string(phpform.AppendForm(nil, d.Data)); got != want {
			t.Errorf("data %s, want %s", got, want)
		}
		got, err := b.FindByClientID(t.Context(), c.ClientID)
		if err != nil || got.ID != c.ID || !slices.Equal(got.Scopes, []string{"im", "imbot", "task"}) || got.Status() != "L" ||
			got.HandlerURL != "http://127.0.0.1:9100/bot.php?x=1" || got.Version != 1 || got.Token != c.Token || !got.Created.Equal(morning) {
			t.Errorf("stored %+v, %v", got, err)
		}
	})
}

func TestAppWithPageIsInstalledWhenItSaysSo(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c, err := b.Create(t.Context(), anna, pageForm())
		if err != nil || c.Installed || len(b.outbox.take()) != 0 {
			t.Fatalf("created %+v, %v; want it to wait for its page", c, err)
		}
		receives := func() (yes bool) {
			err := b.db.Read(t.Context(), func(tx *db.Tx) (err error) {
				yes, err = b.ReceivesEventsTx(t.Context(), tx, c.ID)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return yes
		}
		if receives() {
			t.Error("events are sent before the installation is finished")
		}
		mine, others := b.issue(c.ID, anna.ID), b.issue(c.ID, ben.ID)
		if _, err := b.byToken(mine.AccessToken); err != nil {
			t.Errorf("an administrator during the installation: %v", err)
		}
		_, err = b.byToken(others.AccessToken)
		wantErr(t, "a colleague during the installation", err, app.ErrUserRefused)

		if _, err := b.FinishInstall(t.Context(), anna, c.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := b.byToken(others.AccessToken); err != nil || !receives() {
			t.Errorf("after the installation: %v, events %t", err, receives())
		}
		if _, err := b.Install(t.Context(), anna, c.ID); err != nil || receives() || len(b.outbox.take()) != 0 {
			t.Errorf("reinstall: %v; want the page to be opened again", err)
		}
	})
}

func TestReinstallSendsToWhoAsks(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		if _, err := b.Install(t.Context(), carla, c.ID); err != nil {
			t.Fatal(err)
		}
		if sent := b.outbox.take(); len(sent) != 1 || sent[0].Name != "ONAPPINSTALL" || sent[0].UserID != carla.ID {
			t.Errorf("sent %+v", sent)
		}
		f := botForm()
		f.InstallURL = ""
		if _, err := b.Update(t.Context(), anna, c.ID, f); err != nil {
			t.Fatal(err)
		}
		_, err := b.Install(t.Context(), anna, c.ID)
		wantErr(t, "nothing to call", err, app.ErrNotInstallable)
		_, err = b.Install(t.Context(), anna, c.ID+1)
		wantErr(t, "unknown application", err, app.ErrNotFound)
	})
}

func TestOnlyAdministratorsManageApplications(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		ctx := t.Context()
		_, create := b.Create(ctx, ben, botForm())
		_, update := b.Update(ctx, ben, c.ID, botForm())
		_, install := b.Install(ctx, ben, c.ID)
		_, finish := b.FinishInstall(ctx, ben, c.ID)
		_, secret := b.RotateSecret(ctx, ben, c.ID, true)
		_, list := b.List(ctx, ben)
		_, get := b.Get(ctx, ben, c.ID)
		for what, err := range map[string]error{
			"create": create, "update": update, "install": install, "finish": finish, "secret": secret, "list": list, "get": get,
			"remove": b.Remove(ctx, ben, c.ID, true),
		} {
			wantErr(t, what, err, app.ErrAdminOnly)
		}
		if apps, err := b.List(ctx, anna); err != nil || len(apps) != 1 || len(b.outbox.take()) != 0 {
			t.Errorf("%d applications, %v; want the one, untouched", len(apps), err)
		}
	})
}

func TestFormFaultsNameTheirField(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 2000)
	for _, c := range []struct {
		field  string
		change func(*app.Form)
	}{
		{"name", func(f *app.Form) { f.Name = "  " }},
		{"name", func(f *app.Form) { f.Name = strings.Repeat("ü", 256) }},
		{"name", func(f *app.Form) { f.Name = "a\x00b" }},
		{"kind", func(f *app.Form) { f.Kind = "cloud" }},
		{"api_only", func(f *app.Form) { f.Kind = app.Static }},
		{"handler_url", func(f *app.Form) { f.HandlerURL = "" }},
		{"handler_url", func(f *app.Form) { f.HandlerURL = "bot.example.com" }},
		{"handler_url", func(f *app.Form) { f.HandlerURL = "ftp://bot.example.com/" }},
		{"handler_url", func(f *app.Form) { f.HandlerURL = "javascript:alert(1)" }},
		{"handler_url", func(f *app.Form) { f.HandlerURL = "https:///bot.php" }},
		{"handler_url", func(f *app.Form) { f.HandlerURL = "https://me:pw@bot.example.com/" }},
		{"handler_url", func(f *app.Form) { f.HandlerURL = "https://bot.example.com/a b" }},
		{"handler_url", func(f *app.Form) { f.HandlerURL = "https://bot.example.com/\x01" }},
		{"install_url", func(f *app.Form) { f.InstallURL = "https://bot.example.com/" + long }},
		{"scopes", func(f *app.Form) { f.Scopes = []string{"im", "everything"} }},
		{"scopes", func(f *app.Form) { f.Scopes = []string{app.AllScopes} }},
	} {
		f := botForm()
		c.change(&f)
		p := f.Problems()
		if len(p) != 1 || p[0].Field != c.field {
			t.Errorf("%+v: %v, want one problem at %s", f, p, c.field)
		}
	}
	for _, address := range []string{
		"http://localhost", "http://[::1]:9100/x", "https://bot/?a[]=1#top", "HTTP://EXAMPLE.com/" + long[:1900], " http://127.0.0.1:9100/ ",
	} {
		f := botForm()
		if f.HandlerURL = address; len(f.Problems()) != 0 {
			t.Errorf("%.60s: %v", address, f.Problems())
		}
	}
	if p := (app.Form{}).Problems(); len(p) != 2 {
		t.Errorf("an empty form has problems %v, want one for the name and one for the handler", p)
	}
}

func TestRemoveRevokesRunsHooksAndSaysGoodbye(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c, other := b.create(botForm()), b.create(botForm())
		g, kept, signed := b.issue(c.ID, ben.ID), b.issue(other.ID, ben.ID), b.auth(c.ID, ben.ID)
		var hooked []int64
		b.hook = func(_ context.Context, tx *db.Tx, id int64) error {
			tx.AfterCommit(func() { hooked = append(hooked, id) })
			return nil
		}
		if err := b.Remove(t.Context(), anna, c.ID, true); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(hooked, []int64{c.ID}) {
			t.Errorf("hooks ran for %v", hooked)
		}
		sent := b.outbox.take()
		if len(sent) != 1 || sent[0].Name != "ONAPPUNINSTALL" || sent[0].UserID != 0 || sent[0].URL != c.HandlerURL ||
			string(phpform.AppendForm(nil, sent[0].Data)) != "LANGUAGE_ID=en&CLEAN=1" {
			t.Errorf("sent %+v", sent)
		}
		for what, token := range map[string]string{"issued": g.AccessToken, "signed": signed["access_token"]} {
			_, err := b.byToken(token)
			wantErr(t, what+" token of a removed application", err, app.ErrTokenUnknown)
		}
		_, err := b.Refresh(t.Context(), c.ClientID, c.ClientSecret, g.RefreshToken)
		wantErr(t, "refresh", err, app.ErrClient)
		if _, err := b.byToken(kept.AccessToken); err != nil {
			t.Errorf("another application's token: %v", err)
		}
		farewell := b.auth(c.ID, ben.ID)
		want := []string{"application_token", "client_endpoint", "domain", "member_id", "server_endpoint"}
		if got := slices.Sorted(maps.Keys(farewell)); !slices.Equal(got, want) || farewell["application_token"] != signed["application_token"] {
			t.Errorf("signed after the removal with %v", farewell)
		}
		wantErr(t, "second removal", b.Remove(t.Context(), anna, c.ID, true), app.ErrNotFound)
		if apps, err := b.List(t.Context(), anna); err != nil || len(apps) != 1 || apps[0].ID != other.ID {
			t.Errorf("left over %+v, %v", apps, err)
		}
	})
}

func TestBoundHandlersHearOfInstallationAndRemovalOnce(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		const elsewhere = "https://elsewhere.example.com/events"
		c, page := b.create(botForm()), b.create(pageForm())
		b.outbox.bound = map[string][]string{"ONAPPINSTALL": {elsewhere, c.InstallURL}, "ONAPPUNINSTALL": {c.HandlerURL, elsewhere}}
		addresses := func() (out []string) {
			for _, d := range b.outbox.take() {
				out = append(out, d.Name+" "+d.URL)
			}
			return out
		}
		if _, err := b.Install(t.Context(), anna, c.ID); err != nil {
			t.Fatal(err)
		}
		if got := addresses(); !slices.Equal(got, []string{"ONAPPINSTALL " + c.InstallURL, "ONAPPINSTALL " + elsewhere}) {
			t.Errorf("installed again, sent %q", got)
		}
		if _, err := b.FinishInstall(t.Context(), anna, page.ID); err != nil {
			t.Fatal(err)
		}
		if got := addresses(); !slices.Equal(got, []string{"ONAPPINSTALL " + elsewhere, "ONAPPINSTALL " + c.InstallURL}) {
			t.Errorf("a page finished the installation, sent %q, want the bound handlers only", got)
		}
		b.hook = func(context.Context, *db.Tx, int64) error {
			b.outbox.bound = nil // as the hook that unbinds does
			return nil
		}
		if err := b.Remove(t.Context(), anna, c.ID, false); err != nil {
			t.Fatal(err)
		}
		if got := addresses(); !slices.Equal(got, []string{"ONAPPUNINSTALL " + c.HandlerURL, "ONAPPUNINSTALL " + elsewhere}) {
			t.Errorf("removed, sent %q", got)
		}
	})
}

func TestFailingHookKeepsTheApplication(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		g := b.issue(c.ID, anna.ID)
		boom := errors.New("boom")
		b.hook = func(context.Context, *db.Tx, int64) error { return boom }
		wantErr(t, "remove", b.Remove(t.Context(), anna, c.ID, false), boom)
		if _, err := b.byToken(g.AccessToken); err != nil || len(b.outbox.take()) != 0 {
			t.Errorf("after a failed removal: %v", err)
		}
	})
}

func TestUninstalledAndStaticAppsHearNothing(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		static := pageForm()
		static.Kind, static.InstallURL = app.Static, ""
		for _, f := range []app.Form{pageForm(), static} {
			c := b.create(f)
			if err := b.Remove(t.Context(), anna, c.ID, true); err != nil || len(b.outbox.take()) != 0 {
				t.Errorf("removing a %s application: %v; want no event", f.Kind, err)
			}
		}
	})
}

func TestUpdateKeepsIdentityAndChangesScopesAtOnce(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		g := b.issue(c.ID, ben.ID)
		signed := b.auth(c.ID, ben.ID)
		f := botForm()
		f.Name, f.Scopes = "Reports", []string{"IM", "im", " crm "}
		a, err := b.Update(t.Context(), anna, c.ID, f)
		if err != nil || a.Name != "Reports" || a.ClientID != c.ClientID || a.Token != c.Token || len(b.outbox.take()) != 0 {
			t.Fatalf("updated %+v, %v", a, err)
		}
		p, err := b.byToken(g.AccessToken)
		if err != nil || !slices.Equal(p.Scopes, []string{"im", "crm"}) {
			t.Errorf("%+v, %v; want the new scopes", p, err)
		}
		again := b.auth(c.ID, ben.ID)
		if again["scope"] != "im,crm" || again["access_token"] != signed["access_token"] {
			t.Errorf("signed %v; want the new scope and the same token", again)
		}
		f.Scopes = []string{"nothing"}
		_, err = b.Update(t.Context(), anna, c.ID, f)
		wantField(t, err, "scopes")
		page := b.create(pageForm())
		if a, err = b.Update(t.Context(), anna, page.ID, botForm()); err != nil || !a.Installed || len(b.outbox.take()) != 1 {
			t.Errorf("an application without its page: %+v, %v; want it installed and told", a, err)
		}
	})
}

func TestChangesOfAnotherProcessHoldOnceTheyAreNoticed(t *testing.T) {
	t.Parallel()
	dbtest.RunPair(t, []db.Schema{app.Schema(), audit.Schema()}, func(t *testing.T, here, there *db.DB) {
		b, commandLine := newBench(t, here), newBench(t, there)
		noticed := make(chan struct{}, 100)
		here.Watch(func() { noticed <- struct{}{} })
		c := b.create(botForm())
		g := b.issue(c.ID, ben.ID)
		if p, err := b.byToken(g.AccessToken); err != nil || len(p.Scopes) != 3 {
			t.Fatalf("%+v, %v", p, err)
		}
		if _, err := commandLine.Update(t.Context(), anna, c.ID, app.Form{Name: "x", APIOnly: true, HandlerURL: "http://h"}); err != nil {
			t.Fatal(err)
		}
		for p, err := b.byToken(g.AccessToken); len(p.Scopes) != 0; p, err = b.byToken(g.AccessToken) {
			if err != nil {
				t.Fatal(err)
			}
			<-noticed
		}
		if err := commandLine.Remove(t.Context(), anna, c.ID, false); err != nil {
			t.Fatal(err)
		}
		_, err := b.byToken(g.AccessToken)
		for ; err == nil; _, err = b.byToken(g.AccessToken) {
			<-noticed
		}
		wantErr(t, "token of a removed application", err, app.ErrTokenUnknown)
		mine, err1 := b.MemberID(t.Context())
		theirs, err2 := commandLine.MemberID(t.Context())
		if mine != theirs || len(mine) != 32 || err1 != nil || err2 != nil {
			t.Errorf("member ids %q and %q", mine, theirs)
		}
	})
}
