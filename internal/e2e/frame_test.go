package e2e

import (
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/bx24"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/portal"
)

// frameBench is a portal with an application that has pages, and the browser of its administrator.
type frameBench struct {
	*site
	app   *frameApp
	added app.Created
	admin *tab
	other *tab // of an employee
}

// newFrameBench adds an application whose installation page is at /install and whose own page is at /app.
func newFrameBench(t *testing.T, head string, scopes ...string) *frameBench {
	t.Helper()
	script := httptest.NewTLSServer(bx24.Handler())
	t.Cleanup(script.Close)
	browser := browsertest.Start(t, "host-resolver-rules=MAP "+bx24.Host+":443 "+strings.TrimPrefix(script.URL, "https://"))
	b := &frameBench{site: newSite(t, dbtest.SQLiteConfig(t, portal.Schemas()...)), app: newFrameApp(t)}
	b.app.heads["/app"], b.app.heads["/install"] = head, head
	var err error
	b.added, err = b.portal.Apps.Create(t.Context(), b.site.admin.Ref(), app.Form{
		Name: "Desk", MenuTitle: "My desk", HandlerURL: b.app.url + "/app?mine=1", InstallURL: b.app.url + "/install", Scopes: scopes,
	})
	if err != nil {
		t.Fatal(err)
	}
	b.admin = newTab(t, browser, "admin", b.url)
	b.admin.signIn("admin", password)
	b.other = newTab(t, browser, "bob", b.url)
	b.other.signIn("bob", password)
	return b
}

func (b *frameBench) path() string {
	return "/marketplace/app/" + strconv.FormatInt(b.added.ID, 10) + "/"
}

// ready is a script that waits for the library.
const ready = `new Promise((done) => BX24.init(() => done(true)))`

// call is a script that calls a method and tells its data.
func callScript(method, params string) string {
	return `new Promise((done) => BX24.callMethod(` + strconv.Quote(method) + `, ` + params + `, (r) => done(r.error() ? String(r.error()) : r.data())))`
}

// An application with an installation page is installed by it, and then lives in the left menu.
func TestFrameInstallation(t *testing.T) {
	t.Parallel()
	b := newFrameBench(t, scriptTag, "user_brief", "task")
	b.other.open("/company/")
	if evaluate[bool](b.other, `!!document.querySelector(".rail-app")`) {
		t.Error("an application that is not installed is in the menu of an employee")
	}
	b.other.open(b.path())
	b.other.until("to be told", `document.querySelector("main").textContent.includes("not installed completely")`)
	b.app.quiet("for an employee, before the installation")

	b.admin.open("/company/")
	b.admin.click(`.rail-app[href="` + b.path() + `"]`)
	page := b.app.wait("the installation page")
	form := page.form
	for name, want := range map[string]string{
		"PLACEMENT": "DEFAULT", "APPLICATION_TOKEN": b.added.Token, "APPLICATION_SCOPE": "user_brief,task", "status": "L", "AUTH_EXPIRES": "3600",
		"SERVER_ENDPOINT": b.url + "/rest/", "PLACEMENT_OPTIONS": `{"URI":"/company/"}`,
	} {
		if form.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, form.Get(name), want)
		}
	}
	domain := strings.TrimPrefix(b.url, "https://")
	if page.path != "/install" || page.query.Get("DOMAIN") != domain || page.query.Get("PROTOCOL") != "1" || page.query.Get("LANG") != "en" ||
		len(page.query.Get("APP_SID")) != 32 || len(form.Get("AUTH_ID")) != 32 || len(form.Get("REFRESH_ID")) != 32 || len(form.Get("member_id")) != 32 {
		t.Errorf("opened %s with %v and %v", page.path, page.query, form)
	}
	b.admin.shot("frame-install")
	page.run(ready)
	page.want(`BX24.getDomain() + " " + BX24.getLang() + " " + BX24.isAdmin() + " " + BX24.getAuth().access_token`,
		strconv.Quote(domain+" en true "+form.Get("AUTH_ID")))
	page.want(callScript("app.info", "{}")+`.then((i) => i.INSTALLED)`, "false")
	page.begin(`BX24.installFinish()`)

	own := b.app.wait("the application's page")
	if own.path != "/app" || own.query.Get("mine") != "1" || own.form.Get("REFRESH_ID") == form.Get("REFRESH_ID") {
		t.Errorf("opened %s with %v and %v", own.path, own.query, own.form)
	}
	own.run(ready)
	own.want(callScript("app.info", "{}")+`.then((i) => i.INSTALLED)`, "true")
	b.admin.until("its title", `document.getElementById("page-title").textContent === "My desk"`)
	b.admin.shot("frame-app")
	b.other.open("/company/")
	b.other.click(`.rail-app[href="` + b.path() + `"]`)
	bob := b.app.wait("the page of an employee")
	bob.run(ready)
	bob.want(`BX24.isAdmin()`, "false")
	bob.want(callScript("user.current", "{}")+`.then((u) => u.ID)`, strconv.Quote(strconv.FormatInt(b.bob.ID, 10)))
	if faults := b.admin.complaints(); len(faults) > 0 {
		t.Errorf("the administrator’s page complained of %q", faults)
	}
	if faults := b.other.complaints(); len(faults) != 1 || !strings.Contains(faults[0], "403") {
		t.Errorf("the employee’s page complained of %q, not just of the refusal", faults)
	}
}

// TestTutorialPages opens pages of the form that the tutorials have: an installation page that finishes at once, and a page
// that never waits for the library but asks it for the domain when somebody presses a button.
func TestTutorialPages(t *testing.T) {
	t.Parallel()
	b := newFrameBench(t, "")
	b.app.bare["/install"] = `<head>` + scriptTag + `<script>BX24.init(function(){BX24.installFinish();});</script></head><body>installation has been finished</body>`
	b.app.bare["/app"] = `<html><head><meta charset="utf-8"><meta http-equiv="X-UA-Compatible" content="IE=edge">` + scriptTag + `</head><body>
		<a class="btn btn-default" href="#" role="button" id="incoming">Incoming</a><div id="debug"></div>
		<script>
			document.getElementById("incoming").onclick = function () {
				auth = BX24.getAuth();
				fetch("/asked?action=incoming&DOMAIN=" + encodeURIComponent(auth["domain"]));
			};
			var person = setInterval(function () { // who presses it once they see the page
				if (!BX24.getAuth()) return;
				clearInterval(person);
				document.getElementById("incoming").click();
			}, 20);
		</script></body></html>`
	b.admin.open(b.path())
	setup := b.app.wait("the installation page")
	page := b.app.wait("the application's page")
	if setup.path != "/install" || page.path != "/app" {
		t.Errorf("%s, then %s", setup.path, page.path)
	}
	select {
	case got := <-b.app.asked:
		if got.Get("DOMAIN") != page.query.Get("DOMAIN") || got.Get("action") != "incoming" {
			t.Errorf("asked with %v, opened with %v", got, page.query)
		}
	case <-time.After(patience):
		t.Fatal("the page never knew who the portal is")
	}
}
