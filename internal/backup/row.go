package backup

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// The rows of a table are JSON arrays, one a line. What JSON cannot hold exactly is an object with one key: "b" for bytes, "t"
// for text that is no UTF-8, both in base64, and "f" for a number with a fraction.

var errRow = errors.New("a row cannot be read")

// appendRow appends a row and the end of its line.
func appendRow(b []byte, values []any) ([]byte, error) {
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		switch v := v.(type) {
		case nil:
			b = append(b, "null"...)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case float64:
			b = append(b, `{"f":"`...)
			b = strconv.AppendFloat(b, v, 'g', -1, 64)
			b = append(b, `"}`...)
		case string:
			if !utf8.ValidString(v) {
				b = appendBase64(b, 't', []byte(v))
				continue
			}
			text, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			b = append(b, text...)
		case []byte:
			b = appendBase64(b, 'b', v)
		default:
			return nil, fmt.Errorf("a value of type %T cannot be written", v)
		}
	}
	return append(b, "]\n"...), nil
}

func appendBase64(b []byte, key byte, raw []byte) []byte {
	b = append(b, '{', '"', key, '"', ':', '"')
	b = base64.StdEncoding.AppendEncode(b, raw)
	return append(b, '"', '}')
}

// parseRow reads a line that appendRow wrote.
func parseRow(line []byte) ([]any, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var row []any
	if err := d.Decode(&row); err != nil || row == nil {
		return nil, errRow
	}
	if len(bytes.TrimSpace(line[d.InputOffset():])) > 0 {
		return nil, errRow
	}
	for i, v := range row {
		value, err := parseValue(v)
		if err != nil {
			return nil, err
		}
		row[i] = value
	}
	return row, nil
}

func parseValue(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil //nolint:nilnil // the value is NULL
	case string:
		return v, nil
	case json.Number:
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil {
			return nil, errRow
		}
		return n, nil
	case map[string]any:
		if len(v) != 1 {
			return nil, errRow
		}
		for key, text := range v {
			return parseSpecial(key, text)
		}
	}
	return nil, errRow
}

func parseSpecial(key string, v any) (any, error) {
	text, ok := v.(string)
	if !ok {
		return nil, errRow
	}
	if key == "f" {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, errRow
		}
		return f, nil
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errRow
	}
	switch key {
	case "b":
		return raw, nil
	case "t":
		return string(raw), nil
	}
	return nil, errRow
}
