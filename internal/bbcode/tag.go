package bbcode

// tag names a tag of the documented set.
type tag uint8

const (
	tagNone tag = iota
	tagBold
	tagItalic
	tagUnderline
	tagStrike
	tagSize
	tagColor
	tagURL
	tagUser
	tagChat
	tagContext
	tagCode
	tagImage
	tagIcon
	tagPut
	tagSend
	tagCall
	tagTime
	tagDisk
	tagBreak
)

// shape says which forms a tag has.
type shape struct {
	tag   tag
	bare  bool // [b]…[/b]: no value, any content
	value bool // [url=x]…[/url]: a value, any content
	leaf  bool // [url]x[/url]: the content is the value and holds no tag
	void  bool // [icon=x]: a value, nothing to close
}

// longestName is the length of the longest tag name.
const longestName = len("timestamp")

// shapes is the documented set, by lower-case name.
var shapes = map[string]shape{
	"b":         {tag: tagBold, bare: true},
	"i":         {tag: tagItalic, bare: true},
	"u":         {tag: tagUnderline, bare: true},
	"s":         {tag: tagStrike, bare: true},
	"size":      {tag: tagSize, value: true},
	"color":     {tag: tagColor, value: true},
	"url":       {tag: tagURL, value: true, leaf: true},
	"user":      {tag: tagUser, value: true},
	"chat":      {tag: tagChat, value: true},
	"context":   {tag: tagContext, value: true},
	"code":      {tag: tagCode},
	"img":       {tag: tagImage, leaf: true},
	"icon":      {tag: tagIcon, void: true},
	"put":       {tag: tagPut, value: true, leaf: true},
	"send":      {tag: tagSend, value: true, leaf: true},
	"call":      {tag: tagCall, value: true, leaf: true},
	"timestamp": {tag: tagTime, void: true},
	"disk":      {tag: tagDisk, void: true},
	"br":        {tag: tagBreak},
}

// kind says what a token is.
type kind uint8

const (
	plain      kind = iota // text as written
	newline                // a line break
	open                   // the start of a pair; match is the index of its end
	closing                // the end of a pair
	atom                   // a tag that stands for itself: arg its value, body its content
	quoteStart             // the start of a quote
	quoteEnd               // the end of a quote
	listStart              // the start of a list; arg "1": a numbered one
	listEnd                // the end of a list
	listItem               // the start of an item
)

// token is one piece of a text.
type token struct {
	kind  kind
	tag   tag
	src   string // as it stands in the text
	arg   string // the value, after "=" or for img after the blank
	body  string // the content of an atom
	match int    // open: the index of the closing token
}
