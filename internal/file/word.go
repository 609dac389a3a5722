package file

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/doctext"
)

const (
	maxWord  = 48 // bytes of a word of a name; the rest of a longer one does not count
	maxTerms = 16 // words of a search; later ones do not count
	// indexStep is how many names are put into the index in one write after an upgrade or a copy.
	indexStep = 500
)

// nameWords returns the words of a name, each once, without case and accents. A word is letters and digits; in scripts that put nothing
// between words each character is one.
func nameWords(name string) (out []string) {
	seen := map[string]bool{}
	add := func(w string) {
		if len(w) > maxWord {
			w = strings.ToValidUTF8(w[:maxWord], "")
		}
		if w != "" && !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	var word strings.Builder
	end := func() { add(word.String()); word.Reset() }
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			end()
			add(string(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			word.WriteRune(r)
		default:
			end()
		}
	}
	end()
	return out
}

// indexTx makes a node be found by its name, and no longer by the one before.
func indexTx(ctx context.Context, tx *db.Tx, id int64, name string) error {
	if err := forgetWordsTx(ctx, tx, "= ?", id); err != nil {
		return err
	}
	words := strings.Join(nameWords(name), " ")
	if words == "" {
		return nil
	}
	q := "INSERT INTO file_word (rowid, words) VALUES (?, ?)"
	if tx.Dialect() == db.Postgres {
		q = "INSERT INTO file_word (id, words) VALUES (?, array_to_tsvector(string_to_array(?, ' ')))"
	}
	if _, err := tx.Exec(ctx, q, id, words); err != nil {
		return fmt.Errorf("index name: %w", err)
	}
	return nil
}

// forgetWordsTx takes nodes out of the index: those whose number the condition holds for.
func forgetWordsTx(ctx context.Context, tx *db.Tx, condition string, args ...any) error {
	id := "rowid"
	if tx.Dialect() == db.Postgres {
		id = "id"
	}
	if _, err := tx.Exec(ctx, "DELETE FROM file_word WHERE "+id+" "+condition, args...); err != nil {
		return fmt.Errorf("forget name: %w", err)
	}
	return nil
}

// index puts into the index what an upgrade or a copy of the portal left out of it. Whatever is changed meanwhile is indexed by who
// changes it.
func (s *Service) index(ctx context.Context) error {
	for {
		waits := false
		err := s.db.Read(ctx, func(tx *db.Tx) error {
			return tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM file_word_new)").Scan(&waits)
		})
		if err != nil || !waits {
			return err
		}
		if err := s.db.Write(ctx, func(tx *db.Tx) error { return indexSomeTx(ctx, tx) }); err != nil {
			return err
		}
	}
}

func indexSomeTx(ctx context.Context, tx *db.Tx) error {
	if err := tx.Lock(ctx, "file:index"); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, "SELECT w.id, COALESCE(n.name, '') FROM file_word_new w LEFT JOIN file_node n ON n.id = w.id ORDER BY w.id LIMIT ?", indexStep)
	if err != nil {
		return fmt.Errorf("find names to index: %w", err)
	}
	type named struct {
		id   int64
		name string
	}
	list, err := scanAll(rows, func(n *named) []any { return []any{&n.id, &n.name} })
	if err != nil || len(list) == 0 {
		return err
	}
	for _, n := range list {
		if err := indexTx(ctx, tx, n.id, n.name); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, "DELETE FROM file_word_new WHERE id <= ?", list[len(list)-1].id)
	return err
}

// rebuildWords has the names of a copied database indexed: they are when somebody searches, or within the hour; its documents are read
// again.
func rebuildWords(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO file_word_new (id) SELECT id FROM file_node WHERE true ON CONFLICT (id) DO NOTHING")
		if err != nil {
			return fmt.Errorf("note names to index: %w", err)
		}
		rows, err := tx.Query(ctx, "SELECT DISTINCT n.sum, b.type FROM file_node n JOIN file_blob b ON b.sum = n.sum WHERE n.folder = 0")
		if err != nil {
			return fmt.Errorf("find documents: %w", err)
		}
		list, err := scanAll(rows, func(c *Content) []any { return []any{&c.Sum, &c.Type} })
		for _, c := range list {
			if err == nil && doctext.Readable(c.Type) {
				_, err = tx.Exec(ctx, "INSERT INTO file_text (sum) VALUES (?) ON CONFLICT (sum) DO NOTHING", c.Sum)
			}
		}
		return err
	})
}
