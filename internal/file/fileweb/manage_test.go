package fileweb_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/user"
)

// post sends one file in a form.
func (p person) post(path, name, content string) answer {
	p.b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	f, err := w.CreateFormFile("file", name)
	must(p.b.t, err)
	_, err = f.Write([]byte(content))
	must(p.b.t, err)
	must(p.b.t, w.Close())
	return p.do(http.MethodPost, path, &body, "Content-Type", w.FormDataContentType())
}

// node returns the number of what a page lists under a name.
func (a answer) node(name string) string {
	a.t.Helper()
	m := regexp.MustCompile(`href="/disk/(\d+)/about/"[^>]*aria-label="Rename, move, share ` + regexp.QuoteMeta(name)).FindStringSubmatch(a.body)
	if m == nil {
		a.t.Fatalf("%s does not list %s", a.what, name)
	}
	return m[1]
}

// driveOf uploads files to somebody's own drive and returns its root.
func (p person) driveOf(files ...string) string {
	p.b.t.Helper()
	root := p.get("/disk/").is(http.StatusOK).root()
	for _, name := range files {
		p.post("/disk/"+root+"/upload", name, "content of "+name).is(http.StatusOK)
	}
	return root
}

// Files are renamed, moved and given newer contents by forms; what is refused says why and keeps what was typed.
func TestManage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := b.anna.driveOf("a.txt", "b.txt")
	b.anna.form("/disk/"+root+"/folder", "name", "Plans").is(http.StatusSeeOther)
	page := b.anna.get("/disk/")
	file, plans := page.node("a.txt"), page.node("Plans")

	b.anna.get("/disk/"+file+"/about/").is(http.StatusOK).has(`value="a.txt"`, "Version 1", "Make a public link")
	b.ben.get("/disk/" + file + "/about/").is(http.StatusForbidden)
	b.anna.form("/disk/"+file+"/rename", "name", "b.txt").is(http.StatusUnprocessableEntity).has("something of this name", `value="b.txt"`)
	b.ben.form("/disk/"+file+"/rename", "name", "c.txt").is(http.StatusForbidden)
	b.anna.form("/disk/"+file+"/rename", "name", "c.txt").is(http.StatusSeeOther)

	b.anna.get("/disk/"+file+"/move/").is(http.StatusOK).has("Plans", "It lies in Anna now.")
	b.anna.get("/disk/" + file + "/move/?to=" + plans).is(http.StatusOK).has("Move to Plans")
	b.anna.form("/disk/"+plans+"/move", "to", plans).is(http.StatusUnprocessableEntity).has("A folder cannot be put into itself.")
	b.anna.form("/disk/"+file+"/move", "to", plans).is(http.StatusSeeOther).headers("Location", "/disk/"+plans+"/")
	b.anna.get("/disk/" + plans + "/").has("c.txt")

	b.anna.post("/disk/"+file+"/version", "other.txt", "newer").is(http.StatusOK)
	b.anna.get("/file/" + file + "/download").is(http.StatusOK).has("newer")
	about := b.anna.get("/disk/"+file+"/about/").has("Version 2", "Version 1", "Current")
	first := regexp.MustCompile(`/disk/` + file + `/versions/(\d+)/restore`).FindStringSubmatch(about.body)
	if first == nil {
		t.Fatal("no version to restore")
	}
	old := b.anna.get("/disk/" + file + "/versions/" + first[1] + "/download").is(http.StatusOK)
	if old.body != "content of a.txt" {
		t.Errorf("the first version is %q", old.body)
	}
	b.anna.get("/disk/" + plans + "/versions/" + first[1] + "/download").is(http.StatusNotFound)
	b.ben.get("/disk/" + file + "/versions/" + first[1] + "/download").is(http.StatusForbidden)
	b.anna.form("/disk/" + file + "/versions/" + first[1] + "/restore").is(http.StatusSeeOther)
	if got := b.anna.get("/file/" + file + "/download").body; got != "content of a.txt" {
		t.Errorf("restored to %q", got)
	}
}

