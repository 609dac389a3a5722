// The list of messages.

export class List {
  #list
  #log
  #rows = new Map() // by number, and those on their way by uuid
  #api
  #put

  constructor(api, put) {
    this.#list = document.getElementById("list")
    this.#log = document.getElementById("log")
    this.#api = api
    this.#put = put
    this.#list.addEventListener("click", (e) => this.#press(e))
  }

  set api(api) { this.#api = api }

  get oldest() { return Number(this.#list.querySelector("li[data-n]")?.dataset.n) || 0 }

  get empty() { return !this.#list.children.length }

  clear() {
    this.#rows.clear()
    this.#list.replaceChildren()
  }

  // take shows messages; the reader stays where they are unless they were at the end.
  take(messages, earlier = false) {
    const end = this.atEnd(), height = this.#log.scrollHeight
    for (const m of messages) this.#one(m)
    this.#group()
    if (earlier) this.#log.scrollTop += this.#log.scrollHeight - height
    else if (end) this.toEnd()
  }

  // pending shows a message of the visitor before the portal has it.
  pending(m) {
    if (this.#rows.has(m.uuid)) return
    const html = m.text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]).replaceAll("\n", "<br>")
    this.#one({ n: 0, uuid: m.uuid, own: true, html, files: m.shown ?? [], at: m.at })
    this.toEnd()
  }

  failed(uuid, why) {
    const li = this.#rows.get(uuid)
    if (!li) return
    li.classList.toggle("failed", Boolean(why))
    const mark = li.querySelector(".mark")
    mark.textContent = why ? why : "…"
  }

  drop(uuid) {
    this.#rows.get(uuid)?.remove()
    this.#rows.delete(uuid)
  }

  read(upTo) {
    for (const li of this.#list.querySelectorAll("li.own[data-n]")) {
      const mark = li.querySelector(".mark"), seen = Number(li.dataset.n) <= upTo
      mark.textContent = seen ? "✓✓" : "✓"
      mark.setAttribute("aria-label", seen ? "Read" : "Delivered")
      mark.classList.toggle("seen", seen)
    }
  }

  atEnd() { return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 60 }

  toEnd() { this.#log.scrollTop = this.#log.scrollHeight }

  // group names who writes several messages in a row once.
  #group() {
    let last = ""
    for (const li of this.#list.children) {
      const by = li.querySelector(".by"), name = by?.textContent ?? ""
      if (by) by.hidden = name === last
      last = name
    }
  }

  #one(m) {
    const old = this.#rows.get(m.n) ?? (m.uuid ? this.#rows.get(m.uuid) : undefined)
    const li = this.#draw(m)
    if (m.n) this.#rows.set(m.n, li)
    if (m.uuid) this.#rows.set(m.uuid, li)
    if (old && Number(old.dataset.n) === m.n) return old.replaceWith(li)
    old?.remove()
    this.#place(li, m.n)
  }

  // place keeps the order of the portal's count; what is on its way stands at the end.
  #place(li, n) {
    if (!n) return this.#list.append(li)
    for (let at = this.#list.lastElementChild; at; at = at.previousElementSibling) {
      if (at.dataset.n && Number(at.dataset.n) < n) return at.after(li)
    }
    this.#list.prepend(li)
  }

  // parts draws what a bot adds to its words.
  #parts(m, bubble, li) {
    if ((m.attach || m.keyboard) && !document.getElementById("parts")) {
      const end = this.atEnd()
      const css = Object.assign(el("link"), { id: "parts", rel: "stylesheet", href: JSON.parse(document.body.dataset.config).parts })
      css.onload = () => { if (end) this.toEnd() }
      document.head.append(css)
    }
    if (m.attach) bubble.insertAdjacentHTML("beforeend", m.attach) // of the portal, by its allow-list
    if (m.keyboard) {
      li.insertAdjacentHTML("beforeend", m.keyboard)
      li.classList.add("wide")
      li.lastElementChild.setAttribute("aria-label", "Answers to choose from")
      li.append(Object.assign(el("p", "said"), { role: "status", hidden: true }))
    }
    for (const a of li.querySelectorAll("a")) Object.assign(a, { target: "_blank", rel: "noopener noreferrer" })
  }

