package imweb

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
)

// asked is what somebody wrote to find messages: words, and between them what narrows the search, as in
// "budget from:mark in:"Spring catalogue" after:2026-03-01 has:file".
type asked struct {
	Words         string
	From, In      string
	After, Before string // days
	Files, Links  bool
}

// parseAsked reads a search. What looks like a filter and is none stays among the words.
func parseAsked(text string) asked {
	var a asked
	var words []string
	for _, part := range askedParts(text) {
		if !a.take(part) {
			words = append(words, part)
		}
	}
	a.Words = strings.Join(words, " ")
	return a
}

// take reads one part of a search; false where it is a word.
func (a *asked) take(part string) bool {
	name, value, ok := strings.Cut(part, ":")
	if value = strings.Trim(value, `"“”`); !ok || value == "" {
		return false
	}
	isDay := func() bool {
		_, err := time.Parse(time.DateOnly, value)
		return err == nil
	}
	switch name = strings.ToLower(name); {
	case name == "from":
		a.From = strings.TrimPrefix(value, "@")
	case name == "in":
		a.In = strings.TrimLeft(value, "@#~")
	case name == "after" && isDay():
		a.After = value
	case name == "before" && isDay():
		a.Before = value
	case name == "on" && isDay():
		a.After, a.Before = value, value
	case name == "has" && (value == "file" || value == "files"):
		a.Files = true
	case name == "has" && (value == "link" || value == "links"):
		a.Links = true
	default:
		return false
	}
	return true
}

// narrow reports whether more than words were asked for.
func (a asked) narrow() bool {
	return a.From != "" || a.In != "" || a.After != "" || a.Before != "" || a.Files || a.Links
}

// askedParts splits a text at its spaces, but for those in quotation marks.
func askedParts(text string) []string {
	quoted := false
	return strings.FieldsFunc(text, func(r rune) bool {
		if r == '"' || r == '“' || r == '”' {
			quoted = !quoted
		}
		return unicode.IsSpace(r) && !quoted
	})
}

// refine puts what was asked for into a query. The note, where there is one, says whom or what there is none of: then
// nothing is found.
func (h pages) refine(ctx context.Context, viewer int64, zone *time.Location, a asked, q *im.SearchQuery) (note string, err error) {
	q.Text = a.Words
	q.Files, q.Links = q.Files || a.Files, q.Links || a.Links
	if a.After != "" {
		q.From = day(a.After, zone, 0)
	}
	if a.Before != "" {
		q.Until = day(a.Before, zone, 1)
	}
	if a.From != "" {
		if q.AuthorID, err = h.named(ctx, viewer, a.From); err != nil {
			return "", err
		}
		if q.AuthorID == 0 {
			return "Nobody is called “" + a.From + "”.", nil
		}
	}
	if a.In != "" {
		if q.ChatID, err = h.chatNamed(ctx, viewer, a.In); err != nil {
			return "", err
		}
		if q.ChatID == 0 {
			return "You have no chat called “" + a.In + "”.", nil
		}
	}
	return "", nil
}

// named returns who has a name, or the beginning of one; who left counts as well. "me" is the viewer, 0 is nobody.
func (h pages) named(ctx context.Context, viewer int64, name string) (int64, error) {
	if strings.EqualFold(name, "me") {
		return viewer, nil
	}
	users, err := h.findable(ctx, viewer, user.Query{Search: name, Limit: findLimit, Sort: user.FieldLastActivity, Descending: true})
	if err != nil || len(users) == 0 {
		return 0, err
	}
	for _, u := range users {
		if strings.EqualFold(u.DisplayName(), name) || strings.EqualFold(u.FirstName, name) {
			return u.ID, nil
		}
	}
	return users[0].ID, nil
}

// chatNamed returns the viewer's chat of a title, or the one with who has that name; 0 is none.
func (h pages) chatNamed(ctx context.Context, viewer int64, name string) (int64, error) {
	dialog := name
	if _, ok := im.ParseDialog(dialog); !ok {
		chats, err := h.im.Search(ctx, viewer, name, findLimit)
		if err != nil {
			return 0, err
		}
		for _, c := range chats {
			if strings.EqualFold(c.Title, name) {
				return c.ID, nil
			}
		}
		if len(chats) > 0 {
			return chats[0].ID, nil
		}
		who, err := h.named(ctx, viewer, name)
		if err != nil || who == 0 {
			return 0, err
		}
		dialog = id(who)
	}
	c, err := h.im.ChatID(ctx, dialog, viewer)
	if errors.Is(err, im.ErrNoChat) || errors.Is(err, im.ErrAccess) {
		return 0, nil
	}
	return c, err
}
