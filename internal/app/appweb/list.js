// Finds integrations while one types or chooses. The address follows, so that Back and reload come back to the same list.
import { fragment, getHTML } from "web/fetch.js"
import { on } from "ui/shell/keys.js"

const PAUSE = 150 // ms after the last key

export default function (root, { signal }) {
  const form = root.querySelector("[data-list-filter]")
  const lines = root.querySelector("[data-list-lines]")
  if (!form || !lines) return
  let timer = 0
  let running = new AbortController()

  form.classList.add("devops-live")
  on("/", () => form.elements.q.focus(), { signal })
  form.addEventListener("submit", (e) => { e.preventDefault(); find() }, { signal })
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(find, PAUSE) }, { signal })
  signal.addEventListener("abort", () => { clearTimeout(timer); running.abort() })

  async function find() {
    clearTimeout(timer)
    running.abort()
    running = new AbortController()
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()))
    lines.setAttribute("aria-busy", "true")
    try {
      lines.replaceChildren(fragment(await getHTML("/devops/integrations/list?" + query, { signal: running.signal })))
      history.replaceState(history.state, "", "/devops/integrations/" + (query.size ? "?" + query : ""))
      lines.removeAttribute("aria-busy")
    } catch (err) {
      if (err.name === "AbortError") return
      form.submit() // the page itself says what is wrong
    }
  }
}
