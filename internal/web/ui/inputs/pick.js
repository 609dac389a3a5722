// Offers people for inputs inside data-pick while one types. The input takes a login; the list shows names.
import { getJSON } from "web/fetch.js"

const PAUSE = 150 // ms after the last key
let lists = 0

export default function (root, { signal }) {
  let timer = 0
  root.addEventListener("input", (e) => {
    const input = e.target
    if (!input.matches?.("[data-pick] input")) return
    clearTimeout(timer)
    timer = setTimeout(async () => {
      const list = listOf(input)
      if (!input.value.trim()) return list.replaceChildren()
      const people = await getJSON("/company/pick?q=" + encodeURIComponent(input.value), { signal }).catch(() => [])
      list.replaceChildren(...people.map(({ value, label }) => Object.assign(document.createElement("option"), { value, label })))
    }, PAUSE)
  }, { signal })
  signal.addEventListener("abort", () => clearTimeout(timer))
}

// Inputs may be copies of each other: each has a list of its own.
function listOf(input) {
  let list = input.parentElement.querySelector(":scope > datalist")
  if (!list) {
    list = document.createElement("datalist")
    input.after(list)
  }
  if (input.getAttribute("list") !== list.id || !list.id || list.dataset.of !== input.dataset.list) {
    list.id = "people-" + ++lists
    list.dataset.of = input.dataset.list = list.id
    input.setAttribute("list", list.id)
  }
  return list
}
