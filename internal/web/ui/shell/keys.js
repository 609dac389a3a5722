// Keys of the page. on(key, run) listens for a key ("j", "?", "Ctrl+k") outside of text fields; an element with data-key
// is clicked by its key.

const handlers = new Map()

export function on(key, run, { signal } = {}) {
  const list = handlers.get(key) ?? []
  list.push(run)
  handlers.set(key, list)
  signal?.addEventListener("abort", () => list.splice(list.indexOf(run), 1))
}

export const typing = (el) => !!el?.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=''], [contenteditable=true]")

const visible = (el) => el.checkVisibility?.() ?? true

function name(e) {
  const mod = e.ctrlKey || e.metaKey ? "Ctrl+" : ""
  return mod + (e.key.length === 1 ? e.key.toLowerCase() : e.key)
}

// top returns what is in front: an open dialog, the last slider, or the page.
export function top() {
  return [...document.querySelectorAll("dialog:modal")].at(-1) ?? [...document.querySelectorAll(".slider")].at(-1) ?? document.getElementById("shell") ?? document
}

export function start() {
  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.isComposing || e.altKey) return
    const key = name(e)
    if (!key.startsWith("Ctrl+") && (typing(e.target) || document.querySelector("dialog:modal, [popover]:not([popover=manual]):popover-open"))) return
    const run = handlers.get(key)?.at(-1)
    if (run) {
      if (run(e) !== false) e.preventDefault()
      return
    }
    const el = [...top().querySelectorAll("[data-key]")].find((x) => x.dataset.key.toLowerCase() === key && visible(x))
    if (el) {
      e.preventDefault()
      if (typing(el)) el.focus() // a click alone does not bring the cursor into it
      else el.click()
    }
  })
}
