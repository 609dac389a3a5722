// Shows what others did with the task while its card is open, moves items of checklists by dragging, and counts the time of a
// clock that runs. While somebody types in the card, it waits.
import { post } from "web/fetch.js"
import { refresh } from "web/mount.js"
import { toast } from "ui/toast/toast.js"
import { close, current, reload } from "ui/slider/slider.js"

export default function (root, { signal }) {
  const card = root.querySelector("[data-task]")
  if (!card) return
  const inSlider = Boolean(card.closest(".slider"))
  const typing = () => [...card.querySelectorAll("input:not([type=hidden]), textarea")].some((i) => i === document.activeElement && i.value)
  const busy = () => typing() || card.querySelector("details.task-deadline[open], details.check-new[open], dialog[open], [popover]:popover-open, [aria-busy=true], .dragged")

  // again loads the card anew and keeps what is unfolded, where the cursor is, and the place.
  async function again() {
    if (signal.aborted || busy()) return
    const open = card.querySelector("details.task-history[open]") !== null
    const scroller = card.closest(".slider-body") ?? document.getElementById("page")
    const top = scroller?.scrollTop
    const add = document.activeElement?.closest?.("form.check-add")
    const parent = add?.elements.parent?.value
    const action = add?.getAttribute("action")
    if (!inSlider) await refresh()
    else if (current()?.contains(card)) await reload()
    else return
    const fresh = document.querySelector(`[data-task="${card.dataset.task}"]`)
    if (open) fresh?.querySelector("details.task-history")?.setAttribute("open", "")
    const now = fresh?.closest(".slider-body") ?? document.getElementById("page")
    if (now) now.scrollTop = top
    if (!add) return
    const same = [...(fresh?.querySelectorAll("form.check-add") ?? [])].find((f) => f.getAttribute("action") === action && f.elements.parent?.value === parent)
    same?.elements.title.focus()
  }

  document.addEventListener("live:task:changed", ({ detail: { id, deleted } }) => {
    if (String(id) !== card.dataset.task) return
    if (deleted && inSlider && current()?.contains(card)) close()
    else if (!deleted) again()
  }, { signal })
  document.addEventListener("live:resync", again, { signal })

  // What belongs to the card is done without leaving it: the card is shown anew, in its place.
  card.addEventListener("form:done", (e) => {
    const form = e.target
    if (!/\/(check\/|time\/|subtask$|favorite$|timer$|deadline$)/.test(form.getAttribute("action"))) return
    e.preventDefault()
    if (e.detail?.toast) toast(e.detail.toast)
    form.closest("details.check-new, details.task-deadline")?.removeAttribute("open")
    form.closest("[popover]")?.hidePopover()
    for (const input of form.querySelectorAll("input:not([type=hidden])")) input.value = ""
    document.dispatchEvent(new CustomEvent("slider:saved", { cancelable: true, detail: e.detail }))
    form.querySelector("[aria-busy]")?.removeAttribute("aria-busy")
    again()
  }, { signal })

  drag(card, again, signal)
  clock(card.querySelector("[data-since]"), signal)
}

function drag(card, again, signal) {
  let moved = null
  const itemOf = (e) => e.target.closest?.("[data-item]")
  const mark = (item, below) => {
    for (const el of card.querySelectorAll(".drop-above, .drop-below")) el.classList.remove("drop-above", "drop-below")
    item?.classList.add(below ? "drop-below" : "drop-above")
  }
  const below = (e, item) => {
    const box = item.querySelector(".check-row").getBoundingClientRect()
    return e.clientY > box.top + box.height / 2
  }
  card.addEventListener("dragstart", (e) => {
    moved = itemOf(e)
    if (!moved) return
    e.dataTransfer.effectAllowed = "move"
    moved.classList.add("dragged")
  }, { signal })
  card.addEventListener("dragover", (e) => {
    const item = itemOf(e)
    if (!moved || !item || item === moved || moved.contains(item)) return mark(null)
    e.preventDefault()
    mark(item, below(e, item))
  }, { signal })
  card.addEventListener("dragend", () => { moved?.classList.remove("dragged"); moved = null; mark(null) }, { signal })
  card.addEventListener("drop", async (e) => {
    const item = itemOf(e)
    const what = moved
    mark(null)
    if (!what || !item || item === what || what.contains(item)) return
    e.preventDefault()
    const under = below(e, item)
    if (under) item.after(what)
    else item.before(what)
    what.classList.remove("dragged")
    try {
      await post(what.dataset.move, under ? { after: item.dataset.item } : { before: item.dataset.item })
    } catch (err) {
      toast(err.message, { tone: "danger" })
    }
    again()
  }, { signal })
}

function clock(el, signal) {
  if (!el) return
  const text = el.querySelector("span")
  const tick = () => {
    const s = Math.max(0, Math.floor(Date.now() / 1000 - Number(el.dataset.since)))
    const two = (n) => String(n).padStart(2, "0")
    text.textContent = `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
  }
  tick()
  const timer = setInterval(tick, 1000)
  signal.addEventListener("abort", () => clearInterval(timer))
}
