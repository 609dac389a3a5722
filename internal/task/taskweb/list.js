// Keeps the list true while it is open. What is selected stays selected: then the list waits.
import { refresh } from "web/mount.js"
import { behind } from "ui/slider/slider.js"

export default function (root, { signal }) {
  let timer
  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      if (!signal.aborted && !root.querySelector("tbody input:checked, [popover]:popover-open")) refresh(behind())
    }, 300)
  }
  document.addEventListener("live:task:changed", soon, { signal })
  document.addEventListener("live:resync", soon, { signal })
  document.addEventListener("slider:saved", (e) => (e.preventDefault(), soon()), { signal })
  signal.addEventListener("abort", () => clearTimeout(timer))
}
