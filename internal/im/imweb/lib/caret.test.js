import assert from "node:assert/strict"
import test from "node:test"
import { trigger, wrap } from "./caret.js"

for (const [before, kind, query, from] of [
  ["@", "people", "", 0],
  ["Hello @Be", "people", "Be", 6],
  ["Hello @Ben Od", "people", "Ben Od", 6],
  ["(@zoë", "people", "zoë", 1],
  ["/", "commands", "", 0],
  ["/hel", "commands", "hel", 0],
  ["fine :smi", "emoji", "smi", 5],
]) {
  test(before, () => assert.deepEqual(trigger(before), { kind, query, from }))
}

for (const before of ["", "mail@ben", "1:30", "at 10:ab", "see :", "go /help", "/help me", "@Ben Ode is", "a\n/x"]) {
  test("nothing is asked for by " + JSON.stringify(before), () => assert.equal(trigger(before), null))
}

test("marks are put around what is selected, and taken away", () => {
  assert.deepEqual(wrap("a word", 2, 6, "[b]", "[/b]"), { text: "[b]word[/b]", start: 3, end: 7 })
  assert.deepEqual(wrap("a [b]word[/b]", 2, 13, "[b]", "[/b]"), { text: "word", start: 0, end: 4 })
  assert.deepEqual(wrap("", 0, 0, "[code]", "[/code]"), { text: "[code][/code]", start: 6, end: 6 })
})
