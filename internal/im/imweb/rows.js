// The rows of a conversation: what they say, where they belong, how many there may be.
import { joint } from "./lib/runs.js"

// most is how many rows are kept in the page: few enough to be laid out whole, so that none has a height that is guessed, and enough
// that a page of 50 more takes none away in sight: 32 px is the lowest row, 800 px ahead more is loaded.
const most = () => 50 + Math.ceil((innerHeight + 1200) / 32)

const facts = (li) => ({ author: li.dataset.author, at: Number(li.dataset.at), day: li.dataset.day, system: li.classList.contains("msg-system") })

export const idOf = (li) => Number(li?.dataset.id ?? 0)

// settle shows on li and on the row before it what their places ask for. CSS could find the end of a run by itself (:has), but
// would look through all rows again whenever one comes or goes.
function settle(li) {
  const prev = li.previousElementSibling
  const { first, day } = joint(prev && facts(prev), facts(li))
  prev?.classList.toggle("msg-joined", !first)
  li.classList.toggle("msg-first", first)
  li.classList.toggle("msg-day", day)
  if (!li.nextElementSibling) li.classList.remove("msg-joined")
}

// put brings rows into list by their id: new ones in order, changed ones in place. It returns those that are new.
export function put(list, rows) {
  const added = []
  for (const li of rows) {
    const old = document.getElementById(li.id)
    if (old) {
      if (old.dataset.v === li.dataset.v) continue
      if (old.classList.contains("msg-unread")) li.classList.add("msg-unread")
      if (old.classList.contains("msg-seen")) li.classList.add("msg-seen")
      const focused = old.contains(document.activeElement)
      old.replaceWith(li)
      if (focused) {
        li.tabIndex = -1
        li.focus({ preventScroll: true })
      }
    } else {
      li.classList.remove("msg-unread")
      let at = added.at(-1) // a page comes in order: each row mostly stands behind the one before it
      if (!at || idOf(at) > idOf(li) || idOf(at.nextElementSibling ?? li) < idOf(li)) at = list.lastElementChild
      while (at && idOf(at) > idOf(li)) at = at.previousElementSibling
      if (at) at.after(li)
      else list.prepend(li)
      added.push(li)
    }
    settle(li)
    if (li.nextElementSibling) settle(li.nextElementSibling)
  }
  return added
}

export function drop(li) {
  const beside = li.nextElementSibling ?? li.previousElementSibling
  li.remove()
  if (beside) settle(beside)
}

// trim removes rows from one end ("first" or "last") beyond what a page keeps; it reports whether it did.
export function trim(list, end) {
  const over = list.childElementCount - most()
  if (over <= 0) return false
  for (let i = 0; i < over; i++) (end === "first" ? list.firstElementChild : list.lastElementChild).remove()
  if (list.firstElementChild) settle(list.firstElementChild)
  return true
}
