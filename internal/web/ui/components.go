package ui

import (
	"fmt"
	"hash/fnv"
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Option is a choice of a select.
type Option struct {
	Value string
	Title string
}

// Tab is one of several views of the same thing.
type Tab struct {
	Title   string
	URL     string
	Current bool
	Count   int // shown when > 0
	// Group is the head under which it stands in a list beside the page; tabs without one are a row. Icon is its picture there.
	Group, Icon string
}

// Funcs returns the components as template functions; the package doc lists them.
func Funcs() template.FuncMap {
	return template.FuncMap{
		"icon": Icon, "avatar": Avatar, "button": button, "field": field, "textarea": textarea, "select": selectField,
		"checkbox": checkbox, "switch": switchField, "tile": tile, "badge": badge, "empty": empty, "tabs": tabs,
		"people": people, "secret": secret, "copyfield": copyField, "kbd": kbd, "skeleton": skeleton, "notice": notice,
	}
}

// hues are the colours behind initials, by number; white text on them passes AA. See avatar.css.
const hues = 12

// HueOf returns the number of the colour that belongs to name.
func HueOf(name string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	return int(h.Sum32() % hues)
}

// Initials returns the first letters of the first and last word of name.
func Initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	if len(words) == 0 {
		return "?"
	}
	s := initial(words[0])
	if len(words) > 1 {
		s += initial(words[len(words)-1])
	}
	return s
}

func initial(word string) string {
	r, _ := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(r))
}

// Avatar returns the picture at url, or the initials of name on color (a CSS hex colour; empty takes one from the name).
// size is in pixels. Named arguments: presence ("online", "away", "busy", "offline"), square, icon (instead of initials).
func Avatar(name, color, url string, size int, kv ...any) (template.HTML, error) {
	a, err := pairs("avatar", "presence square icon class", kv)
	if err != nil {
		return "", err
	}
	style := template.CSS(fmt.Sprintf("--size:%dpx", size)) //nolint:gosec // a number
	if isHex(color) {
		style += template.CSS(";--hue:" + color) //nolint:gosec // checked to be a hex colour
	}
	return render("avatar", map[string]any{
		"Name": name, "URL": url, "Style": style, "Hue": HueOf(name), "Initials": Initials(name), "Size": size,
		"Presence": a.str("presence", ""), "Square": a.is("square"), "Icon": a.str("icon", ""), "Class": a.str("class", ""),
		"Dark": isHex(color) && needsDarkText(color), "Own": isHex(color),
	})
}

func isHex(c string) bool {
	if len(c) != 4 && len(c) != 7 || c[0] != '#' {
		return false
	}
	for _, r := range c[1:] {
		if !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return false
		}
	}
	return true
}

// needsDarkText reports whether white text on the colour c would not pass AA.
func needsDarkText(c string) bool {
	if len(c) == 4 {
		c = string([]byte{'#', c[1], c[1], c[2], c[2], c[3], c[3]})
	}
	var r, g, b uint8
	if _, err := fmt.Sscanf(c, "#%02x%02x%02x", &r, &g, &b); err != nil {
		return false
	}
	return 1.05/(luminance(r, g, b)+0.05) < 4.5
}

func button(label string, kv ...any) (template.HTML, error) {
	a, err := pairs("button", "kind icon url slider key name value type small title disabled post class id form", kv)
	if err != nil {
		return "", err
	}
	return render("button", map[string]any{
		"Label": label, "Kind": a.str("kind", "plain"), "Icon": a.str("icon", ""), "URL": a.str("url", ""),
		"Slider": a.is("slider"), "Key": a.str("key", ""), "Name": a.str("name", ""), "Value": a.str("value", ""),
		"Type": a.str("type", "submit"), "Small": a.is("small"), "Title": a.str("title", ""), "Disabled": a.is("disabled"),
		"Post": a.str("post", ""), "Class": a.str("class", ""), "ID": a.str("id", ""), "Form": a.str("form", ""),
	})
}

func badge(text string, kv ...any) (template.HTML, error) {
	a, err := pairs("badge", "tone icon count title", kv)
	if err != nil {
		return "", err
	}
	return render("badge", map[string]any{
		"Text": text, "Tone": a.str("tone", "neutral"), "Icon": a.str("icon", ""), "Count": a.is("count"), "Title": a.str("title", ""),
	})
}

func tile(title, url string, kv ...any) (template.HTML, error) {
	a, err := pairs("tile", "icon image text badge tone slider", kv)
	if err != nil {
		return "", err
	}
	return render("tile", map[string]any{
		"Title": title, "URL": url, "Icon": a.str("icon", ""), "Image": a.str("image", ""), "Text": a.str("text", ""),
		"Badge": a.str("badge", ""), "Tone": a.str("tone", "accent"), "Slider": a.is("slider"),
	})
}

func empty(title string, kv ...any) (template.HTML, error) {
	a, err := pairs("empty", "text icon action url slider", kv)
	if err != nil {
		return "", err
	}
	return render("empty", map[string]any{
		"Title": title, "Text": a.str("text", ""), "Icon": a.str("icon", "inbox"), "Action": a.str("action", ""),
		"URL": a.str("url", ""), "Slider": a.is("slider"),
	})
}

func tabs(list []Tab) (template.HTML, error) { return render("tabs", list) }

func kbd(keys string) (template.HTML, error) {
	var alternatives [][]string
	for alt := range strings.SplitSeq(keys, " / ") {
		alternatives = append(alternatives, strings.Fields(alt))
	}
	return render("kbd", alternatives)
}

// skeleton stands in for n lines that are on their way.
func skeleton(n int) (template.HTML, error) { return render("skeleton", make([]struct{}, n)) }

// notice says something about the page: tone is info, success, warning or danger.
func notice(tone, text string) (template.HTML, error) {
	icons := map[string]string{"info": "info", "success": "check-circle", "warning": "warning", "danger": "warning"}
	name, ok := icons[tone]
	if !ok {
		return "", fmt.Errorf("ui: notice has no tone %q", tone)
	}
	return render("notice", map[string]string{"Tone": tone, "Text": text, "Icon": name})
}

func secret(label, value string, kv ...any) (template.HTML, error) {
	a, err := pairs("secret", "masked help", kv)
	if err != nil {
		return "", err
	}
	return render("secret", map[string]any{
		"Label": label, "Value": value, "Masked": a.is("masked"), "Help": a.str("help", ""), "Secret": true, "ID": fieldID(label),
	})
}

func copyField(label, value string, kv ...any) (template.HTML, error) {
	a, err := pairs("copyfield", "help", kv)
	if err != nil {
		return "", err
	}
	return render("secret", map[string]any{
		"Label": label, "Value": value, "Masked": false, "Help": a.str("help", ""), "Secret": false, "ID": fieldID(label),
	})
}
