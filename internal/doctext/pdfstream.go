package doctext

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/ascii85"
	"errors"
	"io"
)

// maxStream is how many bytes a stream may have when it is unpacked.
const maxStream = 32 << 20

// raw returns the bytes of a stream as they stand. Where its length is wrong they end where the word says so.
func (p *pdf) raw(s stream) []byte {
	start := s.offset
	if start < len(p.data) && p.data[start] == '\r' {
		start++
	}
	if start < len(p.data) && p.data[start] == '\n' {
		start++
	}
	if n := p.int(s.dict["Length"]); n > 0 && start+n <= len(p.data) {
		rest := bytes.TrimLeft(p.data[start+n:min(len(p.data), start+n+32)], "\r\n\t ")
		if bytes.HasPrefix(rest, []byte("endstream")) {
			return p.data[start : start+n]
		}
	}
	start = min(start, len(p.data))
	end := bytes.Index(p.data[start:], []byte("endstream"))
	if end < 0 {
		end = len(p.data) - start
	}
	p.steps -= end / 8
	return p.data[start : start+end]
}

// decode unpacks a stream. One that breaks off gives what came before; one that is packed in a way for pictures gives nothing.
func (p *pdf) decode(s stream) ([]byte, error) {
	if err := p.spend(0); err != nil {
		return nil, err
	}
	data := p.raw(s)
	if err := p.spend(len(data)); err != nil {
		return nil, err
	}
	filters, params := p.array(s.dict["Filter"]), p.array(s.dict["DecodeParms"])
	if f, ok := p.of(s.dict["Filter"]).(name); ok {
		filters, params = []any{f}, []any{s.dict["DecodeParms"]}
	}
	for i, f := range filters {
		var with dict
		if i < len(params) {
			with = p.dict(params[i])
		}
		kind, _ := p.of(f).(name)
		out, err := p.filter(kind, with, data)
		if errors.Is(err, errUnknownFilter) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		data = out
	}
	return data, nil
}

func (p *pdf) filter(kind name, with dict, data []byte) ([]byte, error) {
	if err := p.spend(len(data)); err != nil {
		return nil, err
	}
	switch kind {
	case "FlateDecode", "Fl":
		out, err := p.inflate(data)
		if err != nil {
			return nil, err
		}
		return p.unpredict(out, with), nil
	case "ASCIIHexDecode", "AHx":
		return (&lexer{b: append([]byte("<"), data...)}).hex(), nil
	case "ASCII85Decode", "A85":
		data = bytes.TrimSpace(data)
		data = bytes.TrimPrefix(data, []byte("<~"))
		if end := bytes.Index(data, []byte("~")); end >= 0 {
			data = data[:end]
		}
		out, _ := io.ReadAll(p.out.reader(io.LimitReader(ascii85.NewDecoder(bytes.NewReader(data)), maxStream)))
		return out, p.out.ctx.Err()
	case "Crypt":
		return data, nil
	}
	return nil, errUnknownFilter
}

func (p *pdf) inflate(data []byte) ([]byte, error) {
	var from io.Reader
	z, err := zlib.NewReader(bytes.NewReader(data))
	if from = z; err != nil { // without its head
		from = flate.NewReader(bytes.NewReader(data))
	}
	out, err := io.ReadAll(p.out.reader(io.LimitReader(from, maxStream)))
	if errors.Is(err, ErrTooLarge) || p.out.ctx.Err() != nil {
		return nil, err
	}
	return out, nil // what came before it broke off
}

// unpredict undoes what makes tables pack better.
func (p *pdf) unpredict(data []byte, with dict) []byte {
	if p.int(with["Predictor"]) < 10 {
		return data
	}
	columns, colors, bits := p.int(with["Columns"]), max(1, p.int(with["Colors"])), p.int(with["BitsPerComponent"])
	if columns < 1 || columns > 1<<16 || colors > 32 {
		return data
	}
	if bits <= 0 || bits > 16 {
		bits = 8
	}
	unit := max(1, colors*bits/8)
	row := (columns*colors*bits + 7) / 8
	above := make([]byte, row)
	out := make([]byte, 0, len(data))
	for len(data) > row {
		kind, line := data[0], bytes.Clone(data[1:1+row])
		data = data[1+row:]
		for i := range line {
			var left, corner byte
			if i >= unit {
				left, corner = line[i-unit], above[i-unit]
			}
			switch kind {
			case 1:
				line[i] += left
			case 2:
				line[i] += above[i]
			case 3:
				line[i] += byte((int(left) + int(above[i])) / 2)
			case 4:
				line[i] += paeth(left, above[i], corner)
			}
		}
		out, above = append(out, line...), line
	}
	return out
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	abs := func(n int) int { return max(n, -n) }
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}
