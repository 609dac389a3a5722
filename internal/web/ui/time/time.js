// Keeps time elements with data-relative true while the page is open.
import { short } from "ui/time/format.js"

export function refresh(root = document) {
  const now = new Date()
  const { zone = "UTC", clock12 } = document.documentElement.dataset
  for (const el of root.querySelectorAll("time[data-relative]")) {
    const text = short(new Date(el.dateTime), now, zone, clock12 !== undefined)
    if (el.textContent !== text) el.textContent = text
  }
}

export function start() {
  setInterval(() => document.hidden || refresh(), 30_000)
  document.addEventListener("visibilitychange", () => document.hidden || refresh())
}
