package seal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/portico-hq/portico/internal/seal"
)

func box(t *testing.T, b byte) *seal.Box {
	t.Helper()
	out, err := seal.New(bytes.Repeat([]byte{b}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestASecretOpensWithItsKeyAndItsName(t *testing.T) {
	t.Parallel()
	b := box(t, 1)
	one, err := b.Seal([]byte("JBSWY3DP"), "totp 7")
	if err != nil {
		t.Fatal(err)
	}
	two, _ := b.Seal([]byte("JBSWY3DP"), "totp 7")
	if one == two || strings.Contains(one, "JBSWY3DP") {
		t.Errorf("sealed as %q and %q", one, two)
	}
	if got, err := b.Open(one, "totp 7"); err != nil || string(got) != "JBSWY3DP" {
		t.Errorf("%q, %v", got, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another name": func() ([]byte, error) { return b.Open(one, "totp 8") },
		"another key":  func() ([]byte, error) { return box(t, 2).Open(one, "totp 7") },
		"cut":          func() ([]byte, error) { return b.Open(one[:12], "totp 7") },
		"changed":      func() ([]byte, error) { return b.Open(one[:len(one)-2]+"AA", "totp 7") },
		"plain":        func() ([]byte, error) { return b.Open("JBSWY3DP", "totp 7") },
	} {
		if _, err := open(); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var none *seal.Box
	if _, err := none.Seal(nil, ""); !errors.Is(err, seal.ErrNoKey) {
		t.Error(err)
	}
	if _, err := none.Open(one, ""); !errors.Is(err, seal.ErrNoKey) {
		t.Error(err)
	}
	if _, err := seal.New([]byte("short")); err == nil {
		t.Error("a short key is taken")
	}
}

func TestTheKeyFileIsMadeOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret.key")
	keys := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			key, err := seal.KeyFile(path)
			if err != nil {
				t.Error(err)
			}
			keys[i] = key
		})
	}
	wg.Wait()
	for _, key := range keys {
		if !bytes.Equal(key, keys[0]) || len(key) != seal.KeySize {
			t.Fatal("several keys were made")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.KeyFile(path); err == nil {
		t.Error("a broken key file is replaced or taken")
	}
}
