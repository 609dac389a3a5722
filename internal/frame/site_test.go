package frame_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/frame"
)

// packed returns a zip archive of names and contents by turns.
func packed(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = w.Write([]byte(files[i+1]))
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

func TestUpload(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *frame.Service, a *apps) {
		a.of[4] = frame.App{ID: 4, Name: "Page", Static: true, HasPage: true, Installed: true}
		_, err := s.Site(t.Context(), 4)
		wantCode(t, "before the upload", err, "NO_FILES")
		one, err := s.Upload(t.Context(), anna, 4, "page.zip", packed(t, "app/index.html", "<p>1", "app/js/a.js", "let a", "app/install.html", "<p>setup"))
		if err != nil {
			t.Fatal(err)
		}
		if one.Files != 3 || one.Bytes != 17 || one.By != 1 || len(one.Key) != 32 {
			t.Errorf("%+v", one)
		}
		if got := a.of[4]; got.HandlerURL != "/marketplace/site/"+one.Key+"/index.html" || got.InstallURL != "/marketplace/site/"+one.Key+"/install.html" || got.Installed {
			t.Errorf("the application %+v", got)
		}
		for path, want := range map[string]string{"": "<p>1", "index.html": "<p>1", "js/a.js": "let a"} {
			if body, _, err := s.File(t.Context(), one.Key, path); err != nil || string(body) != want {
				t.Errorf("%q: %q, %v", path, body, err)
			}
		}
		o, err := s.Open(t.Context(), anna, frame.Request{AppID: 4})
		if err != nil || !o.Sandboxed || o.Origin != "null" || !o.Install || len(o.Fields) != 0 ||
			!strings.HasPrefix(o.Address, "/marketplace/site/"+one.Key+"/install.html?DOMAIN=portal.test%3A8443&") {
			t.Errorf("opened %+v, %v", o, err)
		}
		two, err := s.Upload(t.Context(), anna, 4, "other.HTML", []byte("<p>2"))
		if err != nil {
			t.Fatal(err)
		}
		if got := a.of[4]; got.InstallURL != "" || two.Key != one.Key {
			t.Errorf("the application %+v", got)
		}
		if body, _, err := s.File(t.Context(), one.Key, "index.html"); err != nil || string(body) != "<p>2" {
			t.Errorf("%q, %v", body, err)
		}
		_, _, err = s.File(t.Context(), one.Key, "js/a.js")
		wantCode(t, "a file of the upload before", err, "NO_FILE")
	})
}

func TestUploadRefusals(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *frame.Service, a *apps) {
		a.of[4] = frame.App{ID: 4, Name: "Page", Static: true, HasPage: true, Installed: true}
		page := []byte("<p>")
		_, err := s.Upload(t.Context(), ben, 4, "a.html", page)
		wantCode(t, "an employee", err, "ACCESS_DENIED")
		_, err = s.Upload(t.Context(), anna, 2, "a.html", page)
		wantCode(t, "a server", err, "NOT_STATIC")
		_, err = s.Upload(t.Context(), anna, 9, "a.html", page)
		wantCode(t, "no application", err, "APP_NOT_FOUND")
		var many []string
		for i := range 501 {
			many = append(many, strings.Repeat("a", i/26)+string(rune('a'+i%26)), "x")
		}
		for what, tc := range map[string]struct {
			name string
			body []byte
			text string
		}{
			"nothing":         {"a.zip", nil, "Choose"},
			"a program":       {"a.exe", page, "Choose"},
			"no archive":      {"a.zip", page, "cannot be read"},
			"without a page":  {"a.zip", packed(t, "main.html", "x"), "no index.html"},
			"in two folders":  {"a.zip", packed(t, "a/index.html", "x", "b/x.js", "x"), "no index.html"},
			"out of itself":   {"a.zip", packed(t, "../index.html", "x"), "cannot be kept"},
			"from the root":   {"a.zip", packed(t, "/index.html", "x"), "cannot be kept"},
			"twice":           {"a.zip", packed(t, "index.html", "x", "index.html", "y"), "twice"},
			"too many":        {"a.zip", packed(t, many...), "500 files"},
			"a zip bomb":      {"a.zip", packed(t, "index.html", strings.Repeat("a", 20<<20+1)), "20 MB"},
			"a large archive": {"a.html", make([]byte, frame.MaxUpload+1), "10 MB"},
		} {
			_, err := s.Upload(t.Context(), anna, 4, tc.name, tc.body)
			f := fault.Of(err)
			if err == nil || f.Field != "file" || !strings.Contains(f.Text, tc.text) {
				t.Errorf("%s: %v at %q", what, err, f.Field)
			}
		}
		if _, err := s.Site(t.Context(), 4); !errors.Is(err, frame.ErrNoSite) {
			t.Errorf("something was kept: %v", err)
		}
	})
}
