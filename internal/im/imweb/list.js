// The list of chats: kept in order as messages come, searched from its head, walked with the keyboard.
import { fragment, getHTML, getJSON } from "web/fetch.js"
import { on } from "ui/shell/keys.js"
import { batch } from "web/lib/batch.js"
import { place } from "./lib/order.js"

const pause = 120 // ms of quiet before a search
const together = 40 // ms in which changes are collected
const typingFor = 6000

const facts = (a) => ({ pinned: "pinned" in a.dataset, at: Number(a.dataset.at), chat: Number(a.dataset.chat) })

export class List {
  #pane
  #lines
  #found
  #input
  #asked
  #timer
  #more
  #typers = new Map()
  #counted
  #loading = false
  current = ""
  walk = () => false // walk(step) moves among the messages, while the focus is there

  // counted(total) is told how many messages are unread in all.
  constructor(pane, counted, signal) {
    this.#pane = pane
    this.#counted = counted
    this.#lines = pane.querySelector("[data-lines]")
    this.#found = pane.querySelector("[data-found]")
    this.#input = pane.querySelector("[data-find]")
    this.touch = batch((chats) => this.#update(chats), together)
    this.#search(signal)
    this.#keys(signal)
    this.#more = new IntersectionObserver((seen) => seen.some((e) => e.isIntersecting) && this.#next(), { root: pane.querySelector("[data-list-scroll]"), rootMargin: "400px" })
    signal.addEventListener("abort", () => this.#more.disconnect())
    this.#watch()
  }

  get rows() {
    return [...this.#lines.querySelectorAll(".im-line")]
  }

  line(chat) {
    return this.#lines.querySelector(`.im-line[data-chat="${chat}"]`)
  }

  mark(dialog) {
    this.current = dialog
    for (const a of this.rows) {
      if (a.dataset.dialog === dialog) a.setAttribute("aria-current", "page")
      else a.removeAttribute("aria-current")
    }
    this.clear()
  }

  // update asks for the lines of chats and puts them where they belong now.
  async #update(chats) {
    if (chats.length > 12) return this.reload()
    try {
      const params = new URLSearchParams({ chats: chats.join(","), current: this.current })
      const { html, total } = await getJSON("/online/recent?" + params)
      const fresh = new Map([...fragment(html).querySelectorAll(".im-line")].map((a) => [a.dataset.chat, a]))
      for (const chat of chats) this.#place(chat, fresh.get(String(chat)))
      this.#counted(total)
    } catch (err) {
      console.error("recent", err)
    }
  }

  #place(chat, fresh) {
    const old = this.line(chat)
    if (!fresh) return old?.remove()
    const focused = old && old === document.activeElement
    old?.remove()
    const rows = this.rows
    const at = place(rows.map(facts), facts(fresh))
    const end = this.#lines.querySelector("[data-next]")
    if (at === rows.length && end) return // below what is loaded
    if (rows[at]) rows[at].before(fresh)
    else if (end) end.before(fresh)
    else this.#lines.append(fresh)
    this.#lines.querySelector(".im-none")?.remove()
    if (focused) fresh.focus({ preventScroll: true })
  }

  // reload shows the first part of the list anew.
  async reload() {
    try {
      const { html, total } = await getJSON("/online/recent?" + new URLSearchParams({ current: this.current }))
      this.#lines.replaceChildren(fragment(html))
      this.#watch()
      this.#counted(total)
    } catch (err) {
      console.error("recent", err)
    }
  }

  #watch() {
    const more = this.#lines.querySelector("[data-next]")
    if (more) this.#more.observe(more)
  }

  async #next() {
    const more = this.#lines.querySelector("[data-next]")
    if (!more || this.#loading) return
    this.#loading = true
    try {
      const params = new URLSearchParams({ offset: more.dataset.next, current: this.current })
      const { html } = await getJSON("/online/recent?" + params)
      const known = new Set(this.rows.map((a) => a.dataset.chat))
      const part = fragment(html)
      for (const a of part.querySelectorAll(".im-line")) if (known.has(a.dataset.chat)) a.remove()
      more.replaceWith(part)
      this.#watch()
    } catch { /* the link stays: it works by a click */ } finally {
      this.#loading = false
    }
  }

