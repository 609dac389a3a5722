import assert from "node:assert"
import { test } from "node:test"
import { parse } from "./message.js"

const sid = "0123456789abcdef0123456789abcdef"
const read = (text) => parse(text + ":" + sid, sid)

test("a command alone, with a callback, with parameters, with both", () => {
  assert.deepEqual(read("closeApplication"), { command: "closeApplication", params: null, callback: "" })
  assert.deepEqual(read("getInitData:k1"), { command: "getInitData", params: null, callback: "k1" })
  assert.deepEqual(read('setTitle:{"title":"a"}'), { command: "setTitle", params: { title: "a" }, callback: "" })
  assert.deepEqual(read('setTitle:{"title":"a:b"}:k2'), { command: "setTitle", params: { title: "a:b" }, callback: "k2" })
})

test("values that are no objects", () => {
  assert.deepEqual(read('setValue:"a:b":k'), { command: "setValue", params: "a:b", callback: "k" })
  assert.deepEqual(read("setValue:12:k"), { command: "setValue", params: 12, callback: "k" })
  assert.deepEqual(read("setValue:raw: text:k"), { command: "setValue", params: "raw: text", callback: "k" })
  assert.deepEqual(read('setValue:["x"]:k'), { command: "setValue", params: ["x"], callback: "k" })
})

test("commands with a colon come as objects", () => {
  const m = { method: "Calendar.customView:x", params: { a: 1 }, callback: "k", appSid: sid }
  assert.deepEqual(parse(m, sid), { command: "Calendar.customView:x", params: { a: 1 }, callback: "k" })
  assert.equal(parse({ ...m, appSid: "other" }, sid), null)
})

test("what is no message of this session is nothing", () => {
  for (const data of ["", ":", ":" + sid, "getInitData", "getInitData:k:other", null, undefined, 5, [], {}, { method: 1, appSid: sid }]) {
    assert.equal(parse(data, sid), null, String(data))
  }
  assert.equal(parse("x:", ""), null)
})
