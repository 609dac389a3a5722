// Shows what others did with the task while its card is open. While somebody types in it, the card waits.
import { refresh } from "web/mount.js"
import { close, current, reload } from "ui/slider/slider.js"

export default function (root, { signal }) {
  const card = root.querySelector("[data-task]")
  const inSlider = Boolean(card?.closest(".slider"))
  const busy = () => card.querySelector("details[open], dialog[open], [aria-busy=true]")

  function again() {
    if (signal.aborted || busy()) return
    if (!inSlider) refresh()
    else if (current()?.contains(card)) reload()
  }

  document.addEventListener("live:task:changed", ({ detail: { id, deleted } }) => {
    if (String(id) !== card?.dataset.task) return
    if (deleted && inSlider && current()?.contains(card)) close()
    else if (!deleted) again()
  }, { signal })
  document.addEventListener("live:resync", again, { signal })
}
