// Details over the page. A link with data-slider opens its address in a slider; Back and Esc close it, and a reload
// shows it again over the same page. Fires slider:open and slider:close (bubbling, from the slider) and, on the
// document, slider:saved when a form in it was done.
import { mount } from "web/mount.js"
import { style } from "web/lazy.js"
import { Fault, fragment, getHTML } from "web/fetch.js"

const stack = [] // of { el, url, unmount, focus }
let page = "" // address of the page under the first slider

const local = (a) => a.origin === location.origin && !a.hasAttribute("download") && (!a.target || a.target === "_self")
const plain = (e) => !e.defaultPrevented && e.button === 0 && !(e.ctrlKey || e.metaKey || e.shiftKey || e.altKey)
const address = () => location.pathname + location.search

// remember tells the server what a reload of this address shows behind the slider.
function remember() {
  const top = stack.at(-1)
  const value = top && page ? encodeURIComponent(top.url + " " + page) : ""
  document.cookie = `portico_over=${value}; path=/; SameSite=Lax; max-age=${value ? 86400 : 0}`
}

function settle() {
  document.body.toggleAttribute("data-slider-open", stack.length > 0)
  const shell = document.getElementById("shell")
  if (shell) shell.inert = stack.length > 0
  stack.forEach((s, i) => { s.el.inert = i < stack.length - 1 })
  remember()
}

function trackTitle() {
  const top = stack.at(-1)
  const name = top?.el.dataset.title ?? document.getElementById("page-title")?.textContent
  if (name) document.title = name + " · " + document.title.split(" · ").at(-1)
}

const refers = ["for", "list", "form", "popovertarget", "aria-describedby", "aria-labelledby", "aria-controls"]
let renamed = 0

// apart gives the parts of a slider ids of their own where the page below has the same: labels and buttons would mean those there.
function apart(el) {
  const ids = new Map()
  for (const part of el.querySelectorAll("[id]")) {
    if (/^m\d+$/.test(part.id) || el.contains(document.getElementById(part.id))) continue // messages are found by theirs
    ids.set(part.id, `${part.id}-s${++renamed}`)
    part.id = ids.get(part.id)
  }
  if (!ids.size) return
  for (const name of refers) {
    for (const part of el.querySelectorAll(`[${name}]`)) {
      part.setAttribute(name, part.getAttribute(name).split(" ").map((id) => ids.get(id) ?? id).join(" "))
    }
  }
}

function show(s) {
  apart(s.el)
  s.unmount = mount(s.el, s.el.querySelector(".slider-body")?.dataset.modules)
  trackTitle()
  const first = s.el.querySelector("[autofocus]") ?? s.el.querySelector(".slider-panel")
  first.focus({ preventScroll: true })
  s.el.dispatchEvent(new CustomEvent("slider:open", { bubbles: true, detail: { url: s.url } }))
}

async function load(s, busy) {
  const wants = "anyImages" in document.body.dataset ? "images" : "1"
  try {
    const content = fragment(await getHTML(s.url, { headers: { "Portico-Slider": wants } }))
    const el = content.querySelector(".slider")
    if (!el) return location.assign(s.url) // the page needs a document of its own
    await Promise.all((el.dataset.styles ?? "").split(" ").filter(Boolean).map(style))
    if (!stack.includes(s) || busy?.()) return
    s.unmount?.()
    s.el.replaceChildren(...el.childNodes)
    s.el.querySelector(".slider-panel").style.animation = "none"
    Object.assign(s.el.dataset, el.dataset)
    s.el.setAttribute("aria-label", el.getAttribute("aria-label"))
    show(s)
  } catch (err) {
    if (!(err instanceof Fault)) throw err
    s.el.querySelector(".slider-loading, .slider-body")?.replaceChildren(notice(err.message))
  }
}

function notice(text) {
  const p = document.createElement("p")
  p.className = "notice notice-danger"
  p.setAttribute("role", "alert")
  p.textContent = text
  return p
}

function push(url) {
  const el = document.getElementById("slider-loading").content.firstElementChild.cloneNode(true)
  const s = { el, url, focus: document.activeElement }
  document.getElementById("toasts").before(el)
  stack.push(s)
  settle()
  el.querySelector(".slider-panel").focus()
  return load(s)
}

function pop() {
  const s = stack.pop()
  s.unmount?.()
  s.el.dispatchEvent(new CustomEvent("slider:close", { bubbles: true, detail: { url: s.url } }))
  s.el.remove()
  settle()
  trackTitle()
  s.focus?.focus?.({ preventScroll: true })
}

// open shows url in a slider, above the sliders that are open.
export function open(url) {
  if (!stack.length) page = address()
  history.pushState({ sliders: [...stack.map((s) => s.url), url] }, "", url)
  return push(url)
}

// close closes the slider in front.
export function close() {
  if (!stack.length) return
  if (history.state?.sliders?.length === stack.length) return history.back()
  history.replaceState(null, "", stack.at(-2)?.url ?? page)
  pop()
}

// reload asks for the content of the slider in front again; with url it goes on to that address. busy is asked once the answer is
// here: where it says yes, the slider stays as it was.
export function reload(url, busy) {
  const s = stack.at(-1)
  if (!s) return
  if (url && url !== s.url) {
    s.url = url
    const state = history.state?.sliders ? { sliders: [...history.state.sliders.slice(0, -1), url] } : null
    history.replaceState(state, "", url)
    remember()
  }
  return load(s, busy)
}

// behind returns the address of the page under the sliders; without one it is the page that is shown, which may have gone on since.
export const behind = () => (stack.length ? page : address())

// under returns the address that is under the slider which holds el.
export const under = (el) => stack[stack.findIndex((s) => s.el.contains(el)) - 1]?.url ?? behind()

export const current = () => stack.at(-1)?.el ?? null

// follow makes the open sliders those of a history entry.
function follow(want) {
  while (stack.length && stack.some((s, i) => s.url !== want[i])) pop()
  if (!stack.length && want.length) page ||= address()
  for (const url of want.slice(stack.length)) push(url)
}

function adopt() {
  const el = document.querySelector("body > .slider")
  if (!el) return
  page = el.dataset.behind || "/"
  history.replaceState(null, "", location.href)
  const s = { el, url: el.dataset.url }
  stack.push(s)
  settle()
  show(s)
}

export function start() {
  adopt()
  addEventListener("popstate", (e) => {
    const want = e.state?.sliders ?? []
    if (!want.length && stack.length && address() !== page) return location.reload()
    if (!want.length && !stack.length && e.state === null) return
    follow(want)
  })
  document.addEventListener("click", (e) => {
    if (!plain(e)) return
    if (e.target.closest("[data-slider-close]") || e.target.classList.contains("slider")) {
      e.preventDefault()
      return close()
    }
    const a = e.target.closest("a[data-slider]")
    if (!a || !local(a)) return
    e.preventDefault()
    a.closest("dialog")?.close()
    a.closest("[popover]")?.hidePopover()
    open(a.pathname + a.search)
  })
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || e.defaultPrevented || document.querySelector("dialog:modal, [popover]:not([popover=manual]):popover-open")) return
    if (stack.length) {
      e.preventDefault()
      close()
    }
  })
}
