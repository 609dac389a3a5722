// One open conversation: its rows, what is loaded above and below them, what is new, what has been read.
import { fragment, getJSON, post } from "web/fetch.js"
import { drop, idOf, put, trim } from "./rows.js"

const near = 48 // px from the end that still count as the end
const part = 8 // rows put in between two frames

// edges are where more is loaded: the mark that comes into sight, the row beyond which it is asked for, the rows of it that are next, and
// the end from which rows go in their place.
const edges = {
  older: { mark: "[data-top]", row: "firstElementChild", ask: (before) => ({ before }), next: (rows, n) => rows.splice(-n), cut: "last" },
  newer: { mark: "[data-end]", row: "lastElementChild", ask: (after) => ({ after, limit: 50 }), next: (rows, n) => rows.splice(0, n), cut: "first" },
}

export class Conversation {
  #main
  #el
  #scroll
  #list
  #busy = {}
  #coming = { older: [], newer: [] } // rows that wait for their frame
  #visible = 0
  #posted = 0
  #typing
  #watch
  #edges
  #stop = new AbortController()

  // on has what the page does: counted(chat, unread, total), started(chat).
  constructor(main, me, on) {
    this.#main = main
    this.#el = main.querySelector("[data-talk]")
    this.#scroll = main.querySelector("[data-scroll]")
    this.#list = main.querySelector("[data-rows]")
    Object.assign(this, {
      me, on, chat: Number(this.#el.dataset.chat), dialog: this.#el.dataset.dialog, name: this.#el.dataset.name,
      unread: Number(this.#el.dataset.unread), seenUpTo: Number(this.#el.dataset.seen),
      bots: "bots" in this.#el.dataset, manages: "manage" in this.#el.dataset, answers: "answers" in this.#el.dataset, erases: "erase" in this.#el.dataset, mention: Number(this.#el.dataset.mention ?? 0), apps: Number(this.#el.dataset.apps), older: "older" in this.#el.dataset, newer: "newer" in this.#el.dataset,
    })
    this.source = this.#el.dataset.source // who only reads has the rows from there
    this.#begin()
  }

  close() {
    this.#stop.abort()
    this.#watch.disconnect()
    this.#edges.disconnect()
  }

  get list() { return this.#list }
  get last() { return idOf(this.#list.lastElementChild) }
  get gone() { return this.#stop.signal.aborted }
  get atEnd() { return !this.newer && this.#scroll.scrollTop > -near }

  #begin() {
    const { signal } = this.#stop
    this.#watch = new IntersectionObserver((seen) => this.#see(seen), { root: this.#scroll })
    for (const li of this.#list.children) this.#watch.observe(li)
    this.#edges = new IntersectionObserver((seen) => {
      for (const e of seen) if (e.isIntersecting) this.#load(e.target.matches(edges.older.mark) ? "older" : "newer")
    }, { root: this.#scroll, rootMargin: "800px 0px" })
    this.#scroll.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true })
    document.addEventListener("visibilitychange", () => this.#read(), { signal })
    addEventListener("focus", () => this.#read(), { signal })
    this.#main.querySelector("[data-to-end]").addEventListener("click", () => this.toEnd(), { signal })
    this.#main.querySelector("[data-to-mention]").addEventListener("click", () => this.jump(this.mention), { signal })
    this.#main.querySelector("[data-to-unread]").addEventListener("click", () => this.toUnread(), { signal })
    const target = this.#el.dataset.target && document.getElementById("m" + this.#el.dataset.target)
    const unread = this.#list.querySelector(".msg-unread") ?? target
    if (unread && unread.getBoundingClientRect().top < this.#scroll.getBoundingClientRect().top + 40) unread.scrollIntoView({ block: "start" })
    if (target && !target.classList.contains("msg-unread")) this.#flash(target)
    for (const edge of this.#scroll.querySelectorAll("[data-top], [data-end]")) this.#edges.observe(edge)
    this.#buttons()
    if ("start" in this.#el.dataset) this.#start()
  }

  // A bot is told that somebody opened its chat; what it says comes in live.
  async #start() {
    try {
      const { chat } = await post("/online/start", { dialog: this.dialog })
      if (!this.gone) this.adopt(chat)
    } catch { /* the button in the page stays */ }
  }

  adopt(chat) {
    if (this.chat) return
    this.chat = chat
    this.#el.dataset.chat = chat
    this.#main.querySelector("[data-key=s]").hidden = false // there is something to search in now
    this.on.started(chat)
    this.sync()
  }

  // keep runs change and leaves what the person looks at where it is.
  #keep(change) {
    const pinned = this.atEnd
    const box = this.#scroll.getBoundingClientRect()
    const anchor = pinned ? null : [...this.#list.children].find((li) => li.getBoundingClientRect().bottom > box.top)
    const before = anchor?.getBoundingClientRect().bottom // its own head may come or go with what stands before it
    change()
    if (anchor?.isConnected) this.#scroll.scrollTop += anchor.getBoundingClientRect().bottom - before
    else if (pinned) this.#scroll.scrollTop = 0
  }

  // take puts the rows of an answer in and returns the new ones.
  take(html, cut) {
    return this.#put([...fragment(html).children], cut)
  }

  #put(rows, cut) {
    let added = []
    this.#keep(() => {
      added = put(this.#list, rows)
      for (const li of rows) this.#watch.observe(li)
      if (!cut || !trim(this.#list, cut)) return
      const end = cut === "first" ? "older" : "newer"
      this[end] = true
      this.#coming[end] = [] // they would stand beyond the gap
    })
    if (added.length) this.#main.querySelector("[data-first]")?.remove()
    this.seen(this.seenUpTo)
    return added
  }

  #url(params) {
    return (this.source ?? "/online/messages") + "?" + new URLSearchParams({ chat: this.chat, seen: this.seenUpTo, ...params })
  }

  async #load(which) {
    if (!this[which] || this.#busy[which] || !this.chat || !this.#list.childElementCount) return
    this.#busy[which] = true
    const edge = () => idOf(this.#list[edges[which].row])
    const at = edge()
    try {
      const page = await getJSON(this.#url(edges[which].ask(at)), { signal: this.#stop.signal })
      if (edge() === at && await this.#bring(page.html, which)) { // else other rows stand there now
        this[which] = page[which]
        if (!this.newer) this.sync()
      }
    } catch (err) {
      if (err.name === "AbortError") return
      setTimeout(() => this.#again(which), 3000)
    } finally {
      this.#busy[which] = false
    }
    this.#again(which)
  }

  // bring puts the rows of a page in by parts, as all at once would hold up who scrolls; false where they no longer belong there.
  async #bring(html, which) {
    const rows = this.#coming[which] = [...fragment(html).children]
    const here = () => this.#coming[which] === rows && !this.gone
    while (rows.length && here()) {
      const n = document.hidden ? rows.length : Math.min(part, rows.length)
      this.#put(edges[which].next(rows, n), edges[which].cut)
      await new Promise(requestAnimationFrame)
    }
    return here()
  }

  // again asks once more whether an edge is in sight: an observer speaks only when that changes.
  #again(which) {
    const edge = this.#scroll.querySelector(edges[which].mark)
    this.#edges.unobserve(edge)
    if (!this.gone) this.#edges.observe(edge)
  }

  // sync asks for all that is newer than what the page has. Hints that come meanwhile are answered by one more round.
  async sync() {
    if (!this.chat || this.newer && this.#list.childElementCount) return
    if (this.#busy.sync) {
      this.#busy.more = true
      return
    }
    this.#busy.sync = true
    try {
      do {
        this.#busy.more = false
        const page = await getJSON(this.#url({ after: this.last }), { signal: this.#stop.signal })
        this.#arrived(this.take(page.html, this.atEnd ? "first" : ""))
        if (page.newer) this.#busy.more = true
      } while (this.#busy.more)
    } catch (err) {
      if (err.name !== "AbortError") console.error("messages", err)
    } finally {
      this.#busy.sync = false
    }
  }

  #arrived(rows) {
    const others = rows.filter((li) => !li.classList.contains("msg-own") && !li.classList.contains("msg-system"))
    if (others.length && /^\d+$/.test(this.dialog)) this.seen(idOf(others.at(-1))) // who answers has read
    for (const li of rows) {
      if (li.classList.contains("msg-named")) this.mention ||= idOf(li)
      this.on.arrived(li)
      this.#typing?.then((t) => t.ends(Number(li.dataset.author)))
    }
    if (!this.source && !this.unread && others.length && !this.#reading()) others[0].classList.add("msg-unread")
    if (!this.source) this.unread += others.length
    this.#buttons()
    this.#read()
  }

  // resync asks for everything from the page's first row on: what changed or went while nobody told.
  async resync() {
    if (!this.chat) return
    const first = idOf(this.#list.firstElementChild)
    const until = this.last
    if (!first) return this.sync()
    let after = first - 1
    const kept = new Set()
    try {
      for (;;) {
        const page = await getJSON(this.#url({ after }), { signal: this.#stop.signal })
        const rows = [...fragment(page.html).children]
        rows.forEach((li) => kept.add(li.id))
        after = idOf(rows.at(-1))
        this.#arrived(this.take(page.html, ""))
        if (!page.newer || this.newer && after >= until) break
      }
      this.#keep(() => {
        for (const li of [...this.#list.children]) if (idOf(li) <= until && !kept.has(li.id)) drop(li)
      })
    } catch (err) {
      if (err.name !== "AbortError") console.error("messages", err)
    }
  }

  // refresh shows a message as it is now; one that has gone is taken away.
  async refresh(id, complete) {
    for (const rows of Object.values(this.#coming)) this.#put(rows.splice(0), "")
    const old = document.getElementById("m" + id)
    if (!old) return
    if (complete) return this.#keep(() => drop(old))
    try {
      if (!this.source) return this.take((await getJSON(`/online/message?id=${id}&seen=${this.seenUpTo}`)).html)
      const { html } = await getJSON(this.#url({ after: id - 1, limit: 1 }))
      if (idOf(fragment(html).firstElementChild) === id) this.take(html)
      else this.#keep(() => drop(old))
    } catch (err) {
      if (err.status === 404) this.#keep(() => drop(old))
    }
  }

  // seen marks the viewer's messages up to id as read by somebody.
  seen(id) {
    this.seenUpTo = Math.max(this.seenUpTo, id)
    for (let li = this.#list.lastElementChild; li; li = li.previousElementSibling) {
      if (idOf(li) > this.seenUpTo || !li.classList.contains("msg-own")) continue
      if (li.classList.contains("msg-seen")) break
      li.classList.add("msg-seen")
    }
  }

  // counted is told what the person has left to read, by another of their pages.
  counted(unread) {
    this.unread = unread
    this.#buttons()
  }

  #reading() {
    return document.visibilityState === "visible" && document.hasFocus() && this.atEnd
  }

  #see(entries) {
    for (const e of entries) if (e.isIntersecting) this.#visible = Math.max(this.#visible, idOf(e.target))
    if (this.mention) this.#buttons()
    this.#read()
  }

  #read() {
    if (document.visibilityState !== "visible" || !document.hasFocus() || !this.unread || !this.chat) return
    if (this.#visible <= this.#posted || this.#busy.read) return
    this.#busy.read = true
    setTimeout(async () => {
      const upto = this.#visible
      try {
        const { unread, total } = await post("/online/read", { chat: this.chat, upto })
        this.#posted = upto
        this.unread = unread
        this.on.counted(this.chat, unread, total)
        this.#buttons()
      } catch { /* the next look tries again */ } finally {
        this.#busy.read = false
        if (!this.gone && this.#visible > upto) this.#read()
      }
    }, 250)
  }

  #scrolled() {
    this.#busy.frame ||= requestAnimationFrame(() => {
      this.#busy.frame = 0
      this.#buttons()
    })
  }

  #buttons() {
    const down = this.#main.querySelector("[data-to-end]")
    down.hidden = this.atEnd
    const badge = down.querySelector(".badge")
    badge.hidden = !this.unread
    const count = this.unread > 99 ? "99+" : String(this.unread)
    if (badge.textContent !== count) badge.textContent = count // this runs in every frame of scrolling
    if (this.mention && this.#visible >= this.mention) this.mention = 0
    this.#main.querySelector("[data-to-mention]").hidden = !this.mention
    const up = this.#main.querySelector("[data-to-unread]")
    const line = this.#list.querySelector(".msg-unread")
    up.hidden = !line || line.getBoundingClientRect().bottom > this.#scroll.getBoundingClientRect().top
  }

  // toUnread shows the first new message; false where there is none.
  toUnread() {
    const line = this.#list.querySelector(".msg-unread")
    line?.scrollIntoView({ block: "start" })
    return !!line
  }

  // toEnd shows the newest message.
  async toEnd() {
    if (this.newer) await this.#replace({})
    this.#scroll.scrollTop = 0
    this.#buttons()
  }

  // jump shows the message id and marks it for a moment.
  async jump(id) {
    let li = document.getElementById("m" + id)
    if (!li) {
      await this.#replace({ around: id })
      li = document.getElementById("m" + id)
    }
    if (!li) return false
    li.scrollIntoView({ block: "center" })
    this.#flash(li)
    return true
  }

  async #replace(params) {
    const page = await getJSON(this.#url(params), { signal: this.#stop.signal })
    this.older = page.older
    this.newer = page.newer
    this.#coming = { older: [], newer: [] }
    this.#list.replaceChildren(fragment(page.html))
    for (const li of this.#list.children) this.#watch.observe(li)
    this.#again("older")
    this.#again("newer")
  }

  // walk moves the focus among the messages, by 0 to the last one in sight; false where there is none further.
  walk(step) {
    const rows = [...this.#list.children].filter((li) => li.querySelector("[data-more]") && !li.classList.contains("msg-leaving"))
    const at = rows.indexOf(document.activeElement?.closest(".msg"))
    const bottom = this.#scroll.getBoundingClientRect().bottom - 16
    const li = at < 0 || !step ? rows.findLast((r) => r.getBoundingClientRect().top < bottom) : rows[at + step]
    if (!li) return false
    li.tabIndex = -1
    li.focus({ preventScroll: true })
    li.scrollIntoView({ block: "nearest" })
    return true
  }

  // chosen returns the message that has the focus.
  get chosen() { return document.activeElement?.closest?.(".msg[data-id]") }

  #flash(li) {
    li.classList.add("msg-found")
    setTimeout(() => li.classList.remove("msg-found"), 1600)
  }

  // typing says in the head that somebody writes; that is drawn by a module which few pages need at once.
  typing(...who) {
    this.#typing ??= import("./typing.js").then(({ Typing }) => new Typing(this.#main.querySelector(".im-head")))
    this.#typing.then((t) => t.begins(...who))
  }
}
