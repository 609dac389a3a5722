// <ui-secret>: a value with a Copy button. With data-secret it masks itself once copied and the page has moved on.
import { toast } from "ui/toast/toast.js"

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false // not a secure context, or refused
  }
}

class UISecret extends HTMLElement {
  #value = ""
  #stop

  connectedCallback() {
    this.#stop = new AbortController()
    const { signal } = this.#stop
    const input = this.querySelector("input")
    this.#value ||= input.value
    input.addEventListener("focus", () => input.select(), { signal })
    this.querySelector("[data-copy]").addEventListener("click", () => this.#copy(input), { signal })
  }

  disconnectedCallback() {
    this.#stop.abort()
  }

  async #copy(input) {
    if (!(await copy(this.#value))) {
      input.value = this.#value
      input.focus()
      return toast("Press Ctrl C to copy", { tone: "danger" })
    }
    toast("Copied")
    if (this.hasAttribute("data-secret")) input.value = "•".repeat(24)
    this.dispatchEvent(new CustomEvent("secret:copy", { bubbles: true }))
  }
}

customElements.define("ui-secret", UISecret)

// A button with data-copy-text copies that text, wherever it is.
document.addEventListener("click", async (e) => {
  const b = e.target.closest?.("[data-copy-text]")
  if (b && (await copy(b.dataset.copyText))) toast("Copied")
})
