// Keeps the times that clients wait true, second by second. Their boxes are as wide as the widest time, so that nothing moves.
const long = 2 * 60_000
const late = 10 * 60_000
const words = { calm: "waits", long: "waits long", late: "waits too long" }

// text says how long something took: 0:05, 12:40, 1 h 05, 3 days.
export function text(ms) {
  const s = Math.max(0, Math.floor(ms / 1000))
  const two = (n) => String(n).padStart(2, "0")
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`
  if (s < 86400) return `${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)}`
  const days = Math.floor(s / 86400)
  return days === 1 ? "1 day" : days + " days"
}

// tone says what a wait of so long is called.
export const tone = (ms) => (ms >= late ? "late" : ms >= long ? "long" : "calm")

export function tick(root = document) {
  for (const el of root.querySelectorAll(".ch-wait[data-since]")) {
    el.dataset.skew ??= Number(el.dataset.now) - Date.now() // the clock of this machine may go wrong
    const ms = Date.now() + Number(el.dataset.skew) - Number(el.dataset.since)
    const time = el.querySelector(".ch-wait-time")
    const said = text(ms)
    if (time.textContent !== said) time.textContent = said
    const t = tone(ms)
    if (el.classList.contains("ch-wait-" + t)) continue
    el.classList.remove("ch-wait-calm", "ch-wait-long", "ch-wait-late")
    el.classList.add("ch-wait-" + t)
    el.querySelector(".ch-wait-word").textContent = words[t]
    const line = el.closest(".ch-line")
    line?.classList.remove("ch-calm", "ch-long", "ch-late")
    line?.classList.add("ch-" + t)
  }
}

export function start() {
  setInterval(() => document.visibilityState === "visible" && tick(), 1000)
}
