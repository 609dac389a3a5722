// The composer: finding a method in the long list, the answer in its place, and a question before something is changed.
import { fragment } from "web/fetch.js"

function search(root, signal) {
  const input = root.querySelector("[data-method-search]")
  const lines = [...root.querySelectorAll("[data-methods] > li")]
  const none = root.querySelector("[data-method-none]")
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean)
    for (const line of lines) line.hidden = !words.every((w) => line.dataset.text.toLowerCase().includes(w))
    none.hidden = lines.some((line) => !line.hidden)
  }, { signal })
  input.addEventListener("keydown", (e) => {
    if (e.key === "Enter") lines.find((line) => !line.hidden)?.querySelector("a").click()
  }, { signal })
  root.querySelector("[data-methods] [aria-current]")?.scrollIntoView({ block: "center" })
}

export default function (root, { signal }) {
  search(root, signal)
  const form = root.querySelector("[data-composer]")
  form?.querySelector("[data-turn]").addEventListener("click", (e) => {
    e.preventDefault() // the link alone would lose what was typed
    form.action = "/devops/console/composer/edit"
    form.submit()
  }, { signal })
  form?.addEventListener("form:done", (e) => {
    if (typeof e.detail !== "string") return
    e.preventDefault()
    const place = root.querySelector("[data-result]")
    place.replaceChildren(fragment(e.detail))
    place.scrollIntoView({ block: "nearest" })
  }, { signal })
}
