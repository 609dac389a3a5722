// The list of conversations: shown anew when something happens, longer as it is scrolled, walked with the keyboard.
import { fragment, getJSON } from "web/fetch.js"
import { refresh } from "web/refresh.js"
import { on } from "ui/shell/keys.js"
import { tick } from "./clock.js"

const together = 250 // ms in which changes are collected

export class Lines {
  #pane
  #list
  #open
  #timer
  #more
  #loading = false

  // open() tells which conversation is open.
  constructor(pane, open, signal) {
    this.#pane = pane
    this.#list = pane.querySelector("[data-lines]")
    this.#open = open
    this.#more = new IntersectionObserver((seen) => seen.some((e) => e.isIntersecting) && this.#next(), { root: pane.querySelector("[data-list-scroll]"), rootMargin: "400px" })
    this.#watch()
    const again = setInterval(() => this.soon(), 60_000) // to ask is also how a supervisor says that they still look
    signal.addEventListener("abort", () => { this.#more.disconnect(); clearTimeout(this.#timer); clearInterval(again) })
    this.#keys(signal)
    pane.querySelector("[data-filter]")?.addEventListener("change", (e) => e.target.form.requestSubmit(), { signal })
  }

  get query() { return this.#list.dataset.query }

  get rows() { return [...this.#list.querySelectorAll(".ch-line")] }

  // talks are the rows without the messages that were found: one conversation may have several.
  get #talks() { return [...this.#list.querySelectorAll(".ch-line:not(.ch-hit)")] }

  // soon shows the list as it is now, a moment later.
  soon() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#again(), together)
  }

  async #again() {
    try {
      const answer = await getJSON("/channels/rows?" + this.query + "&current=" + this.#open())
      this.#put(fragment(answer.html))
      this.#count("mine", answer.mine)
      this.#count("waiting", answer.waiting)
      document.dispatchEvent(new CustomEvent("live:counter", { detail: { id: "channels", count: answer.forMe } })) // in the rail
    } catch (err) {
      if (err.name !== "AbortError") console.error("conversations", err)
    }
  }

  // put shows fresh rows; what was loaded below them goes, unless somebody looks at it.
  #put(fresh) {
    const scroll = this.#pane.querySelector("[data-list-scroll]")
    if (scroll.scrollTop > 400) return this.#patch(fresh)
    const focused = document.activeElement?.closest?.(".ch-line")?.dataset.id
    this.#list.replaceChildren(fresh)
    if (focused) this.#list.querySelector(`.ch-line[data-id="${focused}"]`)?.focus({ preventScroll: true })
    this.mark()
    this.#watch()
    tick(this.#pane)
  }

  // patch changes the rows that are shown where they stand.
  #patch(fresh) {
    const known = new Map(this.#talks.map((a) => [a.dataset.id, a]))
    for (const a of fresh.querySelectorAll(".ch-line:not(.ch-hit)")) known.get(a.dataset.id)?.replaceWith(a)
    this.mark()
    tick(this.#pane)
  }

  #count(tab, n) {
    const link = this.#pane.querySelectorAll(".ch-tabs .tab")[tab === "mine" ? 0 : 1]
    if (!link) return
    let badge = link.querySelector(".badge")
    if (!n) return badge?.remove()
    if (!badge) {
      badge = Object.assign(document.createElement("span"), { className: "badge badge-neutral badge-count" })
      link.append(" ", badge)
    }
    badge.textContent = n
  }

  #watch() {
    const more = this.#list.querySelector("[data-next]")
    if (more) this.#more.observe(more)
  }

  async #next() {
    const more = this.#list.querySelector("[data-next]")
    if (!more || this.#loading) return
    this.#loading = true
    try {
      const { html } = await getJSON("/channels/rows?" + new URL(more.href).searchParams)
      const known = new Set(this.#talks.map((a) => a.dataset.id))
      const part = fragment(html)
      for (const a of part.querySelectorAll(".ch-line:not(.ch-hit)")) if (known.has(a.dataset.id)) a.remove()
      more.replaceWith(part)
      this.#watch()
      tick(this.#pane)
    } catch { /* the link stays: it works by a click */ } finally {
      this.#loading = false
    }
  }

  mark() {
    for (const a of this.rows) {
      if (Number(a.dataset.id) === this.#open()) a.setAttribute("aria-current", "page")
      else a.removeAttribute("aria-current")
    }
  }

  // head shows the page anew where more than the rows changed.
  head() { return refresh() }

  // longest returns the conversation in the list whose client waits longest, besides the open one.
  longest() {
    const waiting = this.rows.filter((a) => "waits" in a.dataset && Number(a.dataset.id) !== this.#open())
    const since = (a) => Number(a.querySelector("[data-since]").dataset.since)
    waiting.sort((a, b) => since(a) - since(b))
    return waiting.length ? Number(waiting[0].dataset.id) : 0
  }

  focus() {
    (this.#list.querySelector("[aria-current]") ?? this.rows[0])?.focus()
  }

  #keys(signal) {
    const move = (step) => () => {
      if (!this.#pane.checkVisibility()) return false
      const all = this.rows
      const from = all.indexOf(document.activeElement)
      const open = all.findIndex((a) => a.hasAttribute("aria-current"))
      all[from < 0 ? Math.max(open, 0) : Math.max(0, Math.min(all.length - 1, from + step))]?.focus()
    }
    on("j", move(1), { signal })
    on("k", move(-1), { signal })
    on("ArrowDown", move(1), { signal })
    on("ArrowUp", move(-1), { signal })
  }
}
