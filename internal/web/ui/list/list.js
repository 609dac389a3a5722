// <ui-list>: J, K and arrows move through rows ([data-row]), Enter opens a row's first link, X selects its checkbox.
// Fires list:select with the number of selected rows; an element [data-bulk] is shown while there are some.
import { on } from "ui/shell/keys.js"

class UIList extends HTMLElement {
  #stop

  connectedCallback() {
    this.#stop = new AbortController()
    const { signal } = this.#stop
    const here = (run) => (e) => (this.checkVisibility() && !this.closest("[inert]") ? run(e) : false)
    on("j", here(() => this.#move(1)), { signal })
    on("k", here(() => this.#move(-1)), { signal })
    on("ArrowDown", here(() => this.#move(1)), { signal })
    on("ArrowUp", here(() => this.#move(-1)), { signal })
    on("Enter", here((e) => this.#open(e)), { signal })
    on("x", here(() => this.#row?.querySelector("input[type=checkbox]")?.click() ?? false), { signal })
    this.addEventListener("change", (e) => this.#selected(e), { signal })
    this.addEventListener("click", (e) => this.#click(e), { signal })
  }

  disconnectedCallback() {
    this.#stop.abort()
  }

  get rows() {
    return [...this.querySelectorAll("[data-row]")]
  }

  get #row() {
    return this.querySelector("[data-row][aria-current=true]")
  }

  #move(step) {
    const rows = this.rows
    if (!rows.length) return false
    const i = rows.indexOf(this.#row)
    const next = rows[Math.max(0, Math.min(rows.length - 1, i < 0 ? 0 : i + step))]
    this.#row?.removeAttribute("aria-current")
    next.setAttribute("aria-current", "true")
    next.scrollIntoView({ block: "nearest" })
  }

  #open(e) {
    if (e.target.closest("a, button")) return false
    const link = this.#row?.matches("a") ? this.#row : this.#row?.querySelector("a[href]")
    if (!link) return false
    link.click()
  }

  // A click on a row opens it, unless it met something of its own or selected text.
  #click(e) {
    if (e.target.closest("a, button, input, label, select, textarea") || String(getSelection())) return
    e.target.closest("[data-row]")?.querySelector("a[href]")?.click()
  }

  #selected(e) {
    if (e.target.matches("[data-select-all]")) {
      for (const box of this.querySelectorAll("[data-row] input[type=checkbox]")) box.checked = e.target.checked
    }
    const boxes = [...this.querySelectorAll("[data-row] input[type=checkbox]")]
    const n = boxes.filter((b) => b.checked).length
    for (const b of boxes) b.closest("[data-row]").setAttribute("aria-selected", b.checked)
    const all = this.querySelector("[data-select-all]")
    if (all) Object.assign(all, { checked: n > 0 && n === boxes.length, indeterminate: n > 0 && n < boxes.length })
    const bulk = this.querySelector("[data-bulk]")
    if (bulk) bulk.hidden = n === 0
    for (const el of this.querySelectorAll("[data-bulk-count]")) el.textContent = n
    this.dispatchEvent(new CustomEvent("list:select", { bubbles: true, detail: { count: n } }))
  }
}

customElements.define("ui-list", UIList)
