// Loads the page under the sliders again, in its place.
import { start, stop } from "web/mount.js"
import { behind } from "ui/slider/slider.js"

// refresh keeps what a person has begun: see kept. busy is asked once the answer is here: where it says yes, the page stays as it was.
export async function refresh(busy = () => false) {
  const res = await fetch(behind()).catch(() => null)
  const fresh = res?.ok && new DOMParser().parseFromString(await res.text(), "text/html").getElementById("page")
  if (!fresh || busy()) return
  const page = document.getElementById("page")
  const restore = kept(page)
  stop()
  page.replaceChildren(...document.adoptNode(fresh).childNodes)
  restore()
  start()
}

const heard = new Set() // types of events that came while nobody listened
const note = (e) => heard.add(e.type)

// missed says whether one of these events came since a module of the same page, which listened to them, has ended: what is shown may be
// older than they are.
export function missed(types, signal) {
  for (const type of types) document.removeEventListener(type, note)
  signal.addEventListener("abort", () => { for (const type of types) document.addEventListener(type, note) })
  return types.filter((type) => heard.delete(type)).length > 0
}

// follow loads the page again when one of these events came, after a moment of ms, and when nobody is busy with it.
// It returns a function that does the same.
export function follow(types, { signal, busy = () => false, wait = 300 }) {
  let timer
  const soon = (ms = wait) => {
    clearTimeout(timer)
    timer = setTimeout(async () => {
      timer = 0
      if (!busy()) await refresh(busy)
      if (!signal.aborted && !timer && busy()) soon(1000)
    }, ms)
  }
  for (const type of types) document.addEventListener(type, () => soon(), { signal })
  signal.addEventListener("abort", () => {
    if (timer) heard.add(types[0])
    clearTimeout(timer)
  })
  if (missed(types, signal)) soon()
  return () => soon()
}

// kept notes the page's place, the focus, the row that the keys have reached, and what is written and unfolded in forms with
// data-keep; it returns a function that brings them back. Elements are known by their ids, fields by their names.
function kept(page) {
  const top = page.scrollTop
  const here = page.contains(document.activeElement) ? document.activeElement : page
  const at = here.closest("[id]").id
  const row = page.querySelector("[data-row][aria-current=true]")?.id
  const forms = [...page.querySelectorAll("form[data-keep]")].map(begun)
  return () => {
    page.scrollTop = top
    if (row) document.getElementById(row)?.setAttribute("aria-current", "true")
    for (const restore of forms) restore(page)
    if (at === page.id) return
    const now = document.getElementById(at)
    now?.focus({ preventScroll: true })
    if (here.selectionStart != null) now?.setSelectionRange?.(here.selectionStart, here.selectionEnd)
  }
}

function begun(form) {
  const fields = [...form.elements].filter((el) => el.name && !el.matches("button, [type=hidden]"))
  const open = Boolean(form.querySelector("details[open]"))
  return (page) => {
    const now = page.querySelector(`form[data-keep="${form.dataset.keep}"]`)
    if (!now) return
    for (const { name, value, checked } of fields) {
      const field = now.elements[name]
      if (!field) continue
      field.value = value
      if (field.type === "checkbox") field.checked = checked
    }
    if (open) now.querySelector("details")?.setAttribute("open", "")
  }
}
