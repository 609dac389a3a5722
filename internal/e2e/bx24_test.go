package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/user"
)

// installed opens the application's own page as the administrator.
func (b *frameBench) installed() *framePage {
	b.t.Helper()
	if _, err := b.portal.Apps.FinishInstall(b.t.Context(), b.site.admin.Ref(), b.added.ID); err != nil {
		b.t.Fatal(err)
	}
	b.admin.open(b.path())
	return b.app.wait("the application's page")
}

// TestBX24 has a page of plain BX24 use every function of the library.
func TestBX24(t *testing.T) {
	t.Parallel()
	b := newFrameBench(t, scriptTag, "user", "department", "task", "placement")
	for i := range 60 {
		if _, err := b.portal.Users.CreateDepartment(t.Context(), user.Department{Name: fmt.Sprintf("Team %02d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	page := b.installed()
	w := &bx24Walk{b, page}
	w.firstStart()
	w.helpers()
	w.methods()
	w.batches()
	w.bindings()
	w.options()
	w.dialogs()
	w.window()
	w.paths()
	w.applications()
	w.messenger()
	w.placement()
	w.tokens()
	w.foreign()
	w.reload()
	for _, f := range b.admin.complaints() {
		expected := false // what was tried on purpose: no such method, page or conversation; an old token; another origin
		for _, part := range []string{"404", "401 (Unauthorized) " + b.url + "/rest/user.current", "frame-src"} {
			expected = expected || strings.Contains(f, part)
		}
		if !expected {
			t.Errorf("the page complained of %q", f)
		}
	}
}

type bx24Walk struct {
	*frameBench
	page *framePage
}

// firstStart: handlers of install run before those of init, once for each person.
func (w *bx24Walk) firstStart() {
	p := w.page
	p.run(ready)
	w.admin.open(w.path()) // the first start was noted, though no handler waited for it
	w.page = w.app.wait("the application's page again")
	w.page.run(ready)
	w.page.want(`new Promise((done) => {
		BX24.install(() => done("install"))
		BX24.init(() => done("init"))
	})`, `"init"`)
}

func (w *bx24Walk) helpers() {
	p := w.page
	p.want(`BX24.isReady()`, `true`)
	p.want(`(() => {
		const o = { n: 2, add(x) { return [this.n + x, BX24.proxyContext() === button] } }
		const button = document.createElement("button")
		const f = BX24.proxy(o.add, o)
		let got
		const click = function () { got = f.call(this, 3) }
		BX24.bind(button, "click", click)
		button.click()
		const first = got
		got = null
		BX24.unbind(button, "click", click)
		button.click()
		return [first, got, f === BX24.proxy(o.add, o), BX24.proxyContext()]
	})()`, `[[5,true],null,true,null]`)
	p.want(`new Promise((done) => BX24.ready(() => done("ready")))`, `"ready"`)
	p.want(`new Promise((done) => BX24.loadScript(["data:text/javascript,window.a=1", "data:text/javascript,window.b=window.a+1"], () => done(window.b)))`, `2`)
	p.want(`(() => { const s = BX24.getScrollSize(); return [s.scrollWidth > 300, s.scrollHeight > 50] })()`, `[true,true]`)
	p.want(`(() => { const a = BX24.getAuth(); return [a.access_token.length, a.refresh_token.length, a.member_id.length, a.domain === BX24.getDomain(), a.expires_in > Date.now()] })()`,
		`[32,32,32,true,true]`)
}

func (w *bx24Walk) methods() {
	p := w.page
	p.want(callScript("user.current", "{}")+`.then((u) => u.NAME + " " + u.LAST_NAME)`, `"Ann Archer"`)
	p.want(`new Promise((done) => BX24.callMethod("no.such", {}, (r) => done([String(r.error()), r.error().ex.error, r.error().status, r.error().getStatus()])))`,
		`["ERROR_METHOD_NOT_FOUND: Method not found! (404)","ERROR_METHOD_NOT_FOUND",404,404]`)
	p.want(`new Promise((done) => {
		const seen = []
		BX24.callMethod("department.get", { sort: "ID", order: "ASC" }, (r) => {
			seen.push(r.data().length, r.total(), r.more(), typeof r.time().duration)
			if (r.more()) r.next()
			else done(seen.concat(r.next()))
		})
	})`, `[50,60,true,"number",10,60,false,"number",false]`)
	p.want(`new Promise((done) => {
		const field = document.createElement("input")
		field.value = "Bob & Co = ü"
		BX24.callMethod("department.add", { NAME: field, PARENT: 1, SORT: null }, (r) => BX24.callMethod("department.get", { ID: r.data() }, (d) => done(d.data()[0].NAME)))
	})`, `"Bob & Co = ü"`)
	p.want(`typeof BX24.callMethod("user.current", {}).abort`, `"function"`)
}

func (w *bx24Walk) batches() {
	p := w.page
	p.want(`new Promise((done) => BX24.callBatch({
		me: ["user.current", {}],
		team: { method: "department.get", params: { ID: 1 } },
		same: ["user.get", { ID: "$result[me][ID]" }],
	}, (r) => done([r.me.data().ID, r.team.data()[0].NAME, r.same.data()[0].NAME, r.same.total(), r.team.error() === undefined])))`,
		`["1","Team 00","Ann",1,true]`)
	p.want(`new Promise((done) => BX24.callBatch([["no.such", {}], ["user.current", {}]], (r) => done([Array.isArray(r), r[0].error().ex.error, r[1].data().ID])))`,
		`[true,"ERROR_METHOD_NOT_FOUND","1"]`)
	p.want(`new Promise((done) => BX24.callBatch([["no.such", {}], ["user.current", {}]], (r) => done([r[0].error().ex.error, r[1].data() === undefined]), true))`,
		`["ERROR_METHOD_NOT_FOUND",true]`)
}

func (w *bx24Walk) bindings() {
	w.page.want(`new Promise((done) => BX24.callBind("OnTaskAdd", "`+w.app.url+`/events", 0, (r) => done(r.error() ? String(r.error()) : r.data())))`, `true`)
	w.page.want(callScript("event.get", "{}")+`.then((l) => l.map((e) => e.event))`, `["ONTASKADD"]`)
	w.page.want(`new Promise((done) => BX24.callUnbind("OnTaskAdd", "`+w.app.url+`/events", null, (r) => done(r.data().count)))`, `1`)
}

func (w *bx24Walk) options() {
	p := w.page
	p.want(`new Promise((done) => {
		BX24.userOption.set("colour", { of: "desk" })
		const at = BX24.userOption.get("colour")
		BX24.appOption.set("answer", 42, (all) => done([at, all.answer, BX24.appOption.get("answer"), BX24.appOption.get("none") ?? null]))
	})`, `[{"of":"desk"},42,42,null]`)
	p.want(callScript("app.option.get", `{option: "answer"}`), `42`)
	p.want(callScript("user.option.get", `{option: "colour"}`), `{"of":"desk"}`)
}

func (w *bx24Walk) dialogs() {
	p, a := w.page, w.admin
	p.begin(`new Promise((done) => BX24.selectUser((u) => done([u.id, u.name, new URL(u.url).pathname, u.sub, u.sup])))`)
	a.see(`.choice-dialog .choice`)
	a.shot("choose-person")
	a.fill(`.choice-dialog input`, "car")
	a.until("the search", `document.querySelectorAll(".choice").length === 1`)
	a.fill(`.choice-dialog input`, "\r")
	if got := p.end("selectUser"); got != `[3,"Carol Clark","/company/personal/user/3/",false,false]` {
		w.t.Errorf("selectUser: %s", got)
	}

	p.begin(`new Promise((done) => BX24.selectUsers((list) => done(list.map((u) => u.id))))`)
	a.see(`.choice-dialog .choice[data-id="2"]`)
	a.click(`.choice[data-id="2"]`)
	a.click(`.choice[data-id="1"]`)
	a.size(390, 844)
	a.shot("choose-people-390")
	a.fits("the dialog at 390 px")
	a.size(1440, 900)
	a.click(`.choice-foot .button-primary`)
	if got := p.end("selectUsers"); got != `[2,1]` {
		w.t.Errorf("selectUsers: %s", got)
	}

	p.begin(`new Promise((done) => BX24.selectAccess(["U2"], done))`)
	a.see(`.choice-dialog .choice[data-id="AU"]`)
	a.click(`.choice[data-id="AU"]`)
	a.fill(`.choice-dialog input`, "b")
	a.until("the search", `!!document.querySelector('.choice[data-id="U2"][aria-disabled]') && !document.querySelector('.choice[data-id="AU"]')`)
	a.click(`.choice[data-id="U2"]`) // may not be chosen
	a.fill(`.choice-dialog input`, "\b")
	a.fill(`.choice-dialog input`, "Team 07")
	a.until("the department", `document.querySelectorAll(".choice").length === 2`)
	a.click(`.choice[data-id="D8"]`)
	a.shot("choose-access")
	a.click(`.choice-foot .button-primary`)
	if got := p.end("selectAccess"); got != `[{"id":"AU","name":"All authorized users"},{"id":"D8","name":"Team 07"}]` {
		w.t.Errorf("selectAccess: %s", got)
	}

	p.run(`(() => { window.chosen = "nothing"; BX24.selectUser(() => { window.chosen = "somebody" }) })()`)
	a.see(`.choice-dialog .choice`)
	a.clickText(`//dialog[contains(@class,"choice-dialog")]//button[text()="Cancel"]`)
	a.until("the dialog to go", `!document.querySelector(".choice-dialog")`)
	p.want(`new Promise((done) => BX24.placement.getInterface(() => done(window.chosen)))`, `"nothing"`)
	p.want(`new Promise((done) => BX24.selectCRM({ entityType: ["lead", "deal"], multiple: true }, done))`, `{"lead":[],"deal":[]}`)
}

func (w *bx24Walk) window() {
	p, a := w.page, w.admin
	const frame = `document.querySelector("app-frame > iframe")`
	p.want(`new Promise((done) => BX24.resizeWindow(640, "1800", () => done(true)))`, `true`)
	a.until("the size", frame+`.offsetWidth === 640 && `+frame+`.offsetHeight === 1800`)
	p.want(`new Promise((done) => BX24.scrollParentWindow(300, () => done(true)))`, `true`)
	a.until("to be scrolled", `document.querySelector("app-frame").scrollTop === 300`)
	p.want(`new Promise((done) => BX24.fitWindow(() => done(true)))`, `true`)
	a.until("the size of the content", frame+`.offsetHeight < 300 && `+frame+`.offsetWidth > 1000`)
	p.want(`new Promise((done) => BX24.setTitle("Twelve desks", () => done(true)))`, `true`)
	a.until("the title", `document.getElementById("page-title").textContent === "Twelve desks"`)
}

func (w *bx24Walk) paths() {
	p, a := w.page, w.admin
	for _, path := range []string{"/no/such/page/", "//evil.example/", "https://evil.example/", "/live", "javascript:alert(1)"} {
		p.want(`new Promise((done) => BX24.openPath(`+strconv.Quote(path)+`, done))`, `{"result":"error","errorCode":"PATH_NOT_AVAILABLE"}`)
	}
	p.begin(`new Promise((done) => BX24.openPath("/company/personal/user/2/", done))`)
	a.until("the card", `document.querySelector(".slider-head > h1")?.textContent.includes("Bob Brown")`)
	a.until("its address", `location.pathname === "/company/personal/user/2/" && location.search === "?from=rest_placement&from_app=`+strconv.FormatInt(w.added.ID, 10)+`"`)
	a.shot("frame-open-path")
	a.click(`.slider [data-slider-close]`)
	if got := p.end("openPath"); got != `{"result":"close"}` {
		w.t.Errorf("openPath: %s", got)
	}
	w.app.quiet("a path in a slider")
}

func (w *bx24Walk) applications() {
	p, a := w.page, w.admin
	p.begin(`new Promise((done) => BX24.openApplication({ opened: true, n: [1] }, () => done("closed"), {
		width: 450, label: { bgColor: "pink", text: "my task", color: "#070707" }, title: "my title" }))`)
	second := w.app.wait("the application in a slider")
	if got, want := second.form.Get("PLACEMENT_OPTIONS"), `{"opened":true,"n":[1],"bx24_width":450,"bx24_label":{"bgColor":"pink","text":"my task","color":"#070707"},"bx24_title":"my title","URI":"`+w.path()+`"}`; got != want {
		w.t.Errorf("options %s\n   want %s", got, want)
	}
	second.run(ready)
	second.want(`BX24.placement.info().options.opened`, `true`)
	a.until("its looks", `document.querySelector(".slider-panel").offsetWidth === 450 && document.querySelector(".slider-head > h1").textContent === "my title" && document.querySelector(".slider-label").textContent === "my task"`)
	a.shot("frame-open-application")
	second.want(`new Promise((done) => BX24.setTitle("another", () => done(true)))`, `true`)
	a.until("the title of the slider", `document.querySelector(".slider-head > h1").textContent === "another" && document.getElementById("page-title").textContent === "Twelve desks"`)
	second.begin(`BX24.closeApplication()`)
	if got := p.end("openApplication"); got != `"closed"` {
		w.t.Errorf("openApplication: %s", got)
	}
	a.until("the slider to close", `!document.querySelector(".slider")`)
	p.want(`new Promise((done) => BX24.closeApplication(() => done("nothing to close")))`, `"nothing to close"`)
}

func (w *bx24Walk) messenger() {
	p, a := w.page, w.admin
	p.run(`BX24.im.openMessenger(2)`)
	a.until("the conversation", `!!document.querySelector(".slider textarea[name=text]")`)
	a.shot("frame-open-messenger")
	a.click(`.slider [data-slider-close]`)
	a.until("the slider to close", `!document.querySelector(".slider")`)
	line := publishLine(w.t, w.portal, w.site.admin.ID)
	if _, err := w.portal.Network.Join(w.t.Context(), w.site.admin.Ref(), line.Code); err != nil {
		w.t.Fatal(err)
	}
	p.run("BX24.im.openMessenger(`networkLines" + line.Code + "`)")
	a.until("the support chat", `document.querySelector(".slider .pane-main")?.innerText.includes("Desk of Support")`)
	a.shot("frame-open-support")
	a.click(`.slider [data-slider-close]`)
	a.until("the slider to close", `!document.querySelector(".slider")`)
	p.want(`BX.Runtime.loadExtension("im.public.iframe").then((x) => x.Messenger.openChat("chat99999")).then(() => "told")`, `"told"`)
	a.until("to be told", `[...document.querySelectorAll(".toast")].some((x) => x.textContent.includes("no such conversation"))`)
	p.run(`BX24.im.callTo(2, true)`)
	a.until("to be told", `[...document.querySelectorAll(".toast")].some((x) => x.textContent.includes("Calls between people"))`)
	w.app.quiet("the messenger in a slider")
}

func (w *bx24Walk) placement() {
	w.page.want(`BX24.placement.info().placement`, `"DEFAULT"`)
	w.page.want(`new Promise((done) => BX24.placement.getInterface(done))`, `{"command":[],"event":[]}`)
	w.page.want(`new Promise((done) => {
		BX24.placement.call("reloadData", {}, () => done("answered"))
		BX24.placement.bindEvent("CallCard::EntityChanged", () => done("told"))
		BX24.placement.getInterface(() => done("ignored"))
	})`, `"ignored"`)
}

// tokens: what has expired is renewed without anybody noticing.
func (w *bx24Walk) tokens() {
	p := w.page
	old := p.run(`BX24.getAuth().access_token`)
	w.clock.Advance(61 * time.Minute)
	p.want(callScript("user.current", "{}")+`.then((u) => u.NAME)`, `"Ann"`)
	renewed := p.run(`BX24.getAuth().access_token`)
	if renewed == old {
		w.t.Error("the token is the old one")
	}
	p.want(`new Promise((done) => BX24.refreshAuth((auth) => done([auth.access_token === `+renewed+`, auth.access_token === BX24.getAuth().access_token])))`,
		`[false,true]`)
	w.app.quiet("a new token")
}

// foreign: a page of another origin inside the application's, and one that would take its place.
func (w *bx24Walk) foreign() {
	evil := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(rw, `<!doctype html><script>
			let got = 0
			addEventListener("message", (e) => e.source === parent ? parent.postMessage({ got }, "*") : got++)
			for (const up of [parent, parent.parent, top]) up.postMessage("getInitData:k:" + location.hash.slice(1), "*")
			parent.postMessage({ sent: true }, "*")
		</script>`)
	}))
	w.t.Cleanup(evil.Close)
	w.page.want(`new Promise((done) => {
		const f = document.createElement("iframe")
		addEventListener("message", (e) => {
			if (e.source !== f.contentWindow || typeof e.data === "string") return
			if (e.data.sent) BX24.placement.getInterface(() => f.contentWindow.postMessage("count", "*"))
			else if ("got" in e.data) done(e.data.got)
		})
		f.src = "`+evil.URL+`/#" + new URLSearchParams(location.search).get("APP_SID")
		document.body.append(f)
	})`, `0`)
	w.page.begin(`location.href = "` + evil.URL + `/"`)
	w.admin.until("the other origin to be kept out", `document.querySelector("app-frame > iframe").contentDocument.querySelector("[data-blocked]")?.hidden === false`)
	w.admin.shot("frame-blocked")
}

func (w *bx24Walk) reload() {
	w.admin.open(w.path())
	page := w.app.wait("the application's page")
	page.run(ready)
	page.begin(`BX24.reloadWindow()`)
	w.app.wait("the page after it was loaded again").run(ready)
}
