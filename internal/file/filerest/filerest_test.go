package filerest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// bench is a portal with an administrator and two employees, each with a webhook.
type bench struct {
	t      *testing.T
	portal *portal.Portal
	clock  *clock.Manual
	server *httptest.Server
	hooks  map[int64]string
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, clock: clock.NewManual(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)), hooks: map[int64]string{}}
	var handler http.Handler
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	p, err := portal.Open(t.Context(), portal.Config{
		DB:        dbtest.SQLiteConfig(t, portal.Schemas()...),
		PublicURL: func() string { return b.server.URL }, Clock: b.clock, Log: slog.New(slog.DiscardHandler), Key: bytes.Repeat([]byte("k"), 32),
	})
	must(t, err)
	b.portal, handler = p, p.Handler()
	t.Cleanup(func() {
		b.server.Close()
		must(t, p.Close(context.WithoutCancel(t.Context())))
	})
	for _, n := range []user.NewUser{{ID: 1, FirstName: "Ann", Admin: true}, {ID: 2, FirstName: "Bob", LastName: "Brown"}, {ID: 3, FirstName: "Carol"}} {
		n.Login = n.FirstName
		u, err := p.CreateUser(t.Context(), n)
		must(t, err)
		_, code, err := p.Apps.CreateWebhook(t.Context(), user.Ref{ID: u.ID, Admin: u.Admin, Access: access.Everything}, app.WebhookForm{Scopes: []string{app.AllScopes}})
		must(t, err)
		b.hooks[u.ID] = fmt.Sprintf("%d/%s/", u.ID, code)
	}
	must(t, p.Start(t.Context()))
	return b
}

