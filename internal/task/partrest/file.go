package partrest

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// Place is what files are attached to: an entity by its name and number.
type Place struct {
	Entity string
	ID     int64
}

// Attachment is the tie between a file and what shows it.
type Attachment struct {
	ID          int64 // of the tie
	FileID      int64
	Name        string
	Size        int64 // bytes
	DownloadURL string
	ViewURL     string
}

// Files are the file area.
type Files interface {
	// Attachments returns the ties of those of the files fileIDs that are attached to a place, with addresses for the user. It asks
	// nobody's leave.
	Attachments(ctx context.Context, userID int64, p Place, fileIDs []int64) (map[int64]Attachment, error)
	// CommentAttachments returns the files of comments, by comment. It asks nobody's leave.
	CommentAttachments(ctx context.Context, comments []int64) (map[int64][]Attachment, error)
	// ItemAttachments returns the files of items of tasks' checklists, by item. It asks nobody's leave.
	ItemAttachments(ctx context.Context, items []int64) (map[int64][]Attachment, error)
	// Keep stores a file of a user's on their own drive and returns its number; content is Base64. Fault: ErrContent, and those of the
	// file area for a name that is none and for too many bytes.
	Keep(ctx context.Context, userID int64, name, content string) (int64, error)
}

// ErrContent is returned for a content that is not Base64.
var ErrContent = fault.New(fault.Invalid, codeCore, "The content of the file is not Base64.")

// sentFile reads a file {"NAME": …, "CONTENT": …}.
func sentFile(v phpform.Value) (name, content string, ok bool) {
	n, _ := v.GetFold("NAME")
	c, _ := v.GetFold("CONTENT")
	name, content = n.Text(), c.Text()
	// A form whose "+" were not escaped has spaces in their place.
	return name, strings.ReplaceAll(content, " ", "+"), strings.TrimSpace(name) != "" && content != "" && !n.IsArray() && !c.IsArray()
}

// diskIDs reads file ids, each with the prefix "n" or without: ["n123", "n456"]. It reports false for what is none.
func diskIDs(v phpform.Value) (ids []int64, ok bool) {
	list := v.Entries()
	if !v.IsArray() {
		if v.Text() == "" {
			return []int64{}, true
		}
		list = []phpform.Entry{{Value: v}}
	}
	ids = make([]int64, 0, len(list))
	for _, e := range list {
		text := strings.TrimSpace(e.Value.Text())
		if text == "" && !e.Value.IsArray() {
			continue
		}
		id, ok := phpform.StringOf(strings.TrimPrefix(text, "n")).Int()
		if !ok || id <= 0 || e.Value.IsArray() {
			return nil, false
		}
		ids = append(ids, id)
	}
	return ids, true
}
