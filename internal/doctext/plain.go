package doctext

import (
	"bufio"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/transform"
)

// headSize is how much of a text is looked at for the letters it is written in.
const headSize = 1024

// decoded returns r as UTF-8. A text that is not UTF-8 is in what its head says, or in that of Western Europe.
func decoded(r io.ReadSeeker, mediaType string) (io.Reader, error) {
	head := make([]byte, headSize)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	encoding, name, certain := charset.DetermineEncoding(head[:n], mediaType)
	if name == "utf-8" || !certain && validHead(head[:n], n == headSize) {
		return r, nil
	}
	return transform.NewReader(r, encoding.NewDecoder()), nil
}

// validHead reports whether a head is UTF-8, which ends in the middle of a letter where it was cut.
func validHead(head []byte, cut bool) bool {
	for i := 0; i < utf8.UTFMax && len(head) > 0 && (cut || i == 0); i++ {
		if utf8.Valid(head) {
			return true
		}
		head = head[:len(head)-1]
	}
	return len(head) == 0
}

func readPlain(r io.ReadSeeker, s *sink) error {
	in, err := decoded(r, "text/plain")
	if err != nil {
		return err
	}
	from := bufio.NewReaderSize(s.reader(in), 32<<10)
	chunk := make([]byte, 32<<10)
	for {
		n, err := from.Read(chunk)
		if werr := s.write(string(chunk[:n])); werr != nil {
			return werr
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// inline are the elements of HTML that stand within a word.
var inline = set("a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "mark", "q", "s", "samp", "small", "span",
	"strong", "sub", "sup", "tt", "u", "var", "wbr")

func set(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

func readHTML(r io.ReadSeeker, s *sink) error {
	in, err := decoded(r, "text/html")
	if err != nil {
		return err
	}
	return markup(s.reader(in), markupFormat{html: true}, s)
}
