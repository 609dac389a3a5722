// Forms with data-fetch are sent without leaving the page. A refusal is shown at its field, or as a toast; a redirect is
// followed, in the slider when the form is in one. The form fires form:done with the answer first; preventDefault() on
// it keeps the page as it is. From a slider, document then fires slider:saved: the page behind is loaded again unless
// preventDefault() says that it does so itself.
import { post } from "web/fetch.js"
import { keep, toast } from "ui/toast/toast.js"
import { load } from "web/lazy.js"
import { behind, close, current, reload } from "ui/slider/slider.js"

export function clear(form) {
  for (const el of form.querySelectorAll(".field-bad")) el.classList.remove("field-bad")
  for (const el of form.querySelectorAll(".field-error")) el.remove()
  for (const el of form.querySelectorAll("[aria-invalid]")) el.removeAttribute("aria-invalid")
}

// refuse shows text at the field of that name; false when the form has none.
export function refuse(form, name, text) {
  const box = name ? form.querySelector(`[data-field="${CSS.escape(name)}"]`) : null
  const note = box?.querySelector(".field-note")
  if (!note) return false
  const el = document.getElementById("field-error").content.firstElementChild.cloneNode(true)
  el.append(text)
  note.prepend(el)
  box.classList.add("field-bad")
  const input = box.querySelector("input:not([type=hidden]), textarea, select")
  input?.setAttribute("aria-invalid", "true")
  input?.focus()
  return true
}

function go(form, answer) {
  const to = answer?.redirect
  const leaves = to && !current()?.contains(form)
  if (answer?.toast) (leaves ? keep : toast)(answer.toast)
  if (!to) return
  const url = new URL(to, location.href)
  if (leaves) return location.assign(to)
  const saved = new CustomEvent("slider:saved", { cancelable: true, detail: answer })
  const stale = document.dispatchEvent(saved) // nobody keeps the page behind up to date by itself
  if (stale) load("web/refresh.js").then((m) => m.refresh())
  if (url.pathname === new URL(behind(), location.href).pathname) close()
  else reload(url.pathname + url.search)
}

async function submit(form, button) {
  const data = new FormData(form, button)
  clear(form)
  button?.setAttribute("aria-busy", "true")
  try {
    const answer = await post(button?.getAttribute("formaction") ?? form.getAttribute("action") ?? location.href, data)
    if (form.dispatchEvent(new CustomEvent("form:done", { bubbles: true, cancelable: true, detail: answer }))) go(form, answer)
  } catch (err) {
    if (!refuse(form, err.field, err.message)) toast(err.message, { tone: "danger" })
  } finally {
    button?.removeAttribute("aria-busy")
  }
}

export function start() {
  document.addEventListener("submit", (e) => {
    if (e.defaultPrevented || !e.target.matches("form[data-fetch]")) return
    e.preventDefault()
    submit(e.target, e.submitter)
  })
  document.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && e.target.form && !e.defaultPrevented) {
      e.preventDefault()
      e.target.form.requestSubmit()
    }
  })
}
