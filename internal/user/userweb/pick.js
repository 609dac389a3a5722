// Offers people for inputs marked with data-pick while one types. The input takes a login; the list shows names.
import { getJSON } from "web/fetch.js"

const PAUSE = 150 // ms after the last key

export default function (root, { signal }) {
  for (const input of root.querySelectorAll("[data-pick] input")) offer(input, signal)
}

function offer(input, signal) {
  const list = document.createElement("datalist")
  list.id = input.id + "-people"
  input.after(list)
  input.setAttribute("list", list.id)
  let timer = 0
  input.addEventListener("input", () => {
    clearTimeout(timer)
    timer = setTimeout(async () => {
      if (!input.value.trim()) return list.replaceChildren()
      const people = await getJSON("/company/pick?q=" + encodeURIComponent(input.value), { signal }).catch(() => [])
      list.replaceChildren(...people.map(({ value, label }) => Object.assign(document.createElement("option"), { value, label })))
    }, PAUSE)
  }, { signal })
  signal.addEventListener("abort", () => { clearTimeout(timer); list.remove() })
}
