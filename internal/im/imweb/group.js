// The choice of people for a group: a search that keeps who is chosen.
import { fragment, getHTML } from "web/fetch.js"
import { close, current } from "ui/slider/slider.js"
import { toast } from "ui/toast/toast.js"

const pause = 120

export default function (root, { signal }) {
  const form = root.querySelector("[data-group]")
  const input = form.querySelector("[data-pick-query]")
  const box = form.querySelector("[data-pick]")
  let timer, asked
  form.querySelector("[data-pick-find]").hidden = true
  const find = async () => {
    asked?.abort()
    asked = new AbortController()
    const params = new URLSearchParams({ q: input.value.trim() })
    for (const [name, value] of new FormData(form)) if (["member", "chat", "to"].includes(name)) params.append(name, value)
    try {
      show(fragment(await getHTML(form.dataset.group + "?" + params, { signal: asked.signal })))
    } catch (err) {
      if (err.name !== "AbortError") console.error("people", err)
    }
  }
  // show brings what was found; who was chosen or given up while the portal looked stays so.
  const show = (found) => {
    const chosen = [...box.querySelectorAll("input:checked")]
    const kept = chosen.map((c) => c.closest("label"))
    box.replaceChildren(found)
    for (const c of box.querySelectorAll("input[type=checkbox]")) c.checked = false
    chosen.forEach((c, i) => {
      const same = [...box.querySelectorAll("input[type=checkbox]")].find((x) => x.value === c.value)
      if (same) same.checked = true
      else box.prepend(kept[i])
    })
  }
  input.addEventListener("input", () => {
    clearTimeout(timer)
    timer = setTimeout(find, pause)
  }, { signal })
  if (input.value !== input.defaultValue) find() // typed before this ran
  input.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || e.ctrlKey || e.metaKey) return
    e.preventDefault() // chooses whom the search found first
    box.querySelector("input:not(:checked)")?.click()
    input.select()
  }, { signal })
  form.addEventListener("form:done", (e) => {
    e.preventDefault()
    if ("stay" in form.dataset && current()?.contains(form)) {
      close()
      return toast(e.detail.toast)
    }
    location.assign(e.detail.redirect) // a conversation is a page, not a slider
  }, { signal })
}
