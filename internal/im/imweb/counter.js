// Keeps the messenger's counter in the rail true on pages other than the messenger.
import { getJSON } from "web/fetch.js"
import { batch } from "./lib/batch.js"

const pause = 400

export default function () {
  const ask = batch(async () => {
    if (document.querySelector(".im[data-total]")) return // the messenger counts itself
    const detail = await getJSON("/online/counter").catch(() => null)
    if (detail) document.dispatchEvent(new CustomEvent("live:counter", { detail }))
  }, pause)
  for (const type of ["im:message", "im:read", "im:delete", "resync"]) document.addEventListener("live:" + type, () => ask(0))
}
