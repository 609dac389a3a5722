package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db/dbtest"
)

// sdkEnv names the folder into which the package @bitrix24/b24jssdk was unpacked.
const sdkEnv = "PORTICO_TEST_B24JSSDK"

// TestB24JSSDK has a page of the official JavaScript SDK do in a frame what the SDK offers there.
func TestB24JSSDK(t *testing.T) {
	t.Parallel()
	folder := os.Getenv(sdkEnv)
	if folder == "" {
		dbtest.Skip(t, "set "+sdkEnv+" to the folder of the package @bitrix24/b24jssdk (npm pack, tar xzf)")
	}
	script, err := os.ReadFile(filepath.Join(folder, "dist", "umd", "index.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	b := newFrameBench(t, `<script src="/script.js"></script>`, "user", "department", "placement")
	b.app.script = script
	w := &sdkWalk{frameBench: b}
	w.install()
	w.calls()
	w.options()
	w.dialogs()
	w.window()
	w.sliders()
	w.tokens()
	w.placement()
	for _, f := range b.admin.complaints() {
		if !strings.Contains(f, "401 (Unauthorized) "+b.url+"/rest/user.current") && !strings.Contains(f, "404") {
			t.Errorf("the page complained of %q", f)
		}
	}
}

type sdkWalk struct {
	*frameBench
	page *framePage
}

// begun is a script that makes the SDK ready.
const begun = `B24Js.initializeB24Frame().then((b24) => { window.b24 = b24; return [b24.isInstallMode, b24.isFirstRun, b24.auth.isAdmin, b24.getLang()] })`

// install finishes the installation by the SDK.
func (w *sdkWalk) install() {
	w.admin.open(w.path())
	setup := w.app.wait("the installation page")
	setup.want(begun, `[true,true,true,"en"]`)
	setup.begin(`b24.installFinish()`)
	w.page = w.app.wait("the application's page")
	w.page.want(begun, `[false,false,true,"en"]`) // the installation was the first run
	w.page.want(`b24.getTargetOrigin()`, strconv.Quote(w.url))
	w.page.want(`b24.installFinish().catch((e) => e.code)`, `"JSSDK_FRAME_INSTALL_ALREADY_FINISHED"`)
}

func (w *sdkWalk) calls() {
	p := w.page
	p.want(`b24.actions.v2.call.make({ method: "user.current", params: {} }).then((r) => [r.isSuccess, r.getData().result.NAME])`, `[true,"Ann"]`)
	p.want(`b24.actions.v2.call.make({ method: "no.such", params: {} }).then((r) => [r.isSuccess, r.getErrorMessages().length > 0]).catch((e) => [false, e.code !== undefined])`, `[false,true]`)
	p.want(`b24.actions.v2.batch.make({ calls: { me: { method: "user.current", params: {} }, same: { method: "user.get", params: { ID: "$result[me][ID]" } } } })
		.then((r) => { const d = r.getData(); return [d.me.NAME, d.same[0].LAST_NAME] })`, `["Ann","Archer"]`)
}

func (w *sdkWalk) options() {
	p := w.page
	p.want(`b24.options.appSet("answer", 42).then(() => b24.options.appGet("answer"))`, `42`)
	p.want(`b24.options.userSet("colour", { of: "desk" }).then(() => b24.options.userGet("colour"))`, `{"of":"desk"}`)
	p.want(`b24.actions.v2.call.make({ method: "app.option.get", params: { option: "answer" } }).then((r) => r.getData().result)`, `42`)
}

func (w *sdkWalk) dialogs() {
	p, a := w.page, w.admin
	p.begin(`b24.dialog.selectUser().then((u) => [u.id, u.name])`)
	a.see(`.choice-dialog .choice[data-id="2"]`)
	a.click(`.choice[data-id="2"]`)
	if got := p.end("selectUser"); got != `["2","Bob Brown"]` {
		w.t.Errorf("selectUser: %s", got)
	}
	p.begin(`b24.dialog.selectUsers().then((l) => l.map((u) => u.id))`)
	a.see(`.choice-dialog .choice[data-id="3"]`)
	a.click(`.choice[data-id="3"]`)
	a.click(`.choice-foot .button-primary`)
	if got := p.end("selectUsers"); got != `["3"]` {
		w.t.Errorf("selectUsers: %s", got)
	}
	p.begin(`b24.dialog.selectAccess(["U1"])`)
	a.see(`.choice-dialog .choice[data-id="AU"]`)
	a.click(`.choice[data-id="AU"]`)
	a.click(`.choice-foot .button-primary`)
	if got := p.end("selectAccess"); got != `[{"id":"AU","name":"All authorized users"}]` {
		w.t.Errorf("selectAccess: %s", got)
	}
	p.want(`b24.dialog.selectCRM({ entityType: ["deal"] })`, `{"deal":[]}`)
}

func (w *sdkWalk) window() {
	p, a := w.page, w.admin
	p.want(`b24.parent.setTitle("By the SDK").then((r) => r.isSafely ?? "answered")`, `"answered"`)
	a.until("the title", `document.getElementById("page-title").textContent === "By the SDK"`)
	p.want(`b24.parent.resizeWindow(700, 1500).then((r) => r.isSafely ?? "answered")`, `"answered"`)
	a.until("the size", `document.querySelector("app-frame > iframe").offsetHeight === 1500`)
	p.want(`b24.parent.scrollParentWindow(100).then((r) => r.isSafely ?? "answered")`, `"answered"`)
	p.want(`b24.parent.fitWindow().then((r) => r.isSafely ?? "answered")`, `"answered"`)
	a.until("the whole width", `document.querySelector("app-frame > iframe").offsetWidth > 1000`)
	p.want(`b24.parent.imOpenMessenger(2).then((r) => r.isSafely ?? "answered")`, `"answered"`)
	a.until("the conversation", `!!document.querySelector(".slider textarea[name=text]")`)
	a.click(`.slider [data-slider-close]`)
	a.until("the slider to close", `!document.querySelector(".slider")`)
}

func (w *sdkWalk) sliders() {
	p, a := w.page, w.admin
	p.begin(`b24.slider.openPath(b24.slider.getUrl("/company/personal/user/2/"), 950)`)
	a.until("the card", `document.querySelector(".slider-head > h1")?.textContent.includes("Bob Brown") === true`)
	a.click(`.slider [data-slider-close]`)
	if got := p.end("openPath"); got != `{"isOpenAtNewWindow":false,"isClose":true}` {
		w.t.Errorf("openPath: %s", got)
	}
	p.want(`b24.slider.openPath(b24.slider.getUrl("/no/such/"), 950).catch((e) => e.message)`, `"PATH_NOT_AVAILABLE"`)
	p.begin(`b24.slider.openSliderAppPage({ opened: "yes", bx24_width: 500 }).then(() => "closed")`)
	second := w.app.wait("the application in a slider")
	second.run(begun)
	second.want(`b24.placement.options.opened`, `"yes"`)
	second.begin(`b24.parent.closeApplication()`)
	if got := p.end("openSliderAppPage"); got != `"closed"` {
		w.t.Errorf("openSliderAppPage: %s", got)
	}
}

func (w *sdkWalk) tokens() {
	p := w.page
	old := p.run(`b24.auth.getAuthData().access_token`)
	w.clock.Advance(61 * time.Minute)
	p.want(`b24.actions.v2.call.make({ method: "user.current", params: {} }).then((r) => r.getData().result.NAME)`, `"Ann"`)
	if renewed := p.run(`b24.auth.getAuthData().access_token`); renewed == old {
		w.t.Error("the token is the old one")
	}
	p.want(`b24.auth.refreshAuth().then((a) => a.access_token.length)`, `32`)
}

// placement binds a page in the background and has it use the interface of its place.
func (w *sdkWalk) placement() {
	w.page.want(`[b24.placement.placement, b24.placement.isDefault]`, `["DEFAULT",true]`)
	w.app.heads["/behind"] = `<script src="/script.js"></script>`
	w.page.want(`b24.actions.v2.call.make({ method: "placement.bind", params: { PLACEMENT: "PAGE_BACKGROUND_WORKER", HANDLER: location.origin + "/behind", OPTIONS: { errorHandlerUrl: location.origin + "/slow" } } })
		.then((r) => r.getData().result)`, `true`)
	w.admin.open("/company/")
	p := w.app.wait("the background worker")
	p.run(begun)
	p.want(`[b24.placement.placement, b24.placement.options.URI]`, `["PAGE_BACKGROUND_WORKER","/company/"]`)
	p.want(`b24.placement.getInterface().then((i) => [i.command.length, i.event.length])`, `[9,17]`)
	p.want(`b24.placement.call("CallCardSetMute", { muted: true })`, `[{"result":"error","errorCode":"Call card is undefined"}]`)
}
