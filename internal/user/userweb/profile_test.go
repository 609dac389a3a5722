package userweb_test

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestProfileIsOnesOwnToChange(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	form := url.Values{
		"first_name": {"Anna"}, "last_name": {"Berg"}, "mobile": {"+49 12"}, "uf_skills": {"Go & SQL"}, "time_zone": {"Asia/Tokyo"},
		"clock": {"12"}, "theme": {"dark"}, "language": {"de"}, "position": {"Queen"}, "email": {"x@example.com"}, "admin": {""},
	}
	b.says(b.post("/profile/", form), http.StatusSeeOther)
	b.shows("/profile/", "Go &amp; SQL", `value="Asia/Tokyo"`, `<option value="12" selected>`, `<option value="de" selected>`, `data-theme="dark"`, `data-zone="Asia/Tokyo"`)
	u, err := b.users.Get(t.Context(), 1)
	if err != nil || u.Position != "Head" || u.Email != "anna@example.com" || !u.Admin || !u.Clock12 || u.TimeZone != "Asia/Tokyo" {
		t.Errorf("%+v, %v", u, err)
	}
	form.Set("time_zone", "Mars/Base")
	form.Set("city", "Kiel")
	b.says(b.post("/profile/", form), http.StatusUnprocessableEntity, "There is no such time zone.", `value="Mars/Base"`, `value="Kiel"`)
	b.shows("/profile/", `value="Asia/Tokyo"`, `!value="Kiel"`)
	form.Set("time_zone", "")
	form.Set("theme", "pink")
	b.says(b.post("/profile/", form), http.StatusUnprocessableEntity)
}

func TestPhotoIsUploadedAndRemoved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	upload := func(content []byte) *httptest.ResponseRecorder {
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		f, err := m.CreateFormFile("photo", "me.png")
		b.must(nil, err)
		_, err = f.Write(content)
		b.must(nil, err)
		b.must(nil, m.Close())
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/profile/photo", &body)
		r.Header.Set("Content-Type", m.FormDataContentType())
		r.AddCookie(&http.Cookie{Name: "portico_session", Value: b.token})
		w := httptest.NewRecorder()
		b.portal.ServeHTTP(w, r)
		return w
	}
	b.says(upload(nil), http.StatusUnprocessableEntity, "Choose a picture.")
	b.says(upload([]byte("<svg>")), http.StatusUnprocessableEntity, "The picture must be PNG, JPEG, GIF or WebP.")
	b.says(upload(bytes.Repeat([]byte("x"), 1<<20+1)), http.StatusUnprocessableEntity, "The picture is larger than 1 MB.")
	var pic bytes.Buffer
	b.must(nil, png.Encode(&pic, image.NewGray(image.Rect(0, 0, 40, 40))))
	b.says(upload(pic.Bytes()), http.StatusSeeOther)
	u, _ := b.users.Get(t.Context(), 1)
	if !strings.HasPrefix(u.AvatarPath(), "/avatar/1/") {
		t.Errorf("picture %q", u.AvatarPath())
	}
	b.shows("/profile/", u.AvatarPath(), "Remove photo")
	b.says(b.post("/profile/photo", url.Values{"remove": {"1"}}), http.StatusSeeOther)
	b.shows("/profile/", "!Remove photo")
}
