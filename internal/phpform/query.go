package phpform

// AppendForm appends v to dst as PHP's http_build_query writes it: brackets percent-encoded, spaces as '+', true as 1 and
// false as 0; null and empty arrays leave no trace. Only an Array has parameters: for another Value dst comes back as is.
func AppendForm(dst []byte, v Value) []byte {
	w := formWriter{out: dst, start: len(dst)}
	w.array(v.Entries(), false)
	return w.out
}

// formWriter writes one form; name is the encoded name of the array that it is in.
type formWriter struct {
	out   []byte
	start int
	name  []byte
}

func (w *formWriter) array(entries []Entry, nested bool) {
	outer := len(w.name)
	for i := range entries {
		e := &entries[i]
		if e.Value.kind == Null || (e.Value.kind == Array && e.Value.Len() == 0) {
			continue
		}
		if nested {
			w.name = append(appendQuery(append(w.name, "%5B"...), e.Key), "%5D"...)
		} else {
			w.name = appendQuery(w.name, e.Key)
		}
		if e.Value.kind == Array {
			w.array(e.Value.Entries(), true)
		} else {
			w.scalar(e.Value)
		}
		w.name = w.name[:outer]
	}
}

func (w *formWriter) scalar(v Value) {
	if len(w.out) > w.start {
		w.out = append(w.out, '&')
	}
	w.out = append(append(w.out, w.name...), '=')
	if v.kind == Bool && v.text == "" {
		w.out = append(w.out, '0')
		return
	}
	w.out = appendQuery(w.out, v.Text())
}

// appendQuery appends s as PHP's urlencode does.
func appendQuery(dst []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		switch c := s[i]; {
		case queryPlain[c]:
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

// queryPlain says which bytes urlencode leaves as they are.
var queryPlain = func() (table [256]bool) {
	for c := range table {
		table[c] = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '.'
	}
	return table
}()
