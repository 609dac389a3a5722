// Files that wait above the field to be sent: they begin to travel at once. Loaded with the first file.
import { upload } from "file/upload.js"
import { bytes } from "./lib/bytes.js"

const most = 50 // files of a message, as the portal takes them

export class Tray {
  #box
  #talk
  #items = []
  #changed

  constructor(box, talk, changed) {
    this.#box = box
    this.#talk = talk
    this.#changed = changed
  }

  get count() { return this.#items.length }

  // add takes files, with sound for a recording; it returns how many there was no room for.
  add(files, sound) {
    const fits = [...files].slice(0, most - this.#items.length)
    for (const file of fits) this.#begin(file, sound)
    this.#show()
    return files.length - fits.length
  }

  #begin(file, sound) {
    const item = { file, sound, done: 0, stop: new AbortController() }
    item.el = this.#row(item)
    this.#items.push(item)
    this.#box.append(item.el)
    load(item, this.#talk.dialog)
  }

  #row(item) {
    const el = document.getElementById("im-tray-item").content.firstElementChild.cloneNode(true)
    el.querySelector("[data-name]").textContent = item.file.name
    el.querySelector("[data-size]").textContent = bytes(item.file.size)
    const img = el.querySelector("img")
    if (/^image\/(png|jpeg|gif|webp|avif)$/.test(item.file.type)) {
      img.src = URL.createObjectURL(item.file)
      img.onload = img.onerror = () => URL.revokeObjectURL(img.src)
    } else img.remove()
    el.querySelector("[data-remove]").onclick = () => {
      item.stop.abort()
      this.#items.splice(this.#items.indexOf(item), 1)
      el.remove()
      this.#show()
    }
    el.querySelector("[data-again]").onclick = () => load(item, this.#talk.dialog)
    return el
  }

  #show() {
    this.#box.hidden = !this.#items.length
    this.#changed(this.#items.length)
  }

  // take hands the files over to the message that carries them: { names, ready(progress), cancel() }.
  take() {
    const items = this.#items
    this.#items = []
    this.#box.replaceChildren()
    this.#show()
    if (!items.length) return null
    const size = items.reduce((n, i) => n + i.file.size, 0) || 1
    return {
      names: items.map((i) => i.file.name),
      cancel: () => items.forEach((i) => i.stop.abort()),
      ready: async (progress) => {
        const tell = () => progress(items.reduce((n, i) => n + i.done, 0) / size)
        for (const i of items) {
          i.tell = tell
          if (i.failed) load(i, this.#talk.dialog)
        }
        tell()
        return Promise.all(items.map((i) => i.loaded))
      },
    }
  }
}

// load sends a file; item.loaded is the promise of its number.
function load(item, dialog) {
  const bar = item.el.querySelector("progress")
  const why = item.el.querySelector("[data-why]")
  const again = item.el.querySelector("[data-again]")
  item.failed = false
  why.textContent = ""
  again.hidden = true
  bar.hidden = false
  item.loaded = upload(item.file, {
    dialog, sound: item.sound, signal: item.stop.signal,
    progress: (n, of) => {
      item.done = n
      bar.value = of ? n / of : 1
      item.tell?.()
    },
    waiting: (away) => { why.textContent = away ? "Waiting for the connection" : "" },
  }).then((f) => {
    bar.hidden = true
    item.el.classList.add("im-tray-there")
    return f.id
  })
  item.loaded.catch((err) => {
    if (err.name === "AbortError") return
    item.failed = true
    bar.hidden = true
    why.textContent = err.message
    again.hidden = false
  })
}
