// What is true on every page: the counters in the bell, the title and the icon of the tab; a word and a tone when something
// comes; and that the portal knows whether somebody looks.
import { getJSON, post } from "web/fetch.js"
import { toast } from "ui/toast/toast.js"
import { strip, titled } from "notify/title.js"

const id = "notifications"
const shown = ["messenger", id] // whose counters the title sums up
const lookEvery = 60_000

function count(unread) {
  document.dispatchEvent(new CustomEvent("live:counter", { detail: { id, count: unread } }))
}

const short = (text) => (text.length > 90 ? text.slice(0, 89).trimEnd() + "…" : text)

// tone plays two short notes, where the browser lets a page sound.
function tone() {
  try {
    const audio = new AudioContext()
    for (const [at, pitch] of [[0, 880], [0.12, 1174]]) {
      const note = audio.createOscillator()
      const volume = audio.createGain()
      note.frequency.value = pitch
      volume.gain.setValueAtTime(0.06, audio.currentTime + at)
      volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + at + 0.11)
      note.connect(volume).connect(audio.destination)
      note.start(audio.currentTime + at)
      note.stop(audio.currentTime + at + 0.12)
    }
    setTimeout(() => audio.close(), 600)
  } catch { /* no sound here */ }
}

function marks(signal) {
  const title = document.querySelector("title")
  const icon = document.querySelector("link[rel=icon]")
  const plain = icon?.href
  const sum = () => {
    let n = 0
    for (const name of shown) n += parseInt(document.querySelector(`[data-counter="${name}"]:not([hidden])`)?.textContent ?? 0, 10) || 0
    return n
  }
  const show = () => { // the messenger's own page counts its messages in the title itself
    const n = sum()
    const text = titled(strip(title.textContent), n)
    if (!document.querySelector(".im") && title.textContent !== text) title.textContent = text
    if (icon) icon.href = n ? import.meta.resolve("notify/icon-new.svg") : plain
  }
  const observer = new MutationObserver(show) // sliders change the title
  observer.observe(title, { childList: true })
  signal.addEventListener("abort", () => observer.disconnect())
  document.addEventListener("live:counter", () => queueMicrotask(show), { signal })
  show()
}

function looking(signal) {
  let timer
  const say = (away) => post("/notifications/seen", away ? { away: "1" } : {}, { keepalive: true }).catch(() => {})
  const look = () => {
    clearInterval(timer)
    if (document.visibilityState !== "visible") return say(true)
    say(false)
    timer = setInterval(() => say(false), lookEvery)
  }
  document.addEventListener("visibilitychange", look, { signal })
  signal.addEventListener("abort", () => clearInterval(timer))
  if (document.visibilityState === "visible") look()
}

export default function (root, { signal }) {
  marks(signal)
  looking(signal)
  document.addEventListener("live:notify", ({ detail: n }) => {
    count(n.unread)
    if (!n.id || n.quiet) return
    if (document.visibilityState === "visible" && !document.querySelector("[data-notices]")) { // the list shows it itself
      toast(short([n.title, n.text].filter(Boolean).join(": ")), { action: "Open", run: () => location.assign(`/notifications/${n.id}/open`) })
    }
    if (n.sound) tone()
  }, { signal })
  document.addEventListener("live:resync", async () => {
    try {
      count((await getJSON("/notifications/count")).unread)
    } catch { /* the next hint says it */ }
  }, { signal })
}
