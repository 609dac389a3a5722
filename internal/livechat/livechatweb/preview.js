// The preview beside the settings of a live chat follows what is typed.

export default function (root, { signal }) {
  const form = root.querySelector("[data-livechat]"), box = root.querySelector("[data-preview]")
  if (!form || !box) return
  form.addEventListener("input", () => {
    const f = form.elements
    for (const e of box.querySelectorAll("[data-show]")) {
      if (f[e.dataset.show]) e.textContent = f[e.dataset.show].value
    }
    if (f.title) box.querySelector("[data-face]").textContent = [...f.title.value.trim()].slice(0, 1).join("").toUpperCase()
    if (f.position) box.dataset.position = f.position.value
    if (f.theme) box.dataset.theme = f.theme.value
    if (!f.color) return
    box.style.setProperty("--lc-color", f.color.value)
    box.style.setProperty("--lc-ink", ink(f.color.value))
  }, { signal })
}

// ink is the colour that can be read on another, as the portal chooses it.
export function ink(color) {
  const [r, g, b] = [1, 3, 5].map((i) => (parseInt(color.slice(i, i + 2), 16) / 255) ** 2)
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? "#ffffff" : "#000000"
}
