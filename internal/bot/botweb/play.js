// Looks for answers of the bot after something was said, as long as somebody is there to see them.
import { fragment, getHTML } from "web/fetch.js"

const every = 1000, patience = 120 // looks without anything new

export default function (root, { signal }) {
  const box = root.querySelector("[data-talk]")
  const text = root.querySelector('.bot-say input[name="text"]')
  if (text && matchMedia("(pointer: fine)").matches) text.focus({ preventScroll: true })
  if (!box) return
  let last = "", left = patience
  const look = async () => {
    if (signal.aborted || left-- <= 0) return
    try {
      const html = document.hidden ? last : await getHTML(box.dataset.talk)
      if (html !== last && !signal.aborted) {
        box.replaceChildren(fragment(html)) // the first time too: the bot may have answered since the page was made
        last = html
        left = patience
      }
    } catch { /* the next look may find the portal again */ }
    setTimeout(look, every)
  }
  look()
}
