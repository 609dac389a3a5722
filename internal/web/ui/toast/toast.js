// Toasts: toast("Saved"), toast("Deleted", { action: "Undo", run }), toast(text, { tone: "danger" }). They go away by
// themselves, later while the pointer or the focus is on them.

const life = 5000

function raise() {
  const box = document.getElementById("toasts")
  if (!box?.showPopover) return box
  if (box.matches(":popover-open")) box.hidePopover()
  box.showPopover() // again, to be above what opened since
  return box
}

function arm(el, ms) {
  let timer
  const remove = () => {
    el.remove()
    const box = document.getElementById("toasts")
    if (!box.childElementCount && box.matches(":popover-open")) box.hidePopover()
  }
  const start = () => { timer = setTimeout(remove, ms) }
  el.addEventListener("pointerenter", () => clearTimeout(timer))
  el.addEventListener("pointerleave", start)
  el.addEventListener("focusin", () => clearTimeout(timer))
  el.addEventListener("focusout", start)
  start()
  return remove
}

export function toast(text, { tone = "success", action, run, ms = action ? 2 * life : life } = {}) {
  const box = raise()
  const el = document.getElementById(tone === "danger" ? "toast-danger" : "toast").content.firstElementChild.cloneNode(true)
  el.querySelector("span").textContent = text
  const remove = arm(el, ms)
  if (action) {
    const b = document.createElement("button")
    b.type = "button"
    b.textContent = action
    b.onclick = () => { remove(); run() }
    el.append(b)
  }
  const close = document.getElementById("toast-close").content.firstElementChild.cloneNode(true)
  close.onclick = remove
  el.append(close)
  box.append(el)
  while (box.childElementCount > 3) box.firstElementChild.remove()
  return remove
}

const kept = "portico:toast"

// keep has the next page say text.
export function keep(text) {
  try {
    sessionStorage.setItem(kept, text)
  } catch { /* it is said or not: what it speaks of is done */ }
}

// adopt takes over the toast that came with the page, and says what the page before kept.
export function adopt() {
  try {
    const text = sessionStorage.getItem(kept)
    sessionStorage.removeItem(kept)
    if (text) return toast(text)
  } catch { /* no storage: nothing was kept */ }
  const box = document.getElementById("toasts")
  const el = box?.firstElementChild
  if (!el) return
  raise()
  arm(el, life)
}
