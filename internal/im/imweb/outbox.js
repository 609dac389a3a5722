// Messages on their way: shown at once, sent one after another, kept in the browser until the portal has them. One that
// could not be sent stays, with its reason, until the person tries again or discards it. A message keeps its own name
// (uuid), by which the portal knows a second attempt. One with files waits until these have arrived.
import { post } from "web/fetch.js"
import { uuid } from "./lib/uuid.js"

let loads = 0 // messages whose files are still on their way

// loading reports whether there are any: to leave the page would stop them.
export const loading = () => loads > 0

export class Outbox {
  #talk
  #box
  #key
  #items = new Map() // uuid → { uuid, text, reply, inner, files, load, el }
  #chain = Promise.resolve()

  constructor(main, talk) {
    this.#talk = talk
    this.#box = main.querySelector("[data-outbox]")
    this.#key = `im:outbox:${talk.me}:${talk.dialog}`
    for (const item of this.#stored()) {
      const known = talk.list.querySelector(`[data-uuid="${CSS.escape(item.uuid)}"]`) // the portal has it after all
      if (!known) this.#add(item, "It was not sent before you left this page.")
    }
    this.#store()
  }

  #stored() {
    try {
      return JSON.parse(localStorage.getItem(this.#key)) ?? []
    } catch {
      return []
    }
  }

  #store() {
    const all = [...this.#items.values()].filter((item) => !item.load).map(({ uuid, text, reply, inner, files }) => ({ uuid, text, reply, inner, files }))
    try {
      if (all.length) localStorage.setItem(this.#key, JSON.stringify(all))
      else localStorage.removeItem(this.#key)
    } catch { /* no room: the page itself still has them */ }
  }

  #add(item, failed = "") {
    const el = document.getElementById("im-pending").content.firstElementChild.cloneNode(true)
    el.classList.toggle("msg-inner", !!item.inner)
    el.querySelector("[data-text]").textContent = item.text
    const names = item.load?.names ?? []
    el.querySelector("[data-files]").replaceChildren(...names.map((n) => Object.assign(document.createElement("span"), { textContent: n })))
    el.querySelector("[data-retry]").onclick = () => this.#try(item)
    el.querySelector("[data-discard]").onclick = () => this.settle(item.uuid)
    item.el = el
    this.#items.set(item.uuid, item)
    this.#box.append(el)
    if (failed) this.#fail(item, failed)
    this.#store()
    return item
  }

  // send shows text as the person's message and sends it. load, if given, are its files on their way: { names, ready(progress)
  // for their numbers, cancel() }. inner keeps it from who takes part from outside.
  send(text, reply = 0, load = null, inner = false) {
    const item = this.#add({ uuid: uuid(), text, reply, inner, files: [], load })
    this.#talk.toEnd()
    return this.#try(item)
  }

  #state(item, text) {
    item.el.querySelector("[data-state]").textContent = text
  }

  #try(item) {
    item.el.classList.remove("msg-refused")
    item.el.querySelector(".msg-failed").hidden = true
    this.#state(item, "Sending")
    this.#chain = this.#chain.then(() => this.#deliver(item))
    return this.#chain
  }

  async #deliver(item) {
    if (!this.#items.has(item.uuid)) return
    try {
      if (item.load) {
        loads++
        item.files = await item.load.ready((done) => this.#state(item, `${Math.floor(100 * done)} %`)).finally(() => { loads-- })
        item.load = null
        this.#store()
        this.#state(item, "Sending")
      }
      const form = { dialog: this.#talk.dialog, text: item.text, uuid: item.uuid, seen: this.#talk.seenUpTo }
      if (item.reply) form.reply = item.reply
      if (item.inner) form.inner = 1
      if (item.files?.length) form.files = item.files.join(",")
      const sent = await post("/online/send", form)
      this.settle(item.uuid)
      if (this.#talk.gone) return
      this.#talk.adopt(sent.chat)
      if (!this.#talk.newer) this.#talk.take(sent.html, "first")
    } catch (err) {
      if (err.name === "AbortError") return this.settle(item.uuid)
      this.#fail(item, err.message)
    }
  }

  #fail(item, why) {
    item.el.classList.add("msg-refused")
    this.#state(item, "Not sent")
    item.el.querySelector("[data-why]").textContent = why
    item.el.querySelector(".msg-failed").hidden = false
  }

  // settle forgets a message that the portal has, or that the person discarded.
  settle(id) {
    const item = this.#items.get(id)
    if (!item) return
    item.load?.cancel()
    this.#items.delete(id)
    item.el.remove()
    this.#store()
  }
}
