// Brings the open tab into sight where there are more tabs than room, as on a phone.
export function start() {
  show(document)
  document.addEventListener("slider:open", (e) => show(e.target))
}

function show(root) {
  for (const tab of root.querySelectorAll(".tabs > [aria-current], .tabs > [aria-selected='true']")) {
    const row = tab.parentElement
    if (row.scrollWidth <= row.clientWidth) continue
    const box = row.getBoundingClientRect(), own = tab.getBoundingClientRect()
    row.scrollLeft += own.left - box.left - (box.width - own.width) / 2
  }
}
