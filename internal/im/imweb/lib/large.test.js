import assert from "node:assert/strict"
import { test } from "node:test"
import { large } from "./large.js"

test("one to three emoji are large", () => {
  for (const text of ["👍", " 👍 ", "👍 ❤️\n🎉", "❤", "👨‍👩‍👧‍👦", "👩🏽‍💻👍🏿", "🇩🇪🇫🇷🇮🇹", "1️⃣", "™️", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"]) assert.ok(large(text), text)
})

test("everything else is not", () => {
  for (const text of ["", " ", "👍👍👍👍", "👍 ok", "🇩", "1", "#", "123", "™", "©", "日本", "[b]👍[/b]", ":)"]) assert.ok(!large(text), text)
})
