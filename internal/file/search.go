package file

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/record"
)

// The limits of a search.
const (
	SearchPage = 50    // found at once
	SearchDeep = 1_000 // the furthest place where a page begins
)

// Kinds says what a search finds.
type Kinds uint8

// What a search finds.
const (
	OnlyFiles Kinds = iota
	OnlyFolders
	FilesAndFolders
)

// Search is what is looked for: nodes with all words of Text in their names, or in what the document says, of which each may be the
// beginning of a word there.
type Search struct {
	Text      string
	Kinds     Kinds
	StorageID int64 // 0: in every drive
	FolderID  int64 // 0: everywhere; else in it and in all folders below it
	Start     int64
}

// ErrScope is returned for a drive or folder to search in that actor does not see, or that lies elsewhere.
var ErrScope = errors.New("the drive or folder to search in is not there")

// Search returns a page of what actor may read and is not in the trash, the latest changed first; the files of chats are not among it.
// Total is not counted. Fault: ErrScope.
func (s *Service) Search(ctx context.Context, a Actor, q Search) (p Page[Node], err error) {
	words := nameWords(q.Text)
	if len(words) > maxTerms {
		words = words[:maxTerms]
	}
	q.Start = min(max(0, q.Start), SearchDeep)
	if err := s.index(ctx); err != nil {
		return p, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		p = Page[Node]{}
		if err := s.searchScopeTx(ctx, tx, a, q); err != nil || len(words) == 0 {
			return err
		}
		where, err := s.searchSQL(ctx, tx, a, q, words)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "SELECT "+nodeColumns+" FROM "+nodeTables+" WHERE "+where.Text+" ORDER BY n.updated DESC, n.id DESC LIMIT ? OFFSET ?",
			append(where.Args, SearchPage+1, q.Start)...)
		if err != nil {
			return fmt.Errorf("search files: %w", err)
		}
		p.Items, err = scanNodes(rows)
		if len(p.Items) > SearchPage {
			p.Items = p.Items[:SearchPage]
			if q.Start < SearchDeep {
				p.Next = q.Start + SearchPage
			}
		}
		return err
	})
	return p, err
}

// searchScopeTx returns ErrScope where actor does not see what is to be searched.
func (s *Service) searchScopeTx(ctx context.Context, tx *db.Tx, a Actor, q Search) error {
	hidden := func(err error) error {
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrAccess) {
			return ErrScope
		}
		return err
	}
	if q.StorageID != 0 {
		if _, err := s.readableStorageTx(ctx, tx, a, q.StorageID); err != nil {
			return hidden(err)
		}
	}
	if q.FolderID == 0 {
		return nil
	}
	n, err := s.withRightTx(ctx, tx, a, q.FolderID, Read)
	if err == nil && (!n.Folder || n.Trash != Kept || q.StorageID != 0 && n.StorageID != q.StorageID) {
		err = ErrNotFound
	}
	return hidden(err)
}

// aboveNode is a condition on a folder above n: its number is one of those that follow, or it has a right that follows.
const aboveNode = `EXISTS (WITH RECURSIVE up (id, parent_id) AS (
		SELECT c.id, c.parent_id FROM file_node c WHERE c.id = n.id
		UNION ALL SELECT c.id, c.parent_id FROM file_node c JOIN up ON c.id = up.parent_id
	) `

// matching returns what all words are looked for by, and the queries that find by it the numbers of nodes with them in their names and
// of texts that have them.
func matching(tx *db.Tx, words []string) (match, names, texts string) {
	if tx.Dialect() == db.Postgres {
		const q = " WHERE words @@ CAST(? AS tsquery)"
		return "'" + strings.Join(words, "':* & '") + "':*", "SELECT id FROM file_word" + q, "SELECT id FROM file_text_word" + q
	}
	return `"` + strings.Join(words, `" * AND "`) + `" *`, "SELECT rowid FROM file_word WHERE file_word MATCH ?",
		"SELECT rowid FROM file_text_word WHERE file_text_word MATCH ?"
}

// Named reports whether a node is found by its name: it has all words of text in it, or what begins with them. Otherwise they are in
// what the file says.
func Named(n Node, text string) bool {
	has := nameWords(n.Name)
	words := nameWords(text)
	for _, w := range words[:min(len(words), maxTerms)] {
		if !slices.ContainsFunc(has, func(h string) bool { return strings.HasPrefix(h, w) }) {
			return false
		}
	}
	return true
}

