package ui

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the drawings
	"encoding/hex"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"sync"
)

// drawings are the icons: a line each, the name and its SVG elements on a grid of 20, drawn with a stroke of 1.5.
//
//go:embed icon/icons.txt
var drawings string

var icons = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(drawings) {
		name, shape, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || name == "#" {
			continue
		}
		if m[name] != "" {
			panic("ui: icon " + name + " drawn twice")
		}
		m[name] = shape
	}
	return m
})

// Icons returns the names of the icon set, sorted.
func Icons() []string { return slices.Sorted(maps.Keys(icons())) }

// Sprite returns the icon set as one SVG file of symbols.
func Sprite() []byte { return sprite() }

var sprite = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">`)
	for _, name := range Icons() {
		fmt.Fprintf(&b, `<symbol id="%s" viewBox="0 0 20 20" overflow="visible" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">%s</symbol>`,
			name, icons()[name])
	}
	b.WriteString(`</svg>`)
	return b.Bytes()
})

// SpriteHash returns the hash in the sprite's address.
func SpriteHash() string { return spriteHash() }

var spriteHash = sync.OnceValue(func() string {
	sum := sha256.Sum256(Sprite())
	return hex.EncodeToString(sum[:])[:12]
})

// Icon returns the icon name. Named arguments: size in pixels (20), label (what it means; without one it is hidden from
// screen readers), class. An unknown name is an error.
func Icon(name string, kv ...any) (template.HTML, error) {
	if icons()[name] == "" {
		return "", fmt.Errorf("ui: no icon %q", name)
	}
	size, meaning, class := 20, ` aria-hidden="true"`, "icon"
	if len(kv) > 0 {
		a, err := pairs("icon", "size label class", kv)
		if err != nil {
			return "", err
		}
		size = a.num("size", size)
		if l := a.str("label", ""); l != "" {
			meaning = ` role="img" aria-label="` + template.HTMLEscapeString(l) + `"`
		}
		if c := a.str("class", ""); c != "" {
			class += " " + template.HTMLEscapeString(c)
		}
	}
	return template.HTML(fmt.Sprintf(`<svg class="%s" width="%d" height="%d"%s><use href="/assets/%s/icons/icons.svg#%s"/></svg>`, //nolint:gosec // escaped above
		class, size, size, meaning, SpriteHash(), name)), nil
}
