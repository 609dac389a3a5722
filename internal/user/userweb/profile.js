// Offers the time zones that the browser knows, and its own one; sends a photo as soon as it is chosen.
export default function (root, { signal }) {
  zones(root.querySelector("[data-zones]"), signal)
  const photo = root.querySelector("[data-photo]")
  photo?.classList.add("profile-live")
  photo?.addEventListener("change", () => photo.requestSubmit(), { signal })
}

function zones(box, signal) {
  const input = box?.querySelector("input")
  if (!input || !Intl.supportedValuesOf) return
  const list = document.createElement("datalist")
  list.id = "profile-zones"
  list.append(...Intl.supportedValuesOf("timeZone").map((value) => Object.assign(document.createElement("option"), { value })))
  input.after(list)
  input.setAttribute("list", list.id)
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone
  if (!own || own === input.value) return
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button button-quiet button-small", textContent: "Use " + own })
  button.addEventListener("click", () => { input.value = own; button.remove() }, { signal })
  box.querySelector(".field-note").append(button)
}
