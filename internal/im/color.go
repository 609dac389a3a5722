package im

import (
	"context"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/db"
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

// KnownColor reports whether code is the name of a colour that a chat may have.
func KnownColor(code string) bool { return slices.Contains(colorCodes[:], code) }

// NextColor returns a colour for a chat that has none, the given one where it is known, and how many groups of that colour there
// would be with it.
func (s *Service) NextColor(ctx context.Context, code string) (string, int64, error) {
	code = strings.ToUpper(strings.TrimSpace(code))
	var n int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		if !KnownColor(code) {
			var groups int64
			if err := tx.QueryRow(ctx, "SELECT COALESCE(MAX(id), 0) FROM chat").Scan(&groups); err != nil {
				return wrap("count chats", err)
			}
			code = colorCodes[groups%int64(len(colorCodes))]
		}
		return wrap("count chats", tx.QueryRow(ctx, "SELECT COUNT(*) FROM chat WHERE color = ?", code).Scan(&n))
	})
	return code, n + 1, err
}