// whole calls a method as a user and returns the answer.
func (b *bench) whole(user int64, method, params string) json.RawMessage {
	b.t.Helper()
	res, err := http.Post(b.server.URL+"/rest/"+b.hooks[user]+method, "application/json", strings.NewReader(params))
	must(b.t, err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	must(b.t, err)
	return raw
}

// call calls a method as a user and returns the result.
func (b *bench) call(user int64, method, params string) json.RawMessage {
	b.t.Helper()
	res, err := http.Post(b.server.URL+"/rest/"+b.hooks[user]+method, "application/json", strings.NewReader(params))
	must(b.t, err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	must(b.t, err)
	var a struct {
		Result json.RawMessage
		Error  string
		Total  *int64
		Next   *int64
	}
	must(b.t, json.Unmarshal(raw, &a))
	if res.StatusCode != http.StatusOK {
		b.t.Fatalf("%s %s: %d %s", method, params, res.StatusCode, raw)
	}
	if a.Total != nil {
		return json.RawMessage(fmt.Sprintf(`{"items":%s,"total":%d,"next":%d}`, a.Result, *a.Total, zero(a.Next)))
	}
	return a.Result
}

func zero(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

var token = regexp.MustCompile(`token=disk%7C[A-Za-z0-9_-]+`)

// masked hides what is different in every run.
func (b *bench) masked(raw json.RawMessage) string {
	text := strings.ReplaceAll(string(raw), b.server.URL, "https://portal")
	text = regexp.MustCompile(`"uniqueCode":"[A-Z2-7]{20}"`).ReplaceAllString(text, `"uniqueCode":"CODE"`)
	return token.ReplaceAllString(text, "token=T")
}

func (b *bench) want(what string, got json.RawMessage, want string) {
	b.t.Helper()
	if masked := b.masked(got); masked != want {
		b.t.Errorf("%s:\n%s\nwant\n%s", what, masked, want)
	}
}

func (b *bench) id(raw json.RawMessage) int64 {
	b.t.Helper()
	var v struct{ ID json.Number }
	must(b.t, json.Unmarshal(raw, &v))
	n, err := v.ID.Int64()
	must(b.t, err)
	return n
}

func (b *bench) field(raw json.RawMessage, name string) string {
	b.t.Helper()
	var v map[string]any
	must(b.t, json.Unmarshal(raw, &v))
	s, _ := v[name].(string)
	return s
}

// own returns the number of a user's own drive and of its root folder.
func (b *bench) own(user int64) (storage, root string) {
	b.t.Helper()
	list := b.call(user, "disk.storage.getList", `{"filter":{"ENTITY_TYPE":"user","ENTITY_ID":`+strconv.FormatInt(user, 10)+`}}`)
	var v struct {
		Items []struct{ ID, ROOT_OBJECT_ID string } //nolint:revive // as on the wire
	}
	must(b.t, json.Unmarshal(list, &v))
	if len(v.Items) != 1 {
		b.t.Fatalf("drives %s", list)
	}
	return v.Items[0].ID, v.Items[0].ROOT_OBJECT_ID
}

func (b *bench) get(address string) (int, http.Header, string) {
	b.t.Helper()
	res, err := http.Get(address)
	must(b.t, err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	must(b.t, err)
	return res.StatusCode, res.Header, string(raw)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func base(content string) string { return base64.StdEncoding.EncodeToString([]byte(content)) }

// A file that an application uploads is answered as documented, and its address gives it back to whoever has it, until the link is over
// or the user may not see the file any more.
func TestUploadAndDownload(t *testing.T) {
	t.Parallel()
	b := setup(t)
	storage, root := b.own(2)
	made := b.call(2, "disk.storage.uploadFile", `{"id":`+storage+`,"data":{"NAME":"Plan.txt"},"fileContent":["x.txt","`+base("the plan")+`"]}`)
	id := b.id(made)
	b.want("disk.storage.uploadFile", made, fmt.Sprintf(`{"ID":%d,"NAME":"Plan.txt","CODE":null,"STORAGE_ID":"%s","TYPE":"file","PARENT_ID":"%s",`+
		`"DELETED_TYPE":0,"GLOBAL_CONTENT_VERSION":1,"FILE_ID":1,"SIZE":"8","CREATE_TIME":"2026-03-02T12:00:00+00:00",`+
		`"UPDATE_TIME":"2026-03-02T12:00:00+00:00","DELETE_TIME":null,"CREATED_BY":"2","UPDATED_BY":"2","DELETED_BY":null,`+
		`"DOWNLOAD_URL":"https://portal/rest/download.json?token=T","DETAIL_URL":"https://portal/file/%d/"}`, id, storage, root, id))
	got := b.call(2, "disk.file.get", fmt.Sprintf(`{"id":%d}`, id))
	b.want("disk.file.get", got, fmt.Sprintf(`{"ID":"%d","NAME":"Plan.txt","CODE":null,"STORAGE_ID":"%s","TYPE":"file","PARENT_ID":"%s",`+
		`"DELETED_TYPE":"0","GLOBAL_CONTENT_VERSION":"1","FILE_ID":"1","SIZE":"8","CREATE_TIME":"2026-03-02T12:00:00+00:00",`+
		`"UPDATE_TIME":"2026-03-02T12:00:00+00:00","DELETE_TIME":null,"CREATED_BY":"2","UPDATED_BY":"2","DELETED_BY":"0",`+
		`"DOWNLOAD_URL":"https://portal/rest/download.json?token=T","DETAIL_URL":"https://portal/file/%d/"}`, id, storage, root, id))

	address := b.field(got, "DOWNLOAD_URL")
	status, header, body := b.get(address)
	if status != http.StatusOK || body != "the plan" || header.Get("Content-Disposition") != "attachment; filename=Plan.txt" ||
		header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("download: %d %q %v", status, body, header)
	}
	for what, bad := range map[string]string{
		"no token": b.server.URL + "/rest/download.json", "a changed token": address[:len(address)-1] + "!",
		"another file": strings.Replace(address, "disk%7CAQAAAAAAAAAC", "disk%7CAQAAAAAAAAAB", 1),
		"as an upload": strings.Replace(address, "download", "upload", 1),
	} {
		if status, _, body := b.get(bad); status != http.StatusForbidden || !strings.Contains(body, `"error":"FILE_LINK_INVALID"`) {
			t.Errorf("%s: %d %s", what, status, body)
		}
	}
	off := false
	_, err := b.portal.Users.Update(t.Context(), 2, user.Change{Active: &off})
	must(t, err)
	if status, _, body := b.get(address); status != http.StatusForbidden || !strings.Contains(body, "FILE_ACCESS_DENIED") {
		t.Errorf("the link of a person who left: %d %s", status, body)
	}
	on := true
	_, err = b.portal.Users.Update(t.Context(), 2, user.Change{Active: &on})
	must(t, err)
	b.clock.Advance(24 * time.Hour)
	if status, _, _ := b.get(address); status != http.StatusForbidden {
		t.Errorf("a link that is over: %d", status)
	}
}

// A client that has no room for Base64 asks for an address and posts a form there.
func TestUploadByAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, root := b.own(2)
	place := b.call(2, "disk.folder.uploadFile", `{"id":`+root+`,"generateUniqueName":true}`)
	b.want("disk.folder.uploadFile", place, `{"field":"file","uploadUrl":"https://portal/rest/upload.json?token=T"}`)
	post := func(name string) (int, string) {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		w, err := form.CreateFormFile("file", name)
		must(t, err)
		_, err = io.WriteString(w, "content of "+name)
		must(t, err)
		must(t, form.Close())
		res, err := http.Post(b.field(place, "uploadUrl"), form.FormDataContentType(), &body)
		must(t, err)
		defer func() { _ = res.Body.Close() }()
		raw, err := io.ReadAll(res.Body)
		must(t, err)
		return res.StatusCode, string(raw)
	}
	for _, want := range []string{"pic.jpg", "pic (1).jpg"} {
		status, body := post("pic.jpg")
		var v struct{ Result json.RawMessage }
		must(t, json.Unmarshal([]byte(body), &v))
		if status != http.StatusOK || b.field(v.Result, "NAME") != want || b.field(v.Result, "CREATED_BY") != "2" {
			t.Errorf("upload: %d %s, want the name %s", status, body, want)
		}
		if _, _, content := b.get(b.field(v.Result, "DOWNLOAD_URL")); content != "content of pic.jpg" {
			t.Errorf("downloaded %q", content)
		}
	}
	if status, _, body := b.get(b.field(place, "uploadUrl")); status != http.StatusBadRequest || !strings.Contains(body, "INVALID_REQUEST") {
		t.Errorf("GET of an upload: %d %s", status, body)
	}
	b.clock.Advance(time.Hour)
	if status, body := post("late.jpg"); status != http.StatusForbidden {
		t.Errorf("an upload after an hour: %d %s", status, body)
	}
}

// Lists are filtered, sorted and paged by the database.
func TestChildren(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, root := b.own(2)
	folder := b.call(2, "disk.folder.addSubFolder", `{"id":`+root+`,"data":{"NAME":"Reports"}}`)
	id := b.id(folder)
	b.want("disk.folder.addSubFolder", folder, fmt.Sprintf(`{"ID":%d,"NAME":"Reports","CODE":null,"STORAGE_ID":"1","TYPE":"folder","REAL_OBJECT_ID":%d,`+
		`"PARENT_ID":"%s","DELETED_TYPE":0,"CREATE_TIME":"2026-03-02T12:00:00+00:00","UPDATE_TIME":"2026-03-02T12:00:00+00:00","DELETE_TIME":null,`+
		`"CREATED_BY":"2","UPDATED_BY":"2","DELETED_BY":null,"DETAIL_URL":"https://portal/disk/%d/"}`, id, id, root, id))
	for i := range 60 {
		b.call(2, "disk.folder.uploadFile", fmt.Sprintf(`{"id":%d,"data":{"NAME":"report %02d.txt"},"fileContent":"%s"}`, id, i, base(strconv.Itoa(i))))
	}
	names := func(params string) string {
		var v struct {
			Items []struct{ NAME string }
			Total int64
			Next  int64
		}
		must(t, json.Unmarshal(b.call(2, "disk.folder.getChildren", params), &v))
		list := []string{}
		for _, i := range v.Items {
			list = append(list, i.NAME)
		}
		if len(list) > 3 {
			list = append(list[:1], "…", list[len(list)-1])
		}
		return fmt.Sprint(list, v.Total, v.Next)
	}
	at := strconv.FormatInt(id, 10)
	for params, want := range map[string]string{
		`{"id":` + at + `}`:                                                      "[report 00.txt … report 49.txt] 60 50",
		`{"id":` + at + `,"start":50}`:                                           "[report 50.txt … report 59.txt] 60 0",
		`{"id":` + at + `,"order":{"NAME":"DESC"}}`:                              "[report 59.txt … report 10.txt] 60 50",
		`{"id":` + at + `,"filter":{"%NAME":"REPORT 1"}}`:                        "[report 10.txt … report 19.txt] 10 0",
		`{"id":` + at + `,"filter":{"=%NAME":"%7.txt","!NAME":"report 07.txt"}}`: "[report 17.txt … report 57.txt] 5 0",
		`{"id":` + at + `,"filter":{"@NAME":["report 01.txt","x"]}}`:             "[report 01.txt] 1 0",
		`{"id":` + at + `,"filter":{"TYPE":"folder"}}`:                           "[] 0 0",
		`{"id":` + root + `,"filter":{"TYPE":"folder"}}`:                         "[Reports] 1 0",
	} {
		if got := names(params); got != want {
			t.Errorf("%s: %s, want %s", params, got, want)
		}
	}
	// What is not shared is not shown; what is shared by itself is.
	var v struct{ Items []struct{ NAME string } }
	must(t, json.Unmarshal(b.call(3, "disk.folder.getChildren", `{"id":`+root+`}`), &v))
	if len(v.Items) != 0 {
		t.Errorf("somebody else sees %v", v.Items)
	}
	b.call(2, "disk.folder.shareToUser", `{"id":`+at+`,"userId":3,"taskName":"disk_access_read"}`)
	must(t, json.Unmarshal(b.call(3, "disk.folder.getChildren", `{"id":`+root+`}`), &v))
	if len(v.Items) != 1 || v.Items[0].NAME != "Reports" {
		t.Errorf("somebody else sees %v", v.Items)
	}
}

// The trash keeps what went there together, and gives it back together.
func TestTrash(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, root := b.own(1)
	folder := b.id(b.call(1, "disk.folder.addSubFolder", `{"id":`+root+`,"data":{"NAME":"F"}}`))
	add := func(parent int64, name string) int64 {
		return b.id(b.call(1, "disk.folder.uploadFile", fmt.Sprintf(`{"id":%d,"data":{"NAME":"%s"},"fileContent":["","eA=="]}`, parent, name)))
	}
	early, late := add(folder, "early"), add(folder, "late")
	b.call(1, "disk.file.markDeleted", fmt.Sprintf(`{"id":%d}`, early))
	gone := b.call(1, "disk.folder.markDeleted", fmt.Sprintf(`{"id":%d}`, folder))
	if !strings.Contains(string(gone), `"DELETED_TYPE":3,`) || !strings.Contains(string(gone), `"DELETED_BY":"1"`) {
		t.Errorf("discarded %s", gone)
	}
	n, err := b.portal.Files.Many(t.Context(), []int64{early, late, folder})
	must(t, err)
	if len(n) != 0 {
		t.Errorf("in the trash, and yet there: %v", n)
	}
	again := b.id(b.call(1, "disk.folder.addSubFolder", `{"id":`+root+`,"data":{"NAME":"F"}}`))
	back := b.call(1, "disk.folder.restore", fmt.Sprintf(`{"id":%d}`, folder))
	if b.field(back, "NAME") != "F (1)" || again == folder {
		t.Errorf("restored %s", back)
	}
	n, err = b.portal.Files.Many(t.Context(), []int64{early, late, folder})
	must(t, err)
	if len(n) != 2 || n[late].ID == 0 {
		t.Errorf("after the restore there are %v; want the folder and what went with it", n)
	}
	b.call(1, "disk.file.restore", fmt.Sprintf(`{"id":%d}`, early))
	b.want("disk.folder.deleteTree", b.call(1, "disk.folder.deleteTree", fmt.Sprintf(`{"id":%d}`, folder)), "true")
	n, err = b.portal.Files.Many(t.Context(), []int64{early, late, folder, again})
	must(t, err)
	if len(n) != 1 {
		t.Errorf("after the end there are %v", n)
	}
}

// Every content of a file stays a version of it.
func TestVersions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, root := b.own(2)
	id := b.id(b.call(2, "disk.folder.uploadFile", `{"id":`+root+`,"data":{"NAME":"a.txt"},"fileContent":["a.txt","`+base("one")+`"]}`))
	at := strconv.FormatInt(id, 10)
	b.clock.Advance(time.Minute)
	second := b.call(2, "disk.file.uploadVersion", `{"id":`+at+`,"fileContent":["a.txt","`+base("second")+`"]}`)
	if !strings.Contains(string(second), `"GLOBAL_CONTENT_VERSION":2,`) || b.field(second, "SIZE") != "6" {
		t.Errorf("new version %s", second)
	}
	list := b.call(2, "disk.file.getVersions", `{"id":`+at+`}`)
	b.want("disk.file.getVersions", list, `{"items":[`+
		`{"ID":"2","OBJECT_ID":"`+at+`","SIZE":"6","NAME":"a.txt","GLOBAL_CONTENT_VERSION":"2","CREATE_TIME":"2026-03-02T12:01:00+00:00","CREATED_BY":"2","DOWNLOAD_URL":"https://portal/rest/download.json?token=T"},`+
		`{"ID":"1","OBJECT_ID":"`+at+`","SIZE":"3","NAME":"a.txt","GLOBAL_CONTENT_VERSION":"1","CREATE_TIME":"2026-03-02T12:00:00+00:00","CREATED_BY":"2","DOWNLOAD_URL":"https://portal/rest/download.json?token=T"}],"total":2,"next":0}`)
	old := b.call(2, "disk.version.get", `{"id":1}`)
	if _, _, body := b.get(b.field(old, "DOWNLOAD_URL")); body != "one" {
		t.Errorf("the old version holds %q", body)
	}
	back := b.call(2, "disk.file.restoreFromVersion", `{"id":`+at+`,"versionId":1}`)
	if _, _, body := b.get(b.field(back, "DOWNLOAD_URL")); body != "one" || !strings.Contains(string(back), `"GLOBAL_CONTENT_VERSION":3,`) {
		t.Errorf("restored %q, %s", body, back)
	}
}

func TestCopyAndMove(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, root := b.own(2)
	folder := func(parent, name string) string {
		return strconv.FormatInt(b.id(b.call(2, "disk.folder.addSubFolder", `{"id":`+parent+`,"data":{"NAME":"`+name+`"}}`)), 10)
	}
	a, c := folder(root, "A"), folder(root, "C")
	inner := folder(a, "Inner")
	b.call(2, "disk.folder.uploadFile", `{"id":`+inner+`,"data":{"NAME":"deep.txt"},"fileContent":["","`+base("deep")+`"]}`)
	copied := strconv.FormatInt(b.id(b.call(2, "disk.folder.copyTo", `{"id":`+a+`,"targetFolderId":`+c+`}`)), 10)
	var v struct {
		Items []struct{ ID, NAME, TYPE, DOWNLOAD_URL string }
	} //nolint:revive // as on the wire
	must(t, json.Unmarshal(b.call(2, "disk.folder.getChildren", `{"id":`+copied+`}`), &v))
	must(t, json.Unmarshal(b.call(2, "disk.folder.getChildren", `{"id":`+v.Items[0].ID+`}`), &v))
	if _, _, body := b.get(v.Items[0].DOWNLOAD_URL); v.Items[0].NAME != "deep.txt" || body != "deep" {
		t.Errorf("copied %+v with %q", v, body)
	}
	moved := b.call(2, "disk.folder.moveTo", `{"id":`+c+`,"targetFolderId":`+a+`}`)
	if !strings.Contains(string(moved), `"PARENT_ID":`+a+`,`) {
		t.Errorf("moved %s", moved)
	}
	for params, want := range map[string]string{
		`{"id":` + a + `,"targetFolderId":` + copied + `}`: "Could not move folder into itself",
		`{"id":` + root + `,"targetFolderId":` + a + `}`:   "Could not move root folder",
	} {
		res, err := http.Post(b.server.URL+"/rest/"+b.hooks[2]+"disk.folder.moveTo", "application/json", strings.NewReader(params))
		must(t, err)
		raw, err := io.ReadAll(res.Body)
		must(t, err)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusBadRequest || !strings.Contains(string(raw), want) {
			t.Errorf("%s: %d %s", params, res.StatusCode, raw)
		}
	}
}

// The workflow of the pages im.disk.*: folder, upload, commit; then saving and deleting.
func TestFilesInChats(t *testing.T) {
	t.Parallel()
	b := setup(t)
	chat, err := b.portal.IM.CreateGroup(t.Context(), im.NewGroup{OwnerID: 2, Title: "Project", MemberIDs: []int64{3}})
	must(t, err)
	at := strconv.FormatInt(chat.ID, 10)
	folder := b.call(2, "im.disk.folder.get", `{"DIALOG_ID":"chat`+at+`"}`)
	root := strconv.FormatInt(b.id(folder), 10)
	b.want("im.disk.folder.get", b.call(2, "im.disk.folder.get", `{"CHAT_ID":`+at+`}`), `{"ID":`+root+`}`)
	up := b.call(2, "disk.folder.uploadFile", `{"id":`+root+`,"data":{"NAME":"note.txt"},"fileContent":["note.txt","`+base("hello")+`"]}`)
	id := strconv.FormatInt(b.id(up), 10)
	done := b.call(2, "im.disk.file.commit", `{"CHAT_ID":`+at+`,"FILE_ID":[`+id+`],"MESSAGE":"Look"}`)
	var v struct {
		MESSAGE_ID int64 //nolint:revive // as on the wire
	}
	must(t, json.Unmarshal(done, &v))
	link := `"https://portal/rest/download.json?token=T"`
	b.want("im.disk.file.commit", done, `{"FILES":{"upload`+id+`":{"id":`+id+`,"chatId":`+at+`,"date":{},"type":"file","name":"note.txt","extension":"txt",`+
		`"size":5,"image":false,"status":"done","progress":100,"authorId":2,"authorName":"Bob Brown","urlPreview":"","urlShow":`+link+`,"urlDownload":`+link+`,`+
		`"viewerAttrs":{"viewer":"","viewerType":"code","src":`+link+`,"viewerResized":"","objectId":"`+id+`","viewerGroupBy":"`+at+`","imChatId":`+at+`,"title":"note.txt",`+
		`"actions":"[{\"type\":\"download\"},{\"params\":{\"fileId\":\"`+id+`\"},\"text\":\"Save to Drive\",\"type\":\"copyToMe\"}]"},"mediaUrl":{"preview":{"250":""}},`+
		`"isTranscribable":false,"isVideoNote":false,"isVoiceNote":false}},"DISK_ID":["`+id+`"],"FILE_MODELS":{"upload`+id+`":{"id":`+id+`,"name":"note.txt","createTime":{},`+
		`"updateTime":{},"deleteTime":null,"code":null,"xmlId":null,"storageId":1,"realObjectId":`+id+`,"parentId":`+root+`,"deletedType":0,"createdBy":"2","updatedBy":"2",`+
		`"deletedBy":"0","uniqueCode":"CODE","typeFile":4,"globalContentVersion":1,"fileId":1,"size":5,"etag":"2cf24dba5fb0a30e26e83b2ac5b9e29e",`+
		`"links":{"download":`+link+`,"preview":"","showInGrid":"https://portal/file/`+id+`/"}}},"MESSAGE_ID":`+strconv.FormatInt(v.MESSAGE_ID, 10)+`}`)
	m, _, err := b.portal.IM.Message(t.Context(), 3, v.MESSAGE_ID)
	must(t, err)
	if m.Text != "Look" || m.AuthorID != 2 || len(m.Extra.Files) != 1 {
		t.Errorf("the chat has %+v", m)
	}

	saved := b.call(3, "im.disk.file.save", `{"FILE_ID":`+id+`}`)
	var s struct {
		Folder, File struct {
			ID   int64
			Name string
		}
	}
	must(t, json.Unmarshal(saved, &s))
	if s.Folder.Name != "Saved Files" || s.File.Name != "note.txt" || strconv.FormatInt(s.File.ID, 10) == id {
		t.Errorf("saved %s", saved)
	}
	mine := b.call(3, "disk.file.get", fmt.Sprintf(`{"id":%d}`, s.File.ID))
	if b.field(mine, "PARENT_ID") != strconv.FormatInt(s.Folder.ID, 10) || b.field(mine, "CREATED_BY") != "3" {
		t.Errorf("saved %s", mine)
	}
	second := b.call(3, "im.disk.file.save", `{"FILE_ID":`+id+`}`)
	must(t, json.Unmarshal(second, &s))
	if s.File.Name != "note (1).txt" {
		t.Errorf("saved again %s", second)
	}

	params := `{"CHAT_ID":` + at + `,"FILE_ID":` + id + `}`
	b.want("delete by who is not in the chat", b.call(1, "im.disk.file.delete", params), "false")
	b.want("delete by another member", b.call(3, "im.disk.file.delete", params), "true")
	b.want("the file after that", b.call(3, "disk.folder.getChildren", `{"id":`+root+`,"filter":{"ID":0}}`), `{"items":[],"total":0,"next":0}`)
	if _, err := b.portal.Files.Get(t.Context(), actor(3), b.id(up)); err != nil {
		t.Errorf("another member deleted the file: %v", err)
	}
	b.want("delete by who sent it", b.call(2, "im.disk.file.delete", params), "true")
	b.want("delete it again", b.call(2, "im.disk.file.delete", params), "false")
	if _, _, err := b.portal.IM.Message(t.Context(), 3, v.MESSAGE_ID); err != nil {
		t.Errorf("the message with a text went with its file: %v", err)
	}
	b.want("what Carol saved is hers", b.call(3, "disk.folder.getChildren", fmt.Sprintf(`{"id":%d,"filter":{"ID":0}}`, s.Folder.ID)), `{"items":[],"total":0,"next":0}`)
}

// A message that was nothing but the file is removed with it; a file from one's own drive is copied into the chat.
func TestCommitFromOwnDrive(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, root := b.own(2)
	id := b.id(b.call(2, "disk.folder.uploadFile", `{"id":`+root+`,"data":{"NAME":"note.txt"},"fileContent":["note.txt","`+base("hello")+`"]}`))
	for _, name := range []string{"SILENT_MODE", "AS_FILE"} {
		if raw := b.whole(2, "im.disk.file.commit", fmt.Sprintf(`{"DIALOG_ID":3,"UPLOAD_ID":%d,"%s":"maybe"}`, id, name)); !strings.Contains(string(raw), `"ERROR_ARGUMENT"`) {
			t.Errorf("%s=maybe: %s", name, raw)
		}
	}
	done := b.call(2, "im.disk.file.commit", fmt.Sprintf(`{"DIALOG_ID":3,"UPLOAD_ID":%d}`, id))
	var v struct {
		DISK_ID    []string //nolint:revive // as on the wire
		MESSAGE_ID int64    //nolint:revive // as on the wire
		FILES      map[string]struct {
			ID, ChatID int64
		}
	}
	must(t, json.Unmarshal(done, &v))
	f, ok := v.FILES["upload"+strconv.FormatInt(id, 10)]
	if !ok || f.ID == id || v.DISK_ID[0] != strconv.FormatInt(f.ID, 10) {
		t.Fatalf("committed %s", done)
	}
	if _, err := b.portal.Files.Get(t.Context(), actor(3), f.ID); err != nil {
		t.Errorf("the other person cannot read the file: %v", err)
	}
	if _, err := b.portal.Files.Get(t.Context(), actor(3), id); err == nil {
		t.Error("the other person reads the original")
	}
	b.want("delete", b.call(2, "im.disk.file.delete", fmt.Sprintf(`{"CHAT_ID":%d,"FILE_ID":%d}`, f.ChatID, f.ID)), "true")
	m, _, err := b.portal.IM.Message(t.Context(), 3, v.MESSAGE_ID)
	if err != nil || m.Deleted.IsZero() {
		t.Errorf("the message that was the file: %+v, %v", m, err)
	}
}

// What is not sent leaves nothing in the folder of the chat, neither where the sender may not write nor where one of the files is none.
func TestCommitThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, root := b.own(2)
	id := b.id(b.call(2, "disk.folder.uploadFile", `{"id":`+root+`,"data":{"NAME":"note.txt"},"fileContent":["note.txt","`+base("hello")+`"]}`))
	chat, err := b.portal.IM.CreateGroup(t.Context(), im.NewGroup{OwnerID: 2, Title: "Quiet"})
	must(t, err)
	folder := strconv.FormatInt(b.id(b.call(2, "im.disk.folder.get", fmt.Sprintf(`{"CHAT_ID":%d}`, chat.ID))), 10)
	empty := func(what string) {
		t.Helper()
		b.want(what, b.call(2, "disk.folder.getChildren", `{"id":`+folder+`,"filter":{"TYPE":"file"}}`), `{"items":[],"total":0,"next":0}`)
	}
	if raw := b.whole(2, "im.disk.file.commit", fmt.Sprintf(`{"CHAT_ID":%d,"FILE_ID":[%d,4711]}`, chat.ID, id)); !strings.Contains(string(raw), `"SAVE_ERROR"`) {
		t.Errorf("one file is none: %s", raw)
	}
	empty("after a file that is none")
	must(t, b.portal.IM.SetTextField(t.Context(), chat.ID, false))
	if raw := b.whole(2, "im.disk.file.commit", fmt.Sprintf(`{"CHAT_ID":%d,"FILE_ID":%d}`, chat.ID, id)); !strings.Contains(string(raw), `"ACCESS_ERROR"`) {
		t.Errorf("nobody may write: %s", raw)
	}
	empty("where nobody may write")
	if _, err := b.portal.Files.Get(t.Context(), actor(2), id); err != nil {
		t.Errorf("the file on the own drive: %v", err)
	}
}

// Forms of PHP send lists with brackets, and "+" as it is.
func TestFormEncodedUpload(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, root := b.own(2)
	content := "\xfb\xef\xbe\xff any bytes" // its Base64 has + and /
	form := url.Values{"id": {root}, "data[NAME]": {"b.bin"}, "fileContent[0]": {"b.bin"}}.Encode() + "&fileContent[1]=" + base(content)
	res, err := http.Post(b.server.URL+"/rest/"+b.hooks[2]+"disk.folder.uploadfile.json", "application/x-www-form-urlencoded", strings.NewReader(form))
	must(t, err)
	defer func() { _ = res.Body.Close() }()
	var a struct{ Result json.RawMessage }
	must(t, json.NewDecoder(res.Body).Decode(&a))
	if _, _, body := b.get(b.field(a.Result, "DOWNLOAD_URL")); body != content {
		t.Errorf("stored %q, want %q", body, content)
	}
}

func actor(id int64) file.Actor { return file.Actor{UserID: id} }

// A file may be kept from the client of an open channel; in other chats nobody is kept from one.
func TestFilesThatAClientDoesNotGet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		kind  im.Type
		mode  string
		inner bool
	}{
		{im.Lines, "", false}, {im.Lines, `,"SILENT_MODE":"Y"`, false}, {im.Lines, `,"SILENT_MODE":"N"`, true}, {im.Closed, `,"SILENT_MODE":"N"`, false},
	} {
		chat, err := b.portal.IM.CreateGroup(t.Context(), im.NewGroup{OwnerID: 2, Title: "Vera", Type: c.kind})
		must(t, err)
		at := strconv.FormatInt(chat.ID, 10)
		root := strconv.FormatInt(b.id(b.call(2, "im.disk.folder.get", `{"CHAT_ID":`+at+`}`)), 10)
		up := b.call(2, "disk.folder.uploadFile", `{"id":`+root+`,"data":{"NAME":"note.txt"},"fileContent":["note.txt","`+base("hello")+`"]}`)
		b.call(2, "im.disk.file.commit", `{"CHAT_ID":`+at+`,"FILE_ID":`+strconv.FormatInt(b.id(up), 10)+c.mode+`}`)
		chat, err = b.portal.IM.Get(t.Context(), 2, chat.ID)
		must(t, err)
		m, _, err := b.portal.IM.Message(t.Context(), 2, chat.LastMessageID)
		must(t, err)
		if m.Inner != c.inner || len(m.Extra.Files) != 1 {
			t.Errorf("%s%s: %+v", c.kind, c.mode, m)
		}
	}
}
