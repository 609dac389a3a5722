// The page of an application over the conversation, opened from above the field for messages. Loaded when first wanted.

// show opens the application of a button in the room of the conversation, as much of it as the application asked for.
export function show(button, main) {
  const box = main.querySelector("[data-panel-box]")
  const again = box.dataset.of === button.dataset.panel && !box.hidden
  close(box)
  if (again) return
  const frame = document.createElement("app-frame")
  frame.setAttribute("src", button.dataset.panel)
  frame.title = button.textContent.trim()
  box.dataset.of = button.dataset.panel
  box.querySelector("[data-panel-title]").textContent = frame.title
  box.style.width = share(button.dataset.width)
  box.style.height = share(button.dataset.height)
  box.append(frame)
  box.hidden = false
  button.setAttribute("aria-expanded", "true")
  const shut = () => {
    close(box)
    button.focus()
  }
  box.querySelector("[data-panel-close]").onclick = shut
  box.onkeydown = (e) => {
    if (e.key !== "Escape") return
    e.stopPropagation()
    shut()
  }
  box.querySelector("[data-panel-close]").focus({ focusVisible: false })
}

const share = (percent) => (Number(percent) ? `max(${Math.min(100, percent)}%, 280px)` : "100%")

function close(box) {
  box.hidden = true
  box.querySelector("app-frame")?.remove()
  for (const b of box.closest(".pane-main").querySelectorAll("[data-panel][aria-expanded]")) b.removeAttribute("aria-expanded")
}
