package im

import (
	"strings"

	"github.com/portico-hq/portico/internal/user"
)

// colorCodes are the names of the colours that a chat may have
// (api-reference/chats/chat-update/im-chat-update-color.md).
var colorCodes = [...]string{
	"RED", "GREEN", "MINT", "LIGHT_BLUE", "DARK_BLUE", "PURPLE", "AQUA", "PINK", "LIME", "BROWN", "AZURE", "KHAKI", "SAND",
	"MARENGO", "GRAY", "GRAPHITE",
}

// Colors returns the names of the colours that a chat may have.
func Colors() []string { return colorCodes[:] }

// colorCode returns code in its spelling when it is known, else one that belongs to the title.
func colorCode(code, title string) string {
	if code = strings.ToUpper(code); user.ColorOf(code) != "" {
		return code
	}
	sum := 0
	for _, r := range title {
		sum += int(r)
	}
	return colorCodes[sum%len(colorCodes)]
}
