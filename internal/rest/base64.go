package rest

import (
	"encoding/base64"
	"errors"
	"regexp"
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
)

// errFile is returned for a value in which no client sends a file.
var errFile = errors.New("a file is its Base64, or a list of its name and its Base64")

// File reads a file as clients send it: its Base64, a list of its name and its Base64, or an object with one of these as
// fileData. The name is "" where only the content was sent. Something empty is no file: neither a content nor an error.
// Page: api-reference/files/how-to-upload-files.md.
func File(v phpform.Value) (name string, content []byte, err error) {
	if inner, ok := v.GetFold("fileData"); ok {
		v = inner
	}
	if v.Empty() {
		return "", nil, nil
	}
	if v.IsArray() {
		if v.Len() != 2 || v.Index(0).IsArray() || v.Index(1).IsArray() {
			return "", nil, errFile
		}
		name, v = v.Index(0).Text(), v.Index(1)
	}
	content, err = Base64(v.Text())
	return name, content, err
}

// brokenLine is a line break with what stands around it.
var brokenLine = regexp.MustCompile(`[ \t]*[\r\n][ \t\r\n]*`)

// repaired turns the letters of addresses into the usual ones, and back what a form makes of a plus sign that was not escaped.
var repaired = strings.NewReplacer("-", "+", "_", "/", " ", "+", "\t", "")

// Base64 decodes Base64 as clients send it: in lines or in one, with padding or without, with the letters of addresses, with
// spaces where a form lost the plus signs, and with the head of a data: address.
func Base64(text string) ([]byte, error) {
	if strings.HasPrefix(text, "data:") {
		_, text, _ = strings.Cut(text, ",")
	}
	if text = strings.TrimSpace(text); strings.ContainsAny(text, "\r\n") {
		text = brokenLine.ReplaceAllString(text, "")
	}
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(repaired.Replace(text), "="))
}
