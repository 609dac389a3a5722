import assert from "node:assert/strict"
import test from "node:test"
import { withCount } from "./title.js"

test("a count is put before the title", () => assert.equal(withCount("Messenger · Portico", 3), "(3) Messenger · Portico"))
test("a count replaces the one before", () => assert.equal(withCount("(99+) Messenger", 4), "(4) Messenger"))
test("no count leaves the title alone", () => assert.equal(withCount("(4) Messenger", 0), "Messenger"))
test("a large count is cut", () => assert.equal(withCount("Messenger", 250), "(99+) Messenger"))