// maxCarrying is how many messages MessagesWithTextTx returns.
const maxCarrying = 2_000

// MessagesWithTextTx returns messages with a number between after and before that carry a document in which all words of text are: the
// newest first, or the oldest. whole is false where there are more. Who may see them is for the caller to look at.
func (s *Service) MessagesWithTextTx(ctx context.Context, tx *db.Tx, text string, after, before int64, oldest bool) (ids []int64, whole bool, err error) {
	words := nameWords(text)
	if len(words) == 0 {
		return nil, true, nil
	}
	match, _, texts := matching(tx, words[:min(len(words), maxTerms)])
	q := `SELECT DISTINCT a.entity_id FROM file_text x JOIN file_node n ON n.sum = x.sum AND n.folder = 0 JOIN file_attached a ON a.node_id = n.id
		WHERE x.id IN (` + texts + ") AND n.deleted_type = 0 AND a.entity = ? AND a.entity_id > ? AND a.entity_id < ? ORDER BY a.entity_id "
	if !oldest {
		q += "DESC "
	}
	rows, err := tx.Query(ctx, q+"LIMIT ?", match, Message, after, before, maxCarrying)
	if err != nil {
		return nil, false, fmt.Errorf("find messages with documents: %w", err)
	}
	ids, err = scanAll(rows, func(id *int64) []any { return []any{id} })
	return ids, len(ids) < maxCarrying, err
}

func (s *Service) searchSQL(ctx context.Context, tx *db.Tx, a Actor, q Search, words []string) (record.SQL, error) {
	match, names, texts := matching(tx, words)
	w := record.SQL{
		Text: "n.id IN (" + names + " UNION SELECT m.id FROM file_node m JOIN file_text x ON x.sum = m.sum WHERE m.folder = 0 AND x.id IN (" + texts + "))",
		Args: []any{match, match},
	}
	w.Text += " AND n.deleted_type = 0 AND n.parent_id <> 0 AND t.type <> 'chat'"
	switch q.Kinds {
	case OnlyFiles:
		w.Text += " AND n.folder = 0"
	case OnlyFolders:
		w.Text += " AND n.folder = 1"
	case FilesAndFolders:
	}
	if q.StorageID != 0 {
		w.Text += " AND n.storage_id = ?"
		w.Args = append(w.Args, q.StorageID)
	}
	if q.FolderID != 0 {
		w.Text += " AND n.id <> ? AND " + aboveNode + "SELECT 1 FROM up WHERE up.id = ?)"
		w.Args = append(w.Args, q.FolderID, q.FolderID)
	}
	return s.readableSQL(ctx, tx, a, w)
}

// readableSQL narrows a condition to the nodes that actor may read by their drive, or by rights given on them or above them.
func (s *Service) readableSQL(ctx context.Context, tx *db.Tx, a Actor, w record.SQL) (record.SQL, error) {
	p, err := s.people.PersonTx(ctx, tx, a.UserID)
	if err != nil {
		return w, err
	}
	if !p.Active {
		w.Text += " AND 1 = 0"
		return w, nil
	}
	codes, err := s.codesTx(ctx, tx, a)
	if err != nil {
		return w, err
	}
	own := "t.type = 'user' AND t.entity_id = ?"
	w.Args = append(w.Args, a.UserID)
	switch {
	case p.Admin:
		own += " OR t.type IN ('user', 'common')"
	case p.Employee:
		own += " OR t.type = 'common'"
	}
	if a.AppID != 0 {
		own += " OR t.type = 'restapp' AND t.entity_id = ?"
		w.Args = append(w.Args, a.AppID)
	}
	w.Text += " AND (" + own + " OR " + aboveNode + "SELECT 1 FROM up JOIN file_right r ON r.node_id = up.id WHERE r.code IN (" + db.Marks(len(codes)) + ")))"
	for _, c := range codes {
		w.Args = append(w.Args, c)
	}
	return w, nil
}

// FolderNames returns what folders are called, by their numbers; it is for lists of what somebody may read in them.
func (s *Service) FolderNames(ctx context.Context, ids []int64) (map[int64]string, error) {
	out := map[int64]string{}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		found, err := nodesTx(ctx, tx, ids)
		for id, n := range found {
			out[id] = n.Name
		}
		return err
	})
	return out, err
}
