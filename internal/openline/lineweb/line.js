// Puts the queue in order without a round trip: by dragging, by the arrows, and by adding. Hides settings that do nothing as long as the
// one above them is off, and warns of what was typed and not saved.
export default function (root, { signal }) {
  const form = root.querySelector("[data-line-form]")
  if (!form) return
  for (const box of form.querySelectorAll("[data-queue]")) queue(box, signal)
  dependents(form, signal)
  guard(form, signal)
}

function queue(box, signal) {
  const list = box.querySelector("[data-entries]")
  const select = box.querySelector("select[name=ADD]")
  box.classList.add("line-live")
  const entries = () => [...list.children]
  const tidy = () => {
    entries().forEach((li, i, all) => {
      li.draggable = true
      li.querySelector("[data-up]").disabled = i === 0
      li.querySelector("[data-down]").disabled = i === all.length - 1
    })
    box.querySelector("[data-none]").hidden = entries().length > 0
    const taken = new Set(entries().map((li) => li.dataset.value))
    for (const o of select.options) o.hidden = o.disabled = taken.has(o.value)
  }
  const changed = () => {
    tidy()
    list.dispatchEvent(new Event("change", { bubbles: true }))
  }
  const add = () => {
    const option = select.selectedOptions[0]
    if (!option?.value) return select.focus()
    list.append(made(box.querySelector("[data-entry]"), option))
    select.value = ""
    changed()
  }
  box.addEventListener("click", (e) => {
    const button = e.target.closest("button[name=op]")
    if (!button) return
    e.preventDefault()
    if (button.value === "add") return add()
    const li = button.closest("li")
    const next = button.matches("[data-remove]") ? (li.nextElementSibling ?? li.previousElementSibling)?.querySelector("[data-remove]") ?? select : button
    if (button.matches("[data-up]")) li.previousElementSibling?.before(li)
    else if (button.matches("[data-down]")) li.nextElementSibling?.after(li)
    else li.remove()
    changed()
    ;(next.disabled ? next.parentElement.querySelector("button:not(:disabled)") : next)?.focus()
  }, { signal })
  let moving
  list.addEventListener("dragstart", (e) => {
    moving = e.target.closest("li")
    moving?.classList.add("line-moving")
    e.dataTransfer.effectAllowed = "move"
  }, { signal })
  list.addEventListener("dragover", (e) => {
    const over = e.target.closest("li")
    if (!moving || !over) return
    e.preventDefault()
    const { top, height } = over.getBoundingClientRect()
    if (over !== moving) over[e.clientY < top + height / 2 ? "before" : "after"](moving)
  }, { signal })
  list.addEventListener("drop", (e) => e.preventDefault(), { signal })
  list.addEventListener("dragend", () => {
    moving?.classList.remove("line-moving")
    moving = undefined
    changed()
  }, { signal })
  tidy()
}

// made returns the entry of an option, from the template that the server wrote.
export function made(template, option) {
  const li = template.content.firstElementChild.cloneNode(true)
  const { value, textContent: name } = option
  li.dataset.value = li.querySelector("[name=QUEUE]").value = value
  li.querySelector("[data-name]").textContent = name
  li.querySelector("[data-note]").textContent = value.startsWith("department:") ? "Everybody in it and below" : ""
  const face = li.querySelector("[data-face] .avatar-initials, [data-face] .avatar")
  if (face) face.textContent = name.split(/\s+/).map((w) => w[0] ?? "").slice(0, 2).join("").toUpperCase()
  for (const verb of ["up", "down", "remove"]) {
    const b = li.querySelector(`[data-${verb}]`)
    b.value = `${verb}:${value}`
    b.setAttribute("aria-label", `${{ up: "Move", down: "Move", remove: "Remove" }[verb]} ${name}${verb === "remove" ? "" : " " + verb}`)
  }
  return li
}

function dependents(form, signal) {
  const show = () => {
    for (const box of form.querySelectorAll("[data-if]")) {
      const flag = form.elements[box.dataset.if]
      const instead = form.elements[box.dataset.unless]
      box.hidden = (!flag.checked || (instead && instead.value !== "0")) && !box.querySelector(".field-bad")
    }
    const mode = form.elements.OPERATOR_DATA?.value
    for (const box of form.querySelectorAll("[data-shown]")) box.hidden = box.dataset.shown !== mode && !box.querySelector(".field-error")
  }
  form.addEventListener("change", show, { signal })
  show()
}

function guard(form, signal) {
  let dirty = form.querySelector(".field-bad") !== null
  const touch = () => { dirty = true }
  form.addEventListener("input", touch, { signal })
  form.addEventListener("change", touch, { signal })
  form.addEventListener("submit", () => { dirty = false }, { signal })
  window.addEventListener("beforeunload", (e) => { if (dirty) e.preventDefault() }, { signal })
}
