// Moves fields by dragging, and offers another line for a value as soon as the last one is used.
import { post } from "web/fetch.js"
import { toast } from "ui/toast/toast.js"
import { refresh } from "web/refresh.js"

export default function (root, { signal }) {
  for (const list of root.querySelectorAll("[data-fields]")) drag(list, signal)
  for (const box of root.querySelectorAll("[data-choices]")) grow(box, signal)
}

function drag(list, signal) {
  let moved = null
  const rowOf = (e) => e.target.closest?.("[data-id]")
  const mark = (row) => {
    for (const el of list.querySelectorAll(".drop-before")) if (el !== row) el.classList.remove("drop-before")
    row?.classList.add("drop-before")
  }
  for (const row of list.querySelectorAll("[data-id]")) row.draggable = true
  list.addEventListener("dragstart", (e) => {
    moved = rowOf(e)
    moved?.classList.add("dragged")
    e.dataTransfer.effectAllowed = "move"
  }, { signal })
  list.addEventListener("dragover", (e) => {
    const row = rowOf(e)
    if (!moved || !row) return
    e.preventDefault()
    mark(row === moved ? null : row)
  }, { signal })
  list.addEventListener("dragend", () => { moved?.classList.remove("dragged"); mark(null); moved = null }, { signal })
  list.addEventListener("drop", async (e) => {
    const row = rowOf(e)
    if (!moved || !row || row === moved) return
    e.preventDefault()
    const what = moved
    const before = what.nextSibling
    row.before(what)
    try {
      await post(what.dataset.move, { next: row.dataset.id })
      refresh()
    } catch (err) {
      list.insertBefore(what, before)
      toast(err.message, { tone: "danger" })
    }
  }, { signal })
}

function grow(box, signal) {
  box.addEventListener("input", (e) => {
    const last = box.lastElementChild
    if (!last.contains(e.target) || !e.target.name.endsWith(".value") || !e.target.value) return
    const n = box.children.length
    const next = last.cloneNode(true)
    for (const input of next.querySelectorAll("input")) {
      input.name = input.name.replace(/^choice\.\d+\./, `choice.${n}.`)
      if (input.type === "checkbox") input.checked = false
      else input.value = input.name.endsWith(".id") ? "0" : ""
    }
    box.append(next)
  }, { signal })
}
