import assert from "node:assert/strict"
import test from "node:test"
import { text, tone } from "./clock.js"

for (const [seconds, want] of [[-3, "0:00"], [5, "0:05"], [760, "12:40"], [3599, "59:59"], [3900, "1 h 05"], [86400, "1 day"], [3 * 86400 + 5, "3 days"]]) {
  test(`${seconds} s`, () => assert.equal(text(seconds * 1000), want))
}

test("a wait has a tone", () => {
  assert.deepEqual([119, 120, 599, 600].map((s) => tone(s * 1000)), ["calm", "long", "long", "late"])
})
