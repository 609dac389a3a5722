package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/task"
)

// TestPlacements binds pages of an application to places of the portal, and opens each where it shows.
func TestPlacements(t *testing.T) {
	t.Parallel()
	b := newFrameBench(t, scriptTag, "placement", "user", "task", "im")
	page := b.installed()
	page.run(ready)
	places := []string{
		"LEFT_MENU", "REST_APP_URI", "USER_PROFILE_MENU", "USER_PROFILE_TOOLBAR", "TASK_VIEW_TAB", "TASK_VIEW_SIDEBAR", "TASK_VIEW_TOP_PANEL",
		"TASK_LIST_CONTEXT_MENU", "TASK_USER_LIST_TOOLBAR", "IM_SIDEBAR",
	}
	for _, code := range places {
		path := "/at/" + strings.ToLower(code)
		b.app.heads[path] = scriptTag
		page.want(callScript("placement.bind", fmt.Sprintf(`{PLACEMENT: %q, HANDLER: %q, TITLE: %q, OPTIONS: {iconName: "fa-bars"}}`, code, b.app.url+path, "At "+code)), "true")
	}
	made, err := b.portal.Tasks.Create(t.Context(), b.site.admin.Ref(), task.Task{Title: "Count the desks", ResponsibleID: 1, Deadline: noon.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	w := &placeWalk{b, strconv.FormatInt(made.ID, 10)}
	w.menu()
	w.links()
	w.people()
	w.tasks()
	w.messenger()
	w.background()
	if faults := b.admin.complaints(); len(faults) > 0 {
		t.Errorf("the page complained of %q", faults)
	}
}

type placeWalk struct {
	*frameBench
	task string
}

// opened waits for a handler and checks what it was told.
func (w *placeWalk) opened(code, options string) *framePage {
	w.t.Helper()
	p := w.app.wait(code)
	if p.path != "/at/"+strings.ToLower(code) || p.form.Get("PLACEMENT") != code || p.form.Get("PLACEMENT_OPTIONS") != options {
		w.t.Errorf("%s opened %s as %s\n with %s\n want %s", code, p.path, p.form.Get("PLACEMENT"), p.form.Get("PLACEMENT_OPTIONS"), options)
	}
	p.run(ready)
	p.want(`BX24.placement.info().placement`, strconv.Quote(code))
	return p
}

func (w *placeWalk) close() {
	w.t.Helper()
	w.admin.click(`body > .slider:not([inert]) [data-slider-close]`)
	w.admin.until("the sliders to close", `!document.querySelector("body > .slider iframe")`)
}

func (w *placeWalk) menu() {
	a := w.admin
	a.open("/company/")
	a.clickText(`//a[contains(@class,"rail-app")][contains(.,"At LEFT_MENU")]`)
	w.opened("LEFT_MENU", `{"URI":"/company/"}`)
	a.until("its title", `document.getElementById("page-title").textContent === "At LEFT_MENU" && !document.querySelector(".slider")`)
	a.shot("place-left-menu")
	a.open("/company/")
	a.click(`.rail-me`)
	a.clickText(`//div[@id="menu-me"]//a[contains(.,"At USER_PROFILE_MENU")]`)
	w.opened("USER_PROFILE_MENU", `{"USER_ID":"1","URI":"/company/"}`)
	a.shot("place-profile-menu")
	w.close()
}

// links: an application opens by a link that somebody was sent.
func (w *placeWalk) links() {
	a := w.admin
	view := "/marketplace/view/" + w.added.ClientID + "/"
	a.open(view + "?params[docId]=42&params[test]=y&other=z")
	w.opened("REST_APP_URI", `{"docId":"42","test":"y"}`)
	a.open("/online/2")
	a.see(`textarea[name=text]`)
	a.fill(`textarea[name=text]`, w.url+view+"?params%5BdocId%5D=7\r")
	a.click(`.msg-own a[href*="/marketplace/view/"]`)
	p := w.opened("REST_APP_URI", `{"docId":"7","URI":"/online/2"}`)
	a.until("a slider over the conversation", `!!document.querySelector(".slider iframe") && !!document.querySelector("#page textarea[name=text]")`)
	p.begin(`BX24.closeApplication()`)
	a.until("the slider to close", `!document.querySelector(".slider")`)
}

func (w *placeWalk) people() {
	a := w.admin
	a.open("/company/personal/user/2/")
	a.click(`[popovertarget="person-apps-2"]`)
	a.shot("place-profile-toolbar")
	a.clickText(`//div[@id="person-apps-2"]//a[contains(.,"At USER_PROFILE_TOOLBAR")]`)
	w.opened("USER_PROFILE_TOOLBAR", `{"USER_ID":"2","URI":"/company/personal/user/2/"}`)
	w.close()
}

func (w *placeWalk) tasks() {
	a := w.admin
	const list = "/company/personal/user/1/tasks/"
	a.open(list)
	a.click(`[popovertarget="task-apps"]`)
	a.clickText(`//div[@id="task-apps"]//a[contains(.,"At TASK_USER_LIST_TOOLBAR")]`)
	w.opened("TASK_USER_LIST_TOOLBAR", `{"USER_ID":"1","URI":"`+list+`"}`)
	w.close()
	a.click(`[popovertarget="task-menu-` + w.task + `"]`)
	a.shot("place-task-menu")
	a.clickText(`//*[@id="task-menu-` + w.task + `"]//a[contains(.,"At TASK_LIST_CONTEXT_MENU")]`)
	w.opened("TASK_LIST_CONTEXT_MENU", `{"ID":"`+w.task+`","URI":"`+list+`"}`)
	w.close()
	card := list + "task/view/" + w.task + "/"
	a.open(card)
	a.see(`.task-apps`)
	a.shot("place-task")
	for _, code := range []string{"TASK_VIEW_TAB", "TASK_VIEW_SIDEBAR", "TASK_VIEW_TOP_PANEL"} {
		a.clickText(`//div[contains(@class,"task-apps")]//a[contains(.,"At ` + code + `")]`)
		w.opened(code, `{"taskId":"`+w.task+`","URI":"`+card+`"}`)
		w.close()
	}
}

func (w *placeWalk) messenger() {
	a := w.admin
	a.open("/online/2")
	a.clickText(`//div[contains(@class,"im-side")]//a[contains(.,"At IM_SIDEBAR")]`)
	w.opened("IM_SIDEBAR", `{"dialogId":"2","URI":"/online/"}`)
	a.shot("place-im-sidebar")
	w.close()
}

// background: a page that nobody sees, on every page.
func (w *placeWalk) background() {
	w.admin.open(w.path())
	page := w.app.wait("the application’s page")
	page.run(ready)
	w.app.heads["/at/page_background_worker"] = scriptTag
	page.want(callScript("placement.bind", fmt.Sprintf(`{PLACEMENT: "PAGE_BACKGROUND_WORKER", HANDLER: %q, OPTIONS: {errorHandlerUrl: %q}}`,
		w.app.url+"/at/page_background_worker", w.app.url+"/slow")), "true")
	w.admin.open("/company/?x=1")
	p := w.opened("PAGE_BACKGROUND_WORKER", `{"ID":"PAGE_BACKGROUND_WORKER","URI":"/company/?x=1"}`)
	if w := evaluate[int64](w.admin, `document.querySelector("body > app-frame").offsetWidth`); w != 0 {
		p.app.t.Errorf("the background worker is %d px wide", w)
	}
	p.want(`new Promise((done) => BX24.placement.getInterface((i) => done([i.command.includes("CallCardSetMute"), i.command.includes("CallCardGetListUiStates"), i.event.length])))`,
		`[true,true,17]`)
	p.want(`new Promise((done) => BX24.placement.call("CallCardSetMute", { muted: true }, done))`, `[{"result":"error","errorCode":"Call card is undefined"}]`)
	p.want(`new Promise((done) => BX24.placement.call("CallCardGetListUiStates", {}, (l) => done(l.length)))`, `12`)
	p.begin(`new Promise((done) => BX24.openApplication({ from: "behind" }, () => done("closed")))`)
	front := w.app.wait("the application, opened from behind")
	front.run(ready)
	front.want(`BX24.placement.info().options.from`, `"behind"`)
	front.begin(`BX24.closeApplication()`)
	if got := p.end("openApplication"); got != `"closed"` {
		p.app.t.Errorf("openApplication: %s", got)
	}
}
