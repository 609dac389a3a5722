// The timeline: what is new waits behind a button, so that nothing moves under the eyes of who reads, unless they follow.
import { fragment, getHTML } from "web/fetch.js"
import { on } from "ui/shell/keys.js"
import { parser } from "web/lib/sse.js"

const followKey = "portico-console-follow"

// listen calls changed whenever the stream says that something is new, and again after each interruption.
async function listen(changed, signal) {
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      const res = await fetch("/devops/console/live", { headers: { Accept: "text/event-stream" }, signal })
      if (!res.ok) return
      if (tries > 0) changed() // some may have been missed
      tries = 0
      const push = parser((type) => type === "console" && changed())
      const reader = res.body.pipeThrough(new TextDecoderStream()).getReader()
      for (let part = await reader.read(); !part.done; part = await reader.read()) push(part.value)
    } catch {
      if (signal.aborted) return
    }
    await new Promise((done) => setTimeout(done, Math.min(15_000, 500 * 2 ** tries)))
  }
}

class Timeline {
  #root
  #rows
  #button
  #follow
  #waiting = new Map() // by id of the row, the oldest first
  #began // the newest delivery that was there at the beginning: older ones are on other pages
  #asking = false
  #again = false

  constructor(root, signal) {
    this.#root = root
    this.#began = BigInt(/d(\d+)/.exec(root.dataset.newest)[1])
    this.#rows = root.querySelector("[data-rows]")
    this.#button = root.querySelector("[data-new]")
    this.#follow = root.querySelector("[data-follow]")
    root.querySelector("[data-follow-box]").hidden = false
    this.#follow.checked = sessionStorage.getItem(followKey) === "1"
    this.#follow.addEventListener("change", () => {
      sessionStorage.setItem(followKey, this.#follow.checked ? "1" : "0")
      if (this.#follow.checked) this.show()
    }, { signal })
    this.#button.addEventListener("click", () => this.show(), { signal })
    on("n", () => (this.#waiting.size ? this.show() : false), { signal })
    listen(() => this.ask(), signal)
  }

  // ask fetches what is newer than what the page has.
  async ask() {
    if (this.#asking) {
      this.#again = true
      return
    }
    this.#asking = true
    try {
      const query = new URLSearchParams(location.search)
      query.set("after", this.#root.dataset.newest)
      this.#take(fragment(await getHTML("/devops/console/rows?" + query)))
    } catch (err) {
      console.error("console", err)
    }
    this.#asking = false
    if (this.#again) {
      this.#again = false
      this.ask()
    }
  }

  #take(fresh) {
    for (const row of [...fresh.querySelectorAll("tr")].reverse()) {
      const known = document.getElementById(row.id)
      if (known) {
        if (known.innerHTML !== row.innerHTML) known.replaceChildren(...row.childNodes)
      } else if (row.id[0] !== "d" || BigInt(row.id.slice(1)) > this.#began) {
        this.#waiting.set(row.id, row)
      }
    }
    this.#advance()
    if (this.#follow.checked && this.#rows.closest("table")?.checkVisibility()) this.show()
    const n = this.#waiting.size
    this.#button.hidden = n === 0
    this.#button.textContent = n === 1 ? "1 new" : `${n}${n >= 500 ? "+" : ""} new`
  }

  // advance moves the place where new rows begin.
  #advance() {
    const place = { c: 0n, d: 0n }
    for (const [, kind, id] of this.#root.dataset.newest.matchAll(/([cd])(\d+)/g)) place[kind] = BigInt(id)
    for (const id of this.#waiting.keys()) {
      const n = BigInt(id.slice(1))
      if (n > place[id[0]]) place[id[0]] = n
    }
    this.#root.dataset.newest = `c${place.c}.d${place.d}`
  }

  show() {
    if (!this.#rows.closest("table")?.checkVisibility()) return location.reload() // the page said that there is nothing
    const rows = [...this.#waiting.values()].reverse()
    this.#waiting.clear()
    for (const row of rows) row.classList.add("console-fresh")
    this.#rows.prepend(...rows)
    for (const old of [...this.#rows.children].slice(1000)) old.remove()
    this.#button.hidden = true
  }
}

export default function (root, { signal }) {
  const timeline = root.querySelector("[data-timeline]")
  if (!timeline) return
  const filter = timeline.querySelector("[data-filter]")
  filter.addEventListener("submit", (e) => {
    for (const el of filter.elements) el.disabled ||= el.name && !el.value // addresses without what is empty
    if (!e.submitter) return
  }, { signal })
  filter.addEventListener("change", (e) => {
    if (e.target.matches("select, [type=datetime-local], [list]")) filter.requestSubmit()
  }, { signal })
  addEventListener("pageshow", () => { for (const el of filter.elements) el.disabled = false }, { signal })
  if (!("paged" in timeline.dataset)) new Timeline(timeline, signal)
}
