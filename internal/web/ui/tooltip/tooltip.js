// Tooltips for elements with data-tip, on hover and on keyboard focus.

const delay = 350

export function start() {
  if (!HTMLElement.prototype.showPopover) return
  const tip = document.createElement("div")
  tip.className = "tooltip"
  tip.popover = "manual"
  tip.setAttribute("role", "tooltip")
  document.body.append(tip)
  let timer
  const hide = () => {
    clearTimeout(timer)
    if (tip.matches(":popover-open")) tip.hidePopover()
  }
  const show = (el) => {
    if (!el.isConnected) return
    tip.textContent = el.dataset.tip
    tip.showPopover()
    const a = el.getBoundingClientRect(), t = tip.getBoundingClientRect()
    const y = a.bottom + 6 + t.height > innerHeight ? a.top - 6 - t.height : a.bottom + 6
    const x = a.left + a.width / 2 - t.width / 2
    Object.assign(tip.style, { left: Math.max(8, Math.min(x, innerWidth - t.width - 8)) + "px", top: y + "px" })
  }
  const arm = (e) => {
    const el = e.target.closest?.("[data-tip]")
    hide()
    if (el && (e.type === "focusin" ? el.matches(":focus-visible") : e.pointerType !== "touch")) timer = setTimeout(show, delay, el)
  }
  document.addEventListener("pointerover", arm)
  document.addEventListener("focusin", arm)
  for (const type of ["pointerdown", "keydown", "focusout", "scroll"]) document.addEventListener(type, hide, true)
}
