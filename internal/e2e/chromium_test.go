package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/browsertest"
)

// shotsEnv names the folder for the pictures of the pages; without it none are taken.
const shotsEnv = "PORTICO_SHOTS"

// walk is the main job in a browser: the administrator installs the bot and talks to it.
type walk struct {
	t     *testing.T
	in    *installation
	admin *tab
	hook  caller
	// bot is the address of the bot; forgotten makes it forget the portal, known says whether it knows it.
	bot       string
	forgotten func()
	known     func() bool
	botID     string
}

// TestWalkInChromium does what the tutorial has a reader do, in a browser, from the first start of the program on.
func TestWalkInChromium(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	in := newInstallation(t, "")
	in.serve("--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--demo")
	w := &walk{t: t, in: in}
	client := clientFor(t, in.started.CA, strings.TrimPrefix(in.started.Addresses[0], "https://"))
	w.chooseBot(client)
	var hook struct{ URL string }
	in.cli(&hook, "webhook", "add", "--scope", "*")
	w.hook = caller{t: t, http: client, base: hook.URL}

	w.admin = newTab(t, browser, "admin", in.started.URLs[0])
	w.signIn()
	w.install()
	w.announced()
	w.welcome()
	w.burning()
	w.card()
	w.colleague(browser)
	w.phone()
	w.dark()
	w.reinstall()
	w.remove()
	if faults := w.admin.complaints(); len(faults) > 0 {
		t.Errorf("the administrator's page complained of %q", faults)
	}
	in.stop(syscall.SIGTERM)
}

// chooseBot takes the bot under PHP where there is one, else that in this process.
func (w *walk) chooseBot(client *http.Client) {
	w.t.Helper()
	source, err := tutorialBot()
	if _, missing := exec.LookPath("php"); err == nil && missing == nil {
		php, domain := startPHP(w.t, source, w.in.started.CA), strings.TrimPrefix(w.in.started.URLs[0], "https://")
		w.bot = php.url
		w.known = func() bool {
			_, content := php.config(w.t, domain)
			return strings.Contains(content, "'BOT_ID' => "+w.botID+",")
		}
		w.forgotten = func() {
			path, _ := php.config(w.t, domain)
			if err := os.Remove(path); err != nil {
				w.t.Error(err)
			}
		}
		return
	}
	bot := newReportBot(w.t, client, time.Now)
	w.bot = bot.url
	w.forgotten = func() { bot.change(func() { clear(bot.configs) }) }
	w.known = func() bool {
		bot.mu.Lock()
		defer bot.mu.Unlock()
		for _, portal := range bot.configs {
			for _, c := range portal {
				return c.botID == w.botID
			}
		}
		return false
	}
}

func (w *walk) signIn() {
	a := w.admin
	a.open("/")
	a.see(`input[name=login]`)
	a.shot("signin")
	a.signIn(w.in.started.Admin.Login, w.in.started.Admin.Password)
	a.open("/online/")
	a.see(`.im-line`)
	a.shot("messenger")
	a.fits("messenger")
}

// install fills the form of the local application as the tutorial says.
func (w *walk) install() {
	a := w.admin
	a.click(`.rail a[data-nav=apps]`)
	a.see(`a.tile[href="/devops/app/new"]`)
	a.shot("developer-resources")
	a.click(`a.tile[href="/devops/app/new"]`)
	const form = `.slider form.app-form `
	a.see(form + `input[name=name]`)
	a.fill(form+`input[name=name]`, "ReportBot")
	a.fill(form+`input[name=handler_url]`, w.bot)
	a.fill(form+`input[name=install_url]`, w.bot)
	a.click(form + `input[name=api_only]`)
	a.shot("local-application")
	for _, scope := range reportScopes {
		a.click(form + `input[name=scopes][value=` + scope + `]`)
	}
	a.shot("local-application-permissions")
	a.click(form + `button.button-primary`)
	a.see(`.slider .shown-once`)
	keys := evaluate[[]string](a, `[...document.querySelectorAll(".slider .shown-once input")].map((i) => i.value)`)
	if len(keys) < 3 || !strings.HasPrefix(keys[0], "local.") || len(keys[1]) < 20 || strings.Contains(keys[1], "•") {
		w.t.Errorf("the keys that are shown: %q", keys)
	}
	a.shot("local-application-keys")
	eventually(w.t, "the bot to be registered", func() bool {
		var bots map[string]struct{ CODE string }
		if got := w.hook.call("imbot.bot.list", nil); string(got.Result) == "[]" {
			return false
		}
		w.hook.must("imbot.bot.list", nil, &bots)
		for id := range bots {
			w.botID = id
		}
		return w.known()
	})
	a.click(`.slider .shown-once a.button-primary`)
	a.until("the slider to close", `!document.querySelector(".slider")`)
	a.open("/devops/integrations/")
	a.see(`table`)
	a.shot("integrations")
	a.fits("integrations")
}

