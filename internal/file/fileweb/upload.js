// Uploads a file to a chat or a folder in parts. Each part is kept by the portal as it arrives, so that what breaks off goes on from there.
import { Fault, post, request } from "web/fetch.js"

const tries = 8 // of one part, before the upload is given up

// upload sends a File or Blob and returns what the portal says of it: { id, name, size, kind, preview, width, height, … }.
//
//   dialog      the chat: "chat12", or the number of a person
//   folder      or the number of the folder
//   name        of the file, where the blob has none
//   sound       { voice, duration (ms), wave } of a recording
//   progress    called with the bytes that have arrived and those of the whole file
//   waiting     called with true while the connection is away, with false when it is back
//   signal      an AbortSignal that cancels
//
// It throws a Fault with the words of the portal, or an AbortError.
export async function upload(file, { dialog, folder, name = file.name, sound = {}, progress = () => {}, waiting = () => {}, signal } = {}) {
  const form = { name, size: file.size }
  if (folder) form.folder = folder
  else form.dialog = dialog
  if (sound.voice) form.voice = "1"
  if (sound.duration) form.duration = Math.round(sound.duration)
  if (sound.wave) form.wave = sound.wave
  const { id, part } = await patiently(() => post("/upload/begin", form, { signal }), { waiting, signal })
  try {
    let at = 0
    progress(0, file.size)
    while (at < file.size) {
      at = await patiently(() => send(id, file.slice(at, at + part), at, { signal, progress: (n) => progress(at + n, file.size) }), { waiting, signal })
      progress(at, file.size)
    }
    return await patiently(() => post(`/upload/${id}/finish`, {}, { signal }), { waiting, signal })
  } catch (err) {
    if (err.name === "AbortError") request(`/upload/${id}`, { method: "DELETE" }).catch(() => {})
    throw err
  }
}

// patiently does something again while the connection, or the portal, is away.
async function patiently(act, { waiting, signal }) {
  for (let n = 0; ; n++) {
    try {
      const done = await act()
      if (n > 0) waiting(false)
      return done
    } catch (err) {
      const away = err instanceof Fault && (err.status === 0 || err.status === 502 || err.status === 503 || err.status === 504)
      if (!away || n >= tries) throw err
      waiting(true)
      await pause(Math.min(30000, 500 * 2 ** n) * (0.8 + 0.4 * Math.random()), signal)
    }
  }
}

// pause waits, less long when the browser says that the connection is back.
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const end = (f) => () => {
      clearTimeout(timer)
      removeEventListener("online", back)
      signal?.removeEventListener("abort", stop)
      f()
    }
    const back = end(resolve)
    const stop = end(() => reject(signal.reason ?? new DOMException("Cancelled", "AbortError")))
    const timer = setTimeout(back, ms)
    addEventListener("online", back)
    signal?.addEventListener("abort", stop)
  })
}

// send sends the part that begins at start and returns where to go on. fetch does not tell how far a body is, XMLHttpRequest does.
function send(id, part, start, { progress, signal }) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    const stop = () => xhr.abort()
    const end = (f, v) => {
      signal?.removeEventListener("abort", stop)
      f(v)
    }
    xhr.open("PUT", `/upload/${id}?start=${start}`)
    xhr.setRequestHeader("Portico-Fetch", "1")
    xhr.setRequestHeader("Content-Type", "application/octet-stream")
    xhr.responseType = "json"
    xhr.upload.onprogress = (e) => progress(e.loaded)
    xhr.onload = () => {
      const body = xhr.response ?? {}
      if ((xhr.status === 200 || xhr.status === 409) && Number.isInteger(body.received)) return end(resolve, body.received)
      end(reject, new Fault(xhr.status, body.error))
    }
    xhr.onerror = xhr.ontimeout = () => end(reject, new Fault(0))
    xhr.onabort = () => end(reject, new DOMException("Cancelled", "AbortError"))
    if (signal?.aborted) return end(reject, new DOMException("Cancelled", "AbortError"))
    signal?.addEventListener("abort", stop)
    xhr.send(part)
  })
}
