// The dialogs of choice that applications open: a person, several people, access codes. The answer goes out only when the
// choice is confirmed; a dialog that is closed says nothing.
import { fragment, getHTML } from "web/fetch.js"
import { style } from "web/lazy.js"

const pause = 90 // ms of quiet before asking
const copy = (id) => document.getElementById(id)?.content.firstElementChild.cloneNode(true)

function make(tag, props = {}, ...children) {
  const { data, ...rest } = props
  const el = Object.assign(document.createElement(tag), rest)
  Object.assign(el.dataset, data)
  el.append(...children)
  return el
}

class Choice {
  #kept = new Map() // id → what is answered for it
  #asked
  #timer

  constructor({ title, many, query, answer, reply }) {
    Object.assign(this, { many, query, answer, reply })
    this.input = make("input", { type: "search", placeholder: "Name or position", autocomplete: "off", spellcheck: false })
    for (const [k, v] of Object.entries({ role: "combobox", "aria-expanded": "true", "aria-controls": "choices", "aria-label": title })) this.input.setAttribute(k, v)
    this.box = make("div", { className: "palette-hits", id: "choices" })
    this.box.setAttribute("role", "listbox")
    this.box.setAttribute("aria-label", title)
    if (many) this.box.setAttribute("aria-multiselectable", "true")
    this.chosen = make("div", { className: "choice-kept" })
    this.done = make("button", { type: "button", className: "button button-primary", textContent: "Choose" })
    const cancel = make("button", { type: "button", className: "button button-plain", textContent: "Cancel" })
    const head = make("div", { className: "dialog-head" }, make("h2", { textContent: title }))
    const foot = make("div", { className: "dialog-foot choice-foot" }, cancel, ...(many ? [this.done] : []))
    this.dialog = make("dialog", { className: "dialog choice-dialog" }, head, make("div", { className: "palette-box" }, this.input), this.chosen, this.box, foot)
    this.dialog.setAttribute("aria-label", title)
    cancel.onclick = () => this.dialog.close()
    this.done.onclick = () => this.#confirm()
    this.#listen()
  }

  #listen() {
    this.input.addEventListener("input", () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#find(), pause)
    })
    this.dialog.addEventListener("keydown", (e) => this.#key(e))
    this.box.addEventListener("pointermove", (e) => this.#at(e.target.closest(".choice")))
    this.box.addEventListener("click", (e) => this.#pick(e.target.closest(".choice")))
    this.chosen.addEventListener("click", (e) => this.#drop(e.target.closest("button")?.dataset.id))
    this.dialog.addEventListener("close", () => {
      this.#asked?.abort()
      this.dialog.remove()
    })
  }

  async open() {
    await style("frame/frame.css")
    document.getElementById("toasts").before(this.dialog)
    this.dialog.showModal()
    this.input.focus()
    this.#kept.clear()
    this.#show()
    await this.#find()
  }

  async #find() {
    this.#asked?.abort()
    this.#asked = new AbortController()
    const params = new URLSearchParams(this.query)
    params.set("q", this.input.value.trim())
    try {
      this.box.replaceChildren(fragment(await getHTML("/marketplace/people?" + params, { signal: this.#asked.signal })))
    } catch (err) {
      if (err.name === "AbortError") return
      this.box.replaceChildren(make("p", { className: "muted choice-none", textContent: err.message }))
    }
    this.#mark()
    this.#at(this.#lines()[0])
  }

  #lines() { return [...this.box.querySelectorAll(".choice:not([aria-disabled])")] }

  #current() { return this.box.querySelector(".choice-at") }

  #at(line) {
    if (!line || line.ariaDisabled) return
    this.#current()?.classList.remove("choice-at")
    line.classList.add("choice-at")
    this.input.setAttribute("aria-activedescendant", line.id)
    line.scrollIntoView({ block: "nearest" })
  }

  #key(e) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key]
    if (step) {
      e.preventDefault()
      const all = this.#lines()
      this.#at(all[(all.indexOf(this.#current()) + step + all.length) % all.length])
    } else if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
      e.preventDefault()
      if (this.many) this.#confirm()
    } else if (e.key === "Enter" && e.target === this.input) {
      e.preventDefault()
      this.#pick(this.#current())
    } else if (e.key === "Backspace" && !this.input.value && e.target === this.input) {
      this.#drop([...this.#kept.keys()].at(-1))
    }
  }

  #pick(line) {
    if (!line || line.ariaDisabled) return
    const { id } = line.dataset
    if (this.many && this.#kept.has(id)) return this.#drop(id)
    this.#kept.set(id, { name: line.dataset.name, value: this.answer(line.dataset) })
    if (!this.many) return this.#confirm()
    this.#show()
    this.input.select()
  }

  #drop(id) {
    if (!this.#kept.delete(id)) return
    this.#show()
    this.input.focus()
  }

  #show() {
    const close = () => copy("toast-close")?.querySelector("svg") ?? "×"
    this.chosen.replaceChildren(...[...this.#kept].map(([id, { name }]) => {
      const b = make("button", { type: "button", className: "choice-chip", data: { id } }, make("span", { className: "truncate", textContent: name }), close())
      b.setAttribute("aria-label", "Do not choose " + name)
      return b
    }))
    this.done.disabled = this.#kept.size === 0
    this.done.textContent = this.#kept.size > 1 ? `Choose ${this.#kept.size}` : "Choose"
    this.#mark()
  }

  #mark() {
    for (const line of this.box.querySelectorAll(".choice")) line.setAttribute("aria-selected", this.#kept.has(line.dataset.id))
  }

  #confirm() {
    if (!this.#kept.size) return
    const values = [...this.#kept.values()].map((k) => k.value)
    this.dialog.close()
    this.reply(this.many ? values : values[0])
  }
}

const absolute = (path) => (path ? new URL(path, location.origin).href : "")

// person is what an application gets of somebody who was chosen.
const person = (d) => ({
  id: d.id, name: d.name, photo: absolute(d.photo), position: d.position, url: absolute(d.url), sub: "below" in d, sup: "above" in d,
})

export function people({ mult, title }, reply) {
  const many = Boolean(mult)
  return new Choice({ title: title || (many ? "Choose people" : "Choose a person"), many, query: [], answer: person, reply }).open()
}

export function access({ value, title }, reply) {
  const off = Array.isArray(value) ? value.map((code) => ["off", String(code)]) : []
  const answer = ({ id, name }) => ({ id, name })
  return new Choice({ title: title || "Choose who has access", many: true, query: [["of", "access"], ...off], answer, reply }).open()
}
