package im_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/im"
)

// Whatever a message carries, a line tells what it is.
func TestEveryMessageHasAPreview(t *testing.T) {
	t.Parallel()
	files := map[int64]im.File{
		1: {ID: 1, Name: "plan.pdf", Type: "file"}, 2: {ID: 2, Name: "yard.jpg", Type: "image"}, 3: {ID: 3, Name: "note.ogg", Type: "audio", Voice: true},
		4: {ID: 4, Name: "tour.mp4", Type: "video"}, 5: {ID: 5, Name: "song.mp3", Type: "audio"}, 6: {ID: 6, Name: "bill.jpg", Type: "image", Lies: true},
	}
	carrying := func(text string, ids ...int64) im.Message { return im.Message{Text: text, Extra: im.Extra{Files: ids}} }
	cards := func(text, attach string) im.Message {
		return im.Message{Text: text, Extra: im.Extra{Attach: json.RawMessage(attach)}}
	}
	gone := carrying("x", 1)
	gone.Deleted = time.Unix(1, 0)
	for want, m := range map[string]im.Message{
		"Hello there":             carrying("[b]Hello[/b]\nthere", 1),
		"File: plan.pdf":          carrying("", 1),
		"Picture: yard.jpg":       carrying("", 2),
		"Voice note":              carrying("", 3),
		"Video: tour.mp4":         carrying("", 4),
		"Sound: song.mp3":         carrying("", 5),
		"File: bill.jpg":          carrying("", 6),
		"File":                    carrying("", 99),
		"2 files":                 carrying("", 1, 2),
		"2 pictures":              carrying("", 2, 2),
		"Mark Novak: 2 files":     carrying("[b]Mark Novak:[/b]\n", 1, 2),
		"Mark Novak: Voice note":  carrying("[b]Mark Novak:[/b]\n", 3),
		"The numbers: Total 12 €": cards("The numbers:", `[{"ID":1,"BLOCKS":[{"GRID":[{"NAME":"Total","VALUE":"12 €"}]}]}]`),
		"Picture":                 cards("", `[{"ID":1,"BLOCKS":[{"IMAGE":[{"LINK":"https://example.com/a.png"}]}]}]`),
		"Attachment":              cards("", `[{"ID":1,"BLOCKS":[{"DELIMITER":{"SIZE":200}}]}]`),
		"Message deleted":         gone,
		"It ends so:":             carrying("It ends so:"),
	} {
		if got := m.Preview(bbcode.Options{}, files); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := carrying(strings.Repeat("ä", 500)).Preview(bbcode.Options{}, nil); got != strings.Repeat("ä", 160)+"…" {
		t.Errorf("a long one: %q", got)
	}
	if got := im.Previewed([]im.Message{gone, carrying("words", 1), carrying("", 2), carrying("Ben:", 3), carrying("")}); len(got) != 2 {
		t.Errorf("%d messages hang on their files, want 2", len(got))
	}
	if got := im.FilesLine("words", []im.File{files[1]}); got != "" {
		t.Errorf("beside words: %q", got)
	}
}
