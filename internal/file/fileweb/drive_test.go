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

// form posts a form as a browser without scripts does.
func (p person) form(path string, fields ...string) answer {
	p.b.t.Helper()
	var b strings.Builder
	for i := 0; i < len(fields); i += 2 {
		b.WriteString(fields[i] + "=" + strings.ReplaceAll(fields[i+1], " ", "+") + "&")
	}
	return p.do(http.MethodPost, path, strings.NewReader(b.String()), "Content-Type", "application/x-www-form-urlencoded", "Portico-Fetch", "")
}

var folderForm = regexp.MustCompile(`action="/disk/(\d+)/folder"`)

// root returns the number of the folder that a page shows.
func (a answer) root() string {
	a.t.Helper()
	m := folderForm.FindStringSubmatch(a.body)
	if m == nil {
		a.t.Fatalf("%s has no form for a folder", a.what)
	}
	return m[1]
}

func (a answer) has(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.t.Errorf("%s lacks %q", a.what, text)
		}
	}
	return a
}

func (a answer) lacks(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			a.t.Errorf("%s has %q", a.what, text)
		}
	}
	return a
}

// People keep files on a drive of their own, and share that of the company.
func TestDrive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := b.anna.get("/disk/").is(http.StatusOK).has("Nothing here yet", "My drive").root()
	b.anna.form("/disk/"+root+"/folder", "name", "Plans").is(http.StatusSeeOther).headers("Location", "/disk/"+root+"/")
	b.anna.form("/disk/"+root+"/folder", "name", "plans").is(http.StatusUnprocessableEntity).has("There is something of this name in the folder already.", `value="plans"`)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, name := range []string{"b.txt", "a.txt"} {
		f, err := w.CreateFormFile("file", name)
		must(t, err)
		_, err = f.Write([]byte(name))
		must(t, err)
	}
	must(t, w.Close())
	raw := body.Bytes()
	b.ben.do(http.MethodPost, "/disk/"+root+"/upload", bytes.NewReader(raw), "Content-Type", w.FormDataContentType()).fails(http.StatusForbidden, "FILE_ACCESS_DENIED")
	b.anna.do(http.MethodPost, "/disk/"+root+"/upload", bytes.NewReader(raw), "Content-Type", w.FormDataContentType()).is(http.StatusOK).has("2 files were added")
	page := b.anna.get("/disk/").is(http.StatusOK).has("Plans", "a.txt", "b.txt", "3 items")
	if !regexp.MustCompile(`(?s)Plans.*a\.txt.*b\.txt`).MatchString(page.body) {
		t.Error("the folder does not come first, or the files are not by name")
	}
	b.ben.get("/disk/"+root+"/").fails(http.StatusForbidden, "FILE_ACCESS_DENIED")
	b.ben.get("/disk/999999/").fails(http.StatusNotFound, "FILE_NOT_FOUND")

	id := regexp.MustCompile(`href="/file/(\d+)/" data-slider>.*a\.txt`).FindStringSubmatch(page.body)[1]
	to := b.anna.form("/disk/" + id + "/discard").is(http.StatusSeeOther).header.Get("Location")
	b.anna.get(to).is(http.StatusOK).has("Moved to the trash.", "/disk/"+id+"/restore").lacks("a.txt")
	b.ben.form("/disk/" + id + "/restore").is(http.StatusForbidden)
	b.anna.form("/disk/" + id + "/restore").is(http.StatusSeeOther)
	b.anna.get("/disk/").has("a.txt")

	company := b.ben.get("/disk/company/").is(http.StatusOK).has("Company drive").root()
	b.ben.form("/disk/"+company+"/folder", "name", "Forms").is(http.StatusSeeOther)
	b.cleo.get("/disk/company/").has("Forms")
}

// The limits hold as soon as they are saved, and the log says who changed them.
func TestLimitsPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.anna.get("/settings/files/").is(http.StatusForbidden)
	yes := true
	_, err := b.portal.Users.Update(t.Context(), b.anna.id, user.Change{Admin: &yes})
	must(t, err)
	b.anna.get("/settings/files/").is(http.StatusOK).has(`value="100"`, "The files of this portal take 0 bytes now.")
	b.anna.form("/settings/files/save", "max_mb", "0", "quota_mb", "5").is(http.StatusUnprocessableEntity).has("Enter 1 to 10240 megabytes.", `value="5"`)
	b.anna.form("/settings/files/save", "max_mb", "1", "quota_mb", "5").is(http.StatusSeeOther)
	b.ben.send(b.dialog(), "big.bin", strings.Repeat("x", 1<<20+1)).fails(http.StatusRequestEntityTooLarge, "FILE_TOO_LARGE")
	b.ben.send(b.dialog(), "fits.bin", strings.Repeat("x", 1<<20)).is(http.StatusOK)
	b.anna.get("/settings/audit/").has("Files might have 100 MB a file, all together without a limit; now 1 MB a file, 5 MB all together.")
	b.anna.get("/settings/files/").has("take 1.0 MB now")
}
