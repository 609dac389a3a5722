// Chooses people: what is typed is looked for in the company, ↑ and ↓ go through who was found, Enter chooses, Backspace takes the last
// one away. Without it, the ticks and what is typed count as they are.
import { fragment, getHTML } from "web/fetch.js"

const PAUSE = 120 // ms after the last key
let lists = 0

export default function (root, { signal }) {
  for (const field of root.querySelectorAll("[data-people]")) people(field, signal)
}

function people(field, signal) {
  const name = field.dataset.field
  const box = field.querySelector(".people-box")
  const input = box.querySelector(".input")
  const list = Object.assign(document.createElement("ul"), { className: "people-found", hidden: true, id: "people-found-" + ++lists })
  list.setAttribute("role", "listbox")
  list.setAttribute("aria-label", input.getAttribute("aria-label"))
  box.after(list)
  for (const [key, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) input.setAttribute(key, value)
  const away = field.querySelector("template")
  let timer, asked
  let fresh = false // the list is what was found for what the input holds
  let eager = false // Enter was pressed before the answer came

  const chips = () => [...box.querySelectorAll(".people-chip")]
  const options = () => [...list.querySelectorAll("[role=option]")]
  const active = () => list.querySelector("[aria-selected=true]")

  const close = () => {
    clearTimeout(timer)
    asked?.abort()
    fresh = eager = false
    list.hidden = true
    input.setAttribute("aria-expanded", "false")
    input.removeAttribute("aria-activedescendant")
  }
  const mark = (option) => {
    active()?.setAttribute("aria-selected", "false")
    if (!option) return
    option.setAttribute("aria-selected", "true")
    option.scrollIntoView({ block: "nearest" })
    input.setAttribute("aria-activedescendant", option.id)
  }
  const find = async () => {
    clearTimeout(timer)
    asked?.abort()
    const mine = asked = new AbortController()
    const params = new URLSearchParams({ q: input.value.trim() })
    for (const c of box.querySelectorAll("[type=hidden]")) params.append("but", c.value)
    try {
      list.replaceChildren(fragment(await getHTML("/company/find?" + params, { signal: mine.signal })))
    } catch (err) {
      if (err.name !== "AbortError") console.error("people", err)
      return
    }
    options().forEach((o, i) => { o.id = list.id + "-" + i })
    fresh = true
    list.hidden = false
    list.scrollIntoView({ block: "nearest" })
    input.setAttribute("aria-expanded", "true")
    if (input.value.trim()) mark(options()[0])
    if (eager && active()) return choose(active())
    eager = false
  }
  const choose = (option) => {
    const chip = Object.assign(document.createElement("span"), { className: "people-chip" })
    const who = Object.assign(document.createElement("input"), { type: "hidden", name, value: option.dataset.id })
    const title = Object.assign(document.createElement("span"), { className: "truncate", textContent: option.dataset.name })
    chip.append(who, option.querySelector("template").content.cloneNode(true), title)
    if (field.dataset.people === "one") for (const c of chips()) c.remove()
    input.before(chip)
    dress(chip)
    changed()
  }
  const changed = () => {
    input.value = ""
    close()
    input.focus()
    field.dispatchEvent(new Event("change", { bubbles: true }))
  }
  // dress gives a chip the button that takes it away; where there is one person, another takes the place.
  const dress = (chip) => {
    if (!away) return
    const button = away.content.firstElementChild.cloneNode(true)
    button.setAttribute("aria-label", "Remove " + chip.textContent.trim())
    button.addEventListener("click", () => {
      chip.remove()
      changed()
    }, { signal })
    chip.append(button)
  }
  for (const chip of chips()) {
    chip.querySelector("[type=checkbox]").type = "hidden"
    dress(chip)
  }

  input.addEventListener("input", () => {
    fresh = eager = false
    clearTimeout(timer)
    timer = setTimeout(find, PAUSE)
  }, { signal })
  box.addEventListener("click", (e) => {
    if (e.target.closest(".people-chip")) return
    input.focus()
    if (list.hidden) find()
  }, { signal })
  list.addEventListener("mousedown", (e) => e.preventDefault(), { signal }) // the input keeps the focus
  list.addEventListener("click", (e) => {
    const option = e.target.closest("[role=option]")
    if (option) choose(option)
  }, { signal })
  input.addEventListener("blur", close, { signal })
  input.addEventListener("keydown", (e) => {
    if (e.isComposing || e.ctrlKey || e.metaKey || e.altKey) return
    const all = options()
    switch (e.key) {
      case "ArrowDown":
      case "ArrowUp": {
        e.preventDefault()
        if (list.hidden) return find()
        const step = e.key === "ArrowDown" ? 1 : -1
        const at = all.indexOf(active())
        return mark(all[at < 0 && step < 0 ? all.length - 1 : (at + step + all.length) % all.length])
      }
      case "Enter":
        if (list.hidden && !input.value.trim()) return
        e.preventDefault()
        if (fresh && active()) return choose(active())
        if (fresh) return
        eager = true
        return find()
      case "Escape":
        if (list.hidden) return
        e.preventDefault()
        return close()
      case "Backspace":
        if (input.value || field.dataset.people === "one") return
        chips().at(-1)?.remove()
        field.dispatchEvent(new Event("change", { bubbles: true }))
    }
  }, { signal })
  signal.addEventListener("abort", () => {
    clearTimeout(timer)
    asked?.abort()
  })
}
