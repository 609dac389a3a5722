package connector

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestIcons(t *testing.T) {
	t.Parallel()
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="100%"/>`
	kept := "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg))
	for what, image := range map[string]string{
		"escaped":            "data:image/svg+xml,%3Csvg%20xmlns=%22http://www.w3.org/2000/svg%22%20width=%22100%25%22/%3E",
		"with a charset":     "data:image/svg+xml;charset=US-ASCII,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 width=%22100%25%22/%3E",
		"as it is":           "data:image/svg+xml;utf8," + svg,
		"in base64":          kept,
		"without the ends":   strings.TrimRight(kept, "="),
		"in capital letters": "DATA:IMAGE/SVG+XML," + svg,
	} {
		i, err := Icon{Image: image, Color: " #69ACC0 ", Size: "90%", Position: "left  top"}.check()
		if err != nil || i != (Icon{kept, "#69ACC0", "90%", "left top"}) {
			t.Errorf("%s: %+v, %v", what, i, err)
		}
	}
	for _, image := range []string{
		"", "x", "data:", "data:,", "data:text/html,<svg", "data:image/svg+xml", "data:image/svg+xml,", "data:image/svg+xml;base64,!!!",
		"https://example.com/x.svg", "javascript:alert(1)", "data:image/svg+xml,<script>alert(1)</script>",
	} {
		if i, err := (Icon{Image: image}).check(); err == nil {
			t.Errorf("%q: %+v", image, i)
		}
	}
	for _, look := range []string{"red;position:fixed", "url(https://evil.example/)", "expression(x)", "90%}", "1px 2px 3px", `"`} {
		i, err := Icon{Image: kept, Color: look, Size: look, Position: look}.check()
		if err != nil || i != (Icon{Image: kept}) {
			t.Errorf("%q: %+v, %v", look, i, err)
		}
	}
}

// FuzzIcon holds to what pages rely on: whatever an application sends, what is kept is a picture in base64 with looks that end
// where they are written.
func FuzzIcon(f *testing.F) {
	f.Add("data:image/svg+xml,%3Csvg/%3E", "#fff", "90% 10px", "left top")
	f.Add("data:image/png;base64,iVBORw0KGgo=", "rgba(1, 2, 3, .5)", "cover", "-10% 1.5em")
	f.Fuzz(func(t *testing.T, image, color, size, position string) {
		i, err := Icon{image, color, size, position}.check()
		if err != nil {
			return
		}
		if strings.ContainsAny(i.Image, "<>\"' ") || !strings.HasPrefix(i.Image, "data:image/") || strings.ContainsAny(i.Color+i.Size+i.Position, ";:{}\"'<>\\@") {
			t.Errorf("%+v", i)
		}
		if back, err := loadIcon(i.store()); err != nil || back != i {
			t.Errorf("%+v became %+v, %v", i, back, err)
		}
	})
}
