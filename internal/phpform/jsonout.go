package phpform

import "unicode/utf8"

// MarshalJSON returns v as AppendJSON writes it.
func (v Value) MarshalJSON() ([]byte, error) { return AppendJSON(nil, v), nil }

// AppendJSON appends v to dst as JSON: a list as a JSON list, every other array as an object in its order, the empty array
// as [] (as PHP does). The characters of HTML stay as they are; bytes that are no UTF-8 become U+FFFD.
func AppendJSON(dst []byte, v Value) []byte {
	switch v.kind {
	case Null:
		return append(dst, "null"...)
	case Bool:
		if v.text == "" {
			return append(dst, "false"...)
		}
		return append(dst, "true"...)
	case Number:
		return append(dst, v.text...)
	case String:
		return appendJSONString(dst, v.text)
	default:
		return appendJSONArray(dst, v)
	}
}

func appendJSONArray(dst []byte, v Value) []byte {
	list := v.IsList()
	opening, closing := byte('{'), byte('}')
	if list {
		opening, closing = '[', ']'
	}
	dst = append(dst, opening)
	entries := v.Entries()
	for i := range entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		if !list {
			dst = append(appendJSONString(dst, entries[i].Key), ':')
		}
		dst = AppendJSON(dst, entries[i].Value)
	}
	return append(dst, closing)
}

// appendJSONString writes s in quotes. U+2028 and U+2029 are escaped because old browsers take them for line ends in
// scripts.
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			dst = appendJSONEscape(append(dst, s[start:i]...), c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if (r != utf8.RuneError || size > 1) && r != '\u2028' && r != '\u2029' {
			i += size
			continue
		}
		dst = appendRuneEscape(append(dst, s[start:i]...), r)
		i += size
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

func appendJSONEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return appendRuneEscape(dst, rune(c))
	}
}

func appendRuneEscape(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
