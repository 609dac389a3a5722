// The search palette: Ctrl K, then people, chats, records, pages and commands from /search.
import { getHTML, fragment } from "web/fetch.js"
import { on } from "ui/shell/keys.js"

const pause = 90 // ms of quiet before asking

export function start() {
  const dialog = document.getElementById("palette")
  if (!dialog) return
  const input = dialog.querySelector("input")
  const box = dialog.querySelector(".palette-hits")
  let timer, asked

  const hits = () => [...box.querySelectorAll(".palette-hit")]
  const chosen = () => box.querySelector('[aria-selected="true"]')
  const choose = (el) => {
    chosen()?.setAttribute("aria-selected", "false")
    if (!el) return input.removeAttribute("aria-activedescendant")
    el.setAttribute("aria-selected", "true")
    el.id ||= "hit-" + hits().indexOf(el)
    input.setAttribute("aria-activedescendant", el.id)
    el.scrollIntoView({ block: "nearest" })
  }
  const ask = async () => {
    asked?.abort()
    asked = new AbortController()
    try {
      const html = await getHTML("/search?q=" + encodeURIComponent(input.value), { signal: asked.signal })
      box.replaceChildren(fragment(html))
      choose(hits()[0])
    } catch (err) {
      if (err.name !== "AbortError") console.error("search", err)
    }
  }
  input.addEventListener("input", () => {
    clearTimeout(timer)
    timer = setTimeout(ask, pause)
  })
  input.addEventListener("keydown", (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key]
    if (step) {
      e.preventDefault()
      const all = hits()
      choose(all[(all.indexOf(chosen()) + step + all.length) % all.length])
    } else if (e.key === "Enter") {
      e.preventDefault()
      chosen()?.click()
    }
  })
  box.addEventListener("pointermove", (e) => choose(e.target.closest(".palette-hit") ?? chosen()))
  box.addEventListener("click", (e) => e.target.closest(".palette-hit") && dialog.close())
  new MutationObserver(() => {
    if (!dialog.open) return
    input.select()
    ask()
  }).observe(dialog, { attributeFilter: ["open"] })
  on("Ctrl+k", () => (dialog.open ? dialog.close() : dialog.showModal()))
}
