import assert from "node:assert/strict"
import test from "node:test"
import { parser } from "./sse.js"

function events(...chunks) {
  const got = []
  const push = parser((type, data) => got.push([type, data]))
  chunks.forEach(push)
  return got
}

test("an event cut anywhere arrives once", () => {
  const text = ": open\n\nevent: message\ndata: {\"id\":1}\n\nevent: counter\ndata: {}\n\n"
  for (let i = 0; i <= text.length; i++) {
    assert.deepEqual(events(text.slice(0, i), text.slice(i)), [["message", '{"id":1}'], ["counter", "{}"]])
  }
})

test("data of several lines is joined, comments are not events", () => {
  assert.deepEqual(events("data: a\ndata: b\n\n: \n\n"), [["message", "a\nb"]])
})
