package im

import (
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bbcode"
)

// maxPreview is how long a preview becomes, in characters: no list shows more.
const maxPreview = 160

// Preview returns a message as one line of text, for lists and for what answers it: its words or, where they only announce something,
// what it carries too. files are those of FilesOf; what is missing there is gone.
func (m Message) Preview(opt bbcode.Options, files map[int64]File) string {
	if !m.Deleted.IsZero() {
		return "Message deleted"
	}
	text := OneLine(bbcode.PlainFor(m.Text, opt))
	if !announces(text) {
		return text
	}
	carried := cardsLine(m.Extra.Cards())
	if carried == "" && len(m.Extra.Files) > 0 {
		known := make([]File, 0, len(m.Extra.Files))
		for _, id := range m.Extra.Files {
			known = append(known, files[id])
		}
		carried = filesLine(known)
	}
	return OneLine(text + " " + carried)
}

// Previewed returns those of messages whose preview hangs on their files.
func Previewed(messages []Message) (out []Message) {
	for _, m := range messages {
		if len(m.Extra.Files) > 0 && m.Deleted.IsZero() && announces(bbcode.Plain(m.Text)) {
			out = append(out, m)
		}
	}
	return out
}

// FilesLine names files that a message carries after its words, as plain text; "" where those stand for the message.
func FilesLine(words string, files []File) string {
	if !announces(words) {
		return ""
	}
	return filesLine(files)
}

// announces reports whether words need what comes with them to say anything: there are none, or they end in a colon, as the name of
// the operator does by which a message from another portal begins.
func announces(words string) bool {
	words = strings.TrimSpace(words)
	return words == "" || strings.HasSuffix(words, ":")
}

func filesLine(files []File) string {
	switch {
	case len(files) == 0:
		return ""
	case len(files) == 1:
		return files[0].line()
	case slices.ContainsFunc(files, func(f File) bool { return f.Type != "image" }):
		return strconv.Itoa(len(files)) + " files"
	}
	return strconv.Itoa(len(files)) + " pictures"
}

func (f File) line() string {
	kind := "File"
	switch {
	case f.Name == "":
		return kind
	case f.Lies:
	case f.Voice:
		return "Voice note"
	case f.Type == "image":
		kind = "Picture"
	case f.Type == "video":
		kind = "Video"
	case f.Type == "audio":
		kind = "Sound"
	}
	return kind + ": " + f.Name
}

func cardsLine(cards attach.Attach) string {
	if len(cards) == 0 {
		return ""
	}
	if text := cards.Plain(); text != "" {
		return text
	}
	for _, c := range cards {
		if slices.ContainsFunc(c.Blocks, func(b attach.Block) bool { return len(b.Image) > 0 }) {
			return "Picture"
		}
	}
	return "Attachment"
}

// OneLine joins the lines of a text and cuts it where no list shows more.
func OneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	n := 0
	for i := range s {
		if n == maxPreview {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
