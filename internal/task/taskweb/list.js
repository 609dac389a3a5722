// Keeps the list true while it is open, and filters as soon as something is chosen. What is selected stays selected, and what is
// being typed stays: then the list waits.
import "ui/list/list.js"
import { post } from "web/fetch.js"
import { refresh } from "web/mount.js"
import { toast } from "ui/toast/toast.js"
import { refuse, clear } from "ui/form/form.js"
import { behind } from "ui/slider/slider.js"

export default function (root, { signal }) {
  let timer
  const busy = () => root.querySelector("tbody input:checked, [popover]:popover-open, [data-filter] :focus, .task-bulk :focus")
  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(() => { if (!signal.aborted && !busy()) again() }, 300)
  }
  document.addEventListener("live:task:changed", soon, { signal })
  document.addEventListener("live:resync", soon, { signal })
  document.addEventListener("slider:saved", (e) => (e.preventDefault(), soon()), { signal })
  signal.addEventListener("abort", () => clearTimeout(timer))
  root.addEventListener("click", (e) => e.target.closest("[data-close]")?.closest("dialog")?.close(), { signal })
  const filter = root.querySelector("[data-filter]")
  filter?.addEventListener("change", (e) => { if (e.target.matches("select, [type=checkbox]")) filter.requestSubmit() }, { signal })
  const quick = root.querySelector("[data-quick]")
  quick?.addEventListener("submit", (e) => { e.preventDefault(); add(quick) }, { signal })
}

// again loads the page anew; what is typed into the line for a new task stays, with the cursor.
async function again() {
  const line = () => document.querySelector("[data-quick] input[name=title]")
  const typed = line()?.value
  const focused = document.activeElement === line()
  const due = document.querySelector("[data-quick] select")?.value
  await refresh(behind())
  if (!line()) return
  line().value = typed ?? ""
  document.querySelector("[data-quick] select").value = due ?? ""
  if (focused) line().focus()
}

async function add(form) {
  clear(form)
  const input = form.elements.title
  if (!input.value.trim()) return input.focus()
  try {
    const answer = await post(form.getAttribute("action"), new FormData(form))
    input.value = ""
    toast(answer.toast)
    again()
  } catch (err) {
    if (!refuse(form, err.field, err.message)) toast(err.message, { tone: "danger" })
  }
}
