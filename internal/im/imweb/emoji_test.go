package imweb

import "testing"

func TestEmojiAlone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"":         false,
		" ":        false,
		"👍":        true,
		" 👍 ":      true,
		"👍👍":       true,
		"👍 ❤️\n🎉":  true,
		"👍👍👍👍":     false,
		"👍 ok":     false,
		"ok 👍":     false,
		"❤":        true,
		"❤️":       true,
		"👨‍👩‍👧‍👦":  true,
		"👩🏽‍💻👍🏿":   true,
		"🇩🇪":       true,
		"🇩🇪🇫🇷🇮🇹":   true,
		"🇩":        false,
		"1️⃣":      true,
		"1":        false,
		"#":        false,
		"123":      false,
		"™️":       true,
		"™":        false,
		"©":        false,
		"🏴󠁧󠁢󠁳󠁣󠁴󠁿":  true,
		"\u200d":   false,
		"👍‍":       false,
		"\ufe0f":   false,
		"日本":       false,
		"[b]👍[/b]": false,
		":)":       false,
	} {
		if got := emojiAlone(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	for _, kind := range choices(usual) {
		if !emojiAlone(kind.Emoji) {
			t.Errorf("%s is none", kind.Code)
		}
	}
	for code, emoji := range faces {
		if !emojiAlone(emoji) {
			t.Errorf("%s is none", code)
		}
	}
}

func FuzzEmojiAlone(f *testing.F) {
	for _, s := range []string{"👍", "👨‍👩‍👧‍👦", "🇩🇪", "1️⃣", "\u200d\u200d", "🏴󠁧󠁢", "a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range text {
			if emojiAlone(text) && (r >= 'a' && r <= 'z' || r == '[' || r == '<') {
				t.Errorf("%q", text)
			}
		}
	})
}
