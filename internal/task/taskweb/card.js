// Shows what others did with the task while its card is open, moves items of checklists by dragging, and counts the time of a
// clock that runs. While somebody is busy with the card, it waits.
import { post } from "web/fetch.js"
import { missed, refresh } from "web/refresh.js"
import { toast } from "ui/toast/toast.js"
import { close, current, reload } from "ui/slider/slider.js"

export default function (root, { signal }) {
  const card = root.querySelector("[data-task]")
  if (!card) return
  const inSlider = Boolean(card.closest(".slider"))
  const shown = () => (inSlider ? current() : document.getElementById("page"))?.querySelector(`[data-task="${card.dataset.task}"]`)

  // again loads the card anew, once nobody is busy with it: when it is asked for, and still when the answer is here.
  async function again() {
    clearTimeout(timer)
    let restore
    const late = () => {
      const now = shown()
      if (now && !busy(now)) restore = kept(now, shown)
      return !restore
    }
    if (!shown()) return
    if (!busy(shown())) await (inSlider ? reload("", late) : refresh(late))
    if (restore) restore()
    else if (shown() && busy(shown())) timer = setTimeout(again, 1000)
  }
  let timer

  if (missed(changes, signal)) again()
  document.addEventListener("live:task:changed", ({ detail: { id, deleted, counters } }) => {
    if (String(id) !== card.dataset.task || counters) return
    if (deleted && inSlider && current()?.contains(card)) close()
    else if (!deleted) again()
  }, { signal })
  document.addEventListener("live:resync", again, { signal })

  // What belongs to the card is done without leaving it: the card is shown anew, in its place.
  card.addEventListener("form:done", (e) => {
    const form = e.target
    if (!/\/(check\/|time\/|files\/|subtask$|favorite$|timer$|deadline$|comment|result|remind$|watch$|mute$|defer$|pause$|start$|resume$|return$|complete$|delegate$)/.test(form.getAttribute("action"))) return
    e.preventDefault()
    if (e.detail?.toast) toast(e.detail.toast)
    form.closest("details.check-new, details.task-deadline")?.removeAttribute("open")
    form.closest("[popover]")?.hidePopover()
    form.closest("dialog")?.close()
    for (const input of form.querySelectorAll("input:not([type=hidden]), .task-write textarea")) input.value = ""
    form.querySelector("[data-sending]")?.replaceChildren()
    document.dispatchEvent(new CustomEvent("slider:saved", { cancelable: true, detail: e.detail }))
    form.querySelector("[aria-busy]")?.removeAttribute("aria-busy")
    again()
  }, { signal })

  drag(card, again, signal)
  clock(card.querySelector("[data-since]"), signal)
  files(card, signal)
  attached(card, again, signal)
}

const changes = ["live:task:changed", "live:resync"]
const typing = (card) => [...card.querySelectorAll("input:not([type=hidden]), textarea")].some((i) => i === document.activeElement && i.value) || card.querySelector(".task-write textarea")?.value
const busy = (card) => typing(card) || card.querySelector(".task-sent, details.task-deadline[open], details.check-new[open], dialog[open], [popover]:popover-open, [aria-busy=true], .dragged")

// kept notes what is unfolded in a card, where the cursor is, and the place; it returns a function that brings them back in the card that
// is shown then.
function kept(card, shown) {
  const scroller = (el) => el?.closest(".slider-body") ?? document.getElementById("page")
  const open = card.querySelector("details.task-history[open]") !== null
  const top = scroller(card).scrollTop
  const adds = (f) => `${f.getAttribute("action")} ${f.elements.parent?.value}`
  const add = document.activeElement?.closest?.("form.check-add, form.task-write")
  return () => {
    const now = shown()
    if (open) now?.querySelector("details.task-history")?.setAttribute("open", "")
    scroller(now).scrollTop = top
    if (!add) return
    const same = [...(now?.querySelectorAll("form.check-add, form.task-write") ?? [])].find((f) => adds(f) === adds(add))
    const input = same?.elements.title ?? same?.elements.text
    input?.focus({ preventScroll: true })
  }
}

