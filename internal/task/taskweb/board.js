// The board: tiles are dragged to other lanes, or moved by keys. A tile moves at once and comes back where it is refused. Where the
// lanes have an order of their own, tiles go to a place in them.
import { post } from "web/fetch.js"
import { follow } from "web/refresh.js"
import { toast } from "ui/toast/toast.js"
import { on } from "ui/shell/keys.js"

export default function (root, { signal }) {
  const board = root.querySelector("[data-board]")
  if (!board) return
  const lanes = [...board.querySelectorAll("[data-lane]")]
  const ordered = "ordered" in board.dataset
  let dragged = null

  const here = (run) => (e) => (board.checkVisibility() && !board.closest("[inert]") ? run(e) : false)
  const rows = (lane) => [...lane.querySelectorAll("[data-tile]")]
  const laneOf = (el) => el?.closest?.("[data-lane]")
  const current = () => board.querySelector("[data-tile]:focus") ?? document.activeElement?.closest?.("[data-tile]")

  const busy = () => dragged || board.querySelector("[popover]:popover-open, .task-lane-add :focus, .task-lane-new :focus, [aria-busy=true]")
  const soon = follow(["live:task:changed", "live:resync"], { signal, busy })
  document.addEventListener("slider:saved", (e) => (e.preventDefault(), soon()), { signal })

  // Dragging. A tile that is dropped comes before the first one whose middle is below the pointer, or last.
  const spot = (lane, y) => rows(lane).find((tile) => tile !== dragged && y < tile.getBoundingClientRect().top + tile.offsetHeight / 2) ?? null
  const same = (lane, next) => lane === laneOf(dragged) && (!ordered || next === dragged.nextElementSibling)
  const mark = (lane, next) => {
    for (const l of lanes) l.toggleAttribute("data-over", l === lane)
    for (const tile of board.querySelectorAll(".drop-above, .drop-below")) tile.classList.remove("drop-above", "drop-below")
    if (!lane || !ordered) return
    if (next) next.classList.add("drop-above")
    else rows(lane).findLast((tile) => tile !== dragged)?.classList.add("drop-below")
  }
  board.addEventListener("dragstart", (e) => {
    dragged = e.target.closest?.("[data-tile]")
    if (!dragged) return
    e.dataTransfer.effectAllowed = "move"
    e.dataTransfer.setData("text/plain", dragged.querySelector("a").textContent)
  }, { signal })
  board.addEventListener("dragover", (e) => {
    const lane = laneOf(e.target)
    const next = lane && dragged && spot(lane, e.clientY)
    if (!dragged || !lane || "fixed" in lane.dataset || same(lane, next)) return mark(null)
    e.preventDefault()
    mark(lane, next)
  }, { signal })
  board.addEventListener("dragend", () => { dragged = null; mark(null) }, { signal })
  board.addEventListener("drop", (e) => {
    const lane = laneOf(e.target)
    const tile = dragged
    const next = lane && tile && spot(lane, e.clientY)
    const stays = !tile || !lane || same(lane, next)
    mark(null)
    dragged = null
    if (stays) return
    e.preventDefault()
    move(tile, lane, ordered ? next : undefined)
  }, { signal })

  // move puts a tile before another of a lane, last where that is null, or first where it is not given.
  async function move(tile, lane, next) {
    const from = laneOf(tile)
    const before = tile.nextElementSibling
    const into = lane.querySelector(".task-lane-rows")
    const body = { id: tile.dataset.tile, to: lane.dataset.lane }
    if (next === undefined) into.prepend(tile)
    else into.insertBefore(tile, next)
    if (next) body.before = next.dataset.tile
    else if (next === null && tile.previousElementSibling) body.after = tile.previousElementSibling.dataset.tile
    tile.focus()
    tile.ariaBusy = "true"
    try {
      const answer = await post(board.dataset.board, body)
      if (lane !== from) toast(answer.toast)
      soon()
    } catch (err) {
      from.querySelector(".task-lane-rows").insertBefore(tile, before)
      tile.focus()
      toast(err.message, { tone: "danger" })
    } finally {
      tile.ariaBusy = null
    }
  }

  // Keys.
  const focus = (tile) => { tile?.focus(); tile?.scrollIntoView({ block: "nearest", inline: "nearest" }) }
  const first = () => focus(board.querySelector("[data-tile]"))
  function along(step) {
    const tile = current()
    if (!tile) return first()
    const all = rows(laneOf(tile))
    focus(all[Math.max(0, Math.min(all.length - 1, all.indexOf(tile) + step))])
  }
  function across(step) {
    const tile = current()
    if (!tile) return first()
    const i = rows(laneOf(tile)).indexOf(tile)
    for (let at = lanes.indexOf(laneOf(tile)) + step; lanes[at]; at += step) {
      const all = rows(lanes[at])
      if (all.length) return focus(all[Math.min(i, all.length - 1)])
    }
  }
  function shift(step) {
    const tile = current()
    if (!tile || !ordered) return along(step)
    const all = rows(laneOf(tile))
    const other = all[all.indexOf(tile) + step]
    if (other) return move(tile, laneOf(tile), step < 0 ? other : other.nextElementSibling)
  }
  function carry(step) {
    const tile = current()
    if (!tile) return false
    for (let at = lanes.indexOf(laneOf(tile)) + step; lanes[at]; at += step) {
      if (!("fixed" in lanes[at].dataset)) return move(tile, lanes[at])
    }
  }
  for (const [keys, run] of [
    [["j", "ArrowDown"], (e) => (e.shiftKey ? shift(1) : along(1))], [["k", "ArrowUp"], (e) => (e.shiftKey ? shift(-1) : along(-1))],
    [["l", "ArrowRight"], (e) => (e.shiftKey ? carry(1) : across(1))], [["h", "ArrowLeft"], (e) => (e.shiftKey ? carry(-1) : across(-1))],
    [["Enter"], (e) => (e.target.closest("a, button") ? false : current()?.querySelector("a").click() ?? false)],
  ]) for (const key of keys) on(key, here(run), { signal })
}
