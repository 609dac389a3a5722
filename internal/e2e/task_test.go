package e2e

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/portico-hq/portico/internal/browsertest"
)

// TestTasksOfTwoPeople has Anna write and plan a task at a desk, with a file that she drops on it, and hand it to Mark, who has it on a
// telephone; each sees at once what the other does.
func TestTasksOfTwoPeople(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	onBoth(t, func(t *testing.T, in *installation) {
		in.serve("--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--demo")
		w := &taskWalk{t: t, anna: newTab(t, browser, "anna", in.started.URLs[0]), mark: newTab(t, browser, "mark", in.started.URLs[0])}
		w.anna.signIn(in.started.Admin.Login, in.started.Admin.Password)
		w.mark.signIn("mark@northwind.example", in.started.Admin.Password)
		w.mark.size(390, 844)
		w.write()
		w.plan()
		w.attach()
		w.due()
		w.handOn()
		w.talk()
		w.choose()
		for _, b := range []*tab{w.anna, w.mark} {
			if faults := b.complaints(); len(faults) > 0 {
				t.Errorf("the page of %s complained of %q", b.name, faults)
			}
		}
		in.stop(syscall.SIGTERM)
	})
}

type taskWalk struct {
	t          *testing.T
	anna, mark *tab
}

const (
	annasTasks = "/company/personal/user/1/tasks/"
	marksTasks = "/company/personal/user/2/tasks/"
	theTask    = "Move the trade fair stand"
)

// has is a script that looks for a text in an element.
func has(selector, text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%q)].some((el) => el.textContent.includes(%q))`, selector, text)
}

// write makes a task with the line of the list, without the mouse.
func (w *taskWalk) write() {
	a := w.anna
	a.open(annasTasks)
	a.until("the list is alive", `!!customElements.get("ui-list") && !!document.querySelector("tr[data-row]")`)
	a.do("press A", chromedp.KeyEvent("a")) // the key leads into the line
	a.until("the cursor in the line", `document.activeElement?.matches("[data-quick] input[name=title]")`)
	a.fill(`[data-quick] input[name=title]`, "\b"+theTask+"\r") // a driven browser writes the key, too
	a.until("the task in the list", has(".task-title > a", theTask))
	a.until("an empty line with the cursor in it", `document.activeElement?.matches("[data-quick] input[name=title]") && document.activeElement.value === ""`)
	const find = `[...document.querySelectorAll(".task-title > a")].find((el) => el.textContent === %q)`
	a.until("the task to stay", "!!"+fmt.Sprintf(find, theTask))
	a.fits("list of tasks")
	a.shot("tasks")
}

// plan fills the checklist, from the card over the list.
func (w *taskWalk) plan() {
	a := w.anna
	a.clickText(fmt.Sprintf(`//td[contains(@class,"task-title")]/a[text()=%q]`, theTask))
	a.see(`.slider .task-card`)
	a.click(`.slider .check-new > summary`)
	a.until("its name to be chosen", `(() => { const i = document.querySelector(".slider .check-new[open] input[name=title]"); i?.select(); return Boolean(i) })()`)
	a.fill(`.slider .check-new input[name=title]`, "Pack\r")
	a.until("the checklist", `document.querySelector(".check-list h2")?.textContent === "Pack"`)
	for _, item := range []string{"Walls", "Lamps", "Brochures"} {
		a.fill(`.slider .check-list form.check-add input[name=title]`, item+"\r")
		a.until("the item "+item, has(".check-text", item)+` && document.activeElement?.matches(".check-add input[name=title]") && document.activeElement.value === ""`)
	}
	w.overtaken()
	a.click(`.slider .check-item:first-child .check-box`)
	a.until("one is done", has(".check-list .section-head", "1 of 4"))
	a.shot("task-card")
}

// overtaken has Anna write an item while the card, which somebody else has changed, is on its way to her page.
func (w *taskWalk) overtaken() {
	a := w.anna
	a.do("hold the card", chromedp.Evaluate[chromedp.Void](`{
		const asks = window.fetch
		window.fetch = async (url, options) => {
			const res = await asks(url, options)
			if (!window.letGo && options?.headers?.["Portico-Slider"]) await new Promise((f) => { window.letGo = f })
			return res
		}
	}`))
	a.until("the card to be there", `Boolean(window.letGo) || (document.dispatchEvent(new CustomEvent("live:task:changed", { detail: { id: Number(document.querySelector(".slider [data-task]").dataset.task) } })), false)`)
	a.fill(`.check-list form.check-add input[name=title]`, "Ladder")
	a.do("let it go", chromedp.Evaluate[chromedp.Void]("window.letGo()"))
	a.fill(`.check-list form.check-add input[name=title]`, "\r")
	a.until("the item Ladder", has(".check-text", "Ladder"))
}

