import assert from "node:assert/strict"
import test from "node:test"
import { gap, joint } from "./runs.js"

const row = { author: "1", at: 1_000_000, day: "Today", system: false }

test("the first row begins a run and a day", () => assert.deepEqual(joint(null, row), { first: true, day: true }))
test("the same author goes on", () => assert.deepEqual(joint(row, { ...row, at: row.at + gap - 1 }), { first: false, day: false }))
test("silence ends a run", () => assert.deepEqual(joint(row, { ...row, at: row.at + gap }), { first: true, day: false }))
test("another author begins a run", () => assert.deepEqual(joint(row, { ...row, author: "2" }), { first: true, day: false }))
test("a day begins a run", () => assert.deepEqual(joint({ ...row, day: "Yesterday" }, row), { first: true, day: true }))
test("a system message is a run of its own", () => assert.deepEqual(joint(row, { ...row, system: true }), { first: true, day: false }))
