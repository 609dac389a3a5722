package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/app"
)

// TestStaticApplication uploads the files of an application, whose pages then work without the origin of the portal.
func TestStaticApplication(t *testing.T) {
	t.Parallel()
	b := newFrameBench(t, scriptTag)
	added, err := b.portal.Apps.Create(t.Context(), b.site.admin.Ref(), app.Form{Name: "Full name", Kind: app.Static, Scopes: []string{"user_brief"}})
	if err != nil {
		t.Fatal(err)
	}
	id := strconv.FormatInt(added.ID, 10)
	b.admin.open("/marketplace/app/" + id + "/")
	b.admin.until("to be told", `document.querySelector("app-frame > iframe")?.contentDocument?.body?.textContent.includes("No files were uploaded") === true`)

	// The driver of the other pages, from the server of the test.
	page := `<!doctype html><meta charset=utf-8>` + scriptTag + `<link rel=stylesheet href="css/a.css"><script type=module src="js/a.js"></script><h1>Full name</h1>` +
		strings.NewReplacer(`fetch(path`, `fetch("`+b.app.url+`" + path`, `for (;;)`, "await ask(\"/hello\")\nfor (;;)").Replace(driver)
	files := archive(t, "site/index.html", page, "site/install.html", page, "site/css/a.css", "h1{color:rgb(1,2,3)}", "site/js/a.js", "window.module = 1")
	b.admin.open("/devops/app/" + id + "/files")
	b.admin.see(`input[type=file]`)
	b.admin.shot("static-files")
	upload := fmt.Sprintf(`(() => {
		const form = new FormData()
		form.append("file", new File([Uint8Array.from(atob(%q), (c) => c.charCodeAt(0))], "site.zip"))
		return fetch("/devops/app/%s/files", { method: "POST", body: form, headers: { "Portico-Fetch": "1" } }).then((r) => r.json()).then((r) => r.redirect ?? r.error.text)
	})()`, base64.StdEncoding.EncodeToString(files), id)
	if got := evaluate[string](b.admin, upload); got != "/devops/app/"+id+"/files" {
		t.Fatalf("the upload answered %s", got)
	}
	b.admin.open("/devops/app/" + id + "/files")
	b.admin.until("the files", `document.querySelector(".facts").textContent.includes("site.zip")`)
	b.admin.shot("static-files-there")

	b.admin.open("/marketplace/app/" + id + "/")
	setup := b.app.wait("install.html")
	setup.run(ready)
	setup.want(`[location.pathname.endsWith("/install.html"), location.origin === self.origin]`, `[true,false]`)
	setup.begin(`BX24.installFinish()`)
	own := b.app.wait("index.html")
	own.run(ready)
	own.want(`[location.pathname.endsWith("/index.html"), window.module, getComputedStyle(document.querySelector("h1")).color]`, `[true,1,"rgb(1, 2, 3)"]`)
	own.want(callScript("user.current", "{}")+`.then((u) => u.NAME)`, `"Ann"`)
	own.want(`(() => { const out = []
		for (const f of [() => document.cookie, () => localStorage.length, () => parent.document, () => top.location.href]) try { f(); out.push("reached") } catch (e) { out.push(e.name) }
		return out })()`, `["SecurityError","SecurityError","SecurityError","SecurityError"]`)
	own.want(`fetch("/company/", { credentials: "include" }).then(() => "read", () => "refused")`, `"refused"`)
	b.admin.shot("static-app")

	address := b.url + strconv.Quote(own.run(`location.pathname`))[1:]
	address = strings.NewReplacer(`\"`, "", `"`, "").Replace(address)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if csp := res.Header.Get("Content-Security-Policy"); res.StatusCode != 200 || !strings.HasPrefix(csp, "sandbox allow-scripts") || strings.Contains(csp, "same-origin") {
		t.Errorf("%s: %d with %q", address, res.StatusCode, csp)
	}
}

func archive(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = io.WriteString(w, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
