import assert from "node:assert/strict"
import test from "node:test"
import { mark, trigger, wrap } from "./caret.js"

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

test("a quote, a link and a word in bold stand in the text", () => {
  assert.deepEqual(mark("b", "a word", 2, 6), { from: 2, text: "[b]word[/b]", start: 5, end: 9 })
  assert.deepEqual(mark("quote", "one\ntwo\nsix", 5, 11), { from: 4, text: ">>two\n>>six", start: 15, end: 15 })
  assert.deepEqual(mark("quote", ">>two", 2, 5), { from: 0, text: "two", start: 3, end: 3 })
  assert.deepEqual(mark("url", "see here", 4, 8), { from: 4, text: "[url=]here[/url]", start: 9, end: 9 })
  assert.deepEqual(mark("url", "https://a.example", 0, 17), { from: 0, text: "[url=https://a.example][/url]", start: 23, end: 23 })
})
