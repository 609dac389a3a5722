// The page of a folder: what is chosen or dropped is sent at once, with its progress.
import { Fault } from "web/fetch.js"
import { toast } from "ui/toast/toast.js"

export default function (root, { signal }) {
  const form = root.querySelector("[data-upload]")
  if (!form) return
  const input = form.querySelector("input[type=file]")
  const status = form.querySelector(".drive-progress")
  const zone = root.querySelector("[data-drop]")
  input.addEventListener("change", () => input.files.length && start(input.files), { signal })
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
    start(e.dataTransfer.files)
  }, { signal })

  function start(files) {
    const body = new FormData()
    for (const f of files) body.append("file", f)
    const xhr = new XMLHttpRequest()
    xhr.open("POST", form.action)
    xhr.setRequestHeader("Portico-Fetch", "1")
    xhr.responseType = "json"
    xhr.upload.onprogress = (e) => { status.textContent = e.lengthComputable ? `${Math.floor((100 * e.loaded) / e.total)} %` : "" }
    xhr.onload = () => {
      status.textContent = ""
      if (xhr.status === 200 && xhr.response?.redirect) return location.assign(xhr.response.redirect)
      toast(new Fault(xhr.status, xhr.response?.error).message, { tone: "danger" })
    }
    xhr.onerror = () => {
      status.textContent = ""
      toast(new Fault(0).message, { tone: "danger" })
    }
    signal.addEventListener("abort", () => xhr.abort())
    input.value = ""
    xhr.send(body)
  }
}