// sending shows a file on its way: its name, how far it is, and a button that stops it.
function sending(file, list) {
  const stop = new AbortController()
  const line = Object.assign(document.createElement("div"), { className: "row task-sent" })
  const name = Object.assign(document.createElement("span"), { className: "grow truncate", textContent: file.name })
  const note = Object.assign(document.createElement("span"), { className: "muted small nums", textContent: "0 %" })
  const gone = Object.assign(document.createElement("button"), { type: "button", className: "link small", textContent: "Remove" })
  gone.addEventListener("click", () => { stop.abort(); line.remove() })
  line.append(name, note, gone)
  list.append(line)
  return {
    line, note, signal: stop.signal, progress: (n, all) => { note.textContent = all ? Math.floor((100 * n) / all) + " %" : "" },
    failed(err) {
      if (err.name === "AbortError") return
      note.textContent = err.message
      note.classList.add("task-late")
    },
  }
}

const carries = (e) => e.dataTransfer?.types.includes("Files")

// attached takes what is chosen for, or dropped onto, the files of the task itself.
function attached(card, again, signal) {
  const part = card.querySelector("[data-attached]")
  if (!part) return
  const form = part.querySelector("form.task-attach")
  const list = part.querySelector("[data-attaching]")
  part.querySelector("[data-drop-hint]").hidden = false
  form.elements.file.addEventListener("change", (e) => { take([...e.target.files]); e.target.value = "" }, { signal })
  part.addEventListener("dragover", (e) => {
    if (!carries(e)) return
    e.preventDefault()
    e.stopPropagation() // else the whole card offers itself
    card.classList.remove("task-dropping")
    part.classList.add("task-dropping")
  }, { signal })
  part.addEventListener("dragleave", (e) => { if (!part.contains(e.relatedTarget)) part.classList.remove("task-dropping") }, { signal })
  part.addEventListener("drop", (e) => {
    part.classList.remove("task-dropping")
    if (!carries(e)) return
    e.preventDefault()
    e.stopPropagation()
    take([...e.dataTransfer.files])
  }, { signal })

  let folder
  async function take(some) {
    folder ??= post(part.dataset.attached + "folder").catch((err) => { folder = undefined; throw err })
    const { upload } = await import("file/upload.js")
    const came = await Promise.all(some.map((file) => send(file, upload)))
    if (came.some(Boolean)) again()
  }

  async function send(file, upload) {
    const s = sending(file, list)
    try {
      const done = await upload(file, { folder: (await folder).folder, signal: s.signal, progress: s.progress })
      await post(part.dataset.attached + "attach", { file: done.id })
      s.line.remove()
      return true
    } catch (err) {
      s.failed(err)
      return false
    }
  }
}

// files takes what is chosen, pasted or dropped on the card into the next comment. Each is uploaded at once, and shown with its
// progress until the comment is sent.
function files(card, signal) {
  const box = card.querySelector("[data-comments]")
  const form = box?.querySelector("form.task-write")
  const attach = box?.querySelector("[data-attach]")
  const list = box?.querySelector("[data-sending]")
  if (!attach) return
  attach.hidden = false
  const chosen = attach.querySelector("input")
  chosen.addEventListener("change", () => { take([...chosen.files]); chosen.value = "" }, { signal })
  form.addEventListener("paste", (e) => {
    if (!e.clipboardData.files.length) return
    e.preventDefault()
    take([...e.clipboardData.files])
  }, { signal })
  card.addEventListener("dragover", (e) => { if (carries(e)) { e.preventDefault(); card.classList.add("task-dropping") } }, { signal })
  card.addEventListener("dragleave", (e) => { if (!card.contains(e.relatedTarget)) card.classList.remove("task-dropping") }, { signal })
  card.addEventListener("drop", (e) => {
    card.classList.remove("task-dropping")
    if (!carries(e)) return
    e.preventDefault()
    take([...e.dataTransfer.files])
  }, { signal })

  let dialog
  async function take(some) {
    form.scrollIntoView({ block: "nearest" })
    dialog ??= post(box.dataset.upload, { dialog: "1" })
    const { upload } = await import("file/upload.js")
    for (const file of some) send(file, upload)
  }

  async function send(file, upload) {
    const s = sending(file, list)
    try {
      const done = await upload(file, { dialog: (await dialog).dialog, signal: s.signal, progress: s.progress })
      s.note.textContent = "ready"
      s.line.append(Object.assign(document.createElement("input"), { type: "hidden", name: "file", value: done.id }))
    } catch (err) {
      s.failed(err)
    }
  }
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
