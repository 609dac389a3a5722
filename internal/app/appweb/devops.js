// The pages of developer resources: finding a permission in the long list, and showing what a form answered in its place.
import { fragment } from "web/fetch.js"
import { refresh } from "web/refresh.js"
import { current } from "ui/slider/slider.js"
import { matches } from "./search.js"

function scopes(box, signal) {
  const search = box.querySelector("[data-scope-search]")
  const lines = [...box.querySelectorAll("[data-scope]")]
  const none = box.querySelector("[data-scope-none]")
  const count = () => {
    const n = box.querySelectorAll("input:checked").length
    box.querySelector("[data-scope-count]").textContent = n ? `${n} chosen` : ""
  }
  search.hidden = false
  search.addEventListener("input", (e) => {
    for (const line of lines) line.hidden = !matches(line.dataset.scope, e.target.value)
    none.hidden = lines.some((line) => !line.hidden)
  }, { signal })
  search.addEventListener("keydown", (e) => {
    if (e.key === "Enter") e.preventDefault() // must not send the form
  }, { signal })
  box.addEventListener("change", count, { signal })
  count()
}

// show puts HTML that a form answered in the place of the page's content: it holds what is shown only once.
function show(root, html) {
  const fresh = fragment(html).querySelector("[data-place]")
  const place = root.querySelector("[data-place]")
  if (!fresh || !place) return false
  place.replaceWith(fresh)
  if (fresh.dataset.url) history.replaceState(history.state, "", fresh.dataset.url)
  fresh.closest(".slider-body, .slider-panel")?.scrollTo(0, 0)
  fresh.querySelector("input")?.focus({ preventScroll: true })
  if (current()?.contains(fresh)) refresh()
  return true
}

export default function (root, { signal }) {
  for (const box of root.querySelectorAll(".scopes")) scopes(box, signal)
  root.addEventListener("form:done", (e) => {
    if (typeof e.detail === "string" && show(root, e.detail)) e.preventDefault()
  }, { signal })
}
