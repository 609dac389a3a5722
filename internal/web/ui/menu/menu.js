// Menus are popovers with data-menu, opened by a button with popovertarget. They stand beside that button inside the
// window; arrows move in them.

const gap = 4

function place(menu, opener) {
  const a = opener.getBoundingClientRect()
  const m = menu.getBoundingClientRect()
  const below = a.bottom + gap
  const y = below + m.height > innerHeight - 8 ? Math.max(8, a.top - gap - m.height) : below
  const wide = a.left + m.width <= innerWidth - 8
  const x = wide ? a.left : Math.max(8, a.right - m.width)
  Object.assign(menu.style, { left: Math.min(x, innerWidth - m.width - 8) + "px", top: y + "px" })
}

const items = (menu) => [...menu.querySelectorAll("a[href], button:not(:disabled)")].filter((el) => el.checkVisibility())

export function start() {
  // Opened here and placed at once: the toggle event comes later, and a click that follows fast would miss the menu.
  document.addEventListener("click", (e) => {
    const opener = e.target.closest?.("[popovertarget]")
    const menu = opener && document.getElementById(opener.getAttribute("popovertarget"))
    if (!menu?.matches("[data-menu]") || e.defaultPrevented) return
    e.preventDefault()
    menu.togglePopover()
    if (menu.matches(":popover-open")) place(menu, opener)
  })
  document.addEventListener("toggle", (e) => {
    if (!e.target.matches?.("[data-menu]")) return
    const opener = document.querySelector(`[popovertarget="${CSS.escape(e.target.id)}"]`)
    opener?.setAttribute("aria-expanded", e.newState === "open")
    if (e.newState === "open" && opener) {
      place(e.target, opener)
      items(e.target)[0]?.focus({ preventScroll: true, focusVisible: false })
    }
  }, true)
  document.addEventListener("keydown", (e) => {
    const menu = e.target.closest?.("[data-menu]")
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key]
    if (!menu || !step) return
    e.preventDefault()
    const all = items(menu)
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length]?.focus()
  })
}
