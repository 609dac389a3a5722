import assert from "node:assert/strict"
import test from "node:test"
import { bytes, clock, wave } from "./bytes.js"

test("sizes", () => {
  for (const [n, want] of [[0, "0 B"], [640, "640 B"], [12_345, "12 KB"], [3_400_000, "3.4 MB"], [4_000_000, "4 MB"], [25e9, "25 GB"]]) assert.equal(bytes(n), want)
})

test("lengths", () => {
  for (const [ms, want] of [[0, "0:00"], [7_400, "0:07"], [760_000, "12:40"], [3_723_000, "1:02:03"]]) assert.equal(clock(ms), want)
})

test("a wave has a digit for each part, the loudest is 9", () => {
  assert.equal(wave([]), "")
  assert.equal(wave([0, 0.5, 1]), "059")
  assert.equal(wave(Array(1000).fill(0.2)).length, 100)
  assert.match(wave(Array.from({ length: 333 }, (_, i) => i / 333)), /^0.*9$/)
})
