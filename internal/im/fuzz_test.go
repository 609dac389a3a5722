package im_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/im"
)

// FuzzParseDialog: what is taken names exactly one positive id, and writes back to what came.
func FuzzParseDialog(f *testing.F) {
	for _, s := range []string{"5", "chat12", "SG3", "chat", "-1", "+1", " 7 ", "chat007", "9223372036854775808", "", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := im.ParseDialog(s)
		if !ok {
			if d != (im.Dialog{}) {
				t.Fatalf("%q was refused with %+v", s, d)
			}
			return
		}
		prefix, n := "", d.UserID
		if d.ChatID != 0 {
			prefix, n = "chat", d.ChatID
		} else if d.GroupID != 0 {
			prefix, n = "sg", d.GroupID
		}
		digits := strings.TrimLeft(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), prefix), "0")
		if n <= 0 || digits != strconv.FormatInt(n, 10) {
			t.Fatalf("%q became %+v", s, d)
		}
	})
}