  #draw(m) {
    const li = el("li", m.own ? "own" : m.author ? "theirs" : "theirs house")
    if (m.n) li.dataset.n = m.n
    if (!m.own && m.author) {
      const by = el("p", "by")
      if (m.avatar) by.append(picture(m.avatar))
      by.append(m.author)
      li.append(by)
    }
    const bubble = el("div", "bubble")
    if (m.removed) {
      bubble.append(el("em", "", "This message was removed."))
    } else {
      if (m.html) {
        const text = el("div", "text")
        text.innerHTML = m.html // of the portal, by its allow-list
        bubble.append(text)
      }
      for (const f of m.files ?? []) bubble.append(this.#file(f))
    }
    const foot = el("p", "foot"), at = new Date(m.at)
    const time = el("time", "", at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }))
    time.dateTime = at.toISOString()
    time.title = at.toLocaleString()
    foot.append(time)
    if (m.edited && !m.removed) foot.append(" · edited")
    if (m.own) foot.append(" ", Object.assign(el("span", "mark", m.n ? "✓" : "…"), { ariaLabel: m.n ? "Delivered" : "On its way" }))
    if (bubble.hasChildNodes() || m.attach) li.append(bubble)
    if (!m.removed) this.#parts(m, bubble, li)
    li.append(foot)
    return li
  }

  #file(f) {
    const b = el("button", "file")
    b.type = "button"
    b.dataset.file = f.id ?? ""
    b.dataset.name = f.name
    if (f.picture) {
      const img = el("img")
      img.alt = f.name
      b.classList.add("picture")
      b.append(img)
      const end = this.atEnd()
      this.#api.blob(`/files/${f.id}?preview=1`).then((blob) => {
        img.onload = () => { URL.revokeObjectURL(img.src); if (end) this.toEnd() }
        img.src = URL.createObjectURL(blob)
      }, () => b.replaceChildren(f.name))
    } else {
      b.append(el("span", "", f.name), el("small", "", size(f.size)))
    }
    return b
  }

  // key does what a button below a message says.
  async #key(b) {
    const { action, value, block, command, index } = b.dataset
    const li = b.closest("li"), said = li.querySelector(".said")
    said.hidden = true
    if (action === "send" || action === "put") return this.#put(value, action === "send")
    if (action === "call") return Object.assign(el("a"), { href: "tel:" + value }).click()
    if (action === "copy") {
      const ok = await navigator.clipboard?.writeText(value).then(() => true, () => false)
      return tell(said, ok ? "Copied." : `Copying is not allowed here: ${value}`)
    }
    if (!command) return
    b.disabled = true
    b.setAttribute("aria-busy", "true")
    try {
      await this.#api.post("/press", { number: Number(li.dataset.n), button: Number(index), mobile: matchMedia("(pointer: coarse)").matches })
      if (block === "Y") return
    } catch (err) {
      tell(said, err.message, true)
    } finally {
      b.removeAttribute("aria-busy")
    }
    b.disabled = false
    b.focus()
  }

  async #press(e) {
    const key = e.target.closest("button.keyboard-button")
    if (key) return this.#key(key)
    const send = e.target.closest("[data-send], [data-put]")
    if (send) return this.#put(send.dataset.send ?? send.dataset.put, "send" in send.dataset)
    const call = e.target.closest("[data-call]")
    if (call) return Object.assign(el("a"), { href: "tel:" + call.dataset.call }).click()
    const b = e.target.closest("[data-file]")
    if (!b?.dataset.file) return
    try {
      const a = el("a")
      a.href = URL.createObjectURL(await this.#api.blob(`/files/${b.dataset.file}`))
      a.download = b.dataset.name
      a.click()
      setTimeout(() => URL.revokeObjectURL(a.href), 60000)
    } catch {
      b.append(el("small", "", "not available"))
    }
  }
}

function tell(p, text, bad = false) {
  p.textContent = text
  p.classList.toggle("error", bad)
  p.hidden = false
}

export function el(name, className = "", text) {
  const e = document.createElement(name)
  if (className) e.className = className
  if (text !== undefined) e.textContent = text
  return e
}

export function picture(src) {
  const img = el("img")
  img.alt = ""
  img.src = src
  return img
}

export function size(n) {
  if (!n) return ""
  if (n < 1024) return `${n} B`
  return n < 1048576 ? `${Math.round(n / 1024)} KB` : `${(n / 1048576).toFixed(1)} MB`
}
