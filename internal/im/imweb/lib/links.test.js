import assert from "node:assert/strict"
import test from "node:test"
import { destination } from "./links.js"

const hosts = ["portal.test:8080", "portal.example.com"]
const to = (href) => destination(href, "http://portal.test:8080/online/5", hosts)

for (const [href, kind, path] of [
  ["/company/personal/user/1/tasks/task/view/72/", "slider", "/company/personal/user/1/tasks/task/view/72/"],
  ["http://portal.test:8080/company/personal/user/1/tasks/task/view/72/", "slider", "/company/personal/user/1/tasks/task/view/72/"],
  ["https://portal.example.com/company/personal/user/1/tasks/task/view/72/?x=1", "slider", "/company/personal/user/1/tasks/task/view/72/?x=1"],
  ["/company/personal/user/7/", "slider", "/company/personal/user/7/"],
  ["/marketplace/view/local.1.2/?params[a]=b", "slider", "/marketplace/view/local.1.2/?params[a]=b"],
  ["/marketplace/app/7/", "page", "/marketplace/app/7/"],
  ["https://elsewhere.example/company/personal/user/1/tasks/task/view/72/", "away"],
  ["/company/personal/user/1/tasks/", "page", "/company/personal/user/1/tasks/"],
  ["javascript:alert(1)", "away"],
  ["mailto:a@b.example", "away"],
]) {
  test(href, () => {
    const d = to(href)
    assert.equal(d.kind, kind)
    if (path) assert.equal(d.path, path)
  })
}

test("a conversation", () => assert.deepEqual(to("/online/chat12?m=9"), { kind: "dialog", path: "/online/chat12?m=9", dialog: "chat12", message: 9 }))
test("a conversation as applications write it", () => assert.equal(to("/online/?IM_DIALOG=Chat12").dialog, "chat12"))
test("the list is a page", () => assert.equal(to("/online/").kind, "page"))
