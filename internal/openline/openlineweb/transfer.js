// The palette of a transfer: what is typed narrows it, arrows walk it, Enter takes the first.
import { fragment, getHTML } from "web/fetch.js"

const pause = 120

export default function (root, { signal }) {
  const form = root.querySelector("[data-transfer]")
  const input = form.querySelector("[data-find]")
  const box = form.querySelector("[data-targets]")
  let timer, asked
  const rows = () => [...box.querySelectorAll("[data-row]")]
  const ask = async () => {
    asked?.abort()
    asked = new AbortController()
    try {
      const html = await getHTML("/channels/targets?" + new URLSearchParams({ chat: form.dataset.chat, q: input.value }), { signal: asked.signal })
      box.replaceChildren(fragment(html))
    } catch (err) {
      if (err.name !== "AbortError") console.error("targets", err)
    }
  }
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, pause) }, { signal })
  input.addEventListener("keydown", async (e) => {
    if (e.key !== "Enter") return
    e.preventDefault()
    clearTimeout(timer)
    await ask()
    rows()[0]?.click()
  }, { signal })
  form.addEventListener("keydown", (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key]
    if (!step) return
    e.preventDefault()
    const at = rows().indexOf(document.activeElement) + step
    if (at < 0) input.focus()
    else rows()[Math.min(at, rows().length - 1)]?.focus()
  }, { signal })
  input.focus()
}
