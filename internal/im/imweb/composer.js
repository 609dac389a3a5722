// The field in which a message is written: Enter sends, drafts are kept per conversation, replies and changes are shown
// above it.
import { getJSON, post } from "web/fetch.js"

const typingEvery = 4000

export class Composer {
  #form
  #text
  #talk
  #outbox
  #mode = null // { what: "reply" or "edit", id }
  #before = "" // the draft, while a message is changed
  #typed = 0
  #enter = false // the key that sent is still down
  #key

  constructor(main, talk, outbox, signal) {
    this.#form = main.querySelector("[data-composer]")
    this.#talk = talk
    this.#outbox = outbox
    this.#key = `im:draft:${talk.me}:${talk.dialog}`
    if (!this.#form) return
    this.#text = this.#form.querySelector("[data-text]")
    if (this.#text.value) this.#keep() // typed before this ran
    else this.#text.value = localStorage.getItem(this.#key) ?? ""
    this.#form.addEventListener("submit", (e) => this.#submit(e), { signal })
    this.#form.querySelector("[data-cancel]").addEventListener("click", () => this.cancel(), { signal })
    this.#text.addEventListener("keydown", (e) => this.#keydown(e), { signal })
    this.#text.addEventListener("keyup", () => { this.#enter = false }, { signal })
    this.#text.addEventListener("beforeinput", (e) => {
      if (e.inputType === "insertLineBreak" && this.#enter) e.preventDefault() // some keyboards do both
    }, { signal })
    this.#text.addEventListener("input", () => this.#input(), { signal })
    this.#grow()
    if (!matchMedia("(pointer: coarse)").matches) this.focus()
  }

  focus() {
    this.#text?.focus({ preventScroll: true })
  }

  get busy() { return !!this.#mode || !!this.#text?.value }

  #keydown(e) {
    if (e.isComposing) return
    if (e.key === "Enter" && !e.shiftKey && !e.altKey) {
      e.preventDefault()
      this.#enter = true
      this.#form.requestSubmit()
    } else if (e.key === "ArrowUp" && !this.#text.value && !this.#mode) {
      const own = [...this.#talk.list.querySelectorAll(".msg-own[data-editable]:not(.msg-deleted)")].at(-1)
      if (own) {
        e.preventDefault()
        this.edit(Number(own.dataset.id))
      }
    } else if (e.key === "Escape") {
      e.preventDefault()
      if (this.#mode) this.cancel()
      else this.#text.dispatchEvent(new CustomEvent("im:leave", { bubbles: true }))
    }
  }

  #input() {
    this.#grow()
    this.#say("")
    if (this.#mode?.what !== "edit") this.#keep()
    const now = Date.now()
    if (!this.#text.value.trim() || !this.#talk.chat || this.#mode?.what === "edit" || now - this.#typed < typingEvery) return
    this.#typed = now
    post("/online/typing", { chat: this.#talk.chat }).catch(() => {})
  }

  // Browsers without field-sizing get the height set.
  #grow() {
    if (CSS.supports("field-sizing", "content")) return
    this.#text.style.height = "auto"
    this.#text.style.height = this.#text.scrollHeight + "px"
  }

  #keep() {
    try {
      if (this.#text.value) localStorage.setItem(this.#key, this.#text.value)
      else localStorage.removeItem(this.#key)
    } catch { /* no room: the field itself still has it */ }
  }

  #set(value) {
    this.#text.value = value
    this.#grow()
  }

  #say(text) {
    const el = this.#form.querySelector("[data-error]")
    el.hidden = !text
    el.querySelector("span").textContent = text
  }

  async #submit(e) {
    e.preventDefault()
    const text = this.#text.value.trim()
    this.#say("")
    if (!text) return this.focus()
    if (this.#mode?.what === "edit") return this.#change(this.#mode.id, text)
    const reply = this.#mode?.id ?? 0
    this.cancel()
    this.#set("")
    this.#keep()
    this.#typed = 0
    this.focus()
    this.#outbox.send(text, reply)
  }

  async #change(id, text) {
    this.#form.setAttribute("aria-busy", "true")
    try {
      const { html } = await post("/online/edit", { message: id, text, seen: this.#talk.seenUpTo })
      this.#talk.take(html)
      this.cancel()
    } catch (err) {
      this.#say(err.message)
    } finally {
      this.#form.removeAttribute("aria-busy")
    }
  }

  // put writes text into the field, as a button asked.
  put(text) {
    if (!this.#form) return
    this.cancel()
    this.#set(text)
    this.#keep()
    this.focus()
    this.#text.setSelectionRange(text.length, text.length)
  }

  #show(what, id, title, quote) {
    this.#mode = { what, id }
    const box = this.#form.querySelector("[data-context]")
    box.hidden = false
    box.dataset.mode = what
    box.querySelector("[data-what]").textContent = title
    box.querySelector("[data-quote]").textContent = quote
    this.focus()
  }

  reply(li) {
    if (!this.#form) return
    this.cancel()
    const name = li.querySelector(".msg-author")?.textContent.trim() ?? "Yourself"
    this.#show("reply", Number(li.dataset.id), name, li.querySelector("[data-body]")?.innerText ?? "")
  }

  async edit(id) {
    if (!this.#form) return
    try {
      const { text } = await getJSON("/online/message?id=" + id)
      this.cancel()
      this.#before = this.#text.value
      this.#set(text)
      this.#show("edit", id, "Change the message", "")
      this.#text.setSelectionRange(text.length, text.length)
    } catch (err) {
      this.#say(err.message)
    }
  }

  // cancel leaves a reply or a change; the draft stands in the field again.
  cancel() {
    if (!this.#mode) return
    if (this.#mode.what === "edit") this.#set(this.#before)
    this.#mode = null
    this.#form.querySelector("[data-context]").hidden = true
  }
}
