package backup

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"testing"
)

func TestRowsKeepEveryValue(t *testing.T) {
	t.Parallel()
	row := []any{nil, int64(math.MinInt64), int64(math.MaxInt64), 0.1, math.Inf(1), "", "\x00\u2028\ufffd\"", "\xff\xfe", []byte{}, []byte{0xff}}
	line, err := appendRow(nil, row)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Count(line, []byte("\n")) != 1 || !json.Valid(line) {
		t.Errorf("no line of JSON: %q", line)
	}
	got, err := parseRow(bytes.TrimSuffix(line, []byte("\n")))
	if err != nil || !reflect.DeepEqual(got, row) {
		t.Errorf("got %#v, %v, want %#v", got, err, row)
	}
}

func TestRowsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"", "null", "{}", "[1", "[1] [2]", "[1.5]", "[9223372036854775808]", "[true]", "[[1]]", `[{}]`, `[{"b":1}]`, `[{"b":"Yg"}]`,
		`[{"x":"Yg=="}]`, `[{"b":"Yg==","t":"Yg=="}]`, `[{"f":"one"}]`,
	} {
		if row, err := parseRow([]byte(line)); !errors.Is(err, errRow) {
			t.Errorf("%s was taken: %v, %v", line, row, err)
		}
	}
}

// FuzzParseRow shows that what can be read is written the same way again.
func FuzzParseRow(f *testing.F) {
	for _, s := range []string{`[1,"a",null]`, `[{"b":"Yg=="},{"t":"/w=="},{"f":"1e9"}]`, `["\u0000\ud800"]`, `[{"f":"NaN"}]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		row, err := parseRow(line)
		if err != nil {
			return
		}
		first, err := appendRow(nil, row)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseRow(bytes.TrimSuffix(first, []byte("\n")))
		if err != nil {
			t.Fatalf("%q: %v", first, err)
		}
		second, err := appendRow(nil, again)
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%q became %q (%v)", first, second, err)
		}
	})
}

// FuzzManifest shows that no manifest makes the reader crash.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":1,"portals":[{"host":"a","tables":[{"name":"note","columns":["id"],"rows":1}]}],"members":[]}`))
	f.Add([]byte(`{"portals":[{"host":"a"},{"host":"a"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := readManifest(raw)
		if err != nil && !errors.Is(err, ErrBroken) {
			t.Errorf("refused without saying that it is broken: %v", err)
		}
		if err == nil {
			for _, p := range m.Portals {
				if p.Host == "" || checkTables(p.Tables) != nil {
					t.Errorf("taken: %+v", p)
				}
			}
		}
		_, _ = readHead(raw)
	})
}
