package file

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
)

// maxName is the longest name of a file, in bytes: what file systems take.
const maxName = 255

// CleanName returns name as a file may be called: the last element of a path, without control characters, without those that turn
// the direction of text around (they let "gpj.exe" be read as "exe.jpg"), without what other systems do not allow in names, at most
// 255 bytes long with its extension kept. It returns ErrName where nothing is left.
func CleanName(name string) (string, error) {
	name = strings.ToValidUTF8(name, "")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), isDirection(r), r == '\u2028', r == '\u2029', r == '\ufeff':
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, name)
	name = strings.TrimRight(strings.TrimSpace(name), " .")
	if strings.Trim(name, " .") == "" {
		return "", ErrName
	}
	return shorten(name, maxName), nil
}

// isDirection reports whether r changes the direction in which text is read.
func isDirection(r rune) bool {
	return r == '\u061c' || r == '\u200e' || r == '\u200f' || '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069'
}

// shorten cuts a name in front of its extension.
func shorten(name string, n int) string {
	if len(name) <= n {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 20 {
		ext = ""
	}
	cut := n - len(ext)
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return strings.TrimRight(name[:cut], " .") + ext
}

// Extension returns the extension of a name in lower case, without the dot; "" where there is none.
func Extension(name string) string {
	ext := path.Ext(name)
	if ext == "" || ext == name || len(ext) > 20 {
		return ""
	}
	return strings.ToLower(ext[1:])
}

// fold is the form in which names are compared: "A.txt" and "a.TXT" are one name, as on most people's machines.
func fold(name string) string { return strings.ToLower(name) }

// freeNameTx returns name where a folder has nothing of that name, else "name (1).ext" with a number that is free. The caller holds
// the folder's lock.
func freeNameTx(ctx context.Context, tx *db.Tx, parent int64, name string) (string, error) {
	taken, err := takenTx(ctx, tx, parent, name)
	if err != nil || !taken {
		return name, err
	}
	ext := path.Ext(name)
	if len(ext) > 20 || ext == name {
		ext = ""
	}
	stem := strings.TrimSuffix(name, ext)
	numbered := func(n int64) string {
		tail := " (" + strconv.FormatInt(n, 10) + ")" + ext
		return shorten(stem, maxName-len(tail)) + tail
	}
	// A hundred files of one name must not cost a hundred questions: a number that is free is looked for in doubling steps, and
	// then the first one before it by halves.
	low, high := int64(0), int64(1)
	for {
		taken, err := takenTx(ctx, tx, parent, numbered(high))
		if err != nil {
			return "", err
		}
		if !taken {
			break
		}
		low, high = high, high*2
	}
	for high-low > 1 {
		mid := (low + high) / 2
		taken, err := takenTx(ctx, tx, parent, numbered(mid))
		if err != nil {
			return "", err
		}
		if taken {
			low = mid
		} else {
			high = mid
		}
	}
	return numbered(high), nil
}

func takenTx(ctx context.Context, tx *db.Tx, parent int64, name string) (bool, error) {
	var n int64
	const q = "SELECT COUNT(*) FROM file_node WHERE parent_id = ? AND folded = ? AND deleted_type = 0"
	if err := tx.QueryRow(ctx, q, parent, fold(name)).Scan(&n); err != nil {
		return false, fmt.Errorf("look for name: %w", err)
	}
	return n > 0, nil
}
