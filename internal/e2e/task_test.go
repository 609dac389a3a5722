package e2e

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestTasksOfTwoPeople lets two people work on a task: Anna at a desk, Mark at a telephone.
func TestTasksOfTwoPeople(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	onBoth(t, func(t *testing.T, in *installation) {
		in.serve("--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--demo")
		w := &taskWalk{t: t, anna: newTab(t, browser, "anna", in.started.URLs[0]), mark: newTab(t, browser, "mark", in.started.URLs[0])}
		w.anna.signIn(in.started.Admin.Login, in.started.Admin.Password)
		w.mark.signIn("mark@northwind.example", in.started.Admin.Password)
		w.mark.size(390, 844)
		w.write()
		w.plan()
		w.handOn()
		w.talk()
		w.files()
		w.board()
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
	id         string // of the task
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

// drag drags one element onto another, near its upper edge.
func (b *tab) drag(from, to string) {
	b.t.Helper()
	evaluate[bool](b, fmt.Sprintf(`(() => {
		const from = document.querySelector(%q), to = document.querySelector(%q), data = new DataTransfer()
		const { left, top } = to.getBoundingClientRect()
		const fire = (el, kind) => el.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true, clientX: left + 5, clientY: top + 3 }))
		fire(from, "dragstart")
		fire(to, "dragover")
		fire(to, "drop")
		fire(from, "dragend")
		return true
	})()`, from, to))
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
	w.id = evaluate[string](a, fmt.Sprintf(find, theTask)+`.pathname.split("/").at(-2)`)
	a.fits("list of tasks")
	a.shot("tasks")
}

// plan fills the checklist, from the card over the list.
func (w *taskWalk) plan() {
	a := w.anna
	a.clickText(fmt.Sprintf(`//td[contains(@class,"task-title")]/a[text()=%q]`, theTask))
	a.see(`.slider .task-card`)
	a.click(`.slider .check-new > summary`)
	a.fill(`.slider .check-new input[name=title]`, "\b\b\b\b\b\b\b\b\bPack\r")
	a.until("the checklist", has(".check-list h2", "Pack"))
	for _, item := range []string{"Walls", "Lamps", "Brochures"} {
		a.fill(`.slider .check-list form.check-add input[name=title]`, item+"\r")
		a.until("the item "+item, has(".check-text", item)+` && document.activeElement?.matches(".check-add input[name=title]") && document.activeElement.value === ""`)
	}
	a.click(`.slider .check-item:first-child .check-box`)
	a.until("one is done", has(".check-list .section-head", "1 of 3"))
	a.drag(`.slider .check-item:nth-child(3)`, `.slider .check-item:first-child .check-row`)
	a.until("the brochures come first", `document.querySelector(".slider .check-item:first-child .check-text").textContent.trim() === "Brochures" && !document.querySelector(".dragged")`)
	a.click(`.slider .task-deadline > summary`)
	a.click(`.slider .task-presets button[value=tomorrow]`)
	a.until("a deadline", has(".slider .task-side dd", "18:00"))
	a.shot("task-card")
}

// handOn gives the task to Mark, whose list shows it at once.
func (w *taskWalk) handOn() {
	w.mark.open(marksTasks)
	w.mark.see(`tr[data-row]`)
	a := w.anna
	a.click(`.slider [popovertarget="task-more-` + w.id + `"]`)
	a.click(`[data-open="task-delegate-` + w.id + `"]`)
	a.fill(`#task-delegate-`+w.id+` input[name=person]`, "Mark Novak\r")
	a.until("Mark is responsible", has(".slider .task-side dd", "Mark Novak"))
	w.mark.until("the task in Mark's list", has(".task-title > a", theTask))
	w.mark.fits("list of tasks on a telephone")
	w.mark.shot("tasks-390")
}

// talk has both write comments; each sees the other's at once.
func (w *taskWalk) talk() {
	m := w.mark
	m.clickText(fmt.Sprintf(`//td[contains(@class,"task-title")]/a[text()=%q]`, theTask))
	m.see(`.slider .task-write textarea`)
	m.fill(`.slider .task-write textarea`, "Who drives the van, @admin?")
	m.click(`.slider .task-write button[type=submit]`)
	m.until("his comment", has(".slider .task-comment", "Who drives the van, Anna Berger?"))
	w.anna.until("Mark's comment", has(".slider .task-comment", "Who drives the van"))
	w.anna.fill(`.slider .task-write textarea`, "I do.")
	w.anna.click(`.slider .task-write button[type=submit]`)
	m.until("Anna's comment", has(".slider .task-comment", "I do."))
	m.click(`.slider .check-item:nth-child(3) .check-box`)
	w.anna.until("the item that Mark ticked", has(".check-list .section-head", "2 of 3"))
	m.fits("card of a task on a telephone")
	m.shot("task-card-390")
}

// files drops one on the card.
func (w *taskWalk) files() {
	a := w.anna
	evaluate[bool](a, `(() => {
		const data = new DataTransfer()
		data.items.add(new File(["left, then right"], "way.txt", { type: "text/plain" }))
		document.querySelector(".slider .task-card").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }))
		return true
	})()`)
	a.until("the file is there", `!!document.querySelector(".task-sent input[name=file]")`)
	a.fill(`.slider .task-write textarea`, "The way:")
	a.click(`.slider .task-write button[type=submit]`)
	a.until("the comment with the file", has(".slider .task-comment .task-file", "way.txt"))
	w.mark.until("the file for Mark", has(".slider .task-files", "way.txt"))
}

// board moves the task by keys and by dragging.
func (w *taskWalk) board() {
	m := w.mark
	m.open(marksTasks + "board/")
	m.see(`[data-lane=todo] [data-tile="` + w.id + `"]`)
	m.fits("board on a telephone")
	m.shot("task-board-390")
	a := w.anna
	a.open(marksTasks + "board/")
	in := func(lane string) string {
		return `!!document.querySelector('[data-lane="` + lane + `"] [data-tile="` + w.id + `"]')`
	}
	a.until("the task is to be done", in("todo"))
	a.until("the board is alive", `!!document.querySelector("[data-board]") && document.readyState === "complete"`)
	a.drag(`[data-tile="`+w.id+`"]`, `[data-lane="progress"]`)
	a.until("the task is in progress", in("progress"))
	m.until("Mark sees that it moved", in("progress"))
	evaluate[bool](a, `(document.querySelector('[data-tile="`+w.id+`"]').focus(), true)`)
	a.do("press Shift L", chromedp.KeyEvent("L")) // to the next lane that takes tasks
	a.until("the task is done", in("done"))
	m.until("Mark sees that it is done", in("done"))
	a.shot("task-board")
	a.open(marksTasks + "deadlines/")
	a.see(`[data-lane=none]`)
	a.fits("deadlines")
	a.until("what is done has no deadline any more", `!document.querySelector('[data-tile="`+w.id+`"]')`)
}
