// The emoji to choose from, with a search. Loaded when first opened.
import { find, groups } from "./lib/emoji.js"

const recentKey = "im:emoji"
const recentMost = 16

let box, grid, input, chosen, closed

const recent = () => {
  try {
    return JSON.parse(localStorage.getItem(recentKey)) ?? []
  } catch {
    return []
  }
}

function remember(emoji) {
  try {
    localStorage.setItem(recentKey, JSON.stringify([emoji, ...recent().filter((e) => e !== emoji)].slice(0, recentMost)))
  } catch { /* nothing depends on it */ }
}

const cell = ({ emoji, words = "" }) => {
  const b = Object.assign(document.createElement("button"), { type: "button", className: "im-emoji", textContent: emoji, title: words, tabIndex: -1 })
  b.dataset.emoji = emoji
  return b
}

function section(name, all) {
  const el = document.createElement("section")
  el.append(Object.assign(document.createElement("h3"), { className: "caption", textContent: name }))
  const cells = Object.assign(document.createElement("div"), { className: "im-emoji-grid" })
  cells.append(...all.map(cell))
  el.append(cells)
  return el
}

function fill(q = "") {
  const found = q.trim() && find(q)
  const last = recent().map((emoji) => ({ emoji }))
  const parts = found
    ? [found.length ? section("Found", found) : Object.assign(document.createElement("p"), { className: "muted im-rest", textContent: "No emoji found." })]
    : [...(last.length ? [section("Recent", last)] : []), ...groups.map((g) => section(g.name, g.all))]
  grid.replaceChildren(...parts)
  const first = grid.querySelector(".im-emoji")
  if (first) first.tabIndex = 0
}

function build() {
  box = document.getElementById("im-picker")
  grid = box.querySelector("[data-emoji-grid]")
  input = box.querySelector("input")
  input.addEventListener("input", () => fill(input.value))
  box.addEventListener("keydown", keys)
  grid.addEventListener("click", (e) => take(e.target.closest(".im-emoji")))
  box.addEventListener("toggle", (e) => e.newState === "closed" && closed?.())
}

function take(el) {
  if (!el) return
  remember(el.dataset.emoji)
  const tell = chosen
  box.hidePopover()
  tell(el.dataset.emoji)
}

// keys walks through the grid; Enter in the search takes the first.
function keys(e) {
  const all = [...grid.querySelectorAll(".im-emoji")]
  const at = all.indexOf(document.activeElement)
  if (e.target === input) {
    if (e.key === "Enter") {
      e.preventDefault()
      take(all[0])
    } else if (e.key === "ArrowDown") {
      e.preventDefault()
      all[0]?.focus()
    }
    return
  }
  const row = Math.max(1, Math.floor((grid.clientWidth - 8) / all[0].offsetWidth))
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row }[e.key]
  if (!step) return
  e.preventDefault()
  if (at + step < 0) return input.focus()
  all[Math.min(all.length - 1, at + step)]?.focus()
}

// pick opens the choice beside opener and calls take with the emoji that was chosen, done when it is closed.
export function pick(opener, onTake, done) {
  if (!box?.isConnected) build()
  chosen = onTake
  closed = done
  input.value = ""
  fill()
  box.showPopover()
  const a = opener.getBoundingClientRect(), m = box.getBoundingClientRect()
  const y = a.top - 4 - m.height > 8 ? a.top - 4 - m.height : Math.min(a.bottom + 4, innerHeight - m.height - 8)
  Object.assign(box.style, { left: Math.max(8, Math.min(a.right - m.width, innerWidth - m.width - 8)) + "px", top: Math.max(8, y) + "px" })
  grid.scrollTop = 0
  if (!matchMedia("(pointer: coarse)").matches) input.focus()
}
