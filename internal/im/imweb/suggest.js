// What the field offers while one writes: people after "@", commands and canned answers after "/", emoji after ":". Loaded when first wanted.
import { fragment, getHTML } from "web/fetch.js"

const pause = 80 // ms of quiet before the portal is asked

export class Suggest {
  #box
  #text
  #talk
  #chosen
  #wants = null
  #asked
  #timer
  #shown = null // what the options are for
  #then = null // the key that waits for those of what was typed since
  #none = "" // what was found to lead nowhere, so that it is not asked for again

  // chosen(choice, from) is told what a person chose: { insert, person, whole }.
  constructor(box, text, talk, chosen) {
    this.#box = box
    this.#text = text
    this.#talk = talk
    this.#chosen = chosen
    box.addEventListener("pointerdown", (e) => e.preventDefault()) // the field keeps the focus
    box.addEventListener("click", (e) => this.#take(e.target.closest("[role=option]")))
    box.addEventListener("pointermove", (e) => this.#choose(e.target.closest("[role=option]") ?? this.#at))
    text.setAttribute("aria-controls", box.id)
    text.setAttribute("aria-autocomplete", "list")
  }

  get #options() { return [...this.#box.querySelectorAll("[role=option]")] }
  get #at() { return this.#box.querySelector('[aria-selected="true"]') }

  async ask(wants) {
    const sign = wants.kind + wants.query
    if (this.#none && sign.startsWith(this.#none)) return this.close(true)
    this.#wants = wants
    this.#then = null
    clearTimeout(this.#timer)
    if (wants.kind === "emoji") return this.#emoji(wants)
    this.#timer = setTimeout(() => this.#find(wants, sign), pause)
  }

  async #find(wants, sign) {
    this.#asked?.abort()
    this.#asked = new AbortController()
    try {
      const params = new URLSearchParams({ kind: wants.kind, dialog: this.#talk.dialog, q: wants.query })
      const html = await getHTML("/online/suggest?" + params, { signal: this.#asked.signal })
      if (this.#wants !== wants) return
      this.#box.replaceChildren(fragment(html))
      if (!this.#options.length && wants.query) this.#none = sign
      this.#show()
    } catch (err) {
      if (err.name === "AbortError") return
      console.error("suggest", err)
      this.close()
    }
  }

  async #emoji(wants) {
    const { find } = await import("./lib/emoji.js")
    if (this.#wants !== wants) return
    this.#box.replaceChildren(...find(wants.query, 8).map(({ emoji, words }) => {
      const el = Object.assign(document.createElement("button"), { type: "button", className: "im-option", tabIndex: -1 })
      el.setAttribute("role", "option")
      el.dataset.insert = emoji
      el.append(Object.assign(document.createElement("span"), { className: "im-option-emoji", textContent: emoji }), words)
      return el
    }))
    this.#show()
  }

  #show() {
    const all = this.#options
    this.#shown = this.#wants
    this.#box.hidden = !all.length
    this.#text.setAttribute("aria-expanded", all.length > 0)
    this.#choose(all[0])
    const key = this.#then
    this.#then = null
    if (key) this.#text.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }))
  }

  #choose(el) {
    if (el === this.#at) return
    this.#at?.setAttribute("aria-selected", "false")
    if (!el) return this.#text.removeAttribute("aria-activedescendant")
    el.setAttribute("aria-selected", "true")
    el.id ||= "im-option-" + this.#options.indexOf(el)
    this.#text.setAttribute("aria-activedescendant", el.id)
    el.scrollIntoView({ block: "nearest" })
  }

  #take(el) {
    if (!el || !this.#wants) return
    const { from } = this.#wants
    this.close()
    this.#chosen({ insert: el.dataset.insert, person: el.dataset.person, whole: "whole" in el.dataset }, from)
  }

  // key acts on a key of the field; it reports whether the key was its own.
  key(e) {
    if (this.#box.hidden) return false
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key]
    const all = this.#options
    const takes = e.key === "Tab" || e.key === "Enter" && !e.shiftKey && this.#chooses(all)
    if (takes && this.#shown !== this.#wants) this.#then = e.key // what is shown is for what stood there before
    else if (step) this.#choose(all[(all.indexOf(this.#at) + step + all.length) % all.length])
    else if (takes) this.#take(this.#at)
    else if (e.key === "Escape") this.close()
    else return false
    e.preventDefault()
    return true
  }

  // chooses reports whether Enter chooses one of the options: a command that is written out already is sent.
  #chooses(all) {
    const some = this.#shown === this.#wants ? [this.#at] : all
    return this.#wants?.kind !== "commands" || !some.some((o) => o?.dataset.insert === this.#text.value.trim())
  }

  close(keep = false) {
    clearTimeout(this.#timer)
    this.#asked?.abort()
    this.#wants = this.#shown = this.#then = null
    if (!keep) this.#none = ""
    this.#box.hidden = true
    this.#text.setAttribute("aria-expanded", "false")
    this.#text.removeAttribute("aria-activedescendant")
  }
}
