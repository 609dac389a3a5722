// Keeps the list true while it is open, and filters as soon as something is chosen. While rows are selected, a menu is open or a
// filter is being set, the list waits.
import "ui/list/list.js"
import { post } from "web/fetch.js"
import { follow, refresh } from "web/refresh.js"
import { toast } from "ui/toast/toast.js"
import { refuse, clear } from "ui/form/form.js"

export default function (root, { signal }) {
  const busy = () => root.querySelector("tbody input:checked, [popover]:popover-open, [data-filter] :focus, .task-bulk :focus")
  const soon = follow(["live:task:changed", "live:resync"], { signal, busy })
  document.addEventListener("slider:saved", (e) => (e.preventDefault(), soon()), { signal })
  root.addEventListener("click", (e) => e.target.closest("[data-close]")?.closest("dialog")?.close(), { signal })
  const filter = root.querySelector("[data-filter]")
  filter?.addEventListener("change", (e) => { if (e.target.matches("select, [type=checkbox]")) filter.requestSubmit() }, { signal })
  const quick = root.querySelector("[data-quick]")
  quick?.addEventListener("submit", (e) => { e.preventDefault(); add(quick) }, { signal })
}

async function add(form) {
  clear(form)
  const input = form.elements.title
  if (!input.value.trim()) return input.focus()
  try {
    const answer = await post(form.getAttribute("action"), new FormData(form))
    input.value = ""
    toast(answer.toast)
    refresh()
  } catch (err) {
    if (!refuse(form, err.field, err.message)) toast(err.message, { tone: "danger" })
  }
}
