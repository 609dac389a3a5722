import assert from "node:assert/strict"
import test from "node:test"
import { decode, encode } from "./mentions.js"

const people = new Map([["Ben", "9"], ["Ben Ode", "2"], ["Zoë", "3"]])

test("a name becomes a mention, the longest that fits", () => {
  assert.equal(encode("@Ben Ode and @Ben, see @Zoë!", people), "[USER=2]Ben Ode[/USER] and [USER=9]Ben[/USER], see [USER=3]Zoë[/USER]!")
})

test("parts of words are not mentions", () => {
  assert.equal(encode("mail@Ben.example @Benny @Zoës", people), "mail@Ben.example @Benny @Zoës")
})

test("what was encoded is decoded", () => {
  const text = "[USER=2]Ben Ode[/USER]: [b]look[/b] [user=all]everybody[/user]"
  const d = decode(text)
  assert.equal(d.text, "@Ben Ode: [b]look[/b] @everybody")
  assert.equal(encode(d.text, d.people), "[USER=2]Ben Ode[/USER]: [b]look[/b] [USER=all]everybody[/USER]")
})

test("the second of two people of one name stays as it is", () => {
  const text = "[USER=2]Ben[/USER] [USER=3]Ben[/USER]"
  const d = decode(text)
  assert.equal(d.text, "@Ben [USER=3]Ben[/USER]")
  assert.equal(encode(d.text, d.people), text)
})
