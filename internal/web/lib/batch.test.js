import assert from "node:assert/strict"
import test from "node:test"
import { batch } from "./batch.js"

test("keys that come together are one call", async () => {
  const timers = [], calls = []
  const add = batch((keys) => void calls.push(keys), 50, (f) => timers.push(f))
  add(1)
  add(2, 1)
  await timers.shift()()
  assert.deepEqual(calls, [[1, 2]])
  assert.equal(timers.length, 0)
})

test("keys that come during a call wait for its end", async () => {
  const timers = [], calls = []
  let end
  const add = batch((keys) => { calls.push(keys); return new Promise((done) => { end = done }) }, 50, (f) => timers.push(f))
  add("a")
  const running = timers.shift()()
  add("b")
  assert.equal(timers.length, 0)
  end()
  await running
  timers.shift()()
  assert.deepEqual(calls, [["a"], ["b"]])
})
