// The page of a folder: what is chosen or dropped is sent at once, each file with its progress and a button to cancel it; what is in the
// list is moved into a folder by dragging it there.
import { post } from "web/fetch.js"
import { refresh } from "web/refresh.js"
import { toast } from "ui/toast/toast.js"
import { upload } from "./upload.js"

const atOnce = 3 // files that are sent side by side

export default function (root, { signal }) {
  const form = root.querySelector("[data-upload]")
  if (form) uploads(root, form, signal)
  moves(root, signal)
}

function uploads(root, form, signal) {
  const input = form.querySelector("input[type=file]")
  const zone = root.querySelector("[data-drop]")
  const box = root.querySelector("[data-uploads]")
  const line = root.querySelector("[data-upload-line]")
  const waiting = []
  const failed = []
  let running = 0
  let added = 0

  input.addEventListener("change", () => {
    take(input.files)
    input.value = ""
  }, { signal })
  for (const type of ["dragenter", "dragover"]) {
    zone.addEventListener(type, (e) => {
      if (!e.dataTransfer?.types.includes("Files")) return
      e.preventDefault()
      zone.classList.add("is-over")
    }, { signal })
  }
  zone.addEventListener("dragleave", (e) => zone.contains(e.relatedTarget) || zone.classList.remove("is-over"), { signal })
  zone.addEventListener("drop", (e) => {
    zone.classList.remove("is-over")
    if (!e.dataTransfer?.files.length) return
    e.preventDefault()
    take(e.dataTransfer.files)
  }, { signal })
  addEventListener("beforeunload", (e) => running && e.preventDefault(), { signal })

  function take(files) {
    for (const file of files) {
      const el = line.content.firstElementChild.cloneNode(true)
      el.querySelector(".upload-name").textContent = file.name
      const job = { file, el, stop: new AbortController() }
      el.querySelector("button").addEventListener("click", () => cancel(job))
      state(job, "Waiting")
      box.append(el)
      waiting.push(job)
    }
    box.hidden = !box.children.length
    next()
  }

  function next() {
    while (running < atOnce && waiting.length) send(waiting.shift())
    if (running) return
    if (failed.length) toast(failed.length === 1 ? failed[0] : `${failed.length} files were not added. ${failed[0]}`, { tone: "danger" })
    else if (added) toast(added === 1 ? "The file was added" : `${added} files were added`)
    if (added) refresh() // else what failed stays to be read
    added = 0
    failed.length = 0
  }

  async function send(job) {
    running++
    try {
      await upload(job.file, {
        folder: form.dataset.upload, signal: AbortSignal.any([signal, job.stop.signal]),
        progress: (sent, all) => progress(job, sent, all),
        waiting: (away) => state(job, away ? "Waiting for the connection" : ""),
      })
      added++
      remove(job)
    } catch (err) {
      if (err.name === "AbortError") remove(job)
      else fail(job, err.message)
    }
    running--
    if (!signal.aborted) next()
  }

  function progress(job, sent, all) {
    job.el.querySelector("progress").value = all ? sent / all : 1
    state(job, `${all ? Math.floor((100 * sent) / all) : 100} %`)
  }

  function fail(job, text) {
    job.el.classList.add("is-failed")
    state(job, text)
    job.failed = true
    failed.push(`${job.file.name}: ${text}`)
  }

  function cancel(job) {
    const at = waiting.indexOf(job)
    if (at >= 0) waiting.splice(at, 1)
    job.stop.abort()
    if (at >= 0 || job.failed) remove(job)
  }

  function remove(job) {
    job.el.remove()
    box.hidden = !box.children.length
  }
}

function state(job, text) {
  job.el.querySelector(".upload-state").textContent = text
}

function moves(root, signal) {
  let moved = null
  const rowOf = (e) => e.target.closest?.("tr")
  root.addEventListener("dragstart", (e) => {
    const row = rowOf(e)
    if (!row?.dataset.node) return
    moved = row
    e.dataTransfer.effectAllowed = "move"
    e.dataTransfer.setData("text/plain", row.querySelector(".drive-name").textContent.trim())
  }, { signal })
  const into = (e) => {
    const row = rowOf(e)
    return moved && row?.dataset.into && row !== moved ? row : null
  }
  root.addEventListener("dragover", (e) => {
    const row = into(e)
    for (const el of root.querySelectorAll(".is-target")) if (el !== row) el.classList.remove("is-target")
    if (!row) return
    e.preventDefault()
    row.classList.add("is-target")
  }, { signal })
  root.addEventListener("dragend", () => {
    moved = null
    for (const el of root.querySelectorAll(".is-target")) el.classList.remove("is-target")
  }, { signal })
  root.addEventListener("drop", async (e) => {
    const row = into(e)
    if (!row) return
    e.preventDefault()
    try {
      await post(`/disk/${moved.dataset.node}/move`, { to: row.dataset.into })
      refresh()
    } catch (err) {
      toast(err.message, { tone: "danger" })
    }
  }, { signal })
}