  // count shows how many messages of a chat are unread.
  count(chat, n) {
    const badge = this.line(chat)?.querySelector("[data-count]")
    if (!badge) return
    if (n) badge.textContent = n > 99 ? "99+" : n
    else badge.remove()
  }

  // typing shows in a chat's line that somebody writes.
  typing(chat, name, isGroup) {
    const a = this.line(chat)
    if (!a) return
    clearTimeout(this.#typers.get(chat))
    const show = (on) => {
      const row = this.line(chat)
      if (!row) return
      row.querySelector("[data-sub]").hidden = on
      const el = row.querySelector("[data-typing]")
      el.hidden = !on
      el.textContent = isGroup ? name.split(" ")[0] + " is typing…" : "typing…"
    }
    show(true)
    this.#typers.set(chat, setTimeout(() => show(false), typingFor))
  }

  #search(signal) {
    const form = this.#input.form
    form.addEventListener("submit", (e) => {
      e.preventDefault()
      this.#found.querySelector(".im-line, .im-line-hit")?.click()
    }, { signal })
    this.#input.addEventListener("input", () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#find(), pause)
    }, { signal })
    this.#input.addEventListener("keydown", (e) => {
      if (e.key === "ArrowDown") {
        e.preventDefault()
        this.#visible()[0]?.focus()
      } else if (e.key === "Escape") {
        e.preventDefault()
        this.clear()
        this.focus()
      }
    }, { signal })
    on("/", () => { this.#input.focus(); this.#input.select() }, { signal })
  }

  async #find() {
    const q = this.#input.value.trim()
    this.#asked?.abort()
    if (!q) return this.clear()
    this.#asked = new AbortController()
    try {
      const html = await getHTML("/online/find?q=" + encodeURIComponent(q), { signal: this.#asked.signal })
      this.#found.replaceChildren(fragment(html))
      this.#found.hidden = false
      this.#lines.hidden = true
    } catch (err) {
      if (err.name !== "AbortError") console.error("find", err)
    }
  }

  // clear ends a search.
  clear() {
    this.#asked?.abort()
    clearTimeout(this.#timer)
    this.#input.value = ""
    this.#found.hidden = true
    this.#lines.hidden = false
  }

  // unread returns the next chat below the open one in which something is new, or the first one; null where all is read.
  unread() {
    const rows = this.rows
    const at = rows.findIndex((a) => a.dataset.dialog === this.current)
    return [...rows.slice(at + 1), ...rows.slice(0, Math.max(at, 0))].find((a) => a.querySelector("[data-count], .im-dot")) ?? null
  }

  #visible() {
    return [...this.#pane.querySelectorAll(".im-line, .im-line-hit")].filter((a) => a.checkVisibility())
  }

  // focus goes to the open chat, else to the first.
  focus() {
    (this.#lines.querySelector("[aria-current]") ?? this.#visible()[0])?.focus()
  }

  #keys(signal) {
    const move = (step) => (e) => {
      if (e.target.closest?.("[data-scroll]")) return this.walk(step)
      if (!this.#pane.checkVisibility()) return false
      const all = this.#visible()
      const from = all.indexOf(document.activeElement)
      const open = all.findIndex((a) => a.hasAttribute("aria-current"))
      if (from === 0 && step < 0 && !this.#found.hidden) return this.#input.focus()
      all[from < 0 ? Math.max(open, 0) : Math.max(0, Math.min(all.length - 1, from + step))]?.focus()
    }
    on("j", move(1), { signal })
    on("k", move(-1), { signal })
    on("ArrowDown", move(1), { signal })
    on("ArrowUp", move(-1), { signal })
  }
}
