// Searches people while one types. The address follows, so that Back and reload come back to the same list.
import { fragment, getHTML } from "web/fetch.js"
import { on } from "ui/shell/keys.js"

const PAUSE = 150 // ms after the last key

export default function (root, { signal }) {
  const form = root.querySelector("[data-people-search]")
  const list = root.querySelector("[data-people-list]")
  const input = form.elements.q
  let timer = 0
  let running = new AbortController()

  form.classList.add("people-live")
  on("/", () => input.focus(), { signal })
  form.addEventListener("submit", (e) => { e.preventDefault(); search() }, { signal })
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, PAUSE) }, { signal })
  signal.addEventListener("abort", () => { clearTimeout(timer); running.abort() })

  async function search() {
    clearTimeout(timer)
    running.abort()
    running = new AbortController()
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()))
    list.setAttribute("aria-busy", "true")
    try {
      const html = await getHTML("/company/list?" + query, { signal: running.signal })
      list.replaceChildren(fragment(html))
      history.replaceState(history.state, "", "/company/" + (query.size ? "?" + query : ""))
      list.removeAttribute("aria-busy")
    } catch (err) {
      if (err.name === "AbortError") return
      form.submit() // the page itself says what is wrong
    }
  }
}
