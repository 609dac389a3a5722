// Improves inputs of fields: lists of options can be searched and tell what is chosen, and where several values may be, another
// input appears as soon as the last one is used.
const SEARCHED = 7 // options from which on there is something to search

export default function (root, { signal }) {
  for (const box of root.querySelectorAll("[data-pick-options]")) options(box, signal)
  for (const box of root.querySelectorAll("[data-several]")) several(box, signal)
}

function options(box, signal) {
  const lines = [...box.querySelectorAll(".option-line")]
  const text = (line) => line.textContent.trim()
  const picked = box.querySelector("[data-picked]")
  const none = picked?.textContent
  box.addEventListener("change", () => {
    const chosen = lines.filter((l) => l.querySelector("input").checked).map(text)
    if (picked) picked.textContent = chosen.join(", ") || (none && !chosen.length ? "Nothing chosen" : none)
  }, { signal })
  if (lines.length < SEARCHED) return
  const find = Object.assign(document.createElement("input"), { type: "search", className: "input pick-find", placeholder: "Find", autocomplete: "off" })
  find.setAttribute("aria-label", "Find an option")
  const wrap = Object.assign(document.createElement("div"), { className: "field-box pick-find" })
  wrap.append(find)
  lines[0].before(wrap)
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase()
    for (const l of lines) l.hidden = !text(l).toLowerCase().includes(wanted)
  }, { signal })
  find.addEventListener("keydown", (e) => { if (e.key === "Enter") e.preventDefault() }, { signal })
}

function several(box, signal) {
  const list = box.querySelector(".several")
  box.addEventListener("input", () => {
    const last = list.lastElementChild
    if (!last.querySelector("input, textarea").value) return
    const next = last.cloneNode(true)
    const input = next.querySelector("input, textarea")
    input.value = ""
    input.removeAttribute("value")
    list.append(next)
  }, { signal })
}
