package bbcode_test

import (
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/bbcode"
)

var texts = map[string]string{
	"short":   "Yes, some tasks are overdue, for example:",
	"menu":    "Hello![br][send=1]1. Orders[/send][br][send=2]2. [b]Delivery[/b][/send][br][url=https://example.com]Site[/url]",
	"long":    strings.Repeat("The [b]quick[/b] brown fox, see https://example.com/a?b=c and [user=7]Anna[/user].\n", 50),
	"hostile": strings.Repeat("[b]", 100_000),
}

func BenchmarkHTML(b *testing.B) {
	for name, text := range texts {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				bbcode.HTML(text, options)
			}
		})
	}
}

func BenchmarkPlain(b *testing.B) {
	for name, text := range texts {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				bbcode.Plain(text)
			}
		})
	}
}