// attach drops a file onto the files of the task, which stays there.
func (w *taskWalk) attach() {
	a := w.anna
	a.until("a place for files", `!!document.querySelector(".slider [data-attached] [data-drop-hint]:not([hidden])")`)
	evaluate[bool](a, `(() => {
		const part = document.querySelector(".slider [data-attached]")
		const data = new DataTransfer()
		data.items.add(new File(["how to build it"], "stand plan.txt", { type: "text/plain" }))
		for (const kind of ["dragover", "drop"]) part.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }))
		return true
	})()`)
	a.until("the file at the task", has(".slider .task-file-own", "stand plan.txt"))
	a.until("nothing on its way", `!document.querySelector(".slider .task-sent")`)
}

// due gives the task a deadline and Anna a reminder of it.
func (w *taskWalk) due() {
	a := w.anna
	a.click(`.slider details.task-deadline > summary`)
	a.click(`.slider .task-presets button[value=week]`)
	a.until("the deadline", `!/None/.test(document.querySelector(".slider .task-side dd").firstElementChild.textContent)`)
	a.click(`.slider #reminders details.task-deadline > summary`)
	a.click(`.slider #reminders button[value=hour]`)
	a.until("the reminder", `!!document.querySelector(".slider #reminders button[name=remove]")`)
	a.shot("task-card-due")
}

// handOn makes Mark responsible.
func (w *taskWalk) handOn() {
	a := w.anna
	a.click(`.slider [popovertarget^="task-more"]`)
	a.click(`.slider [data-open^="task-delegate"]`)
	a.fill(`.slider dialog[open] input[name=person]`, "mark@northwind.example")
	a.click(`.slider dialog[open] form[action$="delegate"] button.button-primary`)
	a.until("it to be Mark's", has(".slider .task-side", "Mark Novak"))
}

// choose makes a task with the form, for which Anna looks for people with the keys alone: one for whom she waits, one whom she
// takes before they are found, and one whom she gives up.
func (w *taskWalk) choose() {
	a := w.anna
	chosen := func(field, want string) {
		a.until(field+" to be "+want, fmt.Sprintf(`[...document.querySelectorAll("[data-field=%s] .people-chip")].map((el) => el.textContent.trim()).join(", ") === %q`, field, want))
	}
	enter := func(field string) { // a driven browser writes the key, too, which would send the form
		evaluate[bool](a, fmt.Sprintf(`document.querySelector("#f-%s_typed").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }))`, field))
	}
	a.open("/tasks/new")
	a.until("the form is alive", `document.querySelectorAll(".people [role=combobox]").length === 3`)
	a.fill(`#f-title`, "Order badges")
	a.fill(`#f-responsible_typed`, "novak")
	a.until("Mark to be found", `document.querySelector("[data-field=responsible] [aria-selected=true]")?.dataset.name === "Mark Novak"`)
	enter("responsible")
	chosen("responsible", "Mark Novak")
	a.fill(`#f-auditors_typed`, "cho")
	enter("auditors")
	chosen("auditors", "Daniel Cho")
	a.fill(`#f-auditors_typed`, "lind")
	enter("auditors")
	chosen("auditors", "Daniel Cho, Julia Lind")
	a.do("press Backspace", chromedp.KeyEvent(kb.Backspace))
	chosen("auditors", "Daniel Cho")
	a.shot("task-form-people")
	a.click(`.task-form button.button-primary`)
	a.until("the task with its people", has(".task-side", "Mark Novak")+" && "+has(".task-side", "Daniel Cho")+" && !"+has(".task-side", "Julia Lind"))
}

// counter is a script that says how much of his tasks a person has to look at.
const counter = `Math.max(0, ...[...document.querySelectorAll('[data-counter="tasks"]')].map((el) => el.hidden ? 0 : parseInt(el.textContent)))`