func (w *walk) announced() {
	a := w.admin
	a.click(`.rail a[data-nav=messenger]`)
	a.clickText(`//a[contains(@class,"im-line")][.//span[text()="General chat"]]`)
	a.until("the announcement", `[...document.querySelectorAll(".msg-note")].some((m) => m.textContent.includes("ReportBot"))`)
	a.shot("general-chat")
}

// welcome finds the bot by its name and opens its chat.
func (w *walk) welcome() {
	a := w.admin
	a.fill(`input[data-find]`, "Report")
	a.click(`.im-found a[href="/online/` + w.botID + `"]`)
	a.until("the welcome", `document.querySelector(".msg button.bb-send")?.textContent === "What's burning?"`)
	a.until("the picture", `[...document.querySelectorAll(".im-head img")].every((i) => i.complete && i.naturalWidth > 0) && !!document.querySelector(".im-head img")`)
	a.shot("bot-welcome")
}

func (w *walk) burning() {
	a := w.admin
	a.click(`.msg button.bb-send`)
	a.until("the question as a message of mine", `[...document.querySelectorAll(".msg-own .msg-text")].some((m) => m.textContent.trim() === "what is burning")`)
	a.until("the report", `document.querySelectorAll(".attach a.attach-link-name").length >= 2`)
	links := evaluate[[]string](a, `[...document.querySelectorAll(".attach a.attach-link-name")].map((l) => l.textContent + " " + new URL(l.href).pathname)`)
	for i, title := range []string{"Answer the auditor's questions", "Sign the lease for the Hamburg warehouse"} {
		if i >= len(links) || !strings.HasPrefix(links[i], title+" /company/personal/user/1/tasks/task/view/") {
			w.t.Errorf("the report links to %q", links)
		}
	}
	a.shot("bot-report")
	a.fits("the conversation")
}

// card opens a task by its link in the report.
func (w *walk) card() {
	a := w.admin
	a.click(`.attach a.attach-link-name`)
	a.until("the task's card", `document.querySelector(".slider:has(.task-card) .slider-head > h1")?.textContent === "Answer the auditor's questions"`)
	a.shot("task-card")
	a.fits("the task's card")
	path := evaluate[string](a, `location.pathname`)
	if !strings.HasPrefix(path, "/company/personal/user/1/tasks/task/view/") {
		w.t.Errorf("the card's address is %s", path)
	}
	a.do("back", chromedp.NavigateBack())
	a.until("the conversation again", `!!document.querySelector(".msg button.bb-send") && !document.querySelector(".slider")`)
}

// colleague has somebody else in a second browser, without any reload.
func (w *walk) colleague(browser context.Context) {
	a, mark := w.admin, newTab(w.t, browser, "mark", w.in.started.URLs[0])
	mark.signIn("mark@northwind.example", w.in.started.Admin.Password)
	mark.open("/online/1")
	mark.see(`textarea[name=text]`)
	a.open("/online/2")
	a.see(`textarea[name=text]`)
	say := func(from, to *tab, words string) {
		w.t.Helper()
		from.fill(`textarea[name=text]`, words)
		begun := time.Now()
		from.fill(`textarea[name=text]`, "\r")
		to.until("a message of the other", fmt.Sprintf(`[...document.querySelectorAll(".msg:not(.msg-own) .msg-text")].some((m) => m.textContent.trim() === %q)`, words))
		w.t.Logf("%s saw it after %s", to.name, time.Since(begun).Round(time.Millisecond))
	}
	say(a, mark, "The order is released.")
	say(mark, a, "Wonderful, thank you!")
	a.shot("chat-with-mark")
	mark.open("/online/")
	mark.see(`.im-line`)
	a.fill(`textarea[name=text]`, "One more thing")
	a.fill(`textarea[name=text]`, "\r")
	mark.until("the line in the list", `document.querySelector('.im-line[data-dialog="1"] [data-count]')?.textContent === "1" && document.querySelector('.im-line[data-dialog="1"] [data-sub]').textContent.includes("One more thing")`)
	if faults := mark.complaints(); len(faults) > 0 {
		w.t.Errorf("the colleague's page complained of %q", faults)
	}
}

