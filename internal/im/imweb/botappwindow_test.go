package imweb_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
)

// framePage is the page of an application, as the documentation shows how to write one.
const framePage = `<!doctype html><body><script>
let to, id
addEventListener("message", (e) => {
  const data = JSON.parse(e.data)
  if (data.action === "init") { id = data.uniqueLoadId; to = e }
})
const tell = (data) => to.source.postMessage(JSON.stringify({ ...data, uniqueLoadId: id }), to.origin)
const run = setInterval(() => {
  if (!to) return
  clearInterval(run)
  to.source.postMessage(JSON.stringify({ action: "send", message: "not said", uniqueLoadId: "another" }), to.origin)
  tell({ action: "send", message: "said by the page" })
  tell({ action: "put", message: "for the field" })
}, 20)
addEventListener("click", () => tell({ action: "close" }))
</script><p>Hello</p></body>`

// TestTheWindowOfAnApplication opens the page of an application of a bot: it writes for the person, and closes itself.
func TestTheWindowOfAnApplication(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	b := newBench(t, clock.System{})
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(framePage))
	}))
	t.Cleanup(app.Close)
	b.apps.address = app.URL
	b.private(1, b.bot)
	p := b.anna.open(t, ctx, "/online/"+num(b.bot))
	p.until(`document.querySelector("[data-botapp='1']")`)
	if name := eval[float64](p, `document.querySelector(".im-who strong").offsetHeight`); name > 28 {
		t.Errorf("the name of the bot and its sign are %v pixels high, more than one line", name)
	}
	p.run(`document.querySelector("[data-botapp='1']").click()`)
	p.until(`document.querySelector(".im > .im-botapp[data-kind=popup] iframe")`)
	p.until(`[...document.querySelectorAll(".msg-own .msg-text")].some((m) => m.innerText.includes("said by the page"))`)
	p.until(`document.querySelector("[data-composer] [data-text]").value === "for the field"`)
	if eval[bool](p, `document.body.innerText.includes("not said")`) {
		t.Error("a message that names another session was heard")
	}
	p.run(`document.querySelector(".im-botapp [data-close]").click()`)
	p.until(`!document.querySelector(".im-botapp")`)
	p.run(`document.querySelector("[data-botapp='2']").click()`)
	p.until(`[...document.querySelectorAll(".msg-own .msg-text")].some((m) => m.innerText.includes("/help"))`)
}
