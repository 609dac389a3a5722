// Applies the filters as they are chosen, and shows what can be done with who is selected once somebody is.
import { on } from "ui/shell/keys.js"

export default function (root, { signal }) {
  const filter = root.querySelector("[data-manage-filter]")
  filter.classList.add("manage-live")
  filter.addEventListener("change", () => filter.requestSubmit(), { signal })
  on("/", () => filter.elements.q.focus(), { signal })
  const bulk = root.querySelector("[data-bulk]")
  bulk.hidden = !root.querySelector("[data-row] input:checked")
}
