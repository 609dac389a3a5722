// The search for messages: finds while one types, goes on at the end of the list.
import { fragment, getHTML, post } from "web/fetch.js"
import { toast } from "ui/toast/toast.js"

const pause = 180

export default function (root, { signal }) {
  const form = root.querySelector("[data-search]")
  const box = root.querySelector("[data-hits]")
  let timer, asked
  form.querySelector("[data-search-go]").hidden = true
  const saved = root.querySelector("[data-saved]")
  const saver = form.querySelector("[data-save-search]")
  const values = () => new URLSearchParams([...new FormData(form)].filter(([, v]) => v))
  const find = async () => {
    asked?.abort()
    asked = new AbortController()
    try {
      box.replaceChildren(fragment(await getHTML("/online/hits?" + values(), { signal: asked.signal })))
      watch()
    } catch (err) {
      if (err.name !== "AbortError") box.textContent = err.message
    }
  }
  const later = (ms) => {
    clearTimeout(timer)
    timer = setTimeout(find, ms)
  }
  const save = async () => {
    saver.ariaBusy = "true"
    try {
      await post("/online/save-search", Object.fromEntries(values()))
      saved.replaceChildren(fragment(await getHTML("/online/saved-searches?" + values())))
      toast("Search saved")
    } catch (err) {
      toast(err.message, { tone: "danger" })
    } finally {
      saver.ariaBusy = null
    }
  }
  form.addEventListener("input", () => {
    const asked = values()
    asked.delete("chat")
    saver.disabled = !asked.size
  }, { signal })
  const query = form.elements.q
  if (query.value !== query.defaultValue) later(0) // typed before this ran
  form.addEventListener("input", (e) => later(e.target.matches("[type=search]") ? pause : 0), { signal })
  form.addEventListener("submit", (e) => {
    e.preventDefault()
    if (e.submitter === saver) return save()
    const first = box.querySelector(".im-hit")
    if (first && !timer) first.click()
    else find()
  }, { signal })
  form.addEventListener("keydown", (e) => {
    if (e.key !== "ArrowDown" || !e.target.matches("[type=search]")) return
    e.preventDefault()
    box.querySelector(".im-hit")?.focus()
  }, { signal })
  box.addEventListener("keydown", (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[e.key]
    if (!step) return
    e.preventDefault()
    const all = [...box.querySelectorAll(".im-hit")]
    const to = all.indexOf(document.activeElement) + step
    if (to < 0) form.elements.q.focus()
    else all[Math.min(to, all.length - 1)]?.focus()
  }, { signal })
  const end = new IntersectionObserver((seen) => seen.some((e) => e.isIntersecting) && more(), { rootMargin: "400px" })
  signal.addEventListener("abort", () => end.disconnect())
  const watch = () => {
    const link = box.querySelector("[data-more-hits]")
    if (link) end.observe(link)
  }
  const more = async () => {
    const link = box.querySelector("[data-more-hits]")
    if (!link || link.ariaBusy) return
    link.ariaBusy = "true"
    const html = await getHTML(link.href).catch(() => "")
    if (!html || !link.isConnected) return
    const next = fragment(html)
    if (!next.querySelector(".im-hit")) next.querySelector(".im-none")?.remove()
    link.replaceWith(next)
    watch()
  }
  box.addEventListener("click", (e) => {
    if (!e.target.closest("[data-more-hits]")) return
    e.preventDefault()
    more()
  }, { signal })
  watch()
}
