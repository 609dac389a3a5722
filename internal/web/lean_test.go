package web_test

import (
	"regexp"
	"testing"
	"testing/fstest"
)

func TestModulesAreServedWithoutComments(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const many = "// A comment.\nconst a = `\n  // not one\n`\n"
	b.shell.Area("lean", fstest.MapFS{
		"a.js": {Data: []byte("// What it does.\nexport const a = 1 // one\n  // more\n  export const url = \"http://x\"\n")},
		"b.js": {Data: []byte(many)},
	})
	hash := regexp.MustCompile(`"lean/":"(/assets/[0-9a-f]+/lean/)"`).FindStringSubmatch(b.get("/notes/", "anna").Body.String())
	if hash == nil {
		t.Fatal("the area is not in the import map")
	}
	if got, want := b.get(hash[1]+"a.js", "").Body.String(), "\nexport const a = 1 // one\n\nexport const url = \"http://x\"\n"; got != want {
		t.Errorf("served %q, want %q", got, want)
	}
	if got := b.get(hash[1]+"b.js", "").Body.String(); got != many {
		t.Errorf("a module with a text of several lines is served as %q", got)
	}
}
