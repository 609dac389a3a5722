package line

import (
	"reflect"
	"testing"
)

// TestLanguages finds no text missing, none the same in two languages, and those that clients rate by say which number is which.
func TestLanguages(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for code, w := range languages {
		v := reflect.ValueOf(w)
		for i := range v.NumField() {
			text := v.Field(i).String()
			if text == "" || seen[text] != "" {
				t.Errorf("%s of %s is %q, as in %q", v.Type().Field(i).Name, code, text, seen[text])
			}
			seen[text] = code
		}
	}
	for _, code := range []string{"en", "de", "ru", "fr", "es", "pl"} {
		if _, ok := languages[code]; !ok {
			t.Errorf("there are no words in %s", code)
		}
	}
	for code, same := range map[string]string{"de-AT": "de", "DE": "de", "la": "es", "br": "pt", "pt_BR": "pt", "xx": "en", "": "en"} {
		if wordsIn(code) != languages[same] {
			t.Errorf("the words in %q are not those in %s", code, same)
		}
	}
}
