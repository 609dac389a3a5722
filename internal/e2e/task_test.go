package e2e

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestTasksOfTwoPeople has Anna write and plan a task at a desk, and Mark look at his on a telephone.
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
	a.fill(`.slider .check-new input[name=title]`, "\b\b\b\b\b\b\b\b\bPack\r")
	a.until("the checklist", has(".check-list h2", "Pack"))
	for _, item := range []string{"Walls", "Lamps", "Brochures"} {
		a.fill(`.slider .check-list form.check-add input[name=title]`, item+"\r")
		a.until("the item "+item, has(".check-text", item)+` && document.activeElement?.matches(".check-add input[name=title]") && document.activeElement.value === ""`)
	}
	a.click(`.slider .check-item:first-child .check-box`)
	a.until("one is done", has(".check-list .section-head", "1 of 3"))
	a.shot("task-card")
	m := w.mark
	m.open(marksTasks)
	m.see(`tr[data-row]`)
	m.fits("list of tasks on a telephone")
}
