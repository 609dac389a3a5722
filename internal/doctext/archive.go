package doctext

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// The places of the text in the parts of office documents.
var (
	wordText  = markupFormat{only: set("w:t"), breaks: set("w:p", "w:tab", "w:br", "w:cr", "w:tc", "w:noBreakHyphen")}
	slideText = markupFormat{only: set("a:t"), breaks: set("a:p", "a:br", "a:tc")}
	cellText  = markupFormat{only: set("t"), breaks: set("si", "c", "is", "row"), cells: true}
	openText  = markupFormat{breaks: set("text:p", "text:h", "text:tab", "text:line-break", "text:s", "table:table-cell", "text:list-item", "office:annotation")}
)

// partFormat returns where the text of a part is; false for a part without.
func partFormat(name string) (markupFormat, bool) {
	base := path.Base(name)
	switch dir := path.Dir(name); {
	case dir == "word" && (base == "document.xml" || base == "comments.xml" || base == "footnotes.xml" || base == "endnotes.xml" ||
		strings.HasPrefix(base, "header") || strings.HasPrefix(base, "footer")):
		return wordText, strings.HasSuffix(base, ".xml")
	case (dir == "ppt/slides" || dir == "ppt/notesSlides") && strings.HasSuffix(base, ".xml"):
		return slideText, true
	case name == "xl/sharedStrings.xml", dir == "xl/worksheets" && strings.HasSuffix(base, ".xml"):
		return cellText, true
	case name == "content.xml":
		return openText, true
	}
	return markupFormat{}, false
}

// The fixed part of the record that ends an archive.
const (
	endSize    = 22
	maxComment = 1<<16 - 1
	// maxDirectory is how many bytes the list of parts may have.
	maxDirectory = 4 << 20
)

// readArchive reads the text of an office document.
func readArchive(r io.ReaderAt, size int64, s *sink) error {
	if err := checkDirectory(r, size); err != nil {
		return err
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	var found bool
	var first error
	for _, f := range ordered(z.File) {
		format, ok := partFormat(f.Name)
		if !ok {
			continue
		}
		found = true
		if f.Flags&1 != 0 {
			return ErrEncrypted
		}
		if err := readPart(f, format, s); errors.Is(err, errFull) || errors.Is(err, ErrTooLarge) || s.ctx.Err() != nil {
			return err
		} else if err != nil && first == nil {
			first = fmt.Errorf("%w: %w", ErrBroken, err)
		}
		s.gap()
	}
	if !found {
		return ErrNoText
	}
	if len(s.b) > 0 {
		return nil // what could be read of it
	}
	return first
}

// ordered puts the parts that have most of the words first, then by their names: slide2 before slide10.
func ordered(files []*zip.File) []*zip.File {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b *zip.File) int {
		if n := len(a.Name) - len(b.Name); n != 0 && path.Dir(a.Name) == path.Dir(b.Name) {
			return n
		}
		return strings.Compare(a.Name, b.Name)
	})
	return files
}

func readPart(f *zip.File, format markupFormat, s *sink) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	return markup(s.reader(in), format, s)
}

// checkDirectory refuses an archive with more parts than documents have, before the list of them is read into memory: the list must lie
// right before the record that ends the archive, as every program writes it, and be no longer than maxDirectory.
func checkDirectory(r io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, endSize+maxComment))
	start := size - int64(len(tail))
	if _, err := r.ReadAt(tail, start); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for at := len(tail) - endSize; at >= 0; at-- {
		end := tail[at:]
		if string(end[:4]) != "PK\x05\x06" || int(binary.LittleEndian.Uint16(end[20:]))+endSize > len(end) {
			continue
		}
		parts, length, offset := binary.LittleEndian.Uint16(end[10:]), binary.LittleEndian.Uint32(end[12:]), binary.LittleEndian.Uint32(end[16:])
		switch {
		case parts > MaxParts || length > maxDirectory:
			return ErrTooLarge
		case int64(offset)+int64(length) != start+int64(at):
			return ErrBroken
		}
		return nil
	}
	return ErrBroken
}