// pagesToSee are looked at on every kind of screen.
func (w *walk) pagesToSee() []struct{ name, path, see string } {
	w.admin.open("/online/" + w.botID)
	w.admin.until("the report", `!!document.querySelector(".attach a.attach-link-name")`)
	card := evaluate[string](w.admin, `new URL(document.querySelector(".attach a.attach-link-name").href).pathname`)
	return []struct{ name, path, see string }{
		{"messenger", "/online/", ".im-line"},
		{"bot-report", "/online/" + w.botID, ".attach a.attach-link-name"},
		{"chat", "/online/2", ".msg"},
		{"task-card", card, ".task-card"},
		{"tasks", "/company/personal/user/1/tasks/", "main"},
		{"people", "/company/", "main"},
		{"developer-resources", "/devops/", ".tile"},
		{"local-application", "/devops/app/new", ".app-form"},
		{"integrations", "/devops/integrations/", ".table"},
	}
}

// phone walks through the pages at the width of a phone, and asks the bot once more.
func (w *walk) phone() {
	a := w.admin
	pages := w.pagesToSee()
	a.size(390, 844)
	for _, p := range pages {
		a.open(p.path)
		a.see(p.see)
		a.fits(p.name + " at 390 px")
		a.shot(p.name + "-390")
	}
	a.open("/online/")
	a.click(`.im-line[data-dialog="` + w.botID + `"]`)
	a.see(`textarea[name=text]`)
	a.fill(`textarea[name=text]`, "Hello there")
	a.click(`[data-composer] button[aria-label=Send]`)
	a.until("the bot's answer", `[...document.querySelectorAll(".msg-text")].some((m) => m.textContent.startsWith("I'm confused"))`)
	a.shot("bot-confused-390")
	a.click(`[data-list]`)
	a.see(`.im-line`)
	a.size(1440, 900)
}

// dark chooses the dark theme at the foot of the rail.
func (w *walk) dark() {
	a := w.admin
	a.open("/online/" + w.botID)
	a.click(`.rail-me`)
	a.click(`#menu-me button[value=dark]`)
	a.until("the dark theme", `document.documentElement.dataset.theme === "dark"`)
	a.until("the theme to be kept", `fetch(location.href).then((r) => r.text()).then((t) => t.includes('data-theme="dark"'))`)
	pages := w.pagesToSee()
	for _, p := range pages {
		a.open(p.path)
		a.see(p.see)
		a.fits(p.name + " in the dark")
		a.shot(p.name + "-dark")
	}
	a.size(390, 844)
	for _, p := range pages {
		a.open(p.path)
		a.see(p.see)
		a.shot(p.name + "-dark-390")
	}
	a.size(1440, 900)
}

func (w *walk) openApp() {
	a := w.admin
	a.open("/devops/integrations/")
	a.clickText(`//a[contains(@class,"integration")][contains(.,"ReportBot")]`)
	a.see(`.slider [data-open=remove-app]`)
}

func (w *walk) reinstall() {
	w.forgotten()
	if w.known() {
		w.t.Fatal("the bot cannot be made to forget")
	}
	w.openApp()
	w.admin.shot("application-dark")
	w.admin.click(`.slider form[action$="/install"] button`)
	w.admin.until("to be told", `[...document.querySelectorAll(".toast")].some((x) => x.textContent.includes("ONAPPINSTALL"))`)
	eventually(w.t, "the bot to know the portal again", w.known)
}

func (w *walk) remove() {
	a := w.admin
	w.openApp()
	a.click(`.slider [data-open=remove-app]`)
	a.see(`#remove-app[open]`)
	a.shot("application-delete-dark")
	a.click(`#remove-app button[form=remove-app-form]`)
	a.until("to be told", `[...document.querySelectorAll(".toast")].some((x) => x.textContent.includes("ReportBot was deleted"))`)
	eventually(w.t, "the bot to forget the portal", func() bool { return !w.known() })
	if got := w.hook.call("imbot.bot.list", nil); string(got.Result) != "[]" {
		w.t.Errorf("bots after the removal: %s", got.Raw)
	}
	a.open("/online/")
	a.see(`.im-line`)
	listed := evaluate[bool](a, `!!document.querySelector('.im-line[data-dialog="`+w.botID+`"]')`)
	if listed {
		w.t.Error("the recent list still shows the bot")
	}
	a.shot("bot-gone-dark")
}
