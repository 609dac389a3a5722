import assert from "node:assert/strict"
import test from "node:test"
import { find, groups } from "./emoji.js"

test("every emoji is there once, with words", () => {
  const all = groups.flatMap((g) => g.all)
  assert.equal(new Set(all.map((e) => e.emoji)).size, all.length)
  for (const e of all) assert.match(e.emoji + " " + e.words, /^[^a-z ]+ [a-z]+( [a-z]+)*$/)
})

test("words are found by their beginning, whole words first", () => {
  assert.equal(find("rocket")[0].emoji, "🚀")
  assert.equal(find("thumbs up")[0].emoji, "👍")
  assert.ok(find("hear").map((e) => e.emoji).includes("❤️"))
  assert.deepEqual(find("zzzz"), [])
})