// A public link is made, listed and closed in the drive; the log tells of both.
func TestPublicLinkPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.anna.driveOf("<b>.txt")
	file := b.anna.get("/disk/").node("_b_.txt")
	b.ben.form("/disk/" + file + "/publish").is(http.StatusForbidden)
	b.anna.form("/disk/"+file+"/publish").is(http.StatusSeeOther).headers("Location", "/disk/"+file+"/about/")
	about := b.anna.get("/disk/"+file+"/about/").has("without signing in", "It stays open until it is closed.", "Made by Anna")
	link := regexp.MustCompile(`/share/[A-Z2-7]{26}/`).FindString(about.body)
	nobody := person{b: b}
	nobody.get(link).is(http.StatusOK).has("_b_.txt", "Shared by Anna", "content of &lt;b&gt;.txt").lacks("<b>.txt", "class=\"rail")
	nobody.get(link+file+"/download").is(http.StatusOK).headers("Content-Disposition", `attachment; filename=_b_.txt`)
	b.anna.get("/disk/links/").is(http.StatusOK).has("_b_.txt", link)
	b.ben.get("/disk/links/").is(http.StatusOK).has("No public links")
	b.ben.form("/disk/" + file + "/unpublish").is(http.StatusForbidden)

	yes := true
	_, err := b.portal.Users.Update(t.Context(), b.cleo.id, user.Change{Admin: &yes})
	must(t, err)
	b.cleo.get("/disk/links/").has("All links of this portal", "_b_.txt")
	b.cleo.form("/settings/files/public", "days", "9999", "public", "1").is(http.StatusUnprocessableEntity).has("Enter up to 3650 days", `value="9999"`)
	b.cleo.form("/settings/files/public", "days", "0").is(http.StatusSeeOther)
	nobody.get(link).is(http.StatusNotFound).lacks("_b_.txt")
	b.anna.get("/disk/links/").has("Public links are turned off")
	b.cleo.form("/settings/files/public", "days", "30", "public", "1").is(http.StatusSeeOther)
	nobody.get(link).is(http.StatusOK).has("open until")
	b.cleo.form("/disk/"+file+"/unpublish", "from", "links").is(http.StatusSeeOther).headers("Location", "/disk/links/")
	nobody.get(link).is(http.StatusNotFound)
	b.cleo.get("/settings/audit/").has("Everybody who has the link can see _b_.txt now.", "The public link to _b_.txt was closed.",
		"Public links were open until they are closed; now not allowed.").lacks(strings.Trim(link, "/"))
}

// The trash gives back, or deletes for ever what is in it and nothing else.
func TestTrashPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := b.anna.driveOf("a.txt", "b.txt")
	page := b.anna.get("/disk/")
	a, other := page.node("a.txt"), page.node("b.txt")
	b.anna.get("/disk/trash/").is(http.StatusOK).has("The trash is empty")
	b.anna.form("/disk/" + a + "/discard").is(http.StatusSeeOther)
	b.anna.get("/disk/trash/").has("a.txt", "Delete for ever", "1 item")
	b.ben.get("/disk/trash/").lacks("a.txt")
	b.anna.form("/disk/" + other + "/delete").is(http.StatusNotFound)
	b.ben.form("/disk/" + a + "/delete").is(http.StatusForbidden)
	b.anna.form("/disk/" + a + "/delete").is(http.StatusSeeOther)
	b.anna.get("/disk/trash/").has("The trash is empty")
	b.anna.get("/disk/" + root + "/").has("b.txt").lacks("a.txt")
}

// The search of the drive finds by names, says where, and refuses what is no search.
func TestSearchPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.anna.driveOf("Budget 2026.txt", "other.txt")
	b.anna.get("/disk/search/?q=budg").is(http.StatusOK).has("Budget 2026.txt", ">My drive</a>").lacks("other.txt")
	b.ben.get("/disk/search/?q=budg").is(http.StatusOK).has("Nothing found")
	b.anna.get("/disk/search/?q=b").is(http.StatusUnprocessableEntity).has("Write 2 to 255 characters.")
	b.anna.get("/disk/search/").is(http.StatusOK)
}

// A file comes to a folder in parts as it does to a chat, where its sender may put it.
func TestUploadToFolderInParts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := b.anna.driveOf()
	b.ben.form("/upload/begin", "folder", root, "name", "x.bin", "size", "3").is(http.StatusForbidden)
	b.ben.form("/upload/begin", "folder", "x", "name", "x.bin", "size", "3").is(http.StatusNotFound)
	var begun struct{ ID string }
	b.anna.do(http.MethodPost, "/upload/begin", strings.NewReader("folder="+root+"&name=x.bin&size=3"), "Content-Type", "application/x-www-form-urlencoded").
		is(http.StatusOK).json(&begun)
	b.anna.do(http.MethodPut, "/upload/"+begun.ID+"?start=0", strings.NewReader("abc")).is(http.StatusOK)
	b.anna.do(http.MethodPost, "/upload/"+begun.ID+"/finish", nil).is(http.StatusOK)
	b.anna.get("/disk/").has("x.bin")
}
