import assert from "node:assert/strict"
import test from "node:test"
import { before, place } from "./order.js"

const line = (chat, at, pinned = false) => ({ chat, at, pinned })

test("a newer message stands above", () => assert.equal(before(line(1, 20), line(2, 10)), true))
test("a pinned chat stands above a newer one", () => assert.equal(before(line(1, 20), line(2, 10, true)), false))
test("of two at the same time the younger chat stands above", () => assert.equal(before(line(2, 10), line(1, 10)), true))

test("place keeps the order", () => {
  const lines = [line(1, 50, true), line(2, 40), line(3, 30)]
  assert.equal(place(lines, line(9, 60)), 1)
  assert.equal(place(lines, line(9, 60, true)), 0)
  assert.equal(place(lines, line(9, 35)), 2)
  assert.equal(place(lines, line(9, 1)), 3)
})
