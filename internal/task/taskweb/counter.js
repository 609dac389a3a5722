// Keeps the counter of tasks in the rail true, wherever its owner is.
import { getJSON } from "web/fetch.js"

const pause = 400 // ms, for several changes at once

export default function () {
  let timer
  const ask = () => {
    clearTimeout(timer)
    timer = setTimeout(async () => {
      const detail = await getJSON("/tasks/counter").catch(() => null)
      if (detail) document.dispatchEvent(new CustomEvent("live:counter", { detail }))
    }, pause)
  }
  for (const type of ["live:task:changed", "live:resync"]) document.addEventListener(type, ask)
}
