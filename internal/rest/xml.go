package rest

import (
	"bytes"
	"encoding/xml"
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
)

// The ending of a method by which a client asks for XML; settings/how-to-call-rest-api/general-principles.md.
const xmlEnding = ".xml"

var xmlContentType = []string{"text/xml; charset=utf-8"}

// wantsXML reports whether the address asks for an answer in XML. It looks at the end of the path alone, so that an
// address that leads nowhere is answered in that form too.
func wantsXML(path string) bool { return cutEnding(strings.TrimRight(path, "/"), xmlEnding) != "" }

// cutEnding returns name without ending, which may be in any case; "" where name does not end so, or is nothing else.
func cutEnding(name, ending string) string {
	if n := len(name) - len(ending); n > 0 && strings.EqualFold(name[n:], ending) {
		return name[:n]
	}
	return ""
}

// toXML turns an envelope that this package wrote as JSON into the same envelope as XML.
func toXML(envelope []byte) []byte {
	var b bytes.Buffer
	b.Grow(2 * len(envelope))
	b.WriteString(`<?xml version="1.0" ?>` + "\n<response>")
	writeXML(&b, parsed(envelope))
	b.WriteString("</response>\n")
	return b.Bytes()
}

// writeXML writes a value as PHP would print it: true is 1, false and null are empty, an array is an element for each
// entry. What a text holds beside the characters that XML allows, control characters above all, becomes U+FFFD.
func writeXML(b *bytes.Buffer, v phpform.Value) {
	if !v.IsArray() {
		_ = xml.EscapeText(b, []byte(v.Text())) // a Buffer takes everything
		return
	}
	list := v.IsList()
	for _, e := range v.Entries() {
		name := e.Key
		if list || !isXMLName(name) {
			name = "item"
		}
		b.WriteString("<" + name)
		if name != e.Key && !list {
			b.WriteString(` key="`)
			_ = xml.EscapeText(b, []byte(e.Key))
			b.WriteByte('"')
		}
		b.WriteByte('>')
		writeXML(b, e.Value)
		b.WriteString("</" + name + ">")
	}
}

// isXMLName reports whether every parser takes key as the name of an element. Letters beyond ASCII are left out: which of
// them are allowed differs between the editions of XML; so is the colon, which would name a namespace.
func isXMLName(key string) bool {
	for i, c := range []byte(key) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
		inner := c >= '0' && c <= '9' || c == '-' || c == '.'
		if !letter && (i == 0 || !inner) {
			return false
		}
	}
	return key != ""
}
