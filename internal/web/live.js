// The live stream: one connection per browser. A tab holds it under a lock and tells the others; when that tab closes,
// another takes over. Events come out on document as "live:<type>" with the decoded data as detail, and "live:resync"
// says that some may have been missed: ask for all since what the page has. "live:state" says "open" or "lost".
import { parser } from "web/lib/sse.js"

const silence = 60_000 // more than two heartbeats
const channel = "BroadcastChannel" in window ? new BroadcastChannel("portico-live") : null

function emit(type, detail) {
  document.dispatchEvent(new CustomEvent("live:" + type, { detail }))
}

function tell(type, detail) {
  emit(type, detail)
  channel?.postMessage({ type, detail })
}

// read copies one connection into events until it ends. It returns false when there is nothing to come back for.
async function read(url, opened) {
  const stop = new AbortController()
  let timer
  const alive = () => {
    clearTimeout(timer)
    timer = setTimeout(() => stop.abort(), silence)
  }
  try {
    alive()
    const res = await fetch(url, { headers: { Accept: "text/event-stream" }, signal: stop.signal })
    if (res.status === 401 || res.status === 403 || res.status === 404) return false
    if (!res.ok) return true
    opened()
    const push = parser((type, data) => {
      try {
        tell(type, JSON.parse(data))
      } catch (err) {
        console.error("live", type, err)
      }
    })
    const reader = res.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return true
      alive()
      push(value)
    }
  } catch {
    return true
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

async function hold(url) {
  let tries = 0
  let first = true
  for (;;) {
    const more = await read(url, () => {
      tries = 0
      tell("state", "open")
      if (!first) tell("resync")
      first = false
    })
    if (!more) return
    first = false
    tell("state", "lost")
    const wait = Math.min(30_000, 500 * 2 ** tries++) * (0.75 + Math.random() / 2)
    await new Promise((done) => {
      const timer = setTimeout(done, wait)
      addEventListener("online", () => (clearTimeout(timer), done()), { once: true })
    })
  }
}

// A page that slept missed what the stream said meanwhile; the clock shows it.
function watchSleep() {
  let last = Date.now()
  setInterval(() => {
    const now = Date.now()
    if (now - last > silence) emit("resync")
    last = now
  }, 15_000)
  addEventListener("pageshow", (e) => e.persisted && emit("resync"))
}

export function connect(url) {
  watchSleep()
  if (!channel || !navigator.locks) return hold(url)
  channel.onmessage = ({ data }) => emit(data.type, data.detail)
  let waited = false
  navigator.locks.query().then((q) => { waited = q.held.some((l) => l.name === "portico-live") })
  return navigator.locks.request("portico-live", () => {
    if (waited) emit("resync") // the tab that held the stream has gone
    return hold(url)
  })
}
