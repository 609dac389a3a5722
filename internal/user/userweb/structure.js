// Moves departments below each other by dragging. A row that is dropped onto another goes below it.
import { post } from "web/fetch.js"
import { toast } from "ui/toast/toast.js"
import { refresh } from "web/refresh.js"

export default function (root, { signal }) {
  const box = root.querySelector("[data-structure]")
  if (!box?.querySelector("a[data-slider][href^='/company/structure/']")) return // nothing here may be changed
  let dragged = null
  const rows = [...box.querySelectorAll("[data-department]")]
  for (const row of rows) row.draggable = true
  const over = (e) => e.target.closest?.("[data-department]")
  const mark = (row) => { for (const r of rows) r.toggleAttribute("data-over", r === row) }

  box.addEventListener("dragstart", (e) => {
    dragged = over(e)
    e.dataTransfer.effectAllowed = "move"
    e.dataTransfer.setData("text/plain", dragged?.dataset.name ?? "")
  }, { signal })
  box.addEventListener("dragover", (e) => {
    const row = over(e)
    if (!dragged || !row || row === dragged) return mark(null)
    e.preventDefault()
    mark(row)
  }, { signal })
  box.addEventListener("dragend", () => { dragged = null; mark(null) }, { signal })
  box.addEventListener("drop", async (e) => {
    const row = over(e)
    if (!dragged || !row || row === dragged) return
    e.preventDefault()
    const moved = dragged
    mark(null)
    try {
      const answer = await post(`/company/structure/${moved.dataset.department}/move`, { parent: row.dataset.department })
      toast(answer.toast)
      refresh()
    } catch (err) {
      toast(err.message, { tone: "danger" })
    }
  }, { signal })
}
