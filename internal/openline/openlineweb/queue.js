// Keeps the queue true while it is open.
import { follow } from "web/refresh.js"
import "./bar.js"

export default function (root, { signal }) {
  const busy = () => document.body.hasAttribute("data-slider-open")
  const soon = follow(["live:line:session", "live:resync"], { signal, busy, wait: 400 })
  document.addEventListener("live:state", (e) => e.detail === "open" && soon(), { signal }) // what came before the stream was there
  root.addEventListener("form:done", (e) => { e.preventDefault(); soon() }, { signal })
  const again = setInterval(soon, 30_000) // who comes and goes, and who takes a pause, is told to nobody
  signal.addEventListener("abort", () => clearInterval(again))
}
