// The draft of a conversation: the browser keeps it at once, the portal a little later.
import { getJSON, post } from "web/fetch.js"

const saveAfter = 800 // ms of quiet before the portal keeps it

export class Draft {
  #key
  #dialog
  #saved // what the portal has
  #written
  #timer

  // written returns what stands in the field: { text, reply }.
  constructor({ me, dialog }, saved, written, signal) {
    this.#key = `im:draft:${me}:${dialog}`
    this.#dialog = dialog
    this.#saved = saved
    this.#written = written
    signal.addEventListener("abort", () => this.#save())
    addEventListener("pagehide", () => this.#save(), { signal })
  }

  // local is what this browser kept and the portal may not have; null where there is nothing.
  get local() { return localStorage.getItem(this.#key) }

  keep() {
    try {
      localStorage.setItem(this.#key, this.#written().text)
    } catch { /* no room: the field itself still has it */ }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#save(), saveAfter)
  }

  async #save() {
    clearTimeout(this.#timer)
    const { text, reply } = this.#written()
    if (text === this.#saved) return this.#drop(text)
    const before = this.#saved
    this.#saved = text
    try {
      await post("/online/draft", { dialog: this.#dialog, text, reply: text ? reply : 0 }, { keepalive: true })
      this.#drop(text)
    } catch {
      this.#saved = before // the browser still has it
    }
  }

  // drop forgets the browser's copy of a draft that the portal has.
  #drop(text) {
    if (this.local === text) localStorage.removeItem(this.#key)
  }

  // synced gives to take what the person wrote on another page, while they write nothing here and free says that they may.
  async synced(free, take) {
    const quiet = () => free() && this.#written().text === this.#saved
    if (!quiet()) return
    const { text } = await getJSON("/online/draft?dialog=" + this.#dialog).catch(() => ({}))
    if (text === undefined || text === this.#saved || !quiet()) return
    this.#saved = text
    take(text)
  }
}
