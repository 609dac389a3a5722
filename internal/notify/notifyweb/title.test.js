import assert from "node:assert/strict"
import test from "node:test"
import { strip, titled } from "./title.js"

test("a title shows how much is new, once", () => {
  assert.equal(titled("Chat", 0), "Chat")
  assert.equal(titled("Chat", 3), "(3) Chat")
  assert.equal(titled("Chat", 100), "(99+) Chat")
  for (const n of [3, 100]) assert.equal(strip(titled("(a) Chat", n)), "(a) Chat")
})
