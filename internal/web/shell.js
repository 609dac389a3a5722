// Wires what every page has: theme, rail, dialogs, menus, search, sliders, forms, keys, toasts, times and the live stream.
import { mount, start as startPage } from "web/mount.js"
import { getJSON, post } from "web/fetch.js"
import { batch } from "web/lib/batch.js"
import { connect } from "web/live.js"
import { start as startSliders } from "ui/slider/slider.js"
import { start as startForms } from "ui/form/form.js"
import { start as startMenus } from "ui/menu/menu.js"
import { start as startPalette } from "ui/palette/palette.js"
import { start as startTabs } from "ui/tabs/tabs.js"
import { start as startTimes } from "ui/time/time.js"
import { start as startTooltips } from "ui/tooltip/tooltip.js"
import { on, start as startKeys } from "ui/shell/keys.js"
import { adopt } from "ui/toast/toast.js"
import "ui/list/list.js"
import "ui/secret/secret.js"

const root = document.documentElement

function themes() {
  document.addEventListener("submit", (e) => {
    if (!e.target.matches("[data-theme-choice]") || !e.submitter) return
    e.preventDefault()
    const theme = e.submitter.value
    root.dataset.theme = theme
    for (const b of document.querySelectorAll("[data-theme-choice] button")) b.setAttribute("aria-pressed", b.value === theme)
    post("/theme", { theme }).catch(() => {})
  })
}

function rail() {
  document.addEventListener("click", (e) => {
    if (!e.target.closest?.("[data-rail]")) return
    const thin = root.classList.toggle("rail-thin")
    localStorage.setItem("rail", thin ? "thin" : "wide")
  })
  document.addEventListener("live:counter", ({ detail: { id, count } }) => {
    for (const el of document.querySelectorAll("[data-counter]")) {
      if (el.dataset.counter !== id) continue
      el.textContent = count > 99 ? "99+" : count
      el.hidden = !count
    }
  })
  const known = new Set() // an item stands in the rail and in the phone's menu
  for (const { dataset: { counter, countUrl, countOn } } of document.querySelectorAll("[data-count-url]")) {
    if (known.has(counter)) continue
    known.add(counter)
    recount(counter, countUrl, countOn.split(" "))
  }
}

// recount asks for a counter again when something came that may have changed it, once for all that came in a moment.
function recount(id, url, events) {
  const ask = batch(async () => {
    if (document.querySelector(`[data-counts="${id}"]`)) return // the page counts by itself
    const detail = await getJSON(url).catch(() => null)
    if (detail) document.dispatchEvent(new CustomEvent("live:counter", { detail }))
  }, 400)
  for (const type of [...events, "resync"]) document.addEventListener("live:" + type, () => ask(0))
  document.addEventListener("recount", (e) => e.detail === id && ask(0))
}

function dialogs() {
  document.addEventListener("click", (e) => {
    const opener = e.target.closest?.("[data-open]")
    if (opener) {
      e.preventDefault()
      opener.closest("[popover]")?.hidePopover()
      document.getElementById(opener.dataset.open)?.showModal()
    } else if (e.target.matches?.("dialog")) {
      e.target.close() // the backdrop
    }
  })
  on("?", () => document.getElementById("keys")?.showModal())
}

adopt()
themes()
rail()
dialogs()
startKeys()
startSliders()
startForms()
startMenus()
startPalette()
startTabs()
startTimes()
startTooltips()

const everywhere = mount(document.body, document.body.dataset.everywhere) // what areas keep true on every page
Promise.all([startPage(), everywhere.ready]).then(() => dispatchEvent(new Event("ready"))) // early.tmpl waits for it
if ("live" in document.body.dataset) connect("/live")
