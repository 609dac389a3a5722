// Package bbcode turns the marked-up text of messages into HTML that is safe to show, and into plain text.
//
// The tags are those of api-reference/chat-bots/chat-bots-v2/imbot.v2/messages/message-formatting.md: b, i, u, s, size,
// color, url, user, chat, context, code, img, icon, put, send, call, timestamp, disk and br, besides lines that start with
// ">>" and parts between two lines of dashes, which are quotes. Texts of tasks have lists besides. Case does not matter. Whatever is none of these, is not
// closed or is closed in the wrong order stays in the text as it was written; a tag whose value is refused (a script's
// address, a colour that is none) vanishes and leaves its label.
//
// The work is done in three passes over a flat list (scan, pair, write). Each is linear in the length of the text and none
// recurses, so that no text is too deep.
package bbcode

import (
	"html/template"
	"strconv"
	"time"
)

// maxDepth is how many inline tags may be open at once; further ones stay text.
const maxDepth = 32

// Mention is what a mention of a person, a chat, a message or a file resolves to.
type Mention struct {
	Name string // what to show where the text gives no label or asks for the current name
	URL  string // where it leads: a path of the portal or an address; "" for no link
}

// Options says how a text's references are resolved for the person who reads it. The zero Options resolves nothing:
// mentions show their labels and lead nowhere, times are in UTC.
type Options struct {
	Host     string         // the portal's own host: links to it open in the same tab, as paths do
	Location *time.Location // the reader's zone for [timestamp=…]; nil is UTC

	User    func(id int64) (Mention, bool)                // [user=7], [user=7 REPLACE]
	Chat    func(id string) (Mention, bool)               // [chat=12], [chat=imol|5]
	Message func(dialog string, id int64) (Mention, bool) // [context=chat12/345]
	File    func(id int64) (Mention, bool)                // [disk=9]

	// Lists shows [list], [list=1] and [*] as lists, in each other too: texts of tasks have them, messages do not.
	Lists bool
}

// HTML returns text as HTML of a fixed set of elements and attributes: b, i, u, s, span, font, a, button, img, code, time,
// blockquote, ul, ol, li and br. Every address in it is http, https, mailto, tel or a path of the portal. Buttons carry what they do
// in data-send, data-put and data-call, for the page's module to act on.
func HTML(text string, opt Options) template.HTML {
	w := writer{opt: &opt, out: make([]byte, 0, len(text)+len(text)/4+16)}
	w.tokens(parse(text, opt.Lists))
	return template.HTML(w.out) //nolint:gosec // built from an allow-list, every value escaped
}

// Plain returns text without its marks, for list previews, notifications and search: labels stay, [br] is a newline.
// Mentions show what the text says, times are in UTC.
func Plain(text string) string { return PlainFor(text, Options{}) }

// PlainFor is Plain with references resolved as HTML resolves them.
func PlainFor(text string, opt Options) string {
	p := plainWriter{opt: &opt, out: make([]byte, 0, len(text))}
	p.tokens(parse(text, opt.Lists), 0)
	return string(p.out)
}

// Mentions returns the people whom text mentions with [user=…], each once and in the text's order, and whether it
// mentions everyone with [user=all].
func Mentions(text string) (ids []int64, all bool) {
	seen := make(map[int64]bool)
	for _, t := range parse(text, false) {
		if t.kind != open || t.tag != tagUser {
			continue
		}
		u := parseUser(t.arg)
		all = all || u.all
		if u.id > 0 && !seen[u.id] {
			seen[u.id] = true
			ids = append(ids, u.id)
		}
	}
	return ids, all
}

// parseID reads a positive decimal number; 0 for anything else.
func parseID(s string) int64 {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id <= 0 || s[0] == '+' {
		return 0
	}
	return id
}
