// The viewer of a file: arrows step through the pictures of a chat, a click shows a picture in its own size.

export default function (root, { signal }) {
  const stage = root.querySelector(".file-stage")
  const picture = root.querySelector(".file-picture")
  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.altKey || e.ctrlKey || e.metaKey || e.target.closest("input, textarea, select, video, audio, [contenteditable]")) return
    const step = { ArrowLeft: "before", ArrowRight: "after" }[e.key]
    const link = step && root.querySelector(`[data-step="${step}"]`)
    if (!link) return
    e.preventDefault()
    link.click()
  }, { signal })
  picture?.addEventListener("click", () => {
    const full = picture.classList.toggle("is-full")
    stage.classList.toggle("is-full", full)
    if (full && picture.dataset.original) picture.src = picture.dataset.original
  }, { signal })
}
