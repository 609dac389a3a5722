// Keeps the queue true while it is open.
import { refresh } from "web/mount.js"
import "./bar.js"

export default function (root, { signal }) {
  let timer
  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      if (!signal.aborted && !document.body.hasAttribute("data-slider-open")) refresh()
    }, 400)
  }
  document.addEventListener("live:line:session", soon, { signal })
  document.addEventListener("live:resync", soon, { signal })
  document.addEventListener("live:state", (e) => e.detail === "open" && soon(), { signal }) // what came before the stream was there
  root.addEventListener("form:done", (e) => { e.preventDefault(); soon() }, { signal })
  const again = setInterval(soon, 30_000) // who comes and goes, and who takes a pause, is told to nobody
  signal.addEventListener("abort", () => { clearTimeout(timer); clearInterval(again) })
}