// order has Mark put the first task of his plan below the second one, with the mouse, and back with the keys.
func (w *taskWalk) order() {
	m := w.mark
	const titles = `[...document.querySelectorAll("[data-lane]:first-child [data-tile] > a")].map((el) => el.textContent)`
	m.open(marksTasks + "plan/")
	m.until("two tasks in the plan", titles+".length > 1")
	before := evaluate[[]string](m, titles)
	evaluate[bool](m, `(() => {
		const [first, second] = document.querySelectorAll("[data-lane]:first-child [data-tile]")
		const box = second.getBoundingClientRect(), dataTransfer = new DataTransfer()
		const act = (kind, on) => on.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer, clientY: box.bottom - 2 }))
		act("dragstart", first); act("dragover", second); act("drop", second); act("dragend", first)
		return true
	})()`)
	swapped := fmt.Sprintf(`!document.querySelector("[aria-busy=true]") && (([a, b]) => a === %q && b === %q)(%s)`, before[1], before[0], titles)
	m.until("the first task below the second", swapped)
	m.open(marksTasks + "plan/")
	m.until("it to stay there", swapped)
	evaluate[bool](m, `(document.querySelector("[data-lane]:first-child [data-tile]").focus(), true)`)
	m.do("press Shift J", chromedp.KeyEvent("J", chromedp.KeyModifiers(kb.ModifierShift)))
	m.until("it to be first again", fmt.Sprintf(`%s[0] === %q`, titles, before[0]))
}

// begin has Mark begin with things in his list without ending them: a filter, a task, a walk through the rows. It returns the row.
func (w *taskWalk) begin() string {
	m := w.mark
	m.click(`.task-filter > summary`)
	m.fill(`.task-filter input[name=tag]`, "fair")
	m.fill(`#task-quick`, "Buy flags")
	evaluate[bool](m, `(document.activeElement.blur(), true)`)
	m.do("press J", chromedp.KeyEvent("j"))
	row := evaluate[string](m, `document.querySelector("tr[aria-current=true]").id`)
	m.until("him to have begun", halfDone(row))
	return row
}

// halfDone is a script that says whether all that begin began is there.
func halfDone(row string) string {
	return fmt.Sprintf(`document.querySelector(".task-filter[open] input[name=tag]")?.value === "fair" &&
		document.getElementById("task-quick").value === "Buy flags" && document.querySelector("tr[aria-current=true]")?.id === %q`, row)
}

// talk has both write comments while each looks at the task, and Mark's counter tell him of one while he does not.
func (w *taskWalk) talk() {
	a, m := w.anna, w.mark
	m.open(marksTasks)
	m.see(`tr[data-row]`)
	m.fits("list of tasks on a telephone")
	before := evaluate[int64](m, counter)
	row := w.begin()
	say := func(b *tab, text string) {
		b.fill(`form.task-write textarea`, text)
		b.click(`#comments form.task-write button[type=submit]`)
		b.until("the comment "+text, has(".task-comment", text))
	}
	say(a, "The van comes at nine")
	m.until("one more to look at", fmt.Sprintf("%s > %d", counter, before))
	m.until("the comment in the list of Mark", fmt.Sprintf(`[...document.querySelectorAll(".task-title")].some((el) => el.textContent.includes(%q) && el.querySelector(".badge"))`, theTask))
	m.until("what he had begun", halfDone(row))
	m.clickText(fmt.Sprintf(`//td[contains(@class,"task-title")]/a[text()=%q]`, theTask))
	m.until("what Anna wrote", has(".task-comment", "The van comes at nine"))
	m.until("what Anna attached", has(".task-file", "stand plan.txt"))
	m.fits("card of a task on a telephone")
	m.until("it to be seen", fmt.Sprintf("%s <= %d", counter, before))
	say(m, "I load it")
	a.until("the answer", has(".slider .task-comment", "I load it"))
	say(a, "Thank you")
	m.until("her thanks", has(".task-comment", "Thank you"))
	m.shot("task-card-390")
	card := evaluate[string](m, fmt.Sprintf(`[...document.querySelectorAll(".task-title > a")].find((el) => el.textContent === %q).getAttribute("href")`, theTask))
	w.order()
	m.open(card)
	m.until("the card as a page, and nothing below it that the window could be scrolled to",
		`!!document.querySelector(".task-card form.task-write") && document.documentElement.scrollHeight <= innerHeight`)
}
