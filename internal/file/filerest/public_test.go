package filerest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/setting"
)

// A public link opens for people without an account, shows what the page shows, and ends when its file goes.
func TestExternalLinks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, root := b.own(2)
	folder := b.id(b.call(2, "disk.folder.addSubFolder", `{"id":`+root+`,"data":{"NAME":"Offers"}}`))
	made := b.call(2, "disk.folder.uploadFile", fmt.Sprintf(`{"id":%d,"data":{"NAME":"Offer & more.txt"},"fileContent":["x","%s"]}`, folder, base("the offer")))
	id := b.id(made)
	text := func(method string, id int64) string {
		var s string
		must(t, json.Unmarshal(b.call(2, method, fmt.Sprintf(`{"id":%d}`, id)), &s))
		return s
	}
	link := text("disk.file.getExternalLink", id)
	if !regexp.MustCompile(`^` + regexp.QuoteMeta(b.server.URL) + `/share/[A-Z2-7]{26}/$`).MatchString(link) {
		t.Fatalf("link %s", link)
	}
	if again := text("disk.file.getExternalLink", id); again != link {
		t.Errorf("asked again: %s, before %s", again, link)
	}
	status, header, body := b.get(link)
	if status != http.StatusOK || !strings.Contains(body, "Offer &amp; more.txt") || !strings.Contains(body, "the offer") || !strings.Contains(body, "Shared by Bob Brown") {
		t.Errorf("page: %d %.2000s", status, body)
	}
	if len(header.Values("Set-Cookie")) != 0 || !strings.Contains(header.Get("Content-Security-Policy"), "script-src 'nonce-") {
		t.Errorf("headers %v", header)
	}
	status, header, body = b.get(fmt.Sprintf("%s%d/download", link, id))
	if status != http.StatusOK || body != "the offer" || !strings.Contains(header.Get("Content-Security-Policy"), "sandbox") || !strings.HasPrefix(header.Get("Content-Disposition"), "attachment") {
		t.Errorf("download: %d %q %v", status, body, header)
	}
	if status, _, _ := b.get(fmt.Sprintf("%s%d/download", link, folder)); status != http.StatusNotFound {
		t.Errorf("what the link is not for: %d", status)
	}

	shared := text("disk.folder.getExternalLink", folder)
	if status, _, body := b.get(shared); status != http.StatusOK || !strings.Contains(body, fmt.Sprintf("%d/download", id)) || !strings.Contains(body, "1 item") {
		t.Errorf("folder: %d %.2000s", status, body)
	}
	if status, _, body := b.get(fmt.Sprintf("%s%d/show/x", shared, id)); status != http.StatusOK || body != "the offer" {
		t.Errorf("show below the folder: %d %q", status, body)
	}
	b.call(2, "disk.file.markDeleted", fmt.Sprintf(`{"id":%d}`, id))
	for _, address := range []string{link, fmt.Sprintf("%s%d/", shared, id)} {
		if status, _, body := b.get(address); status != http.StatusNotFound || strings.Contains(body, "Offer") {
			t.Errorf("%s after its file went to the trash: %d", address, status)
		}
	}
}

// A search answers objects as lists do, with the next page and no total.
func TestSearch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	storage, root := b.own(2)
	for i := range 51 {
		b.call(2, "disk.folder.uploadFile", fmt.Sprintf(`{"id":%s,"data":{"NAME":"report-%02d.txt"},"fileContent":["x","eA=="]}`, root, i))
		b.clock.Advance(time.Second)
	}
	raw := b.whole(2, "disk.file.search", `{"QUERY":"  report   txt "}`)
	var page struct {
		Result []struct{ NAME, TYPE, SIZE string }
		Next   *int64
		Total  *int64
	}
	must(t, json.Unmarshal(raw, &page))
	if len(page.Result) != 50 || page.Result[0].NAME != "report-50.txt" || page.Result[0].SIZE != "1" || page.Next == nil || *page.Next != 50 || page.Total != nil {
		t.Errorf("first page: %.600s", raw)
	}
	b.want("second page", b.call(2, "disk.file.search", `{"QUERY":"report","start":50,"TYPE":"all","FILTER":{"STORAGE_ID":`+storage+`,"FOLDER_ID":`+root+`}}`),
		fmt.Sprintf(`[{"ID":"%d","NAME":"report-00.txt","CODE":null,"STORAGE_ID":"%s","TYPE":"file","PARENT_ID":"%s","DELETED_TYPE":"0",`+
			`"GLOBAL_CONTENT_VERSION":"1","FILE_ID":"1","SIZE":"1","CREATE_TIME":"2026-03-02T12:00:00+00:00","UPDATE_TIME":"2026-03-02T12:00:00+00:00",`+
			`"DELETE_TIME":null,"CREATED_BY":"2","UPDATED_BY":"2","DELETED_BY":"0","DOWNLOAD_URL":"https://portal/rest/download.json?token=T",`+
			`"DETAIL_URL":"https://portal/file/%d/"}]`, b.first(root), storage, root, b.first(root)))
	b.want("folders", b.call(2, "disk.file.search", `{"QUERY":"report","TYPE":"folder"}`), `[]`)
	b.want("of somebody else", b.call(3, "disk.file.search", `{"QUERY":"report"}`), `[]`)
}

// first returns the number of the oldest node in a folder of user 2.
func (b *bench) first(folder string) int64 {
	b.t.Helper()
	var v struct{ Items []json.RawMessage }
	must(b.t, json.Unmarshal(b.call(2, "disk.folder.getChildren", `{"id":`+folder+`,"order":{"ID":"ASC"}}`), &v))
	return b.id(v.Items[0])
}

// A new content that is over the portal's limit is refused with the code of the page.
func TestVersionOverTheLimit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, root := b.own(2)
	id := b.id(b.call(2, "disk.folder.uploadFile", fmt.Sprintf(`{"id":%s,"data":{"NAME":"a"},"fileContent":["a","eA=="]}`, root)))
	must(t, setting.Save(t.Context(), b.portal.Settings, file.LimitsKey, file.Limits{MaxMB: 1}))
	raw := b.whole(2, "disk.file.uploadVersion", fmt.Sprintf(`{"id":%d,"fileContent":["a","%s"]}`, id, base(strings.Repeat("x", 1<<20+1))))
	if string(raw) != `{"error":"DISK_FILE_22006","error_description":"Size restriction"}` {
		t.Errorf("over the limit: %.300s", raw)
	}
}

// A file of more than a tenth of a body's usual size comes as Base64 in one call.
func TestLargeFileAsBase64(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, root := b.own(2)
	content := strings.Repeat("0123456789abcdef", 1<<19) // 8 MB, nearly 11 MB as Base64
	made := b.call(2, "disk.folder.uploadFile", fmt.Sprintf(`{"id":%s,"data":{"NAME":"big.txt"},"fileContent":["a","%s"]}`, root, base(content)))
	if got := b.field(made, "SIZE"); got != "8388608" {
		t.Errorf("size %s", got)
	}
	if _, _, body := b.get(b.field(made, "DOWNLOAD_URL")); body != content {
		t.Error("it comes back as something else")
	}
}
