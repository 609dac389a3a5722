import assert from "node:assert/strict"
import test from "node:test"
import { matches } from "./search.js"

test("finds lines that hold every word, in any order and case", () => {
  const line = "tasks (extended rights) (task_extended) use the older task methods"
  assert.ok(matches(line, ""))
  assert.ok(matches(line, "Extended TASK"))
  assert.ok(!matches(line, "task crm"))
})
