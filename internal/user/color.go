package user

import (
	"hash/fnv"
	"strings"
)

// colors are the colours behind initials in the order of the documentation
// (api-reference/chat-bots/chat-bots-v2/imbot.v2/bots/bot-register.md), by the names of the older methods.
var colors = []struct{ code, hex string }{
	{"RED", "#df532d"},
	{"GREEN", "#64a513"},
	{"MINT", "#4ba984"},
	{"LIGHT_BLUE", "#4ba5c3"},
	{"DARK_BLUE", "#3e99ce"},
	{"PURPLE", "#8474c8"},
	{"AQUA", "#1eb4aa"},
	{"PINK", "#f76187"},
	{"LIME", "#58cc47"},
	{"BROWN", "#ab7761"},
	{"AZURE", "#29619b"},
	{"KHAKI", "#728f7a"},
	{"SAND", "#ba9c7b"},
	{"MARENGO", "#556574"},
	{"GRAY", "#909090"},
	{"GRAPHITE", "#5e5f5e"},
}

// ColorOf returns the colour named code, e.g. "#29619b" for "AZURE"; "" for an unknown one.
func ColorOf(code string) string {
	for _, c := range colors {
		if c.code == code {
			return c.hex
		}
	}
	return ""
}

// colorCode returns code in its spelling when it is known, else one that belongs to name.
func colorCode(code, name string) string {
	if code = strings.ToUpper(code); ColorOf(code) != "" {
		return code
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	return colors[h.Sum32()%uint32(len(colors))].code
}
