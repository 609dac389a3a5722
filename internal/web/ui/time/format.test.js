import assert from "node:assert/strict"
import test from "node:test"
import { short } from "./format.js"

const now = new Date("2026-03-10T12:00:00Z")
for (const [iso, zone, want] of [
  ["2026-03-10T11:59:30Z", "UTC", "just now"],
  ["2026-03-10T11:55:00Z", "UTC", "5 min ago"],
  ["2026-03-10T12:20:00Z", "UTC", "in 20 min"],
  ["2026-03-10T08:05:00Z", "Europe/Berlin", "09:05"],
  ["2026-03-09T23:30:00Z", "UTC", "Yesterday, 23:30"],
  ["2026-03-09T23:30:00Z", "Europe/Berlin", "00:30"],
  ["2026-03-11T09:00:00Z", "UTC", "Tomorrow, 09:00"],
  ["2026-02-03T09:00:00Z", "UTC", "3 Feb, 09:00"],
  ["2024-09-03T09:00:00Z", "UTC", "3 Sep 2024"],
]) {
  test(`${iso} in ${zone}`, () => assert.equal(short(new Date(iso), now, zone), want))
}

for (const [iso, want] of [["2026-03-10T08:05:00Z", "9:05 am"], ["2026-03-09T23:30:00Z", "12:30 am"], ["2026-03-09T11:30:00Z", "Yesterday, 12:30 pm"], ["2026-02-03T20:00:00Z", "3 Feb, 9:00 pm"]]) {
  test(`${iso} on a 12-hour clock`, () => assert.equal(short(new Date(iso), now, "Europe/Berlin", true), want))
}
