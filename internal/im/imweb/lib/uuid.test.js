import assert from "node:assert/strict"
import test from "node:test"
import { uuid } from "./uuid.js"

test("uuid has the form of version 4", () => {
  assert.match(uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(uuid((b) => b.fill(255)), "ffffffff-ffff-4fff-bfff-ffffffffffff")
  assert.notEqual(uuid(), uuid())
})
